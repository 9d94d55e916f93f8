"""A sheet that was signed on paper is entered on behalf of those who signed, with the true times (F9).

Whoever was never recorded gets the whole day from the door to the door; what was recorded already is put
right where the paper says otherwise. Every piece keeps the record that it came from: who entered it, when,
and what the paper said (ids, kinds, times)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState
from studio.foundation.audit import acting
from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow import departures, looks, paper_days, stages
from workflow.models import (
    Departure,
    LateRecord,
    LateSource,
    Look,
    LookState,
    Mood,
    Presence,
    SheetPhoto,
    Stage,
    WorkOrder,
    WorkOrderEvent,
)
from workflow.paper_rows import Day, Fault, PaperRow, WrongSheet, days_of, faults_of
from workflow.refusals import Refused
from workflow.route import SHOOT_DAY

KIND = "sheet"


@dataclass(frozen=True)
class Leaving:
    """They went out of the door where their last line ends, and how (R9.3)."""

    mood: str
    note: str = ""


def enter(
    order: WorkOrder,
    rows: Sequence[PaperRow],
    *,
    by: User,
    now: datetime,
    leaving: Leaving | None = None,
    photos: Iterable[SheetPhoto] = (),
) -> LateRecord:
    """Carry out what the paper says; `WrongSheet` names each line that can't be, and nothing is written."""
    with transaction.atomic(), acting(by):
        first_at = min((row.since for row in rows), default=now)
        appointment = shoot_on(order, first_at)
        if appointment is not None:
            Appointment.locked(appointment.pk)  # before the order, as everybody locks them
        order = stages.lock(order)
        days = days_of(rows)
        known = presences_of(order, days)
        check(order, rows, days, known, leaving=leaving, now=now)
        record = LateRecord.objects.create(
            branch=order.branch,
            work_order=order,
            source=LateSource.PAPER,
            kind=KIND,
            told={"rows": [told(row) for row in rows], "mood": leaving.mood if leaving else ""},
            happened_at=first_at,
            received_at=now,
            actor=rows[0].user,
            entered_by=by,
        )
        note_day(order, rows, appointment, record=record, by=by, now=now)
        note_arrivals(order, [one for one in days if one.member.pk not in known], record=record)
        for one in days:
            paper_days.write(
                order, one, known.get(one.member.pk), leaves=bool(leaving), record=record, by=by, now=now
            )
        tick(order, rows, record=record)
        if leaving is not None:
            see_off(order, days, leaving, record=record, by=by, now=now)
        SheetPhoto.objects.filter(pk__in=[photo.pk for photo in photos], work_order=order).update(
            record=record
        )
        signers = sorted({row.user.pk for row in rows})
        note(order, "paper_entered", by=by, at=now, record=record, signers=signers)
        stages.try_advance(order, by=by, now=now)
        return record


def told(row: PaperRow) -> dict[str, Any]:
    """What the line says: ids, kinds and times, never a name."""
    return {
        "members": [member.pk for member in row.members],
        "department": row.department.pk,
        "user": row.user.pk,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "kind": str(row.kind),
        "look": row.look.pk if row.look else None,
        "alone_before": row.alone_before,
    }


# --- What the paper is held against -----------------------------------------------------------------
def shoot_on(order: WorkOrder, moment: datetime) -> Appointment | None:
    """The planned shoot of that day, which then took place."""
    start, end = order.branch.day_bounds(order.branch.today(moment))
    planned = order.booking.appointments.filter(kind=AppointmentKind.SHOOT, state=AppointmentState.PLANNED)
    return planned.between(start, end).first()


def presences_of(order: WorkOrder, days: Sequence[Day]) -> dict[int, Presence]:
    """What is recorded of these members in this order at those times, by member; none: never recorded."""
    found: dict[int, Presence] = {}
    for one in days:
        rows = Presence.objects.select_for_update(no_key=True).filter(work_order=order, member=one.member)
        rows = rows.filter(Q(left_at=None) | Q(left_at__gt=one.since))
        row = (rows.filter(arrived_at__lt=one.until) if one.until else rows).order_by("arrived_at").first()
        if row is not None:
            found[one.member.pk] = row
    return found


