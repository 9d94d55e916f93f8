"""The till: the open shift, taking over, cash without an order, cashing up, the day as a spreadsheet."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from bookings import day as days
from bookings import shifts, takings
from bookings.models import CashShift
from bookings.shifts import NotCounted
from bookings.till_forms import CountForm, FloatForm, MovementForm, ShiftFilter
from studio.foundation import spreadsheets
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done, invalid, stale
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import MANAGERS, TAKES_MONEY

PER_PAGE = 40
RELATED = ("branch", "opened_by", "closed_by", "handed_to", "after__closed_by", "next__opened_by")


def open_shift_of(request: StudioRequest) -> CashShift | None:
    rows = CashShift.objects.in_branch(request.branch).open()
    return rows.select_related("branch", "opened_by", "after__closed_by").first()


@roles(TAKES_MONEY)
@require_safe
def till(request: StudioRequest) -> HttpResponse:
    """The open shift: what each method must hold by now, what was taken, what moved without an order."""
    shift, now = open_shift_of(request), timezone.now()
    context: dict[str, Any] = {
        "shift": shift,
        "currency": request.branch.currency,
        "today": request.branch.today(now),
        "manages": has_role(request, MANAGERS),
        "last": CashShift.objects.in_branch(request.branch).select_related(*RELATED).first(),
        "before_shifts": takings.before_shifts(request.branch),
    }
    if shift is not None:
        related = ("receipt", "booking__customer", "by", "payer")
        rows = shift.payments.select_related(*related).order_by("-at", "-id")
        context |= {
            "takings": takings.of_shift(shift),
            "movements": shift.movements.select_related("by"),
            "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
            "is_old": request.branch.today(shift.opened_at) < request.branch.today(now),
        }
    return render(request, "bookings/till.html", context)


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def opening(request: StudioRequest) -> HttpResponse:
    """Count what is in the drawer and answer for it from now on."""
    shift = open_shift_of(request)
    last = shift.after if shift else CashShift.objects.in_branch(request.branch).first()
    context: dict[str, Any] = {
        "shift": shift,
        "last": last,
        "currency": request.branch.currency,
        "expected": takings.cash_in(shift) if shift else (last.left_in_drawer if last else None),
    }
    form = FloatForm(request.POST or None, branch=request.branch)
    if request.method == "GET":
        return render(request, "bookings/till_opening.html", context | {"form": form})
    if form.is_valid() and form.counted is not None and not is_only_counting(request):
        try:
            shifts.open_shift(
                request.branch,
                float_counted=form.counted,
                why=form.cleaned_data["why"],
                by=request.actor,
                now=timezone.now(),
            )
        except NotCounted as refusal:
            refuse(form, refusal, {"float": "cash"})
        else:
            messages.success(request, _("The drawer is yours now."))
            return redirect("bookings:till")
    return counted(request, "bookings/till_opening.html", context | {"form": form})


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def movement(request: StudioRequest) -> HttpResponse:
    """Change brought in, money brought to the bank, a small expense: cash without an order."""
    form = MovementForm(request.POST or None)
    context = {"form": form, "currency": request.branch.currency, "shift": open_shift_of(request)}
    if request.method == "GET":
        return render(request, "bookings/till_movement.html", context)
    if form.is_valid():
        try:
            return once(request, lambda: move(request, form, timezone.now()))
        except NotCounted as refusal:
            refuse(form, refusal)
    context["submission"] = request.POST.get("submission", "")
    return invalid(request, "bookings/till_movement.html", context)


def move(request: StudioRequest, form: MovementForm, now: datetime) -> str:
    shift = shifts.current(request.branch, by=request.actor, now=now)
    kind, why = form.cleaned_data["kind"], form.cleaned_data["why"]
    shifts.move_cash(shift, kind=kind, amount=form.signed, why=why, by=request.actor, now=now)
    messages.success(request, _("It is in the books."))
    return redirect("bookings:till").url


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def count(request: StudioRequest) -> HttpResponse:
    """Cash up: count each method, say why it differs, leave the float, hand the drawer over."""
    shift = open_shift_of(request)
    if shift is None:
        messages.info(request, _("No shift is open; there is nothing to cash up."))
        return redirect("bookings:till")
    context: dict[str, Any] = {"shift": shift, "currency": request.branch.currency}
    seen = {"shift": shift.pk, "seen": takings.entries(shift), "version": shift.version}
    if request.method == "GET":
        form = CountForm(shift=shift, by=request.actor, initial=seen)
        return render(request, "bookings/till_count.html", context | {"form": form})
    form = CountForm(request.POST, shift=shift, by=request.actor)
    if form.is_valid() and not is_only_counting(request):
        counted_shift = form.cleaned_data["shift"]
        if counted_shift not in {None, shift.pk}:  # it was cashed up meanwhile, and money opened the next one
            return redirect("bookings:shift", counted_shift)
        if form.cleaned_data["version"] not in {None, shift.version}:
            return stale(request, StaleEdit(shift))
        try:
            closed = close(request, shift, form)
        except NotCounted as refusal:
            refuse(form, refusal, {"counted_cash": "cash", "why": "note"})
        else:
            messages.success(request, _("Shift %(number)d is cashed up.") % {"number": closed.number})
            return done(request, closed.get_absolute_url())
    # The hidden figure follows what the page shows now.
    shown = request.POST.copy()
    shown["seen"] = str(seen["seen"])
    form.data = shown
    return counted(request, "bookings/till_count.html", context | {"form": form})


def close(request: StudioRequest, shift: CashShift, form: CountForm) -> CashShift:
    data = form.cleaned_data
    return shifts.close(
        shift,
        counts=form.counts,
        whys=form.whys,
        left_in_drawer=data["left_in_drawer"],
        handed_to=data["handed_to"],
        note=data["note"],
        seen=data["seen"],
        by=request.actor,
        now=timezone.now(),
    )


def is_only_counting(request: StudioRequest) -> bool:
    """The button that adds up, for browsers without scripts."""
    return request.POST.get("action") == "count"


def counted(request: StudioRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The form again: with its sums where only they were asked for, else with what is wrong."""
    form = context["form"]
    if is_only_counting(request):
        form.is_valid()
        context |= sums(form, context)
        wrong = [name for name in form.errors if name.startswith(("pieces_", "counted_"))]
        for name in set(form.errors) - set(wrong):
            del form.errors[name]  # what is still empty is not wrong yet
        return render(request, template, context, status=422 if wrong else 200)
    if form.is_bound and not form.errors.get("cash"):
        context |= sums(form, context)
    return invalid(request, template, context)


