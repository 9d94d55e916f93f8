"""The visitor log as managers know it: any stretch of days, filtered, with figures (R1.3, R1.5, R11.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    Sum,
)
from django.utils import timezone

from customers.finding import matching
from customers.models import ContactKind, ContactPoint
from studio.staff.models import Branch, User
from workflow.log_columns import KEYS
from workflow.models import LossReason, Visit, VisitOutcome
from workflow.models.visit import VisitQuerySet

MOST_EXPORTED = 20_000
MOST_PRINTED = 1_000
RETURNING, NEW = "returning", "new"
WAIT = ExpressionWrapper(F("greeted_at") - F("arrived_at"), output_field=DurationField())
SORTS: dict[str, Sequence[Any]] = {
    "": ("-arrived_at", "-id"),
    "oldest": ("arrived_at", "id"),
    "wait": (WAIT.desc(nulls_last=True), "-arrived_at", "-id"),
    "consultant": ("consultant__display_name", "-arrived_at", "-id"),
    "outcome": ("outcome", "loss_reason", "-arrived_at", "-id"),
}


@dataclass(frozen=True)
class Chosen:
    """What the log is narrowed to; empty text and None mean: all. `known` is RETURNING or NEW."""

    first: date
    last: date
    consultant: User | None = None
    outcome: str = ""
    loss_reason: str = ""
    competitor: str = ""
    visitor_kind: str = ""
    interest: str = ""
    heard_from: str = ""
    known: str = ""
    text: str = ""

    @property
    def is_one_day(self) -> bool:
        return self.first == self.last


PLAIN_FILTERS = ("outcome", "loss_reason", "competitor", "visitor_kind", "interest", "heard_from")


def between(branch: Branch, first: date, last: date) -> VisitQuerySet:
    """The visits of these days, by the branch's own clock."""
    start, end = branch.day_bounds(first)[0], branch.day_bounds(last)[1]
    return Visit.objects.filter(branch=branch, arrived_at__gte=start, arrived_at__lt=end)


def found(branch: Branch, chosen: Chosen) -> VisitQuerySet:
    """The visits that the filters leave."""
    rows = between(branch, chosen.first, chosen.last)
    for name in PLAIN_FILTERS:
        if value := getattr(chosen, name):
            rows = rows.filter(**{name: value})
    if chosen.consultant is not None:
        rows = rows.filter(consultant=chosen.consultant)
    if chosen.known:
        known = was_known()
        rows = rows.filter(known) if chosen.known == RETURNING else rows.exclude(known)
    if chosen.text:
        text = chosen.text
        said = Q(notes__icontains=text) | Q(came_for__icontains=text) | Q(competitor__icontains=text)
        people = matching(text, branch=branch).order_by().values("pk")
        rows = rows.filter(said | Q(customer__in=people))
    return rows


def was_known() -> Q:
    """A returning visitor: their file is older than the visit, or they had been here before."""
    before = Visit.objects.filter(customer=OuterRef("customer"), arrived_at__lt=OuterRef("arrived_at"))
    return Q(customer__created_at__lt=F("arrived_at")) | Q(Exists(before), customer__isnull=False)


def listed(rows: VisitQuerySet, sort: str = "") -> VisitQuerySet:
    """In the order that was asked for, ready to be drawn."""
    order = SORTS.get(sort, SORTS[""])
    return (
        rows.annotate(wait=WAIT).select_related("customer", "consultant", "turn", "request").order_by(*order)
    )


def with_numbers(rows: VisitQuerySet) -> VisitQuerySet:
    """With the customers' numbers, for paper and spreadsheet."""
    numbers = ContactPoint.objects.filter(kind=ContactKind.PHONE, is_wrong=False)
    return rows.prefetch_related(Prefetch("customer__contact_points", numbers, to_attr="phones"))


