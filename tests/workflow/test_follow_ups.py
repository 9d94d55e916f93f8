"""R2: a plan per lost or undecided visit, its contacts, and its endings."""

import threading
from datetime import date, time
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from customers import files
from customers.models import Member, Taboo
from studio.foundation.models import StaleEdit
from tests.workflow.calling import Desk
from tests.workflow.following import DAY, HOUR, Chase
from workflow import calls, follow_up_changes, follow_up_due, follow_ups, occasions, visits
from workflow.follow_ups import FollowUpRefused
from workflow.models import CallTask, FollowUp, FollowUpContact, Occasion
from workflow.orders import sell_and_open


@pytest.fixture
def chase(shop, now):
    return Chase(shop, now)


def ended(follow_up):
    follow_up.refresh_from_db()
    return follow_up.stop_reason


# --- How a plan begins ----------------------------------------------------------------------
@pytest.mark.parametrize("outcome", ["lost", "undecided"])
def test_r2_1_a_visit_without_an_order_gets_a_plan_by_itself(chase, outcome):
    customer = chase.customer()
    visit = chase.lose(customer, outcome)
    follow_up = FollowUp.objects.get(customer=customer)
    contacts = chase.contacts(follow_up)
    assert (follow_up.visit, follow_up.branch, follow_up.started_at) == (visit, chase.branch, chase.now)
    assert [contact.number for contact in contacts] == list(range(1, 12))
    assert contacts[0].due_on == chase.today + 3 * DAY
    assert all(contact.occasion for contact in contacts)
    assert [event.kind for event in follow_up.events.all()] == ["started"]


def test_a_repeat_makes_no_second_plan(chase):
    customer = chase.customer()
    visit = chase.lose(customer)
    visits.end(visit, outcome="undecided", by=chase.shop.owner, now=chase.now)
    again = follow_ups.plan_for(visit, by=None, now=chase.now)
    assert list(FollowUp.objects.all()) == [again]


def test_a_won_or_open_or_nameless_visit_gets_none(chase):
    chase.visit(chase.customer())
    chase.lose(None)
    visits.end(chase.visit(chase.customer()), outcome="won", by=None, now=chase.now)
    assert not FollowUp.objects.exists()


def test_r2_1_who_is_recognised_after_they_left_gets_the_plan_then(chase):
    visit = chase.lose(None)
    customer = chase.customer()
    visits.attach_customer(visit, customer, by=chase.shop.owner, now=chase.now + HOUR)
    assert FollowUp.objects.running().get(customer=customer).visit == visit


def test_who_turned_out_to_be_somebody_else_is_followed_up_and_not_the_other(chase):
    taken_for, really = chase.customer(), chase.customer()
    visit = chase.lose(taken_for)
    visits.attach_customer(visit, really, by=chase.shop.owner, now=chase.now)
    assert ended(FollowUp.objects.get(customer=taken_for)) == "reopened"
    assert FollowUp.objects.running().get().customer == really


def test_an_outcome_taken_back_takes_the_plan_back_and_ending_again_begins_anew(chase):
    customer = chase.customer()
    visit = chase.lose(customer)
    visits.reopen(visit, by=chase.shop.owner, now=chase.now)
    first = FollowUp.objects.get()
    assert ended(first) == "reopened"
    visits.end(visit, outcome="undecided", by=chase.shop.owner, now=chase.now)
    second = FollowUp.objects.running().get()
    assert second != first
    assert len(chase.contacts(second)) == 11


def test_a_plan_in_which_somebody_called_is_not_taken_back(chase):
    follow_up = chase.make(chase.plan())
    visits.reopen(follow_up.visit, by=chase.shop.owner, now=chase.now)
    assert ended(follow_up) == ""


def test_r2_2_nobody_who_asked_not_to_be_contacted_is_planned_and_none_without_a_file(chase):
    silent = chase.customer(do_not_contact=True)
    closed = chase.customer(is_active=False)
    chase.lose(silent)
    chase.lose(closed)
    assert not FollowUp.objects.exists()


def test_who_has_no_number_is_planned_too(chase):
    assert chase.plan(chase.customer(phone=""))


def test_who_has_ordered_meanwhile_is_not_followed_up(chase, shop):
    customer = chase.customer()
    visit = chase.visit(customer)
    sell_and_open(
        customer=customer, package_version=shop.package, by=shop.owner, now=chase.now, terms_accepted=True
    )
    visits.reopen(visit, by=None, now=chase.now)
    visits.end(visit, outcome="undecided", by=None, now=chase.now + HOUR)
    assert not FollowUp.objects.exists()


