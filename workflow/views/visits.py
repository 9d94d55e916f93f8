"""Visits: the one press that receives, and the one-screen intake."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.almanac import lunar_date
from customers import files
from customers.models import Customer
from customers.views.files import version_of
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models import User
from studio.staff.models.membership import FRONT
from workflow import rotation, visits
from workflow.greeting import greeting_of
from workflow.models import LossReason, Visit, VisitOutcome
from workflow.rotation import NobodyThere
from workflow.views.shared import hand_on_context
from workflow.views.visit_forms import REFUSALS, Intake, VisitForm

LOST = "lost-"


# --- Receiving: POST to the visitor log (workflow.views.visitor_log) ---------------------------
def receive(request: StudioRequest) -> HttpResponse:
    """Give the party to whose turn it is, to whom they ask for, or a returning customer to their owner."""
    customer = file_of(request, request.POST.get("customer", ""))
    named = named_by(request)
    minutes = request.POST.get("came", "")
    came = timedelta(minutes=int(minutes)) if minutes in map(str, visits.CAME_BEFORE) else timedelta(0)

    def create() -> str:
        now, by = timezone.now(), request.actor
        return visits.receive(
            branch=request.branch, by=by, now=now, customer=customer, named=named, came_before=came
        ).get_absolute_url()

    try:
        return submissions.once(request, create)
    except NobodyThere:
        messages.error(request, _("Nobody is on the roster right now: somebody has to come back first."))
        return redirect("workflow:rotation")


def file_of(request: StudioRequest, typed: str) -> Customer | None:
    """The file that a form names, of this branch; nothing named is None, anything else is not there."""
    if not typed:
        return None
    return get_object_or_404(Customer.objects.in_branch(request.branch), pk=number_of(typed))


def named_by(request: StudioRequest) -> User | None:
    """Whom they ask for."""
    typed = request.POST.get("named", "")
    people = {person.pk: person for person in rotation.may_be_named(request.branch)} if typed else {}
    if typed and number_of(typed) not in people:
        raise Http404
    return people.get(number_of(typed))


def number_of(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0


# --- The intake ------------------------------------------------------------------------------
def visit_of(request: StudioRequest, pk: int) -> Visit:
    """The visit, through the branch."""
    rows = Visit.objects.filter(branch=request.branch)
    return get_object_or_404(
        rows.select_related("branch", "customer__owner", "consultant", "named", "turn"), pk=pk
    )


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: StudioRequest, pk: int) -> HttpResponse:
    """One screen; every button saves what is typed, and then does what it says."""
    row = visit_of(request, pk)
    intake = Intake(request.POST if request.method == "POST" else None, visit=row)
    if request.method == "POST" and not intake.wants_more and intake.is_valid():
        try:
            return carried_out(request, row, intake, timezone.now())
        except REFUSALS as error:
            intake.refuse(error)
        except visits.NoCustomer:
            intake.form.add_error(None, _("Write down who they are first: an order needs a customer."))
        except visits.AlreadyEnded:
            intake.form.add_error(None, _("This visit has ended already. Take its outcome back first."))
    context = visit_context(row, intake, timezone.now())
    if request.method == "POST" and not intake.wants_more:
        return answers.invalid(request, "workflow/visit.html", context)
    return render(request, "workflow/visit.html", context)


def visit_context(row: Visit, intake: Intake, now: datetime) -> dict[str, Any]:
    return {
        "visit": row,
        "intake": intake,
        "reasons": [choice for choice in LossReason.choices if choice[0] != LossReason.LEFT],
        "competitors": visits.competitors_of(row.branch),
        "greeting": greeting_of(row, rotation.rules_of(row.branch), now=now),
        "lunar": lunar_date(row.wish_date) if row.wish_date else "",
        "events": row.events.select_related("actor"),
        "now": now,
        **hand_on_context(row, now),
        **(known_context(intake.known, now, row) if intake.known else {}),
        **({"taboos": row.customer.taboos.filter(is_active=True)} if row.customer else {}),
    }


def carried_out(request: StudioRequest, row: Visit, intake: Intake, now: datetime) -> HttpResponse:
    """Save, and then: greet, attach, won, undecided, lost with a reason; all of it or nothing."""
    what, by = request.POST.get("do", ""), request.actor
    customer = file_of(request, request.POST.get("attach", ""))
    before, competitor = row.consultant_id, intake.form.cleaned_data["competitor"]
    with transaction.atomic():
        row = intake.take_down(version=version_of(request), by=by, now=now, customer=customer)
        row = visits.name_competitor(row, competitor=competitor, by=by, now=now)
        if what == "greet":
            row = visits.greet(row, by=by, now=now)
        elif what == VisitOutcome.UNDECIDED:
            row = visits.end(row, outcome=what, by=by, now=now)
        elif what.startswith(LOST) and what.removeprefix(LOST) in LossReason.values:
            lost = {"loss_reason": what.removeprefix(LOST), "competitor": competitor}
            row = visits.end(row, outcome=VisitOutcome.LOST, by=by, now=now, **lost)
        elif what == VisitOutcome.WON and row.customer_id is None:
            raise visits.NoCustomer
    return after(request, row, what, fetch=row.consultant if row.consultant_id != before else None)


def after(request: StudioRequest, row: Visit, what: str, *, fetch: User | None) -> HttpResponse:
    """Where each button leads: a sale to its page, an end to Today, the rest back to the intake."""
    if what == VisitOutcome.WON:
        return answers.done(request, f"{reverse('workflow:sale', args=[row.customer_id])}?visit={row.pk}")
    if row.outcome != VisitOutcome.OPEN and (what == VisitOutcome.UNDECIDED or what.startswith(LOST)):
        messages.success(request, _("The visit is in the log. Thank you for every word you wrote down."))
        return answers.done(request, reverse("desk:today"))
    said = _("Saved. Please fetch %(name)s.") % {"name": fetch.display_name} if fetch else _("Saved.")
    messages.success(request, said)
    return answers.done(request, row.get_absolute_url())


# --- One press each --------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def greeting(request: StudioRequest, pk: int) -> HttpResponse:
    """Somebody is with them now (R1.5)."""
    visits.greet(visit_of(request, pk), by=request.actor, now=timezone.now())
    return answers.done(request, reverse("desk:today"))


@roles(FRONT)
@require_POST
def departure(request: StudioRequest, pk: int) -> HttpResponse:
    """They left before anybody could talk to them: one press, and it is counted."""
    row = visit_of(request, pk)
    try:
        visits.end(
            row,
            outcome=VisitOutcome.LOST,
            loss_reason=LossReason.LEFT,
            by=request.actor,
            now=timezone.now(),
        )
    except visits.AlreadyEnded:
        messages.error(request, _("This visit has ended already. Take its outcome back first."))
        return answers.done(request, row.get_absolute_url())
    messages.success(request, _("Written down: left before talking."))
    return answers.done(request, reverse("desk:today"))


@roles(FRONT)
@require_POST
def reopening(request: StudioRequest, pk: int) -> HttpResponse:
    """The outcome was pressed by mistake."""
    row = visit_of(request, pk)
    try:
        visits.reopen(row, by=request.actor, now=timezone.now())
    except visits.AlreadyEnded:
        messages.error(request, _("A sale is not taken back here; look at the order."))
    return answers.done(request, row.get_absolute_url())


# --- Parts of the intake ---------------------------------------------------------------------
@roles(FRONT)
@require_safe
def clock(request: StudioRequest, pk: int) -> HttpResponse:
    """How long they have waited for the greeting; asked for again and again while the page is open."""
    row = visit_of(request, pk)
    greeting = greeting_of(row, rotation.rules_of(row.branch), now=timezone.now())
    return render(request, "workflow/visit_clock.html", {"visit": row, "greeting": greeting})


@roles(FRONT)
@require_safe
def number(request: StudioRequest) -> HttpResponse:
    """Whose number is this? A known customer shows at once; of another branch's only owner and place (F8)."""
    typed = request.GET.get("phone", "")
    known = files.find_by_number(typed, branch=request.branch)
    visit = Visit.objects.filter(branch=request.branch, pk=number_of(request.GET.get("visit", ""))).first()
    context = known_context(known, timezone.now(), visit) if known else {}
    context["elsewhere"] = None if known else files.elsewhere(typed, branch=request.branch)
    return render(request, "workflow/visit_number.html", context)


def known_context(known: Customer, now: datetime, visit: Visit | None = None) -> dict[str, Any]:
    """The known customer: what to keep in mind, when they were here last, and who comes to them now."""
    before = known.visits.exclude(pk=visit.pk) if visit else known.visits.all()
    return {
        "known": known,
        "taboos": known.taboos.filter(is_active=True),
        "last_visit": before.select_related("consultant").first(),
        "fetch": visits.receiver_for(known, visit, now) if visit else None,
        "visit": visit,
    }


@roles(FRONT)
@require_safe
def lunar(request: StudioRequest) -> HttpResponse:
    """The lunar date of the wish date."""
    form = VisitForm({"wish_date": request.GET.get("wish_date", "")})
    form.is_valid()
    day = form.cleaned_data.get("wish_date")
    return render(request, "workflow/visit_lunar.html", {"lunar": lunar_date(day) if day else ""})
