"""The rotation roster (R1.1, R1.2, F1): who is next, who is busy or away, and why each turn fell as it did.

The row of the day is the lock: whoever takes a turn, steps away or comes back holds it, so that two desks
pressing “receive” in the same second never get one turn twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.names import clean
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, LeaveDay, Membership, Role, User
from workflow.models import RotationDay, RotationPlace, RotationTurn, TurnReason, Visit


class NobodyThere(Exception):
    """Every consultant of the day is off or has stepped away: somebody must come back first."""


class Presence(StrEnum):
    READY = "ready"
    BUSY = "busy"
    AWAY = "away"
    OFF = "off"


@dataclass(frozen=True)
class Standing:
    """One consultant on the roster of the day.

    `turns` are those that count; `since` is since when they are busy or away; `why` the reason given
    for stepping away; `is_next` marks who receives the next visitor.
    """

    consultant: User
    place: int
    turns: int
    presence: Presence
    since: datetime | None = None
    why: str = ""
    is_next: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """Fewest turns first, then the place."""
        return self.turns, self.place

    @property
    def is_here(self) -> bool:
        return self.presence in {Presence.READY, Presence.BUSY}


def consultants_of(branch: Branch) -> list[User]:
    """The active consultants of a branch in plain order: as they joined it."""
    places = Membership.objects.active().filter(branch=branch, role=Role.CONSULTANT)
    return [place.user for place in places.select_related("user").order_by("pk")]


def locked_day(branch: Branch, now: datetime) -> RotationDay:
    """The roster of the branch's today, locked, with a place for each consultant; newcomers come last."""
    day = branch.today(now)
    RotationDay.objects.get_or_create(branch=branch, day=day)
    rotation = RotationDay.objects.select_for_update(no_key=True).get(branch=branch, day=day)
    placed = dict(rotation.places.values_list("consultant_id", "place"))
    last = max(placed.values(), default=0)
    new = [person for person in consultants_of(branch) if person.pk not in placed]
    RotationPlace.objects.bulk_create(
        RotationPlace(rotation=rotation, consultant=person, place=last + number)
        for number, person in enumerate(new, start=1)
    )
    return rotation


def turns_that_count(rotation: RotationDay) -> dict[int, int]:
    """How many turns each consultant had; who turned out to be a returning customer cost none (F1)."""
    kept = Q(visit__isnull=True) | Q(visit__turn_given_back=False)
    counted = rotation.turns.filter(kept, counts=True).order_by()
    return dict(counted.values_list("consultant").annotate(number=Count("pk")))


def roster(branch: Branch, *, now: datetime) -> list[Standing]:
    """Everybody on the roster of today, who is next first. Looking changes nothing: a day that nobody has
    touched yet is answered as it would begin."""
    day = branch.today(now)
    rotation = RotationDay.objects.filter(branch=branch, day=day).first()
    places = {place.consultant_id: place for place in rotation.places.all()} if rotation else {}
    turns = turns_that_count(rotation) if rotation else {}
    off = set(LeaveDay.objects.on(day).filter(branch=branch).values_list("user_id", flat=True))
    # A visit that nobody ended yesterday makes nobody busy today.
    receiving = (
        Visit.objects.open().filter(branch=branch, arrived_at__gte=branch.day_bounds(day)[0]).order_by()
    )
    busy = dict(receiving.values_list("consultant").annotate(since=Min("arrived_at")))
    last = max((place.place for place in places.values()), default=0)
    standings = []
    for person in consultants_of(branch):
        place = places.get(person.pk)
        if place is None:
            last += 1
        standings.append(
            standing_of(
                person,
                place or RotationPlace(consultant=person, place=last),
                turns=turns.get(person.pk, 0),
                is_off=person.pk in off,
                busy_since=busy.get(person.pk),
            )
        )
    return with_next(standings)


def standing_of(
    person: User, place: RotationPlace, *, turns: int, is_off: bool, busy_since: datetime | None
) -> Standing:
    presence, since, why = Presence.READY, None, ""
    if is_off:
        presence = Presence.OFF
    elif place.away_since:
        presence, since, why = Presence.AWAY, place.away_since, place.away_why
    elif busy_since:
        presence, since = Presence.BUSY, busy_since
    return Standing(person, place.place, turns, presence, since, why)


def with_next(standings: Iterable[Standing]) -> list[Standing]:
    """In the order of turns, with who is next marked and at the head; who is not here at the end."""
    ordered = sorted(standings, key=lambda standing: (not standing.is_here, standing.order))
    ready = [standing for standing in ordered if standing.presence == Presence.READY]
    # Where everybody is busy, the fewest turns decide: nobody who comes in is left standing (R1.5).
    chosen = next(iter(ready), None) or next((one for one in ordered if one.is_here), None)
    if chosen is None:
        return ordered
    marked = Standing(**{**chosen.__dict__, "is_next": True})
    return [marked, *(standing for standing in ordered if standing is not chosen)]


