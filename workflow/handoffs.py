"""Hand-to-hand (一手交一手, R5): who brings a customer, who takes over, and nobody ever alone in between.

A presence says with whom a member of a party is now, where, and since when. It moves only when the
receiver says "I take over" (R5.1): between the offer and that word the giver still has the customer,
and a returned or withdrawn offer leaves everything as it was. Where both stand together, one press gives and
takes (`together`). Beside it: `side_trips`, `gaps`.

Every function locks the sale and its work order first, so that two people who press at once come one after
the other: the first has the customer, the second is told who that is.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.models import Department, User
from workflow import house_rules, presences, stages
from workflow.hand_checks import (
    answers_for,
    check_department,
    check_giver,
    check_receivers,
    check_route,
    check_takes_over,
    departments_of,
    offers_of,
    place_of,
    presences_of,
    speaks_for_all,
)
from workflow.hand_moves import end, locked, note, take
from workflow.models import HandOff, HandOffState, HandOffWay, Look, Presence, StayKind, WorkOrder
from workflow.refusals import NeedsReason, NotAllowed, Refused, TakenOver
from workflow.route import is_shoot_day, looks_of_day, next_look, round_of

__all__ = [
    "accept",
    "answers_for",
    "departments_of",
    "offer",
    "place_of",
    "presences_of",
    "send_back",
    "speaks_for_all",
    "together",
    "withdraw",
]

THE_SAME_BREATH = timedelta(seconds=10)
"""Who takes a customer within this time after a colleague of the department meant the same press."""


# --- Offer and accept -----------------------------------------------------------------------------
def offer(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    to: Department,
    by: User,
    now: datetime,
    why: str = "",
    meant_for: User | None = None,
) -> list[HandOff]:
    """Bring these members to another department (or to a colleague in the same one); they stay with whoever
    has them until somebody there takes over (R5.1, R5.6).

    The giver is who has the member. The owner or a manager may press for them; the event keeps who did.
    `meant_for` names a colleague there; anybody of the department may take over all the same. Off the route
    (R5.2) only owner and managers may send a customer, and only with a reason. The second press of the same
    button changes nothing.
    """
    why = why.strip()
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        check_department(order, to)
        looks = looks_of_day(order)
        free = speaks_for_all(by, order, now=now)
        here = presences_of(order, members)
        if meant_for is not None:
            check_takes_over(meant_for, to, givers=[row.with_user_id for row in here], now=now)
        waiting, rows, fresh = offers_of(here), [], []
        patience = house_rules.patience(house_rules.of(order.branch))
        for presence in here:
            if (open_one := on_the_way(waiting, presence, to)) is not None:
                rows.append(name_receiver(open_one, meant_for))
                continue
            check_giver(presence, by=by, free=free)
            check_route(presence, order=order, looks=looks, to=to, free=free, why=why)
            row = draft(presence, order=order, looks=looks, to=to, by=by, now=now, why=why)
            row.meant_for = meant_for
            if presence.kind != StayKind.ON_LOCATION:  # who is out together needs no bell in the house
                row.alarm_at = row.offered_at + patience
            fresh.append(row)
        for row in fresh:
            row.save()
        if fresh:
            note(order, "handed_over", fresh, by=by, now=now)
        return rows + fresh


def accept(
    hand_offs: Iterable[HandOff], *, by: User, now: datetime, assistant: User | None = None
) -> list[HandOff]:
    """ "I take over": from this moment the members are with `by`, and not a second earlier (R5.1).

    Only somebody of the receiving department, never the giver. All or nothing: was a colleague quicker
    with one of them, `TakenOver` says who. One's own second press changes nothing. `assistant` is introduced
    with `by`; without it the one who is booked for the shoot.
    """
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        check_receivers(rows, by=by, now=now)
        for row in rows:
            if row.state == HandOffState.ACCEPTED and row.receiver_id != by.pk:
                raise TakenOver(row.receiver)  # type: ignore[arg-type]
            if row.state not in {HandOffState.OFFERED, HandOffState.ACCEPTED}:
                raise Refused(_("This was taken back or returned in the meantime. Look again who has them."))
        take([row for row in rows if not row.ended_at], receiver=by, by=by, now=now, assistant=assistant)
        return rows


def together(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    to: Department,
    receiver: User,
    by: User,
    now: datetime,
    why: str = "",
    assistant: User | None = None,
) -> list[HandOff]:
    """Giver and receiver stand together: one press gives and takes at once, an open offer there included.

    Pressed by the receiver, or by the giver (the owner, a manager) with the receiver's own sign: their badge
    or PIN, which the caller has checked, since the receiver takes over only by saying so (R5.1). The route
    holds as for an offer. A repeat changes nothing.
    """
    why = why.strip()
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        check_department(order, to)
        looks = looks_of_day(order)
        free = speaks_for_all(by, order, now=now)
        here = presences_of(order, members)
        given = [row for row in here if not has_already(row, receiver, to)]
        waiting, rows = offers_of(given), []
        for presence in given:
            open_one = on_the_way(waiting, presence, to)
            if by.pk != receiver.pk:
                check_giver(presence, by=by, free=free)
            elif presence.department_id == to.pk and now - presence.since < THE_SAME_BREATH:
                raise TakenOver(presence.with_user)  # and not relieved by who only pressed second
            if open_one is None:
                check_route(presence, order=order, looks=looks, to=to, free=free, why=why)
            row = open_one or draft(presence, order=order, looks=looks, to=to, by=by, now=now, why=why)
            if row.giver_id == receiver.pk and presence.kind == StayKind.STEPPED_OUT:
                row.giver = presences.had_before(presence)  # who fetched them gives them to nobody
            row.way = HandOffWay.TOGETHER
            rows.append(row)
        if rows:
            check_takes_over(receiver, to, givers=[row.giver_id for row in rows], now=now)
        for row in rows:
            row.save()
        take(rows, receiver=receiver, by=by, now=now, assistant=assistant)
        return rows + standing(here, given)


# --- Return and withdraw --------------------------------------------------------------------------
def send_back(hand_offs: Iterable[HandOff], *, why: str, by: User, now: datetime) -> list[HandOff]:
    """The next process is the customer of the one before it: it may refuse what is not right, with a reason
    (R5.4). The members stay with the giver; `receiver` keeps who refused."""
    why = why.strip()
    if not why:
        raise NeedsReason(_("Say what is not right, so that the colleague can put it right."))
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        check_receivers(rows, by=by, now=now)
        return end(rows, HandOffState.RETURNED, by=by, now=now, receiver=by, why=why)


def withdraw(hand_offs: Iterable[HandOff], *, by: User, now: datetime) -> list[HandOff]:
    """The giver (the owner, a manager) takes the offer back before anybody took over."""
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        for row in rows:
            if by.pk != row.giver_id and not speaks_for_all(by, row.work_order, now=now):
                raise NotAllowed(_("Only who brings the customer, their owner or a manager takes this back."))
        return end(rows, HandOffState.WITHDRAWN, by=by, now=now)


# --- What they share ------------------------------------------------------------------------------
def on_the_way(waiting: dict[int, HandOff], presence: Presence, to: Department) -> HandOff | None:
    """The open offer to this department; `Refused` where it leads somewhere else."""
    row = waiting.get(presence.member_id)
    if row is not None and row.to_department_id != to.pk:
        sentence = _("%(name)s is on the way to another department. Take that back first.")
        raise Refused(sentence % {"name": presence.member.name})
    return row


def name_receiver(row: HandOff, meant_for: User | None) -> HandOff:
    """An offer that stands already is meant for somebody else now."""
    if meant_for is not None and row.meant_for_id != meant_for.pk:
        row.meant_for = meant_for
        row.save(update_fields=["meant_for"])
    return row


def draft(
    presence: Presence,
    *,
    order: WorkOrder,
    looks: list[Look],
    to: Department,
    by: User,
    now: datetime,
    why: str,
) -> HandOff:
    return HandOff(
        work_order=order,
        member=presence.member,
        giver=presence.with_user,
        from_department=presence.department,
        to_department=to,
        by=by,
        look=next_look(looks) if is_shoot_day(order) else None,
        round=round_of(looks),
        offered_at=max(now, presence.since),
        why=why,
    )


def has_already(presence: Presence, receiver: User, to: Department) -> bool:
    """The receiver's second press."""
    is_with = presence.kind in {StayKind.WITH, StayKind.ON_LOCATION}
    return is_with and (presence.with_user_id, presence.department_id) == (receiver.pk, to.pk)


def standing(here: list[Presence], given: list[Presence]) -> list[HandOff]:
    """The hand-offs by which those who were there already came."""
    rest = [presence for presence in here if presence not in given]
    rows = HandOff.objects.filter(
        stays__presence__in=rest, stays__until=None, stays__superseded_by=None, state=HandOffState.ACCEPTED
    )
    return list(rows.select_related("receiver", "giver", "member", "to_department"))
