"""The work-order sheet (作业流程表): a staff copy, and a customer copy that shows nobody's face (F2, R9.9).

"Where the sheet is, there the job is": both copies carry a code that opens the order at the step of whoever
scans it; a stranger's camera gets a kind sentence and nothing else.
"""

from datetime import datetime
from typing import Any

import segno
from django.db.models import Prefetch
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from bookings.models import (
    AddOnKind,
    Allocation,
    Appointment,
    AppointmentKind,
    AppointmentState,
    LineKind,
    ResourceKind,
)
from customers.greetings import greeting_name
from studio.staff.models import Branch
from workflow import advice, letters, scanning
from workflow.models import CareKind, CareNote, LookState, Presence, SheetPhoto, Stay, Undone, WorkOrder
from workflow.models.work_order import WorkOrderQuerySet
from workflow.sheet_rows import Step, blanks_of, steps_of

KINDS_ON_THE_COPY = [
    AppointmentKind.FITTING,
    AppointmentKind.SHOOT,
    AppointmentKind.SELECTION,
    AppointmentKind.PICKUP,
]
MOST_TO_BRING = 6
STANDS = {AppointmentState.PLANNED, AppointmentState.HELD}

PEOPLE = {
    ResourceKind.ARTIST: _("Makeup artist"),
    ResourceKind.PHOTOGRAPHER: _("Photographer"),
    ResourceKind.ASSISTANT: _("Assistant"),
}
THINGS = {
    ResourceKind.FLOOR: _("Shooting floor"),
    ResourceKind.LOCATION: _("Location"),
    ResourceKind.VEHICLE: _("Vehicle"),
    ResourceKind.GOWN: _("Gowns"),
}


# --- Fetched for one sheet, or for a day of them ---------------------------------------------------
def orders(branch: Branch) -> WorkOrderQuerySet:
    """With all that a sheet reads: a day's sheets cost as many questions as one."""
    held = Allocation.objects.active().select_related("resource__user").order_by("used", "pk")
    dates = Appointment.objects.select_related("branch", "customer", "booking").order_by("starts_at", "pk")
    dates = dates.prefetch_related(Prefetch("allocations", held, to_attr="held"))  # type: ignore[no-redef]
    signed = ("user", "department", "hand_off__assistant", "record__entered_by", "written_by")
    stays = Stay.objects.standing().select_related("presence__member", *signed)
    presences = Presence.objects.prefetch_related(Prefetch("stays", stays.order_by("since", "until", "pk")))
    return (
        WorkOrder.objects.filter(branch=branch)
        .select_related(
            "branch", "sheet_issued_by", "booking__customer__owner", "booking__package_version__package"
        )
        .prefetch_related(
            "looks",
            "items",
            "departures",
            "booking__customer__members",
            "booking__customer__taboos",
            "booking__price_lines__add_on",
            "booking__price_lines__reversed_by",
            "booking__package_version__services",
            Prefetch("booking__appointments", dates),
            Prefetch("presences", presences.order_by("arrived_at", "member__position")),
            Prefetch("care_notes", CareNote.objects.select_related("member", "by")),
            Prefetch("undone", Undone.objects.select_related("look", "appointment", "promise")),
            Prefetch("sheet_photos", SheetPhoto.objects.defer("data")),
            "reshoots",
        )
    )


# --- Parts of it -----------------------------------------------------------------------------------
def code_of(order: WorkOrder) -> SafeString:
    """The code as SVG, drawn by attributes only: the policy forbids styles."""
    code = segno.make(scanning.address_of(order), error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None))


def steps(order: WorkOrder, *, gaps: bool = True) -> list[Step]:
    """Who had whom, from the door to the door."""
    return steps_of(order, [stay for row in order.presences.all() for stay in standing(row)], gaps=gaps)


def standing(presence: Presence) -> list[Stay]:
    """What holds; without the prefetch of `orders` too."""
    return sorted(
        (stay for stay in presence.stays.all() if stay.superseded_by_id is None),
        key=lambda stay: (stay.since, stay.until is None, stay.until or stay.since, stay.pk),
    )


def held_of(shoot: Appointment | None, words: dict[Any, Any]) -> list[tuple[Any, list[str]]]:
    """(word, names) of who or what is held for the shoot, each once."""
    found: dict[str, list[str]] = {}
    for allocation in shoot.held if shoot else []:
        resource = allocation.resource
        name = resource.user.spoken_name if resource.user else resource.name
        if resource.code and resource.kind == ResourceKind.GOWN:
            name = f"{name} ({resource.code})"
        names = found.setdefault(resource.kind, [])
        if name not in names:
            names.append(name)
    return [(word, found[kind]) for kind, word in words.items() if kind in found]


