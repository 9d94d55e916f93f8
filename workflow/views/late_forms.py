"""What is asked where a record that came in later does not fit."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workflow.views.day_forms import Reason


class SettleForm(forms.Form):
    kept = forms.ChoiceField(
        label=_("What is to stand?"),
        choices=[("recorded", _("As it is recorded")), ("pressed", _("As it was pressed"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is to stand.")},
    )
    why = Reason(
        label=_("How you know"),
        help_text=_("You spoke with both of them, you stood beside it …"),
        error_messages={"required": _("Say how you know: it is kept with the record.")},
    )

    def __init__(self, *args: Any, can_be_pressed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_be_pressed:
            self.fields["kept"].choices = self.fields["kept"].choices[:1]  # type: ignore[attr-defined]
            self.fields["kept"].initial = "recorded"
