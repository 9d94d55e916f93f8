"""Who must be told that a date was moved or called off: whoever was or is held for it, and the owner.

Not the mover, who knows. A notice stays on Today until its reader has seen it; a move that is undone before
anybody saw it is as if it had never been.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import Appointment, BookingEvent, Resource, ScheduleNotice
from studio.foundation.registry import Registry
from studio.staff.models import Branch, User

others_told: Registry[Callable[[BookingEvent], list[str]]] = Registry("telling of others")
"""Each answers, in the reader's language, who else hears of a change and how: the customer, by a message."""
TOLD_OF = {"moved", "cancelled"}
LINGERS = timedelta(days=2)
"""For how long a notice of a date that is over is still worth reading."""


def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule, in their transaction."""
    if event.kind not in TOLD_OF:
        return
    heard_nothing = take_back(event)
    people = {user.pk for user in concerned(appointment, event)} - heard_nothing
    people -= {by.pk} if by else set()
    tell(event, people, now)


def tell(event: BookingEvent, people: Iterable[int], now: datetime) -> None:
    """Put it on the Today of these people; told twice is told once."""
    assert event.appointment_id is not None
    ScheduleNotice.objects.bulk_create(
        [
            ScheduleNotice(user_id=pk, appointment_id=event.appointment_id, event=event, at=now)
            for pk in sorted(people)
        ],
        ignore_conflicts=True,
    )


def tell_owner(event: BookingEvent, now: datetime) -> None:
    """The owner hears of it whoever did it, for somebody must call the customer (R3.2)."""
    assert event.appointment is not None
    owner = event.appointment.customer.owner_id
    tell(event, [owner] if owner else [], now)


def take_back(event: BookingEvent) -> set[int]:
    """Notices of a move that `event` undoes, where nobody has seen them yet: whose they were."""
    undone = event.parameters.get("undoes")
    if undone is None:
        return set()
    unseen = ScheduleNotice.objects.filter(event=undone, seen_at=None)
    people = set(unseen.values_list("user_id", flat=True))
    unseen.delete()
    return people


def concerned(appointment: Appointment, event: BookingEvent) -> list[User]:
    """The colleagues whose time was or is held, and the customer's owner."""
    ids = before(event) | after(event)
    held = User.objects.filter(resources__in=ids, is_active=True)
    owner = User.objects.filter(pk=appointment.customer.owner_id or 0, is_active=True)
    return list((held | owner).distinct()) if ids else list(owner)


def before(event: BookingEvent) -> set[int]:
    """The ids of what was held before the change."""
    return {row[0] for row in event.parameters.get("before_holds", [])}


def after(event: BookingEvent) -> set[int]:
    return set(event.parameters.get("resources", []))


# --- What it says --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """One change as it is told: `was` and `is_` where the time changed; who or what `joined` and `left`."""

    event: BookingEvent
    was: datetime | None
    until: datetime | None
    joined: list[Resource]
    left: list[Resource]

    @property
    def is_off(self) -> bool:
        return self.event.kind == "cancelled"

    @property
    def is_undone(self) -> bool:
        return "undoes" in self.event.parameters

    @property
    def other_time(self) -> bool:
        return not self.is_off and self.was is not None and self.was != self.is_

    @property
    def is_(self) -> datetime:
        return datetime.fromisoformat(self.event.parameters["from"])


@dataclass(frozen=True)
class Notice:
    """What one colleague has not seen yet of one appointment: from the first change to how it is now."""

    row: ScheduleNotice
    appointment: Appointment
    change: Change
    owner: User
    """Whose notice it is."""
    calls: bool
    """Whether the reader answers for the customer, who may have to be called."""

    @property
    def phones(self) -> list[Any]:
        points = self.appointment.customer.contact_points.all()
        return [point for point in points if point.kind == "phone" and not point.is_wrong]


def unseen(users: Iterable[User], branch: Branch, now: datetime) -> list[Notice]:
    """What these people have not seen yet, one for each of them and each appointment, the oldest first."""
    rows = (
        ScheduleNotice.objects.filter(user__in=list(users), appointment__branch=branch, seen_at=None)
        .exclude(appointment__ends_at__lt=now, at__lt=now - LINGERS)
        .select_related("user", "event__actor", "appointment__customer", "appointment__booking__work_order")
        .prefetch_related("appointment__customer__contact_points")
        .order_by("at", "id")
    )
    grouped: dict[tuple[int, int], list[ScheduleNotice]] = {}
    for row in rows:
        grouped.setdefault((row.user_id, row.appointment_id), []).append(row)
    known = resources_in([row.event for row in rows])
    return [
        Notice(
            row=several[-1],
            appointment=several[-1].appointment,
            change=together([row.event for row in several], known),
            owner=several[-1].user,
            calls=several[-1].appointment.customer.owner_id == several[-1].user_id,
        )
        for several in grouped.values()
    ]


def resources_in(events: Iterable[BookingEvent]) -> dict[int, Resource]:
    ids = {pk for event in events for pk in before(event) | after(event)}
    return Resource.objects.in_bulk(ids) if ids else {}


def together(events: list[BookingEvent], known: dict[int, Resource]) -> Change:
    """Several changes one after the other, as one from the first state to the last."""
    first, last = events[0], events[-1]
    moment = first.parameters.get("before") or first.parameters.get("from")
    old, new = before(first), after(last)
    called_off = last.kind == "cancelled"
    until = last.parameters.get("until")
    return Change(
        event=last,
        was=datetime.fromisoformat(moment) if moment else None,
        until=datetime.fromisoformat(until) if until else None,
        joined=[] if called_off else [known[pk] for pk in sorted(new - old) if pk in known],
        left=[] if called_off else [known[pk] for pk in sorted(old - new) if pk in known],
    )


def see(notice: ScheduleNotice, *, now: datetime) -> None:
    """Its reader has seen it, and what came before it of the same appointment. A repeat does nothing."""
    ScheduleNotice.objects.filter(
        user=notice.user_id, appointment=notice.appointment_id, event__at__lte=notice.event.at, seen_at=None
    ).update(seen_at=now)


# --- Who was told --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Told:
    """Of one change: the colleagues with when they saw it, and what else was set going."""

    event: BookingEvent
    change: Change
    notices: list[ScheduleNotice]
    others: list[str]

    @property
    def names(self) -> list[str]:
        return [notice.user.spoken_name for notice in self.notices]


def told_of(event: BookingEvent) -> Told:
    """Who was told of a change, for the panel that stands after it."""
    rows = event.notices.select_related("user").order_by("user__display_name")
    return Told(
        event=event,
        change=together([event], resources_in([event])),
        notices=list(rows),
        others=[sentence for tells in others_told for sentence in tells(event)],
    )


def in_words(told: Told | None) -> str:
    """“Told: 赵老师, 王老师. The customer gets a message at 12:10.”, after what was done."""
    if told is None:
        return ""
    names = [_("Told: %(names)s.") % {"names": _(", ").join(told.names)}] if told.names else []
    return " ".join([*names, *told.others])


def last_change(appointment: Appointment) -> BookingEvent | None:
    return appointment.events.filter(kind__in=TOLD_OF).order_by("at", "id").last()
