"""The visitor log (客流登记): a party is received, greeted, written down, and leaves with an outcome."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from customers import files
from customers.files import MemberDraft
from customers.models import Customer
from customers.names import clean, clean_lines
from customers.owners import check_owner
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, User
from workflow import rotation
from workflow.models import LossReason, Visit, VisitEvent, VisitOutcome
from workflow.visit_endings import announce

DESCRIBED = ("party_size", "heard_from", "came_for", "wish_date", "visitor_kind", "interest", "notes")
MOST_PEOPLE = 60
FARTHEST_WISH = timedelta(days=366 * 5)
LONGEST_WAIT = timedelta(hours=1)
CAME_BEFORE = (2, 5, 10)
"""How many minutes ago, where nobody could press at once: what the receive control offers."""
LONGEST_COMPETITOR = 60


class AlreadyEnded(Exception):
    """The visit has another outcome already; only a sale, or taking it back, changes that."""


class NoCustomer(Exception):
    """A visit can be won only with a customer: write down who they are first."""


def tell(visit: Visit, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    VisitEvent.objects.create(visit=visit, actor=by, at=now, kind=kind, parameters=parameters)


def receive(
    *,
    branch: Branch,
    by: User | None,
    now: datetime,
    customer: Customer | None = None,
    named: User | None = None,
    came_before: timedelta = timedelta(0),
) -> Visit:
    """One press (R1.1, R1.5): the clock runs, and the party has its consultant. The details come later.

    `named` is whom they ask for; `came_before`, how long they have been standing there already: the time from
    the door to the greeting counts from then.
    """
    if not timedelta(0) <= came_before <= LONGEST_WAIT:
        raise ValidationError(_("At most an hour ago."))
    with transaction.atomic():
        turn = rotation.take_turn(branch=branch, by=by, now=now, customer=customer, named=named)
        visit = Visit.objects.create(
            branch=branch,
            customer=customer,
            consultant=turn.consultant,
            turn=turn,
            named=named,
            arrived_at=now - came_before,
        )
        parameters = {"named": named.pk} if named else {}
        tell(
            visit, "received", by=by, now=now, consultant=turn.consultant_id, reason=turn.reason, **parameters
        )
    return visit


def greet(visit: Visit, *, by: User | None, now: datetime) -> Visit:
    """Somebody is with them: the time from the door to the greeting stands. A repeat does nothing."""
    with transaction.atomic():
        row = Visit.locked(visit.pk)
        if row.greeted_at is None:
            row.greeted_at = max(now, row.arrived_at)
            row.save_version("greeted_at")
            tell(row, "greeted", by=by, now=now)
    return row


def describe(visit: Visit, *, version: int | None, by: User | None, now: datetime, **fields: Any) -> Visit:
    """What they told us so far: any of `DESCRIBED`. The outcome, the consultant … have doors of their own."""
    unknown = set(fields) - set(DESCRIBED)
    if unknown:
        raise TypeError(f"describe does not change {sorted(unknown)}")
    with transaction.atomic():
        row = Visit.locked(visit.pk, version=version)
        check_wish(row, fields.get("wish_date"))
        check_size(fields.get("party_size", 1))
        changed = []
        for name, value in fields.items():
            if isinstance(value, str):
                value = clean_lines(value) if name == "notes" else clean(value)
            if getattr(row, name) != value:
                setattr(row, name, value)
                changed.append(name)
        if changed:
            row.save_version(*changed)
            tell(row, "described", by=by, now=now, fields=sorted(changed))
    return row


@dataclass
class Party:
    """Who they say they are: what the file is opened with when the first name is told."""

    kind: str
    members: list[MemberDraft]
    phones: list[str]
    special_care: str = ""


def take_down(
    visit: Visit,
    *,
    version: int | None,
    by: User | None,
    now: datetime,
    party: Party | None = None,
    customer: Customer | None = None,
    **fields: Any,
) -> Visit:
    """Everything on the intake's one screen, in one transaction: what they told us, and who they are.

    `customer` is who they turned out to be; `party` opens their file, owned by who receives them (R1.1).
    """
    with transaction.atomic():
        # The day before the visit: the order in which every door of the rotation locks.
        rotation.locked_day(visit.branch, now)
        row = describe(visit, version=version, by=by, now=now, **fields)
        if customer is None and party is not None and row.customer_id is None:
            customer = files.open_file(
                branch=row.branch,
                by=by,
                now=now,
                owner=row.consultant,
                kind=party.kind,
                members=party.members,
                phones=party.phones,
                heard_from=row.heard_from,
                special_care=party.special_care,
            )
        return attach_customer(row, customer, by=by, now=now) if customer else row


def check_wish(visit: Visit, wish: date | None) -> None:
    """A wish date lies between the day of the visit and five years later."""
    if wish is None or wish == visit.wish_date:
        return
    came = visit.branch.today(visit.arrived_at)
    if not came <= wish <= came + FARTHEST_WISH:
        raise ValidationError(
            {"wish_date": _("The wish date lies between the day of the visit and five years later.")}
        )


def check_size(size: int) -> None:
    if not 1 <= size <= MOST_PEOPLE:
        message = _("Between one and %(most)d people.") % {"most": MOST_PEOPLE}
        raise ValidationError({"party_size": message})


def attach_customer(visit: Visit, customer: Customer, *, by: User | None, now: datetime) -> Visit:
    """“This is them.” A returning customer goes to their owner, not to the rotation (R1.2).

    Is the owner, or who acts for them, here and free, the visit goes on to that person; the turn that it
    had cost is given back in any case: a returning customer costs no turn (F1). Whose file was opened only
    after they had come in is new, and costs one.
    """
    if customer.branch_id != visit.branch_id:
        raise ValidationError(_("This customer belongs to another branch."))
    with transaction.atomic():
        rotation.locked_day(visit.branch, now)
        row = Visit.locked(visit.pk)
        if row.customer_id == customer.pk:
            return row
        if row.outcome == VisitOutcome.WON:
            raise AlreadyEnded
        row.customer = customer
        before = row.consultant
        if row.outcome == VisitOutcome.OPEN:
            row.consultant = receiver_for(customer, row, now)
        row.turn_given_back = is_returning(customer, row)
        row.save_version("customer", "consultant", "turn_given_back")
        tell(row, "recognised", by=by, now=now, customer=customer.pk)
        if row.consultant != before:
            tell(row, "passed_on", by=by, now=now, consultant=row.consultant_id, before=before.pk)
        if row.outcome != VisitOutcome.OPEN:
            announce(row, by, now)
    return row


def is_returning(customer: Customer, visit: Visit) -> bool:
    """We knew them before they came in this time."""
    return customer.created_at < visit.arrived_at


def receiver_for(customer: Customer, visit: Visit, now: datetime) -> User:
    """The owner or who acts for them, where that person is free; else who has begun. Who is with whom they
    asked for stays there, and so does who named nobody where the branch gives these to the current turn."""
    branch, begun = visit.branch, visit.consultant
    if customer.owner is None or visit.named_id == begun.pk:
        return begun
    if visit.named_id is None and not rotation.rules_of(branch).unnamed_to_owner:
        return begun
    acting = who_acts_for(customer.owner, branch=branch, day=branch.today(now))
    free = acting in rotation.may_be_named(branch) and rotation.is_ready(
        acting, rotation.roster(branch, now=now)
    )
    return acting if free else begun


def pass_on(visit: Visit, *, to: User, why: str, by: User | None, now: datetime) -> Visit:
    """Another colleague serves them from here, at once (R1.4). Whose customer they are, and whose turn it
    was, does not change. `AlreadyEnded` for a visit that is over; a repeat does nothing."""
    why = clean(why)[:200]
    if not why:
        raise ValidationError({"why": _("Say why, so that everybody can see it.")})
    with transaction.atomic():
        try:
            # Held, and before the visit: nobody leaves the house while they are given one.
            check_owner(to, visit.branch)
        except files.CannotOwn:
            message = _("This colleague does not receive customers here.")
            raise ValidationError({"to": message}) from None
        row = Visit.locked(visit.pk)
        if row.consultant_id == to.pk:
            return row
        if row.outcome != VisitOutcome.OPEN:
            raise AlreadyEnded
        before = row.consultant_id
        row.consultant, row.passed_on_why = to, why
        row.save_version("consultant", "passed_on_why")
        tell(row, "passed_on", by=by, now=now, consultant=to.pk, before=before)
    return row


def end(
    visit: Visit,
    *,
    outcome: str,
    loss_reason: str = "",
    competitor: str = "",
    by: User | None,
    now: datetime,
) -> Visit:
    """Won, undecided, or lost with a reason (R1.3), to a competitor also to which. A repeat does nothing;
    what was undecided or lost can still be won."""
    outcome = VisitOutcome(outcome)
    if outcome == VisitOutcome.LOST:
        loss_reason = LossReason(loss_reason)
    elif loss_reason:
        raise ValueError("Only a lost visit has a reason.")
    competitor = clean(competitor)[:LONGEST_COMPETITOR] if loss_reason == LossReason.COMPETITOR else ""
    with transaction.atomic():
        row = Visit.locked(visit.pk)
        if row.outcome == outcome and row.loss_reason == loss_reason:
            return row
        if row.outcome != VisitOutcome.OPEN and outcome != VisitOutcome.WON:
            raise AlreadyEnded
        if outcome == VisitOutcome.WON and row.customer_id is None:
            raise NoCustomer
        row.outcome, row.loss_reason, row.competitor = outcome, loss_reason, competitor
        row.ended_at = row.ended_at or now
        row.save_version("outcome", "loss_reason", "competitor", "ended_at")
        tell(row, "ended", by=by, now=now, outcome=outcome, reason=loss_reason)
        announce(row, by, now)
    return row


def name_competitor(visit: Visit, *, competitor: str, by: User | None, now: datetime) -> Visit:
    """To which competitor it was lost, told or corrected afterwards. Of any other visit: nothing happens."""
    competitor = clean(competitor)[:LONGEST_COMPETITOR]
    with transaction.atomic():
        row = Visit.locked(visit.pk)
        if row.loss_reason == LossReason.COMPETITOR and row.competitor != competitor:
            row.competitor = competitor
            row.save_version("competitor")
            tell(row, "described", by=by, now=now, fields=["competitor"])
    return row


def competitors_of(branch: Branch) -> list[str]:
    """The competitors named so far, the frequent ones first: what is offered while somebody types."""
    named = Visit.objects.filter(branch=branch).exclude(competitor="").order_by()
    counted = named.values("competitor").annotate(times=Count("pk")).order_by("-times", "competitor")
    return list(counted.values_list("competitor", flat=True)[:30])


def reopen(visit: Visit, *, by: User | None, now: datetime) -> Visit:
    """Take back an outcome that was pressed by mistake. A sale is not taken back here."""
    with transaction.atomic():
        row = Visit.locked(visit.pk)
        if row.outcome == VisitOutcome.OPEN:
            return row
        if row.outcome == VisitOutcome.WON:
            raise AlreadyEnded
        row.outcome, row.loss_reason, row.competitor, row.ended_at = VisitOutcome.OPEN, "", "", None
        row.save_version("outcome", "loss_reason", "competitor", "ended_at")
        tell(row, "reopened", by=by, now=now)
        announce(row, by, now)
    return row