def next_up(branch: Branch, *, now: datetime) -> User | None:
    """Whose turn it is; None where nobody is there."""
    return next((one.consultant for one in roster(branch, now=now) if one.is_next), None)


def take_turn(
    *, branch: Branch, by: User | None, now: datetime, customer: Customer | None = None
) -> RotationTurn:
    """Give the party in the door to a consultant.

    A new party goes to who is next. A returning customer goes to their owner, or to who acts for the owner
    today, and costs no turn (F1); has that person stepped away, a colleague receives for them, and that
    costs no turn either. `NobodyThere` where nobody can receive.
    """
    with transaction.atomic():
        rotation = locked_day(branch, now)
        standings = roster(branch, now=now)
        consultant, reason = for_returning(customer, branch, standings, now) if customer else (None, None)
        chosen = next((one for one in standings if one.is_next), None)
        if consultant is None:
            if chosen is None:
                raise NobodyThere
            consultant = chosen.consultant
        last = rotation.turns.aggregate(last=Max("number"))["last"] or 0
        return RotationTurn.objects.create(
            rotation=rotation,
            number=last + 1,
            consultant=consultant,
            reason=reason or TurnReason.NEXT,
            counts=reason is None,
            passed_over=passed_over(standings, consultant) if reason is None else [],
            taken_by=by,
            taken_at=now,
        )


def for_returning(
    customer: Customer, branch: Branch, standings: list[Standing], now: datetime
) -> tuple[User | None, TurnReason | None]:
    """Who receives a customer that has an owner, and why; (None, None): the rotation decides."""
    owner = customer.owner
    if owner is None or not Membership.objects.active().filter(branch=branch, user=owner).exists():
        return None, None
    acting = who_acts_for(owner, branch=branch, day=branch.today(now))
    if is_here(acting, standings):
        return acting, TurnReason.OWNER if acting == owner else TurnReason.DEPUTY
    return None, TurnReason.DEPUTY


def is_here(person: User, standings: Iterable[Standing]) -> bool:
    """A manager stands on no roster and counts as here; a consultant as the roster says."""
    return all(one.is_here for one in standings if one.consultant == person)


def passed_over(standings: list[Standing], consultant: User) -> list[dict[str, object]]:
    """Who would have come before, and why they did not (R1.2): ids and codes."""
    mine = next(one for one in standings if one.consultant == consultant)
    return [
        {"consultant": one.consultant.pk, "why": str(one.presence)}
        for one in sorted(standings, key=lambda one: one.order)
        if one.order < mine.order
    ]


def step_away(*, branch: Branch, consultant: User, why: str, by: User | None, now: datetime) -> None:
    """Off the roster for a while, with the reason; the place stays. A repeat only changes the reason."""
    why = clean(why)[:60]
    if not why:
        raise ValidationError(_("Say why, so that everybody can see it."), code="why")
    with transaction.atomic():
        place = locked_day(branch, now).places.filter(consultant=consultant).first()
        if place is None:
            raise ValidationError(_("This colleague is not on today's roster."), code="not_there")
        place.away_since = place.away_since or now
        place.away_why = why
        place.save(update_fields=["away_since", "away_why"])


def come_back(*, branch: Branch, consultant: User, by: User | None, now: datetime) -> None:
    """Back on the roster. A repeat does nothing."""
    with transaction.atomic():
        places = locked_day(branch, now).places.filter(consultant=consultant)
        places.update(away_since=None, away_why="")


PASSED_BECAUSE = {
    Presence.BUSY: gettext_lazy("receiving"),
    Presence.AWAY: gettext_lazy("stepped away"),
    Presence.OFF: gettext_lazy("off today"),
    Presence.READY: gettext_lazy("there"),
}


def in_words(turn: RotationTurn, names: dict[int, str]) -> list[tuple[str, str]]:
    """Who was passed over and why, in the reader's language."""
    return [
        (names.get(entry["consultant"], "–"), str(PASSED_BECAUSE.get(entry["why"], entry["why"])))
        for entry in turn.passed_over
    ]


def turns_of(branch: Branch, *, now: datetime) -> list[RotationTurn]:
    """The turns of today, the newest first, each with its visit."""
    turns = RotationTurn.objects.filter(rotation__branch=branch, rotation__day=branch.today(now))
    return list(
        turns.select_related("consultant", "taken_by", "visit__customer", "visit__consultant").order_by(
            "-number"
        )
    )
