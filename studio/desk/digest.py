"""While you were away (R8.1): what happened to one's customers during one's days off, and by whom."""

from dataclasses import dataclass, field
from datetime import datetime

from customers.models import Customer
from customers.registries import TimelineEntry, happenings
from studio.foundation.audit import acting
from studio.staff.models import Leave


@dataclass
class Chapter:
    """One customer, with what happened in the order of time."""

    customer: Customer
    entries: list[TimelineEntry] = field(default_factory=list)


@dataclass(frozen=True)
class Digest:
    since: datetime
    until: datetime
    chapters: list[Chapter]
    count: int


def digest_of(leave: Leave, *, now: datetime) -> Digest:
    """From the first minute of the first day until the end of the last, or until they came back; customers in
    the order in which something happened first. Every app answers one question for all of them."""
    since, until = span_of(leave, now)
    happened = [pair for source in happenings for pair in source([leave.user_id], since, until)]
    chapters: dict[int, Chapter] = {}
    for customer, entry in sorted(happened, key=lambda pair: pair[1].at):
        chapters.setdefault(customer.pk, Chapter(customer)).entries.append(entry)
    return Digest(since, until, list(chapters.values()), len(happened))


def span_of(leave: Leave, now: datetime) -> tuple[datetime, datetime]:
    since = leave.branch.day_bounds(leave.starts_on)[0]
    until = leave.branch.day_bounds(leave.ends_on)[1]
    return since, min(until, leave.back_at or now, now)


def mark_read(leave: Leave, *, now: datetime) -> None:
    """Read, and not offered on Today any more. A repeat keeps the first time."""
    with acting(leave.user):
        Leave.objects.filter(pk=leave.pk, digest_read_at=None).update(digest_read_at=now)
