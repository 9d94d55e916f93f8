"""What is asked on the day. Only what this order and branch have can be chosen: other ids are refused."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from customers.names import clean
from studio.staff.models.branch import DepartmentKind
from workflow.models import HandOff, WorkOrder

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
