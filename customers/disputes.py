"""A colleague says that a customer is theirs; a manager decides on the evidence, in writing (R1.1, R1.4)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.history import QUIET, entries_of, tell
from customers.models import Customer, Dispute, DisputeOutcome, OwnershipChange
from customers.names import clean
from customers.owners import check_owner, hand_over
from customers.registries import TimelineEntry, evidence_sources, shares
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User

RECEIVED = {"opened", "owner_changed"}


def raise_dispute(customer: Customer, *, claim: str, by: User, now: datetime) -> Dispute:
    """“This customer is mine, because …” One open claim of a colleague; pressed again it is the same one."""
    claim = clean(claim)[:500]
    if not claim:
        raise ValidationError({"claim": _("Say why this customer is yours.")})
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        if not row.is_active:
            raise ValidationError(_("This customer file is closed."))
        if row.owner_id == by.pk:
            raise ValidationError({"claim": _("You are the owner already.")})
        there = row.disputes.filter(raised_by=by, outcome="").first()
        if there is not None:
            if there.claim != claim:
                raise ValidationError({"claim": _("A manager has yet to decide on what you claimed before.")})
            return there
        raised = Dispute.objects.create(customer=row, raised_by=by, claim=claim, raised_at=now)
        tell(row, "dispute_raised", by=by, now=now)
    return raised


def decide(dispute: Dispute, *, outcome: str, why: str, by: User, now: datetime) -> Dispute:
    """It stays, goes to who claimed it, becomes a shared case, or is withdrawn; always with the reason.

    A repeat does nothing; `StaleEdit` where it was decided otherwise meanwhile.
    """
    outcome, why = DisputeOutcome(outcome), clean(why)[:500]
    if not why:
        raise ValidationError({"why": _("Write down why: both sides will read it.")})
    with transaction.atomic(), acting(by):
        if outcome in {DisputeOutcome.TRANSFERRED, DisputeOutcome.SHARED}:
            check_owner(dispute.raised_by, dispute.customer.branch)
        customer = Customer.locked(dispute.customer_id)
        row = Dispute.locked(dispute.pk)
        if row.outcome == outcome:
            return row
        if row.outcome:
            raise StaleEdit(row)
        row.outcome, row.decision, row.decided_by, row.decided_at = outcome, why, by, now
        row.save_version("outcome", "decision", "decided_by", "decided_at")
        tell(customer, "dispute_decided", by=by, now=now, outcome=outcome, **{"from": row.raised_by_id})
        if outcome == DisputeOutcome.TRANSFERRED:
            received = OwnershipChange.Reason.RECEIVED
            hand_over(customer, to=row.raised_by, by=by, reason=received, now=now)
        elif outcome == DisputeOutcome.SHARED:
            for share in shares:
                share(customer, row.raised_by, why, by, now)
    return row


def waiting(branch: Branch) -> list[Dispute]:
    """What managers have yet to decide on, the oldest first."""
    rows = Dispute.objects.filter(customer__branch=branch, outcome="")
    return list(rows.select_related("customer__owner", "raised_by").order_by("raised_at", "id"))


# --- The evidence ------------------------------------------------------------------------------
def own_evidence(customer: Customer) -> Iterable[TimelineEntry]:
    """What the file itself tells: received, transferred, asked for, claimed; nothing asked in private."""
    return entries_of(customer.events.filter(kind__in=QUIET | RECEIVED).select_related("actor"))


def evidence(customer: Customer, *, of: int | None = None) -> list[TimelineEntry]:
    """Everything in one order of time, the oldest first; with `of` only what concerns this colleague."""
    entries = [entry for source in evidence_sources for entry in source(customer)]
    if of is not None:
        entries = [entry for entry in entries if of in people_in(entry)]
    return sorted(entries, key=lambda entry: entry.at)


def people_in(entry: Any) -> set[int]:
    return {*entry.people, *([entry.actor.pk] if entry.actor else [])}
