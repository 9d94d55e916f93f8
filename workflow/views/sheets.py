"""The sheet of an order (作业流程表): the staff copy, the customer's copy, and the scan of its code (F2)."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio.foundation.access import has_role, public, roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import DEPARTMENTS, FRONT, SERVING
from workflow import scanning
from workflow import sheet as sheets
from workflow.models import WorkOrder

ENTERS = DEPARTMENTS | FRONT
"""Who enters a sheet that was signed on paper, on behalf of those who signed."""


def order_of_sheet(request: StudioRequest, pk: int) -> WorkOrder:
    return get_object_or_404(sheets.orders(request.branch), pk=pk)


@roles(SERVING)
@require_safe
def sheet(request: StudioRequest, pk: int) -> HttpResponse:
    """The staff copy."""
    order = order_of_sheet(request, pk)
    copy = sheets.staff_copy(order, now=timezone.now())
    context = {"order": order, "sheet": copy, "may_enter": has_role(request, ENTERS)}
    return render(request, "workflow/sheet.html", context)


@roles(SERVING)
@require_safe
def sheet_customer(request: StudioRequest, pk: int) -> HttpResponse:
    """The customer's copy (R9.9)."""
    context = sheets.customer_copy(order_of_sheet(request, pk), now=timezone.now())
    return render(request, "workflow/sheet_customer.html", context)


@public
@never_cache
@require_safe
def scan(request: HttpRequest, number: str) -> HttpResponse:
    """Behind the code of a sheet: the step of whoever scans. A stranger, who is the customer with their copy,
    reads the same kind sentence for every number."""
    if not request.user.is_authenticated:
        if "sign-in" in request.GET:
            return redirect_to_login(request.path)
        return render(request, "workflow/sheet_scanned.html")
    place = request.membership  # type: ignore[attr-defined]
    if place is None or place.role not in SERVING:
        raise PermissionDenied
    order = scanning.find(number, place.branch)
    if order is None:
        raise Http404
    return redirect(scanning.step_for(order, place, now=timezone.now()))
