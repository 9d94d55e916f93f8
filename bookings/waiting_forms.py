"""What is asked of who waits for a full day; each refusal is a sentence at its field."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.date_forms import check_day
from bookings.gown_forms import day_field
from bookings.models import AppointmentKind, Booking, PartOfDay, Resource, ResourceKind
from bookings.models.resource import PEOPLE
from bookings.needs import minutes_for
from bookings.waiting import LONGEST, SHORTEST
from studio.staff.models import Branch


class WishForm(forms.Form):
    """For what, for which days, and whether somebody is wanted in person."""

    kind = forms.ChoiceField(
        label=_("What for"),
        choices=AppointmentKind.choices,
        error_messages={"invalid_choice": _("There is no date of this kind.")},
    )
    first_day = day_field(_("First day"))
    last_day = day_field(_("Last day"))
    part_of_day = forms.ChoiceField(
        label=_("Part of the day"),
        choices=PartOfDay.choices,
        initial=PartOfDay.ANY,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a part of the day.")},
    )
    minutes = forms.IntegerField(
        label=_("How long, minutes"),
        min_value=SHORTEST,
        max_value=LONGEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "min_value": _("Ten minutes at least."),
            "max_value": _("Eighteen hours at most; make two dates of it."),
        },
    )
    resources = forms.ModelMultipleChoiceField(
        label=_("Wanted in person"),
        queryset=Resource.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody ticked: whoever the package needs."),
        error_messages={
            "invalid_choice": _("This can't be booked here any more. Choose again."),
            "invalid_pk_value": _("This can't be booked here any more. Choose again."),
        },
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(
        self, *args: Any, branch: Branch, booking: Booking | None, now: datetime, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.branch, self.now = branch, now
        people = Resource.objects.bookable(branch, *(PEOPLE | {ResourceKind.LOCATION}))
        self.fields["resources"].queryset = people.order_by("kind", "pk")  # type: ignore[attr-defined]
        kind = str(self["kind"].value() or AppointmentKind.SHOOT)
        if kind in AppointmentKind.values:
            version = booking.package_version if booking else None
            self.initial.setdefault("minutes", minutes_for(version, kind))

    def clean_last_day(self) -> Any:
        return check_day(self.cleaned_data["last_day"], branch=self.branch, now=self.now)


class ListFilter(forms.Form):
    """Which part of the list is shown; stands in the address."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("who waits")),
            ("free", _("a place is free")),
            ("all", _("all, also what is over")),
        ],
    )
    kind = forms.ChoiceField(
        label=_("What for"), required=False, choices=[("", _("everything")), *AppointmentKind.choices]
    )
    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
