"""What each step of a work order asks. Each check answers what is missing, as short sentences.

The checks read relations by `.all()` only: with `PREFETCH` fetched before, the board asks nothing per card.
"""

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState, Confirmation
from studio.staff.models.branch import DepartmentKind
from workflow.gates import Doer, Missing
from workflow.models import LookState, WorkOrder

PREFETCH = (
    "booking__appointments",
    "booking__payments",
    "booking__price_lines",
    "looks",
    "presences__department",
    "departures",
    "items",
    "promises",
    "on_hold",
    "reshoots__appointment",
)


def where(order: WorkOrder, part: str = "") -> str:
    """The order's page, at one of its parts (`money`, `appointments`, `day` …)."""
    return reverse("workflow:order", args=[order.pk]) + (f"#{part}" if part else "")


def page(order: WorkOrder, name: str, **query: str) -> str:
    """A page of its own for one thing to do with this order."""
    return reverse(f"workflow:{name}", args=[order.pk]) + (f"?{urlencode(query)}" if query else "")


def appointment_of(order: WorkOrder, kind: str, *states: str) -> Appointment | None:
    """The order's appointment of a kind in one of `states`: the last one."""
    found = [a for a in order.booking.appointments.all() if a.kind == kind and a.state in states]
    return max(found, key=lambda a: a.starts_at, default=None)


def on_hold(order: WorkOrder, now: datetime) -> list[Missing]:
    """Before every step: an order that waits takes none, by itself or by hand."""
    return [
        Missing(
            "on_hold",
            _("The order is on hold: %(why)s.") % {"why": row.why},
            where(order, "standing"),
            Doer.FRONT,
            _("It goes on"),
        )
        for row in order.on_hold.all()
        if row.ended_at is None
    ]


def terms(order: WorkOrder, now: datetime) -> list[Missing]:
    if order.booking.terms_accepted_at:
        return []
    return [
        Missing(
            "terms",
            _("The terms are not accepted yet."),
            where(order, "money"),
            Doer.FRONT,
            _("Accept the terms"),
        )
    ]


def earnest(order: WorkOrder, now: datetime) -> list[Missing]:
    """Earnest money or a prepayment, or a manager's waiver with a reason."""
    if order.booking.earnest_waived_by_id or paid(order) > 0:
        return []
    return [
        Missing(
            "earnest",
            _("No earnest money yet."),
            page(order, "payment"),
            Doer.MONEY,
            _("Take a payment"),
        )
    ]


def shoot_date(order: WorkOrder, now: datetime) -> list[Missing]:
    """R3: a date that the customer has confirmed. Who came has confirmed it with their feet."""
    shoot = appointment_of(order, AppointmentKind.SHOOT, AppointmentState.PLANNED, AppointmentState.HELD)
    at = where(order, "appointments")
    if shoot is None:
        dates = page(order, "agree", kind=AppointmentKind.SHOOT)
        return [Missing("shoot_date", _("The shoot has no date yet."), dates, Doer.FRONT, _("Agree a date"))]
    if shoot.state == AppointmentState.HELD or order.arrived_at:
        return []
    if shoot.confirmation == Confirmation.CONFIRMED:
        return []
    if shoot.confirmation == Confirmation.ANOTHER_TIME:
        wish, move = _("The customer wants another time."), reverse("workflow:move", args=[shoot.pk])
        return [Missing("another_time", wish, move, Doer.FRONT, _("Agree another time"))]
    return [
        Missing(
            "shoot_confirmed", _("The shoot is not confirmed yet."), at, Doer.FRONT, _("Confirm the time")
        )
    ]


def arrival(order: WorkOrder, now: datetime) -> list[Missing]:
    if order.arrived_at:
        return []
    return [
        Missing(
            "arrival", _("They have not arrived yet."), page(order, "arrival"), Doer.FRONT, _("They are here")
        )
    ]


