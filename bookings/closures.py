"""A resource is kept free: repair, painting, training. Never over a booking, and nobody books over it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.allocation import fill, keep_free, lock
from bookings.bookable import FURTHEST, NotBookable
from bookings.models import Allocation, Closure, Resource
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.staff.models import User

LONGEST = timedelta(days=366)


@retried
def close(
    resource: Resource,
    *,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: User,
    now: datetime,
) -> Closure:
    """Keep every unit of it free from when to when. `SlotTaken` names who has it then; `NotBookable` for a
    time or a reason that can't be meant."""
    if ends_at <= starts_at:
        raise NotBookable(_("The end lies before the beginning."), "until")
    if ends_at <= now:
        raise NotBookable(_("This time is over already. Choose one that is still to come."), "until")
    if starts_at > now + FURTHEST:
        raise NotBookable(_("That is more than three years ahead. Check the year."), "from")
    if ends_at - starts_at > LONGEST:
        raise NotBookable(
            _("A year at most. Switch it off in the settings if it does not come back."), "until"
        )
    if not why.strip():
        raise NotBookable(_("Say why; a few words are enough."), "why")
    with transaction.atomic(), acting(by):
        row = Closure.objects.create(
            resource=resource, starts_at=starts_at, ends_at=ends_at, why=why.strip()[:100], by=by, at=now
        )
        keep_free(row)
        return row


def close_around(
    resources: Iterable[Resource],
    *,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: User,
    now: datetime,
) -> list[Closure]:
    """Keep all of these from being booked from now on, around what stands in that time: somebody fell ill,
    something broke (R9.7). Part of the caller's transaction, which has checked the time and the reason."""
    rows = [
        Closure.objects.create(
            resource=resource, starts_at=starts_at, ends_at=ends_at, why=why[:100], by=by, at=now
        )
        for resource in lock(resources)
    ]
    for row in rows:
        fill(row)
    return rows


@retried
def lift(closure: Closure, *, by: User | None, now: datetime) -> Closure:
    """It can be booked again, at once. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = Closure.objects.select_for_update().get(pk=closure.pk)
        if row.lifted_at is None:
            lock([row.resource])
            row.lifted_at = now
            row.save(update_fields=["lifted_at"])
            Allocation.objects.active().filter(closure=row).update(is_active=False)
        return row
