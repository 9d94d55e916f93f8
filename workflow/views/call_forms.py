"""What is written down after a call; of a follow-up call a little more (R3.2, R2.2)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    """The form that fits the kind of the call."""
    if call.kind != CallKind.FOLLOW_UP:
        return OutcomeForm(data, initial=initial)
    return FollowUpOutcomeForm(data, initial=initial)
