"""Undone things (F2): written down, and on the spot a date, a promise or the customer's word; the owner told."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import missed, schedule
from bookings.models import AppointmentKind
from studio.outbox.alert_words import lines_of
from studio.staff.duties import stands_in_for
from tests.factories import LeaveFactory, make_shop
from tests.workflow import orders, shoots
from tests.workflow.racing import both
from workflow import day, promises, reshoots, stages, standing_duties, undone
from workflow.models import LookState, Stage, Undone
from workflow.refusals import NeedsReason, Refused
from workflow.timeline import KINDS

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def order(shop, now):
    """In the house, with the sheet issued, two looks to shoot."""
    return shoots.arrived(shop, now=now)


def look_left(order, shop, now, *, why="rain"):
    look = order.looks.first()
    return undone.write_down(order, look=look, why=why, by=shop.photographer, now=now)


def dated(order, now, kind=AppointmentKind.SHOOT, after=WEEK):
    return orders.dated(order, kind, now + after, now=now)


def people(person, shop, now):
    return stands_in_for(person, branch=shop.branch, day=shop.branch.today(now))


def mine(person, shop, now):
    return undone.of_owners(people(person, shop, now), shop.branch, now)


# --- Written down -------------------------------------------------------------------------------
def test_f2_a_look_that_was_not_shot_is_an_open_matter_with_its_reason(order, shop, now):
    row = look_left(order, shop, now)
    look = order.looks.first()
    assert (look.state, look.why, look.by) == (LookState.UNDONE, "rain", shop.photographer)
    assert (row.name, row.why, row.settled_at) == (look.name, "rain", None)
    assert undone.open_of(order) == [row]


def test_f2_something_else_is_written_down_in_free_words(order, shop, now):
    row = undone.write_down(order, what="妈妈的礼服没改好", why="裁缝病了", by=shop.artist, now=now)
    assert (row.name, row.look) == ("妈妈的礼服没改好", None)
    assert order.events.get(kind="undone").parameters == {"undone": row.pk}


@pytest.mark.parametrize("said", [{"why": " "}, {"why": "rain"}, {"what": "  ", "why": "rain"}])
def test_f2_without_a_reason_or_a_thing_nothing_is_written_down(order, shop, now, said):
    with pytest.raises(NeedsReason):
        undone.write_down(order, by=shop.artist, now=now, **said)
    assert not Undone.objects.exists()


def test_f2_the_look_of_another_order_is_refused(order, shop, now):
    other = shoots.arrived(shop, now=now, resources=[])
    with pytest.raises(Refused):
        undone.write_down(order, look=other.looks.first(), why="rain", by=shop.photographer, now=now)


def test_f2_before_the_sheet_is_out_no_look_is_left_undone_and_nothing_remains(shop, now):
    early = shoots.arrived(shop, now=now, sheet=False)
    with pytest.raises(Refused):
        look_left(early, shop, now)
    assert not Undone.objects.exists()


def test_f2_a_second_press_changes_nothing_and_another_reason_replaces_the_first(order, shop, now):
    first = look_left(order, shop, now)
    assert look_left(order, shop, now) == first
    again = look_left(order, shop, now, why="the dress is torn")
    assert again == first and again.why == "the dress is torn"
    assert order.looks.first().why == "the dress is torn"
    assert order.events.filter(kind="look_undone").count() == 1


def test_f2_the_same_free_words_twice_are_one_thing(order, shop, now):
    first = undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    assert undone.write_down(order, what="捧花", why="忘了", by=shop.owner, now=now) == first


def test_f2_a_slip_is_taken_back_and_nothing_is_open(order, shop, now):
    look_left(order, shop, now)
    day.take_back_look(order.looks.first(), by=shop.photographer, now=now)
    assert not Undone.objects.exists()
    assert order.looks.first().state == LookState.PENDING
    kinds = set(order.events.values_list("kind", flat=True))
    assert {"look_undone", "look_reopened"} <= kinds  # the history keeps both


def test_f2_a_look_that_was_shot_in_the_end_is_no_open_matter(order, shop, now):
    look_left(order, shop, now)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    assert undone.open_of(order) == []


def test_f2_nothing_is_written_down_on_a_closed_order(shop, now):
    order = orders.at_desk(shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    with pytest.raises(Refused):
        undone.write_down(order, what="x", why="y", by=shop.owner, now=now)


def test_f2_the_database_keeps_one_open_row_for_a_look(order, shop, now):
    row = look_left(order, shop, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Undone.objects.create(
            branch=shop.branch, work_order=order, look=row.look, why="x", by=shop.owner, at=now
        )


# --- The owner is told --------------------------------------------------------------------------
def test_f2_the_owner_hears_by_the_bell_at_once(order, shop, now):
    look_left(order, shop, now)
    alert = shop.owner.alerts.get(kind="undone")
    (line,) = lines_of([alert])
    assert order.booking.customer.name in line.words and "rain" in line.words
    assert alert.link == f"/orders/{order.pk}/#undone"


def test_f2_who_writes_it_down_themselves_is_not_rung(order, shop, now):
    undone.write_down(order, what="捧花", why="忘了", by=shop.owner, now=now)
    assert not shop.owner.alerts.filter(kind="undone").exists()


def test_f2_a_repeat_rings_once(order, shop, now):
    look_left(order, shop, now)
    look_left(order, shop, now)
    assert shop.owner.alerts.filter(kind="undone").count() == 1


def test_r8_1_on_the_owners_day_off_the_deputy_is_told_and_has_it_on_today(order, shop, now):
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    row = look_left(order, shop, now)
    assert shop.colleague.alerts.filter(kind="undone").exists()
    assert mine(shop.colleague, shop, now) == [row]


def test_f2_without_an_owner_the_managers_are_told(order, shop, now):
    type(order.booking.customer).objects.filter(pk=order.booking.customer_id).update(
        owner=None, is_active=False
    )
    undone.write_down(shoots.reread(order), what="捧花", why="忘了", by=shop.artist, now=now)
    assert shop.manager.alerts.filter(kind="undone").exists()


def test_f2_an_alert_about_a_row_that_was_taken_back_still_reads(order, shop, now):
    look_left(order, shop, now)
    alert = shop.owner.alerts.get(kind="undone")
    day.take_back_look(order.looks.first(), by=shop.photographer, now=now)
    (line,) = lines_of([alert])
    assert "taken back" in line.words


def test_f2_it_stands_on_the_owners_today_until_it_is_settled(order, shop, now):
    row = look_left(order, shop, now)
    assert mine(shop.owner, shop, now) == [row]
    assert mine(shop.colleague, shop, now) == []
    case = standing_duties.undone_cases(shop.owner, shop.branch, shop.branch.today(now), now)[0]
    assert case.key == f"undone:{row.pk}" and case.customer == order.booking.customer
    undone.let_go(row, why="没关系", by=shop.owner, now=now)
    assert mine(shop.owner, shop, now) == []


def test_the_questions_for_today_do_not_grow_with_the_rows(order, shop, now):
    def asked():
        with CaptureQueriesContext(connection) as counted:
            for row in mine(shop.owner, shop, now):
                assert row.name and row.by and row.work_order.booking.customer.owner
        return len(counted)

    undone.write_down(order, what="1", why="x", by=shop.artist, now=now)
    before = asked()
    for number in range(2, 8):
        undone.write_down(order, what=str(number), why="x", by=shop.artist, now=now)
    look_left(order, shop, now)
    assert asked() == before


# --- Settled ------------------------------------------------------------------------------------
def test_f2_r9_1_a_promise_is_written_down_and_followed_like_every_promise(order, shop, now):
    row = undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    due = shop.branch.today(now) + timedelta(days=3)
    row = undone.settle_by_promise(row, what="补拍一张捧花", by_when=due, by=shop.owner, now=now)
    assert (row.promise.what, row.promise.by_when, row.promise.customer) == (
        "补拍一张捧花",
        due,
        order.booking.customer,
    )
    assert (row.settled_by, row.settled_at) == (shop.owner, now)
    assert promises.due([shop.owner], shop.branch, now) == [row.promise]


@pytest.mark.parametrize("wrong", [{"what": " "}, {"by_when_days": -1}, {"by_when_days": 5000}])
def test_f2_a_wrong_promise_names_its_field_and_leaves_it_open(order, shop, now, wrong):
    row = look_left(order, shop, now)
    when = shop.branch.today(now) + timedelta(days=wrong.get("by_when_days", 1))
    with pytest.raises(ValidationError) as refused:
        undone.settle_by_promise(row, what=wrong.get("what", "x"), by_when=when, by=shop.owner, now=now)
    assert set(refused.value.message_dict) <= {"what", "by_when"}
    assert undone.open_of(order) == [row]


def test_f2_the_customer_does_without_it_in_their_own_words(order, shop, now):
    row = look_left(order, shop, now)
    with pytest.raises(ValidationError):
        undone.let_go(row, why="  ", by=shop.owner, now=now)
    row = undone.let_go(row, why="这套就不拍了", by=shop.owner, now=now)
    assert (row.let_go, undone.open_of(order)) == ("这套就不拍了", [])


def test_f2_what_is_settled_stays_as_it_was_settled_first(order, shop, now):
    row = look_left(order, shop, now)
    undone.let_go(row, why="没关系", by=shop.owner, now=now)
    today = shop.branch.today(now)
    row = undone.settle_by_promise(row, what="x", by_when=today, by=shop.colleague, now=now)
    assert (row.let_go, row.promise, row.settled_by) == ("没关系", None, shop.owner)
    assert not order.promises.exists()


def test_f2_a_date_of_its_own_settles_it(order, shop, now):
    row = undone.write_down(order, what="礼服试穿", why="没改好", by=shop.artist, now=now)
    fitting = dated(order, now, AppointmentKind.FITTING)
    row = undone.settle_by_date(row, appointment=fitting, by=shop.owner, now=now)
    assert row.appointment == fitting and undone.open_of(order) == []


def test_f2_a_date_that_is_called_off_or_of_another_order_settles_nothing(order, shop, now):
    row = look_left(order, shop, now)
    other = orders.sold(shop, now)
    foreign, own = dated(other, now), dated(order, now)
    schedule.cancel(own, why="x", by=shop.owner, now=now)
    for date in (foreign, own):
        with pytest.raises(Refused):
            undone.settle_by_date(row, appointment=date, by=shop.owner, now=now)
    assert undone.open_of(order) == [row]


def test_f2_is_the_date_called_off_it_is_open_again_and_the_owner_rung_again(order, shop, now):
    row = undone.write_down(order, what="礼服试穿", why="没改好", by=shop.artist, now=now)
    fitting = dated(order, now, AppointmentKind.FITTING)
    undone.settle_by_date(row, appointment=fitting, by=shop.owner, now=now)
    schedule.cancel(fitting, why="ill", by=shop.colleague, now=now)
    (again,) = undone.open_of(order)
    assert (again.pk, again.appointment) == (row.pk, None)
    assert shop.owner.alerts.filter(kind="undone").count() == 2


def test_f2_did_they_not_come_to_its_date_it_is_open_again(order, shop, now):
    row = undone.write_down(order, what="礼服试穿", why="没改好", by=shop.artist, now=now)
    fitting = dated(order, now, AppointmentKind.FITTING)
    undone.settle_by_date(row, appointment=fitting, by=shop.owner, now=now)
    missed.miss(fitting, by=shop.owner, now=now + WEEK + timedelta(hours=3))
    assert [one.pk for one in undone.open_of(order)] == [row.pk]


def test_f2_a_moved_date_settles_it_all_the_same(order, shop, now):
    row = undone.write_down(order, what="礼服试穿", why="没改好", by=shop.artist, now=now)
    fitting = dated(order, now, AppointmentKind.FITTING)
    undone.settle_by_date(row, appointment=fitting, by=shop.owner, now=now)
    start = fitting.starts_at + timedelta(days=1)
    slot = schedule.Slot(start, start + timedelta(hours=2), overtime=True)
    schedule.move(fitting, slot=slot, version=None, by=shop.owner, now=now)
    assert undone.open_of(order) == []


def test_f2_a_date_agreed_on_the_day_itself_does_not_bring_the_look_back_into_today(order, shop, now):
    """The look is for another day: the shoot of today goes on without it and ends without it."""
    row = look_left(order, shop, now)
    undone.settle_by_date(row, appointment=dated(order, now), by=shop.owner, now=now)
    assert order.looks.first().state == LookState.UNDONE
    assert reshoots.date_to_hold(shoots.reread(order), now=now) is None


def test_f2_when_the_shoot_is_over_a_dated_look_is_a_reshoot(shop, now):
    order = shoots.arrived(shop, now=now)
    row = look_left(order, shop, now)
    date = dated(order, now)
    undone.settle_by_date(row, appointment=date, cause="ours", by=shop.owner, now=now)
    shoots.bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    shoots.bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    day.tick_look(order.looks.last(), by=shop.photographer, now=now)
    shoots.bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now)
    shoots.bring(order, shop.front_desk, giver=shop.artist, receiver=shop.owner, now=now)
    order = shoots.reread(order)
    reshoot = order.reshoots.get()
    assert order.stage == Stage.SELECTION
    assert (reshoot.appointment, reshoot.cause, reshoot.kind) == (date, "ours", "missing")
    assert [look.state for look in order.looks.all()] == [LookState.PENDING, LookState.SHOT]
    assert "reshoot" in [one.code for one in stages.missing(order, now=now)]


def test_every_event_of_undone_things_has_a_sentence(order, shop, now):
    row = look_left(order, shop, now)
    undone.settle_by_date(row, appointment=dated(order, now), by=shop.owner, now=now)
    undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    for event in order.events.all():
        assert event.kind in KINDS and event.sentence and event.sentence != event.kind


# --- Two at once --------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_f2_two_colleagues_who_settle_one_thing_leave_one_promise(now):
    shop = make_shop()
    order = shoots.arrived(shop, now=now)
    row = look_left(order, shop, now)
    due = shop.branch.today(now)
    assert not both(
        lambda: undone.settle_by_promise(row, what="A", by_when=due, by=shop.owner, now=now),
        lambda: undone.settle_by_promise(row, what="B", by_when=due, by=shop.colleague, now=now),
    )
    assert order.promises.count() == 1


@pytest.mark.django_db(transaction=True)
def test_f2_two_who_write_the_same_look_down_leave_one_row(now):
    shop = make_shop()
    order = shoots.arrived(shop, now=now)
    look = order.looks.first()
    assert not both(
        lambda: undone.write_down(order, look=look, why="rain", by=shop.photographer, now=now),
        lambda: undone.write_down(order, look=look, why="rain", by=shop.owner, now=now),
    )
    assert Undone.objects.filter(look=look).count() == 1
