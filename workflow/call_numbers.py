"""A number that is wrong or missing: the desk is asked for it, and whoever finds it writes it down (R3.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import files
from customers.contacts import NumberTaken
from customers.models import ContactKind, ContactPoint
from studio.foundation.audit import acting
from studio.outbox import alerts
from studio.staff.duties import Duty, who_acts_for
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow.models import CallEvent, CallKind, CallOutcome, CallState, CallTask
from workflow.models.calls import CallTaskQuerySet

AHEAD = timedelta(days=1)
"""The desk looks for a number a day before the call falls due."""
FOUND = "number_found"


@dataclass(frozen=True)
class Wanted:
    """A customer whose number is looked for: the call that is most urgent, and until when it is of use."""

    call: CallTask
    until: datetime | None

    @property
    def wrong(self) -> list[str]:
        points = self.call.customer.contact_points.all()
        return [point.value for point in points if point.kind == ContactKind.PHONE and point.is_wrong]


def without_a_number(branch: Branch) -> CallTaskQuerySet:
    """Open calls that nobody can make. Somebody who is only followed up and never left a number is the
    owner's own to find."""
    phones = ContactPoint.objects.filter(customer=OuterRef("customer"), kind=ContactKind.PHONE)
    never = ~Q(kind=CallKind.FOLLOW_UP) | Q(Exists(phones.filter(is_wrong=True)))
    return CallTask.objects.to_make().filter(never, ~Exists(phones.filter(is_wrong=False)), branch=branch)


def wanted(branch: Branch, now: datetime) -> list[Wanted]:
    """One line per customer, the most urgent first."""
    rows = without_a_number(branch).filter(due_at__lte=now + AHEAD).for_list().order_by("due_at", "id")
    first: dict[int, CallTask] = {}
    for call in rows:
        first.setdefault(call.customer_id, call)
    return [Wanted(call, call.appointment.starts_at if call.appointment else None) for call in first.values()]


def find(call: CallTask, number: str, *, by: User, now: datetime) -> CallTask:
    """The number (E.164) goes into the file, and every call that waited for it is due at once.

    `ValidationError` at the field where it is the wrong one again, or another file's.
    """
    with transaction.atomic(), acting(by):
        # All of theirs at once, in one order: whoever takes or records one of them waits for the file next.
        theirs = CallTask.objects.filter(Q(pk=call.pk) | Q(state=CallState.OPEN), customer=call.customer_id)
        list(theirs.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
        row = CallTask.locked(call.pk)
        points = list(row.customer.contact_points.filter(kind=ContactKind.PHONE))
        valid = [point.value for point in points if not point.is_wrong]
        if number in valid:
            return row
        if any(point.value == number for point in points):
            raise ValidationError({"number": _("This is the number that was wrong; look for another one.")})
        try:
            files.edit_file(row.customer, version=None, phones=[*valid, number], by=by, now=now)
        except NumberTaken as taken:
            raise ValidationError(
                {"number": _("This number belongs to %(name)s.") % {"name": taken.customer.name}}
            ) from None
        CallEvent.objects.create(call=row, kind="number_found", actor=by, at=now)
        waited = CallTask.objects.to_make().filter(customer=row.customer_id)
        waited.filter(Q(pk=row.pk) | Q(outcome=CallOutcome.WRONG_NUMBER) | Q(due_at__lte=now)).update(
            due_at=now
        )
        tell(row, by=by, now=now)
    row.refresh_from_db()
    return row


def tell(call: CallTask, *, by: User, now: datetime) -> None:
    """Whoever calls hears that it can be called now, unless they found the number themselves."""
    whose = call.assigned_to or call.customer.owner
    if whose is None:
        return
    acting_today = who_acts_for(whose, branch=call.branch, day=call.branch.today(now))
    if acting_today != by:
        alerts.ring(
            [acting_today],
            FOUND,
            branch=call.branch,
            about=f"{call.pk}:{now.isoformat()}",
            now=now,
            link=call.get_absolute_url(),
            parameters={"call": call.pk},
        )


# --- On Today -----------------------------------------------------------------------------------
def numbers_wanted(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """Everybody's at the front: whoever knows it writes it down."""
    return wanted(branch, now)


WANTED = Duty(
    title=gettext_lazy("Numbers wanted"),
    template="workflow/_call_numbers.html",
    roles=frozenset(FRONT),
    items=numbers_wanted,
    icon="phone-off",
    order=15,
)
