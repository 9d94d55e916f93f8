"""What a customer can say behind their link."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from bookings.online_forms import moment_of
from studio.foundation.templatetags.studio import local_moment
from workflow import public_times

CONFIRM, ANOTHER_TIME = "confirm", "another_time"


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[(CONFIRM, CONFIRM), (ANOTHER_TIME, ANOTHER_TIME)])


class DigitsForm(forms.Form):
    digits = forms.CharField(
        label=_("The last four digits of your telephone number"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 8}),
        error_messages={"required": _("Type the last four digits.")},
    )

    def clean_digits(self) -> str:
        """Full-width digits and spaces are understood."""
        typed = re.sub(r"\s", "", unicodedata.normalize("NFKC", self.cleaned_data["digits"]))
        if not re.fullmatch(r"[0-9]{4}", typed):
            raise ValidationError(_("Type the last four digits."))
        return typed


class TimesForm(forms.Form):
    """Times that are free, in the order in which they were ticked where the browser tells it, and words."""

    times = forms.Field(required=False)
    order = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    wish = forms.CharField(
        label=_("Or in your own words"),
        help_text=_("A day, a weekday, “after the holidays”: as you like."),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, appointment: Appointment, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.appointment, self.now = appointment, now

    @property
    def ticked(self) -> list[datetime]:
        """What was ticked, as it was sent: unknown things are left out, the first choice comes first."""
        if not self.is_bound:
            return []
        branch = self.appointment.branch
        order = str(self.data.get("order", ""))[:200].split(",")
        sent = [text for text in self.data.getlist("times")[:50] if isinstance(text, str)]  # type: ignore[attr-defined]
        sent.sort(key=lambda text: (order.index(text) if text in order else len(order), text))
        moments = [moment_of(text, branch) for text in sent]
        return [moment for moment in dict.fromkeys(moments) if moment is not None]

    def afresh(self, wish: str, ticked: list[datetime]) -> "TimesForm":
        """The same, not sent yet: as it is shown first, and while somebody looks at later days."""
        texts = [
            f"{timezone.localtime(moment, self.appointment.branch.zone):%Y-%m-%dT%H:%M}" for moment in ticked
        ]
        initial = {"wish": wish, "order": ",".join(texts)}
        return TimesForm(initial=initial, appointment=self.appointment, now=self.now)

    def clean_times(self) -> list[datetime]:
        if len(self.ticked) > public_times.MOST:
            raise ValidationError(_("Choose three times at most."))
        if len(self.ticked) < len(set(self.data.getlist("times"))):  # type: ignore[attr-defined]
            raise ValidationError(_("Choose from the times that are shown, or write your own."))
        lost = public_times.gone(self.appointment, self.ticked, now=self.now)
        if lost:
            names = _(", ").join(local_moment(moment) for moment in lost)
            raise ValidationError(_("%(times)s has just gone. Choose another one.") % {"times": names})
        return self.ticked
