"""Whose customer? Who asks for another owner, who claims them, what speaks for it, what a manager decides."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers import disputes, duties, files, ownership
from customers.forms_ownership import AskForm, ClaimForm, ConsentForm, DecisionForm, RefusalForm
from customers.models import Customer, Dispute, DisputeOutcome, TransferRequest
from customers.owners import CannotOwn, owners_of
from customers.registries import ownership_panels
from customers.views.files import customer_of, owner_context, parts_from
from studio.foundation import answers, submissions
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models import User
from studio.staff.models.membership import FRONT, MANAGERS


@roles(MANAGERS)
@require_safe
def ownership_open(request: StudioRequest) -> HttpResponse:
    """What waits for a manager's word: requests and disputes of the branch."""
    now = timezone.now()
    context = {
        "transfers": duties.transfers_waiting([], request.branch, now),
        "disputes": disputes.waiting(request.branch),
    }
    return render(request, "customers/ownership_open.html", context)


@roles(FRONT)
@require_safe
def ownership_of(request: StudioRequest, pk: int) -> HttpResponse:
    """Everything about whose customer this is, on one page that can be printed."""
    return ownership_page(request, customer_of(request, pk))


def ownership_page(
    request: StudioRequest, customer: Customer, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page; `more` holds a form to show again."""
    now, manages = timezone.now(), has_role(request, MANAGERS)
    everything = disputes.evidence(customer)
    chosen = request.GET.get("who", "")
    of = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
    rows = ownership.requests_for(manages, customer=customer).order_by("-asked_at", "-pk")
    claims = customer.disputes.select_related("raised_by", "decided_by")
    candidates = owners_of(request.branch).exclude(pk=customer.owner_id or 0)
    context = {
        "customer": customer,
        **owner_context(request, customer, now),
        "entries": [one for one in everything if of is None or of in disputes.people_in(one)],
        "colleagues": colleagues_in(everything),
        "who": of,
        "requests": rows,
        "asked_open": any(row.state == "asked" and row.source == "colleague" for row in rows),
        "disputes": claims,
        "claimed": any(row.raised_by_id == request.actor.pk and not row.outcome for row in claims),
        "parts": parts_from(ownership_panels, request, customer, now),
        "manages": manages,
        "is_ownership": True,
        "calls": True,
        "candidates": list(candidates),
        "ask_form": AskForm(candidates=candidates, initial={"to": request.actor.pk}, auto_id="ask_%s"),
        "claim_form": ClaimForm(auto_id="claim_%s"),
        "decision_form": DecisionForm(auto_id="decision_%s"),
    }
    return render(request, "customers/ownership.html", context | more, status=status)


def colleagues_in(entries: list[Any]) -> list[User]:
    """Whom the evidence speaks of, for the filter."""
    ids = {pk for entry in entries for pk in disputes.people_in(entry)}
    return list(User.objects.filter(pk__in=ids).order_by("display_name"))


def back(request: StudioRequest, customer: Customer) -> HttpResponse:
    """To the page that the button stood on: Today and the list name themselves, else the customer's own."""
    known = {"today": reverse("desk:today"), "list": reverse("customers:ownership_open")}
    own = reverse("customers:ownership", args=[customer.pk])
    return answers.done(request, known.get(request.POST.get("back", ""), own))


# --- Another owner -----------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def transfer_requests(request: StudioRequest, pk: int) -> HttpResponse:
    """A colleague asks; a manager will decide (R1.4)."""
    customer = customer_of(request, pk)
    form = AskForm(request.POST, candidates=owners_of(request.branch), auto_id="ask_%s")
    if not form.is_valid():
        return ownership_page(request, customer, status=422, ask_form=form)

    def create() -> str:
        ownership.ask_for_transfer(customer, by=request.actor, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("A manager is asked. Whose customer they are stays so until then."))
        return reverse("customers:ownership", args=[customer.pk])

    try:
        return submissions.once(request, create)
    except (ValidationError, CannotOwn) as error:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))
    return ownership_page(request, customer, status=422, ask_form=form)


