"""Who stands where on the roster of a day (R1.2): the places, the turns, who is here, and with whom."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Count, Q
from django.utils.translation import get_language

from customers.greetings import greeting_name
from customers.models import Customer
from studio.staff.models import Branch, LeaveDay, User
from workflow.models import (
    AwayReason,
    IncomingCall,
    IncomingState,
    RotationDay,
    RotationPlace,
    StayKind,
    Visit,
)
from workflow.models import Presence as InHand
from workflow.rotation_order import consultants_of, order_of_day, rules_of


class Presence(StrEnum):
    READY = "ready"
    ON_PHONE = "on_phone"
    BUSY = "busy"
    AWAY = "away"
    OFF = "off"


HERE = frozenset({Presence.READY, Presence.ON_PHONE, Presence.BUSY})
TURN_AFTER = (Presence.READY, Presence.ON_PHONE, Presence.BUSY)
"""Who is ready receives; where nobody is, who is on the telephone ends the call soon (R1.5); where all are
with customers, the fewest turns decide: nobody who comes in is left standing."""


@dataclass(frozen=True)
class Company:
    """A party that somebody is with, since when; without a customer nobody knows their name yet."""

    since: datetime
    customer: Customer | None
    size: int
    link: str

    @property
    def greeting(self) -> str:
        """How they are spoken to: all that a screen on the wall may say of them (R9.9)."""
        return greeting_name(self.customer, get_language()) if self.customer else ""


@dataclass(frozen=True)
class Standing:
    """One consultant on the roster of the day.

    `turns` are those that count, `forgone` those that are not made up; `since` is since when they are
    busy, on the telephone or away; `why` are free words and `reason` one of the branch's, `back_at` when they
    expect to be back; `company` are whom they are with, the first first; `is_next` marks who receives
    the next visitor. `is_new`: their place is not kept yet.
    """

    consultant: User
    place: int
    turns: int
    presence: Presence
    forgone: int = 0
    since: datetime | None = None
    why: str = ""
    reason: AwayReason | None = None
    back_at: datetime | None = None
    company: tuple[Company, ...] = ()
    is_next: bool = False
    is_new: bool = False
    was_off: bool = False

    @property
    def weight(self) -> int:
        """What decides whose turn it is: turns taken, and turns forgone, which weigh the same (F1)."""
        return self.turns + self.forgone

    @property
    def order(self) -> tuple[int, int]:
        """Fewest turns first, then the place."""
        return self.weight, self.place

    @property
    def is_here(self) -> bool:
        return self.presence in HERE

    @property
    def why_away(self) -> str:
        """The branch's reason, and what they said themselves."""
        return " · ".join(filter(None, [self.reason.name if self.reason else "", self.why]))

    @property
    def starts_level(self) -> bool:
        """They came in the course of the day, or back from leave: turns had before are not made up."""
        return self.is_new or (self.was_off and self.presence != Presence.OFF)


def turns_that_count(rotation: RotationDay) -> dict[int, int]:
    """How many turns each consultant had; who turned out to be a returning customer cost none (F1)."""
    kept = Q(visit__isnull=True) | Q(visit__turn_given_back=False)
    counted = rotation.turns.filter(kept, counts=True).order_by()
    return dict(counted.values_list("consultant").annotate(number=Count("pk")))


def with_customers(branch: Branch, start: datetime) -> dict[int, list[Company]]:
    """Whom each is with: parties being received, and parties of the day in their hands (R5.1). A visit that
    nobody ended yesterday makes nobody busy today."""
    mine: dict[int, list[Company]] = defaultdict(list)
    visits = Visit.objects.open().filter(branch=branch, arrived_at__gte=start, request__isnull=True)
    for visit in visits.select_related("customer").prefetch_related("customer__members"):
        company = Company(visit.arrived_at, visit.customer, visit.party_size, visit.get_absolute_url())
        mine[visit.consultant_id].append(company)
    held = InHand.objects.filter(work_order__branch=branch, left_at__isnull=True, since__gte=start)
    held = held.exclude(kind=StayKind.ALONE)  # with nobody: who had them last is not busy
    parties: dict[tuple[int, int], list[InHand]] = defaultdict(list)
    for row in held.select_related("work_order__booking__customer").prefetch_related(
        "work_order__booking__customer__members"
    ):
        parties[row.with_user_id, row.work_order_id].append(row)
    for (person, _order), rows in parties.items():
        order, since = rows[0].work_order, min(row.since for row in rows)
        company = Company(since, order.booking.customer, len(rows), order.get_absolute_url())
        mine[person].append(company)
    return {person: sorted(rows, key=lambda row: row.since) for person, rows in mine.items()}