def test_r2_1_the_branch_has_its_own_rules(chase):
    chase.rules(contacts=3, first_after=1, apart_from=7, apart_to=7)
    days = [contact.due_on for contact in chase.contacts(chase.plan())]
    assert days == [chase.today + DAY, chase.today + 8 * DAY, chase.today + 15 * DAY]


def test_r2_1_it_ends_before_the_wedding_day(chase):
    wedding = chase.today + 50 * DAY
    contacts = chase.contacts(chase.plan(chase.customer(wedding_day=wedding)))
    assert 2 <= len(contacts) <= 4
    assert all(contact.due_on < wedding for contact in contacts)
    soon = chase.customer(wedding_day=chase.today + 2 * DAY)
    chase.lose(soon)
    assert not FollowUp.objects.filter(customer=soon).exists()


def test_a_wedding_that_is_over_bounds_nothing(chase):
    follow_up = chase.plan(chase.customer(wedding_day=chase.today - 300 * DAY))
    assert len(chase.contacts(follow_up)) == 11
    chase.tick()
    assert ended(follow_up) == ""


# --- Occasions ------------------------------------------------------------------------------
def test_r2_1_no_occasion_twice_for_one_customer_says_the_database(chase):
    follow_up = chase.plan()
    first, second = chase.contacts(follow_up)[:2]
    second.occasion = first.occasion
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_r2_1_after_the_eleventh_a_new_plan_has_only_occasions_they_have_not_had(chase):
    follow_up = chase.plan()
    for _number in range(11):
        chase.make(follow_up)
    assert ended(follow_up) == "all_made"
    had = {contact.occasion for contact in chase.contacts(follow_up)}
    chase.now += DAY
    later = chase.plan(follow_up.customer)
    fresh = [contact.occasion for contact in chase.contacts(later) if contact.occasion]
    assert not had & set(fresh)
    assert 5 <= len(fresh) <= Occasion.objects.count() - len(had)
    assert len(chase.contacts(later)) == 11


def test_two_customers_may_have_the_same_occasion(chase):
    one, other = chase.plan(), chase.plan()
    assert chase.contacts(one)[0].occasion == chase.contacts(other)[0].occasion


@pytest.mark.parametrize("kind", ["family", "person", "company", "couple"])
def test_r2_1_an_occasion_suits_who_is_called(chase, shop, kind):
    """No new gowns for a baby's parents; and everybody's plan begins with something to say."""
    plan = chase.plan(chase.customer(kind=kind))
    occasions_had = [contact.occasion for contact in chase.contacts(plan) if contact.occasion]
    assert {occasion.suits for occasion in occasions_had} <= {"", kind}
    assert len(occasions_had) >= 8
    if kind != "couple":
        assert not [one for one in occasions_had if "gown" in one.line_en or "couple" in one.line_en]


def test_a_branch_finds_the_library_by_itself_and_keeps_what_it_has(chase, shop):
    assert not Occasion.objects.exists()
    assert occasions.install_library(shop.branch) == len(occasions.LIBRARY) >= 14
    assert occasions.install_library(shop.branch) == 0
    Occasion.objects.filter(branch=shop.branch, position__gt=1).update(is_active=False)
    assert len(occasions.of_branch(shop.branch)) == 1
    assert not Occasion.objects.filter(branch=shop.other_branch).exists()


def test_every_line_of_the_library_stands_in_three_languages_and_can_be_said(chase, shop):
    occasions.install_library(shop.branch)
    for occasion in Occasion.objects.all():
        occasion.full_clean()
        for language in ("en", "zh-hans", "zh-hant"):
            assert "%" not in occasion.line(language) % {"guests": "Ms Li"}
            assert occasion.name_in(language)
    assert not [entry for entry in occasions.LIBRARY if len(set(entry.lines)) < 3]


