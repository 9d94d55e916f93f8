"""What is asked for days off. Only who may stand in can be chosen; the domain looks at each day once more."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.foundation.plain_text import clean
from studio.foundation.templatetags.studio import local_date
from studio.staff.deputies import load_on, may_stand_in, places_of, propose
from studio.staff.duties import Off, deputies_between, deputies_on
from studio.staff.leaves import MOST_DAYS, days_of, deputy_field
from studio.staff.models import Branch, LeaveDay, LeaveKind, Membership, User

EACH = "each"


class Line(forms.CharField):
    """One line from a colleague, without what only a machine could have typed."""

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")


class Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={
                "invalid": gettext_lazy("Type a day as 2026-05-16."),
                "required": gettext_lazy("Choose a day."),
            },
            **kwargs,
        )


class Colleague(forms.TypedChoiceField):
    """One of some colleagues; answers the `User`, or None."""

    def __init__(self, places: list[Membership], *, empty: Any, notes: dict[int, str], **kwargs: Any) -> None:
        self.people = {str(place.user_id): place.user for place in places}
        choices = [("", empty)] + [(key, named(user, notes)) for key, user in self.people.items()]
        super().__init__(
            choices=choices,
            coerce=self.people.get,
            empty_value=None,
            error_messages={
                "invalid_choice": gettext_lazy("Choose somebody from this list."),
                "required": gettext_lazy("Choose somebody."),
            },
            **kwargs,
        )


def named(user: User, notes: dict[int, str]) -> str:
    if user.pk not in notes:
        return user.display_name
    return _("%(name)s (%(note)s)") % {"name": user.display_name, "note": notes[user.pk]}


def notes_of(off: Off) -> dict[int, str]:
    """Who is off that day, and who stands in for them."""
    return {
        pk: _("off; %(deputy)s stands in") % {"deputy": entry.deputy.spoken_name} for pk, entry in off.items()
    }


class LeaveForm(forms.Form):
    """Days, kind, note, and the deputy: one for all days, or, after “a deputy for each day”, one for each."""

    starts_on = Day(label=gettext_lazy("First day"))
    ends_on = Day(label=gettext_lazy("Last day"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=LeaveKind.choices,
        initial=LeaveKind.REST,
        widget=forms.RadioSelect,
    )
    note = Line(
        label=gettext_lazy("For whoever decides"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, user: User, branch: Branch, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch, self.places = branch, places_of(branch)
        self.place = next(place for place in self.places if place.user_id == user.pk)
        tomorrow = branch.today(now) + timedelta(days=1)
        self.fields["deputy"] = Colleague(
            may_stand_in(self.place, self.places, {}),
            empty=_("Choose …"),
            notes={},
            label=_("Who stands in"),
            required=not self.is_day_by_day,
            initial=self.proposed(tomorrow, now),
            help_text=_("On all these days, where you name nobody else."),
        )
        self.days = self.days_typed() if self.is_day_by_day else []
        off_by_day = deputies_between(self.days[0], self.days[-1], branch) if self.days else {}
        for day in self.days:
            self.add_day(day, off_by_day.get(day, {}))

    @property
    def is_day_by_day(self) -> bool:
        return self.is_bound and any(key == EACH or key.startswith("deputy-") for key in self.data)

    def proposed(self, day: date, now: datetime) -> str:
        found = propose(self.place.user, branch=self.branch, day=day, now=now)
        return str(found.pk) if found else ""

    def days_typed(self) -> list[date]:
        """The days between the two that were typed, where they make sense."""
        typed = []
        for name in ("starts_on", "ends_on"):
            try:
                typed.append(self.fields[name].clean(self.data.get(name)))
            except ValidationError:
                return []
        first, last = typed
        return days_of(first, last) if 0 <= (last - first).days < MOST_DAYS else []

    def add_day(self, day: date, off: Off) -> None:
        self.fields[deputy_field(day)] = Colleague(
            may_stand_in(self.place, self.places, off),
            empty=_("As above"),
            notes=notes_of(off),
            label=local_date(day),
            required=False,
        )

    @property
    def day_fields(self) -> list[Any]:
        return [self[deputy_field(day)] for day in self.days]

    def deputies(self) -> dict[date, User]:
        """Day by day; a day for which nobody is named is left out, and the domain asks for it."""
        given = self.cleaned_data
        first = given["starts_on"]
        # What is too long is refused by the domain; here it only must not be counted out.
        length = min((given["ends_on"] - first).days, MOST_DAYS)
        named = {
            day: given.get(deputy_field(day)) or given.get("deputy")
            for day in (days_of(first, first + timedelta(days=length)) if first.year < 9999 else [])
        }
        return {day: deputy for day, deputy in named.items() if deputy is not None}

    def refuse(self, error: ValidationError) -> None:
        """The domain's sentences at their fields. What concerns one day brings up a field for each day."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        of_days = [name for name in error.error_dict if name not in self.fields]
        if of_days:
            self.days = self.days_typed()
            off_by_day = deputies_between(self.days[0], self.days[-1], self.branch)
            for day in self.days:
                if deputy_field(day) not in self.fields:
                    self.add_day(day, off_by_day.get(day, {}))
        for name, sentences in error.error_dict.items():
            self.add_error(name if name in self.fields else None, sentences)


class DeputyForm(forms.Form):
    """Somebody else for one day."""

    def __init__(self, *args: Any, off: LeaveDay, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deputy"] = deputy_of_day(off.user, off.branch, off.day, now, required=True)
        self.fields["deputy"].initial = str(off.deputy_id)


class IllnessForm(forms.Form):
    """Who is ill today, and who stands in; nobody named: whoever has the least to do."""

    def __init__(self, *args: Any, branch: Branch, now: datetime, who: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = branch.today(now)
        off = deputies_on(today, branch)
        there = [place for place in places_of(branch) if place.user_id not in off]
        self.fields["user"] = Colleague(
            sorted(there, key=lambda place: place.user.display_name),
            empty=_("Choose …"),
            notes={},
            label=_("Who is ill"),
            initial=who,
        )
        # With a script the proposal shows as soon as somebody is chosen; without one the press takes it.
        self.fields["user"].widget.attrs |= {
            "hx-get": reverse("staff:illness"),
            "hx-trigger": "change",
            "hx-target": "#illness-deputy",
            "hx-select": "#illness-deputy",
            "hx-swap": "outerHTML",
        }
        chosen = self.fields["user"].people.get(who)  # type: ignore[attr-defined]
        self.fields["deputy"] = deputy_of_day(chosen, branch, today, now)

    def refuse(self, error: ValidationError) -> None:
        self.add_error(None, error)


def deputy_of_day(
    user: User | None, branch: Branch, day: date, now: datetime, *, required: bool = False
) -> Colleague:
    """Who may stand in for `user` on the day, with how much each has to see to; the proposal is chosen."""
    off, places = deputies_on(day, branch), places_of(branch)
    place = next((one for one in places if user and one.user_id == user.pk), None)
    candidates = may_stand_in(place, places, off) if place else []
    loads = load_on(branch, day, now, off)
    notes = {
        one.user_id: _("%(count)d to see to") % {"count": loads.get(one.user_id, 0)} for one in candidates
    }
    field = Colleague(
        candidates,
        empty=_("Whoever has the least to do"),
        notes=notes | notes_of(off),
        label=_("Who stands in"),
        required=required,
    )
    proposed = propose(user, branch=branch, day=day, now=now, off=off) if user else None
    field.initial = str(proposed.pk) if proposed else ""
    return field