def asked_of(request: StudioRequest, customer: Customer, pk: int) -> TransferRequest:
    """The request, through the customer and through what this reader may see."""
    rows = ownership.requests_for(has_role(request, MANAGERS), customer=customer)
    return get_object_or_404(rows.select_related("customer__branch"), pk=pk)


@roles(MANAGERS)
@require_POST
def consent(request: StudioRequest, pk: int, asked: int) -> HttpResponse:
    """A manager consents, in one press where a colleague was named."""
    customer = customer_of(request, pk)
    row = asked_of(request, customer, asked)
    form = ConsentForm(request.POST, candidates=owners_of(request.branch), auto_id=f"consent_{row.pk}_%s")
    if form.is_valid():
        try:
            row = ownership.grant(row, to=form.cleaned_data["to"], by=request.actor, now=timezone.now())
        except (ValidationError, CannotOwn) as error:
            form.add_error("to", " ".join(getattr(error, "messages", [str(error)])))
        else:
            messages.success(request, _("%(name)s is the owner now.") % {"name": row.to})
            return back(request, customer)
    return ownership_page(request, customer, status=422, refused=row.pk, consent_form=form)


@roles(MANAGERS)
@require_POST
def refusal(request: StudioRequest, pk: int, asked: int) -> HttpResponse:
    """A manager says why not."""
    customer = customer_of(request, pk)
    row = asked_of(request, customer, asked)
    form = RefusalForm(request.POST, auto_id=f"refusal_{row.pk}_%s")
    if not form.is_valid():
        return ownership_page(request, customer, status=422, refused=row.pk, refusal_form=form)
    ownership.refuse(row, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())
    messages.success(request, _("Refused, with the reason."))
    return back(request, customer)


@roles(FRONT)
@require_POST
def withdrawal(request: StudioRequest, pk: int, asked: int) -> HttpResponse:
    """Who asked thinks again."""
    customer = customer_of(request, pk)
    row = asked_of(request, customer, asked)
    if row.asked_by != request.actor:
        raise Http404
    ownership.withdraw(row, by=request.actor, now=timezone.now())
    messages.success(request, _("Taken back."))
    return back(request, customer)


# --- Disputes ----------------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def claims(request: StudioRequest, pk: int) -> HttpResponse:
    """“This customer is mine.”"""
    customer = customer_of(request, pk)
    form = ClaimForm(request.POST, auto_id="claim_%s")
    if form.is_valid():
        try:
            claim = form.cleaned_data["claim"]
            disputes.raise_dispute(customer, claim=claim, by=request.actor, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            messages.success(request, _("A manager decides, on what is written here."))
            return back(request, customer)
    return ownership_page(request, customer, status=422, claim_form=form)


@roles(FRONT)
@require_POST
def decision(request: StudioRequest, pk: int, dispute: int) -> HttpResponse:
    """A manager decides in writing; who claimed may take it back."""
    customer = customer_of(request, pk)
    row = get_object_or_404(
        Dispute.objects.select_related("customer__branch", "raised_by"), pk=dispute, customer=customer
    )
    now = timezone.now()
    if "withdraw" in request.POST and row.raised_by == request.actor:
        why = _("Taken back by who claimed it.")
        disputes.decide(row, outcome=DisputeOutcome.WITHDRAWN, why=why, by=request.actor, now=now)
        return back(request, customer)
    if not has_role(request, MANAGERS):
        raise Http404
    form = DecisionForm(request.POST, auto_id="decision_%s")
    if form.is_valid():
        try:
            disputes.decide(row, by=request.actor, now=now, **form.cleaned_data)
        except (ValidationError, files.CannotOwn) as error:
            form.add_error(None, " ".join(getattr(error, "messages", [str(error)])))
        else:
            messages.success(request, _("Decided."))
            return back(request, customer)
    return ownership_page(request, customer, status=422, decided=row.pk, decision_form=form)
