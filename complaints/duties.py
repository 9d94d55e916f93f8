"""What unhappy customers put on the managers' day, and the words of its events."""

from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints import recovery
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import MANAGERS, Role


def unhappy_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """What waits for a manager's word; only duties of managers ask for it."""
    return [
        Case(
            key=f"unhappy:{departure.pk}",
            title=gettext("They left unhappy: a manager's word is missing"),
            detail=departure.note,
            link=reverse("complaints:word", args=[departure.pk]),
            customer=departure.work_order.booking.customer,
        )
        for departure in recovery.waiting(branch)
    ]


def own_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """What their deputy must see to: speak with who left unhappy."""
    return [
        Case(
            key=f"unhappy:{departure.pk}",
            title=gettext("They left unhappy: speak with them"),
            detail=departure.note,
            link=reverse("complaints:word", args=[departure.pk]),
            customer=departure.work_order.booking.customer,
        )
        for departure in recovery.of_people([user], branch)
    ]


UNHAPPY = Duty(
    title=_("They left unhappy"),
    template="complaints/_duty.html",
    roles=frozenset(MANAGERS),
    items=recovery.of_managers,
    icon="frown",
    order=4,
    link="complaints:list",
    cases=unhappy_cases,
)

MINE = Duty(
    title=_("They left unhappy"),
    template="complaints/_duty.html",
    roles=frozenset({Role.CONSULTANT}),
    items=recovery.of_owners,
    icon="frown",
    order=4,
    cases=own_cases,
    extra={"silent": True},
)

KINDS = {
    "recovery_taken": _("Somebody took the unhappy customer in hand"),
    "first_answer": _("Somebody spoke with the unhappy customer"),
    "recovered": _("A manager gave their word on how the unhappy customer was won back"),
}
ICONS = {"recovery_taken": "user-check", "first_answer": "ear", "recovered": "heart-handshake"}
