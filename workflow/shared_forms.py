"""Forms of shared cases and of passing a visit on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.fields import LineField
from studio.staff.models import User


def percent_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Share of the first (per cent)"),
        min_value=1,
        max_value=99,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def reason_field() -> LineField:
    return LineField(
        label=_("Why"),
        max_length=200,
        error_messages={"required": _("Say why, so that everybody can see it.")},
    )


class ColleagueForm(forms.Form):
    """A form whose first question is: which colleague?"""

    field = ""

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.field].queryset = candidates  # type: ignore[attr-defined]


class ShareForm(ColleagueForm):
    """Who shares it, how, and why."""

    field = "second"
    second = forms.ModelChoiceField(
        User.objects.none(), label=_("Second consultant"), empty_label=_("Choose …")
    )
    first_percent = percent_field()
    why = reason_field()


class AdjustForm(forms.Form):
    first_percent = percent_field()


class HandOnForm(ColleagueForm):
    """Who serves them from here, and why."""

    field = "to"
    to = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"), empty_label=_("Choose …"))
    why = reason_field()
