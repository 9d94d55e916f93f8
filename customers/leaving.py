"""A colleague leaves the house: all that was in their hands moves in one step, balanced by load (R1.4)."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, OwnershipChange, TransferRequest, TransferState
from customers.owners import hand_over, owners_of
from customers.registries import weights
from studio.foundation.audit import acting
from studio.staff.leaving import Estate, Heir, in_order
from studio.staff.models import Branch, Membership, Role, User
from studio.staff.models.membership import FRONT


class CannotLeave(ValidationError):
    """Something is in the way, in words."""


@dataclass(frozen=True)
class Share:
    """One customer of who leaves, how much work they are, and who gets them."""

    customer: Customer
    weight: int
    heir: User


@dataclass(frozen=True)
class Load:
    """One colleague's customers by weight, before and after; `gets` is how many customers they are given."""

    colleague: User
    before: int
    after: int
    gets: int


@dataclass(frozen=True)
class Proposal:
    shares: list[Share]
    loads: list[Load]

    @property
    def most(self) -> int:
        """The heaviest load on the page, for the length of bars."""
        return max((max(load.before, load.after) for load in self.loads), default=0)


def weights_of(branch: Branch) -> dict[int, int]:
    """The weight of each customer that is more work than a quiet file; the heaviest counts."""
    found: dict[int, int] = {}
    for weigh in weights:
        for customer, weight in weigh(branch).items():
            found[customer] = max(weight, found.get(customer, 1))
    return found


def loads_of(branch: Branch, heavy: Mapping[int, int]) -> Counter[int]:
    """The weight of everybody's customers, by the id of the owner."""
    loads: Counter[int] = Counter()
    owned = Customer.objects.in_branch(branch).active().order_by()
    for customer, owner in owned.values_list("pk", "owner_id"):
        loads[owner] += heavy.get(customer, 1)
    return loads


def heirs_of(user: User, branch: Branch) -> list[User]:
    """Who can take over from who leaves."""
    return list(owners_of(branch).exclude(pk=user.pk))


def proposed_to(heirs: Iterable[User], branch: Branch) -> list[User]:
    """Among whom customers are shared out by themselves: the consultants; managers where there are none."""
    people = list(heirs)
    places = Membership.objects.active().filter(branch=branch, role=Role.CONSULTANT)
    consultants = set(places.values_list("user_id", flat=True))
    return [person for person in people if person.pk in consultants] or people


def left_behind(user: User, branch: Branch) -> Any:
    return Customer.objects.in_branch(branch).active().filter(owner=user)


def propose(user: User, branch: Branch, *, chosen: Mapping[int, int] | None = None) -> Proposal:
    """Each customer to the consultant with the least load, the heavy ones first; what was `chosen`
    (customer → colleague, ids) stands."""
    heirs = heirs_of(user, branch)
    if not heirs:
        message = _("%(name)s is the only one here who can own customers: let somebody else begin first.")
        raise CannotLeave(message % {"name": user.display_name})
    heavy = weights_of(branch)
    before = loads_of(branch, heavy)
    customers = sorted(left_behind(user, branch), key=lambda one: (-heavy.get(one.pk, 1), one.pk))
    given = shared_out(customers, heavy, before, heirs, proposed_to(heirs, branch), chosen or {})
    after, gets = Counter(before), Counter(heir.pk for heir in given.values())
    for customer in customers:
        after[given[customer.pk].pk] += heavy.get(customer.pk, 1)
    return Proposal(
        shares=[Share(one, heavy.get(one.pk, 1), given[one.pk]) for one in customers],
        loads=[Load(heir, before[heir.pk], after[heir.pk], gets[heir.pk]) for heir in heirs],
    )


def shared_out(
    customers: list[Customer],
    heavy: Mapping[int, int],
    before: Mapping[int, int],
    heirs: list[User],
    sharing: list[User],
    chosen: Mapping[int, int],
) -> dict[int, User]:
    """Who gets whom: what was chosen first, the rest one by one to who has least."""
    by_id = {heir.pk: heir for heir in heirs}
    given = {one.pk: by_id[chosen[one.pk]] for one in customers if chosen.get(one.pk) in by_id}
    loads = {heir.pk: before.get(heir.pk, 0) for heir in heirs}
    for pk, heir in given.items():
        loads[heir.pk] += heavy.get(pk, 1)
    queue = [(loads[heir.pk], place, heir) for place, heir in enumerate(sharing)]
    heapq.heapify(queue)
    for customer in customers:
        if customer.pk not in given:
            load, place, heir = heapq.heappop(queue)
            given[customer.pk] = heir
            heapq.heappush(queue, (load + heavy.get(customer.pk, 1), place, heir))
    return given


