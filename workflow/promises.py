"""Whatever is promised to a customer is written down: who, what, by when; and followed to its end (R9.1)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import acting
from studio.foundation.registry import Registry
from studio.staff.models import Branch, User
from workflow.models import Promise, WorkOrder, WorkOrderEvent
from workflow.stages import try_advance

DUE_WITHIN = timedelta(days=7)

kept: Registry[Callable[[Promise, User | None, datetime], None]] = Registry("listener to kept promises")
"""Each is called with (promise, by, now) in the transaction in which it was kept, before the order moves
on."""


def promise(order: WorkOrder, *, what: str, by_when: date, by: User, now: datetime) -> Promise:
    """Write a promise down. A day that has passed is refused: what nobody can do is not promised."""
    what = what.strip()
    if not what:
        raise ValidationError({"what": _("Say what was promised.")})
    if by_when < order.branch.today(now):
        raise ValidationError({"by_when": _("This day has passed.")})
    if by_when > order.branch.today(now) + timedelta(days=3660):
        raise ValidationError({"by_when": _("This is more than ten years away.")})
    with transaction.atomic(), acting(by):
        made = Promise.objects.create(
            branch_id=order.branch_id,
            customer_id=order.booking.customer_id,
            work_order=order,
            what=what,
            by_when=by_when,
            made_by=by,
            made_at=now,
        )
        WorkOrderEvent.objects.create(
            work_order=order, actor=by, at=now, kind="promised", parameters={"promise": made.pk}
        )
    return made


def keep(promise: Promise, *, by: User | None, now: datetime) -> Promise:
    """Kept, in one press; a repeat does nothing. The last one kept may close the order."""
    with transaction.atomic(), acting(by):
        row = Promise.objects.select_for_update(no_key=True, of=("self",)).get(pk=promise.pk)
        if row.kept_at is None:
            row.kept_at, row.kept_by = now, by
            row.save(update_fields=["kept_at", "kept_by"])
            for listener in kept:
                listener(row, by, now)
            if row.work_order is not None:
                WorkOrderEvent.objects.create(
                    work_order=row.work_order,
                    actor=by,
                    at=now,
                    kind="promise_kept",
                    parameters={"promise": row.pk},
                )
                try_advance(row.work_order, by, now)
    promise.kept_at, promise.kept_by = row.kept_at, row.kept_by
    return promise


def due(users: Iterable[User], branch: Branch, now: datetime) -> list[Promise]:
    """Open promises to these people's customers that fall due within a week, overdue ones first."""
    last = branch.today(now) + DUE_WITHIN
    return list(
        Promise.objects.open()
        .filter(branch=branch, customer__owner__in=list(users), by_when__lte=last)
        .annotate(is_overdue=Q(by_when__lt=branch.today(now)))
        .select_related("customer__owner", "work_order__booking", "made_by")
    )
