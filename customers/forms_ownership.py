"""Forms of ownership: another owner asked for and decided on, disputes, and the customer's private wish."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.fields import LineField, LinesField
from customers.models import DisputeOutcome
from customers.ownership import REASONS
from studio.staff.models import User


class AskForm(forms.Form):
    """Another owner, please: to whom, why, in whose words (R1.4)."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("New owner"), empty_label=_("Choose …"))
    reason = forms.ChoiceField(label=_("Why"), choices=REASONS, widget=forms.RadioSelect)
    note = LineField(label=_("In their words"), required=False, max_length=300)
    serves_from_now = forms.BooleanField(label=_("Serves from now, while a manager decides"), required=False)

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = candidates  # type: ignore[attr-defined]


class ConsentForm(forms.Form):
    """To whom; empty: to who was asked for."""

    to = forms.ModelChoiceField(
        User.objects.none(), label=_("New owner"), required=False, empty_label=_("Choose …")
    )

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = candidates  # type: ignore[attr-defined]


class RefusalForm(forms.Form):
    why = LineField(
        label=_("Why it is refused"),
        max_length=200,
        error_messages={"required": _("Say why not: who asked will read it.")},
    )


class ClaimForm(forms.Form):
    claim = LinesField(
        label=_("Why this customer is yours"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why this customer is yours.")},
    )


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[choice for choice in DisputeOutcome.choices if choice[0] != DisputeOutcome.WITHDRAWN],
        widget=forms.RadioSelect,
    )
    why = LinesField(
        label=_("Why so"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write down why: both sides will read it.")},
    )


class WishForm(forms.Form):
    """What a customer wishes in private: somebody else, perhaps a certain colleague, perhaps some words."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who should be there for you?"),
        required=False,
        empty_label=_("Whoever you think suits us"),
    )
    note = LinesField(
        label=_("Would you like to tell us more?"),
        help_text=_("Only if you like. It helps us to do better."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = choices
        field.label_from_instance = lambda user: user.spoken_name