def in_the_way(user: User, branch: Branch, now: datetime) -> list[str]:
    """What only the person can end before they leave, in sentences."""
    return [str(words) for estate in in_order() for words in estate.blocks(user, branch, now)]


def let_go(
    user: User, branch: Branch, *, chosen: Mapping[int, int] | None = None, by: User, now: datetime
) -> Proposal | None:
    """Everything moves and the place in the branch ends: one transaction. None: there was nothing left to do.

    The places of the whole front are locked before any customer, so that nobody is given a customer by
    somebody else, or leaves, while this goes on.
    """
    if user == by:
        raise CannotLeave(_("Somebody else has to do this for you."))
    with transaction.atomic(), acting(by):
        for estate in in_order():
            if estate.hold:
                estate.hold(branch, now)
        place = locked_place(user, branch)
        counts = [estate.count(user, branch, now) for estate in in_order()]
        if not place.is_active and not any(counts):
            return None
        if lacks := in_the_way(user, branch, now):
            raise CannotLeave(lacks)
        proposal = propose(user, branch, chosen=chosen)
        heir = heir_by(proposal, branch)
        end_place(place)
        for estate in in_order():
            estate.move(user, branch, heir, by, now)
    return proposal


def end_place(place: Membership) -> None:
    """The place in the branch ends; nobody signs in who works nowhere in the house any more."""
    Membership.objects.filter(pk=place.pk).update(is_active=False)
    if not Membership.objects.active().filter(user=place.user_id).exists():
        User.objects.filter(pk=place.user_id).update(is_active=False)


def locked_place(user: User, branch: Branch) -> Membership:
    """The place of who leaves; with it those of everybody who could own customers, in one order."""
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(branch=branch)
    places = {place.user_id: place for place in rows.order_by("pk")}
    return places[user.pk]


def heir_by(proposal: Proposal, branch: Branch) -> Heir:
    """The customer's new owner; for somebody else's customer their owner; else who has least after it all."""
    given = {share.customer.pk: share.heir for share in proposal.shares}
    after = {load.colleague.pk: load.after for load in proposal.loads}
    owners = {load.colleague.pk: load.colleague for load in proposal.loads}
    lightest = min(proposed_to(owners.values(), branch), key=lambda person: after[person.pk])

    def heir(customer: int | None) -> User:
        if customer is None or customer in given:
            return given.get(customer or 0, lightest)
        owner = Customer.objects.filter(pk=customer).values_list("owner_id", flat=True).first()
        return owners.get(owner or 0, lightest)

    return heir


# --- The customers themselves ------------------------------------------------------------------
def count(user: User, branch: Branch, now: datetime) -> int:
    return left_behind(user, branch).count()


def move(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    """Every active customer gets the new owner, with the reason; requests for who leaves end."""
    left = OwnershipChange.Reason.LEFT
    for row in left_behind(user, branch).select_for_update(no_key=True, of=("self",)).order_by("pk"):
        hand_over(row, to=heir(row.pk), by=by, reason=left, now=now)
    asked = TransferRequest.objects.filter(customer__branch=branch, state=TransferState.ASKED, to=user)
    for request in asked.select_for_update(no_key=True, of=("self",)):
        if request.asked_by_id is None:
            # The customer wished for who leaves: the wish for somebody else stays.
            request.to = None
            request.save_version("to")
            continue
        request.state, request.decided_by, request.decided_at = TransferState.WITHDRAWN, by, now
        request.save_version("state", "decided_by", "decided_at")


CUSTOMERS = Estate(title=gettext_lazy("Customers"), count=count, move=move, order=50)


def colleagues_of(branch: Branch) -> list[tuple[Membership, int]]:
    """Everybody with a place at the front, or without one but still owning; with how many they own."""
    owned = Counter(Customer.objects.in_branch(branch).active().order_by().values_list("owner_id", flat=True))
    places = Membership.objects.filter(branch=branch).select_related("user").order_by("user__display_name")
    return [
        (place, owned[place.user_id])
        for place in places
        if owned[place.user_id] or (place.is_active and place.user.is_active and place.role in FRONT)
    ]
