"""What the order's page shows beside the order itself: the next step, who has it, messages, timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.foundation.templatetags.studio import local_date
from studio.staff.duties import who_acts_for
from studio.staff.models import Membership, User
from studio.staff.models.membership import FRONT, TAKES_MONEY
from workflow import checks, credit, readiness, stages
from workflow.gates import Doer, Missing
from workflow.models import Presence, Readiness, WorkOrder
from workflow.models.work_order import OPEN_STAGES
from workflow.order_messages import messages_of
from workflow.order_timeline import history
from workflow.reshoots import MAY_BE_OPENED
from workflow.stage_outline import outline
from workflow.standing_facts import facts_of

MOST_MESSAGES = 20


@dataclass(frozen=True)
class NextStep:
    """The one next thing: a sentence, and the primary button, for whoever may press it.

    `to` is the stage that is reached by hand, where nothing is missing and the order has not moved by itself.
    """

    what: Any
    link: str = ""
    action: Any = ""
    doer: Any = ""
    may: bool = True
    to: str = ""


def next_step(order: WorkOrder, lacks: list[Missing], membership: Membership) -> NextStep | None:
    """None: the order is closed."""
    step = stages.BY_STAGE.get(order.stage)  # type: ignore[call-overload]
    if step is None:
        return None
    if not lacks:
        what = _("Everything is there: on to “%(stage)s”.") % {"stage": step.to.label}
        return NextStep(what, action=_("Move on"), to=step.to)
    first = lacks[0]
    doer = Doer(first.role) if first.role else None
    return NextStep(
        what=first.text,
        link=first.link,
        action=first.action,
        doer=doer.label if doer else "",
        may=bool(first.action) and (doer is None or membership.role in doer.roles),
    )


@dataclass(frozen=True)
class Holder:
    """Who has the order in hand now: a person, or the department whose turn it is."""

    person: User | None
    place: Any
    since: datetime


def holder(order: WorkOrder, lacks: list[Missing], *, now: datetime) -> Holder:
    """With whom the party is (where the sheet is, there the job is, F2), else with who must act next."""
    presence = (
        Presence.objects.filter(work_order=order, left_at=None)
        .select_related("with_user", "department")
        .order_by("-since")
        .first()
    )
    if presence is not None:
        return Holder(presence.with_user, presence.department, presence.since)
    doer = Doer(lacks[0].role) if lacks and lacks[0].role else Doer.FRONT
    owner = order.booking.customer.owner
    if doer in {Doer.FRONT, Doer.MONEY} and owner is not None:
        day = order.branch.today(now)
        return Holder(who_acts_for(owner, branch=order.branch, day=day), doer.label, order.stage_since)
    return Holder(None, doer.label, order.stage_since)


@dataclass(frozen=True)
class Light:
    """One thing that must be ready, and whether the reader may say that it is."""

    row: Readiness
    may: bool


def lights(appointment: Appointment | None, membership: Membership) -> list[Light]:
    if appointment is None or appointment.state != AppointmentState.PLANNED:
        return []
    return [
        Light(row, row.done_at is None and readiness.may_mark(row, membership))
        for row in readiness.lights(appointment)
    ]


def stage_notes(order: WorkOrder) -> dict[str, str]:
    """Below each stage of the stepper: the day on which it was left, or the one that is agreed for it."""
    notes = {
        appointment.kind: local_date(appointment.starts_at)
        for appointment in order.booking.appointments.all()
        if appointment.state == AppointmentState.PLANNED
    }
    left = order.events.filter(kind="stage").values_list("parameters__from", "at")
    return {**notes, **{stage: local_date(at) for stage, at in left}}


def upcoming(order: WorkOrder) -> Appointment | None:
    """The appointment that something must be ready for: the selection, then the pickup."""
    kind = AppointmentKind.PICKUP if hasattr(order, "selection_sheet") else AppointmentKind.SELECTION
    return checks.appointment_of(order, kind, AppointmentState.PLANNED)


def context(order: WorkOrder, *, membership: Membership, now: datetime, chosen: str = "") -> dict[str, Any]:
    customer = order.booking.customer
    lacks = stages.missing(order, now=now)
    day = customer.wedding_day
    next_appointment = upcoming(order)
    return {
        "stages": [(stage.value, stage.label) for stage in OPEN_STAGES],
        "outline": outline(order, now=now),
        "facts": facts_of(order, now=now),
        "stage_notes": stage_notes(order),
        "today": order.branch.today(now),
        "open_promises": sum(promise.kept_at is None for promise in order.promises.all()),
        "upcoming": next_appointment,
        "lights": lights(next_appointment, membership),
        "customer": customer,
        "lacks": lacks,
        "next": next_step(order, lacks, membership),
        "holder": holder(order, lacks, now=now),
        "credit": credit.of_booking(order.booking),
        "acting_owner": who_acts_for(customer.owner, branch=order.branch, day=order.branch.today(now))
        if customer.owner
        else None,
        "wedding_in": (day - order.branch.today(now)).days if day else None,
        "taboos": customer.taboos.filter(is_active=True),
        "order_messages": messages_of(order, MOST_MESSAGES),
        "history": history(order, chosen=chosen),
        "may_stand": order.stage in OPEN_STAGES and order.booking.state == Booking.State.OPEN,
        "may_reshoot": order.stage in MAY_BE_OPENED,
        "sees_money": membership.role in TAKES_MONEY,
        "is_front": membership.role in FRONT,
    }
