"""What is asked when a gown is held, given out, taken back or exchanged; each refusal is a sentence at its
field."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bookings.forms import AmountField
from bookings.gown_calendar import free_between
from bookings.models import Appointment, AppointmentKind, Condition, Resource
from bookings.models.gowns import MOST_PHOTOS
from bookings.outings import CHARGED, NEEDS_CARE
from bookings.photos import Picture, read
from bookings.schedule import NotBookable
from studio.staff.models import Branch

ACCEPTED = "image/jpeg,image/png,image/webp"


class PhotoField(forms.FileField):
    """One photograph, from the camera of a tablet; clean it is a `Picture`."""

    def __init__(self, label: Any) -> None:
        camera = forms.FileInput(attrs={"accept": ACCEPTED, "capture": "environment"})
        super().__init__(label=label, required=False, allow_empty_file=True, widget=camera)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        return read(file) if file else None


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Some photographs that were taken before."""

    def __init__(self, label: Any) -> None:
        chooser = SeveralFiles(attrs={"accept": ACCEPTED, "multiple": True})
        super().__init__(label=label, required=False, allow_empty_file=True, widget=chooser)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, list | tuple) else [data]
        found = [super(PhotosField, self).clean(file, None) for file in files if file]
        if len(found) > MOST_PHOTOS:
            raise ValidationError(_("Six photographs at most."))
        return [read(file) for file in found]


class PhotographedForm(forms.Form):
    """Up to six photographs: three views by the camera, others from the album."""

    front = PhotoField(_("The front"))
    rear = PhotoField(_("The back"))
    detail = PhotoField(_("A detail"))
    more = PhotosField(_("Others, taken before"))

    def photos(self) -> list[Picture]:
        given = self.cleaned_data
        single = [given.get(name) for name in ("front", "rear", "detail")]
        return [photo for photo in single if photo] + list(given.get("more") or [])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if len(self.photos()) > MOST_PHOTOS:
            self.add_error("more", _("Six photographs at most."))
        return given

    @property
    def photo_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("front", "rear", "detail", "more")]


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def time_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label, widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
    )


