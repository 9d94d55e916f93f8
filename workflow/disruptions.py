"""When a day breaks (R9.7): opened with every date that it touches, followed until each is made good.

Any colleague of the front may open one; what broke is kept from being booked from that second on, around the
dates that stand, until it is said to be over or its time has passed.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import agreed_moves, closures
from bookings.availability import FOLLOWS_THE_HOUSE
from bookings.bookable import FURTHEST, NotBookable
from bookings.models import Appointment, Resource
from bookings.retry import retried
from customers.names import clean
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User
from workflow import disrupted_alerts, disrupted_calls, disrupted_proposals, promises
from workflow.disrupted_states import add, close_or_open, put
from workflow.disrupted_touched import touched
from workflow.models import DisruptedDate, DisruptedState, Disruption, DisruptionKind, Promise

LONGEST = timedelta(days=62)
"""Longer than that is no broken day: switch it off in the settings, or give leave."""


# --- Opened -------------------------------------------------------------------------------------
def check_span(
    branch: Branch, resource: Resource | None, start: datetime, end: datetime, now: datetime
) -> None:
    """`ValidationError` by field for a time or a thing that can't be meant."""
    if end <= start:
        raise ValidationError({"until": _("The end lies before the beginning.")})
    if end <= now:
        raise ValidationError({"until": _("This time is over already. Choose one that is still to come.")})
    if start > now + FURTHEST:
        raise ValidationError({"from": _("That is more than three years ahead. Check the year.")})
    if end - start > LONGEST:
        raise ValidationError({"until": _("Two months at most. For longer, use leave or the settings.")})
    if resource is not None and (resource.branch_id != branch.pk or not resource.is_active):
        raise ValidationError({"resource": _("Choose somebody or something of this branch.")})


@retried
def open_disruption(
    branch: Branch,
    *,
    kind: str,
    resource: Resource | None,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: User,
    now: datetime,
    only: Iterable[Appointment] | None = None,
    minutes: int | None = None,
) -> Disruption:
    """Write down what broke, with a row for each date that it touches (or for those of `only`: rain over one
    date, a chain that is late; nothing is kept free then). `ValidationError` by field."""
    check_span(branch, resource, starts_at, ends_at, now)
    why = clean(why)[:200]
    if not why:
        raise ValidationError({"why": _("Say what happened; a few words are enough.")})
    with transaction.atomic(), acting(by):
        row = Disruption.objects.create(
            branch=branch,
            kind=kind,
            resource=resource,
            starts_at=starts_at,
            ends_at=ends_at,
            minutes=minutes,
            why=why,
            by=by,
            at=now,
        )
        if only is None:
            row.closures.set(
                closures.close_around(
                    broken_with(branch, resource),
                    starts_at=starts_at,
                    ends_at=ends_at,
                    why=why,
                    by=by,
                    now=now,
                )
            )
            # Asked under the locks: whoever was booking in this second is seen, or has been refused.
            found = touched(branch, resource=resource, starts_at=starts_at, ends_at=ends_at, now=now)
            only = [one.appointment for one in found]
        add(row, only, now=now)
        close_or_open(row.pk, by=by, now=now)
        disrupted_alerts.ring(row, by=by, now=now)
        row.refresh_from_db()
        return row


def broken_with(branch: Branch, resource: Resource | None) -> list[Resource]:
    """What can't be booked meanwhile: it alone, or everybody and every room of the house."""
    if resource is not None:
        return [resource]
    return list(Resource.objects.bookable(branch, *FOLLOWS_THE_HOUSE))


def set_going(disruption: Disruption, *, by: User, now: datetime) -> Disruption:
    """What follows at once: a proposal for each date, then the calls onto the lists of the owners."""
    if disruption.kind != DisruptionKind.LATE:
        disrupted_proposals.propose(disruption, now=now)
    disrupted_calls.bring_up(disruption, by=by, now=now)
    return disruption


