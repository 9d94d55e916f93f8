"""The waiting list: who waits, put on it, taken off it, and the place that is theirs."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import day as days
from bookings import waiting, waiting_list
from bookings.allocation import SlotTaken
from bookings.models import AppointmentKind, Booking, WaitingEntry
from bookings.schedule import NotBookable
from bookings.waiting_forms import ListFilter, WishForm
from customers.models import Customer
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.templatetags.studio import local_moment
from studio.staff.models.membership import FRONT

PER_PAGE = 40


@roles(FRONT)
@require_safe
def waiting_entries(request: StudioRequest) -> HttpResponse:
    """Who waits for which days, and what is free for them by now."""
    form, now = ListFilter(request.GET), timezone.now()
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    entries = waiting_list.shown(
        request.branch,
        show=given.get("show", ""),
        kind=given.get("kind", ""),
        day=days.named(given.get("day")),
    )
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    ids = [row.pk for row in page.object_list]
    rows = waiting_list.rows_of(
        WaitingEntry.objects.filter(pk__in=ids).order_by("first_day", "created_at", "pk"),
        branch=request.branch,
        now=now,
    )
    context = {"form": form, "rows": rows, "page_obj": page, "filtered": any(given.values())}
    return render(request, "bookings/waiting.html", context)


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StudioRequest) -> HttpResponse:
    """Put somebody on the list; who, for what and for which day may stand in the address."""
    now = timezone.now()
    customer, booking = whom(request)
    if customer is None:
        return render(request, "bookings/waiting_whom.html", {})
    options: dict[str, Any] = {"branch": request.branch, "booking": booking, "now": now}
    form = WishForm(request.POST or None, initial=proposal(request), **options)
    if request.method == "POST" and form.is_valid():
        try:
            entry = waiting.join(
                branch=request.branch,
                customer=customer,
                booking=booking,
                by=request.actor,
                now=now,
                **form.cleaned_data,
            )
        except NotBookable as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.messages)
        else:
            messages.success(request, _("On the list. You are told when a place comes free."))
            return redirect(f"{reverse('bookings:waiting')}#entry-{entry.pk}")
    context = {"form": form, "customer": customer, "booking": booking}
    if request.method == "POST":
        return invalid(request, "bookings/waiting_new.html", context)
    return render(request, "bookings/waiting_new.html", context)


def whom(request: StudioRequest) -> tuple[Customer | None, Booking | None]:
    """The customer and the order that the address names, of this branch; an order brings its customer."""
    booking = named(request, "booking")
    if booking:
        rows = Booking.objects.in_branch(request.branch).select_related("package_version", "customer")
        order = get_object_or_404(rows, pk=booking)
        return order.customer, order
    customer = named(request, "customer")
    if not customer:
        return None, None
    return get_object_or_404(Customer.objects.in_branch(request.branch), pk=customer), None


def named(request: StudioRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def proposal(request: StudioRequest) -> dict[str, Any]:
    kind, day = request.GET.get("kind", ""), days.named(request.GET.get("day", ""))
    known = kind if kind in AppointmentKind.values else AppointmentKind.SHOOT
    return {"kind": known, "first_day": day, "last_day": day}


def entry_or_404(request: StudioRequest, pk: int) -> WaitingEntry:
    rows = WaitingEntry.objects.in_branch(request.branch).select_related(
        "branch", "customer", "booking__package_version"
    )
    return get_object_or_404(rows, pk=pk)


@roles(FRONT)
@require_POST
def place(request: StudioRequest, pk: int) -> HttpResponse:
    """The customer has said yes: the free time that was pressed is theirs, or somebody was quicker."""
    entry, now = entry_or_404(request, pk), timezone.now()
    start = moment_of(request.POST.get("start", ""))
    slot = waiting.slot_at(entry, start, now=now)
    try:
        if slot is None:
            waiting.refresh([entry], now=now)
            raise NotBookable(_("Somebody was quicker: this time is taken by now."))
        made = waiting.take_place(entry, slot, by=request.actor, now=now)
    except (NotBookable, SlotTaken) as refusal:
        sentences = refusal.messages if isinstance(refusal, NotBookable) else [str(refusal)]
        messages.error(request, " ".join(sentences))
        return redirect(f"{reverse('bookings:waiting')}#entry-{entry.pk}")
    messages.success(request, _("Agreed: %(when)s.") % {"when": local_moment(made.starts_at)})
    return redirect(f"{made.get_absolute_url()}#appointments")


def moment_of(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if timezone.is_naive(found) or not 1990 <= found.year <= 2100:
            raise ValueError
    except ValueError as error:
        raise BadRequest(_("This is no time.")) from error
    return found


@roles(FRONT)
@require_POST
def withdrawal(request: StudioRequest, pk: int) -> HttpResponse:
    """They don't wait any more. A second press does nothing."""
    waiting.withdraw(entry_or_404(request, pk), by=request.actor, now=timezone.now())
    messages.success(request, _("Taken off the list."))
    return redirect("bookings:waiting")
