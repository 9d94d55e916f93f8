"""What every end of a hand-off shares (R5.1): the members move, or stay where they are, and the order's
history says so. Called behind the locks of the orders."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow import assistants, presences, stages
from workflow.models import HandOff, HandOffState, Presence, WorkOrder
from workflow.models import WorkOrderEvent as Event
from workflow.presences import Hands
from workflow.refusals import Refused, TakenOver


def take(
    rows: list[HandOff], *, receiver: User, by: User, now: datetime, assistant: User | None = None
) -> None:
    """The members of these locked, open hand-offs are with the receiver from now on."""
    members = [row.member_id for row in rows]
    found = Presence.objects.select_for_update(no_key=True).filter(member__in=members, left_at=None)
    here = {presence.member_id: presence for presence in found.order_by("pk")}
    for order in orders_of(rows):
        mine = [row for row in rows if row.work_order_id == order.pk]
        department = mine[0].to_department
        helper = assistant or assistants.of(order, department.kind)
        for row in mine:
            presence = here[row.member_id]
            row.state, row.receiver = HandOffState.ACCEPTED, receiver
            row.assistant = helper if helper and helper.pk not in {receiver.pk, row.giver_id} else None
            # Two servers' clocks may differ: time in one customer's day never runs backwards.
            row.ended_at = max(now, presence.since, row.offered_at)
            row.save(update_fields=["state", "receiver", "assistant", "ended_at"])
            hands = presences.taken_over(presence, Hands(receiver, department, look=row.look, hand_off=row))
            presences.change(presence, hands, by=by, at=row.ended_at)
        if order.styling_since is None and department.kind == DepartmentKind.STYLING:
            order.styling_since = mine[0].ended_at  # R4.4
            order.save(update_fields=["styling_since"])
        note(order, "taken_over", mine, by=by, now=now, receiver=receiver.pk, way=mine[0].way)
        stages.try_advance(order, by=by, now=now)


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
    by: User | None,
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


def note(
    order: WorkOrder, kind: str, rows: list[HandOff], *, by: User | None, now: datetime, **more: object
) -> None:
    """One event for the members who go together. `giver` may be another than the actor: the owner or a
    manager pressed for them."""
    parameters = {
        "hand_offs": [row.pk for row in rows],
        "members": [row.member_id for row in rows],
        "giver": rows[0].giver_id,
        "from": rows[0].from_department.kind,
        "to": rows[0].to_department.kind,
    }
    Event.objects.create(work_order=order, actor=by, at=now, kind=kind, parameters=parameters | more)
