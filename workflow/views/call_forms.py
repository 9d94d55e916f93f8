"""What is written down after a call; of a follow-up call a little more (R3.2, R2.2)."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bookings.schedule import FURTHEST
from customers import contact_wishes, files
from customers.fields import LineField, PhoneField
from customers.forms_reach import WhoseForm, with_role
from customers.models import ContactKind, ContactPoint, Customer
from studio.foundation.templatetags.studio import phone
from studio.staff.models import Branch, User
from workflow.follow_up_calls import Told
from workflow.models import CallKind, CallOutcome, CallTask, ContactChannel, LossReason

REASONS = [choice for choice in LossReason.choices if choice[0] != LossReason.LEFT]
"""Why somebody decides otherwise on the telephone: nobody leaves there before talking."""


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(choices=CallOutcome.choices)
    version = forms.IntegerField()
    note = forms.CharField(
        label=gettext_lazy("In the customer's words"),
        help_text=gettext_lazy("For another time: when it would suit them."),
        max_length=200,
        required=False,
    )
    again_at = forms.DateTimeField(
        label=gettext_lazy("Call again at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    remember = forms.BooleanField(
        label=gettext_lazy("This time of day suits them always: remember it"), required=False
    )
    contact = forms.ModelChoiceField(ContactPoint.objects.none(), required=False)


class NeededWhenTalked(forms.CharField):
    """Shown as needed; whether it is missing is decided with the outcome: a call in vain is about nothing."""

    def validate(self, value: Any) -> None:
        return None


class FollowUpOutcomeForm(OutcomeForm):
    """R2.2: channel, occasion, what was said, outcome, next date."""

    use_required_attribute = False

    note = forms.CharField(
        label=gettext_lazy("What was said"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("How they were reached"),
        choices=ContactChannel.choices,
        initial=ContactChannel.PHONE,
        widget=forms.RadioSelect,
    )
    own_occasion = NeededWhenTalked(
        label=gettext_lazy("What the call is about"),
        help_text=gettext_lazy("The library is used up: think of something pleasant of your own."),
        max_length=80,
    )
    next_on = forms.DateField(
        label=gettext_lazy("Next contact on"),
        help_text=gettext_lazy("Only where they named a day; otherwise the plan goes on by itself."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why they decided otherwise"), choices=[("", "–"), *REASONS], required=False
    )
    competitor = forms.CharField(label=gettext_lazy("Which competitor"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        """Who names a competitor has said why."""
        values = super().clean() or {}
        if values.get("competitor"):
            if values.get("reason") in {"", None}:
                values["reason"] = LossReason.COMPETITOR
            elif values["reason"] != LossReason.COMPETITOR:
                self.add_error("competitor", _("Only where a competitor is the reason."))
        return values

    def told(self) -> Told:
        values = self.cleaned_data
        return Told(
            said=values["note"],
            channel=values["channel"],
            own_occasion=values["own_occasion"],
            next_on=values["next_on"],
            reason=values["reason"],
            competitor=values["competitor"],
        )


def form_of(call: CallTask, data: Any = None, *, initial: dict[str, Any] | None = None) -> OutcomeForm:
    """The form that fits the kind of the call; `contact` is which of their numbers is wrong."""
    kind = FollowUpOutcomeForm if call.kind == CallKind.FOLLOW_UP else OutcomeForm
    form = kind(data, initial=initial)
    form.fields["contact"].queryset = ContactPoint.objects.filter(  # type: ignore[attr-defined]
        customer=call.customer_id, kind=ContactKind.PHONE
    )
    return form


# --- Whom to ring, and when -------------------------------------------------------------------
def clock_field(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


class NumberChoice(forms.ModelChoiceField):
    """The numbers of a file, each with whose it is."""

    def label_from_instance(self, point: Any) -> str:
        number = phone(point.value)
        return f"{number} · {with_role(point.member)}" if point.member else number


class WishForm(WhoseForm):
    """Kept from the call page in one small form (R3.2)."""

    contact = NumberChoice(
        ContactPoint.objects.none(),
        label=pgettext_lazy("field", "Ring first"),
        required=False,
        empty_label=gettext_lazy("the first number"),
    )
    from_time = clock_field(gettext_lazy("From"))
    until_time = clock_field(gettext_lazy("Until"))
    note = LineField(
        label=gettext_lazy("What to mind"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        wish = contact_wishes.wish_of(customer)
        kept = {name: getattr(wish, name) for name in ("from_time", "until_time", "note")}
        super().__init__(data, initial={**kept, "contact": wish.contact_id}, prefix="wish")
        numbers = ContactPoint.objects.filter(customer=customer, kind=ContactKind.PHONE, is_wrong=False)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = numbers.select_related("member")
        self.ask_whose(customer)

    @property
    def wish(self) -> dict[str, Any]:
        """What `contact_wishes.keep` takes."""
        return {name: self.cleaned_data[name] for name in ("contact", "from_time", "until_time", "note")}


class NumberForm(forms.Form):
    """The one field in which the desk writes a number that it found."""

    number = PhoneField(label=gettext_lazy("Their number"))

    def __init__(self, data: Any = None, *, branch: Branch, call: int) -> None:
        super().__init__(data, auto_id=f"id_{call}_%s")
        self.fields["number"].region = branch.region  # type: ignore[attr-defined]


# --- The whole branch ---------------------------------------------------------------------------
class FilterForm(forms.Form):
    """What a manager looks for among the calls of the branch; all of it stands in the address."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of call"), required=False)
    who = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("On whose list"),
        required=False,
        empty_label=gettext_lazy("Everybody"),
    )
    late = forms.ChoiceField(label=gettext_lazy("How late"), required=False)

    def __init__(self, data: Any, *, branch: Branch) -> None:
        super().__init__(data)
        kinds = [("", _("Everything")), *CallKind.choices]
        late = [("", _("All")), ("late", _("Overdue")), ("behind", _("Not called in time"))]
        for name, choices in (("kind", kinds), ("late", late)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["who"].queryset = files.owners_of(branch)  # type: ignore[attr-defined]

    @property
    def address(self) -> str:
        """The same choice in an address; an empty one where nothing is chosen."""
        return urlencode({name: getattr(value, "pk", value) for name, value in self.chosen.items()})

    @property
    def chosen(self) -> dict[str, Any]:
        """What is right of it; what is not, narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class GiveForm(forms.Form):
    """To whom the ticked calls go; `back`, the other button: to their owners."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Give to"),
        empty_label=gettext_lazy("Choose …"),
    )

    def __init__(self, data: Any = None, *, branch: Branch) -> None:
        super().__init__(data)
        self.fields["to"].queryset = files.owners_of(branch)  # type: ignore[attr-defined]
        self.fields["to"].required = "back" not in (data or {})

    def chosen(self) -> list[int]:
        """The calls that were ticked; what is no number was not."""
        ticked = self.data.getlist("call") if hasattr(self.data, "getlist") else []
        return [int(value) for value in ticked if value.isascii() and value.isdigit() and len(value) < 18]


class AgreementForm(forms.Form):
    """One of the times that are offered as buttons."""

    starts_at = forms.DateTimeField()
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)

    def clean_starts_at(self) -> datetime:
        """Only what can be meant goes on to the schedule, which says the rest."""
        starts_at: datetime = self.cleaned_data["starts_at"]
        today = timezone.now()
        if not today - timedelta(days=1) <= starts_at <= today + FURTHEST:
            raise forms.ValidationError(_("Choose one of the times."))
        return starts_at