# --- Figures --------------------------------------------------------------------------------
class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Figures:
    """How many parties came, how they left, and the median time from the door to the greeting (R1.5)."""

    came: int
    people: int
    won: int
    undecided: int
    lost: int
    open: int
    waited: timedelta | None

    @property
    def share_won(self) -> int | None:
        """Per cent of the visits that have ended."""
        ended = self.came - self.open
        return round(self.won * 100 / ended) if ended else None

    @property
    def waited_minutes(self) -> float | None:
        return None if self.waited is None else round(self.waited.total_seconds() / 60, 1)


def figures(rows: VisitQuerySet) -> Figures:
    """One query, however many visits."""
    counts = {
        outcome.value: Count("pk", filter=Q(outcome=outcome))
        for outcome in (VisitOutcome.WON, VisitOutcome.UNDECIDED, VisitOutcome.LOST, VisitOutcome.OPEN)
    }
    totals = rows.order_by().aggregate(
        came=Count("pk"), people=Sum("party_size", default=0), waited=Median(WAIT), **counts
    )
    return Figures(**totals)


def reasons(rows: VisitQuerySet) -> list[tuple[str, Any, int]]:
    """Why visits were lost, (reason, word, how many), every reason, the most frequent first (R11.4)."""
    lost = rows.filter(outcome=VisitOutcome.LOST).order_by().values("loss_reason").annotate(count=Count("pk"))
    counted = {row["loss_reason"]: row["count"] for row in lost}
    found = [(value, label, counted.get(value, 0)) for value, label in LossReason.choices]
    return sorted(found, key=lambda entry: -entry[2])


def by_consultant(rows: VisitQuerySet) -> list[dict[str, Any]]:
    """Who received how many, and won how many (R12.1): {"consultant", "name", "came", "won"}."""
    names = rows.order_by().values("consultant", name=F("consultant__display_name"))
    counted = names.annotate(came=Count("pk"), won=Count("pk", filter=Q(outcome=VisitOutcome.WON)))
    return [dict(row) for row in counted.order_by("-came", "name")]


def competitors(branch: Branch) -> list[str]:
    """Whom this branch has lost visits to, by name."""
    rows = Visit.objects.filter(branch=branch).exclude(competitor="")
    return list(rows.order_by("competitor").values_list("competitor", flat=True).distinct()[:200])


def consultants(branch: Branch) -> list[User]:
    """Everybody in the log of this branch, those who left among them."""
    received = Visit.objects.filter(branch=branch, consultant=OuterRef("pk"))
    return list(User.objects.filter(Exists(received)).order_by("display_name", "pk"))


# --- As rows of a spreadsheet ---------------------------------------------------------------
def cells(rows: VisitQuerySet, branch: Branch) -> Iterator[list[Any]]:
    """One list for each visit, in the order of the columns; moments by the branch's clock."""
    for visit in with_numbers(rows):
        values = as_row(visit, branch)
        yield [values[key] for key in KEYS]


def as_row(visit: Visit, branch: Branch) -> dict[str, Any]:
    def local(moment: datetime | None) -> datetime | None:
        return timezone.localtime(moment, branch.zone).replace(tzinfo=None) if moment else None

    arrived, greeted, left = local(visit.arrived_at), local(visit.greeted_at), local(visit.ended_at)
    assert arrived is not None
    phones = visit.customer.phones if visit.customer else []  # type: ignore[attr-defined]
    return {
        "day": arrived.date(),
        "time": arrived.time().replace(second=0, microsecond=0),
        "name": visit.customer.name if visit.customer else "",
        "phone": phones[0].value if phones else "",
        "people": visit.party_size,
        "consultant": visit.consultant.display_name,
        "heard_from": visit.get_heard_from_display(),
        "came_for": visit.came_for,
        "visitor_kind": visit.get_visitor_kind_display(),
        "interest": visit.get_interest_display(),
        "wish_date": visit.wish_date,
        "outcome": visit.get_outcome_display(),
        "loss_reason": visit.get_loss_reason_display(),
        "competitor": visit.competitor,
        "greeted": greeted.time().replace(second=0, microsecond=0) if greeted else None,
        "left": left.time().replace(second=0, microsecond=0) if left else None,
        "notes": visit.notes,
    }
