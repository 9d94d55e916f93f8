"""Short ways to owned customers, for the tests of ownership, leaving and the private wish."""

import itertools
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from customers import files
from customers.files import MemberDraft
from customers.models import Customer, OwnershipChange
from studio.staff.models import Membership, User
from studio.staff.models.membership import FRONT

COUPLE = (MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom"))


def opened(shop: SimpleNamespace, now: datetime, owner: User | None = None, **fields: Any) -> Customer:
    """A file opened through its door, with the first line of its history."""
    owner = owner or shop.owner
    fields.setdefault("members", COUPLE)
    return files.open_file(branch=shop.branch, by=owner, now=now, owner=owner, kind="couple", **fields)


def assert_owned_once(branch: Any) -> None:
    """R1.1: each active customer has one owner, who has an active place at the front; R1.4: the history, followed
    from its first line, leads to the present owner without a gap."""
    front = set(
        Membership.objects.active().filter(branch=branch, role__in=FRONT).values_list("user_id", flat=True)
    )
    for customer in Customer.objects.in_branch(branch).active():
        assert customer.owner_id in front, customer
        changes = list(OwnershipChange.objects.filter(customer=customer).order_by("id"))
        assert changes[0].from_owner_id is None
        for before, after in itertools.pairwise(changes):
            assert after.from_owner_id == before.to_owner_id
            assert after.from_owner_id != after.to_owner_id
        assert changes[-1].to_owner_id == customer.owner_id
        told = customer.events.filter(kind="owner_changed").order_by("id")
        assert [event.parameters["to"] for event in told] == [change.to_owner_id for change in changes[1:]]
