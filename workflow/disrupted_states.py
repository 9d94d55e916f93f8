"""How far each date is that a broken day touched, and what moves it on: the schedule, a promise, a word.

Rows of dates are locked after the appointment, and the disruption last of all; whoever comes second sees what
the first has settled, so that a disruption closes with its last date and never before.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from bookings.models import Appointment, BookingEvent
from studio.outbox.queue import withdraw as withdraw_messages
from studio.staff.models import User
from workflow.call_withdrawals import withdraw
from workflow.disrupted_touched import is_touched
from workflow.models import CallKind, CallTask, DisruptedDate, DisruptedState, Disruption, Promise

PURPOSE = "day_broken"
"""The message that a day is broken; withdrawn with whatever settles the date (`disrupted_message`)."""
DONE = frozenset({DisruptedState.MOVED, DisruptedState.STANDS, DisruptedState.CALLED_OFF})
"""What can become of a date; made good is whoever, besides, got what was promised for it."""
FIELDS = ("state", "note", "by", "settled_at", "schedule_version", "proposed_at", "proposed_holds", "promise")


def broken() -> QuerySet[DisruptedDate]:
    """Rows of dates that can't be as they were agreed, while nothing else is agreed yet."""
    return DisruptedDate.objects.filter(
        settled_at=None, state__in=[DisruptedState.TOUCHED, DisruptedState.TOLD]
    )


def dates_of(appointment: Appointment) -> list[DisruptedDate]:
    """Its rows, locked; the appointment is."""
    rows = DisruptedDate.objects.filter(appointment=appointment).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)).select_related("disruption__branch"))


def put(row: DisruptedDate, state: str, *, by: User | None, now: datetime, note: str = "") -> None:
    """The one door for the state of a locked row; with it its end, and that of its disruption."""
    row.state, row.by = state, by
    if note:
        row.note = note[:200]
    owed = row.promise is not None and row.promise.kept_at is None
    if row.state in DONE and row.promise is not None and not owed:
        row.state = DisruptedState.MADE_GOOD
    over = row.state == DisruptedState.MADE_GOOD or (row.state in DONE and not owed)
    row.settled_at = (row.settled_at or now) if over else None
    row.save_version(*FIELDS)
    if row.state != DisruptedState.TOUCHED:
        take_back(row.appointment, by=by, now=now, calls=row.state != DisruptedState.TOLD)
    close_or_open(row.disruption_id, by=by, now=now)


def take_back(appointment: Appointment, *, by: User | None, now: datetime, calls: bool = True) -> None:
    """Who knows is not written to any more, and where it is settled nobody calls."""
    withdraw_messages(PURPOSE, appointment.pk, now=now)
    if calls:
        about = CallTask.objects.open().filter(appointment=appointment, kind=CallKind.DISRUPTED)
        withdraw(about, by=by, now=now)


def close_or_open(disruption: int, *, by: User | None, now: datetime) -> None:
    """Closed with its last date, open again where one comes back. Its row is locked first: of two who settle
    the last two dates at once, the second one sees the first's."""
    row = Disruption.locked(disruption)
    left = row.dates.filter(settled_at=None).exists()
    if not left and row.ended_at is None:
        row.ended_at, row.ended_by = now, by
    elif left and row.ended_at is not None:
        row.ended_at = row.ended_by = None
    else:
        return
    row.save_version("ended_at", "ended_by")


# --- The schedule ---------------------------------------------------------------------------------
def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule: whatever page it was moved or called off on, the state follows;
    and what is agreed into a broken time all the same stands on its list."""
    rows = dates_of(appointment)
    for row in rows:
        follow(row, appointment, event, by=by, now=now)
    if event.kind != "cancelled":
        add_to_open(appointment, besides={row.disruption_id for row in rows}, now=now)


def follow(
    row: DisruptedDate, appointment: Appointment, event: BookingEvent, *, by: User | None, now: datetime
) -> None:
    row.appointment = appointment
    other_time = event.parameters.get("before") != event.parameters.get("from")
    if event.kind == "cancelled":
        if row.settled_at is None:
            put(row, DisruptedState.CALLED_OFF, by=by, now=now)
        return
    if row.disruption.is_late:
        if row.settled_at is None and other_time:
            arrive_at(row, DisruptedState.MOVED, by=by, now=now)
        return
    if is_touched(appointment, row.disruption):
        if row.state == DisruptedState.MOVED:
            # The move that had helped was undone.
            row.schedule_version = appointment.schedule_version
            arrive_at(row, DisruptedState.TOUCHED, by=by, now=now)
        elif row.settled_at is None:
            arrive_at(row, row.state, by=by, now=now)
    elif row.settled_at is None:
        moved = appointment.schedule_version != row.schedule_version
        arrive_at(row, DisruptedState.MOVED if moved else DisruptedState.STANDS, by=by, now=now)


def arrive_at(row: DisruptedDate, state: str, *, by: User | None, now: datetime) -> None:
    """In a state by the schedule; a proposal from before the change is worth nothing."""
    row.proposed_at, row.proposed_holds = None, []
    put(row, state, by=by, now=now)


def add_to_open(appointment: Appointment, *, besides: Iterable[int], now: datetime) -> None:
    """Agreed into a time that is kept free: a consultation that holds nobody, a date between two looks."""
    standing = Disruption.objects.filter(
        Q(closures__lifted_at=None, closures__isnull=False),
        branch=appointment.branch_id,
        starts_at__lt=appointment.ends_at,
        ends_at__gt=max(now, appointment.starts_at),
    )
    for disruption in standing.exclude(pk__in=set(besides)).select_related("branch", "resource").distinct():
        if is_touched(appointment, disruption):
            add(disruption, [appointment], now=now)
            close_or_open(disruption.pk, by=None, now=now)


def add(disruption: Disruption, appointments: Iterable[Appointment], *, now: datetime) -> None:
    """These dates stand on its list, in this order, behind those that do; each once."""
    behind = disruption.dates.count()
    DisruptedDate.objects.bulk_create(
        [
            DisruptedDate(
                disruption=disruption,
                appointment=row,
                schedule_version=row.schedule_version,
                position=behind + place,
            )
            for place, row in enumerate(appointments)
        ],
        ignore_conflicts=True,
    )


# --- A word, a promise ------------------------------------------------------------------------------
def told_in_a_call(appointment: Appointment, *, by: User | None, now: datetime, note: str = "") -> None:
    """They know, and would like another time than what was proposed; the appointment is locked."""
    for row in dates_of(appointment):
        if row.settled_at is None and row.state == DisruptedState.TOUCHED:
            row.appointment = appointment
            put(row, DisruptedState.TOLD, by=by, now=now, note=note)


def follow_promise(promise: Promise, by: User | None, now: datetime) -> None:
    """Listener to promises that were kept: where one was due for a broken day, it is made good (R9.1)."""
    rows = DisruptedDate.objects.filter(promise=promise).order_by("pk")
    for row in rows.select_for_update(no_key=True, of=("self",)).select_related("appointment"):
        row.promise = promise
        put(row, row.state, by=by, now=now)
