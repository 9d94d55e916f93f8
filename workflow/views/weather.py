"""Rain decides at an hour (R9.7): what is agreed beforehand for a date outside, and the decision."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT
from workflow import disruptions, weather
from workflow.models import WeatherDecision, WeatherPlan
from workflow.views.disruption_forms import WeatherForm, say, weather_initial
from workflow.views.orders_forms import version_of
from workflow.views.sale_appointments import appointment_or_404

PAGE = "workflow/weather.html"


def context_of(request: StudioRequest, appointment: Any, form: WeatherForm, **more: Any) -> dict[str, Any]:
    row = (
        WeatherPlan.objects.select_related("indoors", "by", "decided_by")
        .filter(appointment=appointment)
        .first()
    )
    now = timezone.now()
    return {
        "appointment": appointment,
        "customer": appointment.customer,
        "place": weather.outside_of(appointment),
        "plan": row,
        "is_due": row is not None and row.decides_at <= now,
        "form": form,
        "now": now,
        **more,
    }


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def plan(request: StudioRequest, pk: int) -> HttpResponse:
    """When it is decided and what is done then; decided, it says how."""
    appointment, now = appointment_or_404(request, pk), timezone.now()
    row = WeatherPlan.objects.filter(appointment=appointment).first()
    if request.method == "GET":
        initial = weather_initial(row, weather.usual_hour(appointment, now), request.branch)
        form = WeatherForm(initial=initial, branch=request.branch)
        return answers.page(request, PAGE, context_of(request, appointment, form))
    form = WeatherForm(request.POST, branch=request.branch)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("plan_b", "indoors", "note")}
        version = version_of(request) if "version" in request.POST else None
        try:
            weather.plan(
                appointment,
                decides_at=form.decides_at,
                **given,
                version=version,
                by=request.actor,
                now=now,
            )
        except StaleEdit as stale:
            return answers.stale(request, stale)
        except ValidationError as refusal:
            form_fields = {"decides_at": "time"}
            say(form, ValidationError({form_fields.get(k, k): v for k, v in refusal.message_dict.items()}))
        else:
            messages.success(request, _("Agreed. At that hour it stands on the owner’s day."))
            return redirect(appointment.get_absolute_url())
    return answers.invalid(request, PAGE, context_of(request, appointment, form))


@roles(FRONT)
@require_POST
def decision(request: StudioRequest, pk: int) -> HttpResponse:
    """We go, or plan B, in one press."""
    appointment = appointment_or_404(request, pk)
    row = get_object_or_404(WeatherPlan, appointment=appointment)
    decided, now = request.POST.get("decision", ""), timezone.now()
    if decided not in WeatherDecision.values:
        raise BadRequest(_("This form is incomplete. Reload the page and send it again."))
    try:
        _row, broken = weather.decide(
            row, decision=decided, version=version_of(request), by=request.actor, now=now
        )
    except StaleEdit as stale:
        return answers.stale(request, stale)
    except (SlotTaken, NotBookable) as refusal:
        told = str(refusal) if isinstance(refusal, SlotTaken) else " ".join(refusal.messages)
        initial = weather_initial(row, row.decides_at, request.branch)
        form = WeatherForm(initial=initial, branch=request.branch)
        more = {"refused": told, "instead": getattr(refusal, "instead", {})}
        return answers.invalid(request, PAGE, context_of(request, appointment, form, **more))
    if broken is not None:
        disruptions.set_going(broken, by=request.actor, now=now)
        messages.success(request, _("Another day: agree it with them."))
        return redirect(broken.get_absolute_url())
    messages.success(request, _("Decided. The customer is told."))
    return redirect(appointment.get_absolute_url())
