"""What is asked at the door when they come."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Salutation
from customers.names import clean
from studio.staff.models import User
from studio.staff.models.membership import FRONT
from workflow.models import WorkOrder
from workflow.views.day_forms import Members


class ArrivalForm(forms.Form):
    members = Members(label=_("Who has come"))
    guest = forms.CharField(
        label=_("Somebody else came along"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Their name; they stand on the file as a guest, and somebody is with them too."),
    )
    guest_salutation = forms.ChoiceField(
        label=_("How we call them"), choices=Salutation.choices, required=False, initial=Salutation.NONE
    )
    received_by = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Received by"),
        required=False,
        empty_label=_("the owner, or who stands in"),
    )

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = order.booking.customer.members.all()  # type: ignore[attr-defined]
        self.fields["received_by"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            is_active=True,
            memberships__branch=order.branch,
            memberships__is_active=True,
            memberships__role__in=FRONT,
        )

    def clean_guest(self) -> str:
        return clean(self.cleaned_data["guest"])

    def clean(self) -> dict[str, Any]:
        """A guest may be the first of them: then nobody of the file need have come yet."""
        values = super().clean() or {}
        if values.get("guest") and self.has_error("members", "required"):
            del self.errors["members"]
            values["members"] = []
        return values
