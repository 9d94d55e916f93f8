"""When a place comes free: heard at once where a date moves or is called off, looked for by the planner."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db.models import F, Q
from django.utils import timezone

from bookings import waiting
from bookings.models import (
    Appointment,
    Booking,
    BookingEvent,
    WaitingEntry,
    WaitingState,
)
from studio.staff.models import Branch, User

MOST_AT_ONCE = 3
"""So many are looked at in the transaction of the one who moves; the planner sees to the others."""
BATCH = 60
EVERY = timedelta(minutes=5)
CACHE = "waiting-list-looked-at"


def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule: who waited and got a date waits no more; who waits for a day on
    which something came free is looked at, the first first."""
    if event.kind in {"dated", "moved"}:
        for entry in served(appointment):
            waiting.serve(entry.pk, appointment, by=by, now=now)
    days = freed_days(appointment, event)
    if not days:
        return
    open_there = WaitingEntry.objects.open().filter(
        branch=appointment.branch_id, free_at=None, first_day__lte=max(days), last_day__gte=min(days)
    )
    waiting.refresh(open_there.order_by("created_at", "pk")[:MOST_AT_ONCE], now=now, only=days)


def served(appointment: Appointment) -> list[WaitingEntry]:
    """The entries of this customer that this date answers."""
    day = timezone.localtime(appointment.starts_at, appointment.branch.zone).date()
    rows = WaitingEntry.objects.open().filter(
        branch=appointment.branch_id,
        customer=appointment.customer_id,
        kind=appointment.kind,
        first_day__lte=day,
        last_day__gte=day,
    )
    return list(rows.filter(Q(booking=None) | Q(booking=appointment.booking_id)).order_by("pk"))


def freed_days(appointment: Appointment, event: BookingEvent) -> set[date]:
    """The days on which this change gave something back."""
    told, zone = event.parameters, appointment.branch.zone
    keys = {"moved": ("before", "before_until"), "cancelled": ("from", "until")}.get(event.kind, ())
    moments = [datetime.fromisoformat(told[key]) for key in keys if key in told]
    return {timezone.localtime(moment, zone).date() for moment in moments}


# --- The planner ------------------------------------------------------------------------------
def plan(now: datetime) -> int:
    """At every tick: end what is over; look through the list where the schedule changed since, or some
    minutes have gone by (leave, closures and working hours change it too). Safe any number of times."""
    ended = end_what_is_over(now)
    last = BookingEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    seen, at = cache.get(CACHE) or (None, None)
    if seen == last and at is not None and timedelta(0) <= now - at < EVERY:
        return ended
    changed = look_through(now)
    cache.set(CACHE, (last, now), timeout=3600)
    return ended + changed


def look_through(now: datetime) -> int:
    """Every open entry, branch by branch, in portions."""
    by_branch: dict[int, list[WaitingEntry]] = defaultdict(list)
    for entry in WaitingEntry.objects.open().order_by("first_day", "pk"):
        by_branch[entry.branch_id].append(entry)
    return sum(
        waiting.refresh(entries[place : place + BATCH], now=now)
        for entries in by_branch.values()
        for place in range(0, len(entries), BATCH)
    )


def end_what_is_over(now: datetime) -> int:
    """The days have passed, the order was called off, or the file was closed."""
    over = Q(booking__state__in=[Booking.State.CANCELLED, Booking.State.CLOSED]) | Q(
        customer__is_active=False
    )
    for branch in Branch.objects.filter(waiting__state=WaitingState.WAITING).distinct():
        over |= Q(branch=branch, last_day__lt=branch.today(now))
    rows = WaitingEntry.objects.open().filter(over).values("pk")
    return WaitingEntry.objects.filter(pk__in=rows, state=WaitingState.WAITING).update(
        state=WaitingState.OVER, free_at=None, version=F("version") + 1
    )
