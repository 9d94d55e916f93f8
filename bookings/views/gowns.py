"""The wardrobe: four weeks of every gown, one gown with its history, its label, its photographs."""

from datetime import datetime, timedelta
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings import day as days
from bookings import gown_calendar, gown_dangers, outings
from bookings.gown_part import HANDLES
from bookings.models import OutingPhoto, Resource, ResourceKind
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models import Branch
from studio.staff.models.membership import SERVING, TAKES_MONEY

MOST_OUTINGS = 30


class Filter(forms.Form):
    style = forms.ChoiceField(label=gettext_lazy("Style"), required=False)
    size = forms.ChoiceField(label=gettext_lazy("Size"), required=False)
    free = forms.DateField(
        label=gettext_lazy("Free on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, rows: list[Resource], **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("style", "size"):
            known = sorted({getattr(row, name) for row in rows} - {""})
            self.fields[name].choices = [("", _("all")), *((word, word) for word in known)]  # type: ignore[attr-defined]


def gown_or_404(request: StudioRequest, pk: int) -> Resource:
    """A gown of the actor's branch, sold ones too; the neighbour's does not exist."""
    return get_object_or_404(Resource, branch=request.branch, kind=ResourceKind.GOWN, pk=pk)


@roles(SERVING)
@require_safe
def gowns(request: StudioRequest) -> HttpResponse:
    """Every gown on a line of four weeks; what is out and due back; filters in the address."""
    now, branch = timezone.now(), request.branch
    rows = list(gown_calendar.wardrobe(branch))
    form = Filter(request.GET, rows=rows)
    shown = chosen(form, rows, branch)
    first = days.named(request.GET.get("from", "")) or branch.today(now)
    weeks = timedelta(days=gown_calendar.DAYS)
    context = {
        "form": form,
        "strip": gown_calendar.strip(branch, shown, first, now=now),
        "total": len(rows),
        "out": list(gown_dangers.out(branch)),
        "dangers": gown_dangers.endangered(branch, now),
        "now": now,
        "before": first - weeks,
        "after": first + weeks,
        "today": branch.today(now),
        "handles": HANDLES,
    }
    return render(request, "bookings/gowns.html", context)


def chosen(form: Filter, rows: list[Resource], branch: Branch) -> list[Resource]:
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    for name in ("style", "size"):
        if given.get(name):
            rows = [row for row in rows if getattr(row, name) == given[name]]
    day = days.named(given.get("free"))
    return gown_calendar.free_on(rows, branch, day) if day else rows


@roles(SERVING)
@require_safe
def gown(request: StudioRequest, pk: int) -> HttpResponse:
    """One gown: where it is, for whom it is held, who had it and how it came back."""
    now, row = timezone.now(), gown_or_404(request, pk)
    return render(request, "bookings/gown.html", gown_context(row, request.branch, now))


def gown_context(row: Resource, branch: Branch, now: datetime) -> dict[str, Any]:
    photos = OutingPhoto.objects.defer("image").select_related("by")
    history = (
        row.outings.select_related("appointment__customer", "out_by", "back_by", "damage_line")
        .prefetch_related(Prefetch("photos", queryset=photos))
        .order_by("-out_at", "-pk")
    )
    past = list(history[:MOST_OUTINGS])
    return {
        "gown": row,
        "out": next((outing for outing in past if outing.back_at is None), None),
        "history": past,
        "holds": list(gown_dangers.promised(branch).filter(resource=row, used__endswith__gt=now)),
        "dangers": {danger.hold.pk: danger for danger in gown_dangers.endangered(branch, now, gown=row)},
        "closures": list(gown_dangers.mended(branch, now).filter(resource=row).select_related("by")),
        "undecided": {outing.pk for outing in gown_dangers.undecided(branch).filter(resource=row)},
        "now": now,
        "handles": HANDLES,
        "takes_money": TAKES_MONEY,
    }


@roles(SERVING)
@require_safe
def label(request: StudioRequest, pk: int) -> HttpResponse:
    """A label to print and sew in; its code opens the gown."""
    row = gown_or_404(request, pk)
    code = segno.make(settings.PUBLIC_URL + reverse("bookings:gown", args=[row.pk]), error="m", micro=False)
    drawing = code.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None)
    return render(request, "bookings/gown_label.html", {"gown": row, "code": drawing})


@roles(HANDLES)
@require_POST
def in_order(request: StudioRequest, pk: int) -> HttpResponse:
    """Mended or cleaned before the day: it can be booked again. A second press does nothing."""
    row = gown_or_404(request, pk)
    outings.in_order_again(row, by=request.actor, now=timezone.now())
    messages.success(request, _("In order again; it can be booked."))
    return redirect("bookings:gown", row.pk)


@roles(SERVING)
@never_cache
@require_safe
def photo(request: StudioRequest, pk: int) -> HttpResponse:
    """A photograph, for who serves in this branch and for nobody's cache."""
    found = get_object_or_404(OutingPhoto, pk=pk, outing__resource__branch=request.branch)
    response = HttpResponse(bytes(found.image), content_type="image/jpeg")
    response["Cache-Control"] = "no-store, private"
    response["Content-Disposition"] = f'inline; filename="gown-{found.pk}.jpg"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
