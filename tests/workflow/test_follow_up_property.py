"""R2, whatever happens in whatever order: one plan at a time, never more than eleven, no occasion twice, nothing
on or after the wedding day, and every contact that is due on exactly one person's list."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import files
from studio.foundation.models import StaleEdit
from studio.staff.duties import stands_in_for
from tests.factories import LeaveFactory
from tests.workflow.following import DAY, Chase
from workflow import calls, follow_up_changes, visits
from workflow.calls import OutcomeRefused
from workflow.follow_up_due import contacts_due, places_open
from workflow.follow_ups import FollowUpRefused
from workflow.models import CallTask, FollowUp, FollowUpContact
from workflow.visits import AlreadyEnded

MOVES = [
    "visit", "visit", "reopen", "win", "refuse", "allow", "stop", "resume", "again", "move", "wedding", "owner",
    "leave", "wait", "wait", "wait", *["record"] * 8,
]  # fmt: skip
OUTCOMES = [
    *["interested", "not_now", "coming"] * 2,
    *["no_answer"] * 3,
    "later", "wrong_number", "decided", "do_not_contact",
]  # fmt: skip
step = st.tuples(st.sampled_from(MOVES), st.sampled_from(OUTCOMES), st.integers(0, 1), st.integers(1, 45))


class Rollback(Exception):
    pass


@settings(
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(step, min_size=8, max_size=30), wedding_in=st.none() | st.integers(20, 300))
def test_r2_whatever_people_do(shop, now, steps, wedding_in) -> None:
    try:
        with transaction.atomic():
            play(Chase(shop, now), steps, wedding_in)
            raise Rollback
    except Rollback:
        pass


def play(chase, steps, wedding_in) -> None:
    wedding = chase.today + wedding_in * DAY if wedding_in else None
    people = [chase.customer(wedding_day=wedding), chase.customer()]
    moved: set[int] = set()
    for customer in people:
        chase.lose(customer)
    for move, outcome, which, days in steps:
        customer = type(people[which]).objects.get(pk=people[which].pk)
        with suppress(OutcomeRefused, FollowUpRefused, AlreadyEnded, StaleEdit), transaction.atomic():
            act(chase, move, outcome, customer, days, moved)
        chase.tick()
        check(chase, moved)


def act(chase, move, outcome, customer, days, moved) -> None:
    shop, now = chase.shop, chase.now
    follow_up = FollowUp.objects.filter(customer=customer).order_by("-pk").first()
    coming = follow_up.contacts.filter(state="planned").order_by("number") if follow_up else []
    if move == "visit":
        chase.lose(customer)
    elif move == "reopen" and follow_up:
        visits.reopen(follow_up.visit, by=shop.owner, now=now)
    elif move == "win" and follow_up:
        visits.end(follow_up.visit, outcome="won", by=shop.owner, now=now)
    elif move == "refuse":
        files.refuse_contact(customer, by=shop.owner, now=now)
    elif move == "allow":
        files.allow_contact(customer, by=shop.manager, now=now)
    elif move == "stop" and follow_up:
        follow_up_changes.stop_by_hand(follow_up, by=shop.owner, now=now)
    elif move == "resume" and follow_up:
        follow_up_changes.resume(follow_up, by=shop.owner, now=now)
    elif move == "again":
        follow_up_changes.begin_again(customer, by=shop.owner, now=now)
    elif move == "move" and coming:
        contact = coming[days % len(coming)]
        follow_up_changes.change_contact(
            contact,
            due_on=chase.today + days * DAY,
            occasion=contact.occasion,
            version=None,
            by=shop.owner,
            now=now,
        )
        moved.add(follow_up.pk)
    elif move == "wedding":
        files.edit_file(
            customer, version=None, by=shop.owner, now=now, wedding_day=chase.today + 5 * days * DAY
        )
        moved.add(customer.follow_ups.order_by("-pk").values_list("pk", flat=True).first())
    elif move == "owner":
        files.transfer(customer, to=shop.colleague, by=shop.manager, reason="load", now=now)
    elif move == "leave" and chase.today not in stands_off(shop.owner):
        LeaveFactory(
            branch=shop.branch,
            user=shop.owner,
            deputy=shop.colleague,
            starts_on=chase.today,
            ends_on=chase.today,
        )
    elif move == "wait":
        chase.go_to(chase.today + days * DAY)
    elif move == "record":
        record(chase, customer, outcome, days, moved)


def stands_off(user):
    return set(user.leave_days.values_list("day", flat=True))


def record(chase, customer, outcome, days, moved) -> None:
    call = CallTask.objects.to_make().filter(customer=customer, due_at__lte=chase.now).first()
    if call is None:
        running = FollowUp.objects.running().filter(customer=customer).first()
        following = running and running.contacts.filter(state="planned").order_by("number").first()
        if not following:
            return
        chase.go_to(max(following.due_on, chase.today), hour=12)
        chase.tick()
        call = CallTask.objects.to_make().filter(customer=customer, due_at__lte=chase.now).first()
    if call is None:
        return
    if outcome == "later":
        moved.add(call.contact.follow_up_id)
    again = chase.now + timedelta(days=days)
    chase.record(call, outcome, again_at=again, own_occasion="something of my own", said="well")


def check(chase, moved) -> None:
    shop = chase.shop
    running = FollowUp.objects.running()
    assert max(Counter(running.values_list("customer", flat=True)).values(), default=0) <= 1
    used = FollowUpContact.objects.exclude(state="dropped").exclude(occasion=None)
    pairs = Counter(used.values_list("customer", "occasion"))
    assert max(pairs.values(), default=0) <= 1
    for follow_up in FollowUp.objects.select_related("customer"):
        made = follow_up.contacts.filter(state="made").count()
        assert follow_up.made == made <= 11
        if follow_up.stopped_at is not None:
            assert not follow_up.contacts.filter(state="planned").exists()
            assert not CallTask.objects.open().filter(contact__follow_up=follow_up).exists()
        else:
            check_running(chase, follow_up, was_moved=follow_up.pk in moved)
    people = [shop.owner, shop.colleague, shop.manager, shop.general_manager]
    lists = {p: stands_in_for(p, branch=shop.branch, day=chase.today) for p in people}
    seen = Counter(
        call.contact_id for users in lists.values() for call in calls.calls_for(users, shop.branch, chase.now)
    )
    assert set(seen.values()) <= {1}
    first_due = {}
    for contact in contacts_due(places_open(), chase.now).order_by("number"):
        first_due.setdefault(contact.follow_up_id, contact)
    for contact in first_due.values():
        call = CallTask.objects.open().get(contact=contact)
        assert seen[contact.pk] == 1 or call.due_at > chase.now


def check_running(chase, follow_up, *, was_moved) -> None:
    customer, begun = follow_up.customer, chase.branch.today(follow_up.started_at)
    coming = list(follow_up.contacts.filter(state="planned").order_by("number"))
    wedding = customer.wedding_day
    if wedding and wedding > begun:
        assert all(contact.due_on < wedding for contact in coming)
    assert [contact.number for contact in coming] == sorted({contact.number for contact in coming})
    last = follow_up.contacts.filter(state="made").order_by("number").last()
    days = [contact.due_on for contact in coming]
    if not was_moved:
        for before, after in pairwise(days):
            assert (after - before).days >= 14
        if last and days:
            assert (days[0] - chase.branch.today(last.made_at)).days >= 3
