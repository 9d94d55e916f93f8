"""How a file is found: by name, pinyin, initials, digits; and what another branch may know (F8)."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from customers.models import ContactKind, ContactPoint, Customer, SearchToken
from customers.models.customer import CustomerQuerySet
from customers.names import HAN, clean, given_name_of, plain, readings
from customers.numbers import bare, normalise_phone
from studio.staff.models import Branch

LONGEST_QUERY = 80
LONGEST_TOKEN = 120
MOST_TOKENS = 400
HAN_ONLY = re.compile(rf"(?:{HAN.pattern})+")
DIGITS = re.compile(r"\+?[\d\s\-().]{3,}")


# --- What a file is found by ----------------------------------------------------------------
def name_tokens(name: str) -> set[str]:
    """The name and each ending of it (晓明 finds 陈晓明), with the pinyin of these."""
    found = {together(name)} | readings(name)
    for part in re.findall(rf"(?:{HAN.pattern})+", name):
        for start in range(min(len(part), 30)):
            found.add(part[start:])
        if 2 < len(part) <= 6:
            # The given name alone, whether the surname has one character or two.
            found |= readings(part[1:]) | readings(given_name_of(part))
    return {token[:LONGEST_TOKEN] for token in found if token}


def number_tokens(value: str) -> set[str]:
    """+8613800138000 is found by 8613800138000, 13800138000, and 8000."""
    digits = value.lstrip("+")
    national = digits[2:] if digits.startswith("86") else digits[3:] if digits.startswith("886") else digits
    return {digits, national, f"0{national}", digits[-4:]}


def index(customer: Customer) -> None:
    """Write the search tokens of a file anew."""
    names = [customer.name, *customer.members.values_list("name", flat=True)]
    contacts = customer.contact_points.values_list("kind", "value")
    SearchToken.objects.filter(customer=customer).delete()
    SearchToken.objects.bulk_create(tokens_of(customer, names, contacts))


def tokens_of(
    customer: Customer, names: Iterable[str], contacts: Iterable[tuple[str, str]]
) -> list[SearchToken]:
    """The search tokens, not yet written, of a file with these names and contacts."""
    tokens: set[str] = set()
    for name in names:
        tokens |= name_tokens(name)
    for kind, value in contacts:
        tokens |= number_tokens(value) if kind == ContactKind.PHONE else {value[:LONGEST_TOKEN]}
    return [
        SearchToken(branch_id=customer.branch_id, customer=customer, token=token)
        for token in islice(sorted(tokens), MOST_TOKENS)
    ]


# --- Finding --------------------------------------------------------------------------------
def together(text: str) -> str:
    """Small letters, no accents, no spaces and signs: Zhang Wei, zhangwei and ZHANG-WEI are one."""
    return re.sub(r"[\s&、,，·'’.\-]+", "", plain(clean(text)))


def query_of(text: str) -> str:
    """What was typed into a search box, harmless and of a sensible length."""
    return clean(bare(text[: LONGEST_QUERY * 4]))[:LONGEST_QUERY]


def has_token(start: str) -> Exists:
    return Exists(SearchToken.objects.filter(customer=OuterRef("pk"), token__startswith=start))


def matching(text: str, *, branch: Branch) -> CustomerQuerySet:
    """The files of the branch that the text finds; each word of it must be found."""
    query = query_of(text)
    customers = Customer.objects.in_branch(branch)
    whole = together(query)
    if not whole:
        return customers.none()
    if DIGITS.fullmatch(query):
        return customers.filter(has_token(re.sub(r"\D", "", query)))
    words = [together(word) for word in re.split(r"[\s&、,，]+", query)]
    each = Q()
    for word in filter(None, words[:6]):
        each &= Q(has_token(word))
    found = customers.filter(Q(has_token(whole)) | each) if each else customers.filter(has_token(whole))
    if HAN_ONLY.fullmatch(whole) and not found.exists():
        # 陳 is found by 陈, and a name by another one that sounds alike: better than nothing.
        sounds = Q()
        for reading in islice(sorted(readings(query)), 24):
            if len(reading) > len(whole):
                sounds |= Q(has_token(reading))
        found = customers.filter(sounds) if sounds else found
    return found


def search(text: str, *, branch: Branch, limit: int = 20) -> list[Customer]:
    """At most `limit` files, by name. Nothing that can be typed breaks it."""
    return list(matching(text, branch=branch).for_list()[:limit])


def find_by_number(text: str, *, branch: Branch) -> Customer | None:
    """The file of this branch that the number belongs to, in whatever form it was typed, or None."""
    try:
        value = normalise_phone(text, region=branch.region)
    except ValidationError:
        return None
    point = (
        ContactPoint.objects.filter(branch=branch, kind=ContactKind.PHONE, value=value, is_wrong=False)
        .select_related("customer__owner", "customer__branch")
        .first()
    )
    return point.customer if point else None


class Elsewhere(NamedTuple):
    """All that a branch may know of another branch's customer: who owns them, and where (F8)."""

    owner: str
    branch: str


def elsewhere(text: str, *, branch: Branch) -> Elsewhere | None:
    """Who owns the customer with this number in another branch, and where; nothing else (F8)."""
    try:
        value = normalise_phone(text, region=branch.region)
    except ValidationError:
        return None
    point = (
        ContactPoint.objects.filter(kind=ContactKind.PHONE, value=value, is_wrong=False)
        .filter(branch__is_active=True, customer__is_active=True, customer__owner__isnull=False)
        .exclude(branch=branch)
        .select_related("customer__owner", "branch")
        .order_by("-customer__created_at")
        .first()
    )
    if point is None or point.customer.owner is None:
        return None
    return Elsewhere(owner=point.customer.owner.display_name, branch=point.branch.name)
