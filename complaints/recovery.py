"""An unhappy customer is dealt with at once (R9.3): until a manager's word the order stays open."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints.models import Recovery
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS
from workflow.gates import Doer, Gate, Missing
from workflow.models import Departure, Mood, Stage, WorkOrder, WorkOrderEvent
from workflow.stages import try_advance

FIRST_ANSWER = timedelta(hours=1)
"""Within one to two hours (R10.4); who stands before us gets the shorter."""


class NotAManager(Exception):
    """Only a manager's word ends it."""


def unhappy(branch: Branch) -> Any:
    """Departures of customers who left unhappy, with who saw them off and whose customers they are."""
    return (
        Departure.objects.filter(work_order__branch=branch, mood=Mood.UNHAPPY)
        .select_related("by", "work_order__booking__customer__owner", "recovery__by")
        .order_by("at", "pk")
    )


def waiting(branch: Branch) -> list[Departure]:
    """Those that wait for a manager's word, the longest wait first."""
    return list(unhappy(branch).filter(Q(recovery=None) | Q(recovery__at=None)))


def open_at_once(departure: Departure, by: User | None, now: datetime) -> None:
    """Told by `workflow` when somebody was seen off: who left unhappy is dealt with at once (R9.3)."""
    if departure.mood == Mood.UNHAPPY:
        Recovery.objects.get_or_create(
            departure=departure,
            defaults={
                "branch": departure.work_order.branch,
                "what": departure.note,
                "opened_at": now,
                "answer_by": now + FIRST_ANSWER,
            },
        )


def give_word(departure: Departure, *, word: str, by: User, now: datetime) -> Recovery:
    """What was done, and how the customer stands to it, by a manager who answers for it.

    The first word stands; a repeat changes nothing. The order closes if this was the last thing.
    """
    word = word.strip()
    if not word:
        raise ValidationError({"word": _("Say what was done, and how the customer stands to it.")})
    order = departure.work_order
    if not Membership.objects.active().filter(user=by, branch=order.branch_id, role__in=MANAGERS).exists():
        raise NotAManager
    with transaction.atomic(), acting(by):
        Departure.objects.select_for_update(no_key=True, of=("self",)).get(pk=departure.pk)
        open_at_once(departure, by, now)
        said = Recovery.objects.select_for_update().get(departure=departure)
        if said.at is not None:
            return said
        said.word, said.by, said.at = word, by, now
        said.save(update_fields=["word", "by", "at"])
        WorkOrderEvent.objects.create(
            work_order=order, actor=by, at=now, kind="recovered", parameters={"departure": departure.pk}
        )
        try_advance(order, by, now)
    return said


def check(order: WorkOrder, now: datetime) -> list[Missing]:
    """The gate before closing."""
    return [
        Missing(
            "unhappy",
            _("They left unhappy; a manager's word is missing."),
            reverse("complaints:word", args=[departure.pk]),
            Doer.MANAGER,
            _("Give a manager's word"),
        )
        for departure in order.departures.all()
        if departure.mood == Mood.UNHAPPY and not has_word(departure)
    ]


def has_word(departure: Departure) -> bool:
    return hasattr(departure, "recovery") and departure.recovery.at is not None


GATE = Gate(stage_to=Stage.CLOSED, check=check, prefetch=("departures__recovery",))


def of_managers(users: Iterable[User], branch: Branch, now: datetime) -> list[Departure]:
    """The managers' duty. It belongs to all of them, whoever is in."""
    return waiting(branch)
