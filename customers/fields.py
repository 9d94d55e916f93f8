"""Form fields that take what people type, keep it when it is wrong, and say what to do."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.names import clean, clean_lines
from customers.numbers import normalise_email, normalise_phone


class LineField(forms.CharField):
    """One line: what cannot be seen is taken out before its length is measured."""

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")


class LinesField(forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return clean_lines(super().to_python(value) or "")


class PhoneField(forms.CharField):
    """A telephone number in any form; the form sets `region`. Its value is E.164."""

    region = "CN"

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"})
        super().__init__(**{"label": gettext_lazy("Telephone"), "widget": widget, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return normalise_phone(text, region=self.region) if text else ""


class AddressField(forms.CharField):
    """An e-mail address; its value is in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "email", "inputmode": "email", "autocomplete": "off"})
        super().__init__(**{"label": gettext_lazy("E-mail"), "widget": widget, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return normalise_email(text) if text else ""


class DayField(forms.DateField):
    """A calendar day that can be meant: `earliest` and `latest` answer the limits, given today."""

    def __init__(
        self, *, earliest: Callable[[date], date], latest: Callable[[date], date], **kwargs: Any
    ) -> None:
        self.earliest, self.latest = earliest, latest
        widget = forms.DateInput(
            attrs={"type": "date", "min": "1900-01-01", "max": "2199-12-31"}, format="%Y-%m-%d"
        )
        formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]
        errors = {"invalid": gettext_lazy("Type a day as 2026-05-16.")}
        super().__init__(widget=widget, input_formats=formats, error_messages=errors, **kwargs)

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day is None:
            return None
        today = timezone.localdate()
        first, last = self.earliest(today), self.latest(today)
        if not first <= day <= last:
            raise ValidationError(
                _("This day lies outside of what can be meant: from %(first)s to %(last)s.")
                % {"first": first.isoformat(), "last": last.isoformat()},
                code="far",
            )
        return day


def years_away(day: date, years: int) -> date:
    """The same day some years away; the last of February stays in February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
