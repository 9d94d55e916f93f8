"""Out for a moment, and on location (R5.6): escorted and in our care, so that neither is a gap."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.duties import deputies_on
from studio.staff.models import User
from workflow import hand_moves, presences, stages
from workflow.hand_checks import check_serves, offers_of, place_of, presences_of, speaks_for_all, works_in
from workflow.models import HandOffState, Presence, StayKind, WorkOrder
from workflow.models import WorkOrderEvent as Event
from workflow.presences import Hands
from workflow.refusals import NotAllowed, Refused

MOST_OF_A_PLACE = 80


def step_out(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    place: str,
    by: User,
    now: datetime,
    escort: User | None = None,
) -> list[Presence]:
    """They step out, to the washroom or to their car, and `escort` goes along (R5.6): without a name whoever
    has them. Said by who has them, by the escort, by the owner or a manager; of who stands alone by the
    escort.

    An offer that waits is taken back: they are brought there when they are here again."""
    return go(order, StayKind.STEPPED_OUT, members, place=place, along=escort, by=by, now=now)


def go_on_location(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    place: str,
    by: User,
    now: datetime,
    with_user: User | None = None,
) -> list[Presence]:
    """They leave for the place outdoors with `with_user`, or with whoever has them: in our care, on
    location."""
    return go(order, StayKind.ON_LOCATION, members, place=place, along=with_user, by=by, now=now)


def come_back(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    by: User,
    now: datetime,
    takes_over: User | None = None,
) -> list[Presence]:
    """Back from stepping out: to who had them before, in the same department (or on location). Is that
    colleague gone meanwhile, the escort stays with them; `takes_over` names somebody else of the department.
    """
    return back(order, StayKind.STEPPED_OUT, members, by=by, now=now, takes_over=takes_over)


def back_in_the_house(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    by: User,
    now: datetime,
) -> list[Presence]:
    """Back from the location, with who has them."""
    return back(order, StayKind.ON_LOCATION, members, by=by, now=now)


# --- Going ------------------------------------------------------------------------------------------
def go(
    order: WorkOrder,
    kind: StayKind,
    members: Iterable[Member],
    *,
    place: str,
    along: User | None,
    by: User,
    now: datetime,
) -> list[Presence]:
    place = " ".join(place.split())[:MOST_OF_A_PLACE]
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        here = presences_of(order, members)
        if along is not None:
            check_serves(along, order)
        free = speaks_for_all(by, order, now=now)
        moved = []
        for presence in here:
            escort = along or (by if presence.is_alone else presence.with_user)
            check_says_so(presence, escort, by=by, free=free)
            if (presence.kind, presence.with_user_id, presence.place) == (kind, escort.pk, place):
                continue
            hands = Hands(escort, presence.department, kind, place)
            presences.change(presence, hands, by=by, at=now)
            moved.append(presence)
        take_back_offers(moved, by=by, now=now)
        if moved:
            event = "stepped_out" if kind == StayKind.STEPPED_OUT else "went_on_location"
            note(order, event, moved, by=by, now=now)
        return here


def check_says_so(presence: Presence, escort: User, *, by: User, free: bool) -> None:
    """Who has them, and who goes along, may say so. Nobody has who stands alone: only who goes along does."""
    may = {escort.pk} if presence.is_alone else {escort.pk, presence.with_user_id}
    if by.pk in may and place_of(by, presence.work_order.branch) is not None:
        return
    if not free:
        sentence = _("%(name)s is with %(colleague)s: only they, or who goes along, say this.")
        words = {"name": presence.member.name, "colleague": presence.with_user.spoken_name}
        raise NotAllowed(sentence % words)


def take_back_offers(moved: Iterable[Presence], *, by: User, now: datetime) -> None:
    """Who brought them has them no more, or is out with them: they are brought again when they are here."""
    rows = list(offers_of(moved).values())
    hand_moves.end(rows, HandOffState.WITHDRAWN, by=by, now=now)


# --- Coming back ------------------------------------------------------------------------------------
def back(
    order: WorkOrder,
    kind: StayKind,
    members: Iterable[Member],
    *,
    by: User,
    now: datetime,
    takes_over: User | None = None,
) -> list[Presence]:
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        here = presences_of(order, members)
        free = speaks_for_all(by, order, now=now)
        if takes_over is not None and not works_in(takes_over, here[0].department, now=now):
            sentence = _("Only somebody of %(department)s takes over here.")
            raise NotAllowed(sentence % {"department": here[0].department.name})
        off = deputies_on(order.branch.today(now), order.branch)
        moved = []
        for presence in here:
            if presence.is_alone:
                sentence = _("%(name)s stands alone: say that you are with them now.")
                raise Refused(sentence % {"name": presence.member.name})
            if presence.kind != kind:
                continue
            hands = hands_again(presence, order=order, off=off, takes_over=takes_over)
            may = {presence.with_user_id, hands.user.pk if hands.user else None}
            if by.pk not in may and not free:
                sentence = _("%(name)s is with %(colleague)s: only they, or who takes them back, say this.")
                words = {"name": presence.member.name, "colleague": presence.with_user.spoken_name}
                raise NotAllowed(sentence % words)
            presences.change(presence, hands, by=by, at=now)
            moved.append(presence)
        take_back_offers(moved, by=by, now=now)
        if moved:
            event = "came_back" if kind == StayKind.STEPPED_OUT else "back_from_location"
            note(order, event, moved, by=by, now=now)
        return here


def hands_again(presence: Presence, *, order: WorkOrder, off: dict, takes_over: User | None) -> Hands:
    """Whose hands they come back to."""
    if presence.kind == StayKind.ON_LOCATION:
        return Hands(takes_over or presence.with_user, presence.department)
    stay = presences.before(presence)
    had = stay.user if stay is not None else None
    if had is not None and (had.pk in off or place_of(had, order.branch) is None):
        had = None
    user = takes_over or had or presence.with_user
    if stay is None or stay.kind != StayKind.ON_LOCATION:
        return Hands(user, presence.department)
    return Hands(user, presence.department, StayKind.ON_LOCATION, stay.place)


def note(order: WorkOrder, kind: str, moved: list[Presence], *, by: User | None, now: datetime) -> None:
    """One event for those who go together; `user` is who has them from then on."""
    Event.objects.create(
        work_order=order,
        actor=by,
        at=now,
        kind=kind,
        parameters={
            "members": [presence.member_id for presence in moved],
            "user": moved[0].with_user_id,
            "to": moved[0].department.kind,
        },
    )
