"""What customers type on the booking page."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from customers.fields import PhoneField
from customers.names import clean, clean_lines
from studio.staff.models import Branch

MOST_PEOPLE = 60


class WishForm(forms.Form):
    """Who they are. `website` is a trap: people don't see it, programs fill it in."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("How may we call you?")},
    )
    phone = PhoneField(
        label=_("Your mobile number"),
        help_text=_("We send a code to it, and call you on it."),
        error_messages={"required": _("Without a number we can't answer you.")},
    )
    party = forms.IntegerField(
        label=_("How many people"),
        min_value=1,
        max_value=MOST_PEOPLE,
        initial=2,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 2}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("A number from 1 to 60.")
        ),
    )
    words = forms.CharField(
        label=_("Anything we should know"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you have in mind, when we may call you, who comes along."),
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        phone = self.fields["phone"]
        phone.region = branch.region  # type: ignore[attr-defined]
        phone.widget.attrs["autocomplete"] = "tel"

    def clean_name(self) -> str:
        name = clean(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("How may we call you?"))
        return name

    def clean_words(self) -> str:
        return clean_lines(self.cleaned_data["words"])

    @property
    def is_trapped(self) -> bool:
        return bool(self.data.get("website", "").strip())


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code from our message"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 12}
        ),
        error_messages={"required": _("Type the six figures.")},
    )

    def clean_code(self) -> str:
        """Spaces between the figures, and full-width ones, are understood."""
        code = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise ValidationError(_("Type the six figures."))
        return code


def moment_of(text: str, branch: Branch) -> datetime | None:
    """A time of an address, 2026-06-01T09:30 by the branch's clock; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or timezone.is_aware(moment) or not 2000 <= moment.year <= 2200:
        return None
    return branch.at(moment.date(), moment.time())
