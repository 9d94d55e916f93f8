"""Money and dates as people type them; each refusal is a sentence at its field."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.allocation import Slot, SlotTaken
from bookings.day import in_order
from bookings.models import AppointmentKind, PaymentKind, PaymentMethod, Resource, ResourceKind
from bookings.schedule import FURTHEST, NotBookable
from bookings.till import HIGHEST
from customers.names import clean
from studio.staff.models import Branch

NEEDS = {
    AppointmentKind.CONSULT: (),
    AppointmentKind.FITTING: ("artist",),
    AppointmentKind.SHOOT: ("photographer", "place", "artist"),
    AppointmentKind.SELECTION: ("room",),
    AppointmentKind.LAYOUT: ("room",),
    AppointmentKind.PICKUP: (),
    AppointmentKind.WEDDING: ("photographer", "artist"),
}
"""Who and what a date of each kind may hold."""
FIELDS = {
    "photographer": (_("Photographer"), [ResourceKind.PHOTOGRAPHER]),
    "place": (_("Where"), [ResourceKind.FLOOR, ResourceKind.LOCATION]),
    "artist": (_("Makeup artist"), [ResourceKind.ARTIST]),
    "room": (_("Selection room"), [ResourceKind.SELECTION_ROOM]),
}
FIELD_OF = {kind: name for name, (_label, kinds) in FIELDS.items() for kind in kinds}
MINUTES = {
    AppointmentKind.CONSULT: 60,
    AppointmentKind.FITTING: 60,
    AppointmentKind.SHOOT: 360,
    AppointmentKind.SELECTION: 120,
    AppointmentKind.LAYOUT: 60,
    AppointmentKind.PICKUP: 30,
    AppointmentKind.WEDDING: 480,
}
"""How long each kind takes, where nobody says anything else."""
SIGNS = str.maketrans("", "", " ,¥$元圆圓")


class AmountField(forms.DecimalField):
    """An amount of money: 1200, 1,200.50, ¥1200 and １２００ are all understood; NaN and the like never."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal("0.01"))
        options.setdefault("max_value", HIGHEST)
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20})
        )
        options["error_messages"] = {
            "required": _("Enter the amount."),
            "invalid": _("Enter an amount in figures, like 500 or 1200.50."),
            "min_value": _("The amount must be more than nothing."),
            "max_value": _("That is more than any order costs. Check the figures."),
            "max_decimal_places": _("Two decimals at most: there is nothing smaller than a cent."),
            "max_digits": _("That is more than any order costs. Check the figures."),
            "max_whole_digits": _("That is more than any order costs. Check the figures."),
        }
        super().__init__(max_digits=10, decimal_places=2, **options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            if len(value) > 30:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = unicodedata.normalize("NFKC", value).upper().translate(SIGNS)
            value = value.removeprefix("NT").removeprefix("RMB")
        return super().to_python(value)


class ReasonForm(forms.Form):
    """Why something is called off, reversed or waived."""

    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why; a few words are enough.")},
    )

    def clean_why(self) -> str:
        why = clean(self.cleaned_data["why"])
        if not why:
            raise ValidationError(_("Say why; a few words are enough."))
        return why


class PaymentForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What for"),
        choices=[
            (kind.value, kind.label)
            for kind in (PaymentKind.EARNEST, PaymentKind.PREPAYMENT, PaymentKind.BALANCE)
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say what the money is for."),
            "invalid_choice": _("Say what the money is for."),
        },
    )
    method = forms.ChoiceField(
        label=_("How"),
        choices=PaymentMethod.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it was paid."), "invalid_choice": _("Say how it was paid.")},
    )
    amount = AmountField(label=_("Amount"))


class DateForm(forms.Form):
    """A day, a time, how long, and who and what is wanted for it: the form of a `Slot`.

    `kind` decides which resources are asked for.
    """

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
    )
    minutes = forms.IntegerField(
        label=_("How long"),
        min_value=10,
        max_value=18 * 60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "min_value": _("Ten minutes at least."),
            "max_value": _("Eighteen hours at most; make two dates of it."),
        },
    )

    def __init__(self, *args: Any, branch: Branch, kind: str, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.branch, self.kind, self.now = branch, kind, now
        self.fields["day"].widget.attrs |= {
            "hx-get": reverse("bookings:schedule"),
            "hx-trigger": "change",
            "hx-target": "#day-plan",
        }
        for name in NEEDS[AppointmentKind(kind)]:
            add_resource_field(self, name, branch)

    def clean_day(self) -> date:
        return check_day(self.cleaned_data["day"], branch=self.branch, now=self.now)

    @property
    def resource_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FIELDS if name in self.fields]

    def slot(self) -> Slot:
        given = self.cleaned_data
        return slot_of(self.branch, given["day"], given["time"], given["minutes"], given)


def add_resource_field(form: forms.Form, name: str, branch: Branch, *, required: bool = False) -> None:
    """A select of the branch's resources of this sort; whoever left since the page was drawn is refused."""
    label, kinds = FIELDS[name]
    rows = in_order(Resource.objects.bookable(branch, *kinds))
    field = forms.ModelChoiceField(
        label=label,
        required=required,
        queryset=Resource.objects.bookable(branch, *kinds),
        empty_label=str(_("nobody yet")) if name in {"photographer", "artist"} else str(_("open")),
        error_messages={"invalid_choice": _("This can't be booked here any more. Choose again.")},
    )
    field.choices = [("", field.empty_label), *((row.pk, str(row)) for row in rows)]
    form.fields[name] = field


def check_day(day: date, *, branch: Branch, now: datetime) -> date:
    """A day between today and three years ahead; anything else is a slip of the finger."""
    today = branch.today(now)
    if day < today:
        raise ValidationError(_("This day is over already. Choose one that is still to come."))
    if day > today + FURTHEST:
        raise ValidationError(_("That is more than three years ahead. Check the year."))
    return day


def slot_of(branch: Branch, day: date, clock: Any, length: int, given: Mapping[str, Any]) -> Slot:
    """The slot that a clean form means."""
    start = branch.at(day, clock)
    resources = [given[name] for name in FIELDS if given.get(name)]
    return Slot(start, start + timedelta(minutes=length), resources)


def say_taken(form: forms.Form, taken: SlotTaken) -> None:
    """Each conflict at the field of the resource that is taken."""
    for conflict in taken.conflicts:
        form.add_error(FIELD_OF[ResourceKind(conflict.resource.kind)], str(conflict))


def instead_of(taken: SlotTaken) -> list[tuple[str, str]]:
    """Who is free at the wanted time, as answers for `filled`: ("photographer:12", "李强")."""
    return [
        (f"{FIELD_OF[ResourceKind(other.kind)]}:{other.pk}", str(other))
        for others in taken.instead.values()
        for other in others
    ]


def say_not_bookable(form: forms.Form, refusal: NotBookable, names: Mapping[str, str] | None = None) -> None:
    """The sentence at its field; `names` where the form calls its fields differently."""
    field = (names or {}).get(refusal.field, refusal.field)
    form.add_error(field if field in form.fields else None, refusal.messages)


def filled(posted: Mapping[str, str], answer: str) -> dict[str, Any]:
    """What was typed, with a free answer put in: "2026-05-20T12:00", or "photographer:12" for a colleague."""
    values = {name: value for name, value in posted.items() if name != "csrfmiddlewaretoken"}
    name, _colon, pk = answer.partition(":")
    if name in FIELDS:
        return values | {name: pk}
    try:
        moment = datetime.fromisoformat(answer)
    except ValueError:
        return values
    moment = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return values | {"day": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}
