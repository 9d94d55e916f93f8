"""Many files at once, as an old log brings them: the same rows as `files.open_file` writes, a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from customers.contacts import NumberTaken
from customers.files import check_owner
from customers.finding import tokens_of
from customers.models import (
    ContactKind,
    ContactPoint,
    Customer,
    CustomerEvent,
    Member,
    OwnershipChange,
    SearchToken,
)
from customers.names import clean, name_key
from customers.party import MemberDraft, house_name
from studio.foundation.audit import acting
from studio.staff.models import Branch, User

BATCH = 500


@dataclass
class FileDraft:
    """A file to open: `phone` is in E.164, or empty."""

    owner: User
    kind: str
    members: list[MemberDraft] = field(default_factory=list)
    phone: str = ""
    heard_from: str = ""


def open_files(
    drafts: Sequence[FileDraft], *, branch: Branch, by: User | None, now: datetime
) -> list[Customer]:
    """New files, each with its owner (R1.1), in the order of the drafts; all of them or none.

    `NumberTaken` names a file that has one of the numbers already.
    """
    with transaction.atomic(), acting(by):
        for owner in {draft.owner.pk: draft.owner for draft in drafts}.values():
            check_owner(owner, branch)
        customers = Customer.objects.bulk_create([row_of(draft, branch, now) for draft in drafts], BATCH)
        pairs = list(zip(customers, drafts, strict=True))
        Member.objects.bulk_create(
            [
                Member(
                    customer=customer, name=one.name, salutation=one.salutation, role=one.role, position=place
                )
                for customer, draft in pairs
                for place, one in enumerate(named(draft))
            ],
            BATCH,
        )
        write_numbers(pairs, branch)
        tokens = [token for customer, draft in pairs for token in tokens_for(customer, draft)]
        SearchToken.objects.bulk_create(tokens, BATCH)
        OwnershipChange.objects.bulk_create(
            [
                OwnershipChange(
                    customer=customer,
                    to_owner=draft.owner,
                    by=by,
                    reason=OwnershipChange.Reason.RECEIVED,
                    at=now,
                )
                for customer, draft in pairs
            ],
            BATCH,
        )
        CustomerEvent.objects.bulk_create(
            [
                CustomerEvent(
                    customer=customer, actor=by, at=now, kind="opened", parameters={"owner": draft.owner.pk}
                )
                for customer, draft in pairs
            ],
            BATCH,
        )
    return customers


def row_of(draft: FileDraft, branch: Branch, now: datetime) -> Customer:
    name = house_name(draft.kind, draft.members)
    return Customer(
        branch=branch,
        kind=draft.kind,
        name=name,
        name_key=name_key(name),
        owner=draft.owner,
        language=branch.customer_language,
        heard_from=draft.heard_from,
        created_at=now,
    )


def named(draft: FileDraft) -> list[MemberDraft]:
    return [
        MemberDraft(clean(one.name)[:40], one.salutation, one.role)
        for one in draft.members
        if clean(one.name)
    ]


def tokens_for(customer: Customer, draft: FileDraft) -> list[SearchToken]:
    contacts = [(ContactKind.PHONE.value, draft.phone)] if draft.phone else []
    return tokens_of(customer, [customer.name, *(one.name for one in named(draft))], contacts)


def write_numbers(pairs: list[tuple[Customer, FileDraft]], branch: Branch) -> None:
    """The unique constraint decides, also between this and a desk."""
    points = [
        ContactPoint(branch=branch, customer=customer, kind=ContactKind.PHONE, value=draft.phone)
        for customer, draft in pairs
        if draft.phone
    ]
    try:
        with transaction.atomic():
            ContactPoint.objects.bulk_create(points, BATCH)
    except IntegrityError:
        taken = ContactPoint.objects.filter(
            branch=branch,
            kind=ContactKind.PHONE,
            is_wrong=False,
            value__in=[point.value for point in points],
        )
        first = taken.select_related("customer__owner").first()
        if first is None:
            raise
        raise NumberTaken(first.customer, first.value) from None
