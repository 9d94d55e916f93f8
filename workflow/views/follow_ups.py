"""Follow-up (R2): the list, one plan with its path, a contact's day and occasion, the end, taken back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer
from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import follow_up_changes, follow_up_lists
from workflow.follow_ups import FollowUpRefused, unused
from workflow.models import CallTask, ContactState, FollowUp, FollowUpContact, Occasion, StopReason

ON_A_PAGE = 30


class OccasionChoice(forms.ModelChoiceField):
    """The occasions that this customer has not had, by name in the reader's language."""

    def label_from_instance(self, occasion: Any) -> str:
        return str(occasion.name)


class ContactForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    due_on = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    occasion = OccasionChoice(
        label=gettext_lazy("Occasion"),
        queryset=Occasion.objects.none(),
        required=False,
        empty_label=gettext_lazy("one of my own"),
    )
    own_occasion = forms.CharField(label=gettext_lazy("My own occasion"), max_length=80, required=False)

    def __init__(self, *args: Any, contact: FollowUpContact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = {occasion.pk for occasion in unused(contact.follow_up.customer)}
        if contact.occasion_id is not None:
            free.add(contact.occasion_id)
        field = self.fields["occasion"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Occasion.objects.filter(pk__in=free)


def plan_of(request: StudioRequest, pk: int) -> FollowUp:
    rows = FollowUp.objects.filter(branch=request.branch).select_related(
        "customer__owner", "customer__branch", "visit", "branch"
    )
    return get_object_or_404(rows, pk=pk)


@roles(FRONT)
@require_safe
def index(request: StudioRequest) -> HttpResponse:
    """Mine and those of whom I stand in for; a manager may look at the whole branch."""
    branch = request.branch
    today = branch.today(timezone.now())
    manages = has_role(request, MANAGERS)
    everybody = manages and request.GET.get("all") == "1"
    users = None if everybody else stands_in_for(request.actor, branch=branch, day=today)
    show = follow_up_lists.ENDED if request.GET.get("show") == "ended" else follow_up_lists.RUNNING
    rows = follow_up_lists.listed(branch, users=users, show=show)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "lines": [
            follow_up_lists.line_of(row, reader=request.actor, today=today) for row in page.object_list
        ],
        "page_obj": page,
        "show": show,
        "everybody": everybody,
        "manages": manages,
    }
    return render(request, "workflow/follow_ups.html", context)


@roles(FRONT)
@require_safe
def plan(request: StudioRequest, pk: int) -> HttpResponse:
    """The path of one plan: what was said, what comes next."""
    found = plan_of(request, pk)
    running = FollowUp.objects.running().filter(customer=found.customer_id).exists()
    reachable = found.customer.is_active and not found.customer.do_not_contact
    waiting = CallTask.objects.to_make().filter(contact__follow_up=found, due_at__lte=timezone.now())
    events = found.events.select_related("actor").order_by("-at", "-id")
    context = {
        "follow_up": found,
        "customer": found.customer,
        "visit": found.visit,
        "taboos": found.customer.taboos.filter(is_active=True),
        "steps": follow_up_lists.path(found),
        "history": [follow_up_lists.entry(event) for event in events],
        "call": waiting.first(),
        "may_resume": found.stop_reason == StopReason.BY_HAND and not running and reachable,
    }
    return render(request, "workflow/follow_up.html", context)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def contact(request: StudioRequest, pk: int) -> HttpResponse:
    """Another day, another occasion."""
    rows = FollowUpContact.objects.filter(follow_up__branch=request.branch).select_related(
        "follow_up__customer__branch", "follow_up__branch", "occasion"
    )
    found = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return change(request, found)
    if found.follow_up.stopped_at is not None or found.state != ContactState.PLANNED:
        messages.info(request, _("This contact is not planned any more."))
        return redirect(found.follow_up)
    return render(request, "workflow/follow_up_contact.html", contact_context(found, form=None))


def contact_context(found: FollowUpContact, *, form: ContactForm | None) -> dict[str, Any]:
    follow_up = found.follow_up
    initial = {
        "version": follow_up.version,
        "due_on": found.due_on,
        "occasion": found.occasion_id,
        "own_occasion": found.own_occasion,
    }
    return {
        "contact": found,
        "follow_up": follow_up,
        "customer": follow_up.customer,
        "of": follow_up_lists.lengths([follow_up.pk]).get(follow_up.pk, found.number),
        "version": form["version"].value() if form else follow_up.version,
        "form": form or ContactForm(contact=found, initial=initial),
    }


def change(request: StudioRequest, found: FollowUpContact) -> HttpResponse:
    form = ContactForm(request.POST, contact=found)
    if form.is_valid():
        values = form.cleaned_data
        try:
            follow_up_changes.change_contact(found, by=request.actor, now=timezone.now(), **values)
        except FollowUpRefused as refusal:
            form.add_error(refusal.field or None, str(refusal.sentence))
        else:
            messages.success(request, _("Saved."))
            return answers.done(request, found.follow_up.get_absolute_url())
    return answers.invalid(request, "workflow/follow_up_contact.html", contact_context(found, form=form))


@roles(FRONT)
@require_POST
def ending(request: StudioRequest, pk: int) -> HttpResponse:
    """Stopped by hand, in one press; the page offers to go on with it."""
    found = follow_up_changes.stop_by_hand(plan_of(request, pk), by=request.actor, now=timezone.now())
    messages.success(request, _("The follow-up has ended. “Go on with it” takes this back."))
    return answers.done(request, found.get_absolute_url(), trigger="calls-changed")


@roles(FRONT)
@require_POST
def resumption(request: StudioRequest, pk: int) -> HttpResponse:
    """The stop is taken back."""
    found = plan_of(request, pk)
    try:
        follow_up_changes.resume(found, by=request.actor, now=timezone.now())
    except FollowUpRefused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("The follow-up goes on."))
    return answers.done(request, found.get_absolute_url(), trigger="calls-changed")


@roles(FRONT)
@require_POST
def new(request: StudioRequest, pk: int) -> HttpResponse:
    """A plan by hand, from the customer file."""
    customer = get_object_or_404(Customer.objects.in_branch(request.branch), pk=pk)
    try:
        made = follow_up_changes.begin_again(customer, by=request.actor, now=timezone.now())
    except FollowUpRefused as refusal:
        messages.error(request, str(refusal.sentence))
        return answers.done(request, customer.get_absolute_url())
    return answers.done(request, made.get_absolute_url())
