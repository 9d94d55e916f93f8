"""Another owner is asked for; a manager consents, or says why not (R1.4).

Locks are taken in one order everywhere: visits, places of colleagues, the customer, the request.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.history import tell
from customers.models import AskedBy, Customer, OwnershipChange, TransferRequest, TransferState
from customers.names import clean
from customers.owners import check_owner, hand_over
from customers.registries import serving_changes
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User

REASONS = [choice for choice in OwnershipChange.Reason.choices if choice[0] != "received"]
"""Why an owner may change. “Received first” is no reason to ask; a dispute may find it so."""


def ask_for_transfer(
    customer: Customer,
    *,
    to: User,
    reason: str,
    note: str = "",
    serves_from_now: bool = False,
    by: User,
    now: datetime,
) -> TransferRequest:
    """A colleague asks for another owner. With `serves_from_now` that person serves at once, whatever the
    manager will decide. Pressed again it is the same request."""
    reason = OwnershipChange.Reason(reason)
    with transaction.atomic(), acting(by):
        if serves_from_now:
            serve_at_once(customer, to=to, by=by, now=now)
        check_owner(to, customer.branch)
        row = Customer.locked(customer.pk)
        if not row.is_active:
            raise ValidationError(_("This customer file is closed."))
        if row.owner_id == to.pk:
            raise ValidationError({"to": _("%(name)s is the owner already.") % {"name": to.display_name}})
        if there := open_request(row, AskedBy.COLLEAGUE):
            if (there.to_id, there.asked_by_id) == (to.pk, by.pk):
                return there
            raise ValidationError(_("Another owner was asked for already; a manager decides."))
        asked = TransferRequest.objects.create(
            customer=row, to=to, reason=reason, note=clean(note)[:300], asked_by=by, asked_at=now
        )
        tell(row, "transfer_asked", by=by, now=now, to=to.pk, reason=reason)
    return asked


def serve_at_once(customer: Customer, *, to: User, by: User | None, now: datetime) -> bool:
    """Somebody else serves them from here; whose customer they are does not change."""
    passed = [change(customer, to, by, now) for change in serving_changes]
    return any(passed)


def open_request(customer: Customer, source: str) -> TransferRequest | None:
    return customer.transfer_requests.filter(source=source, state=TransferState.ASKED).first()


def ask_in_private(customer: Customer, *, to: User | None, note: str, now: datetime) -> TransferRequest:
    """The customer asks for somebody else; only managers see it. Asked again, the newer words stand."""
    note = clean(note)[:300]
    with transaction.atomic():
        Customer.locked(customer.pk)
        there = open_request(customer, AskedBy.CUSTOMER)
        if there is None:
            return TransferRequest.objects.create(
                customer=customer,
                source=AskedBy.CUSTOMER,
                to=to,
                reason=OwnershipChange.Reason.ASKED,
                note=note,
                asked_at=now,
            )
        if (there.to, there.note) != (to, note):
            there.to, there.note = to, note
            there.save_version("to", "note")
    return there


def grant(request: TransferRequest, *, by: User, now: datetime, to: User | None = None) -> TransferRequest:
    """A manager consents; `to` is another heir than was asked for, or the one chosen where nobody was named.

    A repeat does nothing; `StaleEdit` where somebody decided otherwise meanwhile.
    """
    heir = to or request.to
    if heir is None:
        raise ValidationError({"to": _("Choose who takes them over.")})
    with transaction.atomic(), acting(by):
        check_owner(heir, request.customer.branch)
        customer = Customer.locked(request.customer_id)
        row = TransferRequest.locked(request.pk)
        if row.state == TransferState.GRANTED and row.to_id == heir.pk:
            return row
        if row.state != TransferState.ASKED:
            raise StaleEdit(row)
        row.to = heir
        decide(row, TransferState.GRANTED, by=by, now=now)
        hand_over(customer, to=heir, by=by, reason=row.reason, now=now)
    return row


def refuse(request: TransferRequest, *, why: str, by: User, now: datetime) -> TransferRequest:
    """A manager says why not. A repeat does nothing."""
    why = clean(why)[:200]
    if not why:
        raise ValidationError({"why": _("Say why not: who asked will read it.")})
    return close(request, TransferState.REFUSED, why=why, by=by, now=now)


def withdraw(request: TransferRequest, *, by: User, now: datetime) -> TransferRequest:
    """Who asked thinks again. A repeat does nothing."""
    return close(request, TransferState.WITHDRAWN, by=by, now=now)


def close(
    request: TransferRequest, state: TransferState, *, why: str = "", by: User, now: datetime
) -> TransferRequest:
    """Ended without a new owner. What a customer asked in private leaves no line that others could read."""
    with transaction.atomic(), acting(by):
        customer = Customer.locked(request.customer_id)
        row = TransferRequest.locked(request.pk)
        if row.state == state:
            return row
        if row.state != TransferState.ASKED:
            raise StaleEdit(row)
        decide(row, state, why=why, by=by, now=now)
        if row.source == AskedBy.COLLEAGUE:
            tell(customer, f"transfer_{state}", by=by, now=now, to=row.to_id)
    return row


def decide(
    row: TransferRequest, state: TransferState, *, why: str = "", by: User | None, now: datetime
) -> None:
    row.state, row.decided_by, row.decided_at, row.decision_note = state, by, now, why
    row.save_version("state", "decided_by", "decided_at", "decision_note", "to")


def requests_for(reader_manages: bool, **where: Any) -> Any:
    """Requests that this reader may see: what customers asked in private is for managers only."""
    rows = TransferRequest.objects.filter(**where)
    if not reader_manages:
        rows = rows.filter(source=AskedBy.COLLEAGUE)
    return rows.select_related("customer__owner", "to", "asked_by", "decided_by")


def waiting(branch: Branch) -> list[TransferRequest]:
    """What waits for a manager's word, the longest wait first."""
    return list(requests_for(True, customer__branch=branch, state=TransferState.ASKED))
