"""A manager shares out calls (R3.2, R12.2): given to a colleague, or back to the owner's list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.owners import CannotOwn, check_owner
from studio.foundation.audit import acting
from studio.outbox import alerts
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, User
from workflow.models import CallEvent, CallTask
from workflow.models.calls import CallTaskQuerySet

MOST = 200
"""So many calls in one press; what is more is left where it is, and said."""
GIVEN = "call_given"


@dataclass(frozen=True)
class Given:
    """How many were given; `left` of those chosen stay where they are (made meanwhile, or theirs already).
    `acting` makes them where the colleague is off today."""

    count: int
    left: int
    acting: User | None = None


def give(calls: Iterable[int], *, branch: Branch, to: User | None, by: User, now: datetime) -> Given:
    """Put open calls of the branch on somebody's list; `to` None: back on that of the customer's owner.

    Who calls at this moment goes on undisturbed: the outcome is recorded as before. A repeat changes nothing.
    """
    chosen = sorted(set(calls))
    with transaction.atomic(), acting(by):
        if to is not None:
            hold_place(to, branch)
        rows = CallTask.objects.open().filter(branch=branch, pk__in=chosen[:MOST])
        moved = [
            row
            for row in rows.select_related("customer")
            .order_by("pk")
            .select_for_update(no_key=True, of=("self",))
            if assignee(row, to) != row.assigned_to_id
        ]
        for row in moved:
            # The version stays: whoever has the call open records its outcome all the same.
            CallTask.objects.filter(pk=row.pk).update(assigned_to=assignee(row, to))
        CallEvent.objects.bulk_create(
            [
                CallEvent(
                    call=row,
                    kind="assigned" if to else "given_back",
                    actor=by,
                    at=now,
                    parameters={"to": to.pk} if to else {},
                )
                for row in moved
            ]
        )
        acting_today = who_acts_for(to, branch=branch, day=branch.today(now)) if to else None
        if moved and acting_today is not None:
            tell(acting_today, moved, by=by, now=now)
    off = acting_today if acting_today != to else None
    return Given(len(moved), len(chosen) - len(moved), off)


def hold_place(user: User, branch: Branch) -> None:
    """Nobody leaves the house while they are given a call; who has left, or does not call, is given none."""
    try:
        check_owner(user, branch)
    except CannotOwn:
        raise ValidationError({"to": _("Choose a colleague of the front desk.")}) from None


def given_to(user: User, branch: Branch) -> CallTaskQuerySet:
    return CallTask.objects.open().filter(branch=branch, assigned_to=user)


def give_all_back(user: User, branch: Branch, *, by: User | None, now: datetime) -> None:
    """Who leaves the house keeps no call: each is on the list of its customer's owner again."""
    rows = list(given_to(user, branch).order_by("pk").select_for_update(no_key=True, of=("self",)))
    CallTask.objects.filter(pk__in=[row.pk for row in rows]).update(assigned_to=None)
    CallEvent.objects.bulk_create([CallEvent(call=row, kind="given_back", actor=by, at=now) for row in rows])


def assignee(call: CallTask, to: User | None) -> int | None:
    """To the owner is to nobody in particular: the call follows its customer."""
    return to.pk if to is not None and to.pk != call.customer.owner_id else None


def tell(user: User, calls: list[CallTask], *, by: User, now: datetime) -> None:
    """One ring for one press; nobody is told of what they took for themselves."""
    if user == by:
        return
    link = calls[0].get_absolute_url() if len(calls) == 1 else reverse("workflow:calls")
    alerts.ring(
        [user],
        GIVEN,
        branch=calls[0].branch,
        about=f"{min(call.pk for call in calls)}:{now.isoformat()}",
        now=now,
        link=link,
        parameters={"count": len(calls), "by": by.pk},
    )
