"""The people of a file: as typed, as kept, and as the house calls them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerKind, Member, MemberRole, Salutation
from customers.names import clean

MOST_MEMBERS = 12


class MemberStays(Exception):
    """A member who was received in the house is part of its record and cannot be taken out of the file."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class MemberDraft:
    """One person as typed; `pk` is the member's own where the file has them already."""

    name: str
    salutation: str = Salutation.NONE
    role: str = MemberRole.GUEST
    birthday: date | None = None
    pk: int | None = None


def house_name(kind: str, members: Sequence[MemberDraft]) -> str:
    """How the house calls a file that nobody named: 张伟 & 李娜 for a couple, else whoever comes first."""
    names = [clean(member.name) for member in members if clean(member.name)]
    if not names:
        raise ValidationError(_("Write down at least one name."), code="no_name")
    return (" & ".join(names[:2]) if kind == CustomerKind.COUPLE else names[0])[:80]


def drafts_of(customer: Customer) -> list[MemberDraft]:
    return [
        MemberDraft(member.name, member.salutation, member.role, member.birthday, member.pk)
        for member in customer.members.all()
    ]


def write_members(customer: Customer, drafts: Sequence[MemberDraft]) -> bool:
    """Make the members of the file these, in this order; whether anything changed."""
    wanted = [draft for draft in drafts if clean(draft.name)]
    if len(wanted) > MOST_MEMBERS:
        raise ValidationError(
            _("A file holds up to %(count)d people; write the others into the notes.")
            % {"count": MOST_MEMBERS}
        )
    there = {member.pk: member for member in customer.members.all()}
    changed = False
    for pk in set(there) - {draft.pk for draft in wanted}:
        remove_member(there[pk])
        changed = True
    for position, draft in enumerate(wanted):
        member = there.get(draft.pk or 0) or Member(customer=customer)
        values = (clean(draft.name)[:40], draft.salutation, draft.role, draft.birthday, position)
        if (
            values != (member.name, member.salutation, member.role, member.birthday, member.position)
            or not member.pk
        ):
            member.name, member.salutation, member.role, member.birthday, member.position = values
            member.save()
            changed = True
    return changed


def remove_member(member: Member) -> None:
    try:
        with transaction.atomic():
            member.delete()
    except ProtectedError:
        raise MemberStays(member.name) from None
