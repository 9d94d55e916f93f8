"""Who receives a party that is somebody's already, or asks for somebody (F1, R1.2, R8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, Membership, Role, User
from studio.staff.models.membership import FRONT
from workflow.models import RotationRules, TurnReason
from workflow.rotation_standings import Presence, Standing


@dataclass(frozen=True)
class Choice:
    """Who receives and why; `consultant` None: who is next receives, for this reason."""

    consultant: User | None
    reason: TurnReason


def may_be_named(branch: Branch) -> list[User]:
    """Whom one can ask for: the consultants in plain order, and then the managers."""
    places = Membership.objects.active().filter(branch=branch, role__in=FRONT).select_related("user")
    ordered = sorted(places.order_by("pk"), key=lambda place: place.role != Role.CONSULTANT)
    return [place.user for place in ordered]


def standing_of(person: User, standings: Sequence[Standing]) -> Standing | None:
    """None: not on the roster."""
    return next((one for one in standings if one.consultant == person), None)


def is_ready(person: User, standings: Sequence[Standing]) -> bool:
    """A manager stands on no roster and counts as there; a consultant as the roster says."""
    standing = standing_of(person, standings)
    return standing is None or standing.presence == Presence.READY


def is_here(person: User, standings: Sequence[Standing]) -> bool:
    standing = standing_of(person, standings)
    return standing is None or standing.is_here


def for_named(
    named: User, branch: Branch, standings: Sequence[Standing], rules: RotationRules, now: datetime
) -> Choice:
    """They ask for somebody: to them, where they are free; are they not here, to their team, or to who acts
    for them today; are they with somebody, to who is next, and the named one keeps the turn (F1)."""
    acting = who_acts_for(named, branch=branch, day=branch.today(now))
    if acting == named and is_ready(named, standings):
        return Choice(named, TurnReason.NAMED)
    if acting == named and is_here(named, standings):
        return Choice(None, TurnReason.FOR_NAMED)
    if rules.team_first and (mate := team_mate(named, branch, standings, acting)):
        return Choice(mate, TurnReason.TEAM)
    if acting != named and is_ready(acting, standings) and acting in may_be_named(branch):
        return Choice(acting, TurnReason.DEPUTY)
    return Choice(None, TurnReason.FOR_NAMED)


def team_mate(named: User, branch: Branch, standings: Sequence[Standing], acting: User) -> User | None:
    """Who of the named one's team is ready: the deputy of the day first, then who has fewest turns."""
    places = Membership.objects.active().filter(branch=branch)
    team = places.filter(user=named, team__isnull=False).values("team")
    mates = set(places.filter(team__in=team).values_list("user_id", flat=True))
    ready = [one for one in standings if one.presence == Presence.READY and one.consultant.pk in mates]
    chosen = min(ready, key=lambda one: (one.consultant != acting, one.order), default=None)
    return chosen.consultant if chosen else None


def for_returning(
    customer: Customer, branch: Branch, standings: Sequence[Standing], rules: RotationRules, now: datetime
) -> Choice | None:
    """A returning customer who names nobody: to their owner or who acts for them, or, where the branch wants
    it so, to the current turn. None: they are nobody's here, the rotation decides."""
    owner, front = customer.owner, may_be_named(branch)
    if owner is None or owner not in front:
        return None
    if not rules.unnamed_to_owner:
        return Choice(None, TurnReason.RETURNING)
    acting = who_acts_for(owner, branch=branch, day=branch.today(now))
    if acting in front and is_here(acting, standings):
        return Choice(acting, TurnReason.OWNER if acting == owner else TurnReason.DEPUTY)
    return Choice(None, TurnReason.DEPUTY)
