"""Follow-up as pages show it: the list, the path of a plan, the customer's panel and timeline (R2, R12.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_skeleton
from django.db.models import Exists, F, Max, OuterRef, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.registries import Panel, TimelineEntry
from studio.foundation.templatetags.studio import active_locale
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow.follow_ups import FOLLOWED
from workflow.models import (
    CallOutcome,
    CallTask,
    ContactState,
    FollowUp,
    FollowUpContact,
    FollowUpEvent,
    StopReason,
    Visit,
)

RUNNING, ENDED = "running", "ended"


# --- The list -----------------------------------------------------------------------------------
def plans(branch: Branch, *, users: Iterable[User] | None = None) -> QuerySet[FollowUp]:
    """The plans of a branch, or of these people's customers, with the day on which each goes on."""
    rows = FollowUp.objects.filter(branch=branch)
    if users is not None:
        rows = rows.filter(customer__owner__in=list(users))
    standing = FollowUpContact.objects.exclude(state=ContactState.DROPPED).select_related("occasion")
    coming = FollowUpContact.objects.filter(follow_up=OuterRef("pk"), state=ContactState.PLANNED)
    return rows.select_related("customer__owner", "visit").prefetch_related(
        Prefetch("contacts", queryset=standing.order_by("number"), to_attr="standing")
    ).annotate(
        next_on=coming.order_by("number").values("due_on")[:1],
        on_a_list=Exists(CallTask.objects.open().filter(contact__follow_up=OuterRef("pk"))),
    )  # fmt: skip


def listed(branch: Branch, *, users: Iterable[User] | None, show: str) -> QuerySet[FollowUp]:
    """The running ones by their next day, or the ended ones, the last first."""
    rows = plans(branch, users=users)
    if show == ENDED:
        return rows.filter(stopped_at__isnull=False).order_by("-stopped_at", "-id")
    return rows.running().order_by(F("next_on").asc(nulls_last=True), "id")  # type: ignore[attr-defined]


@dataclass(frozen=True)
class PlanLine:
    """One plan of the list: what comes next, as which of how many, and whether that day has come."""

    follow_up: FollowUp
    following: FollowUpContact | None
    last: FollowUpContact | None
    of: int
    is_due: bool
    stands_for: User | None = None


def line_of(follow_up: Any, *, reader: User | None, today: Any) -> PlanLine:
    """`follow_up` comes from `plans`."""
    standing = follow_up.standing
    following = next((one for one in standing if one.state == ContactState.PLANNED), None)
    made = [one for one in standing if one.state == ContactState.MADE]
    owner = follow_up.customer.owner
    return PlanLine(
        follow_up=follow_up,
        following=following if follow_up.stopped_at is None else None,
        last=made[-1] if made else None,
        of=max((one.number for one in standing), default=0),
        is_due=following is not None and follow_up.stopped_at is None and following.due_on <= today,
        stands_for=owner if reader and owner and owner.pk != reader.pk else None,
    )


def lengths(follow_ups: Iterable[int]) -> dict[int, int]:
    """Of how many contacts each plan is: its last number that stands; one question."""
    rows = FollowUpContact.objects.filter(follow_up__in=set(follow_ups)).exclude(state=ContactState.DROPPED)
    return dict(rows.order_by().values_list("follow_up").annotate(Max("number")))


# --- The path -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    """One contact on the path: what became of it in words, and whether it is the one that comes next."""

    contact: FollowUpContact
    outcome: str
    is_next: bool

    @property
    def kind(self) -> str:
        """How it is drawn: done, now, later or gone."""
        if self.contact.state == ContactState.MADE:
            return "done"
        if self.contact.state == ContactState.DROPPED:
            return "gone"
        return "now" if self.is_next else "later"

    @property
    def day(self) -> str:
        """The day on which it was made or is planned, as short as the reader's language has it."""
        made_at = self.contact.made_at
        day = timezone.localdate(made_at) if made_at else self.contact.due_on
        return format_skeleton("MMMd", day, locale=active_locale())


def path(follow_up: FollowUp) -> list[Step]:
    """Every contact of the plan in its order."""
    rows = list(follow_up.contacts.select_related("occasion", "made_by", "call").order_by("number"))
    following = next((one.pk for one in rows if one.state == ContactState.PLANNED), None)
    return [Step(row, outcome_in_words(row.outcome), row.pk == following) for row in rows]


def outcome_in_words(outcome: str) -> str:
    return str(CallOutcome(outcome).label) if outcome in CallOutcome.values else outcome


# --- On the customer file -----------------------------------------------------------------------
def panel(customer: Customer, now: datetime) -> dict[str, Any]:
    """The plan that runs, or the last one; and whether one could be begun by hand."""
    last = customer.follow_ups.order_by(F("stopped_at").desc(nulls_first=True), "-id").first()
    lost = Visit.objects.filter(customer=customer, outcome__in=FOLLOWED).exists()
    may_begin = lost and customer.is_active and not customer.do_not_contact
    return {
        "follow_up": last,
        "steps": path(last) if last else [],
        "may_begin": may_begin and (last is None or last.stopped_at is not None),
        "subject": customer,
    }


PANEL = Panel(
    title=gettext_lazy("Follow-up"),
    template="workflow/_follow_up_panel.html",
    context=panel,
    roles=frozenset(FRONT),
    order=30,
)

ICONS = {
    "started": "route",
    "made": "message-circle-heart",
    "moved": "calendar-clock",
    "occasion": "gift",
    "stopped": "flag",
    "replanned": "route",
    "let_go": "phone-missed",
    "resumed": "undo-2",
}


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `follow_up` of the customer's timeline. The tries are told by the calls; what was said in a
    contact stands on the plan's page."""
    events = FollowUpEvent.objects.filter(follow_up__customer=customer).exclude(kind="made")
    return [entry(event) for event in events.select_related("actor", "follow_up")]


def entry(event: FollowUpEvent) -> TimelineEntry:
    return TimelineEntry(
        at=event.at,
        actor=event.actor,
        text=sentence(event),
        icon=ICONS.get(event.kind, "route"),
        link=event.follow_up.get_absolute_url(),
    )


def sentence(event: FollowUpEvent) -> str:
    """What happened, with the number of the contact or the reason of the end."""
    given = event.parameters
    if event.kind == "stopped":
        reason = dict(StopReason.choices).get(given.get("reason", ""), "")
        return _("Follow-up ended: %(reason)s") % {"reason": reason}
    if event.kind in {"moved", "occasion", "let_go", "made"} and "number" in given:
        return _("%(what)s (contact %(number)d)") % {"what": event.sentence, "number": given["number"]}
    return event.sentence
