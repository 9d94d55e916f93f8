"""The sale page (接单), one screen; and what the order's page shows of money and dates."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings import day as days
from bookings.allocation import SlotTaken
from bookings.forms import filled, instead_of, say_not_bookable, say_taken
from bookings.models import Appointment, AppointmentKind, Booking, PackageVersion, ResourceKind
from bookings.models.package import PackageKind
from bookings.retry import again
from bookings.sales import NotSellable
from bookings.schedule import NotBookable
from bookings.till import NotPayable
from customers.models import Customer
from studio.foundation.access import has_role, roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.models import Visit, VisitOutcome, WorkOrder
from workflow.orders import sell_and_open
from workflow.views.sale_forms import Binding, SaleForm

TEMPLATE = "workflow/sale.html"
SHOOTING = [ResourceKind.PHOTOGRAPHER, ResourceKind.ARTIST, ResourceKind.FLOOR, ResourceKind.LOCATION]


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def new_order(request: StudioRequest, pk: int) -> HttpResponse:
    """A package, what binds it, the words of the customer and perhaps a day: sold and opened in one press."""
    customer = get_object_or_404(Customer.objects.in_branch(request.branch), pk=pk)
    now = timezone.now()
    options: dict[str, Any] = {"customer": customer, "may_waive": has_role(request, MANAGERS), "now": now}
    if request.method == "GET":
        visit = visit_of(customer, request.GET.get("visit", ""))
        return show(request, SaleForm(initial=beginning(customer, visit), **options))
    if "fill" in request.POST:
        answer = request.POST.get("fill", "")
        return show(request, SaleForm(initial=filled(request.POST.dict(), answer), **options))
    form = SaleForm(request.POST, **options)
    if not form.is_valid():
        return refuse(request, form)
    return sell(request, form, now=now)


def sell(request: StudioRequest, form: SaleForm, *, now: datetime) -> HttpResponse:
    def create() -> str:
        order = sell_and_open(
            customer=form.customer,
            by=request.actor,
            now=now,
            visit=visit_of(form.customer, form.cleaned_data["visit"]),
            wedding_day=form.new_wedding_day(),
            **form.sale(),
        )
        messages.success(request, _("Order %(number)s is open.") % {"number": order.booking.number})
        return order.get_absolute_url()

    try:
        return again(lambda: once(request, create))
    except SlotTaken as taken:
        say_taken(form, taken)
        return refuse(request, form, taken=taken, others=instead_of(taken))
    except NotBookable as refusal:
        say_not_bookable(form, refusal, {"resources": "photographer"})
    except (NotPayable, NotSellable) as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.messages)
    return refuse(request, form)


def refuse(request: StudioRequest, form: SaleForm, **more: Any) -> HttpResponse:
    return invalid(request, TEMPLATE, context_of(request, form, **more))


def show(request: StudioRequest, form: SaleForm) -> HttpResponse:
    return render(request, TEMPLATE, context_of(request, form))


def beginning(customer: Customer, visit: Visit | None) -> dict[str, Any]:
    """What is known before anybody types."""
    return {
        "wedding_day": customer.wedding_day,
        "visit": visit.pk if visit else None,
        "day": visit.wish_date if visit else None,
        "binding": Binding.EARNEST,
    }


def visit_of(customer: Customer, pk: Any) -> Visit | None:
    """The visit that ends with this sale: the one named, where it is theirs or nobody's yet, else the one
    that they are in the house for now."""
    visits = Visit.objects.filter(branch=customer.branch).exclude(outcome=VisitOutcome.WON)
    text = str(pk or "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        named = visits.filter(pk=int(text)).first()
        if named is not None and named.customer_id in {None, customer.pk}:
            return named
    return visits.open().filter(customer=customer).order_by("-arrived_at").first()


def context_of(request: StudioRequest, form: SaleForm, **more: Any) -> dict[str, Any]:
    packages = PackageVersion.objects.on_sale(request.branch).prefetch_related("looks", "items")
    kinds = PackageKind.values
    day = days.named(form["day"].value())
    plan = days.plan_of(request.branch, day, now=form.now, kinds=SHOOTING) if day else None
    return {
        "form": form,
        "customer": form.customer,
        "taboos": form.customer.taboos.filter(is_active=True),
        "packages": sorted(packages, key=lambda one: (kinds.index(one.package.kind), one.price, one.pk)),
        "chosen": str(form["package_version"].value() or ""),
        "plan": plan,
        "submission": request.POST.get("submission", ""),
        **more,
    }


# --- Parts of the order's page ---------------------------------------------------------------------
def money_context(order: WorkOrder) -> dict[str, Any]:
    """For `workflow/_money.html`: what it costs, what was paid, what is due."""
    booking = (
        Booking.objects.with_money().select_related("branch", "earnest_waived_by").get(pk=order.booking_id)
    )
    payments = list(booking.payments.select_related("by", "receipt", "reversed_by", "reverses__receipt"))
    return {
        "money": {
            "booking": booking,
            "currency": booking.branch.currency,
            "lines": list(booking.price_lines.all()),
            "payments": payments,
            "is_bound": bool(booking.earnest_waived_by_id) or booking.paid > 0,
            "takes": TAKES_MONEY,
            "sells": FRONT,
            "manages": MANAGERS,
        }
    }


def appointments_context(order: WorkOrder) -> dict[str, Any]:
    """For `workflow/_appointments.html`: the dates of an order, and the kinds that could still be agreed."""
    appointments = list(
        Appointment.objects.filter(booking=order.booking_id).with_resources().order_by("starts_at", "id")
    )
    planned = {row.kind for row in appointments if row.is_planned}
    kinds = [kind for kind in AppointmentKind if kind != AppointmentKind.CONSULT]
    return {
        "appointments": {
            "rows": appointments,
            "kinds": [kind for kind in kinds if kind not in planned],
            "is_open": order.booking.is_open,
            "agrees": FRONT,
        }
    }
