"""Somebody is late, and the chain of their day shifts (F7): gaps take up what they can, who is still at home
is called first, and whoever agrees is shifted, the last one first, so that nobody stands in another's way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bookings import schedule
from bookings.allocation import SlotTaken
from bookings.arrangements import as_stored, slot_at
from bookings.bookable import NotBookable
from bookings.models import Allocation, Appointment, AppointmentState, Resource
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User
from workflow import disrupted_proposals, disruptions
from workflow.disrupted_states import put
from workflow.disrupted_touched import RELATED, Touched, Where, in_house, in_order, where_is
from workflow.models import DisruptedDate, DisruptedState, Disruption, DisruptionKind

LEAST, MOST = 5, 240
NOTHING = timedelta()


@dataclass(frozen=True)
class Link:
    """One date of the chain: by how much it shifts, and to when. Who is being served already does not
    move."""

    touched: Touched
    by: timedelta
    is_going_on: bool

    @property
    def appointment(self) -> Appointment:
        return self.touched.appointment

    @property
    def starts_at(self) -> datetime:
        return self.appointment.starts_at + (NOTHING if self.is_going_on else self.by)

    @property
    def minutes(self) -> int:
        return int(self.by.total_seconds() // 60)


# --- The chain ------------------------------------------------------------------------------------
def chain(resource: Resource, *, minutes: int, now: datetime) -> list[Link]:
    """Today's dates of `resource` that shift when it is `minutes` late with what it does now (or, where it is
    doing nothing, with what comes next), in the order in which they are seen to."""
    branch = resource.branch
    present, rows = in_house(branch), held_today(resource, now=now)
    appointments = {row.appointment_id: row.appointment for row in rows if row.appointment is not None}
    shifts = shifted(rows, timedelta(minutes=minutes))
    found = [
        Link(
            Touched(appointment, where_is(appointment, present, now)),
            shifts[pk],
            appointment.state != AppointmentState.PLANNED or appointment.starts_at <= now,
        )
        for pk, appointment in appointments.items()
        if pk is not None and shifts[pk] > NOTHING
    ]
    place = {one.appointment.pk: n for n, one in enumerate(in_order(link.touched for link in found))}
    return sorted(found, key=lambda link: place[link.appointment.pk])


def held_today(resource: Resource, *, now: datetime) -> list[Allocation]:
    """What it is held for from now to the end of the branch's day, the earliest first."""
    end = resource.branch.day_bounds(resource.branch.today(now))[1]
    rows = Allocation.objects.active().filter(resource=resource, appointment__isnull=False)
    rows = rows.overlapping(now, end).filter(
        appointment__state__in=[AppointmentState.PLANNED, AppointmentState.HELD], used__endswith__gt=now
    )
    related = [f"appointment__{name}" for name in RELATED]
    return list(rows.select_related(*related).order_by("during", "pk"))


def shifted(rows: list[Allocation], late: timedelta) -> dict[int | None, timedelta]:
    """By the ids of the dates: each begins no sooner than whatever the resource did before it is over, with
    the minutes kept free around both. One that is served in several spans shifts as a whole."""
    shifts: dict[int | None, timedelta] = {row.appointment_id: NOTHING for row in rows}
    if not rows:
        return shifts
    shifts[rows[0].appointment_id] = late
    changed = True
    while changed:  # each round makes some shift greater, and none is ever greater than `late`
        changed = False
        for before, after in pairwise(rows):
            if before.appointment_id == after.appointment_id:
                continue
            needed = before.during.upper + shifts[before.appointment_id] - after.during.lower
            if needed > shifts[after.appointment_id]:
                shifts[after.appointment_id], changed = min(needed, late), True
    return shifts


# --- Opened -----------------------------------------------------------------------------------------
def check(resource: Resource, minutes: int) -> None:
    if not LEAST <= minutes <= MOST:
        raise ValidationError(
            {
                "minutes": _("Between %(least)s and %(most)s minutes. For more, open a broken day.")
                % {"least": LEAST, "most": MOST}
            }
        )


def open_late(resource: Resource, *, minutes: int, why: str, by: User, now: datetime) -> Disruption:
    """Write down who is late, with the new time of each date that shifts; `ValidationError` by field. Nothing
    moves before its customer agrees."""
    check(resource, minutes)
    branch: Branch = resource.branch
    links = chain(resource, minutes=minutes, now=now)
    with transaction.atomic(), acting(by):
        row = disruptions.open_disruption(
            branch,
            kind=DisruptionKind.LATE,
            resource=resource,
            starts_at=now,
            ends_at=branch.day_bounds(branch.today(now))[1],
            why=why or _("Running late"),
            by=by,
            now=now,
            only=[link.appointment for link in links],
            minutes=minutes,
        )
        for link in links:
            if not link.is_going_on:
                keep(row, link)
    return row


def keep(disruption: Disruption, link: Link) -> None:
    slot = shifted_slot(link.appointment, link.starts_at)
    disruption.dates.filter(appointment=link.appointment).update(
        proposed_at=slot.starts_at, proposed_holds=as_stored(slot.all_holds())
    )


def shifted_slot(appointment: Appointment, starts_at: datetime) -> schedule.Slot:
    return slot_at(appointment, starts_at, starts_at + disrupted_proposals.length(appointment))


# --- Agreed, and shifted --------------------------------------------------------------------------------
@dataclass
class Shifted:
    """What became of those who agreed: `moved`, and who has to wait for another (`waiting`, with the
    reason)."""

    moved: list[DisruptedDate] = field(default_factory=list)
    waiting: list[tuple[DisruptedDate, str]] = field(default_factory=list)


def agree(
    row: DisruptedDate, *, version: int | None, by: User, now: datetime, overtime: bool = False
) -> Shifted:
    """The customer comes later: noted, and whoever of those that agreed can be shifted by now is."""
    with transaction.atomic(), acting(by):
        appointment = Appointment.locked(row.appointment_id)
        fresh = DisruptedDate.locked(row.pk)
        fresh.appointment = appointment
        repeated = fresh.by_id == by.pk and (fresh.is_settled or fresh.state == DisruptedState.TOLD)
        if not repeated:
            if version is not None and fresh.version != version:
                raise StaleEdit(fresh)
            put(fresh, DisruptedState.TOLD, by=by, now=now)
    return shift(row.disruption, by=by, now=now, overtime=overtime)


def shift(disruption: Disruption, *, by: User, now: datetime, overtime: bool = False) -> Shifted:
    """Everybody who agreed, the last one first. Who can't be shifted yet stays agreed, and says why."""
    done = Shifted()
    for row in agreed(disruption):
        assert row.proposed_at is not None
        slot = shifted_slot(row.appointment, row.proposed_at)
        options: dict[str, Any] = {"by": by, "now": now, "overtime": overtime, "knows": True}
        try:
            schedule.move(row.appointment, slot=slot, version=None, **options)
        except SlotTaken as taken:
            done.waiting.append((row, str(taken)))
        except NotBookable as refusal:
            done.waiting.append((row, " ".join(refusal.messages)))
        else:
            done.moved.append(row)
    return done


def agreed(disruption: Disruption) -> Iterable[DisruptedDate]:
    rows = disruption.dates.filter(
        settled_at=None,
        state=DisruptedState.TOLD,
        proposed_at__isnull=False,
        appointment__state=AppointmentState.PLANNED,
    )
    return rows.select_related("appointment__branch").order_by("-appointment__starts_at", "-pk")


__all__ = ["Link", "Shifted", "Where", "agree", "chain", "check", "open_late", "shift"]
