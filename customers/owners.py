"""Who can own a customer, and the one change of an owner (R1.1, R1.4)."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.history import tell
from customers.models import Customer, OwnershipChange, TransferRequest, TransferState
from customers.registries import owner_changes
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT


class CannotOwn(Exception):
    """Only a consultant or manager of the customer's own branch can own a customer (R1.1)."""


def owners_of(branch: Branch) -> Any:
    """Who can own a customer of this branch, in the order of their names."""
    return User.objects.filter(
        memberships__in=Membership.objects.active().filter(branch=branch, role__in=FRONT)
    ).order_by("display_name")


def check_owner(owner: User, branch: Branch) -> None:
    """`CannotOwn`, or the place is held to the end of the transaction: nobody leaves the house while they are
    given a customer. The place is locked before any customer, here and where somebody leaves."""
    with connection.cursor() as cursor:
        table = Membership._meta.db_table
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE user_id = %s AND branch_id = %s FOR SHARE", [owner.pk, branch.pk]
        )
    if not owners_of(branch).filter(pk=owner.pk).exists():
        raise CannotOwn(_("Only a consultant or a manager of this branch can own a customer."))


def hand_over(row: Customer, *, to: User, by: User | None, reason: str, now: datetime) -> Customer:
    """The change itself, of a locked customer to somebody whose place is held. To the present owner: nothing.

    What was asked for and has come true with it is granted; who listens to owners is told.
    """
    before = row.owner
    if before == to:
        return row
    row.owner = to
    row.save_version("owner")
    OwnershipChange.objects.create(
        customer=row, from_owner=before, to_owner=to, by=by, reason=OwnershipChange.Reason(reason), at=now
    )
    parameters = {"from": before.pk if before else None, "to": to.pk, "reason": reason}
    tell(row, "owner_changed", by=by, now=now, **parameters)
    settle(row, to=to, by=by, now=now)
    for listener in owner_changes:
        listener(row, before, to, by, now)
    return row


def settle(row: Customer, *, to: User, by: User | None, now: datetime) -> None:
    """Open requests for this owner, or for anybody else than the one before, are granted by the change."""
    asked = TransferRequest.objects.filter(Q(to=to) | Q(to=None), customer=row, state=TransferState.ASKED)
    for request in asked.select_for_update(no_key=True, of=("self",)):
        request.state, request.decided_by, request.decided_at = TransferState.GRANTED, by, now
        request.to = to
        request.save_version("state", "decided_by", "decided_at", "to")
