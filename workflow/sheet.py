"""The work-order sheet (作业流程表): a staff copy, and a customer copy that shows nobody's face (F2, R9.9).

"Where the sheet is, there the job is": both copies carry a code that opens the order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from bookings.models import AppointmentKind, AppointmentState
from studio.staff.models.branch import DepartmentKind
from workflow.house import booked_person
from workflow.lines import listed
from workflow.models import LookState, Stay, WorkOrder
from workflow.stays import stays

KINDS_ON_THE_COPY = [AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP]


def code_of(order: WorkOrder) -> SafeString:
    """The QR code of the order's address as SVG, drawn by attributes only: the policy forbids styles."""
    code = segno.make(settings.PUBLIC_URL + order.get_absolute_url(), error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None))


@dataclass(frozen=True)
class Step:
    """One line of the sheet: who had whom in which department, in and out (F2). Those who were together
    share it; `names` is empty where that is the whole party."""

    names: str
    stay: Stay


def steps(order: WorkOrder) -> list[Step]:
    together: dict[tuple, list[Stay]] = {}
    for stay in stays(order):
        key = (stay.user_id, stay.department_id, stay.kind, stay.since, stay.until)
        together.setdefault(key, []).append(stay)
    everybody = len({stay.presence.member_id for group in together.values() for stay in group})
    rows = [
        Step("" if len(group) == everybody else listed(stay.presence.member.name for stay in group), group[0])
        for group in together.values()
    ]
    return sorted(rows, key=lambda step: (step.stay.since, step.names))


def common(order: WorkOrder) -> dict[str, Any]:
    """What both copies show: the party, the looks, who serves, the dates."""
    appointments = [
        appointment
        for appointment in order.booking.appointments.all()
        if appointment.kind in KINDS_ON_THE_COPY
        and appointment.state in {AppointmentState.PLANNED, AppointmentState.HELD}
    ]
    return {
        "order": order,
        "customer": order.booking.customer,
        "members": list(order.booking.customer.members.all()),
        "looks": list(order.looks.all()),
        "package": order.booking.package_version.package,
        "items": list(order.items.all()),
        "shoot": next((a for a in reversed(appointments) if a.kind == AppointmentKind.SHOOT), None),
        "appointments": appointments,
        "artist": booked_person(order, DepartmentKind.STYLING),
        "photographer": booked_person(order, DepartmentKind.SHOOTING),
        "code": code_of(order),
    }


def customer_copy(order: WorkOrder) -> dict[str, Any]:
    """For the customer's own hands: no money, no taboo, no special care, no complaint, no mood (R9.9)."""
    return common(order)


def staff_copy(order: WorkOrder, *, now: datetime) -> dict[str, Any]:
    """For who serves: taboos and special care first (R9.4, R9.12), times in and out, what was not done."""
    looks = list(order.looks.all())
    return common(order) | {
        "now": now,
        "taboos": [taboo for taboo in order.booking.customer.taboos.all() if taboo.is_active],
        "steps": steps(order),
        "undone": [look for look in looks if look.state == LookState.UNDONE],
        "departures": list(order.departures.select_related("by")),
    }
