"""Promises (R9.1): written down from the order's page, kept in one press."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import submissions
from studio.foundation.access import roles
from studio.foundation.answers import done, invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, SERVING
from workflow import promises
from workflow.models import Promise
from workflow.views.orders import order_of
from workflow.views.orders_forms import PromiseForm


@roles(SERVING)
@require_http_methods(["GET", "POST"])
def promise(request: StudioRequest, pk: int) -> HttpResponse:
    """What was promised to a customer of this order, by whoever promised it, and by when."""
    order = order_of(request.branch, pk)
    form = PromiseForm(request.POST or None)
    context = {"order": order, "customer": order.booking.customer, "form": form}
    if request.method == "GET":
        return render(request, "workflow/promise.html", context)

    def write_down() -> str:
        promises.promise(order, **form.cleaned_data, by=request.actor, now=timezone.now())
        return f"{order.get_absolute_url()}#promises"

    if form.is_valid():
        try:
            return submissions.once(request, write_down)
        except ValidationError as refused:
            form.add_error(None, refused)
    return invalid(request, "workflow/promise.html", context)


@roles(FRONT)
@require_POST
def kept(request: StudioRequest, pk: int) -> HttpResponse:
    """Kept, in one press."""
    found = get_object_or_404(Promise.objects.filter(branch=request.branch), pk=pk)
    promises.keep(found, by=request.actor, now=timezone.now())
    if request.POST.get("back") == "today" or found.work_order is None:
        return done(request, reverse("desk:today"), trigger="promises-changed")
    return done(request, f"{found.work_order.get_absolute_url()}#promises", trigger="promises-changed")
