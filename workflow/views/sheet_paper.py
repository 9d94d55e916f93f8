"""A sheet signed on paper is entered (F9): its photograph beside the form, its lines with the true times."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import photos as pictures
from bookings.models import AppointmentKind
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import DEPARTMENTS, FRONT, SERVING
from workflow import paper
from workflow.models import SheetPhoto, WorkOrder
from workflow.paper_forms import Choices, PaperForm, Rows, RowsFormSet
from workflow.paper_rows import WrongSheet
from workflow.refusals import Refused
from workflow.sheet_rows import blanks_of

ENTERS = DEPARTMENTS | FRONT
MOST_PHOTOS = 12
MORE_ROWS = 4


def order_or_404(request: StudioRequest, pk: int) -> WorkOrder:
    orders = WorkOrder.objects.filter(branch=request.branch)
    return get_object_or_404(orders.select_related("branch", "booking__customer__owner"), pk=pk)


@roles(ENTERS)
@require_http_methods(["GET", "POST"])
def sheet_paper(request: StudioRequest, pk: int) -> HttpResponse:
    order, now = order_or_404(request, pk), timezone.now()
    today = order.branch.today(now)
    whole = PaperForm(request.POST or None, today=today, initial={"day": day_of(order, now)})
    rows = rows_of(request, order)
    context = {"order": order, "form": whole, "rows": rows, "photos": photos_of(order)}
    if request.method == "GET" or "more" in request.POST:
        return render(request, "workflow/sheet_paper.html", context)
    if all([whole.is_valid(), rows.is_valid()]):
        try:
            response = submissions.once(request, lambda: enter(request, order, whole, rows, now))
        except WrongSheet as wrong:
            rows.show(wrong.faults, whole)
        except Refused as refusal:
            whole.add_error(None, str(refusal))
        else:
            messages.success(request, _("The sheet is entered, with its own times."))
            return response
    return answers.invalid(request, "workflow/sheet_paper.html", context)


def enter(
    request: StudioRequest, order: WorkOrder, whole: PaperForm, rows: RowsFormSet, now: datetime
) -> str:
    said = whole.cleaned_data
    leaving = paper.Leaving(said["mood"], said["note"]) if said["left"] else None
    lines = rows.rows(said["day"], order)
    paper.enter(order, lines, leaving=leaving, photos=photos_of(order), by=request.actor, now=now)
    return reverse("workflow:sheet", args=[order.pk])


def rows_of(request: StudioRequest, order: WorkOrder) -> Any:
    """The lines that were sent, or those of an empty sheet: the way of the day, look by look."""
    choices = Choices(order)
    if request.method == "POST":
        return Rows(with_more(request.POST), form_kwargs={"choices": choices})
    departments = {row.kind: row.pk for row in choices.departments}
    lines: Sequence[dict[str, Any]] = [
        {"who": "all", "department": departments.get(blank.kind), "look": blank.look, "kind": "with"}
        for blank in blanks_of(order)
    ]
    return Rows(initial=lines, form_kwargs={"choices": choices})


def with_more(sent: QueryDict) -> QueryDict:
    """What was sent; with some more empty lines where these were asked for."""
    if "more" not in sent:
        return sent
    data, total = sent.copy(), sent.get("form-TOTAL_FORMS", "")
    is_number = total.isascii() and total.isdigit() and len(total) < 4
    data["form-TOTAL_FORMS"] = str(int(total) + MORE_ROWS if is_number else 0)
    return data


def day_of(order: WorkOrder, now: datetime) -> Any:
    """The day of the last shoot that is not to come; else today."""
    shoots = order.booking.appointments.filter(kind=AppointmentKind.SHOOT, starts_at__lte=now)
    last = shoots.exclude(state="cancelled").order_by("-starts_at").first()
    return order.branch.today(last.starts_at if last else now)


def photos_of(order: WorkOrder) -> list[SheetPhoto]:
    """Those that no entry stands beside yet."""
    return list(order.sheet_photos.filter(record=None).defer("data"))


# --- Photographs ------------------------------------------------------------------------------------
@roles(ENTERS)
@require_POST
def sheet_photos(request: StudioRequest, pk: int) -> HttpResponse:
    """Put beside the form; what is typed there is kept by its draft."""
    order = order_or_404(request, pk)
    back = redirect("workflow:sheet_paper", order.pk)
    try:
        if order.sheet_photos.count() >= MOST_PHOTOS:
            raise ValidationError(_("There are %(count)d photographs already.") % {"count": MOST_PHOTOS})
        picture = pictures.read(request.FILES["photo"]) if "photo" in request.FILES else None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back
    if picture is None:
        messages.error(request, _("Choose the photograph first."))
        return back
    SheetPhoto.objects.create(
        work_order=order, data=picture.data, width=picture.width, height=picture.height, by=request.actor
    )
    return back


@roles(SERVING)
@require_safe
def sheet_photo(request: StudioRequest, pk: int) -> HttpResponse:
    """For who serves in this branch, and for nobody's cache."""
    found = get_object_or_404(SheetPhoto, pk=pk, work_order__branch=request.branch)
    response = HttpResponse(bytes(found.data), content_type="image/jpeg")
    response["Cache-Control"] = "no-store, private"
    response["Content-Disposition"] = f'inline; filename="sheet-{found.pk}.jpg"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