def telephoning(branch: Branch, start: datetime) -> dict[int, datetime]:
    """Who is on the telephone, since when."""
    calls = IncomingCall.objects.filter(branch=branch, state=IncomingState.TALKING, rang_at__gte=start)
    rows = calls.order_by("-rang_at").values_list("handler", "answered_at", "rang_at")
    return {handler: answered or rang for handler, answered, rang in rows if handler}


def read(branch: Branch, day: date, rotation: RotationDay | None) -> list[Standing]:
    """Everybody's standing, in the order of places. A day that nobody has touched yet is answered as it
    would begin; who has no place yet comes last."""
    start = branch.day_bounds(day)[0]
    rows = rotation.places.select_related("away_reason") if rotation else ()
    places = {place.consultant_id: place for place in rows}
    turns = turns_that_count(rotation) if rotation else {}
    off = set(LeaveDay.objects.on(day).filter(branch=branch).values_list("user_id", flat=True))
    busy, calls = with_customers(branch, start), telephoning(branch, start)
    people = consultants_of(branch)
    if not places:
        people = order_of_day(branch, day, people=people, rules=rules_of(branch))
    last = max((place.place for place in places.values()), default=0)
    standings = []
    for person in people:
        place = places.get(person.pk)
        if place is None:
            last += 1
        standing = Standing(
            person,
            place.place if place else last,
            turns.get(person.pk, 0),
            Presence.READY,
            forgone=place.forgone if place else 0,
            company=tuple(busy.get(person.pk, ())),
            is_new=place is None,
            was_off=bool(place and place.is_off),
        )
        standings.append(presence_of(standing, place, person.pk in off, calls.get(person.pk)))
    return sorted(level(standings), key=lambda one: one.place)


def presence_of(
    standing: Standing, place: RotationPlace | None, is_off: bool, on_phone_since: datetime | None
) -> Standing:
    """Off before away, away before busy, busy before the telephone."""
    if is_off:
        return replace(standing, presence=Presence.OFF)
    if place and place.away_since:
        return replace(
            standing,
            presence=Presence.AWAY,
            since=place.away_since,
            why=place.away_why,
            reason=place.away_reason,
            back_at=place.back_at,
        )
    if standing.company:
        return replace(standing, presence=Presence.BUSY, since=standing.company[0].since)
    if on_phone_since:
        return replace(standing, presence=Presence.ON_PHONE, since=on_phone_since)
    return standing


def least_weight(standings: Iterable[Standing]) -> int:
    """The fewest turns among those who are here."""
    return min((one.weight for one in standings if one.is_here), default=0)


def level(standings: Sequence[Standing]) -> list[Standing]:
    """Who joins in the course of the day, or comes back from leave, stands not below those who are here."""
    least = least_weight(one for one in standings if not one.starts_level)
    return [
        replace(one, forgone=max(one.forgone, least - one.turns)) if one.starts_level else one
        for one in standings
    ]


def with_next(standings: Iterable[Standing]) -> list[Standing]:
    """In the order of turns, with who is next marked and at the head; who is not here at the end."""
    ordered = sorted(standings, key=lambda standing: (not standing.is_here, standing.order))
    chosen = next(
        (one for presence in TURN_AFTER for one in ordered if one.presence == presence),
        None,
    )
    if chosen is None:
        return ordered
    return [replace(chosen, is_next=True), *(standing for standing in ordered if standing is not chosen)]
