"""What a day holds for one person beside the calls, as a hand-over to a deputy lists it (R8.1): who comes,
what must be ready, what was promised, who is here; and how much it is."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from bookings.models import (
    Allocation,
    Appointment,
    AppointmentKind,
    AppointmentState,
    Booking,
    Confirmation,
)
from customers.models import Customer, Taboo
from studio.foundation.templatetags.studio import local_date, local_moment
from studio.staff.duties import Case
from studio.staff.models import Branch, Membership, User
from workflow import deliveries, standing
from workflow.models import CallTask, Presence, Promise, Visit
from workflow.readiness import DAYS_BEFORE, NEEDED


def arrival_key(appointment: Appointment) -> str:
    return f"appointment:{appointment.pk}"


# --- Who comes ----------------------------------------------------------------------------------
def arrivals(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """The owner's customers who come that day, whatever for."""
    appointments = (
        Appointment.objects.planned()
        .between(*branch.day_bounds(day))
        .filter(branch=branch, customer__owner=user)
        .select_related("customer", "booking__work_order")
        .prefetch_related("readiness")
        .order_by("starts_at", "pk")
    )
    rows = list(appointments)
    bookings = Booking.objects.with_money().filter(pk__in=[row.booking_id for row in rows])
    owing = {booking.pk for booking in bookings if booking.balance > 0}
    return [
        Case(
            key=arrival_key(row),
            title=_("They come: %(what)s") % {"what": AppointmentKind(row.kind).label},
            detail=_(" · ").join(arrival_facts(row, owes=row.booking_id in owing)),
            at=row.starts_at,
            link=row.get_absolute_url(),
            customer=row.customer,
        )
        for row in rows
    ]


def arrival_facts(appointment: Appointment, *, owes: bool) -> list[str]:
    """What the deputy should know of it at a glance; for colleagues only, never for a screen turned round."""
    facts = [appointment.booking.number] if appointment.booking else []
    if appointment.kind == AppointmentKind.SHOOT:
        confirmed = appointment.confirmation == Confirmation.CONFIRMED
        facts.append(_("confirmed") if confirmed else _("not confirmed"))
    missing = [str(row.get_kind_display()) for row in appointment.readiness.all() if row.done_at is None]
    facts += [_("still missing: %(what)s") % {"what": what} for what in missing]
    if owes:
        facts.append(_("a balance is open"))
    return facts


