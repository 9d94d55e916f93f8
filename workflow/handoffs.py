"""Hand-to-hand (一手交一手, R5): who brings a customer, who takes over, and nobody ever alone in between.

A presence says with whom a member of a party is now, where, and since when. It moves only when the
receiver says "I take over" (R5.1): between the offer and that word the giver still has the customer,
and a returned or withdrawn offer leaves everything as it was. So the record has no unattended moment;
what it can show is somebody waiting too long to be taken over.

Every function locks the sale and its work order first, so that two people who press at once come one after
the other: the first has the customer, the second is told who that is.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.duties import stands_in_for, who_acts_for
from studio.staff.models import Branch, Department, Membership, User
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import MANAGERS, SERVING
from workflow import presences, stages
from workflow.models import HandOff, HandOffState, Look, Presence, WorkOrder, WorkOrderEvent
from workflow.presences import Hands
from workflow.refusals import NeedsReason, NotAllowed, Refused, TakenOver
from workflow.route import SHOOT_DAY, next_look, next_stop, round_of


# --- Who may ------------------------------------------------------------------------------
def place_of(user: User, branch: Branch) -> Membership | None:
    return Membership.objects.active().filter(user=user, branch=branch, role__in=SERVING).first()


def departments_of(people: Iterable[User], branch: Branch) -> set[int]:
    """The departments in which these people work."""
    places = Membership.objects.active().filter(user__in=list(people), branch=branch, role__in=SERVING)
    return set(places.exclude(department=None).values_list("department_id", flat=True))


def answers_for(order: WorkOrder, *, now: datetime) -> User | None:
    """The customer's owner, or the person who does the owner's work today (R1.1, R8)."""
    owner = order.booking.customer.owner
    if owner is None:
        return None
    return who_acts_for(owner, branch=order.branch, day=order.branch.today(now))


def speaks_for_all(user: User, order: WorkOrder, *, now: datetime) -> bool:
    """The owner, who acts for them, or a manager: they may move a customer whom somebody else has."""
    place = place_of(user, order.branch)
    if place is None:
        return False
    acting_owner = answers_for(order, now=now)
    return place.role in MANAGERS or user.pk in {
        order.booking.customer.owner_id,
        acting_owner.pk if acting_owner else None,
    }


# --- Offer, accept, return, withdraw ----------------------------------------------------------
def offer(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    to: Department,
    by: User,
    now: datetime,
    why: str = "",
) -> list[HandOff]:
    """Bring these members to another department (or to a colleague in the same one); they stay with whoever
    has them until somebody there takes over (R5.1, R5.6).

    The giver is who has the member. The owner or a manager may press for them; the event keeps who did.
    Off the route (R5.2) only they may send a customer, and only with a reason. The second press of the
    same button changes nothing.
    """
    why = why.strip()
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        if to.branch_id != order.branch_id:
            raise NotAllowed(_("This department belongs to another branch."))
        looks = list(order.looks.all())
        free = speaks_for_all(by, order, now=now)
        rows, fresh = [], []
        for presence in presences_of(order, members):
            waiting = HandOff.objects.open().filter(member=presence.member).first()
            if waiting is not None and waiting.to_department_id == to.pk:
                rows.append(waiting)
                continue
            if waiting is not None:
                sentence = _("%(name)s is on the way to another department. Take that back first.")
                raise Refused(sentence % {"name": presence.member.name})
            check_giver(presence, by=by, free=free)
            check_route(presence, order=order, looks=looks, to=to, free=free, why=why)
            fresh.append(
                HandOff.objects.create(
                    work_order=order,
                    member=presence.member,
                    giver=presence.with_user,
                    from_department=presence.department,
                    to_department=to,
                    look=next_look(looks) if order.stage in SHOOT_DAY else None,
                    round=round_of(looks),
                    offered_at=max(now, presence.since),
                    why=why,
                )
            )
        if fresh:
            note(order, "handed_over", fresh, by=by, now=now)
        return rows + fresh


def accept(hand_offs: Iterable[HandOff], *, by: User, now: datetime) -> list[HandOff]:
    """ "I take over": from this moment the members are with `by`, and not a second earlier (R5.1).

    Only somebody of the receiving department, never the giver. All or nothing: was a colleague quicker
    with one of them, `TakenOver` says who. One's own second press changes nothing.
    """
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        for row in rows:
            check_receiver(row, by=by, now=now)
            if row.state == HandOffState.ACCEPTED and row.receiver_id != by.pk:
                raise TakenOver(row.receiver)  # type: ignore[arg-type]
            if row.state not in {HandOffState.OFFERED, HandOffState.ACCEPTED}:
                raise Refused(_("This was taken back or returned in the meantime. Look again who has them."))
        fresh = [row for row in rows if row.state == HandOffState.OFFERED]
        for row in fresh:
            presence = Presence.objects.select_for_update(no_key=True).get(
                member_id=row.member_id, left_at=None
            )
            row.state, row.receiver = HandOffState.ACCEPTED, by
            # Two servers' clocks may differ: time in one customer's day never runs backwards.
            row.ended_at = max(now, presence.since, row.offered_at)
            row.save(update_fields=["state", "receiver", "ended_at"])
            hands = Hands(by, row.to_department, look=row.look, hand_off=row)
            presences.change(presence, hands, by=by, at=row.ended_at)
        for order in orders_of(fresh):
            mine = [row for row in fresh if row.work_order_id == order.pk]
            if order.styling_since is None and any(
                row.to_department.kind == DepartmentKind.STYLING for row in mine
            ):
                order.styling_since = mine[0].ended_at  # R4.4
                order.save(update_fields=["styling_since"])
            note(order, "taken_over", mine, by=by, now=now)
            stages.try_advance(order, by=by, now=now)
        return rows


def send_back(hand_offs: Iterable[HandOff], *, why: str, by: User, now: datetime) -> list[HandOff]:
    """The next process is the customer of the one before it: it may refuse what is not right, with a reason
    (R5.4). The members stay with the giver; `receiver` keeps who refused."""
    why = why.strip()
    if not why:
        raise NeedsReason(_("Say what is not right, so that the colleague can put it right."))
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        for row in rows:
            check_receiver(row, by=by, now=now)
        return end(rows, HandOffState.RETURNED, by=by, now=now, receiver=by, why=why)


def withdraw(hand_offs: Iterable[HandOff], *, by: User, now: datetime) -> list[HandOff]:
    """The giver (the owner, a manager) takes the offer back before anybody took over."""
    with transaction.atomic(), acting(by):
        rows = locked(hand_offs)
        for row in rows:
            if by.pk != row.giver_id and not speaks_for_all(by, row.work_order, now=now):
                raise NotAllowed(_("Only who brings the customer, their owner or a manager takes this back."))
        return end(rows, HandOffState.WITHDRAWN, by=by, now=now)


# --- What each of them checks -----------------------------------------------------------------
def presences_of(order: WorkOrder, members: Iterable[Member]) -> list[Presence]:
    """The presences of these members in the house, in the party's order; `Refused` where one is not here."""
    wanted = {member.pk: member for member in members}
    if not wanted:
        raise Refused(_("Choose who goes along."))
    found = (
        Presence.objects.filter(work_order=order, left_at=None, member__in=wanted)
        .select_related("member", "with_user", "department")
        .order_by("member__position", "member_id")
    )
    missing = wanted.keys() - {presence.member_id for presence in found}
    if missing:
        sentence = _("%(name)s is not in the house now.")
        raise Refused(sentence % {"name": wanted[min(missing)].name})
    return list(found)


