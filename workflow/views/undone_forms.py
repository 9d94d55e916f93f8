"""What was not done, and what becomes of it, asked in one form on the spot (F2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from bookings.models import AppointmentKind
from studio.foundation.templatetags.studio import local_moment
from workflow.models import ReshootCause
from workflow.undone_times import KINDS, Times
from workflow.views.day_forms import Reason

OWNER, DATE, PROMISE, LET_GO = "owner", "date", "promise", "let_go"
LATER = (OWNER, _("The owner sees to it"))
WAYS = [
    (DATE, _("A date, agreed now")),
    (PROMISE, _("Promised, with a day")),
    (LET_GO, _("They do without it")),
]


PARTS = {DATE: ["slot", "cause"], PROMISE: ["promised", "by_when"], LET_GO: ["let_go"]}
"""The fields of each way."""


class SlotField(forms.ChoiceField):
    """Any time may be sent: whether it is free (still, or all the same) is asked when the date is made."""

    def valid_value(self, value: str) -> bool:
        try:
            moment = parse_datetime(value)
        except ValueError:
            return False
        return super().valid_value(value) or (moment is not None and timezone.is_aware(moment))


class SettleForm(forms.Form):
    """What becomes of it. Only what belongs to the way that was chosen is asked for and looked at."""

    use_required_attribute = False

    way = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=WAYS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what becomes of it.")},
    )
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in KINDS], required=False, widget=forms.HiddenInput
    )
    slot = SlotField(
        label=_("When"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a time."),
            "invalid_choice": _("This time was taken in the meantime. Choose another."),
        },
    )
    cause = forms.ChoiceField(
        label=_("Whose doing"),
        choices=ReshootCause.choices,
        initial=ReshootCause.NOBODY,
        widget=forms.RadioSelect,
    )
    promised = Reason(label=_("What is promised"), error_messages={"required": _("Say what was promised.")})
    by_when = forms.DateField(
        label=_("By when"),
        error_messages={"required": _("Say by when.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    let_go = Reason(
        label=_("In their words, why they do without it"),
        error_messages={"required": _("Say in their words why they do without it.")},
    )

    def __init__(
        self, *args: Any, times: Times, for_look: bool, may_settle: bool = True, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.times = times
        self.fields["slot"].choices = [(value, local_moment(at)) for value, at in slots(times)]  # type: ignore[attr-defined]
        self.fields["kind"].initial = times.kind.value
        if not for_look:
            del self.fields["cause"]
        if not may_settle:
            for name in ("way", "kind", "slot", "cause", "promised", "by_when", "let_go"):
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        """What stands in the parts that were not chosen is neither asked for nor wrong."""
        given = super().clean() or self.cleaned_data
        for way, names in PARTS.items():
            for name in names:
                if given.get("way") != way or (name == "cause" and name not in self.data):
                    self.errors.pop(name, None)
        return given

    @property
    def start(self) -> datetime | None:
        """The free time that was chosen; None: the date that is agreed already."""
        chosen: str = self.cleaned_data.get("slot", "")
        return None if chosen.isdigit() else parse_datetime(chosen)


def slots(times: Times) -> Sequence[tuple[str, datetime]]:
    if times.there is not None:
        return [(str(times.there.pk), times.there.starts_at)]
    return [(at.isoformat(), at) for at in times.free]


class UndoneForm(SettleForm):
    """What was not done and why, and in the same breath what becomes of it. Departments write down; dates and
    promises are agreed by the front desk."""

    field_order = ["what", "why", "way"]

    what = Reason(
        label=_("What was not done"),
        max_length=120,
        error_messages={"required": _("Say what was not done.")},
    )
    why = Reason(
        label=_("Why it was not done"),
        help_text=_("Rain, an outfit missing, no time left … What becomes of it is agreed from it."),
        error_messages={"required": _("Say why it was not done: the owner agrees the next date from it.")},
    )

    def __init__(self, *args: Any, for_look: bool, **options: Any) -> None:
        super().__init__(*args, for_look=for_look, **options)
        if for_look:
            del self.fields["what"]
        if "way" in self.fields:
            self.fields["way"].choices = [LATER, *WAYS]  # type: ignore[attr-defined]
            self.fields["way"].initial = OWNER


def kind_asked(posted: str) -> AppointmentKind:
    """The kind of date whose free times are shown; what nobody offers is a shoot."""
    return next((kind for kind in KINDS if kind == posted), KINDS[0])
