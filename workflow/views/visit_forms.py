"""The intake: everything about a party on one screen, and how far the talk had come."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers import files
from customers.contacts import NumberTaken
from customers.fields import DayField, LineField, LinesField, PhoneField, years_away
from customers.files import CannotOwn, MemberDraft
from customers.forms import more_rows, taken
from customers.models import Customer, CustomerKind, MemberRole, Salutation
from customers.models.customer import HeardFrom
from customers.party import MOST_MEMBERS
from studio.staff.models import User
from workflow import visits
from workflow.models import Visit
from workflow.models.visit import Interest, VisitorKind

ROWS_AT_FIRST = 2
SPOKEN_TO = [
    (Salutation.MR, Salutation.MR.label),
    (Salutation.MS, Salutation.MS.label),
    (Salutation.CHILD, gettext_lazy("Child")),
]
COUPLE_ROLES = {Salutation.MR: MemberRole.GROOM, Salutation.MS: MemberRole.BRIDE}
REFUSALS = (NumberTaken, CannotOwn, ValidationError)


class GuestForm(forms.Form):
    """One person of the party: the name and how to speak to them, no more."""

    name = LineField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    salutation = forms.ChoiceField(
        label=gettext_lazy("Salutation"),
        choices=SPOKEN_TO,
        widget=forms.RadioSelect,
        required=False,
        initial=Salutation.MS,
    )


Guests = forms.formset_factory(
    GuestForm, extra=0, max_num=MOST_MEMBERS, absolute_max=MOST_MEMBERS * 2, validate_max=True
)


class WhoForm(forms.Form):
    """Who they are; empty as long as they have not told us."""

    phone = PhoneField(required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=CustomerKind.choices,
        widget=forms.RadioSelect,
        initial=CustomerKind.COUPLE,
    )
    special_care = LineField(
        label=gettext_lazy("Special care"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Pregnant (which week), elderly, small children, allergies, injuries."),
    )

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        phone = self.fields["phone"]
        phone.region = visit.branch.region  # type: ignore[attr-defined]
        phone.widget.attrs |= {
            "hx-get": f"{reverse('workflow:visit_number')}?visit={visit.pk}",
            "hx-trigger": "input changed delay:500ms, change",
            "hx-target": "#known",
        }


class VisitForm(forms.Form):
    """What they told us (R2.3)."""

    party_size = forms.IntegerField(
        label=gettext_lazy("How many people"), min_value=1, max_value=visits.MOST_PEOPLE
    )
    heard_from = forms.ChoiceField(
        label=gettext_lazy("Heard of us from"), choices=[("", "—"), *HeardFrom.choices], required=False
    )
    came_for = LineField(label=pgettext_lazy("visitor log", "What for"), required=False, max_length=120)
    wish_date = DayField(
        label=gettext_lazy("Wish date"),
        required=False,
        # The domain measures from the day of the visit; an older visit keeps the date that it has.
        earliest=lambda today: years_away(today, -5),
        latest=lambda today: years_away(today, 6),
    )
    visitor_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of visitor"),
        choices=VisitorKind.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    interest = forms.ChoiceField(
        label=gettext_lazy("How far they had come"), choices=[("", "—"), *Interest.choices], required=False
    )
    notes = LinesField(label=gettext_lazy("Notes"), required=False, max_length=2000)
    competitor = LineField(
        label=gettext_lazy("Which competitor"),
        required=False,
        max_length=visits.LONGEST_COMPETITOR,
        widget=forms.TextInput(attrs={"list": "competitors", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wish_date"].widget.attrs |= {
            "hx-get": reverse_lazy("workflow:visit_lunar"),
            "hx-trigger": "change",
            "hx-target": "#lunar",
        }


class Intake:
    """The forms of the one screen, valid together and refused together. `known` is whose number it is."""

    def __init__(self, data: Any, *, visit: Visit) -> None:
        self.visit = visit
        self.known: Customer | None = None
        self.wants_more = data is not None and "more" in data
        self.attaches = data is not None and bool(data.get("attach"))
        if self.wants_more:
            data = more_rows(data, "guests")
        told = {name: getattr(visit, name) for name in (*visits.DESCRIBED, "competitor")}
        self.form = VisitForm(data, initial=told)
        self.who = self.guests = None
        if visit.customer_id is None:
            rows = [{"salutation": Salutation.MS}, {"salutation": Salutation.MR}][:ROWS_AT_FIRST]
            self.who = WhoForm(data, visit=visit)
            self.guests = Guests(data, initial=rows, prefix="guests")

    def is_valid(self) -> bool:
        parts = [self.form] if self.attaches or self.who is None else [self.form, self.who, self.guests]
        # Every part is asked, so that every mistake is shown at once.
        if [part for part in parts if not part.is_valid()]:  # type: ignore[union-attr]
            return False
        if self.attaches or self.who is None:
            return True
        if self.is_known(self.who.cleaned_data["phone"]):
            return False
        if not self.drafts() and self.tells_who():
            self.who.add_error(None, _("Write down at least one name, so that the file can be opened."))
            return False
        return True

    def is_known(self, phone: str) -> bool:
        """A number that we know belongs to a file: show it, and let them say that this is them."""
        known = files.find_by_number(phone, branch=self.visit.branch) if phone else None
        if known is not None:
            self.refuse(NumberTaken(known, phone))
        return known is not None

    def tells_who(self) -> bool:
        """A number or a care note needs somebody whose it is."""
        values = self.who.cleaned_data if self.who else {}
        return bool(values.get("phone") or values.get("special_care"))

    def drafts(self) -> list[MemberDraft]:
        """The people by name; what they are to each other follows from the kind for now."""
        if self.guests is None or self.who is None or self.attaches:
            return []
        kind = self.who.cleaned_data.get("kind", CustomerKind.COUPLE)
        rows = [row.cleaned_data for row in self.guests if row.cleaned_data.get("name")]
        return [
            MemberDraft(
                name=row["name"],
                salutation=row.get("salutation") or Salutation.NONE,
                role=role_of(kind, row.get("salutation", ""), is_first=number == 0),
            )
            for number, row in enumerate(rows)
        ]

    def take_down(self, *, version: int, by: User, now: datetime, customer: Customer | None = None) -> Visit:
        members = self.drafts()
        party = None
        if self.who is not None and members:  # never while attaching: the file is there already
            values = self.who.cleaned_data
            party = visits.Party(
                kind=values["kind"],
                members=members,
                phones=[values["phone"]],
                special_care=values["special_care"],
            )
        return visits.take_down(
            self.visit,
            version=version,
            by=by,
            now=now,
            party=party,
            customer=customer,
            **{name: self.form.cleaned_data[name] for name in visits.DESCRIBED},
        )

    def refuse(self, error: Exception) -> None:
        """Put what the domain refused to its field."""
        if isinstance(error, NumberTaken) and self.who is not None:
            self.known = error.customer
            self.who.add_error("phone", taken(error))
        elif isinstance(error, ValidationError):
            self.form.add_error(None, error)
        elif isinstance(error, CannotOwn):
            self.form.add_error(None, str(error))
        else:
            raise error


def role_of(kind: str, salutation: str, *, is_first: bool) -> str:
    """What a person is likely to be in a party of this kind."""
    if salutation == Salutation.CHILD:
        return MemberRole.CHILD
    if kind == CustomerKind.COUPLE:
        return COUPLE_ROLES.get(Salutation(salutation or Salutation.NONE), MemberRole.GUEST)
    if is_first:
        return MemberRole.CONTACT
    return MemberRole.RELATIVE if kind == CustomerKind.FAMILY else MemberRole.GUEST
