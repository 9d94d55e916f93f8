"""The record of the hands that each member was in (F2: time in and time out), from door to door."""

from workflow.models import Stay, WorkOrder


def stays(order: WorkOrder) -> list[Stay]:
    """Every pair of hands that each member was in, from the door to the door, without a hole and without an
    overlap; where nobody was with them, a gap (R5.1)."""
    rows = Stay.objects.standing().filter(presence__work_order=order)
    rows = rows.select_related("presence__member", "user", "department", "look", "hand_off__assistant")
    return list(rows.order_by("presence__arrived_at", "presence__member__position", "since", "until", "pk"))