def looks(order: WorkOrder, now: datetime) -> list[Missing]:
    """F2: each look is shot, or it is written down why not."""
    return [
        Missing(
            "look",
            _("Still to be shot: %(look)s.") % {"look": look.name},
            where(order, "day"),
            Doer.FLOOR,
            _("Look done"),
        )
        for look in order.looks.all()
        if look.state == LookState.PENDING
    ]


def party_back(order: WorkOrder, now: datetime) -> list[Missing]:
    """R5.2, R5.5: nobody of the party is still with a department."""
    away = [
        presence
        for presence in order.presences.all()
        if presence.left_at is None and presence.department.kind != DepartmentKind.FRONT_DESK
    ]
    if not away:
        return []
    return [
        Missing(
            "party_back",
            _("The party is not back at the front desk yet."),
            where(order, "day"),
            Doer.DEPARTMENT,
            _("Bring them back"),
        )
    ]


def selection_signed(order: WorkOrder, now: datetime) -> list[Missing]:
    """R6.4: without the signed selection sheet production can't start."""
    if hasattr(order, "selection_sheet"):
        return []
    if appointment_of(order, AppointmentKind.SELECTION, AppointmentState.PLANNED) is None:
        at = page(order, "agree", kind=AppointmentKind.SELECTION)
        return [
            Missing(
                "selection_date",
                _("The selection has no date yet."),
                at,
                Doer.FRONT,
                _("Agree a selection date"),
            )
        ]
    return [
        Missing(
            "selection_signed",
            _("The selection sheet is not signed yet."),
            reverse("workflow:selection", args=[order.pk]),
            Doer.FRONT,
            _("Selection"),
        )
    ]


def reshot(order: WorkOrder, now: datetime) -> list[Missing]:
    """Production waits until what is to be shot again is shot, or the customer does without it."""
    found = []
    for row in order.reshoots.all():
        if row.ended_at is not None:
            continue
        if row.appointment is None:
            dates, action = page(order, "agree", kind=AppointmentKind.SHOOT), _("Agree a date")
            found.append(
                Missing("reshoot_date", _("The reshoot has no date yet."), dates, Doer.FRONT, action)
            )
        else:
            looks = where(order, "standing")
            found.append(Missing("reshoot", _("The reshoot is still to come."), looks, Doer.FLOOR))
    return found


def items_signed(order: WorkOrder, now: datetime) -> list[Missing]:
    """F3, R7: each item goes production → front desk → the customer's signature."""
    at = reverse("workflow:pickup", args=[order.pk])
    found = []
    items = list(order.items.all())
    found = [
        Missing(
            "item_made",
            _("Not made yet: %(item)s.") % {"item": item.name},
            at,
            Doer.PRODUCTION,
            _("Mark as made"),
        )
        for item in items
        if item.made_at is None
    ]
    if not found and any(item.at_desk_at is None for item in items):
        found = [
            Missing(
                "set_received",
                _("The set is not at the front desk yet."),
                at,
                Doer.FRONT,
                _("Receive the set"),
            )
        ]
    if not found and any(item.signed_at is None for item in items):
        found = [
            Missing(
                "items_signed",
                _("Not everything is signed for yet."),
                at,
                Doer.FRONT,
                _("Hand it to the customer"),
            )
        ]
    return found


def balance_settled(order: WorkOrder, now: datetime) -> list[Missing]:
    if paid(order) == sum((line.amount for line in order.booking.price_lines.all()), Decimal(0)):
        return []
    return [
        Missing(
            "balance",
            _("The balance is not settled."),
            page(order, "payment"),
            Doer.MONEY,
            _("Take a payment"),
        )
    ]


def promises_kept(order: WorkOrder, now: datetime) -> list[Missing]:
    """R9.1: whatever was promised is followed to its end."""
    return [
        Missing(
            "promise",
            _("Promised: %(what)s.") % {"what": promise.what},
            where(order, "promises"),
            Doer.FRONT,
            _("Promise kept"),
        )
        for promise in order.promises.all()
        if promise.kept_at is None
    ]


def paid(order: WorkOrder) -> Decimal:
    return sum((payment.amount for payment in order.booking.payments.all()), Decimal(0))
