"""How a customer wants to be reached, as a form: for the desk, and for themselves behind their link."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from customers import consents
from customers.contact_wishes import wish_of
from customers.models import (
    ConsentScope,
    ConsentSource,
    ContactKind,
    ContactPoint,
    Customer,
    Member,
    Way,
)
from customers.reaching import ways_of
from studio.foundation.templatetags.studio import phone_masked

WHOSE = "whose_"
WISHES = ("contact", "from_time", "until_time", "written_way", "note")


class NumberChoice(forms.ModelChoiceField):
    """A number of the party: whose it is, and so much of it that its owner knows it."""

    def label_from_instance(self, point: Any) -> str:
        masked = phone_masked(point.value)
        return f"{point.member.name} · {masked}" if point.member else masked


def with_role(member: Member) -> str:
    """李娜 · bride: whom one asks for on the telephone."""
    return f"{member.name} · {member.get_role_display()}"


class WhoseForm(forms.Form):
    """Who of the party answers which number (R3.2): one field for each, where there is somebody to tell
    apart."""

    def ask_whose(self, customer: Customer) -> None:
        people = list(customer.members.all())
        if len(people) < 2:
            return
        choices = [("", _("nobody knows yet")), *((str(one.pk), with_role(one)) for one in people)]
        for point in customer.contact_points.all():
            if point.kind == ContactKind.PHONE and not point.is_wrong:
                self.fields[f"{WHOSE}{point.pk}"] = forms.TypedChoiceField(
                    label=format_lazy(_("Who answers {number}"), number=phone_masked(point.value)),
                    choices=choices,
                    coerce=int,
                    empty_value=None,
                    initial=point.member_id,
                    required=False,
                )

    @property
    def whose_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith(WHOSE)]

    @property
    def whose(self) -> dict[int, int | None]:
        """What `contact_wishes.say_whose` takes; what was not sent along stays as it is."""
        return {
            int(name.removeprefix(WHOSE)): self.cleaned_data[name]
            for name in self.fields
            if name.startswith(WHOSE) and self.add_prefix(name) in self.data
        }


def clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ContactForm(WhoseForm):
    """Language, whom to ring, when, and how to write (R3.2)."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
    contact = NumberChoice(
        label=_("Whom to ring first"),
        queryset=ContactPoint.objects.none(),
        required=False,
        empty_label=_("the first number"),
    )
    from_time = forms.TimeField(label=_("Best from"), required=False, widget=clock())
    until_time = forms.TimeField(label=_("Best until"), required=False, widget=clock())
    written_way = forms.ChoiceField(label=_("Written messages by"), required=False)
    note = forms.CharField(label=_("What to mind"), max_length=120, required=False)

    def __init__(self, data: Any = None, *, customer: Customer, **options: Any) -> None:
        wish, self.offered = wish_of(customer), ways_of(customer)
        initial = {name: getattr(wish, name) for name in WISHES}
        initial |= {"language": customer.language, "contact": wish.contact_id}
        super().__init__(data, initial=initial | options.pop("initial", {}), auto_id="reach_%s", **options)
        points = customer.contact_points.filter(kind=ContactKind.PHONE, is_wrong=False)
        contact = self.fields["contact"]
        assert isinstance(contact, forms.ModelChoiceField)
        contact.queryset = points.select_related("member")
        if Way.PHONE not in self.offered or len(contact.queryset) < 2:
            del self.fields["contact"]
        written = [(way.value, capfirst(way.label)) for way in self.offered if way != Way.PHONE]
        self.choose("written_way", [("", _("whichever there is")), *written] if len(written) > 1 else [])
        self.ask_whose(customer)

    def choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """The choices of a field, which falls where there is nothing to choose."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if not choices:
            del self.fields[name]

    @property
    def wish(self) -> dict[str, Any]:
        """What `contact_wishes.keep` takes."""
        return {name: self.cleaned_data[name] for name in WISHES if name in self.fields}


class ReachForm(ContactForm):
    """The same in the customer's own hands, with the ways that they say yes to."""

    order = forms.MultipleChoiceField(
        label=_("Messages about what you ordered"),
        help_text=_("Without any we call you."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    news = forms.MultipleChoiceField(
        label=_("Other things: greetings, invitations, offers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("language", "order", "news", "contact", "from_time", "until_time", "note")

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        rows = consents.standing(customer)
        said = {
            "order": [row.way.value for row in rows if row.scope == ConsentScope.ORDER and row.allowed],
            "news": [row.way.value for row in rows if row.scope == ConsentScope.NEWS and row.allowed],
        }
        super().__init__(data, customer=customer, initial=said)
        for bound in [*self.whose_fields]:
            del self.fields[bound.name]
        self.fields.pop("written_way", None)
        self.name_for_customers()
        choices = [(way.value, capfirst(way.label)) for way in self.offered]
        self.choose("news", choices)
        self.choose("order", [choice for choice in choices if choice[0] != Way.PHONE])

    def name_for_customers(self) -> None:
        self.fields["language"].label = _("We speak and write to you in")
        self.fields["note"].label = _("Anything to mind?")
        self.fields["note"].help_text = _("“At work until six”, “please no calls during the nap”.")
        if "contact" in self.fields:
            self.fields["contact"].label = _("Whom shall we ring first?")

    @property
    def allowed(self) -> dict[str, list[str]]:
        """For each scope that was asked about, the ways that they said yes to."""
        asked = {ConsentScope.ORDER: "order", ConsentScope.NEWS: "news"}
        return {str(scope): self.cleaned_data[name] for scope, name in asked.items() if name in self.fields}


class ConsentForm(forms.Form):
    """One word on one way and scope, as a colleague heard it."""

    way = forms.ChoiceField(choices=Way.choices)
    scope = forms.ChoiceField(choices=ConsentScope.choices)
    allowed = forms.TypedChoiceField(choices=[("1", "1"), ("0", "0")], coerce=lambda text: text == "1")
    source = forms.ChoiceField(choices=ConsentSource.choices, required=False)
