"""What a customer would get, and when: for who sets the rules, before anything goes out (R3.1)."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from bookings.models import Appointment, AppointmentKind, PackageKind
from customers.finding import matching, query_of
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models import Branch
from studio.staff.models.membership import CONFIGURES, FRONT
from workflow import preview

MOST, NEXT = 30, 8
FURTHEST_YEARS = 5


class MadeUpForm(forms.Form):
    """An appointment of nobody."""

    kind = forms.ChoiceField(label=_("Appointment"), choices=AppointmentKind.choices)
    package = forms.ChoiceField(label=_("Package"), choices=[("", "—"), *PackageKind.choices], required=False)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if abs(day.year - timezone.now().year) > FURTHEST_YEARS:
            raise forms.ValidationError(_("Choose a day within the next years."))
        return day

    def appointment(self, branch: Branch, language: str) -> Appointment:
        data = self.cleaned_data
        starts_at = branch.at(data["day"], data["time"])
        return preview.made_up(
            branch, kind=data["kind"], starts_at=starts_at, language=language, package_kind=data["package"]
        )


@roles(FRONT | CONFIGURES)
@require_GET
def message_preview(request: StudioRequest) -> HttpResponse:
    """An appointment that is searched for, chosen, or made up; nothing is written by looking."""
    now, status = timezone.now(), 200
    language = request.GET.get("language", "")
    language = language if language in dict(settings.LANGUAGES) else ""
    form, shown = MadeUpForm(initial=first_values(request, now)), None
    if "appointment" in request.GET:
        shown = appointment_of(request)
    elif "day" in request.GET:
        form = MadeUpForm(request.GET)
        if form.is_valid():
            shown = form.appointment(request.branch, language or request.branch.customer_language)
        else:
            status = 422
    elif "find" not in request.GET:
        shown = example(request, now, language)
    context = {
        "form": form,
        "found": found(request, now),
        "query": request.GET.get("find", "")[:80],
        "preview": preview.of(shown, reader=request.actor, now=now, language=language) if shown else None,
        "languages": settings.LANGUAGES,
        "sees_addresses": request.membership.role in FRONT,
        "now": now,
    }
    return answers.page(request, "workflow/preview.html", context, status=status)


def first_values(request: StudioRequest, now: datetime) -> dict[str, Any]:
    """A shoot a week from now, in the morning; of another kind where the address says so."""
    kind = request.GET.get("kind", "")
    day = request.branch.today(now) + timedelta(days=7)
    return {
        "kind": kind if kind in AppointmentKind.values else AppointmentKind.SHOOT,
        "package": PackageKind.WEDDING,
        "day": day,
        "time": "09:00",
    }


def example(request: StudioRequest, now: datetime, language: str) -> Appointment | None:
    """What the form says before anybody has touched it: the page never opens empty."""
    form = MadeUpForm(first_values(request, now))
    return (
        form.appointment(request.branch, language or request.branch.customer_language)
        if form.is_valid()
        else None
    )


def appointment_of(request: StudioRequest) -> Appointment:
    number = request.GET["appointment"]
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        raise Http404
    rows = Appointment.objects.in_branch(request.branch).select_related(
        "branch", "customer__owner", "booking__package_version__package"
    )
    return get_object_or_404(rows.prefetch_related("customer__members"), pk=int(number))


def found(request: StudioRequest, now: datetime) -> list[Appointment]:
    """Coming appointments of whom was searched for; without a search the next ones of the branch."""
    rows = Appointment.objects.planned().in_branch(request.branch).filter(starts_at__gt=now)
    query = query_of(request.GET.get("find", ""))
    if query:
        customers = matching(query, branch=request.branch).values("pk")
        rows = rows.filter(customer__in=customers) | rows.filter(booking__number__iexact=query)
    return list(
        rows.select_related("customer", "booking").order_by("starts_at", "pk")[: MOST if query else NEXT]
    )
