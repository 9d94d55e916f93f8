"""The form of a date: day, time, length, and who and what its package needs for which part of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bookings.allocation import SlotTaken
from bookings.arrangements import carried, chosen_now
from bookings.bookable import FURTHEST, NotBookable, NotWorking
from bookings.forms import ReasonForm
from bookings.models import Appointment, PackageVersion, Resource, ResourceKind
from bookings.models.resource import PEOPLE
from bookings.needs import FIELD_OF, FIELDS, Need, holds_from, minutes_for, needs_of
from bookings.spans import Hold, Slot
from studio.staff.models import Branch

ALSO = "also"


class DateForm(forms.Form):
    """A day, a time, how long, and who and what is wanted for it: the form of a `Slot`.

    `kind` and the package (`version`) decide which resources are asked for, and for which part of the time.
    With `appointment` it is being moved: what is held for it now stands in the form.
    """

    day_is_needed = True

    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"),
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("How long"),
        min_value=10,
        max_value=18 * 60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "min_value": gettext_lazy("Ten minutes at least."),
            "max_value": gettext_lazy("Eighteen hours at most; make two dates of it."),
        },
    )
    overtime = forms.BooleanField(label=gettext_lazy("They have agreed to the overtime"), required=False)
    knows = forms.BooleanField(
        label=gettext_lazy("The customer knows it already"),
        required=False,
        help_text=gettext_lazy("No message about it is sent then."),
    )

    def __init__(
        self,
        *args: Any,
        branch: Branch,
        kind: str,
        now: datetime,
        version: PackageVersion | None = None,
        appointment: Appointment | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.branch, self.kind, self.now = branch, kind, now
        self.version, self.appointment = version, appointment
        self.asks_overtime = False
        self.chosen: dict[str, Resource | None] = {}
        self.fields["day"].widget.attrs |= {
            "hx-get": reverse("bookings:schedule"),
            "hx-trigger": "change",
            "hx-target": "#day-plan",
        }
        if appointment is None:
            del self.fields["knows"]
        else:
            for name, value in as_it_is(appointment, needs_of(version, kind)).items():
                self.initial.setdefault(name, value)
        self.initial.setdefault("minutes", minutes_for(version, kind))
        self.needs = needs_of(version, kind)
        resources = bookable(branch)
        for need in self.needs:
            self.add_need(need, resources)
        self.add_also(resources)

    # --- Fields ---
    def add_need(self, need: Need, resources: list[Resource]) -> None:
        """A select of who suits; whoever left since the page was drawn is refused."""
        able = [row for row in resources if need.suits(row, trained(row))]
        if need.resource is not None and need.resource in able:
            able = [need.resource]
            self.initial.setdefault(need.key, need.resource.pk)
        untrained = [str(row) for row in resources if row.kind in need.kinds and row not in able]
        field = forms.ModelChoiceField(
            label=need.label(*self.span_shown()),
            required=False,
            queryset=Resource.objects.bookable(self.branch, *need.kinds).filter(pk__in=[r.pk for r in able]),
            empty_label=empty_label(need),
            help_text=_("Not trained for it: %(names)s.") % {"names": _(", ").join(untrained)}
            if need.skill and untrained
            else "",
            error_messages={
                "required": _("Who or what? Without it the day is not held."),
                "invalid_choice": _("This can't be booked here any more. Choose again."),
            },
        )
        field.choices = [("", field.empty_label), *((row.pk, str(row)) for row in able)]
        self.fields[need.key] = field
        field.required = self.day_is_needed and self.must_name(need)

    def add_also(self, resources: list[Resource]) -> None:
        rows = Resource.objects.bookable(self.branch, *ResourceKind.values)
        field = forms.ModelMultipleChoiceField(
            label=_("Also held"),
            required=False,
            queryset=rows,
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "invalid_choice": _("This can't be booked here any more. Choose again."),
                "invalid_pk_value": _("This can't be booked here any more. Choose again."),
            },
        )
        field.choices = [(row.pk, f"{row.get_kind_display()} · {row}") for row in resources]
        self.fields[ALSO] = field

    def span_shown(self) -> tuple[datetime, datetime] | tuple[()]:
        """When it would be, on the branch's clock, as far as the form knows it already."""
        try:
            day = self.fields["day"].clean(self["day"].value())
            clock = self.fields["time"].clean(self["time"].value())
            length = timedelta(minutes=int(self["minutes"].value() if "minutes" in self.fields else 0))
            start = self.branch.at(day, clock)
            return start, timezone.localtime(start.astimezone(UTC) + length, self.branch.zone)
        except (ValidationError, TypeError, ValueError, OverflowError):
            return ()

    @property
    def resource_fields(self) -> list[forms.BoundField]:
        return [self[need.key] for need in self.needs]

    @property
    def shows_overtime(self) -> bool:
        """Only where the hours were in the way, or it was ticked before."""
        return self.asks_overtime or bool(self["overtime"].value())

    @property
    def holds_more(self) -> bool:
        return bool(self[ALSO].value()) or bool(self[ALSO].errors)

    # --- Each by itself, and together ---
    def clean_day(self) -> date:
        return check_day(self.cleaned_data["day"], branch=self.branch, now=self.now)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self.chosen = {need.key: given.get(need.key) for need in self.needs}
        if given.get("day"):
            self.check_needs(given)
        return given

    def check_needs(self, given: Mapping[str, Any]) -> None:
        for place, need in enumerate(self.needs):
            chosen = given.get(need.key)
            if chosen is None and self.must_name(need) and need.key not in self.errors:
                self.add_error(need.key, _("Who or what? Without it the day is not held."))
            for other in self.needs[:place]:
                if (
                    chosen is not None
                    and given.get(other.key) == chosen
                    and other.key in together(need, other)
                ):
                    self.add_error(need.key, _("Chosen twice for the same time."))

    def must_name(self, need: Need) -> bool:
        """What the package needs is named when the day is agreed; a move may leave open what was open."""
        if need.is_optional or need.follows or len(self.fields[need.key].choices) < 2:  # type: ignore[attr-defined]
            return False
        return self.appointment is None or bool(self.initial.get(need.key))

    # --- What it means ---
    def slot(self) -> Slot:
        given = self.cleaned_data
        return self.slot_on(given["day"], given["time"], given["minutes"])

    def slot_on(self, day: date, clock: Any, length: int) -> Slot:
        """The slot that a clean form means, for a length that stands elsewhere."""
        given = self.cleaned_data
        start = self.branch.at(day, clock).astimezone(UTC)
        end = start + timedelta(minutes=length)
        holds: list[Hold] = holds_from(self.needs, start, end, given)
        named = {hold.resource for hold in holds}
        for resource in given.get(ALSO) or []:
            if resource not in named:
                holds += carried(self.appointment, resource, start, end)
        return Slot(start, end, (), holds, overtime=given["overtime"])

    def field_of(self, resource: Resource) -> str:
        """The field in which this resource was chosen, for the sentence that it can't be had."""
        return next((key for key, chosen in self.chosen.items() if chosen == resource), ALSO)


