"""Nobody is with them (R5.1): a gap is opened as soon as it is known, measured, ended by who comes first."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.models import Department, User
from studio.staff.models.branch import DepartmentKind
from workflow import hand_alarms, hand_moves, presences, stages
from workflow.hand_checks import check_department, check_serves, offers_of, presences_of, works_in
from workflow.left_behind import left_since
from workflow.models import HandOff, HandOffState, Presence, StayKind, WorkOrder
from workflow.presences import Hands
from workflow.refusals import NotAllowed, Refused, TakenOver
from workflow.side_trips import note


def leave_alone(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    by: User,
    now: datetime,
    since: datetime | None = None,
) -> list[Presence]:
    """They stand alone: who has them had to go and says so, or anybody who sees it reports it, since when it
    is so. It rings at once (R5.1). Who is known to stand alone stays as they are."""
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        check_serves(by, order)
        here = presences_of(order, members)
        alone = [presence for presence in here if not presence.is_alone]
        moment = since or now
        if moment > now:
            raise Refused(_("This lies in the future."))
        for presence in alone:
            if since is not None and moment < presence.since:
                sentence = _("%(name)s came to %(colleague)s later than that.")
                words = {"name": presence.member.name, "colleague": presence.with_user.spoken_name}
                raise Refused(sentence % words)
        open_gap(order, alone, by=by, at=moment, now=now)
        return here


def take_care(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    by: User,
    now: datetime,
    department: Department | None = None,
) -> list[Presence]:
    """ "I am with them now": anybody who serves ends the gap at once, without an offer (R5.1).

    They stay where they stand; `department` says that they go along, to the front desk or to where `by`
    works. An offer that waits for `by`'s department is taken over by it; another is taken back, since who
    brought them is not with them any more."""
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        check_serves(by, order)
        here = presences_of(order, members)
        if department is not None:
            check_along(order, department, by=by, now=now)
        notice(order, here, now=now)
        alone = [presence for presence in here if presence.is_alone]
        for presence in here:
            if not presence.is_alone and presence.with_user_id != by.pk:
                raise TakenOver(presence.with_user)
        waiting = offers_of(alone)
        accepted, ended = sort_out(list(waiting.values()), by=by, department=department, now=now)
        hand_moves.end(ended, HandOffState.WITHDRAWN, by=by, now=now)
        if accepted:
            hand_moves.take(accepted, receiver=by, by=by, now=now)
        brought = {row.member_id for row in accepted}
        rest = [presence for presence in alone if presence.member_id not in brought]
        for presence in rest:
            presences.change(presence, Hands(by, department or presence.department), by=by, at=now)
        if rest:
            note(order, "care_taken", rest, by=by, now=now)
        return presences_of(order, [presence.member for presence in here])


def notice(order: WorkOrder, here: list[Presence], *, now: datetime) -> None:
    """Who has them may be gone, and nobody has noticed yet: their gap is measured from then."""
    since = left_since(now, order=order)
    for presence in here:
        if presence.pk in since:
            open_gap(order, [presence], by=None, at=since[presence.pk] or now, now=now)


def check_along(order: WorkOrder, department: Department, *, by: User, now: datetime) -> None:
    check_department(order, department)
    if department.kind != DepartmentKind.FRONT_DESK and not works_in(by, department, now=now):
        sentence = _("Only somebody of %(department)s takes over here.")
        raise NotAllowed(sentence % {"department": department.name})


def sort_out(
    rows: list[HandOff], *, by: User, department: Department | None, now: datetime
) -> tuple[list[HandOff], list[HandOff]]:
    """Which of the waiting offers `by` takes over, and which are taken back."""
    taken = [
        row
        for row in rows
        if row.giver_id != by.pk
        and department in {None, row.to_department}
        and works_in(by, row.to_department, now=now)
    ]
    return taken, [row for row in rows if row not in taken]


def open_gap(
    order: WorkOrder, alone: list[Presence], *, by: User | None, at: datetime, now: datetime
) -> None:
    """From `at` on nobody is with these members; `with_user` stays who had them last. It rings at once."""
    for presence in alone:
        hands = Hands(None, presence.department, StayKind.ALONE, presence.place)
        presences.change(presence, hands, by=by, at=at)
    if alone:
        note(order, "left_alone", alone, by=by, now=now)
        hand_alarms.ring_gap(order, alone, by=by, now=now)