def note_field() -> forms.CharField:
    return forms.CharField(
        label=_("Note"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def moment(branch: Branch, day: date, clock: time) -> datetime:
    """The moment that a day and a time of the form mean; a year that nobody means is a sentence."""
    if not 1990 <= day.year <= 2100:
        raise NotBookable(_("This day can't be meant. Check the year."), "until_day")
    return branch.at(day, clock)


SPAN = ("from_day", "from_time", "until_day", "until_time")


class WhichGown(forms.ModelChoiceField):
    def __init__(self, gowns: Iterable[Resource]) -> None:
        rows = list(gowns)
        super().__init__(
            label=_("Which gown"),
            queryset=Resource.objects.filter(pk__in=[row.pk for row in rows]),
            widget=forms.RadioSelect,
            empty_label=None,
            error_messages={
                "required": _("Choose a gown."),
                "invalid_choice": _("This gown is not free any more. Choose another."),
            },
        )
        self.choices = [(row.pk, named(row)) for row in rows]


def named(gown: Resource) -> str:
    return " · ".join(filter(None, [gown.code, str(gown), gown.style, gown.size]))


class HoldForm(forms.Form):
    """Which gown, for which look, from when to when."""

    look = forms.TypedChoiceField(label=_("For look"), required=False, coerce=int, empty_value=None)
    from_day = day_field(_("From"))
    from_time = time_field(pgettext_lazy("clock", "Time"))
    until_day = day_field(_("Until"))
    until_time = time_field(pgettext_lazy("clock", "Time"))

    def __init__(
        self, *args: Any, appointment: Appointment, gowns: Iterable[Resource], looks: int, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.appointment, self.branch = appointment, appointment.branch
        self.fields["gown"] = WhichGown(gowns)
        self.sort_free_first(list(gowns))
        choices = [("", _("all of them")), *((number, str(number)) for number in range(1, looks + 1))]
        self.fields["look"].choices = choices  # type: ignore[attr-defined]
        if not looks:
            del self.fields["look"]

    def sort_free_first(self, gowns: list[Resource]) -> None:
        """Who is free in the time that the form shows stands first; the others say that they are taken."""
        try:
            shown = {name: self.fields[name].clean(self[name].value()) for name in SPAN}
            span = self.moments(shown)
        except ValidationError:
            return
        free = free_between(gowns, *span, besides=self.appointment) if span[0] < span[1] else gowns
        taken = [
            (row.pk, gettext("%(gown)s (taken)") % {"gown": named(row)}) for row in gowns if row not in free
        ]
        choices = [(row.pk, named(row)) for row in free] + taken
        self.fields["gown"].choices = choices  # type: ignore[attr-defined]

    def span(self) -> tuple[datetime, datetime]:
        return self.moments(self.cleaned_data)

    def moments(self, given: dict[str, Any]) -> tuple[datetime, datetime]:
        return (
            moment(self.branch, given["from_day"], given["from_time"]),
            moment(self.branch, given["until_day"], given["until_time"]),
        )


class OutForm(PhotographedForm):
    """How it leaves, and when it is due back."""

    condition = forms.ChoiceField(
        label=_("How it leaves"),
        choices=[(one.value, one.label) for one in (Condition.GOOD, Condition.WORN)],
        initial=Condition.GOOD,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it leaves.")},
    )
    due_day = day_field(_("Due back"))
    due_time = time_field(pgettext_lazy("clock", "Time"))
    note = note_field()

    def __init__(self, *args: Any, branch: Branch, **options: Any) -> None:
        super().__init__(*args, **options)
        self.branch = branch

    def due(self) -> datetime:
        return moment(self.branch, self.cleaned_data["due_day"], self.cleaned_data["due_time"])


class BackForm(PhotographedForm):
    """How it came back, and by when it is in order again."""

    condition = forms.ChoiceField(
        label=_("How it came back"),
        choices=Condition.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it came back.")},
    )
    repaired = day_field(_("In order again on"))
    note = note_field()

    def __init__(self, *args: Any, branch: Branch, **options: Any) -> None:
        super().__init__(*args, **options)
        self.branch = branch
        self.fields["repaired"].required = False
        self.fields["repaired"].help_text = _(
            "Only where it is soiled or damaged: until then nobody gets it."
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        condition = given.get("condition")
        if condition in NEEDS_CARE and condition != Condition.LOST and not given.get("repaired"):
            self.add_error("repaired", _("Say by when it is in order again."))
        return given

    def repaired_at(self) -> datetime | None:
        day, condition = self.cleaned_data.get("repaired"), self.cleaned_data["condition"]
        if day is None or condition not in NEEDS_CARE:
            return None
        return moment(self.branch, day, self.branch.opens_at)


class SubstituteForm(forms.Form):
    why = forms.CharField(
        label=_("Why"), max_length=200, error_messages={"required": _("Say why; a few words are enough.")}
    )

    def __init__(self, *args: Any, gowns: Iterable[Resource], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["gown"] = WhichGown(gowns)


class DamageForm(forms.Form):
    """Who pays for the damage: the customer, out of the security first, or nobody."""

    decision = forms.ChoiceField(
        label=_("Who pays"),
        choices=[("charge", _("the customer")), ("spare", _("nobody: we bear it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who pays for it.")},
    )
    amount = AmountField(label=_("Amount"), required=False)
    why = forms.CharField(label=_("Why not"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("decision") == "charge" and not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _("Enter the amount."))
        if given.get("decision") == "spare" and not given.get("why", "").strip():
            self.add_error("why", _("Say why; a few words are enough."))
        return given


def usual_span(appointment: Appointment) -> dict[str, Any]:
    """From when to when a gown is usually held: for a wedding from the evening before to the noon after it,
    otherwise for the appointment itself."""
    zone = appointment.branch.zone
    start, end = (timezone.localtime(at, zone) for at in (appointment.starts_at, appointment.ends_at))
    if appointment.kind == AppointmentKind.WEDDING:
        first, last = start.date() - timedelta(days=1), end.date() + timedelta(days=1)
        return span_fields(first, time(17), last, time(12))
    return span_fields(start.date(), start.time(), end.date(), end.time())


def span_fields(first: date, opens: time, last: date, closes: time) -> dict[str, Any]:
    return {"from_day": first, "from_time": opens, "until_day": last, "until_time": closes}


__all__ = ["CHARGED", "BackForm", "DamageForm", "HoldForm", "OutForm", "SubstituteForm", "usual_span"]