class CallOffForm(ReasonForm):
    """Why a date is called off, and whether the customer has heard it."""

    knows = forms.BooleanField(
        label=gettext_lazy("The customer knows it already"),
        required=False,
        help_text=gettext_lazy("No message about it is sent then."),
    )


def together(need: Need, other: Need) -> set[str]:
    """The key of the other need where both are wanted at the same time."""
    first, second = span_minutes(need), span_minutes(other)
    return {other.key} if first[0] < second[1] and second[0] < first[1] else set()


def span_minutes(need: Need) -> tuple[int, int]:
    return need.from_minute, need.from_minute + need.minutes if need.minutes else 24 * 60


def empty_label(need: Need) -> str:
    if need.follows:
        return _("the same as before")
    return _("nobody yet") if set(need.kinds) <= PEOPLE else pgettext("choice", "open")


def bookable(branch: Branch) -> list[Resource]:
    """The branch's resources with their skills, people first; two questions."""
    order = ResourceKind.values
    rows = Resource.objects.bookable(branch, *order).prefetch_related("skills")
    return sorted(rows, key=lambda row: (order.index(row.kind), row.pk))


def trained(resource: Resource) -> set[int]:
    return {skill.pk for skill in resource.skills.all()}


def as_it_is(row: Appointment, needs: list[Need]) -> dict[str, Any]:
    """What is agreed now, as the initial values of the form."""
    start = timezone.localtime(row.starts_at, row.branch.zone)
    minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
    chosen, also = chosen_now(row, needs)
    return {"day": start.date(), "time": start.time(), "minutes": minutes, **chosen, ALSO: also}


