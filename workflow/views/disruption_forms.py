"""What broke and when, who is late by how much, and what is done when it rains: as people type it."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Resource, ResourceKind
from bookings.models.resource import PEOPLE
from studio.staff.models import Branch
from workflow import running_late
from workflow.models import DisruptionKind, PlanB, WeatherPlan

KINDS = [choice for choice in DisruptionKind.choices if choice[0] != DisruptionKind.LATE]
WHERE = {"from": "from_day", "until": "until_day"}
"""Where the refusals of the domain are said."""


def day_field(**options: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )  # fmt: skip


def time_field(**options: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
    return forms.TimeField(widget=widget, **options)


def say(form: forms.Form, refusal: ValidationError) -> None:
    """The sentences of a refusal at the fields that they are about."""
    for name, sentences in refusal.message_dict.items():
        field = WHERE.get(name, name)
        form.add_error(field if field in form.fields else None, sentences)


class ResourceChoice(forms.ModelChoiceField):
    """People, rooms and things of one branch, by kind."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Resource.objects.none(), **options)

    def of(self, branch: Branch, *kinds: str) -> None:
        rows = Resource.objects.filter(branch=branch, is_active=True)
        self.queryset = rows.filter(kind__in=kinds) if kinds else rows
        self.queryset = self.queryset.order_by("kind", "pk")

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.get_kind_display()} · {obj}"


class DisruptionForm(forms.Form):
    """Without a resource the whole branch; without times whole days, today from now on."""

    kind = forms.ChoiceField(label=_("What broke"), choices=KINDS, initial=DisruptionKind.ILLNESS)
    resource = ResourceChoice(
        label=_("Who or what"), required=False, empty_label=_("The whole branch")
    )  # fmt: skip
    from_day = day_field(label=_("From"))
    from_time = time_field(
        label=_("Time"), required=False, help_text=_("Empty: from now on, or the morning.")
    )
    until_day = day_field(label=_("Until"))
    until_time = time_field(label=_("Time"), required=False, help_text=_("Empty: to the end of that day."))
    why = forms.CharField(
        label=_("What happened"),
        max_length=200,
        help_text=_("For colleagues. The customers are told in kind words, never who is ill."),
    )

    def __init__(self, *args: Any, branch: Branch, now: datetime, **options: Any) -> None:
        self.branch, self.now = branch, now
        super().__init__(*args, **options)
        self.fields["resource"].of(branch)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        is_chosen = given.get("resource") is not None or "resource" in self.errors
        if given.get("kind") == DisruptionKind.ILLNESS and not is_chosen:
            self.add_error("resource", _("Choose who is ill."))
        return given

    def clean_from_day(self) -> Any:
        return sensible(self.cleaned_data["from_day"])

    def clean_until_day(self) -> Any:
        return sensible(self.cleaned_data["until_day"])

    def span(self) -> tuple[datetime, datetime]:
        given = self.cleaned_data
        start = self.branch.at(given["from_day"], given["from_time"] or time.min)
        if given["from_time"] is None:
            start = max(start, self.now.replace(second=0, microsecond=0))
        if given["until_time"] is not None:
            return start, self.branch.at(given["until_day"], given["until_time"])
        return start, self.branch.day_bounds(given["until_day"])[1]


def sensible(day: Any) -> Any:
    if abs(day.year - timezone.now().year) > 10:
        raise ValidationError(_("This year can't be meant."))
    return day


class LateForm(forms.Form):
    resource = ResourceChoice(label=_("Who is late"), empty_label=None)
    minutes = forms.IntegerField(
        label=_("By how many minutes"),
        initial=40,
        min_value=running_late.LEAST,
        max_value=running_late.MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 5}),
        error_messages={
            "min_value": _("Five minutes at least."),
            "max_value": _("Four hours at most. For more, open a broken day."),
        },
    )
    why = forms.CharField(label=_("What happened"), max_length=200, required=False)

    def __init__(self, *args: Any, branch: Branch, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["resource"]
        field.of(branch, *PEOPLE, ResourceKind.FLOOR, ResourceKind.LOCATION, ResourceKind.VEHICLE)


class WeatherForm(forms.Form):
    day = day_field(label=_("Decided on"))
    time = time_field(label=_("at"))
    plan_b = forms.ChoiceField(label=_("When it rains"), choices=PlanB.choices, initial=PlanB.INDOORS)
    indoors = ResourceChoice(label=_("Where instead"), required=False, empty_label=_("Choose a floor"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, branch: Branch, **options: Any) -> None:
        self.branch = branch
        super().__init__(*args, **options)
        self.fields["indoors"].of(branch, ResourceKind.FLOOR)  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        return sensible(self.cleaned_data["day"])

    @property
    def decides_at(self) -> datetime:
        return self.branch.at(self.cleaned_data["day"], self.cleaned_data["time"])


def weather_initial(row: WeatherPlan | None, usual: datetime, branch: Branch) -> dict[str, Any]:
    moment = timezone.localtime(row.decides_at if row else usual, branch.zone)
    found: dict[str, Any] = {"day": moment.date(), "time": moment.time().replace(second=0, microsecond=0)}
    if row is not None:
        found |= {"plan_b": row.plan_b, "indoors": row.indoors_id, "note": row.note}
    return found
