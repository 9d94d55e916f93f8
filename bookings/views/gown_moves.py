"""A gown is held for somebody, exchanged, let go, given out, taken back; who pays for damage."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import gown_calendar, gown_dangers, outings
from bookings import gowns as domain
from bookings.allocation import SlotTaken
from bookings.gown_forms import (
    BackForm,
    DamageForm,
    HoldForm,
    OutForm,
    PhotographedForm,
    SubstituteForm,
    usual_span,
)
from bookings.gown_part import HANDLES
from bookings.models import Allocation, Appointment, AppointmentKind, Booking, Outing, ResourceKind
from bookings.retry import again
from bookings.schedule import NotBookable
from bookings.till import NotPayable
from studio.foundation.access import has_role, roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import TAKES_MONEY

FIELDS = {
    "from": "from_day",
    "until": "until_day",
    "due_back": "due_day",
    "photos": "more",
    "repaired": "repaired",
}
"""Where the sentences of the domain stand in these forms."""


def hold_or_404(request: StudioRequest, pk: int) -> Allocation:
    """What is or was held of a gown of the actor's branch for somebody."""
    rows = Allocation.objects.filter(
        resource__branch=request.branch, resource__kind=ResourceKind.GOWN, appointment__isnull=False
    )
    related = "resource", "appointment__branch", "appointment__customer", "appointment__booking__work_order"
    return get_object_or_404(rows.select_related(*related), pk=pk)


def outing_or_404(request: StudioRequest, pk: int) -> Outing:
    rows = Outing.objects.filter(resource__branch=request.branch)
    related = "resource", "appointment__branch", "appointment__customer", "appointment__booking__work_order"
    return get_object_or_404(rows.select_related(*related), pk=pk)


def say(form: Any, refusal: NotBookable | NotPayable | SlotTaken, default: str | None = None) -> None:
    """The sentence at its field."""
    if isinstance(refusal, SlotTaken):
        form.add_error(default if default in form.fields else None, str(refusal))
        return
    field = FIELDS.get(refusal.field, refusal.field)
    form.add_error(field if field in form.fields else None, refusal.messages)


# --- Held --------------------------------------------------------------------------------------
@roles(HANDLES)
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: StudioRequest, pk: int) -> HttpResponse:
    """Choose a gown for an appointment: those that are free then stand first."""
    rows = Appointment.objects.in_branch(request.branch)
    row = get_object_or_404(rows.select_related("branch", "customer", "booking__work_order"), pk=pk)
    gowns = list(gown_calendar.wardrobe(request.branch))
    options: dict[str, Any] = {"appointment": row, "gowns": gowns, "looks": looks_of(row)}
    form = HoldForm(request.POST or None, initial=usual_span(row), **options)
    if request.method == "POST" and form.is_valid():
        try:
            starts_at, ends_at = form.span()
            domain.hold(
                row,
                form.cleaned_data["gown"],
                starts_at=starts_at,
                ends_at=ends_at,
                look=form.cleaned_data.get("look"),
                by=request.actor,
                now=timezone.now(),
            )
        except (NotBookable, SlotTaken) as refusal:
            say(form, refusal, "gown")
        else:
            messages.success(request, _("The gown is held for them."))
            return redirect(f"{row.get_absolute_url()}#gowns")
    context = {"form": form, "appointment": row, "customer": row.customer, "any_gowns": bool(gowns)}
    if request.method == "POST":
        return invalid(request, "bookings/gown_hold.html", context)
    return render(request, "bookings/gown_hold.html", context)


def looks_of(row: Appointment) -> int:
    if row.booking is None or row.kind != AppointmentKind.SHOOT:
        return 0
    return row.booking.package_version.looks.count()


@roles(HANDLES)
@require_POST
def release(request: StudioRequest, pk: int) -> HttpResponse:
    """The gown is not wanted for them any more."""
    row = hold_or_404(request, pk)
    assert row.appointment is not None
    try:
        domain.let_go(row.appointment, row.resource, by=request.actor, now=timezone.now())
    except NotBookable as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Let go; the gown is free again."))
    return redirect(f"{row.appointment.get_absolute_url()}#gowns")


