"""The filters of the visitor log; they live in the address."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from customers.fields import DayField, LineField
from customers.models.customer import HeardFrom
from studio.staff.models import Branch, User
from workflow import visitor_log
from workflow.models import LossReason, VisitOutcome
from workflow.models.visit import Interest, VisitorKind
from workflow.visitor_log import NEW, PLAIN_FILTERS, RETURNING, Chosen

EVERY = [("", "—")]
FIRST_DAY = date(2000, 1, 1)


def day_field(label: Any) -> DayField:
    return DayField(
        label=label,
        required=False,
        earliest=lambda today: FIRST_DAY,
        latest=lambda today: today + timedelta(1),
    )


class LogFilter(forms.Form):
    """All of it optional; what makes no sense is said at its field and does not filter."""

    first = day_field(pgettext_lazy("day", "From"))
    last = day_field(pgettext_lazy("day", "To"))
    text = LineField(
        label=gettext_lazy("Name, number, words"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    consultant = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Consultant"), required=False, empty_label="—"
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), required=False, choices=[*EVERY, *VisitOutcome.choices]
    )
    loss_reason = forms.ChoiceField(
        label=gettext_lazy("Why not"), required=False, choices=[*EVERY, *LossReason.choices]
    )
    competitor = forms.ChoiceField(label=gettext_lazy("Which competitor"), required=False)
    visitor_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of visitor"), required=False, choices=[*EVERY, *VisitorKind.choices]
    )
    interest = forms.ChoiceField(
        label=gettext_lazy("How far they had come"), required=False, choices=[*EVERY, *Interest.choices]
    )
    heard_from = forms.ChoiceField(
        label=gettext_lazy("Heard of us from"), required=False, choices=[*EVERY, *HeardFrom.choices]
    )
    known = forms.ChoiceField(
        label=gettext_lazy("New or returning"),
        required=False,
        choices=[*EVERY, (NEW, gettext_lazy("new")), (RETURNING, gettext_lazy("returning"))],
    )

    def __init__(self, data: QueryDict, *, branch: Branch, today: date) -> None:
        self.today, self.period = today, data.get("period", "")
        super().__init__(without_day(data))
        people = [person.pk for person in visitor_log.consultants(branch)]
        chooser = self.fields["consultant"]
        chooser.queryset = User.objects.filter(pk__in=people).order_by("display_name", "pk")  # type: ignore[attr-defined]
        self.fields["competitor"].choices = EVERY + [  # type: ignore[attr-defined]
            (name, name) for name in visitor_log.competitors(branch)
        ]
        self.chosen = self.choose()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        return values

    def choose(self) -> Chosen:
        """What is right of what was asked; without any day it is today."""
        self.full_clean()
        values = self.cleaned_data
        first, last = values.get("first"), values.get("last")
        if first or last:
            first = min(first or last or self.today, self.today)
            last = max(first, min(last or self.today, self.today))
        else:
            first, last = periods(self.today).get(self.period, (self.today, self.today))
        return Chosen(
            first=first,
            last=last,
            consultant=values.get("consultant"),
            known=values.get("known", ""),
            text=values.get("text", ""),
            **{name: values.get(name, "") for name in PLAIN_FILTERS},
        )

    @property
    def more_in_use(self) -> bool:
        """Whether one of the filters that are folded away is set, or wrong."""
        return any(self.data.get(name) for name in FOLDED)

    @property
    def folded(self) -> list[forms.BoundField]:
        return [self[name] for name in FOLDED]

    @property
    def filters(self) -> bool:
        """Whether anything but the days is narrowed."""
        return any(self.data.get(name) for name in self.fields if name not in ("first", "last"))


FOLDED = ("loss_reason", "competitor", "visitor_kind", "interest", "heard_from", "known")


def without_day(data: QueryDict) -> QueryDict:
    """`?day=2026-05-16`, an older address of a day, means from that day to that day."""
    data = data.copy()
    if data.get("day") and not data.get("first"):
        data.setlist("first", data.getlist("day"))
        data.setlist("last", data.getlist("day"))
    return data


def periods(today: date) -> dict[str, tuple[date, date]]:
    """The stretches that are asked for most, up to today; the week begins on Monday."""
    yesterday = today - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "week": (today - timedelta(days=today.weekday()), today),
        "month": (today.replace(day=1), today),
        "year": (today.replace(month=1, day=1), today),
    }


def period_words() -> dict[str, str]:
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "week": pgettext("period", "This week"),
        "month": pgettext("period", "This month"),
        "year": pgettext("period", "This year"),
    }


def neighbours(first: date, last: date, today: date) -> tuple[tuple[date, date], tuple[date, date] | None]:
    """The stretch of the same length before, and the one after if it has begun; months stay months."""
    if first.day == 1 and last == min(end_of_month(first), today):
        before = ((first - timedelta(days=1)).replace(day=1), first - timedelta(days=1))
        after_first = end_of_month(first) + timedelta(days=1)
        after = (after_first, min(end_of_month(after_first), today))
    else:
        length = last - first + timedelta(days=1)
        before = (first - length, last - length)
        after = (first + length, min(last + length, today))
    before = (max(before[0], FIRST_DAY), max(before[1], FIRST_DAY))
    return before, after if after[0] <= today else None


def end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
