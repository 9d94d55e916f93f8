"""The customer file: opened, changed, handed to another owner, silenced. Every change leaves its event."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from customers.contacts import NumberTaken, allow_contact, refuse_contact, suppress, write_contacts
from customers.finding import Elsewhere, elsewhere, find_by_number, index, search
from customers.greetings import first_names, greeting_name
from customers.history import tell
from customers.knowledge import add_taboo, lift_taboo, observe
from customers.models import ContactKind, Customer, OwnershipChange
from customers.names import clean, name_key
from customers.owners import CannotOwn, check_owner, hand_over, owners_of
from customers.party import MemberDraft, MemberStays, drafts_of, house_name, write_members
from studio.foundation.audit import acting
from studio.staff.models import Branch, User

CHANGEABLE = ("kind", "name", "language", "heard_from", "wedding_day", "special_care")


def open_file(
    *,
    branch: Branch,
    by: User | None,
    now: datetime,
    owner: User,
    kind: str,
    name: str = "",
    members: Sequence[MemberDraft] = (),
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    heard_from: str = "",
    wedding_day: date | None = None,
    special_care: str = "",
    language: str | None = None,
) -> Customer:
    """A new file with its owner (R1.1). `NumberTaken` names the file that has one of the numbers already."""
    name = clean(name) or house_name(kind, members)
    with transaction.atomic(), acting(by):
        check_owner(owner, branch)
        customer = Customer.objects.create(
            branch=branch,
            kind=kind,
            name=name[:80],
            name_key=name_key(name),
            owner=owner,
            language=language or branch.customer_language,
            heard_from=heard_from,
            wedding_day=wedding_day,
            special_care=clean(special_care),
            created_at=now,
        )
        write_members(customer, members)
        write_contacts(customer, ContactKind.PHONE, phones)
        write_contacts(customer, ContactKind.EMAIL, emails)
        index(customer)
        OwnershipChange.objects.create(
            customer=customer, to_owner=owner, by=by, reason=OwnershipChange.Reason.RECEIVED, at=now
        )
        tell(customer, "opened", by=by, now=now, owner=owner.pk)
    return customer


def edit_file(
    customer: Customer, *, version: int | None, by: User | None, now: datetime, **changes: Any
) -> Customer:
    """Change what `changes` names: the plain fields, `members`, `phones`, `emails` (each the whole list).

    Owner, version and the like are no changes of this door: `TypeError`. A `version` that is not the
    row's own raises `StaleEdit`.
    """
    unknown = set(changes) - {*CHANGEABLE, "members", "phones", "emails"}
    if unknown:
        raise TypeError(f"edit_file does not change {sorted(unknown)}")
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk, version=version)
        changed = [
            field for field in CHANGEABLE if field in changes and set_field(row, field, changes[field])
        ]
        if "members" in changes and write_members(row, changes["members"]):
            changed.append("members")
        for key, kind in (("phones", ContactKind.PHONE), ("emails", ContactKind.EMAIL)):
            if key in changes and write_contacts(row, kind, changes[key]):
                changed.append(key)
        if not row.name:
            row.name = house_name(row.kind, list(changes.get("members", ())) or drafts_of(row))
        row.name_key = name_key(row.name)
        if changed:
            row.save_version(*CHANGEABLE, "name_key")
            index(row)
            if row.do_not_contact:
                suppress(row, now=now)
            tell(row, "edited", by=by, now=now, fields=sorted(changed))
    return row


def set_field(customer: Customer, field: str, value: Any) -> bool:
    """Put the clean value; whether it is another one."""
    value = clean(value) if isinstance(value, str) else value
    if getattr(customer, field) == value:
        return False
    setattr(customer, field, value)
    return True


def transfer(customer: Customer, *, to: User, by: User | None, reason: str, now: datetime) -> Customer:
    """Another owner, on the record: to whom, by whom, why (R1.4). To the present owner: nothing happens."""
    with transaction.atomic(), acting(by):
        check_owner(to, customer.branch)
        return hand_over(Customer.locked(customer.pk), to=to, by=by, reason=reason, now=now)


def reveal_numbers(customer: Customer, *, by: User | None, now: datetime) -> None:
    """Somebody whose role does not call looked at the numbers: that is on the record."""
    tell(customer, "numbers_revealed", by=by, now=now)


__all__ = [
    "CannotOwn",
    "Elsewhere",
    "MemberDraft",
    "MemberStays",
    "NumberTaken",
    "add_taboo",
    "allow_contact",
    "edit_file",
    "elsewhere",
    "find_by_number",
    "first_names",
    "greeting_name",
    "index",
    "lift_taboo",
    "observe",
    "open_file",
    "owners_of",
    "refuse_contact",
    "reveal_numbers",
    "search",
    "transfer",
]
