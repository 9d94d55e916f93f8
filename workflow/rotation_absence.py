"""Off the roster for a while and back again, and what becomes of the turns missed meanwhile (R1.2, F1)."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.names import clean
from studio.staff.models import Branch, User
from workflow.models import AwayReason, RotationDay, RotationEvent, RotationPlace
from workflow.rotation_order import rules_of
from workflow.rotation_standings import Presence, Standing, least_weight, read

LONGEST_WHY = 60


def locked_day(branch: Branch, now: datetime) -> RotationDay:
    """The roster of the branch's today, locked, with a place for each consultant."""
    return begin(branch, now)[0]


def begin(branch: Branch, now: datetime) -> tuple[RotationDay, list[Standing]]:
    """The roster of today, locked, and everybody's standing on it; what was only reckoned so far is kept:
    places of newcomers, who comes last and starts level, and of who went on leave or came back from it."""
    day = branch.today(now)
    RotationDay.objects.get_or_create(branch=branch, day=day)
    rotation = RotationDay.objects.select_for_update(no_key=True).get(branch=branch, day=day)
    is_first = not rotation.places.exists()
    standings = read(branch, day, rotation)
    new = [one for one in standings if one.is_new]
    RotationPlace.objects.bulk_create(
        RotationPlace(
            rotation=rotation,
            consultant=one.consultant,
            place=one.place,
            forgone=one.forgone,
            is_off=one.presence == Presence.OFF,
        )
        for one in new
    )
    if not is_first:
        for one in new:
            tell(rotation, one.consultant, "joined", by=None, now=now, forgone=one.forgone)
    for one in standings:
        is_off = one.presence == Presence.OFF
        if not one.is_new and one.was_off != is_off:
            rotation.places.filter(consultant=one.consultant).update(is_off=is_off, forgone=one.forgone)
            kind = "went_off" if is_off else "back_from_leave"
            tell(rotation, one.consultant, kind, by=None, now=now, forgone=one.forgone)
    return rotation, standings


def tell(
    rotation: RotationDay,
    consultant: User,
    kind: str,
    *,
    by: User | None,
    now: datetime,
    **parameters: object,
) -> None:
    RotationEvent.objects.create(
        rotation=rotation, consultant=consultant, actor=by, at=now, kind=kind, parameters=parameters
    )


def step_away(
    *,
    branch: Branch,
    consultant: User,
    reason: AwayReason | None = None,
    why: str = "",
    back_at: datetime | None = None,
    by: User | None,
    now: datetime,
) -> None:
    """Off the roster for a while, with one of the branch's reasons or in free words; the place stays.

    Without `back_at` the reason's usual minutes count. A repeat changes the reason, and not since when.
    """
    why = clean(why)[:LONGEST_WHY]
    if reason is not None and reason.branch_id != branch.pk:
        raise ValidationError({"reason": _("This reason belongs to another branch.")})
    if reason is None and not why:
        raise ValidationError({"why": _("Say why, so that everybody can see it.")})
    if back_at is None and reason is not None and reason.minutes:
        back_at = now + timedelta(minutes=reason.minutes)
    elif back_at is not None and not now < back_at < branch.day_bounds(branch.today(now))[1]:
        raise ValidationError({"back_at": _("Back at a time that is still to come today.")})
    with transaction.atomic():
        rotation = locked_day(branch, now)
        place = rotation.places.filter(consultant=consultant).first()
        if place is None:
            raise ValidationError({"colleague": _("This colleague is not on today's roster.")})
        place.away_since = place.away_since or now
        place.away_reason, place.away_why, place.back_at = reason, why, back_at
        place.save(update_fields=["away_since", "away_reason", "away_why", "back_at"])
        tell(rotation, consultant, "stepped_away", by=by, now=now, reason=reason.pk if reason else None)


def come_back(*, branch: Branch, consultant: User, by: User | None, now: datetime) -> None:
    """Back on the roster. A repeat does nothing.

    After a reason whose turns are not made up, the turns missed are forgone: they stand level with whoever of
    those here has fewest.
    """
    with transaction.atomic():
        rotation, standings = begin(branch, now)
        place = rotation.places.select_related("away_reason").filter(consultant=consultant).first()
        if place is None or place.away_since is None:
            return
        reason, missed = place.away_reason, 0
        if not is_made_up(branch, reason):
            mine = next(one for one in standings if one.consultant == consultant)
            others = least_weight(one for one in standings if one.consultant != consultant)
            missed = max(0, others - mine.weight)
        place.away_since, place.away_reason, place.away_why, place.back_at = None, None, "", None
        place.forgone += missed
        place.save(update_fields=["away_since", "away_reason", "away_why", "back_at", "forgone"])
        parameters = {"reason": reason.pk if reason else None, "forgone": missed}
        tell(rotation, consultant, "came_back", by=by, now=now, **parameters)


def is_made_up(branch: Branch, reason: AwayReason | None) -> bool:
    """Whether the turns missed meanwhile are made up: the branch's rule, and the reason's own."""
    return rules_of(branch).make_up and (reason is None or reason.is_made_up)
