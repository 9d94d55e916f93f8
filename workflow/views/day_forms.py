"""What is asked on the day. Only what this order and branch have can be chosen: other ids are refused."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from customers.names import clean
from studio.staff.models import Department, User
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import FRONT
from workflow.models import HandOff, Mood, WorkOrder

REASON = 200
OFF_STAGE = [DepartmentKind.PRODUCTION, DepartmentKind.CASHIER]
"""Departments in which no customer is left with anybody."""


class Reason(forms.CharField):
    """A sentence from a colleague: one line, without what only a machine could have typed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", REASON)
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")


class Members(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": _("Choose at least one person.")})
        super().__init__(Member.objects.none(), widget=forms.CheckboxSelectMultiple, **kwargs)


class ArrivalForm(forms.Form):
    members = Members(label=_("Who has come"))
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


class OfferForm(forms.Form):
    members = Members(label=_("Who goes along"))
    to = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("Hand over to"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose where they go.")},
    )
    why = Reason(
        label=_("Why there"), required=False, help_text=_("Only where the route does not lead there now.")
    )

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = order.booking.customer.members.filter(  # type: ignore[attr-defined]
            presences__left_at=None, presences__work_order=order
        )
        self.fields["to"].queryset = order.branch.departments.exclude(kind__in=OFF_STAGE)  # type: ignore[attr-defined]


class HandOffsForm(forms.Form):
    """Which hand-offs of this order a button means."""

    hand_off = forms.ModelMultipleChoiceField(HandOff.objects.none(), widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hand_off"].queryset = HandOff.objects.filter(work_order=order)  # type: ignore[attr-defined]


class ReturnForm(HandOffsForm):
    why = Reason(
        label=_("What is not right"),
        help_text=_("The colleague reads it at once, and the customer stays with them."),
        error_messages={"required": _("Say what is not right, so that the colleague can put it right.")},
    )


class UndoneForm(forms.Form):
    why = Reason(
        label=_("Why it was not shot"),
        help_text=_("Rain, an outfit missing, no time left … The owner agrees the next date from it."),
        error_messages={"required": _("Say why it was not shot: the owner agrees the next date from it.")},
    )


class DepartureForm(forms.Form):
    members = Members(label=_("Who leaves"))
    mood = forms.ChoiceField(
        label=_("How do they leave?"),
        choices=Mood.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how they leave.")},
    )
    no_date_because = Reason(label=_("Why there is no selection date yet"), required=False)
    note = Reason(label=_("What we should know"), required=False)
    farewell_said = forms.BooleanField(
        label=_("I walked them out of the door and said it"),
        error_messages={"required": _("The farewell is said every time, without exception.")},
    )

    def __init__(self, *args: Any, order: WorkOrder, undated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Sent a second time, those who have left are no error: the first press is what counts.
        here = {} if self.is_bound else {"presences__left_at": None}
        people = order.booking.customer.members.filter(presences__work_order=order, **here)
        self.fields["members"].queryset = people.distinct()  # type: ignore[attr-defined]
        if not undated:
            del self.fields["no_date_because"]
