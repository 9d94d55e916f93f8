"""They did not come: the date is over without them, and somebody calls them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.allocation import release
from bookings.models import Appointment, AppointmentState
from bookings.retry import retried
from bookings.schedule import NotBookable, locked, record, refuse_unless_planned, when
from studio.foundation.audit import acting
from studio.staff.models import User


@retried
def miss(appointment: Appointment, *, by: User | None, now: datetime) -> Appointment:
    """The agreed time has come and they have not: what was held for them is free, but for a gown that is out.
    Never before that time. A repeat does nothing. Raises `NotBookable`."""
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        if row.state == AppointmentState.MISSED:
            return row
        refuse_unless_planned(row)
        if now < row.starts_at:
            raise NotBookable(_("It is not time yet: they may still come."))
        out = set(row.outings.filter(back_at=None).values_list("resource_id", flat=True))
        release(row, keep=out)
        row.state = AppointmentState.MISSED
        row.save_version("state")
        record(row, "missed", by=by, now=now, **when(row))
        return row
