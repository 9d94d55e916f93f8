"""What rings while a customer waits between two hands, or stands alone (R5.1)."""

from collections.abc import Iterable
from datetime import datetime

from studio.outbox import alerts
from studio.outbox.watching import managers_of
from studio.staff.models import User
from workflow.hand_checks import answers_for, colleagues_in
from workflow.models import Presence, WorkOrder


def ring_gap(order: WorkOrder, alone: list[Presence], *, by: User | None, now: datetime) -> None:
    """Somebody of a party stands alone: the owner or who acts for them, the managers, the department."""
    owner = answers_for(order, now=now)
    people: Iterable[User] = [
        *([owner] if owner else []),
        *managers_of(order.branch),
        *colleagues_in(alone[0].department, now=now),
    ]
    first = min(alone, key=lambda presence: presence.pk)
    alerts.ring(
        [person for person in people if by is None or person.pk != by.pk],
        "left_alone",
        branch=order.branch,
        about=f"{first.pk}:{first.since.isoformat()}",
        now=now,
        link=f"{order.get_absolute_url()}#day",
        parameters={
            "order": order.pk,
            "members": [presence.member_id for presence in alone],
            "department": alone[0].department_id,
            "since": alone[0].since.isoformat(),
        },
    )
