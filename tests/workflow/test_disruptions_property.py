"""R9.7, whatever people do in whatever order: each touched date is in one state, none is forgotten, and a broken
day is closed when all of its dates are settled and never before. Kept against a model of its own."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable
from bookings.spans import Slot
from tests.workflow.broken import BrokenDay, row_of
from workflow import disruptions, promises
from workflow.models import DisruptedDate

HOUR = timedelta(hours=1)
DATES = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "agree",
                "tell",
                "stand",
                "move",
                "move_inside",
                "cancel",
                "promise",
                "keep",
                "undo",
                "propose",
                "new",
            ]
        ),
        st.integers(0, DATES - 1),
    ),
    max_size=10,
)


class Model:
    """What must be so, said once more in other words."""

    def __init__(self) -> None:
        self.state: dict[int, str] = {}
        self.owed: dict[int, str] = {}  # "open" or "kept"

    def put(self, date: int, state: str) -> None:
        self.state[date] = state

    def is_settled(self, date: int) -> bool:
        return self.state[date] in {"moved", "stands", "called_off"} and self.owed.get(date) != "open"


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_r9_7_property_none_is_forgotten_and_closing_needs_all(shop, now, steps):
    with transaction.atomic():
        walk(BrokenDay(shop, now), steps)
        transaction.set_rollback(True)


def walk(day: BrokenDay, steps) -> None:
    # The first one with people and an order, in which something can be promised.
    dates = [day.date("16:00"), *(day.visit(clock) for clock in ("12:00", "14:00"))]
    found = day.break_it("9:00", "20:00", kind="power", resource=None)
    model = Model()
    for date in dates:
        model.put(date.pk, "touched")
    for number, (step, place) in enumerate(steps):
        with suppress(NotBookable, SlotTaken):
            carry_out(step, dates[place], dates, day, found, model, number)
        look(found, dates, model)


def carry_out(step, date, dates, day, found, model, number) -> None:
    by, now = day.shop.owner, day.now + number * timedelta(minutes=1)
    date.refresh_from_db()
    row, settled, planned = row_of(date), model.is_settled(date.pk), date.is_planned
    if step == "propose":
        day.propose(found)
    elif step == "new":
        made = day.visit("18:00")
        dates.append(made)
        model.put(made.pk, "touched")
    elif step == "keep" and row.promise is not None:
        promises.keep(row.promise, by=by, now=now)
        model.owed[date.pk] = "kept"
    elif step == "promise" and date.booking is not None and row.promise is None and planned:
        disruptions.promise(row, what="送相框", by_when=day.day, version=None, by=by, now=now)
        model.owed[date.pk] = "open"
    elif not planned:
        return
    elif step in ("tell", "stand") and not row.is_settled and row.state in ("touched", "told"):
        (disruptions.tell if step == "tell" else disruptions.stand)(row, version=None, by=by, now=now)
        model.put(date.pk, "told" if step == "tell" else "stands")
    elif step == "agree" and not settled and row.proposed_at:
        disruptions.agree(row, starts_at=row.proposed_at, version=None, by=by, now=now)
        model.put(date.pk, "moved")
    elif step == "move":
        slot = schedule.slot_at(date, day.at("10:00", 5 + number), day.at("10:00", 5 + number) + HOUR)
        schedule.move(date, slot=slot, version=None, by=by, now=now)
        if not settled:
            model.put(date.pk, "moved")
    elif step == "move_inside" and date.booking is None and not settled and model.state[date.pk] != "moved":
        start = day.at("11:00") + number * timedelta(minutes=5)
        schedule.move(date, slot=Slot(start, start + HOUR), version=None, by=by, now=now)
    elif step == "cancel":
        schedule.cancel(date, why="改明年", by=by, now=now)
        if not settled:
            model.put(date.pk, "called_off")


def look(found, dates, model) -> None:
    found.refresh_from_db()
    rows = {row.appointment_id: row for row in DisruptedDate.objects.filter(disruption=found)}
    assert set(rows) == {date.pk for date in dates} == set(model.state)
    for pk, row in rows.items():
        settled = model.is_settled(pk)
        expected = "made_good" if settled and model.owed.get(pk) == "kept" else model.state[pk]
        assert (row.state, row.is_settled) == (expected, settled), (row.state, expected, model.state[pk])
    assert (found.ended_at is not None) == all(model.is_settled(pk) for pk in rows)