def booked(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """The customers for whom this artist or photographer is held that day."""
    start, end = branch.day_bounds(day)
    held = Allocation.objects.active().filter(
        resource__user=user,
        appointment__branch=branch,
        appointment__state=AppointmentState.PLANNED,
        appointment__starts_at__gte=start,
        appointment__starts_at__lt=end,
    )
    appointments = (
        Appointment.objects.filter(allocations__in=held)
        .select_related("customer", "booking__work_order")
        .distinct()
        .order_by("starts_at", "pk")
    )
    return [
        Case(
            key=arrival_key(row),
            title=_("Booked with you: %(what)s") % {"what": AppointmentKind(row.kind).label},
            detail=row.booking.number if row.booking else "",
            at=row.starts_at,
            link=row.get_absolute_url(),
            customer=row.customer,
        )
        for row in appointments
    ]


# --- What must be ready, what was promised ------------------------------------------------------
def to_check(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Selections and pickups within two days of that day, whose things are not all there (R6.1, R7.1)."""
    start = branch.day_bounds(day)[0]
    end = branch.day_bounds(day + timedelta(days=DAYS_BEFORE))[1]
    appointments = (
        Appointment.objects.planned()
        .between(start, end)
        .filter(branch=branch, kind__in=NEEDED, customer__owner=user, booking__work_order__isnull=False)
        .exclude(standing.held("booking__work_order"))
        .select_related("customer", "booking__work_order")
        .prefetch_related("readiness")
        .order_by("starts_at", "pk")
    )
    found = []
    for row in appointments:
        lights = list(row.readiness.all())
        missing = [str(light.get_kind_display()) for light in lights if light.done_at is None]
        if missing or not lights:
            found.append(
                Case(
                    key=f"readiness:{row.pk}",
                    title=_("See that all is ready: %(what)s, %(when)s")
                    % {
                        "what": AppointmentKind(row.kind).label,
                        "when": local_moment(row.starts_at),
                    },
                    detail=_(" · ").join(missing),
                    link=f"{row.get_absolute_url()}#readiness",
                    customer=row.customer,
                )
            )
    return found


def promises(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Promises to the owner's customers that fall due by that day (R9.1)."""
    rows = Promise.objects.open().filter(branch=branch, customer__owner=user, by_when__lte=day)
    return [
        Case(
            key=f"promise:{row.pk}",
            title=_("Promise: %(what)s") % {"what": row.what},
            detail=_("by %(when)s") % {"when": local_date(row.by_when)},
            link=f"{row.work_order.get_absolute_url()}#promises" if row.work_order else "",
            customer=row.customer,
        )
        for row in rows.select_related("customer", "work_order")
    ]


def to_deliver(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """What the department of this colleague must deliver by that day."""
    place = Membership.objects.active().filter(user=user, branch=branch).select_related("department").first()
    if place is None or place.department is None:
        return []
    end = branch.day_bounds(day)[1]
    owed = deliveries.of_departments(branch, [place.department], now=now)
    return [
        Case(
            key=delivery_key(row),
            title=str(row.what),
            detail=row.order.booking.number,
            at=row.due_at if branch.today(row.due_at) == day else None,
            link=row.order.get_absolute_url(),
            customer=row.order.booking.customer,
        )
        for row in owed
        if row.due_at is not None and row.due_at < end
    ]


def delivery_key(row: deliveries.Delivery) -> str:
    if row.readiness is not None:
        return f"ready:{row.readiness.pk}"
    return f"item:{row.item.pk}" if row.item is not None else f"set:{row.order.pk}"


# --- Who is here now ------------------------------------------------------------------------------
def received(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Visitors whom this colleague is receiving; only today's, somebody takes over from there."""
    if day != branch.today(now):
        return []
    rows = Visit.objects.open().filter(
        branch=branch, consultant=user, arrived_at__gte=branch.day_bounds(day)[0]
    )
    return [
        Case(
            key=f"visit:{row.pk}",
            title=_("A visitor is here: take over from here"),
            detail=row.came_for,
            at=row.arrived_at,
            link=row.get_absolute_url(),
            customer=row.customer,
        )
        for row in rows.select_related("customer").order_by("arrived_at", "pk")
    ]


def held(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Customers in the house who are with this colleague: nobody stays alone for a minute (R5.1)."""
    if day != branch.today(now):
        return []
    rows = Presence.objects.filter(work_order__branch=branch, with_user=user, left_at=None)
    found = {}
    with_them, left_alone = (
        _("In the house, with them now: take over at once"),
        _("Stands alone in the house"),
    )
    for row in rows.select_related("work_order__booking__customer").order_by("since", "pk"):
        found[row.work_order_id] = Case(
            key=f"with:{row.work_order_id}",
            title=left_alone if row.is_alone else with_them,
            detail=row.work_order.booking.number,
            at=row.since,
            link=f"{row.work_order.get_absolute_url()}#day",
            customer=row.work_order.booking.customer,
        )
    return list(found.values())


# --- How much it is, and what to mind ------------------------------------------------------------
def workload(branch: Branch, day: date, now: datetime) -> dict[int, int]:
    """Appointments and calls of the day by whose they are, three questions whatever there is."""
    start, end = branch.day_bounds(day)
    coming = Appointment.objects.planned().between(start, end).filter(branch=branch).order_by()
    calls = CallTask.objects.to_make().filter(branch=branch, due_at__lt=end).order_by()
    held_for = Allocation.objects.active().filter(appointment__in=coming, resource__user__isnull=False)
    load: dict[int, int] = {}
    for counted in (
        coming.values_list("customer__owner").annotate(number=Count("pk")),
        calls.values_list("customer__owner").annotate(number=Count("pk")),
        held_for.order_by().values_list("resource__user").annotate(number=Count("pk")),
    ):
        for person, number in counted:
            if person is not None:
                load[person] = load.get(person, 0) + number
    return load


def to_mind(customers: Iterable[int]) -> dict[int, list[str]]:
    """Taboos and special care (R9.4, R9.12), by customer."""
    active = Prefetch("taboos", Taboo.objects.filter(is_active=True))
    rows = Customer.objects.filter(pk__in=list(customers)).prefetch_related(active)
    return {
        row.pk: [
            *([row.special_care] if row.special_care else []),
            *(taboo.text for taboo in row.taboos.all()),
        ]
        for row in rows
    }
