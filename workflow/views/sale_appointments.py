"""The dates of an order: agreed, moved ("Move to…"), called off, confirmed at the desk."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import agreed_moves, notices, schedule, wedding_plans
from bookings import day as days
from bookings.agreed_moves import PriceChanges
from bookings.allocation import SlotTaken
from bookings.date_forms import CallOffForm, DateForm, filled, instead_of, say_not_bookable, say_unavailable
from bookings.models import Appointment, AppointmentKind, Booking, PackageVersion
from bookings.retry import again
from bookings.schedule import NotBookable, NotWorking
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import FRONT
from workflow.views.orders_forms import version_of
from workflow.views.sale_money import order_or_404

TEMPLATE = "workflow/sale_date.html"


def appointment_or_404(request: StudioRequest, pk: int) -> Appointment:
    """A date of the actor's branch; the neighbour's does not exist."""
    rows = Appointment.objects.in_branch(request.branch).with_resources()
    return get_object_or_404(
        rows.select_related("branch", "customer", "booking__work_order", "booking__package_version"), pk=pk
    )


def dates_part(row: Appointment) -> str:
    return f"{row.get_absolute_url()}#appointments"


# --- A date is agreed -----------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def agree(request: StudioRequest, pk: int) -> HttpResponse:
    """A new date for an order; `kind` stands in the address."""
    order, now = order_or_404(request, pk), timezone.now()
    kind = request.GET.get("kind", "")
    if kind not in AppointmentKind.values:
        raise BadRequest(_("There is no date of this kind."))
    version = order.booking.package_version
    options: dict[str, Any] = {"branch": request.branch, "kind": kind, "now": now, "version": version}
    page: dict[str, Any] = {"order": order, "customer": order.booking.customer, "kind": AppointmentKind(kind)}
    if request.method == "GET":
        return show(request, DateForm(initial=proposal(order.booking, kind), **options), page)
    if "fill" in request.POST:
        return show(request, DateForm(initial=filled(request.POST, request.POST["fill"]), **options), page)
    form = DateForm(request.POST, **options)

    def create() -> str:
        row = schedule.make_appointment(
            branch=request.branch,
            customer=order.booking.customer,
            booking=order.booking,
            kind=kind,
            slot=form.slot(),
            by=request.actor,
            now=now,
        )
        messages.success(request, _("The date stands."))
        warn_of_wedding(request, row, now=now)
        return dates_part(row)

    return attempt(request, form, page, lambda: once(request, create))


def proposal(booking: Booking, kind: str) -> dict[str, Any]:
    """The day that the package foresees: the selection some days after the shoot, the pickup after that."""
    version = booking.package_version
    after = {
        AppointmentKind.SELECTION: (AppointmentKind.SHOOT, version.selection_after_days),
        AppointmentKind.PICKUP: (AppointmentKind.SELECTION, version.pickup_after_days),
    }
    if kind not in after:
        return {}
    before, wait = after[AppointmentKind(kind)]
    last = booking.appointments.exclude(state="cancelled").filter(kind=before).order_by("starts_at").last()
    if last is None:
        return {}
    begun = timezone.localtime(last.starts_at, booking.branch.zone)
    return {"day": begun.date() + timedelta(days=wait)}


# --- A date is moved ------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def move(request: StudioRequest, pk: int) -> HttpResponse:
    """ "Move to…": another time, other people, or both. From a stale page: 409, and nothing is lost."""
    row, now = appointment_or_404(request, pk), timezone.now()
    options: dict[str, Any] = {
        "branch": request.branch,
        "kind": row.kind,
        "now": now,
        "version": version_for(row),
        "appointment": row,
    }
    page: dict[str, Any] = {"appointment": row, "customer": row.customer, "kind": AppointmentKind(row.kind)}
    if request.method == "GET":
        return show(request, DateForm(**options), page)
    page["version"] = version_of(request)
    if "fill" in request.POST:
        return show(request, DateForm(initial=filled(request.POST, request.POST["fill"]), **options), page)
    form = DateForm(request.POST, **options)

    def change() -> HttpResponse:
        given = form.cleaned_data
        moved = agreed_moves.move(
            row,
            slot=form.slot(),
            version=page["version"],
            agreed=agreed_moves.read(request.POST.get("price")),
            by=request.actor,
            now=now,
            knows=given["knows"],
        )
        told = _("Moved. The customer is asked to confirm the new time.")
        messages.success(request, _("Moved.") if given["knows"] else told)
        say_who_was_told(request, moved)
        warn_of_wedding(request, moved, now=now)
        return redirect(dates_part(row))

    return attempt(request, form, page, change)


def say_who_was_told(request: StudioRequest, row: Appointment) -> None:
    """Colleagues on their Today, the customer by message; the card of the date says it for longer."""
    event = notices.last_change(row)
    words = notices.in_words(notices.told_of(event) if event else None)
    if words:
        messages.info(request, words)


def version_for(row: Appointment) -> PackageVersion | None:
    """The package that says what this date needs; a date without an order has what is usual."""
    return row.booking.package_version if row.booking is not None else None


# --- Called off, confirmed ------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def cancellation(request: StudioRequest, pk: int) -> HttpResponse:
    """A date is called off, with a reason; what it held is free at once."""
    row = appointment_or_404(request, pk)
    form = CallOffForm(request.POST or None)
    context = {"appointment": row, "customer": row.customer, "form": form}
    if request.method == "GET":
        return render(request, "workflow/sale_call_off.html", context)
    if form.is_valid():
        try:
            schedule.cancel(
                row,
                why=form.cleaned_data["why"],
                by=request.actor,
                now=timezone.now(),
                knows=form.cleaned_data["knows"],
            )
        except NotBookable as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, _("Called off. What it held is free again."))
            say_who_was_told(request, row)
            return redirect(dates_part(row))
    return invalid(request, "workflow/sale_call_off.html", context)


@roles(FRONT)
@require_POST
def confirmation(request: StudioRequest, pk: int) -> HttpResponse:
    """The customer stands at the desk and says that the time holds. `version` is the schedule's that the
    page showed: a time that moved meanwhile is not confirmed by mistake."""
    row = appointment_or_404(request, pk)
    try:
        schedule.confirm(
            row, via="desk", by=request.actor, now=timezone.now(), schedule_version=version_of(request)
        )
    except NotBookable as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Confirmed."))
    return redirect(dates_part(row))


# --- Parts ----------------------------------------------------------------------------------------
def attempt(request: StudioRequest, form: DateForm, page: dict[str, Any], act: Any) -> HttpResponse:
    """Do it, or show the form again with a sentence at its field and what is free instead."""
    taken = costs = None
    if form.is_valid():
        try:
            return again(act)
        except PriceChanges as change:
            costs = change
            form.add_error(None, change.sentence)
        except (SlotTaken, NotWorking) as refusal:
            taken = refusal
            say_unavailable(form, refusal)
        except NotBookable as refusal:
            say_not_bookable(form, refusal)
    others = instead_of(taken, form) if taken else []
    more: dict[str, Any] = {"taken": taken, "others": others, "costs": costs}
    more["submission"] = request.POST.get("submission", "")
    return invalid(request, TEMPLATE, context_of(form, page) | more)


def show(request: StudioRequest, form: DateForm, page: dict[str, Any]) -> HttpResponse:
    return render(request, TEMPLATE, context_of(form, page))


def context_of(form: DateForm, page: dict[str, Any]) -> dict[str, Any]:
    day = days.named(form["day"].value())
    booking = page["order"].booking if "order" in page else page["appointment"].booking
    return {
        **page,
        "form": form,
        "day": day,
        "plan": plan_for(form, day, now=form.now) if day else None,
        "wedding_warning": wedding_plans.warning(booking, form.kind, day, now=form.now),
        "waiting_booking": booking.pk if booking else None,
        "waiting_kind": form.kind,
        "waiting_day": day,
    }


def warn_of_wedding(request: StudioRequest, row: Appointment, *, now: datetime) -> None:
    """It stands; that it makes the time before the wedding tight is said all the same (F5)."""
    day = timezone.localtime(row.starts_at, row.branch.zone).date()
    plan = wedding_plans.warning(row.booking, row.kind, day, now=now)
    if plan is not None and plan.needs_rush:
        messages.warning(request, _("The usual time does not reach to the wedding: offer a rush."))
    elif plan is not None:
        messages.warning(request, _("It gets tight before the wedding: look at the days on the order."))


def plan_for(form: DateForm, day: Any, *, now: datetime) -> days.Day:
    """The day as it stands, for the kinds of resources that this form asks for."""
    asked = sorted({kind for need in form.needs for kind in need.kinds})
    return days.plan_of(form.branch, day, now=now, kinds=asked)
