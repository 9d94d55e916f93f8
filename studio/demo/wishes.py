"""What waits at the desk of the demo shop today: a wish from the booking page, a discount to decide, somebody
who waits for a full day, and a gown that has not come back."""

from datetime import datetime, timedelta
from decimal import Decimal

from bookings import codes, discounts, online, outings, waiting
from bookings.models import Appointment, AppointmentKind, BookingRequest, Outing, PackageVersion
from bookings.schedule import NotBookable, SlotTaken
from studio.demo.cast import Stage
from studio.demo.people import dice, party
from studio.demo.words import DISCOUNT_WHY, WAITING_NOTE, WISHES
from studio.outbox.queue import withdraw
from workflow.models import WorkOrder

ADDRESS = "203.0.113.7"
"""Of the demo's imagined customer; an address that nobody has."""


def wish_online(stage: Stage, *, now: datetime) -> BookingRequest | None:
    """A couple asked on the booking page a while ago, with its number verified."""
    settings = online.settings_of(stage.branch)
    if settings is None:
        return None
    chance, language = dice(stage.branch.code, stage.day, "online"), stage.branch.customer_language
    who = party("couple", language=language, chance=chance)
    version = PackageVersion.objects.on_sale(stage.branch).filter(package__kind="wedding").first()
    request = online.ask(
        settings,
        version=version,
        name=who.members[0].name,
        phone=who.phone,
        party=2,
        words=WISHES[language],
        language=language,
        address=ADDRESS,
        day=stage.day + timedelta(days=20),
        now=now,
    )
    online.verify(request, codes.code_of(request), now=now + timedelta(minutes=1))
    # Nobody owns this number: its code is not sent.
    withdraw(codes.PURPOSE, request.pk, now=now)
    return request


def ask_discount(stage: Stage, *, now: datetime) -> None:
    """The newest open order's owner would like to go beyond the limit of their role."""
    orders = WorkOrder.objects.open().filter(branch=stage.branch).select_related("booking__customer__owner")
    order = orders.order_by("-pk").first()
    if order is not None and order.booking.customer.owner is not None:
        language = stage.branch.customer_language
        discounts.give(
            order.booking,
            amount=Decimal(600),
            why=DISCOUNT_WHY[language],
            by=order.booking.customer.owner,
            now=now,
        )


def wait_for_a_day(stage: Stage, *, now: datetime) -> None:
    """A family without a date would like the coming weekend."""
    order = (
        WorkOrder.objects.open()
        .filter(branch=stage.branch, stage="confirm")
        .exclude(booking__appointments__kind=AppointmentKind.SHOOT)
        .select_related("booking__customer__owner", "booking__package_version")
        .first()
    )
    if order is None:
        return
    saturday = stage.day + timedelta(days=(5 - stage.day.weekday()) % 7 or 7)
    waiting.join(
        branch=stage.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind=AppointmentKind.SHOOT,
        first_day=saturday,
        last_day=saturday + timedelta(days=1),
        minutes=order.booking.package_version.shoot_minutes,
        part_of_day="morning",
        note=WAITING_NOTE[stage.branch.customer_language],
        by=order.booking.customer.owner,
        now=now,
    )


def lend_a_gown(stage: Stage, *, now: datetime) -> Outing | None:
    """The next bride took her gown home to try it with her shoes; it was to be back by eleven."""
    start, _end = stage.branch.day_bounds(stage.day)
    coming = Appointment.objects.planned().filter(
        branch=stage.branch,
        starts_at__gte=start,
        allocations__resource__kind="gown",
        allocations__is_active=True,
    )
    appointment = coming.order_by("starts_at").first()
    if appointment is None or not stage.people["styling"]:
        return None
    held = appointment.allocations.filter(resource__kind="gown", is_active=True).select_related("resource")
    try:
        return outings.give_out(
            appointment,
            held[0].resource,
            due_back_at=min(stage.at(11), now),
            by=stage.people["styling"][0],
            now=now - timedelta(hours=26),
        )
    except (SlotTaken, NotBookable):
        return None