def check_giver(presence: Presence, *, by: User, free: bool) -> None:
    if by.pk != presence.with_user_id and not free:
        sentence = _(
            "%(name)s is with %(colleague)s: only they, the owner or a manager hand over from there."
        )
        raise NotAllowed(
            sentence % {"name": presence.member.name, "colleague": presence.with_user.spoken_name}
        )


def check_route(
    presence: Presence, *, order: WorkOrder, looks: list[Look], to: Department, free: bool, why: str
) -> None:
    """R4.1: nobody leaves the front desk without a sheet. R5.2: elsewhere than the route only with a reason.

    Within one department (somebody relieves a colleague) there is no route to leave.
    """
    here = presence.department
    if here.pk == to.pk:
        return
    leaves_for_shoot = here.kind == DepartmentKind.FRONT_DESK and order.stage in SHOOT_DAY
    if leaves_for_shoot and order.sheet_issued_at is None:
        raise Refused(_("Issue the work-order sheet first: customer and sheet go to the artist together."))
    if to.kind == next_stop(presence, order=order, looks=looks):
        return
    if not free:
        sentence = _(
            "The route does not lead to %(department)s now. The owner or a manager may send them there."
        )
        raise NotAllowed(sentence % {"department": to.name})
    if not why:
        sentence = _("The route does not lead to %(department)s now. Say why they go there.")
        raise NeedsReason(sentence % {"department": to.name})


