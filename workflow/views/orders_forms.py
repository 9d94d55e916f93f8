"""Forms of the order, its selection, pickup and promises."""

from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from workflow.models import Stage, WorkOrder
from workflow.selection import MOST_FRAMES


def version_of(request: HttpRequest) -> int:
    """The version that the form carries; a form of ours always carries one."""
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(_("This form is incomplete. Reload the page and send it again."))
    return int(text)


class BoardFilter(forms.Form):
    """The filter of the board, in the address. What can't be meant is as if it were not there."""

    q = forms.CharField(
        label=_("Name, telephone or number"),
        required=False,
        max_length=80,
        widget=forms.SearchInput(attrs={"autocomplete": "off", "placeholder": _("Find an order")}),
    )
    whose = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[("", _("All")), ("mine", _("Mine"))],
        widget=forms.RadioSelect,
    )
    stage = forms.ChoiceField(
        required=False, choices=[("", ""), *Stage.choices[:-1]], widget=forms.HiddenInput
    )

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class PromiseForm(forms.Form):
    what = forms.CharField(label=_("What was promised"), max_length=200)
    by_when = forms.DateField(
        label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("What to suggest"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def signed_name() -> forms.CharField:
    """The customer's typed name, their signature."""
    return forms.CharField(
        label=_("Your name, as your signature"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SelectionForm(forms.Form):
    frames = forms.IntegerField(
        label=_("Frames chosen"),
        min_value=1,
        max_value=MOST_FRAMES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    wishes = forms.CharField(
        label=_("Wishes for retouching"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    signed_name = signed_name()
    consent = forms.BooleanField(
        label=_("I have chosen these frames; production may begin."),
        error_messages={"required": _("Please tick this, so that we may begin.")},
    )


class PickupForm(forms.Form):
    """Each item is ticked by itself; only what is at the front desk can be."""

    items = forms.TypedMultipleChoiceField(
        label=_("What I take home"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please tick what you take home.")},
    )
    signed_name = signed_name()

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = [item for item in order.items.all() if item.at_desk_at and not item.signed_at]
        labels = [
            (item.pk, f"{item.name} × {item.quantity}" if item.quantity > 1 else item.name) for item in here
        ]
        self.fields["items"].choices = labels  # type: ignore[attr-defined]
        self.has_items = bool(labels)
