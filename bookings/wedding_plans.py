"""The planner before a wedding, asked for a sale, an order, or a day that somebody is about to agree."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from bookings.models import (
    Appointment,
    AppointmentState,
    Booking,
    PackageKind,
    PackageVersion,
    SchedulingRules,
)
from bookings.wedding_plan import STEPS, Plan, Time, plan
from customers.models import Customer
from studio.staff.models import Branch


def rules_of(branch: Branch) -> SchedulingRules:
    return SchedulingRules.objects.filter(branch=branch).first() or SchedulingRules(branch=branch)


def for_sale(
    version: PackageVersion | None, customer: Customer, *, now: datetime, shoot: date | None = None
) -> Plan | None:
    """Before the sale: what this package leaves of the time to their wedding, with the shoot on this day."""
    branch = customer.branch
    if version is None or not is_before_a_wedding(version, customer, branch.today(now)):
        return None
    return plan(
        version,
        customer.wedding_day,  # type: ignore[arg-type]
        today=branch.today(now),
        rules=rules_of(branch),
        dates={"shoot": shoot} if shoot else None,
    )


def of_booking(booking: Booking, *, now: datetime, instead: tuple[str, date] | None = None) -> Plan | None:
    """The order's plan with the dates as they stand; `instead` is (kind, day) that somebody thinks of. None
    where no wedding is to come."""
    version, customer, branch = booking.package_version, booking.customer, booking.branch
    today = branch.today(now)
    if not booking.is_open or not is_before_a_wedding(version, customer, today):
        return None
    rows = booking.appointments.all()
    dates, done = dates_of(rows, branch, today)
    if instead is not None:
        dates[instead[0]] = instead[1]
        done.discard(instead[0])
    assert customer.wedding_day is not None
    return plan(version, customer.wedding_day, today=today, rules=rules_of(branch), dates=dates, done=done)


def warning(booking: Booking | None, kind: str, day: date | None, *, now: datetime) -> Plan | None:
    """The plan if this date were on `day`, where that makes it tight or too late; never a refusal."""
    if booking is None or day is None or kind not in STEPS:
        return None
    found = of_booking(booking, now=now, instead=(kind, day))
    step = found.step(kind) if found else None
    return found if step is not None and step.state != Time.OK else None


def is_before_a_wedding(version: PackageVersion, customer: Customer, today: date) -> bool:
    day = customer.wedding_day
    return version.package.kind == PackageKind.WEDDING and day is not None and day >= today


def dates_of(rows: Iterable[Appointment], branch: Branch, today: date) -> tuple[dict[str, date], set[str]]:
    """The days by kind: of what took place the last, else of what is planned. What went by without the
    customer counts as not agreed."""
    dates: dict[str, date] = {}
    done: set[str] = set()
    for row in sorted(rows, key=lambda row: row.starts_at):
        day = timezone.localtime(row.starts_at, branch.zone).date()
        if row.state == AppointmentState.HELD:
            dates[row.kind] = day
            done.add(row.kind)
        elif row.state == AppointmentState.PLANNED and day >= today and row.kind in STEPS:
            # A second date of a kind (a reshoot) is to come: the step is not done yet.
            dates[row.kind] = day
            done.discard(row.kind)
    return {kind: day for kind, day in dates.items() if kind in STEPS}, done