@pytest.mark.django_db(transaction=True)
def test_the_library_is_installed_once_by_many(shop):
    def install():
        occasions.install_library(shop.branch)
        connection.close()

    threads = [threading.Thread(target=install) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Occasion.objects.count() == len(occasions.LIBRARY)


# --- Contacts fall due ----------------------------------------------------------------------
def test_r3_2_a_contact_becomes_a_call_of_the_owner_by_itself_at_the_hour(chase, shop):
    follow_up = chase.plan()
    first = chase.contacts(follow_up)[0]
    chase.go_to(first.due_on, hour=10)
    assert chase.tick() == 0
    chase.now += HOUR
    assert chase.tick() == 1
    assert chase.tick() == 0
    (call,) = calls.calls_for([shop.owner], shop.branch, chase.now)
    assert (call.kind, call.contact, call.customer) == ("follow_up", first, follow_up.customer)
    assert call.due_at == shop.branch.at(first.due_on, time(10, 30))
    assert calls.calls_for([shop.colleague], shop.branch, chase.now) == []


def test_each_branch_has_its_own_clock_and_hour(chase, shop):
    chase.rules(call_at=time(15))
    follow_up = chase.plan()
    chase.go_to(chase.contacts(follow_up)[0].due_on, hour=14)
    assert chase.tick() == 0
    chase.now += HOUR
    assert chase.tick() == 1


def test_never_two_calls_of_one_plan_on_a_list(chase):
    follow_up = chase.plan()
    chase.go_to(chase.contacts(follow_up)[3].due_on)
    assert chase.tick() == 1
    chase.tick()
    assert CallTask.objects.open().get().contact.number == 1


@pytest.mark.django_db(transaction=True)
def test_two_beats_bring_up_one_call(chase):
    for _number in range(5):
        chase.plan()
    chase.go_to(chase.today + 4 * DAY)

    def beat():
        follow_up_due.plan(chase.now)
        connection.close()

    threads = [threading.Thread(target=beat) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chase.tick()
    assert CallTask.objects.count() == CallTask.objects.open().count() == 5


# --- Endings --------------------------------------------------------------------------------
def test_r2_2_it_stops_when_a_visit_is_won(chase):
    follow_up = chase.plan()
    chase.due_call(follow_up)
    visits.end(follow_up.visit, outcome="won", by=None, now=chase.now)
    assert ended(follow_up) == "won"
    assert not CallTask.objects.open().exists()


def test_r2_2_it_stops_with_an_order_that_no_visit_led_to(chase, shop):
    follow_up = chase.make(chase.plan())
    sell_and_open(
        customer=follow_up.customer,
        package_version=shop.package,
        by=shop.owner,
        now=chase.now,
        terms_accepted=True,
    )
    assert ended(follow_up) == "won"
    assert follow_up.made == 1


def test_r2_2_a_sale_by_any_other_way_is_found_by_the_tick(chase, shop):
    follow_up = chase.plan()
    Desk(shop, chase.now + HOUR).sale(customer=follow_up.customer)
    chase.tick()
    assert ended(follow_up) == "won"


def test_an_older_order_does_not_stop_a_newer_plan(chase, shop):
    customer = chase.customer()
    Desk(shop, chase.now - 30 * DAY).sale(customer=customer)
    follow_up = chase.plan(customer)
    chase.tick()
    assert ended(follow_up) == ""


def test_r2_2_please_dont_contact_me_stops_it_at_once_and_for_every_list(chase, shop):
    follow_up = chase.plan()
    call = chase.due_call(follow_up)
    with transaction.atomic():
        files.refuse_contact(follow_up.customer, by=shop.owner, now=chase.now)
        assert ended(follow_up) == "refused"
    call.refresh_from_db()
    assert call.state == "cancelled"
    assert not follow_up.contacts.filter(state="planned").exists()


def test_r2_2_allowed_again_it_does_not_start_by_itself_but_by_hand(chase, shop):
    follow_up = chase.plan()
    files.refuse_contact(follow_up.customer, by=shop.owner, now=chase.now)
    files.allow_contact(follow_up.customer, by=shop.manager, now=chase.now)
    chase.tick()
    assert not FollowUp.objects.running().exists()
    again = follow_up_changes.begin_again(follow_up.customer, by=shop.owner, now=chase.now)
    assert again != follow_up
    assert follow_up_changes.begin_again(follow_up.customer, by=shop.owner, now=chase.now) == again


def test_nothing_to_begin_by_hand_is_said(chase):
    with pytest.raises(FollowUpRefused):
        follow_up_changes.begin_again(chase.customer(), by=None, now=chase.now)


def test_r2_1_the_wedding_day_ends_it_and_an_earlier_one_drops_what_is_too_late(chase, shop):
    customer = chase.customer(wedding_day=chase.today + 300 * DAY)
    follow_up = chase.plan(customer)
    wedding = chase.today + 40 * DAY
    files.edit_file(customer, version=customer.version, by=None, now=chase.now, wedding_day=wedding)
    chase.tick()
    standing = chase.contacts(follow_up, state="planned")
    assert standing
    assert all(contact.due_on < wedding for contact in standing)
    chase.go_to(wedding, hour=1)
    chase.tick()
    assert ended(follow_up) == "overtaken"


def test_a_closed_file_ends_it(chase):
    follow_up = chase.plan()
    type(follow_up.customer).objects.update(is_active=False)
    chase.tick()
    assert ended(follow_up) == "closed"


def test_r2_2_by_hand_with_one_press_and_taken_back_exactly(chase, shop):
    follow_up = chase.make(chase.plan())
    chase.due_call(follow_up)
    before = list(follow_up.contacts.order_by("number").values_list("number", "due_on", "occasion", "state"))
    follow_up_changes.stop_by_hand(follow_up, by=shop.owner, now=chase.now)
    follow_up_changes.stop_by_hand(follow_up, by=shop.owner, now=chase.now)
    assert ended(follow_up) == "by_hand"
    assert follow_up.events.filter(kind="stopped").count() == 1
    assert not CallTask.objects.open().exists()
    follow_up_changes.resume(follow_up, by=shop.owner, now=chase.now)
    follow_up_changes.resume(follow_up, by=shop.owner, now=chase.now)
    assert (
        list(follow_up.contacts.order_by("number").values_list("number", "due_on", "occasion", "state"))
        == before
    )
    assert ended(follow_up) == ""
    assert chase.tick() == 1
    assert CallTask.objects.count() == 2


def test_what_ended_for_another_reason_is_not_taken_back(chase, shop):
    follow_up = chase.plan()
    visits.end(follow_up.visit, outcome="won", by=None, now=chase.now)
    with pytest.raises(FollowUpRefused):
        follow_up_changes.resume(follow_up, by=shop.owner, now=chase.now)


def test_an_occasion_used_meanwhile_is_left_to_the_caller_when_it_is_taken_back(chase, shop):
    first = chase.plan()
    follow_up_changes.stop_by_hand(first, by=shop.owner, now=chase.now)
    second = follow_up_changes.begin_again(first.customer, by=shop.owner, now=chase.now)
    with pytest.raises(FollowUpRefused):
        follow_up_changes.resume(first, by=shop.owner, now=chase.now)
    used = chase.make(second).contacts.get(state="made").occasion
    follow_ups.stop(second, reason="by_hand", by=None, now=chase.now)
    follow_up_changes.resume(first, by=shop.owner, now=chase.now)
    assert used not in {contact.occasion for contact in chase.contacts(first)}


# --- They come again ------------------------------------------------------------------------
def test_r2_1_a_further_visit_is_news_the_rest_is_planned_from_that_day(chase):
    follow_up = chase.plan()
    chase.make(follow_up)
    chase.make(follow_up)
    chase.now += 5 * DAY
    visit = chase.lose(follow_up.customer, interest="trust")
    follow_up.refresh_from_db()
    assert FollowUp.objects.get() == follow_up
    assert follow_up.visit == visit
    standing = chase.contacts(follow_up, state="planned")
    assert [contact.number for contact in standing] == list(range(3, 12))
    assert standing[0].due_on == chase.today + 3 * DAY
    assert follow_up.events.filter(kind="replanned").count() == 1


def test_an_old_visit_recognised_late_is_no_news(chase):
    old = chase.lose(None, arrived_at=chase.now - 9 * DAY)
    follow_up = chase.plan()
    visits.attach_customer(old, follow_up.customer, by=None, now=chase.now)
    follow_up.refresh_from_db()
    assert follow_up.visit != old
    assert not follow_up.events.filter(kind="replanned").exists()


# --- Changes by hand ------------------------------------------------------------------------
def change(chase, contact, **values):
    return follow_up_changes.change_contact(
        contact,
        **{
            "due_on": contact.due_on, "occasion": contact.occasion, "version": None, "by": chase.shop.owner,
            "now": chase.now,
        }
        | values,
    )  # fmt: skip


def test_r2_2_a_contact_is_moved_and_the_next_ones_keep_their_distance(chase):
    follow_up = chase.plan()
    first, second = chase.contacts(follow_up)[:2]
    change(chase, first, due_on=second.due_on + DAY)
    days = [contact.due_on for contact in chase.contacts(follow_up)]
    assert days[0] == second.due_on + DAY
    assert all(14 <= (after - before).days <= 35 for before, after in pairwise(days))
    kept = [contact.occasion for contact in chase.contacts(follow_up)]
    assert len(set(kept)) == 11


@pytest.mark.parametrize(
    "day", [date(2026, 5, 16), date(2026, 5, 1), date(1, 1, 1), date(9999, 12, 31), date(2027, 5, 1)]
)
def test_a_contact_is_not_moved_to_a_day_that_makes_no_sense(chase, day):
    contact = chase.contacts(chase.plan())[0]
    with pytest.raises(FollowUpRefused) as refusal:
        change(chase, contact, due_on=day)
    assert refusal.value.field == "due_on"


def test_r2_1_a_contact_is_not_moved_behind_the_wedding_or_before_its_forerunner(chase):
    contacts = chase.contacts(chase.plan(chase.customer(wedding_day=chase.today + 60 * DAY)))
    for contact, day in ((contacts[0], chase.today + 60 * DAY), (contacts[1], contacts[0].due_on)):
        with pytest.raises(FollowUpRefused):
            change(chase, contact, due_on=day)


def test_another_occasion_is_chosen_but_none_they_have_had(chase):
    follow_up = chase.make(chase.plan())
    made, coming = chase.contacts(follow_up)[:2]
    free = follow_ups.unused(follow_up.customer)[0]
    change(chase, coming, occasion=free)
    coming.refresh_from_db()
    assert coming.occasion == free
    with pytest.raises(FollowUpRefused) as refusal:
        change(chase, coming, occasion=made.occasion)
    assert refusal.value.field == "occasion"
    change(chase, coming, occasion=None, own_occasion="Their cat's birthday")
    coming.refresh_from_db()
    assert coming.about == "Their cat's birthday"


def test_two_people_change_one_plan_the_second_is_told(chase):
    contact = chase.contacts(chase.plan())[0]
    version = contact.follow_up.version
    change(chase, contact, due_on=contact.due_on + DAY, version=version)
    with pytest.raises(StaleEdit):
        change(chase, contact, due_on=contact.due_on + 2 * DAY, version=version)


def test_a_contact_moved_away_leaves_the_list_and_comes_back_on_its_day(chase):
    follow_up = chase.plan()
    call = chase.due_call(follow_up)
    contact = call.contact
    change(chase, contact, due_on=chase.today + 2 * DAY)
    assert not CallTask.objects.open().exists()
    chase.go_to(chase.today + 2 * DAY)
    assert chase.tick() == 1
    call.refresh_from_db()
    assert (call.state, call.tries, CallTask.objects.count()) == ("open", 0, 1)


# --- Many at once ---------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_refusal_and_the_end_of_a_visit_at_the_same_second_leave_no_plan(chase, shop):
    for _round in range(6):
        customer = chase.customer()
        visit = chase.visit(customer)
        together, troubles = threading.Barrier(2), []

        def at_once(act, together=together, troubles=troubles):
            together.wait()
            try:
                act()
            except Exception as trouble:
                troubles.append(trouble)
            finally:
                connection.close()

        acts = [
            lambda customer=customer: files.refuse_contact(customer, by=shop.owner, now=chase.now),
            lambda visit=visit: visits.end(visit, outcome="undecided", by=shop.owner, now=chase.now),
        ]
        threads = [threading.Thread(target=at_once, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        assert not FollowUp.objects.running().filter(customer=customer).exists()


@pytest.mark.django_db(transaction=True)
def test_two_visits_of_one_customer_ended_at_once_leave_one_plan(chase, shop):
    customer = chase.customer()
    here = [chase.visit(customer) for _ in range(5)]
    together, troubles = threading.Barrier(len(here)), []

    def leave(visit):
        together.wait()
        try:
            visits.end(visit, outcome="undecided", by=shop.owner, now=chase.now)
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(visit,)) for visit in here]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert FollowUp.objects.filter(customer=customer).count() == 1
    assert FollowUpContact.objects.filter(customer=customer, state="planned").count() == 11


def test_own_days_of_every_member_count(chase):
    customer = chase.customer()
    Member.objects.filter(customer=customer, role="bride").update(
        birthday=chase.today.replace(year=1998) + 3 * DAY
    )
    Taboo.objects.create(customer=customer, text="her age")
    occasions.install_library(chase.branch)
    Occasion.objects.filter(kind="birthday").update(is_active=False)
    assert chase.contacts(chase.plan(customer))[0].due_on == chase.today + 4 * DAY
