"""What a customer can say behind their link."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from bookings.online_forms import moment_of
from customers import consents
from customers.contact_wishes import wish_of
from customers.models import ConsentScope, ContactKind, ContactPoint, Customer, Way
from customers.reaching import ways_of
from studio.foundation.templatetags.studio import local_moment, phone_masked
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
        lost = public_times.gone(self.appointment, self.ticked, now=self.now)
        if lost:
            names = _(", ").join(local_moment(moment) for moment in lost)
            raise ValidationError(_("%(times)s has just gone. Choose another one.") % {"times": names})
        return self.ticked


class NumberChoice(forms.ModelChoiceField):
    """A number of the party: whose it is, and so much of it that its owner knows it."""

    def label_from_instance(self, point: Any) -> str:
        masked = phone_masked(point.value)
        return f"{point.member.name} · {masked}" if point.member else masked


class ReachForm(forms.Form):
    """How they may be reached: language, ways, whom to ring and when."""

    language = forms.ChoiceField(
        label=_("We speak and write to you in"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    order = forms.MultipleChoiceField(
        label=_("Messages about what you ordered"),
        help_text=_("Without any we call you."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    news = forms.MultipleChoiceField(
        label=_("Other things: greetings, invitations, offers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    contact = NumberChoice(
        label=_("Whom shall we ring first?"),
        queryset=ContactPoint.objects.none(),
        required=False,
        empty_label=_("whoever you like"),
    )
    from_time = forms.TimeField(
        label=_("Best from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    until_time = forms.TimeField(
        label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    note = forms.CharField(
        label=_("Anything to mind?"),
        help_text=_("“At work until six”, “please no calls during the nap”."),
        max_length=120,
        required=False,
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        wish, offered = wish_of(customer), ways_of(customer)
        rows = [row for row in consents.standing(customer) if row.way in offered]
        said = {
            scope: [row.way.value for row in rows if row.scope == scope and row.allowed]
            for scope in ConsentScope
        }
        initial = {
            "language": customer.language,
            "order": said[ConsentScope.ORDER],
            "news": said[ConsentScope.NEWS],
            "contact": wish.contact_id,
            "from_time": wish.from_time,
            "until_time": wish.until_time,
            "note": wish.note,
        }
        super().__init__(data, initial=initial, auto_id="reach_%s")
        choices = [(way.value, way.label) for way in offered]
        self.choose("news", choices)
        self.choose("order", [choice for choice in choices if choice[0] != Way.PHONE])
        points = customer.contact_points.filter(kind=ContactKind.PHONE, is_wrong=False)
        contact = self.fields["contact"]
        assert isinstance(contact, forms.ModelChoiceField)
        contact.queryset = points.select_related("member")
        if points.count() < 2:
            del self.fields["contact"]

    def choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        if not choices:
            del self.fields[name]

    def clean_note(self) -> str:
        return str(self.cleaned_data["note"])

    @property
    def allowed(self) -> dict[str, list[str]]:
        """For each scope that was asked about, the ways that they said yes to."""
        asked = {ConsentScope.ORDER: "order", ConsentScope.NEWS: "news"}
        return {str(scope): self.cleaned_data[name] for scope, name in asked.items() if name in self.fields}

    @property
    def wish(self) -> dict[str, Any]:
        names = ("contact", "from_time", "until_time", "note")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}
