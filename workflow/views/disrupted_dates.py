"""One date of a broken day: agreed in one press, told, left as it is, made good (R9.7)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import agreed_moves
from bookings.agreed_moves import PriceChanges
from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable, NotWorking
from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.foundation.templatetags.studio import local_moment
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import disruptions, running_late
from workflow.models import DisruptedDate
from workflow.views.disruptions import PAGE, PART, back, disruption_or_404, page_context, say_shifted
from workflow.views.orders_forms import PromiseForm, version_of

PROMISE = "workflow/disrupted_promise.html"


def date_or_404(request: StudioRequest, pk: int) -> DisruptedDate:
    rows = DisruptedDate.objects.filter(disruption__branch=request.branch).select_related(
        "disruption__branch",
        "disruption__resource",
        "appointment__customer",
        "appointment__booking__work_order",
    )
    return get_object_or_404(rows, pk=pk)


def page_again(request: StudioRequest, row: DisruptedDate, refused: dict[str, Any]) -> HttpResponse:
    """The whole page, with what stood in the way at its date."""
    found = disruption_or_404(request, row.disruption_id)
    context = page_context(request, found, refused={row.pk: refused})
    return answers.invalid(request, PAGE, context, fragment=PART)


@roles(FRONT)
@require_POST
def agreement(request: StudioRequest, pk: int) -> HttpResponse:
    """They agree to a time: as it was proposed, or one of the nearest that are free."""
    row, version, now = date_or_404(request, pk), version_of(request), timezone.now()
    starts_at = parse_moment(request.POST.get("starts_at", ""))
    overtime = "overtime" in request.POST and has_role(request, MANAGERS)
    if starts_at is None:
        return page_again(request, row, {"why": _("Choose one of the times.")})
    refused: dict[str, Any] = {"starts_at": starts_at}
    try:
        if row.disruption.is_late and starts_at == row.proposed_at:
            done = running_late.agree(row, version=version, by=request.actor, now=now, overtime=overtime)
            say_shifted(request, done)
            return back(request, row.disruption)
        agreed = disruptions.agree(
            row,
            starts_at=starts_at,
            version=version,
            by=request.actor,
            now=now,
            price=agreed_moves.read(request.POST.get("price")),
            overtime=overtime,
        )
    except StaleEdit as stale:
        return answers.stale(request, stale)
    except PriceChanges as change:
        refused |= {"why": change.sentence, "costs": change}
    except (SlotTaken, NotWorking) as refusal:
        refused |= {"why": _("%(when)s can't be had any more.") % {"when": local_moment(starts_at)}}
        refused |= {"told": str(refusal) if isinstance(refusal, SlotTaken) else " ".join(refusal.sentences)}
        refused |= {"free": refusal.free, "hours": getattr(refusal, "is_hours", False)}
    except NotBookable as refusal:
        refused |= {"why": " ".join(refusal.messages)}
    else:
        messages.success(
            request, _("Agreed: %(when)s.") % {"when": local_moment(agreed.appointment.starts_at)}
        )
        return back(request, row.disruption)
    return page_again(request, row, refused)


def parse_moment(text: str) -> Any:
    try:
        moment = parse_datetime(text[:40])
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


@roles(FRONT)
@require_POST
def told(request: StudioRequest, pk: int) -> HttpResponse:
    """They know, and have no new time yet."""
    return put(request, pk, disruptions.tell, _("Noted: they know."))


@roles(FRONT)
@require_POST
def standing(request: StudioRequest, pk: int) -> HttpResponse:
    """It takes place as it is."""
    return put(request, pk, disruptions.stand, _("It stands as it is."))


def put(request: StudioRequest, pk: int, act: Any, words: str) -> HttpResponse:
    row = date_or_404(request, pk)
    note = request.POST.get("note", "")
    try:
        act(row, version=version_of(request), by=request.actor, now=timezone.now(), note=note)
    except StaleEdit as stale:
        return answers.stale(request, stale)
    messages.success(request, words)
    return back(request, row.disruption)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def promise(request: StudioRequest, pk: int) -> HttpResponse:
    """What makes it good to them: a promise like every other (R9.1)."""
    row = date_or_404(request, pk)
    form = PromiseForm(request.POST or None)
    context = {"row": row, "form": form, "customer": row.appointment.customer}
    if request.method == "GET":
        return render(request, PROMISE, context)

    def write_down() -> str:
        disruptions.promise(row, **form.cleaned_data, version=None, by=request.actor, now=timezone.now())
        messages.success(request, _("Written down. It is followed until it is kept."))
        return row.disruption.get_absolute_url()

    if form.is_valid():
        try:
            return once(request, write_down)
        except ValidationError as refused:
            form.add_error(None, refused)
    return answers.invalid(request, PROMISE, context)
