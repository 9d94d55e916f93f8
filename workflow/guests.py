"""The owner's guests in the house (R4.2, R4.4): with whom they are, and what the owner may see to now.

Gentle duties, and only the owner's (or the deputy's): nothing of this stands on the wall (R9.9).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow import house, house_rules
from workflow.models import CareKind, CareNote, HouseRules, Stay, WorkOrder
from workflow.route import SHOOT_DAY

SOON = timedelta(minutes=10)
"""A visit that falls due within this time is announced."""


@dataclass(frozen=True)
class ToStyling:
    """From the door to styling (R4.4): since when, and by when they should be there."""

    since: datetime
    by: datetime
    now: datetime

    @property
    def is_late(self) -> bool:
        return self.now >= self.by

    @property
    def is_close(self) -> bool:
        """More than half of the time is over."""
        return not self.is_late and self.now - self.since >= (self.by - self.since) / 2

    @property
    def kind(self) -> str:
        return "bad" if self.is_late else "warn" if self.is_close else "info"


@dataclass
class Guest:
    """One party in the house, as its owner looks after it."""

    order: WorkOrder
    rows: list[house.Care]
    now: datetime
    look_in_every: timedelta
    lockers: list[CareNote] = field(default_factory=list)
    last_seen: datetime | None = None
    """When the owner, or who stands in, was with them or looked in on them last; `now` while they are."""
    had_drink: bool = False
    meal: str = ""
    """“lunch” or “dinner”, where it is time for it and nobody has noted any."""
    to_styling: ToStyling | None = None

    @property
    def arrived_at(self) -> datetime:
        return min(row.arrived_at for row in self.rows)

    @property
    def look_in_at(self) -> datetime:
        return (self.last_seen or self.arrived_at) + self.look_in_every

    @property
    def is_look_in_due(self) -> bool:
        return self.now >= self.look_in_at

    @property
    def is_look_in_soon(self) -> bool:
        return not self.is_look_in_due and self.now >= self.look_in_at - SOON

    @property
    def meal_word(self) -> str:
        words = {"lunch": _("Lunch time: have they eaten?"), "dinner": _("Dinner time: have they eaten?")}
        return words.get(self.meal, "")

    @property
    def is_waiting(self) -> bool:
        """Whether something gentle is due now."""
        return self.is_look_in_due or bool(self.meal) or not self.had_drink

    @property
    def is_alone(self) -> bool:
        """Whether somebody of them stands alone at this moment (R5.1)."""
        return any(row.is_unattended for row in self.rows)

    @property
    def is_at_desk(self) -> bool:
        return all(row.is_at_desk for row in self.rows)


def of_owners(users: Iterable[User], branch: Branch, now: datetime) -> list[Guest]:
    """The parties in the house whose owners these are (R4.2, R8.1): who stands alone, then who waits for
    something, first."""
    people = list(users)
    found = house.presences().filter(  # type: ignore[attr-defined]
        work_order__branch=branch, work_order__booking__customer__owner__in=people
    )
    guests = gather(house.together(found, branch=branch, now=now), people=people, branch=branch, now=now)
    return sorted(guests, key=lambda guest: (not guest.is_alone, not guest.is_waiting, guest.look_in_at))


def of_order(order: WorkOrder, *, now: datetime, rows: list[house.Care] | None = None) -> Guest | None:
    """The same for one party; None where nobody of it is here."""
    rows = house.of_order(order, now=now) if rows is None else rows
    owner = order.booking.customer.owner
    acting = rows[0].acting_owner if rows else None
    people = [person for person in (owner, acting) if person is not None]
    return next(iter(gather(rows, people=people, branch=order.branch, now=now)), None)


def gather(rows: list[house.Care], *, people: list[User], branch: Branch, now: datetime) -> list[Guest]:
    """Rows of the house by party, with what was done for them; four questions, whatever there is."""
    parties: dict[int, list[house.Care]] = {}
    for row in rows:
        parties.setdefault(row.order.pk, []).append(row)
    if not parties:
        return []
    orders = [those[0].order for those in parties.values()]
    rules = house_rules.of(branch)
    given, seen = given_to(orders), seen_by(people, orders, now=now)
    meal, begun = meal_at(rules, branch, now)
    guests = []
    for those in parties.values():
        order = those[0].order
        guest = Guest(order, those, now, timedelta(minutes=rules.look_in_every_minutes))
        since = [row for row in given[order.pk] if row.at >= guest.arrived_at]
        guest.lockers = [
            row for row in given[order.pk] if row.kind == CareKind.LOCKER and row.ended_at is None
        ]
        guest.had_drink = any(row.kind == CareKind.WATER for row in since)
        guest.last_seen = last_seen(since, seen.get(order.pk))
        had_meal = any(row.kind == CareKind.MEAL and begun and row.at >= begun for row in since)
        guest.meal = meal if not had_meal else ""
        guest.to_styling = to_styling(order, rules, now=now)
        guests.append(guest)
    return guests


# --- What was done, and when --------------------------------------------------------------------------
def given_to(orders: list[WorkOrder]) -> dict[int, list[CareNote]]:
    found: dict[int, list[CareNote]] = defaultdict(list)
    for row in CareNote.objects.filter(work_order__in=orders).select_related("by").order_by("at", "pk"):
        found[row.work_order_id].append(row)
    return found


def seen_by(people: list[User], orders: list[WorkOrder], *, now: datetime) -> dict[int, datetime]:
    """When one of these people had a party in their own hands last; `now` while they have it."""
    stays = Stay.objects.standing().filter(presence__work_order__in=orders, user__in=people)
    found = (
        stays.order_by()
        .values_list("presence__work_order")
        .annotate(last=Max("until"), now=Max("since", filter=Q(until=None)))
    )
    return {order: now if has_them_now else last for order, last, has_them_now in found}


def last_seen(given: list[CareNote], with_them: datetime | None) -> datetime | None:
    looked = [row.at for row in given if row.kind in {CareKind.LOOK_IN, CareKind.PRAISE}]
    return max([*looked, *([with_them] if with_them else [])], default=None)


def meal_at(rules: HouseRules, branch: Branch, now: datetime) -> tuple[str, datetime | None]:
    """The meal that it is time for, and since when; nothing between the meals."""
    day = branch.today(now)
    for meal, first, last in (
        ("lunch", rules.lunch_from, rules.lunch_until),
        ("dinner", rules.dinner_from, rules.dinner_until),
    ):
        if branch.at(day, first) <= now < branch.at(day, last):
            return meal, branch.at(day, first)
    return "", None


def to_styling(order: WorkOrder, rules: HouseRules, *, now: datetime) -> ToStyling | None:
    """Formalities are quick (R4.4): the clock runs from the door until styling takes over."""
    if order.arrived_at is None or order.styling_since is not None or order.stage not in SHOOT_DAY:
        return None
    limit = timedelta(minutes=rules.styling_within_minutes)
    return ToStyling(order.arrived_at, order.arrived_at + limit, now)


GUESTS = Duty(
    title=gettext_lazy("Your guests in the house"),
    template="workflow/care_guests.html",
    roles=frozenset(FRONT),
    items=of_owners,
    icon="heart",
    order=8,
    extra={"silent": True},
)