def sums(form: Any, context: dict[str, Any]) -> dict[str, Any]:
    """What the pieces make, and how that differs from what should be there."""
    expected = context.get("expected")
    known = form.counted is not None and expected is not None
    return {"sum": form.counted, "difference": form.counted - expected if known else None}


def refuse(form: Any, refusal: NotCounted, places: dict[str, str] | None = None) -> None:
    field = (places or {}).get(refusal.field, refusal.field)
    form.add_error(field if field in form.fields else None, refusal.messages)


# --- Shifts that were ---------------------------------------------------------------------------
@roles(MANAGERS)
@require_safe
def shift_list(request: StudioRequest) -> HttpResponse:
    """All shifts with their differences, by month and person."""
    form = ShiftFilter(request.GET, branch=request.branch)
    form.is_valid()
    chosen = form.cleaned_data
    rows: QuerySet[CashShift] = CashShift.objects.in_branch(request.branch)
    if month := chosen.get("month"):
        first = date(month[0], month[1], 1)
        after = date(month[0] + month[1] // 12, month[1] % 12 + 1, 1)
        start, end = request.branch.day_bounds(first)[0], request.branch.day_bounds(after)[0]
        rows = rows.filter(opened_at__gte=start, opened_at__lt=end)
    if chosen.get("person"):
        rows = rows.filter(opened_by=chosen["person"])
    if chosen.get("differing"):
        rows = takings.differing(rows)
    rows = rows.select_related(*RELATED).prefetch_related("counts")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "currency": request.branch.currency}
    return render(request, "bookings/shifts.html", context)


@roles(TAKES_MONEY)
@require_safe
def shift(request: StudioRequest, pk: int) -> HttpResponse:
    """The paper of a shift: what came, what was counted, what stayed, who handed it to whom."""
    rows = CashShift.objects.in_branch(request.branch).select_related(*RELATED)
    found = get_object_or_404(rows, pk=pk)
    context = {
        "shift": found,
        "takings": takings.of_shift(found),
        "counts": {count.method: count for count in found.counts.all()},
        "movements": found.movements.select_related("by"),
        "payments": found.payments.select_related("receipt", "booking__customer", "by"),
        "next": getattr(found, "next", None),
        "taken_out": takings.taken_out(found),
        "currency": request.branch.currency,
    }
    return render(request, "bookings/shift.html", context)


@roles(MANAGERS, "cashier")
@require_safe
def export(request: StudioRequest) -> HttpResponse:
    """What was taken on a day, as a spreadsheet; today where no day is asked for."""
    branch = request.branch
    day = days.named(request.GET.get("day", "")) or branch.today(timezone.now())
    titles = [
        pgettext("clock", "Time"),
        _("Receipt"),
        _("Order"),
        _("Customer"),
        _("Payer"),
        _("What for"),
        _("How"),
        _("Amount"),
        _("Taken by"),
        _("Shift"),
    ]
    with timezone.override(branch.zone):
        rows = [takings.cells(payment, branch) for payment in takings.payments_of(branch, day, day)]
    content = spreadsheets.write(_("Takings"), titles, rows, [8, 14, 16, 24, 16, 26, 14, 12, 14, 8])
    return spreadsheets.download(content, f"takings-{branch.code}-{day}.xlsx")