def check_day(day: date, *, branch: Branch, now: datetime) -> date:
    """A day between today and three years ahead; anything else is a slip of the finger."""
    today = branch.today(now)
    if day < today:
        raise ValidationError(_("This day is over already. Choose one that is still to come."))
    if day > today + FURTHEST:
        raise ValidationError(_("That is more than three years ahead. Check the year."))
    return day


# --- Refusals at their fields -----------------------------------------------------------------
def say_taken(form: DateForm, taken: SlotTaken) -> None:
    """Each conflict at the field of the resource that is taken."""
    for conflict in taken.conflicts:
        form.add_error(form.field_of(conflict.resource), str(conflict))


def say_unavailable(form: DateForm, refusal: SlotTaken | NotWorking) -> None:
    """Whoever is taken or off, at their field."""
    if isinstance(refusal, SlotTaken):
        say_taken(form, refusal)
    else:
        say_not_bookable(form, refusal)


def say_not_bookable(form: forms.Form, refusal: NotBookable, names: Mapping[str, str] | None = None) -> None:
    """The sentence at its field; `names` where the form calls its fields differently. Where hours are in the
    way, the form asks from now on whether overtime is agreed."""
    if isinstance(refusal, NotWorking) and isinstance(form, DateForm):
        form.asks_overtime = refusal.is_hours
        said: set[tuple[str, str]] = set()
        for away, sentence in zip(refusal.off, refusal.sentences, strict=True):
            at = (form.field_of(away.resource) if away.resource else "time", sentence)
            if at not in said:
                form.add_error(*at)
            said.add(at)
        return
    field = (names or {}).get(refusal.field, refusal.field)
    form.add_error(field if field in form.fields else None, refusal.messages)


def instead_of(refusal: Any, form: DateForm | None = None) -> list[tuple[str, str]]:
    """Who is free at the wanted time, as answers for `filled`: ("photographer:12", "李强"); only who may be
    chosen in the field of the form."""
    answers: list[tuple[str, str]] = []
    for taken, others in refusal.instead.items():
        for other in others:
            name = field_for(form, taken, other)
            if name:
                answers.append((f"{name}:{other.pk}", str(other)))
    return list(dict.fromkeys(answers))


def field_for(form: DateForm | None, taken: int, other: Resource) -> str:
    if form is None:
        return FIELD_OF[other.kind]
    names = [key for key, chosen in form.chosen.items() if chosen is not None and chosen.pk == taken]
    choices = {str(pk) for name in names for pk, _label in form.fields[name].choices}  # type: ignore[attr-defined]
    return names[0] if names and str(other.pk) in choices else ""


def filled(posted: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """What was typed, with a free answer put in: "2026-05-20T12:00", or "photographer:12" for a colleague."""
    values = {name: value for name, value in posted.items() if name != "csrfmiddlewaretoken"}
    if hasattr(posted, "getlist"):
        values |= {name: posted.getlist(name) for name in (ALSO, "add_ons", "news") if name in posted}
    name, _colon, pk = answer.partition(":")
    if name.split("_")[0] in FIELDS:
        return values | {name: pk}
    try:
        moment = datetime.fromisoformat(answer)
    except ValueError:
        return values
    moment = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return values | {"day": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}