def services_of(order: WorkOrder) -> list[str]:
    """What is done for them without a thing to take home, of the package and sold beside it."""
    names = [service.name for service in order.booking.package_version.services.all()]
    sold = [
        line.name
        for line in order.booking.price_lines.all()
        if line.kind == LineKind.ADD_ON
        and line.add_on is not None
        and line.add_on.kind in {AddOnKind.SERVICE, AddOnKind.RETOUCH}
        and not hasattr(line, "reversed_by")
    ]
    return names + sold


def what_of(order: WorkOrder) -> list[str]:
    """What they take home, with how many."""
    return [
        f"{item.name} × {item.quantity}" if item.quantity > 1 else item.name for item in order.items.all()
    ]


def common(order: WorkOrder) -> dict[str, Any]:
    """What both copies show: the party, the looks, who serves, the dates. Nothing of money."""
    appointments = [
        row
        for row in order.booking.appointments.all()
        if row.kind in KINDS_ON_THE_COPY and row.state in STANDS
    ]
    shoot = next((row for row in reversed(appointments) if row.kind == AppointmentKind.SHOOT), None)
    return {
        "order": order,
        "customer": order.booking.customer,
        "members": list(order.booking.customer.members.all()),
        "looks": list(order.looks.all()),
        "package": order.booking.package_version.package,
        "items": what_of(order),
        "services": services_of(order),
        "shoot": shoot,
        "appointments": appointments,
        "people": held_of(shoot, PEOPLE),
        "code": code_of(order),
    }


# --- The two copies ----------------------------------------------------------------------------------
def customer_copy(order: WorkOrder, *, now: datetime) -> dict[str, Any]:
    """For the customer's own hands, to keep: their day, who is there for them, when next, what to bring.
    No money, no taboo, no special care, no complaint, no mood, no gap (R9.9). In the customer's language."""
    language = order.booking.customer.language
    with translation.override(language):
        context = common(order)
        coming = next((row for row in context["appointments"] if is_coming(row, now)), None)
        dates = {row.pk: date_of(row, order.branch, language) for row in context["appointments"]}
        book = advice.Book.of([order.branch_id])
        return context | {
            "language": language,
            "guests": greeting_name(order.booking.customer, language),
            "dates": [dates[row.pk] for row in context["appointments"] if row is not context["shoot"]],
            "the_day": dates[context["shoot"].pk] if context["shoot"] else None,
            "is_over": context["shoot"] is not None and not is_coming(context["shoot"], now),
            "coming": coming,
            "bring": [*book.bring(coming), *book.caring_notes(coming)][:MOST_TO_BRING] if coming else [],
        }


def date_of(appointment: Appointment, branch: Branch, language: str) -> dict[str, str]:
    """A date in words, as the customer reads it."""
    moment = appointment.starts_at
    return {
        "kind": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(moment, branch=branch, language=language),
        "time": letters.time_in_words(moment, branch=branch, language=language),
        "lunar": letters.lunar_words(moment, branch=branch, language=language),
    }


def is_coming(appointment: Appointment, now: datetime) -> bool:
    return appointment.state == AppointmentState.PLANNED and appointment.ends_at > now


def staff_copy(order: WorkOrder, *, now: datetime) -> dict[str, Any]:
    """For who serves: taboos and special care first (R9.4, R9.12), times in and out, what was not done."""
    context, care = common(order), list(order.care_notes.all())
    lines = steps(order)
    is_over = bool(lines) and all(row.left_at is not None for row in order.presences.all())
    written = list(order.undone.all())
    told = {row.look_id for row in written}
    return context | {
        "now": now,
        "taboos": [taboo for taboo in order.booking.customer.taboos.all() if taboo.is_active],
        "things": held_of(context["shoot"], THINGS),
        "steps": lines,
        "blanks": [] if is_over else blanks_of(order, lines=lines),
        "lockers": [note for note in care if note.kind == CareKind.LOCKER],
        "meals": [note for note in care if note.kind == CareKind.MEAL],
        "not_done": written,
        "undone": [
            look for look in context["looks"] if look.state == LookState.UNDONE and look.pk not in told
        ],
        "reshoot": next((row for row in order.reshoots.all() if row.ended_at is None), None),
        "photos": list(order.sheet_photos.all()),
    }
