"""A calendar as a file (RFC 5545): what one colleague or one resource is booked for.

Whoever holds the address reads it without a sign-in, on a telephone that may lie on a table: the kind of the
date and how the party is greeted, when and where; no number, no money, no taboo (R9.9).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from bookings.calendar_zones import zone_of
from bookings.models import Allocation, Appointment, AppointmentState, CalendarFeed, Resource
from bookings.models.resource import ROOMS
from customers.greetings import greeting_name
from studio.staff.models import Branch

YEAR = timedelta(days=366)
BACK, AHEAD = timedelta(days=30), timedelta(days=400)
CANCELLED_FOR = timedelta(days=60)
"""How long a date that was called off, or given to somebody else, is still told as cancelled."""
REFRESH = timedelta(minutes=30)
DOMAIN = "calendar.shouwen"


@dataclass(frozen=True)
class Entry:
    """One time in the calendar. `place` counts the spans of an appointment: it keeps their names apart."""

    appointment: Appointment
    starts_at: datetime
    ends_at: datetime
    is_off: bool
    place: int = 0
    look: int | None = None


def of(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The whole file. The same state of the schedule gives the same bytes."""
    language = feed.user.language if feed.user and feed.user.language else feed.branch.customer_language
    with translation.override(language), timezone.override(feed.branch.zone):
        calendar = Calendar()
        calendar.add("prodid", "-//Shouwen//Schedule//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", name_of(feed))
        calendar.add("x-wr-timezone", feed.branch.time_zone)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", REFRESH)
        year = datetime(now.year, 1, 1, tzinfo=UTC)
        calendar.add_component(zone_of(feed.branch.time_zone, year - YEAR, year + 3 * YEAR))
        for entry in entries(feed, now=now):
            calendar.add_component(event_of(entry, feed))
        return calendar.to_ical()


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def name_of(feed: CalendarFeed) -> str:
    whose = feed.user.display_name if feed.user else str(feed.resource)
    return _("%(whose)s · %(branch)s") % {"whose": whose, "branch": feed.branch}


# --- What is in it -------------------------------------------------------------------------------
def entries(feed: CalendarFeed, *, now: datetime) -> list[Entry]:
    """What the feed's resources are held for, span by span; for a colleague also their customers' dates."""
    resources = resources_of(feed)
    window = Q(ends_at__gt=now - BACK, starts_at__lt=now + AHEAD)
    rows = Appointment.objects.filter(window, branch=feed.branch).annotate(changed=Max("events__at"))
    held = held_for(resources, feed.branch, now=now)
    own = Q(customer__owner=feed.user_id) if feed.user_id else Q(pk__in=[])
    found = rows.filter(Q(pk__in=held) | own).select_related("customer").order_by("starts_at", "id")
    found = found.prefetch_related("customer__members", "allocations__resource")
    is_fresh = now - CANCELLED_FOR
    result: list[Entry] = []
    for row in found:
        row.changed = row.changed or row.created_at
        is_mine = feed.user_id is not None and row.customer.owner_id == feed.user_id
        told = entries_of(row, held.get(row.pk, []), is_mine=is_mine)
        is_recent = row.changed > is_fresh
        result += [entry for entry in told if is_recent or not entry.is_off]
    return result


def resources_of(feed: CalendarFeed) -> list[Resource]:
    if feed.resource is not None:
        return [feed.resource]
    return list(Resource.objects.filter(branch=feed.branch, user=feed.user_id))


def held_for(resources: Iterable[Resource], branch: Branch, *, now: datetime) -> dict[int, list[Allocation]]:
    """By appointment, what holds these resources or held them until it was moved."""
    rows = Allocation.objects.filter(resource__in=list(resources), appointment__branch=branch)
    rows = rows.filter(appointment__ends_at__gt=now - BACK, appointment__starts_at__lt=now + AHEAD)
    found: dict[int, list[Allocation]] = {}
    for row in rows.order_by("used", "resource", "id"):
        assert row.appointment_id is not None
        found.setdefault(row.appointment_id, []).append(row)
    return found


def entries_of(row: Appointment, held: list[Allocation], *, is_mine: bool) -> list[Entry]:
    """One entry for each span that is held now; where nothing is, one for the date itself: it is the
    customer's of this colleague, or it was theirs and is not any more."""
    active = [span for span in held if span.is_active]
    is_off = row.state == AppointmentState.CANCELLED
    if active and not is_off:
        return [
            Entry(row, span.used.lower, span.used.upper, False, place, span.look)
            for place, span in enumerate(active)
        ]
    return [Entry(row, row.starts_at, row.ends_at, is_off or not is_mine)]


# --- How it is written ---------------------------------------------------------------------------
def event_of(entry: Entry, feed: CalendarFeed) -> Event:
    row, zone = entry.appointment, feed.branch.zone
    changed = row.changed  # type: ignore[attr-defined]
    event = Event()
    event.add("uid", uid_of(entry, feed))
    event.add("sequence", row.version)
    event.add("dtstamp", changed)
    event.add("created", row.created_at)
    event.add("last-modified", changed)
    event.add("dtstart", timezone.localtime(entry.starts_at, zone))
    event.add("dtend", timezone.localtime(entry.ends_at, zone))
    event.add("summary", summary_of(entry))
    event.add("location", location_of(row, feed.branch))
    event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_off else "OPAQUE")
    return event


def uid_of(entry: Entry, feed: CalendarFeed) -> str:
    """The same for as long as the appointment lives, however often it is moved."""
    place = f".{entry.place}" if entry.place else ""
    return f"{entry.appointment.pk}{place}.{feed.pk}@{DOMAIN}"


def summary_of(entry: Entry) -> str:
    row = entry.appointment
    words = {
        "what": row.get_kind_display(),
        "who": greeting_name(row.customer, translation.get_language()),
        "number": entry.look,
    }
    if entry.look:
        return _("%(what)s, look %(number)s · %(who)s") % words
    return _("%(what)s · %(who)s") % words


def location_of(row: Appointment, branch: Branch) -> str:
    places = [one.resource for one in row.allocations.all() if one.is_active and one.resource.kind in ROOMS]
    parts = [*(str(place) for place in places), str(branch), branch.address]
    return ", ".join(dict.fromkeys(part for part in parts if part))
