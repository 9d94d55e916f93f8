"""Working hours and closures of a resource, as people type them."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.forms import ReasonForm
from bookings.hours import Week
from bookings.models import Weekday
from studio.staff.models import Branch

PARTS = ("first", "second")


class HoursForm(forms.Form):
    """Two spans for each weekday: a break is the gap between them, an empty day is a day off, and an empty
    week follows the branch. `seen` is the week as it was when the page was drawn."""

    seen = forms.CharField(required=False, max_length=900, widget=forms.HiddenInput)

    def __init__(self, *args: Any, week: Week, **options: Any) -> None:
        self.week = week
        options.setdefault("initial", {"seen": as_text(week), **fields_of(week)})
        super().__init__(*args, **options)
        for weekday in Weekday:
            for part in PARTS:
                for end in ("from", "until"):
                    self.fields[name_of(weekday, part, end)] = forms.TimeField(
                        label=f"{weekday.label}, {LABELS[part, end]}",
                        required=False,
                        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
                    )

    @property
    def days(self) -> list[dict[str, Any]]:
        """Each weekday with its spans as they are, and its four fields."""
        return [
            {
                "label": weekday.label,
                "spans": [(start, end) for day, start, end in self.week if day == weekday],
                "fields": [self[name_of(weekday, part, end)] for part in PARTS for end in ("from", "until")],
            }
            for weekday in Weekday
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("seen") != as_text(self.week):
            raise ValidationError(
                _("Somebody changed these hours meanwhile. Look at them and send yours again.")
            )
        for weekday in Weekday:
            spans = [self.span(weekday, part) for part in PARTS]
            if None not in spans and spans[1][0] < spans[0][1]:  # type: ignore[index]
                self.add_error(
                    name_of(weekday, "second", "from"),
                    _("The second part begins before the first has ended."),
                )
        return given

    def span(self, weekday: int, part: str) -> tuple[time, time] | None:
        names = [name_of(weekday, part, end) for end in ("from", "until")]
        start, end = (self.cleaned_data.get(name) for name in names)
        if set(names) & set(self.errors):
            return None
        if (start is None) != (end is None):
            self.add_error(names[0] if start is None else names[1], _("Both times, or neither."))
            return None
        if start is None or end is None:
            return None
        if end <= start:
            self.add_error(names[1], _("The end lies before the beginning."))
            return None
        return start, end

    def result(self) -> Week:
        rows = []
        for weekday in Weekday:
            for part in PARTS:
                start = self.cleaned_data[name_of(weekday, part, "from")]
                end = self.cleaned_data[name_of(weekday, part, "until")]
                if start and end:
                    rows.append((int(weekday), start, end))
        return rows


LABELS = {
    ("first", "from"): _("from"),
    ("first", "until"): _("until"),
    ("second", "from"): _("again from"),
    ("second", "until"): _("again until"),
}


def name_of(weekday: int, part: str, end: str) -> str:
    return f"{part}_{end}_{int(weekday)}"


def fields_of(week: Week) -> dict[str, time]:
    values: dict[str, time] = {}
    for weekday, start, end in week:
        part = PARTS[name_of(weekday, "first", "from") in values]
        values |= {name_of(weekday, part, "from"): start, name_of(weekday, part, "until"): end}
    return values


def as_text(week: Week) -> str:
    return ";".join(f"{weekday} {start:%H:%M}-{end:%H:%M}" for weekday, start, end in week)


class ClosureForm(ReasonForm):
    """From when to when a resource is kept free, and why; whole days where no time is given."""

    field_order = ["from_day", "from_time", "until_day", "until_time", "why"]
    longest = 100

    from_day = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    from_time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
        help_text=_("Empty: from the morning."),
    )
    until_day = forms.DateField(
        label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until_time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
        help_text=_("Empty: to the end of that day."),
    )

    def clean_from_day(self) -> Any:
        return sensible(self.cleaned_data["from_day"])

    def clean_until_day(self) -> Any:
        return sensible(self.cleaned_data["until_day"])

    def span(self, branch: Branch) -> tuple[datetime, datetime]:
        given = self.cleaned_data
        start = branch.at(given["from_day"], given["from_time"] or time.min)
        if given["until_time"] is not None:
            return start, branch.at(given["until_day"], given["until_time"])
        return start, branch.day_bounds(given["until_day"])[1]


def sensible(day: Any) -> Any:
    if abs(day.year - timezone.now().year) > 10:
        raise ValidationError(_("This year can't be meant."))
    return day


CLOSURE_FIELDS = {"from": "from_day", "until": "until_day", "day": "from_day"}
"""Where the refusals of `closures.close` are said."""
