"""On hold: the order waits beside its stage, with who said so, why, and when it is looked at again.

Meanwhile it takes no step, and nobody is pressed for it (nudges, readiness); dates that stand keep their
reminders, since their customer comes.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from bookings.models import Booking
from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import stages
from workflow.models import OnHold, Stage, WorkOrder, WorkOrderEvent
from workflow.refusals import Refused

FURTHEST = timedelta(days=3660)


def held(order: str = "pk") -> Exists:
    """A condition on rows whose work order is `order`: it is on hold now."""
    return Exists(OnHold.objects.filter(work_order=OuterRef(order), ended_at=None))


def put_on_hold(order: WorkOrder, *, why: str, look_again_on: date, by: User, now: datetime) -> OnHold:
    """It waits. Said a second time with another day or another reason, the last word counts and the first is
    kept; the same words twice change nothing. `ValidationError` names the field that is wrong."""
    why = why.strip()
    today = order.branch.today(now)
    if not why:
        raise ValidationError({"why": _("Say why it waits.")})
    if look_again_on < today:
        raise ValidationError({"look_again_on": _("This day has passed.")})
    if look_again_on > today + FURTHEST:
        raise ValidationError({"look_again_on": _("This is more than ten years away.")})
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        if order.stage == Stage.CLOSED or order.booking.state != Booking.State.OPEN:
            raise Refused(_("This order is closed."))
        there = now_of(order)
        if there is not None:
            if (there.why, there.look_again_on) == (why, look_again_on):
                return there
            end(there, by=by, now=now)
        row = OnHold.objects.create(
            work_order=order,
            why=why,
            look_again_on=look_again_on,
            by=by,
            at=max(now, there.at if there else now),
        )
        note(order, "on_hold", by=by, now=now, on_hold=row.pk, until=look_again_on.isoformat())
        return row


def go_on(order: WorkOrder, *, by: User | None, now: datetime, why: str = "") -> OnHold | None:
    """It goes on, and takes the step that it waited with. Where it is not on hold nothing happens."""
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        there = now_of(order)
        if there is None:
            return None
        end(there, by=by or there.by, now=now, why=why)
        note(order, "goes_on", by=by, now=now, on_hold=there.pk)
        stages.try_advance(order, by=by, now=now)
        return there


def now_of(order: WorkOrder) -> OnHold | None:
    """On hold now; asks nothing where `on_hold` was fetched before."""
    return next((row for row in order.on_hold.all() if row.ended_at is None), None)


def end(row: OnHold, *, by: User, now: datetime, why: str = "") -> None:
    row.ended_at, row.ended_by, row.ended_why = max(now, row.at), by, why.strip()[:200]
    row.save(update_fields=["ended_at", "ended_by", "ended_why"])


def to_look_at(users: Iterable[User], branch: Branch, now: datetime) -> list[OnHold]:
    """What the customers of these owners wait with, and whose day to look again has come."""
    rows = OnHold.objects.filter(
        ended_at=None,
        look_again_on__lte=branch.today(now),
        work_order__branch=branch,
        work_order__booking__state=Booking.State.OPEN,
        work_order__booking__customer__owner__in=list(users),
    )
    return list(
        rows.select_related("by", "work_order__booking__customer__owner").order_by("look_again_on", "pk")
    )


def note(order: WorkOrder, kind: str, *, by: User | None, now: datetime, **parameters: object) -> None:
    WorkOrderEvent.objects.create(work_order=order, actor=by, at=now, kind=kind, parameters=parameters)
