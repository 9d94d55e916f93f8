"""The rotation roster (R1.1, R1.2, F1): who is next, who is busy or away, and why each turn fell as it did.

The row of the day is the lock: whoever takes a turn, steps away or comes back holds it, so that two desks
pressing “receive” in the same second never get one turn twice. How the day begins stands in
`rotation_order`, who stands where in `rotation_standings`, stepping away in `rotation_absence`, who asks for
somebody in `rotation_named`, and the sentences in `rotation_words`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from customers.models import Customer
from studio.staff.models import Branch, User
from workflow.models import RotationDay, RotationTurn, TurnReason
from workflow.rotation_absence import begin, come_back, locked_day, step_away
from workflow.rotation_named import Choice, for_named, for_returning, is_ready, may_be_named, standing_of
from workflow.rotation_order import consultants_of, rules_of
from workflow.rotation_standings import Company, Presence, Standing, read, with_next

IN_LINE = frozenset({TurnReason.NEXT, TurnReason.MADE_UP, TurnReason.RETURNING, TurnReason.FOR_NAMED})
"""The turns that went down the line."""
MISSED = frozenset({Presence.AWAY, Presence.BUSY, Presence.ON_PHONE})


class NobodyThere(Exception):
    """Every consultant of the day is off or has stepped away: somebody must come back first."""


def roster(branch: Branch, *, now: datetime) -> list[Standing]:
    """Everybody on the roster of today, who is next first. Looking changes nothing."""
    day = branch.today(now)
    rotation = RotationDay.objects.filter(branch=branch, day=day).first()
    return with_next(read(branch, day, rotation))


def next_up(branch: Branch, *, now: datetime) -> User | None:
    """Whose turn it is; None where nobody is there."""
    return next((one.consultant for one in roster(branch, now=now) if one.is_next), None)


def take_turn(
    *,
    branch: Branch,
    by: User | None,
    now: datetime,
    customer: Customer | None = None,
    named: User | None = None,
) -> RotationTurn:
    """Give the party in the door to a consultant; `customer` is a returning one, `named` whom they ask for.

    A new party goes to who is next, or to whom it asks for, and costs its receiver one turn. A returning
    customer goes to whom they ask for, or else to their owner or who acts for the owner today, and costs no
    turn (F1). `NobodyThere` where nobody can receive.
    """
    if named is not None and named not in may_be_named(branch):
        raise ValidationError({"named": _("This colleague does not receive customers here.")})
    with transaction.atomic():
        rotation, unsorted = begin(branch, now)
        standings = with_next(unsorted)
        choice = chosen_for(customer, named, branch, standings, now)
        upcoming = next((one for one in standings if one.is_next), None)
        consultant = choice.consultant if choice else None
        if consultant is None:
            if upcoming is None:
                raise NobodyThere
            consultant = upcoming.consultant
        reason = choice.reason if choice else regular(rotation, consultant, standings, branch)
        return RotationTurn.objects.create(
            rotation=rotation,
            number=(rotation.turns.aggregate(last=Max("number"))["last"] or 0) + 1,
            consultant=consultant,
            reason=reason,
            counts=customer is None or choice is None,
            named=named,
            passed_over=passed_over(standings, consultant, named),
            taken_by=by,
            taken_at=now,
        )


def chosen_for(
    customer: Customer | None,
    named: User | None,
    branch: Branch,
    standings: Sequence[Standing],
    now: datetime,
) -> Choice | None:
    """Whom the party itself leads to; None: the roster decides."""
    if named is None and customer is None:
        return None
    rules = rules_of(branch)
    if named is not None:
        return for_named(named, branch, standings, rules, now)
    return for_returning(customer, branch, standings, rules, now) if customer else None


def regular(
    rotation: RotationDay, consultant: User, standings: Sequence[Standing], branch: Branch
) -> TurnReason:
    """Was next, or makes up a missed turn: passed over earlier today, and a round behind somebody."""
    mine = standing_of(consultant, standings)
    if mine is None or not is_behind(mine, standings) or not rules_of(branch).make_up:
        return TurnReason.NEXT
    turns = rotation.turns.filter(reason__in=IN_LINE).values_list("passed_over", flat=True)
    missed = any(
        entry["consultant"] == consultant.pk and entry["why"] in MISSED for turn in turns for entry in turn
    )
    return TurnReason.MADE_UP if missed else TurnReason.NEXT


def is_behind(mine: Standing, standings: Sequence[Standing]) -> bool:
    """Somebody further down the list has had more turns already, or anybody two more: the round went past."""
    return any(
        one.weight > mine.weight + 1 or (one.weight > mine.weight and one.place > mine.place)
        for one in standings
        if one.is_here
    )


def passed_over(
    standings: Sequence[Standing], consultant: User, named: User | None = None
) -> list[dict[str, object]]:
    """Who would have come before, and whom they asked for, and why it was not them (R1.2): ids and codes."""
    mine = standing_of(consultant, standings)
    return [
        {"consultant": one.consultant.pk, "why": str(one.presence)}
        for one in sorted(standings, key=lambda one: one.order)
        if one.consultant != consultant
        and (one.consultant == named or (mine is not None and one.order < mine.order))
    ]


def turns_of(branch: Branch, *, now: datetime) -> list[RotationTurn]:
    """The turns of today, the newest first, each with its visit."""
    turns = RotationTurn.objects.filter(rotation__branch=branch, rotation__day=branch.today(now))
    related = ("consultant", "named", "taken_by", "visit__customer", "visit__consultant")
    return list(turns.select_related(*related).order_by("-number"))


__all__ = [
    "Company",
    "NobodyThere",
    "Presence",
    "Standing",
    "come_back",
    "consultants_of",
    "is_ready",
    "locked_day",
    "may_be_named",
    "next_up",
    "roster",
    "rules_of",
    "step_away",
    "take_turn",
    "turns_of",
]
