"""The forms of a customer file: who they are, their people, their numbers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.contacts import NumberTaken
from customers.fields import AddressField, DayField, LineField, PhoneField, years_away
from customers.models import (
    ContactKind,
    Customer,
    CustomerKind,
    MemberRole,
    Observation,
    OwnershipChange,
    Salutation,
    Taboo,
)
from customers.models.customer import HeardFrom
from customers.party import MOST_MEMBERS, MemberDraft, MemberStays
from studio.foundation.templatetags.studio import phone
from studio.staff.models import Branch, User

ROWS_AT_FIRST = 2
ROWS_MORE = 3
MOST_PHONES = 6
LANGUAGES = Customer._meta.get_field("language").choices


def day_of_birth(**kwargs: Any) -> DayField:
    return DayField(
        earliest=lambda today: years_away(today, -120),
        latest=lambda today: today,
        required=False,
        label=gettext_lazy("Birthday"),
        **kwargs,
    )


class PersonForm(forms.Form):
    """One person of the party; an empty name is an empty row."""

    pk = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)
    name = LineField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    salutation = forms.ChoiceField(
        label=gettext_lazy("Salutation"), choices=Salutation.choices, initial=Salutation.NONE
    )
    role = forms.ChoiceField(label=gettext_lazy("Who"), choices=MemberRole.choices, initial=MemberRole.GUEST)
    birthday = day_of_birth()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("birthday") and not values.get("name") and "name" not in self.errors:
            self.add_error("name", _("Whose birthday is this?"))
        return values

    def draft(self) -> MemberDraft:
        values = self.cleaned_data
        return MemberDraft(
            name=values.get("name", ""),
            salutation=values.get("salutation", Salutation.NONE),
            role=values.get("role", MemberRole.GUEST),
            birthday=values.get("birthday"),
            pk=values.get("pk"),
        )


class PhoneForm(forms.Form):
    value = PhoneField(required=False)


People = forms.formset_factory(
    PersonForm, extra=0, max_num=MOST_MEMBERS, absolute_max=MOST_MEMBERS * 2, validate_max=True
)
Phones = forms.formset_factory(PhoneForm, extra=0, max_num=MOST_PHONES, absolute_max=MOST_PHONES * 2)


class FileForm(forms.Form):
    """What stands on the file itself."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=CustomerKind.choices,
        widget=forms.RadioSelect,
        initial=CustomerKind.COUPLE,
    )
    name = LineField(
        label=gettext_lazy("How we call them"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Leave it empty, and their names are taken."),
    )
    email = AddressField(required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)  # type: ignore[arg-type]
    heard_from = forms.ChoiceField(
        label=gettext_lazy("Heard of us from"), choices=[("", "—"), *HeardFrom.choices], required=False
    )
    wedding_day = DayField(
        label=gettext_lazy("Wedding day"),
        required=False,
        earliest=lambda today: years_away(today, -80),
        latest=lambda today: years_away(today, 10),
    )
    special_care = LineField(
        label=gettext_lazy("Special care"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Pregnant (which week), elderly, small children, allergies, injuries."),
    )


def more_rows(data: Any, prefix: str) -> Any:
    """What was posted, with some more empty rows: “add a person” without JavaScript."""
    data = data.copy()
    key = f"{prefix}-TOTAL_FORMS"
    try:
        count = int(data.get(key, 0))
    except ValueError:
        count = 0
    data[key] = str(min(MOST_MEMBERS, max(0, count) + ROWS_MORE))
    return data


class FileForms:
    """The form of the file with its people and numbers, as one: valid together, refused together."""

    def __init__(
        self,
        data: Any = None,
        *,
        branch: Branch,
        customer: Customer | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.customer = customer
        self.wants_more = data is not None and "more" in data
        if self.wants_more:
            data = more_rows(data, "people")
        self.form = FileForm(data, initial=initial or self.of_file(customer, branch))
        self.people = People(data, initial=self.of_people(customer, initial), prefix="people")
        self.phones = Phones(data, initial=self.of_phones(customer, initial), prefix="phones")
        for row in self.phones:
            row.fields["value"].region = branch.region  # type: ignore[attr-defined]

    @staticmethod
    def of_file(customer: Customer | None, branch: Branch) -> dict[str, Any]:
        if customer is None:
            return {"kind": CustomerKind.COUPLE, "language": branch.customer_language}
        fields = ("kind", "name", "language", "heard_from", "wedding_day", "special_care")
        addresses = [point.value for point in contacts_of(customer, ContactKind.EMAIL)]
        return {name: getattr(customer, name) for name in fields} | {"email": next(iter(addresses), "")}

    @staticmethod
    def of_people(customer: Customer | None, initial: dict[str, Any] | None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = [
            {
                "pk": member.pk,
                "name": member.name,
                "salutation": member.salutation,
                "role": member.role,
                "birthday": member.birthday,
            }
            for member in (customer.members.all() if customer else [])
        ]
        if customer is None:
            couple = [(Salutation.MS, MemberRole.BRIDE), (Salutation.MR, MemberRole.GROOM)]
            rows = [{"salutation": salutation, "role": role} for salutation, role in couple]
            rows[0]["name"] = (initial or {}).get("person", "")
        return [*rows, *({} for _ in range(max(0, ROWS_AT_FIRST - len(rows))))]

    @staticmethod
    def of_phones(customer: Customer | None, initial: dict[str, Any] | None) -> list[dict[str, str]]:
        there = contacts_of(customer, ContactKind.PHONE) if customer else []
        numbers = [phone(point.value) for point in there]
        numbers = numbers or [(initial or {}).get("phone", "")]
        return [{"value": number} for number in [*numbers, ""][:MOST_PHONES]]

    def is_valid(self) -> bool:
        # All three are asked, so that every mistake is shown at once.
        parts = [self.form.is_valid(), self.people.is_valid(), self.phones.is_valid()]
        return all(parts)

    def values(self) -> dict[str, Any]:
        """The arguments of `open_file` and `edit_file`."""
        values = dict(self.form.cleaned_data)
        typed = [values.pop("email")]
        others = contacts_of(self.customer, ContactKind.EMAIL)[1:] if self.customer else []
        return values | {
            "members": [row.draft() for row in self.people],
            "phones": [row.cleaned_data.get("value", "") for row in self.phones],
            "emails": [*typed, *(point.value for point in others)],
        }

    def refuse(self, error: Exception) -> None:
        """Put what the domain refused to its field."""
        if isinstance(error, NumberTaken):
            for row in self.phones:
                if row.cleaned_data.get("value") == error.value:
                    row.add_error("value", taken(error))
                    return
            self.form.add_error("email", taken(error))
        elif isinstance(error, MemberStays):
            message = _("%(name)s was here with us and stays in the file.") % {"name": error.name}
            self.form.add_error(None, message)
        elif isinstance(error, ValidationError):
            self.form.add_error(None, error)
        else:
            raise error


REFUSALS = (NumberTaken, MemberStays, ValidationError)


def taken(error: NumberTaken) -> SafeString:
    """Whose the number is, with a link to the file."""
    link = format_html('<a href="{}">{}</a>', error.customer.get_absolute_url(), error.customer.name)
    owner = error.customer.owner
    if owner is None:
        return format_html(_("This belongs to {file}."), file=link)
    return format_html(
        _("This belongs to {file}, whose owner is {owner}."), file=link, owner=owner.spoken_name
    )


def contacts_of(customer: Customer, kind: str) -> list[Any]:
    return [point for point in customer.contact_points.all() if point.kind == kind and not point.is_wrong]


class ObservationForm(forms.Form):
    """Two seconds: what somebody noticed."""

    text = LineField(
        label=gettext_lazy("What did you notice?"),
        max_length=Observation._meta.get_field("text").max_length,
        error_messages={"required": gettext_lazy("Write down what you noticed.")},
    )


class TabooForm(forms.Form):
    """A thing never to do or say with this customer."""

    text = LineField(
        label=gettext_lazy("What should nobody do or say?"),
        max_length=Taboo._meta.get_field("text").max_length,
        error_messages={"required": gettext_lazy("Write down what to keep in mind.")},
    )


class OwnerForm(forms.Form):
    """To whom, and why (R1.4). “Received first” is no reason to move."""

    to = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("New owner"), empty_label=gettext_lazy("Choose …")
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[choice for choice in OwnershipChange.Reason.choices if choice[0] != "received"],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = candidates  # type: ignore[attr-defined]


__all__ = [
    "REFUSALS",
    "FileForms",
    "ObservationForm",
    "OwnerForm",
    "People",
    "PersonForm",
    "TabooForm",
    "taken",
]
