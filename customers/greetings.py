"""How a party is spoken of and spoken to, in the customer's language (R5.3)."""

from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Customer, CustomerKind, Member, MemberRole, Salutation
from customers.names import given_name_of, is_han, spelled, surname_of

GROWN_UP = {Salutation.MR, Salutation.MS}


def called(member: Member) -> str:
    """张先生, 李女士 (小姐 in Taiwan), Mr Zhang, or the plain name; in the active language."""
    surname = surname_of(member.name)
    if translation.get_language() == "en":
        surname = spelled(surname)
    if member.salutation == Salutation.MR:
        return _("Mr %(surname)s") % {"surname": surname}
    if member.salutation == Salutation.MS:
        return _("Ms %(surname)s") % {"surname": surname}
    return member.name


def speakers(customer: Customer) -> list[Member]:
    """Whom one greets: the couple, he first as invitations have it; else the grown-ups in their order."""
    members = list(customer.members.all())
    couple = [member for member in members if member.role in {MemberRole.GROOM, MemberRole.BRIDE}]
    if customer.kind == CustomerKind.COUPLE and couple:
        return sorted(couple, key=lambda member: member.role != MemberRole.GROOM)[:2]
    return [member for member in members if member.salutation in GROWN_UP] or members


def greeting_name(customer: Customer, language: str) -> str:
    """“张先生和李女士”, “Mr Zhang and Ms Li”, “Ms Wang and family”; a company by its name."""
    people = speakers(customer)
    with translation.override(language):
        if customer.kind == CustomerKind.COMPANY or not people:
            return customer.name
        if len(people) == 1:
            return called(people[0])
        if customer.kind == CustomerKind.FAMILY and len(people) > 2:
            return _("%(name)s and family") % {"name": called(people[0])}
        return _("%(first)s and %(second)s") % {"first": called(people[0]), "second": called(people[1])}


def first_names(customer: Customer, language: str = "") -> str:
    """The given names of whom one greets (“Wei and Na”), for where the house speaks of friends."""
    names = [given_name_of(member.name) for member in speakers(customer)[:2]] or [customer.name]
    with translation.override(language or translation.get_language()):
        shown = [
            spelled(name) if translation.get_language() == "en" and is_han(name) else name for name in names
        ]
        if len(shown) == 1:
            return shown[0]
        return _("%(first)s and %(second)s") % {"first": shown[0], "second": shown[1]}