def check(
    order: WorkOrder,
    rows: Sequence[PaperRow],
    days: Sequence[Day],
    known: dict[int, Presence],
    *,
    leaving: Leaving | None,
    now: datetime,
) -> None:
    if order.stage == Stage.CLOSED:
        raise Refused(_("This order is closed: nothing is entered any more."))
    faults = faults_of(rows, now=now)
    if not faults:
        for one in days:
            faults += paper_days.faults(order, one, known.get(one.member.pk), leaves=bool(leaving), now=now)
    for row in rows:
        if row.look is not None and row.look.state == LookState.SHOT and row.look.at != row.until:
            faults.append(Fault(row.number, "look", _("This look is ticked on screen already.")))
    if leaving is not None and leaving.mood not in Mood.values:
        faults.append(Fault(0, "mood", _("Say how they left.")))
    if faults:
        raise WrongSheet({(fault.number, fault.field): fault for fault in faults}.values())


# --- What belongs to the day and not to one member ---------------------------------------------------
def note_day(
    order: WorkOrder,
    rows: Sequence[PaperRow],
    appointment: Appointment | None,
    *,
    record: LateRecord,
    by: User,
    now: datetime,
) -> None:
    """Arrival, sheet and styling have their times from the paper, where nothing was recorded (R4.1, R4.4)."""
    fields = []
    is_first = order.stage in SHOOT_DAY  # later parties came for their pictures, or to be shot again
    if is_first and order.arrived_at is None:
        order.arrived_at = record.happened_at
        fields.append("arrived_at")
    if is_first and order.sheet_issued_at is None:
        order.sheet_issued_at, order.sheet_issued_by = record.happened_at, rows[0].user
        fields += ["sheet_issued_at", "sheet_issued_by"]
    styled = [row.since for row in rows if row.department.kind == DepartmentKind.STYLING]
    if is_first and order.styling_since is None and styled:
        order.styling_since = min(styled)
        fields.append("styling_since")
    if fields:
        order.save(update_fields=fields)
    if appointment is not None:
        schedule.hold(appointment, by=by, now=now)


def note_arrivals(order: WorkOrder, days: Sequence[Day], *, record: LateRecord) -> None:
    """Who came at the same time came together."""
    for since in sorted({one.since for one in days}):
        came = [one for one in days if one.since == since]
        received_by, members = came[0].rows[0].user, [one.member.pk for one in came]
        note(
            order,
            "arrived",
            by=received_by,
            at=since,
            record=record,
            members=members,
            receiver=received_by.pk,
        )


def tick(order: WorkOrder, rows: Sequence[PaperRow], *, record: LateRecord) -> None:
    """Each look is ticked at the time at which its line ends, by who signed it (F2)."""
    for row in rows:
        if row.look is None:
            continue
        look = Look.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.look.pk)
        if look.state == LookState.SHOT:
            continue
        look.state, look.why = LookState.SHOT, ""
        look.by, look.at = row.user, row.until or row.since
        look.save(update_fields=["state", "why", "by", "at"])
        note(order, "look_shot", by=row.user, at=look.at, record=record, look=look.pk, number=look.position)
        looks.end_undone(look, by=record.entered_by, now=record.received_at)
        looks.follow_reshoot(order, look, by=record.entered_by, now=record.received_at)


def see_off(
    order: WorkOrder, days: Sequence[Day], leaving: Leaving, *, record: LateRecord, by: User, now: datetime
) -> None:
    """They left where the paper ends; who left unhappy is heard of at once, late as it is (R9.3)."""
    last = max(days, key=lambda one: one.until or record.happened_at)
    moment = last.until or record.happened_at
    departure = Departure.objects.create(
        work_order=order, by=last.rows[-1].user, at=moment, mood=leaving.mood, note=leaving.note[:300]
    )
    members = [one.member.pk for one in days]
    words = {"members": members, "mood": leaving.mood, "departure": departure.pk, "undated": False}
    note(order, "seen_off", by=last.rows[-1].user, at=moment, record=record, **words)
    departures.tell(departure, by=by, now=now)


def note(
    order: WorkOrder, kind: str, *, by: User, at: datetime, record: LateRecord, **parameters: Any
) -> WorkOrderEvent:
    """What happened then, by who signed; the record says who entered it and when."""
    return WorkOrderEvent.objects.create(
        work_order=order, actor=by, at=at, kind=kind, parameters={**parameters, "record": record.pk}
    )