@retried
def over(disruption: Disruption, *, by: User, now: datetime) -> Disruption:
    """Somebody is well again, the power is back: it can be booked, and dates of which nobody was told stand
    as they are. Who was told already is still to be seen to. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        rows = disruption.dates.filter(settled_at=None, state=DisruptedState.TOUCHED).order_by("pk")
        for closure in disruption.closures.filter(lifted_at=None).order_by("resource"):
            closures.lift(closure, by=by, now=now)
        for date_ in rows.select_for_update(no_key=True, of=("self",)).select_related("appointment"):
            put(date_, DisruptedState.STANDS, by=by, now=now)
        row = Disruption.locked(disruption.pk)
        if row.starts_at < now < row.ends_at:
            row.ends_at = now
            row.save_version("ends_at")
        close_or_open(row.pk, by=by, now=now)
        row.refresh_from_db()
        return row


def is_standing(disruption: Disruption, now: datetime) -> bool:
    """Whether something is still kept free for it."""
    return disruption.ends_at > now and disruption.closures.filter(lifted_at=None).exists()


# --- One date -------------------------------------------------------------------------------------
@retried
def agree(
    row: DisruptedDate,
    *,
    starts_at: datetime,
    version: int | None,
    by: User,
    now: datetime,
    price: Decimal | None = None,
    overtime: bool = False,
) -> DisruptedDate:
    """The customer agrees to this time (the one they have: to somebody else), and it is so. The same press
    twice is one. Raises `StaleEdit`, and what `agreed_moves.move` raises; nothing is changed then."""
    with transaction.atomic(), acting(by):
        appointment, fresh = locked(row)
        if fresh.is_settled and appointment.starts_at == starts_at and fresh.by_id == by.pk:
            return fresh
        check(fresh, version)
        slots = disrupted_proposals.slots_for(fresh, appointment, starts_at, now=now)
        if not slots:
            raise NotBookable(_("Nobody is free at this time any more. Look for another proposal."))
        options: dict[str, Any] = {"by": by, "now": now, "overtime": overtime, "knows": True, "agreed": price}
        disrupted_proposals.first_that_holds(
            slots, lambda slot: agreed_moves.move(appointment, slot=slot, version=None, **options)
        )
        return DisruptedDate.objects.get(pk=fresh.pk)


@retried
def tell(
    row: DisruptedDate, *, version: int | None, by: User, now: datetime, note: str = ""
) -> DisruptedDate:
    """The customer knows; no new time yet. Nobody writes to them any more."""
    return state(row, DisruptedState.TOLD, version=version, by=by, now=now, note=note)


@retried
def stand(
    row: DisruptedDate, *, version: int | None, by: User, now: datetime, note: str = ""
) -> DisruptedDate:
    """It takes place as it is: with the light of a window, with a colleague who steps in without a
    booking."""
    return state(row, DisruptedState.STANDS, version=version, by=by, now=now, note=note)


def state(
    row: DisruptedDate, to: str, *, version: int | None, by: User, now: datetime, note: str
) -> DisruptedDate:
    with transaction.atomic(), acting(by):
        _appointment, fresh = locked(row)
        if fresh.state == to and fresh.by_id == by.pk:
            return fresh
        check(fresh, version)
        if fresh.is_settled:
            raise StaleEdit(fresh)
        put(fresh, to, by=by, now=now, note=clean(note))
        return fresh


@retried
def promise(
    row: DisruptedDate, *, what: str, by_when: date, version: int | None, by: User, now: datetime
) -> Promise:
    """What makes it good to them, followed like every promise; the date is not settled before it is kept."""
    with transaction.atomic(), acting(by):
        appointment, fresh = locked(row)
        check(fresh, version)
        order = getattr(appointment.booking, "work_order", None)
        if order is None:
            raise ValidationError({"what": _("There is no order to promise it in. Write it on the file.")})
        if fresh.promise is not None:
            raise ValidationError({"what": _("Something is promised to them for this day already.")})
        made = promises.promise(order, what=what, by_when=by_when, by=by, now=now)
        fresh.promise = made
        put(fresh, fresh.state, by=by, now=now)
        return made


def locked(row: DisruptedDate) -> tuple[Appointment, DisruptedDate]:
    """The date, then its row, as the schedule locks them."""
    appointment = Appointment.locked(row.appointment_id)
    fresh = DisruptedDate.locked(row.pk)
    fresh.appointment = appointment
    return appointment, fresh


def check(row: DisruptedDate, version: int | None) -> None:
    if version is not None and row.version != version:
        raise StaleEdit(row)
