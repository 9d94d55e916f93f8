"""A Saturday in May: everybody presses at once, on everything that a party has. Whoever is refused is told in
words; nobody waits for ever, nothing breaks, and the record has no hole (R5.1)."""

import random
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F

from bookings import schedule
from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable, Slot
from studio.foundation.models import StaleEdit
from tests.workflow.keeping import kept
from tests.workflow.orders import dated
from tests.workflow.shoots import arrived, party, second_artist
from workflow import (
    care,
    day,
    disruptions,
    gaps,
    handoffs,
    late_records,
    reshoots,
    side_trips,
    stages,
    standing,
    undone,
)
from workflow.late_kept import Unreadable
from workflow.models import DisruptedDate, HandOff, Look, Presence, Stay, Undone
from workflow.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

IN_WORDS = (
    Refused, stages.NotYet, StaleEdit, ValidationError, SlotTaken, NotBookable, Unreadable,
    Undone.DoesNotExist, DisruptedDate.DoesNotExist,
)  # fmt: skip
MINUTE = timedelta(minutes=1)
PRESSES, PEOPLE = 14, 6


def presses_of(shop, order, other, now):
    """Each press as somebody makes it who saw the house a moment ago; `at` is the time, `pick` the dice."""
    artist, photographer, owner, manager = shop.artist, shop.photographer, shop.owner, shop.manager
    everybody = [artist, shop.other_artist, photographer, owner, manager]
    places = [shop.styling, shop.shooting, shop.front_desk]
    start = now + timedelta(days=3)

    def some(pick):
        people = party(order)
        return pick.choice([people, people[:1], people[1:]])

    def offered(pick):
        return list(HandOff.objects.open().filter(work_order=order))

    def late(pick, at):
        kind = pick.choice(["accept", "take_care", "alone", "step_out", "come_back", "offer"])
        one = kept(
            order, kind, at - pick.randint(0, 5) * MINUTE, actor=pick.choice(everybody), shop=shop,
            members=party(order), hand_off=list(HandOff.objects.filter(work_order=order)), to=shop.styling,
            place="洗手间",
        )  # fmt: skip
        late_records.receive(shop.branch, [one], by=one.actor, now=at)

    def another_date(pick, at):
        date = order.booking.appointments.get(kind="fitting")
        later = start + timedelta(hours=pick.randint(1, 5))
        schedule.move(
            date, slot=Slot(later, later + timedelta(hours=1), [shop.selection_room], overtime=True),
            version=None, by=owner, now=at,
        )  # fmt: skip

    def agreed(pick, at):
        row = DisruptedDate.objects.get(appointment__booking=order.booking)
        act = pick.choice([disruptions.tell, disruptions.stand])
        act(row, version=row.version, by=pick.choice([owner, manager]), now=at)

    def made_up_for(pick, at):
        row = Undone.objects.filter(work_order=order).earliest("pk")
        if pick.random() < 0.5:
            date = order.booking.appointments.get(kind="fitting")
            undone.settle_by_date(row, appointment=date, by=owner, now=at)
        else:
            undone.settle_by_promise(
                row, what="补拍", by_when=shop.branch.today(at) + timedelta(9), by=owner, now=at
            )

    return [
        lambda pick, at: handoffs.offer(
            order, members=some(pick), to=pick.choice(places), by=pick.choice(everybody), now=at, why="因为"
        ),
        lambda pick, at: handoffs.accept(offered(pick), by=pick.choice(everybody), now=at),
        lambda pick, at: handoffs.withdraw(offered(pick), by=pick.choice(everybody), now=at),
        lambda pick, at: handoffs.send_back(offered(pick), why="没弄好", by=pick.choice(everybody), now=at),
        lambda pick, at: handoffs.together(
            order,
            members=some(pick),
            to=pick.choice(places),
            receiver=pick.choice(everybody),
            by=pick.choice(everybody),
            now=at,
            why="因为",
        ),
        lambda pick, at: side_trips.step_out(
            order, members=some(pick), place="洗手间", by=pick.choice(everybody), now=at
        ),
        lambda pick, at: side_trips.come_back(order, members=some(pick), by=pick.choice(everybody), now=at),
        lambda pick, at: gaps.leave_alone(order, members=some(pick), by=pick.choice(everybody), now=at),
        lambda pick, at: gaps.take_care(order, members=some(pick), by=pick.choice(everybody), now=at),
        lambda pick, at: day.tick_look(Look.objects.filter(work_order=order).first(), by=artist, now=at),
        lambda pick, at: day.take_back_look(Look.objects.filter(work_order=order).first(), by=artist, now=at),
        lambda pick, at: day.leave_undone(
            Look.objects.filter(work_order=order).last(), why="下雨", by=artist, now=at
        ),
        lambda pick, at: standing.put_on_hold(
            order, why="生病", look_again_on=shop.branch.today(at) + timedelta(3), by=owner, now=at
        ),
        lambda pick, at: standing.go_on(order, by=manager, now=at),
        lambda pick, at: reshoots.open_reshoot(
            order, kind="again", cause="ours", why="闭眼", looks=list(order.looks.all()[:1]), by=owner, now=at
        ),
        lambda pick, at: care.give_locker(
            pick.choice([order, other]), number=str(pick.randint(1, 2)), by=owner, now=at
        ),
        lambda pick, at: day.see_off(
            order, members=some(pick), mood="moved", emptied=True, no_date_because="稍后定", by=owner, now=at
        ),
        lambda pick, at: day.arrive(order, members=some(pick), by=owner, now=at),
        late,
        another_date,
        agreed,
        made_up_for,
    ]


@pytest.mark.parametrize("seed", [6, 66])
def test_r5_1_everybody_presses_at_once_and_nothing_breaks(shop, now, seed) -> None:
    shop.other_artist = second_artist(shop)
    order, other = arrived(shop, now=now), arrived(shop, now=now, resources=[])
    date = dated(order, "fitting", now + timedelta(days=3), now=now, hours=1)
    disruptions.open_disruption(
        shop.branch, kind="weather", resource=None, starts_at=date.starts_at, ends_at=date.ends_at, why="暴雨",
        only=[date], by=shop.owner, now=now,
    )  # fmt: skip
    presses = presses_of(shop, order, other, now)
    broken: list[Exception] = []
    done: list[int] = []
    gate = threading.Barrier(PEOPLE, timeout=30)

    def somebody(number):
        pick = random.Random(seed * 100 + number)
        try:
            gate.wait()
            for step in range(PRESSES):
                at = now + MINUTE * (step + 1) + timedelta(seconds=number)
                try:
                    pick.choice(presses)(pick, at)
                    done.append(number)
                except IN_WORDS:
                    pass
                except Exception as error:
                    broken.append(error)
        finally:
            connection.close()

    people = [threading.Thread(target=somebody, args=(number,)) for number in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join(120)
    assert not any(person.is_alive() for person in people), "nobody waits for ever"
    assert broken == []
    assert len(done) > PRESSES, "most of it is done"
    with transaction.atomic(), connection.cursor() as cursor:
        Presence.objects.update(arrived_at=F("arrived_at"))  # each is held against its stays once more
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Stay.objects.filter(presence__work_order=order).count() > len(party(order))
