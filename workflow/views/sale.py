"""The sale page (接单), one screen; and what the order's page shows of money and dates."""

from copy import copy
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import day as days
from bookings import price_list, wedding_plans
from bookings.allocation import SlotTaken
from bookings.date_forms import filled, instead_of, say_not_bookable, say_unavailable
from bookings.models import Appointment, AppointmentKind, ResourceKind
from bookings.retry import again
from bookings.sales import NotSellable
from bookings.schedule import NotBookable, NotWorking
from bookings.till import NotPayable
from customers import reaching
from customers.models import ConsentSource, Customer
from studio.foundation.access import has_role, roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.models import Visit, VisitOutcome, WorkOrder
from workflow.orders import sell_and_open
from workflow.views.sale_forms import Binding, SaleForm
from workflow.views.sale_price import tags

TEMPLATE = "workflow/sale.html"
SHOOTING = [ResourceKind.PHOTOGRAPHER, ResourceKind.ARTIST, ResourceKind.FLOOR, ResourceKind.LOCATION]


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def new_order(request: StudioRequest, pk: int) -> HttpResponse:
    """A package, what binds it, the words of the customer and perhaps a day: sold and opened in one press."""
    customer = get_object_or_404(Customer.objects.in_branch(request.branch), pk=pk)
    now = timezone.now()
    options = options_of(request, customer, now)
    if request.method == "GET":
        visit = visit_of(customer, request.GET.get("visit", ""))
        return show(request, SaleForm(initial=beginning(customer, visit), **options))
    if "fill" in request.POST:
        answer = request.POST.get("fill", "")
        return show(request, SaleForm(initial=filled(request.POST, answer), **options))
    form = SaleForm(request.POST, **options)
    if not form.is_valid():
        return refuse(request, form)
    return sell(request, form, now=now)


@roles(FRONT)
@require_POST
def total(request: StudioRequest, pk: int) -> HttpResponse:
    """What the form comes to as it stands: counted again while somebody fills it in. Nothing is sold."""
    customer = get_object_or_404(Customer.objects.in_branch(request.branch), pk=pk)
    form = SaleForm(initial=filled(request.POST, ""), **options_of(request, customer, timezone.now()))
    return render(request, "workflow/_sale_total.html", {"form": form, **total_context(form)})


def options_of(request: StudioRequest, customer: Customer, now: datetime) -> dict[str, Any]:
    manages = has_role(request, MANAGERS)
    return {"customer": customer, "seller": request.actor, "may_waive": manages, "now": now}


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
        ways = form.cleaned_data.get("news", [])
        reaching.say_yes(form.customer, ways, source=ConsentSource.DESK, by=request.actor, now=now)
        messages.success(request, _("Order %(number)s is open.") % {"number": order.booking.number})
        if order.booking.discount_requests.open().exists():
            messages.info(request, _("A manager was asked for the discount; until then the price stays."))
        return order.get_absolute_url()

    try:
        return again(lambda: once(request, create))
    except (SlotTaken, NotWorking) as refusal:
        say_unavailable(form, refusal)
        return refuse(request, form, taken=refusal, others=instead_of(refusal, form))
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
    day = days.named(form["day"].value())
    offers = price_list.offers(request.branch, on=form.today, shot_on=day)
    return {
        "form": form,
        "customer": form.customer,
        "taboos": form.customer.taboos.filter(is_active=True),
        "offers": offers,
        "chosen": str(form["package_version"].value() or ""),
        "prices_seen": tags(form, [offer.version for offer in offers]),
        **total_context(form),
        **plan_context(request, form),
        "submission": request.POST.get("submission", ""),
        **more,
    }


def plan_context(request: StudioRequest, form: SaleForm) -> dict[str, Any]:
    """The day of the shoot as it stands, where one is filled in."""
    day = days.named(form["day"].value())
    return {"plan": days.plan_of(request.branch, day, now=form.now, kinds=SHOOTING) if day else None}


def total_context(form: SaleForm) -> dict[str, Any]:
    """For `workflow/_sale_total.html`: the price, and what it leaves of the time to the wedding."""
    version, wedding = form.value_of("package_version"), form.value_of("wedding_day")
    customer = copy(form.customer)
    customer.wedding_day = wedding or customer.wedding_day
    return {
        "quote": form.quote(),
        "wedding_plan": wedding_plans.for_sale(version, customer, now=form.now, shoot=form.value_of("day")),
    }


# --- Parts of the order's page ---------------------------------------------------------------------
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
