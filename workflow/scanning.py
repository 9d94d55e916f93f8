"""A scan of the sheet's code opens the order at the step of whoever scans (F2: where the sheet is, there the
job is). Looking changes nothing: a camera that fetches the address has done nothing."""

import re
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from bookings.models import AppointmentKind, AppointmentState, Booking
from studio.staff.duties import stands_in_for
from studio.staff.models import Branch, Membership
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import FRONT, Role
from workflow.handoffs import departments_of
from workflow.models import HandOff, Presence, Stage, StayKind, WorkOrder
from workflow.route import SHOOT_DAY, next_stop

NUMBER = re.compile(r"[A-Za-z0-9_-]{1,20}")
SCANNED = re.compile(rf"/s/({NUMBER.pattern})/?$")


def address_of(order: WorkOrder) -> str:
    """What the code on the sheet says: it names the order, and nobody."""
    return settings.PUBLIC_URL + reverse("workflow:scan", args=[order.booking.number])


def number_in(text: str) -> str:
    """The order number, where a hand scanner typed the whole address into the search box; else the text."""
    found = SCANNED.search(text.strip())
    return found[1] if found else text


def find(number: str, branch: Branch) -> WorkOrder | None:
    """The branch's order of this number."""
    if not NUMBER.fullmatch(number):
        return None
    orders = WorkOrder.objects.filter(branch=branch, booking__number__iexact=number)
    return orders.select_related("branch", "booking__customer__owner").first()


def page(name: str, order: WorkOrder) -> str:
    return reverse(f"workflow:{name}", args=[order.pk])


def step_for(order: WorkOrder, place: Membership, *, now: datetime) -> str:
    """The address of the next thing that this colleague does with this order; else the order's page."""
    at_hand = in_the_house(order, place, now=now)
    if at_hand:
        return at_hand
    if order.booking.state != Booking.State.OPEN:
        return order.get_absolute_url()
    if place.role in FRONT and is_awaited(order, now=now):
        return page("arrival", order)
    if place.role == Role.CASHIER:
        return page("payment", order) if is_owing(order) else f"{order.get_absolute_url()}#money"
    kind = place.department.kind if place.department else None
    if order.stage == Stage.PICKUP and (kind == DepartmentKind.PRODUCTION or place.role in FRONT):
        return page("pickup", order)
    if order.stage == Stage.SELECTION and (kind == DepartmentKind.SELECTION or place.role in FRONT):
        return page("selection", order)
    return order.get_absolute_url()


def in_the_house(order: WorkOrder, place: Membership, *, now: datetime) -> str:
    """The party is here: whom I am to take over first, then who is with me."""
    me, today = place.user, order.branch.today(now)
    people = stands_in_for(me, branch=order.branch, day=today) or [me]
    offered = HandOff.objects.open().filter(
        work_order=order, to_department__in=departments_of(people, order.branch)
    )
    if offered.exclude(giver=me).exists():
        return f"{order.get_absolute_url()}#day"
    mine = Presence.objects.filter(work_order=order, left_at=None, with_user=me)
    presence = mine.select_related("department").first()
    if presence is None:
        return f"{order.get_absolute_url()}#day" if is_next(order, place) else ""
    is_offered = HandOff.objects.open().filter(work_order=order, member=presence.member_id).exists()
    needs_sheet = order.stage in SHOOT_DAY and order.sheet_issued_at is None
    is_away = presence.kind in {StayKind.ALONE, StayKind.STEPPED_OUT}
    if is_away or is_offered or needs_sheet:
        return f"{order.get_absolute_url()}#day"
    if next_stop(presence, order=order, looks=list(order.looks.all())) is None:
        return page("departure", order)
    return page("hand_offs", order)


def is_next(order: WorkOrder, place: Membership) -> bool:
    """Somebody else has them, and they come to this colleague's department next: where both stand together,
    the day's part lets who scans take them over in one press."""
    if place.department is None or order.stage not in SHOOT_DAY:
        return False
    here = Presence.objects.filter(work_order=order, left_at=None).select_related("department")
    looks = list(order.looks.all())
    return any(next_stop(one, order=order, looks=looks) == place.department.kind for one in here)


def is_awaited(order: WorkOrder, *, now: datetime) -> bool:
    """Nobody of the party is here, and they are expected today."""
    if Presence.objects.filter(work_order=order, left_at=None).exists():
        return False
    start, end = order.branch.day_bounds(order.branch.today(now))
    kinds = [AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP]
    coming = order.booking.appointments.filter(state=AppointmentState.PLANNED, kind__in=kinds)
    return coming.between(start, end).exists()


def is_owing(order: WorkOrder) -> bool:
    return Booking.objects.with_money().get(pk=order.booking_id).balance > 0