def check_receiver(row: HandOff, *, by: User, now: datetime) -> None:
    branch = row.to_department.branch
    place = place_of(by, branch)
    # Who stands in for somebody of the department works there today (R8.1).
    people = stands_in_for(by, branch=branch, day=branch.today(now)) or [by]
    if place is None or row.to_department_id not in departments_of(people, branch):
        sentence = _("Only somebody of %(department)s takes over here.")
        raise NotAllowed(sentence % {"department": row.to_department.name})
    if by.pk == row.giver_id:
        raise NotAllowed(_("Who brings a customer cannot be who receives them: ask a colleague."))


def locked(hand_offs: Iterable[HandOff]) -> list[HandOff]:
    """The hand-offs as they are now, behind the locks of their orders."""
    ids = [row.pk for row in hand_offs]
    if not ids:
        raise Refused(_("Choose who goes along."))
    orders = WorkOrder.objects.filter(hand_offs__in=ids).select_related("booking").distinct()
    for order in orders.order_by("booking_id"):
        stages.lock(order)
    rows = HandOff.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    people = ("receiver", "giver", "member", "to_department__branch", "from_department")
    # The order and whose it is are asked for apart: thirteen tables in one question were planned badly.
    whose = ("work_order__branch", "work_order__booking__customer__owner")
    return list(rows.select_related(*people).prefetch_related(*whose).order_by("pk"))


def orders_of(rows: Iterable[HandOff]) -> list[WorkOrder]:
    return list({row.work_order_id: row.work_order for row in rows}.values())


def end(
    rows: list[HandOff],
    state: HandOffState,
    *,
    by: User,
    now: datetime,
    receiver: User | None = None,
    why: str = "",
) -> list[HandOff]:
    """Close open offers without moving anybody; a repeat of the same changes nothing."""
    for row in rows:
        if row.state == HandOffState.ACCEPTED:
            raise TakenOver(row.receiver)  # type: ignore[arg-type]
        if row.state not in {HandOffState.OFFERED, state}:
            raise Refused(_("This was taken back or returned in the meantime. Look again who has them."))
    fresh = [row for row in rows if row.state == HandOffState.OFFERED]
    for row in fresh:
        row.state, row.ended_at = state, max(now, row.offered_at)
        row.receiver, row.why = receiver, why or row.why
        row.save(update_fields=["state", "ended_at", "receiver", "why"])
    kind = "returned" if state == HandOffState.RETURNED else "withdrawn"
    for order in orders_of(fresh):
        note(order, kind, [row for row in fresh if row.work_order_id == order.pk], by=by, now=now)
    return rows


def note(order: WorkOrder, kind: str, rows: list[HandOff], *, by: User, now: datetime) -> None:
    """One event for the members who go together. `giver` may be another than the actor: the owner or a
    manager pressed for them."""
    WorkOrderEvent.objects.create(
        work_order=order,
        actor=by,
        at=now,
        kind=kind,
        parameters={
            "hand_offs": [row.pk for row in rows],
            "members": [row.member_id for row in rows],
            "giver": rows[0].giver_id,
            "from": rows[0].from_department.kind,
            "to": rows[0].to_department.kind,
        },
    )