@roles(HANDLES)
@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request: StudioRequest, pk: int) -> HttpResponse:
    """Another gown in its place: what is free for all of that time, the same style first."""
    row = hold_or_404(request, pk)
    assert row.appointment is not None
    free = gown_dangers.substitutes([row], request.branch)[row.pk]
    first = {"gown": free[0].pk if free else None, "why": reason(row)}
    form = SubstituteForm(request.POST or None, gowns=free, initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            domain.substitute(
                row.appointment,
                row.resource,
                given["gown"],
                why=given["why"],
                by=request.actor,
                now=timezone.now(),
            )
        except (NotBookable, SlotTaken) as refusal:
            say(form, refusal, "gown")
        else:
            messages.success(request, _("Exchanged. The owner and the styling department are told."))
            return redirect(f"{row.appointment.get_absolute_url()}#gowns")
    context = {"form": form, "hold": row, "appointment": row.appointment, "free": free}
    if request.method == "POST":
        return invalid(request, "bookings/gown_substitute.html", context)
    return render(request, "bookings/gown_substitute.html", context)


def reason(row: Allocation) -> str:
    """What the page knows of it already."""
    branch = row.resource.branch
    for danger in gown_dangers.endangered(branch, timezone.now(), gown=row.resource):
        if danger.hold.pk == row.pk:
            return danger.closure.why if danger.closure else _("not back in time")
    return ""


# --- Out and back ------------------------------------------------------------------------------
@roles(HANDLES)
@require_http_methods(["GET", "HEAD", "POST"])
def give_out(request: StudioRequest, pk: int) -> HttpResponse:
    """The gown leaves with them: photographed, with the day on which it is due back."""
    row = hold_or_404(request, pk)
    assert row.appointment is not None
    due = timezone.localtime(row.used.upper, request.branch.zone)
    initial = {"due_day": due.date(), "due_time": due.time()}
    form = OutForm(request.POST or None, request.FILES or None, branch=request.branch, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            outings.give_out(
                row.appointment,
                row.resource,
                due_back_at=form.due(),
                condition=given["condition"],
                photos=form.photos(),
                note=given["note"],
                by=request.actor,
                now=timezone.now(),
            )
        except (NotBookable, SlotTaken) as refusal:
            say(form, refusal, "due_day")
        else:
            messages.success(request, _("Given out. We wish them a beautiful day."))
            return redirect("bookings:gown", row.resource_id)
    context = {
        "form": form,
        "hold": row,
        "appointment": row.appointment,
        **security(request, row.appointment),
    }
    if request.method == "POST":
        return invalid(request, "bookings/gown_out.html", context)
    return render(request, "bookings/gown_out.html", context)


def security(request: StudioRequest, appointment: Appointment) -> dict[str, Any]:
    """What is held of them for gowns (押金), for those who take money."""
    if appointment.booking_id is None or not has_role(request, TAKES_MONEY):
        return {}
    return {
        "secured": Booking.objects.with_money().get(pk=appointment.booking_id).secured,
        "currency": request.branch.currency,
    }


@roles(HANDLES)
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: StudioRequest, pk: int) -> HttpResponse:
    """The gown is here again: how it came back, photographed."""
    row = outing_or_404(request, pk)
    form = BackForm(request.POST or None, request.FILES or None, branch=request.branch)
    if request.method == "POST" and form.is_valid():
        try:
            back = outings.take_back(
                row,
                condition=form.cleaned_data["condition"],
                photos=form.photos(),
                note=form.cleaned_data["note"],
                repaired_at=form.repaired_at(),
                by=request.actor,
                now=timezone.now(),
            )
        except NotBookable as refusal:
            say(form, refusal)
        else:
            messages.success(request, _("Taken back: %(how)s.") % {"how": back.get_back_condition_display()})
            charged = back.back_condition in outings.CHARGED and has_role(request, TAKES_MONEY)
            return redirect(
                "bookings:gown_damage" if charged else "bookings:gown", row.pk if charged else row.resource_id
            )
    context = {"form": form, "outing": row, "appointment": row.appointment}
    if request.method == "POST":
        return invalid(request, "bookings/gown_back.html", context)
    return render(request, "bookings/gown_back.html", context)


@roles(HANDLES)
@require_http_methods(["GET", "HEAD", "POST"])
def photographs(request: StudioRequest, pk: int) -> HttpResponse:
    """Photographs are added later, to how it left or how it came back. A second press adds nothing."""
    row = outing_or_404(request, pk)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = PhotographedForm(*given)

    def add() -> str:
        outings.add_photos(row, form.photos(), by=request.actor, now=timezone.now())
        messages.success(request, _("The photographs are kept."))
        return reverse("bookings:gown", args=[row.resource_id])

    if request.method == "POST" and form.is_valid():
        try:
            return again(lambda: once(request, add))
        except NotBookable as refusal:
            say(form, refusal)
    context = {"form": form, "outing": row, "submission": request.POST.get("submission", "")}
    if request.method == "POST":
        return invalid(request, "bookings/gown_photos.html", context)
    return render(request, "bookings/gown_photos.html", context)


@roles(TAKES_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def damage(request: StudioRequest, pk: int) -> HttpResponse:
    """Who pays for the damage: the customer, out of the security first, or the house (F6)."""
    row = outing_or_404(request, pk)
    form = DamageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        try:
            if given["decision"] == "charge":
                outings.charge(row, amount=given["amount"], by=request.actor, now=now)
            else:
                outings.spare(row, why=given["why"], by=request.actor, now=now)
        except (NotBookable, NotPayable) as refusal:
            say(form, refusal)
        else:
            messages.success(request, _("Decided about the damage."))
            return redirect("bookings:gown", row.resource_id)
    is_open = gown_dangers.undecided(request.branch).filter(pk=row.pk).exists()
    context = {"form": form, "outing": row, "is_open": is_open, **security(request, row.appointment)}
    if request.method == "POST":
        return invalid(request, "bookings/gown_damage.html", context)
    return render(request, "bookings/gown_damage.html", context)
