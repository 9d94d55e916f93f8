"""The record of the hands that each member was in (F2: time in and time out), from door to door."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Member
from studio.staff.models import Department, User
from workflow.models import HandOff, HandOffState, Presence, WorkOrder


@dataclass(frozen=True)
class Stay:
    """One member with one person in one department; `until` None: they are there now."""

    member: Member
    user: User
    department: Department
    since: datetime
    until: datetime | None


def stays(order: WorkOrder) -> list[Stay]:
    """Every hand that each member was in, from the door to the door, without a gap and without an overlap."""
    accepted = (
        HandOff.objects.filter(work_order=order, state=HandOffState.ACCEPTED)
        .select_related("giver", "receiver", "from_department", "to_department")
        .order_by("ended_at", "pk")
    )
    moves: dict[int, list[HandOff]] = {}
    for row in accepted:
        moves.setdefault(row.member_id, []).append(row)
    found = []
    people = ("member", "with_user", "department")
    presences = Presence.objects.filter(work_order=order).select_related(*people)
    for presence in presences.order_by("arrived_at", "member__position", "pk"):
        mine = [
            row
            for row in moves.get(presence.member_id, [])
            if row.ended_at >= presence.arrived_at  # type: ignore[operator]
            and (presence.left_at is None or row.ended_at <= presence.left_at)  # type: ignore[operator]
        ]
        user, department = presence.with_user, presence.department
        since = presence.arrived_at
        if mine:
            user, department = mine[0].giver, mine[0].from_department
        for row in mine:
            found.append(Stay(presence.member, user, department, since, row.ended_at))
            user, department, since = row.receiver, row.to_department, row.ended_at  # type: ignore[assignment]
        found.append(Stay(presence.member, user, department, since, presence.left_at))
    return found
