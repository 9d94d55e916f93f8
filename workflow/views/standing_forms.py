"""What stands beside the stage: why an order waits, and what is to be shot again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workflow.models import Look, LookState, ReshootCause, ReshootKind, WorkOrder
from workflow.views.day_forms import Reason


class HoldForm(forms.Form):
    why = Reason(label=_("Why it waits"), error_messages={"required": _("Say why it waits.")})
    look_again_on = forms.DateField(
        label=_("Look at it again on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From that day on it stands on the owner's Today."),
        error_messages={"required": _("Say when somebody looks at it again.")},
    )


class GoOnForm(forms.Form):
    why = Reason(label=_("Why it goes on"), required=False)


class ReshootForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=ReshootKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what it is.")},
    )
    cause = forms.ChoiceField(
        label=_("Whose doing"),
        choices=ReshootCause.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whose doing it is.")},
    )
    looks = forms.ModelMultipleChoiceField(
        Look.objects.none(),
        label=_("Which looks"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one look."),
            "invalid_choice": _("This look belongs to another order."),
            "invalid_pk_value": _("This look belongs to another order."),
        },
    )
    why = Reason(label=_("Why"), error_messages={"required": _("Say why it is shot again.")})

    def __init__(self, *args: Any, order: WorkOrder, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["looks"].queryset = order.looks.exclude(state=LookState.PENDING)  # type: ignore[attr-defined]
        self.fields["looks"].label_from_instance = look_label  # type: ignore[attr-defined]


def look_label(look: Look) -> str:
    return f"{look.position} · {look.name} · {look.get_state_display()}"


class CallOffReshootForm(forms.Form):
    why = Reason(label=_("Why it is called off"), error_messages={"required": _("Say why it is called off.")})
