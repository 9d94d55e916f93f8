"""Days off (R8.1): a deputy for each day, circles refused, granted, taken back, cut short, sudden illness."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from studio.foundation.models import StaleEdit
from studio.staff import absence, leaves
from studio.staff.duties import stands_in_for, who_acts_for, workloads
from studio.staff.models import Leave, LeaveDay, Membership, Role
from tests import factories
from tests.bookings.together import together
from tests.staff.leave import Rota, days

pytestmark = pytest.mark.django_db


@pytest.fixture
def rota(shop, now):
    return Rota(shop, now)


@pytest.fixture
def third(shop):
    return factories.make_person(shop.branch, Role.CONSULTANT, "李静", "小李", shop.front_desk)


def refused(act) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        act()
    return caught.value.message_dict


# --- Asking -----------------------------------------------------------------------------------
def test_r8_1_leave_names_a_deputy_for_each_day_and_holds_only_when_granted(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague, 1, 3, note="家里有事")
    assert [(day.day, day.deputy) for day in leave.days.all()] == [
        (rota.day(number), shop.colleague) for number in (1, 2, 3)
    ]
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == shop.owner
    rota.grant(leave)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == shop.colleague
    assert stands_in_for(shop.colleague, branch=shop.branch, day=rota.day(3)) == [shop.colleague, shop.owner]
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(4)) == shop.owner


def test_r8_1_each_day_may_have_another_deputy(shop, rota, third):
    deputies = {rota.day(1): shop.colleague, rota.day(2): third}
    rota.grant(rota.ask(shop.owner, shop.colleague, 1, 2, deputies=deputies))
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == shop.colleague
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(2)) == third


def test_r8_1_no_day_without_a_deputy(shop, rota):
    given = {rota.day(1): shop.colleague}
    wrong = refused(lambda: rota.ask(shop.owner, shop.colleague, 1, 2, deputies=given))
    assert wrong == {leaves.deputy_field(rota.day(2)): ["Choose who stands in on this day."]}
    assert not Leave.objects.exists()


@pytest.mark.parametrize(
    ("first", "last", "field", "sentence"),
    [
        (-1, 1, "starts_on", "This day has passed."),
        (3, 2, "ends_on", "The last day lies before the first."),
        (1, 61, "ends_on", "At most 60 days at once."),
        (700, 700, "starts_on", "That is too far ahead: ask again nearer to it."),
    ],
)
def test_days_that_make_no_sense_are_refused_at_their_field(shop, rota, first, last, field, sentence):
    assert refused(lambda: rota.ask(shop.owner, shop.colleague, first, last)) == {field: [sentence]}


@pytest.mark.parametrize(("first", "last"), [(date(1, 1, 1), date(9999, 12, 31)), (date(9999, 12, 31),) * 2])
def test_the_ends_of_time_are_refused(shop, now, first, last):
    def ask():
        leaves.ask_leave(
            user=shop.owner,
            branch=shop.branch,
            starts_on=first,
            ends_on=last,
            deputies={},
            by=shop.owner,
            now=now,
        )

    assert set(refused(ask)) == {"starts_on"}


def test_sixty_days_may_be_asked_for(shop, rota):
    assert rota.ask(shop.owner, shop.colleague, 0, 59).days.count() == 60


@pytest.mark.parametrize(
    ("who", "deputy"),
    [
        ("owner", "artist"),
        ("owner", "cashier"),
        ("artist", "photographer"),
        ("artist", "owner"),
        ("owner", "neighbour"),
    ],
)
def test_r8_1_who_does_other_work_cannot_stand_in(shop, rota, who, deputy):
    factories.make_person(shop.branch, Role.DEPARTMENT_STAFF, "冯丽", "冯老师", shop.styling)
    wrong = refused(lambda: rota.ask(getattr(shop, who), getattr(shop, deputy)))
    assert "can't stand in here" in wrong[leaves.deputy_field(rota.day(1))][0]


def test_r8_1_a_department_stands_in_for_itself_and_its_head_does(shop, rota):
    assert rota.off(shop.producer, shop.head).deputy == shop.head


def test_a_lone_artist_has_a_manager_as_deputy(shop, rota):
    assert rota.off(shop.artist, shop.manager).deputy == shop.manager


def test_a_manager_stands_in_once_the_rest_of_the_department_is_off(shop, rota):
    rota.off(shop.producer, shop.head)
    assert "can't stand in" in str(refused(lambda: rota.ask(shop.head, shop.manager, 2)))
    # On the day on which the only colleague is off the head's work goes to a manager.
    assert rota.off(shop.head, shop.manager).deputy == shop.manager
    assert who_acts_for(shop.producer, branch=shop.branch, day=rota.day(1)) == shop.manager


def test_nobody_is_off_twice_on_a_day(shop, rota):
    rota.ask(shop.owner, shop.colleague, 1, 3)
    wrong = refused(lambda: rota.ask(shop.owner, shop.colleague, 3, 5))
    assert "小陈 is off on" in wrong["starts_on"][0]


def test_nobody_asks_without_a_place(shop, rota):
    with pytest.raises(ValidationError, match="no place in this branch"):
        rota.ask(shop.neighbour, shop.colleague)


# --- Chains and circles ---------------------------------------------------------------------------
def test_r8_1_a_deputy_who_is_off_too_passes_it_on(shop, rota, third):
    rota.off(shop.colleague, third)
    rota.off(shop.owner, shop.colleague)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == third


def test_r8_1_who_is_a_deputy_may_ask_for_leave_and_passes_it_on(shop, rota, third):
    rota.off(shop.owner, shop.colleague)
    rota.off(shop.colleague, third)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == third


def test_r8_1_a_circle_is_refused_and_named(shop, rota):
    rota.off(shop.owner, shop.colleague)
    sentence = refused(lambda: rota.ask(shop.colleague, shop.owner))[leaves.deputy_field(rota.day(1))][0]
    assert "小陈 stands in for 小周" in sentence
    assert "小周 stands in for 小陈" in sentence
    assert "Choose somebody else." in sentence


def test_r8_1_a_circle_that_closed_since_it_was_asked_for_is_refused_when_granted(shop, rota):
    mine, theirs = rota.ask(shop.owner, shop.colleague), rota.ask(shop.colleague, shop.owner)
    rota.grant(mine)
    assert leaves.deputy_field(rota.day(1)) in refused(lambda: rota.grant(theirs))
    theirs.refresh_from_db()
    assert theirs.is_asked
    assert not theirs.days.get().is_granted


def test_r8_1_a_longer_circle_is_refused_on_the_one_day_it_closes(shop, rota, third):
    rota.off(shop.owner, shop.colleague, 1, 3)
    rota.off(shop.colleague, third, 2)
    wrong = refused(lambda: rota.ask(third, shop.owner, 1, 3))
    assert set(wrong) == {leaves.deputy_field(rota.day(2))}


@pytest.mark.django_db(transaction=True)
def test_r8_1_two_who_are_granted_at_the_same_moment_close_no_circle(shop, now):
    rota = Rota(shop, now)
    asked = [rota.ask(shop.owner, shop.colleague), rota.ask(shop.colleague, shop.owner)]
    answers = together([lambda leave=leave: rota.grant(leave) for leave in asked])
    assert sorted(type(answer).__name__ for answer in answers) == ["Leave", "ValidationError"], answers
    assert LeaveDay.objects.filter(is_granted=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_r8_1_many_fall_ill_at_once_and_somebody_has_each_one_s_work(shop, now):
    rota = Rota(shop, now)
    people = [factories.make_person(shop.branch, Role.CONSULTANT, f"门市{n}") for n in range(4)]
    together([lambda person=person: rota.ill(person) for person in [*people, *people]])
    for person in people:
        acting = who_acts_for(person, branch=shop.branch, day=rota.today)
        assert not LeaveDay.objects.on(rota.today).filter(user=acting).exists()
    assert LeaveDay.objects.on(rota.today).count() == 4


# --- Deciding -----------------------------------------------------------------------------------
def test_a_manager_decides_and_a_head_for_the_department(shop, rota):
    assert rota.grant(rota.ask(shop.producer, shop.head), by=shop.head).is_granted
    leave = rota.ask(shop.owner, shop.colleague)
    for nobody in (shop.colleague, shop.head, shop.owner, shop.neighbour, shop.administrator):
        with pytest.raises(leaves.NotYours):
            rota.grant(leave, by=nobody)


def test_nobody_decides_on_their_own_leave_while_somebody_else_can(shop, rota):
    leave = rota.ask(shop.manager, shop.general_manager)
    with pytest.raises(leaves.NotYours):
        rota.grant(leave, by=shop.manager)
    Membership.objects.filter(user=shop.general_manager).update(is_active=False)
    leave = rota.ask(shop.manager, shop.colleague, 5)
    assert rota.grant(leave, by=shop.manager).is_granted


def test_granting_twice_does_nothing(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague)
    first, second = rota.grant(leave), rota.grant(leave, by=shop.general_manager)
    assert (first.version, first.decided_by) == (second.version, shop.manager)


def test_a_refusal_says_why_and_the_day_may_be_asked_for_again(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague)
    assert refused(lambda: leaves.refuse(leave, why=" \u200b", by=shop.manager, now=rota.now)) == {
        "why": ["Say why not."]
    }
    leaves.refuse(leave, why="三对新人", by=shop.manager, now=rota.now)
    leaves.refuse(leave, why="again", by=shop.manager, now=rota.now)
    leave.refresh_from_db()
    assert (leave.state, leave.decision_note) == ("refused", "三对新人")
    with pytest.raises(StaleEdit):
        rota.grant(leave)
    assert rota.off(shop.owner, shop.colleague).is_granted


def test_a_deputy_who_left_the_branch_since_is_refused_when_it_is_granted(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague)
    Membership.objects.filter(user=shop.colleague).update(is_active=False)
    assert leaves.deputy_field(rota.day(1)) in refused(lambda: rota.grant(leave))


def test_days_that_have_passed_are_not_granted(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague)
    with pytest.raises(ValidationError, match="passed"):
        leaves.grant(leave, by=shop.manager, now=rota.now + timedelta(days=5))


def test_taken_back_before_it_begins_the_day_holds_no_more(shop, rota):
    leave = rota.off(shop.owner, shop.colleague).leave
    leaves.withdraw(leave, by=shop.owner, now=rota.now)
    leaves.withdraw(leave, by=shop.owner, now=rota.now)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == shop.owner
    with pytest.raises(StaleEdit):
        rota.grant(leave)
    assert rota.off(shop.owner, shop.colleague).is_granted


def test_only_ones_own_leave_is_taken_back_or_by_a_manager(shop, rota):
    leave = rota.ask(shop.owner, shop.colleague)
    with pytest.raises(leaves.NotYours):
        leaves.withdraw(leave, by=shop.colleague, now=rota.now)
    assert leaves.withdraw(leave, by=shop.manager, now=rota.now).state == "withdrawn"


def test_the_database_lets_nobody_be_off_twice(shop, rota):
    first = rota.off(shop.owner, shop.colleague)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaveDay.objects.create(
            leave=first.leave,
            branch=shop.branch,
            user=shop.owner,
            day=first.day,
            deputy=shop.manager,
            is_granted=True,
        )


# --- While it lasts ---------------------------------------------------------------------------
def test_back_after_all_they_work_again_from_now_on(shop, rota):
    leave = rota.off(shop.owner, shop.colleague, 0, 4).leave
    later = rota.now + timedelta(days=2)
    absence.come_back(leave, by=shop.owner, now=later)
    absence.come_back(leave, by=shop.owner, now=later + timedelta(hours=1))
    leave.refresh_from_db()
    assert leave.back_at == later
    assert [day.is_granted for day in leave.days.all()] == [True, True, False, False, False]
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(2)) == shop.owner
    # The days that hold no more can be asked for again.
    assert rota.off(shop.owner, shop.colleague, 3).is_granted


def test_back_only_from_leave_that_has_begun(shop, rota):
    with pytest.raises(StaleEdit):
        absence.come_back(rota.off(shop.owner, shop.colleague).leave, by=shop.owner, now=rota.now)
    with pytest.raises(leaves.NotYours):
        absence.come_back(rota.off(shop.colleague, shop.owner, 0).leave, by=shop.owner, now=rota.now)


def test_r8_sudden_illness_is_one_step_for_today_and_twice_is_once(shop, rota):
    off = rota.ill(shop.owner)
    assert rota.ill(shop.owner).pk == off.pk
    assert (off.leave.kind, off.leave.state, off.day) == ("illness", "granted", rota.today)
    assert off.deputy == shop.colleague, "the other consultant before a manager"
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.today) == shop.colleague


def test_r8_sudden_illness_is_for_managers(shop, now):
    with pytest.raises(leaves.NotYours):
        absence.fall_ill(user=shop.owner, branch=shop.branch, by=shop.colleague, now=now)


def test_r8_the_proposal_has_the_least_to_do(shop, rota, third, monkeypatch):
    load = {shop.colleague.pk: 3, third.pk: 1}
    monkeypatch.setitem(workloads._entries, "workflow", lambda branch, day, now: load)
    assert rota.ill(shop.owner).deputy == third
    fourth = factories.make_person(shop.branch, Role.CONSULTANT, "孙悦", "小孙", shop.front_desk)
    load |= {fourth.pk: 1}
    # Who stands in for somebody already has more to do than who does not.
    assert rota.ill(shop.colleague).deputy == fourth


def test_r8_illness_of_a_deputy_passes_the_work_on_and_a_circle_is_refused(shop, rota, third):
    rota.off(shop.owner, shop.colleague, 0)
    assert set(refused(lambda: rota.ill(shop.colleague, shop.owner))) == {"deputy"}
    rota.ill(shop.colleague, third)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.today) == third


def test_ill_back_and_ill_again_on_the_same_day(shop, rota):
    first = rota.ill(shop.owner)
    absence.come_back(first.leave, by=shop.manager, now=rota.now + timedelta(hours=1))
    assert rota.ill(shop.owner).pk != first.pk


def test_another_deputy_for_one_day(shop, rota, third):
    off = rota.off(shop.owner, shop.colleague, 1, 2)
    absence.change_deputy(off, to=third, by=shop.manager, now=rota.now)
    absence.change_deputy(off, to=third, by=shop.owner, now=rota.now)
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(1)) == third
    assert who_acts_for(shop.owner, branch=shop.branch, day=rota.day(2)) == shop.colleague
    with pytest.raises(leaves.NotYours):
        absence.change_deputy(off, to=shop.colleague, by=third, now=rota.now)
    with pytest.raises(ValidationError, match="over"):
        absence.change_deputy(off, to=shop.colleague, by=shop.manager, now=rota.now + timedelta(days=3))
    rota.off(third, shop.owner, 2)
    second = off.leave.days.get(day=rota.day(2))
    assert set(refused(lambda: absence.change_deputy(second, to=third, by=shop.manager, now=rota.now))) == {
        "deputy"
    }


def test_every_change_of_leave_is_in_the_audit_with_who_did_it(shop, rota):
    rota.off(shop.owner, shop.colleague)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.metadata->>'by' FROM staff_leaveaudit a JOIN pghistory_context c ON c.id = a.pgh_context_id"
            " ORDER BY a.pgh_id"
        )
        assert [row[0] for row in cursor.fetchall()] == [str(shop.owner.pk), str(shop.manager.pk)]


def test_the_number_of_questions_does_not_grow_with_the_days(shop, rota, django_assert_max_num_queries):
    with django_assert_max_num_queries(40) as few:
        rota.off(shop.owner, shop.colleague, 1, 2)
    with django_assert_max_num_queries(len(few.captured_queries)):
        rota.off(shop.owner, shop.colleague, 10, 60)


def test_days_are_counted_from_the_first_to_the_last():
    assert len(days(date(2026, 5, 30), date(2026, 6, 2))) == 4
