"""Whom the giver hands to the bearer of a badge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from studio.staff.models import Branch
from workflow.models import WorkOrder
from workflow.views.day_forms import Reason


class GiveForm(forms.Form):
    order = forms.ModelChoiceField(WorkOrder.objects.none(), widget=forms.HiddenInput)
    members = forms.ModelMultipleChoiceField(
        Member.objects.none(), error_messages={"required": _("Choose at least one person.")}
    )
    why = Reason(label=_("Why there"), required=False)

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["order"].queryset = WorkOrder.objects.filter(branch=branch)  # type: ignore[attr-defined]
        self.fields["members"].queryset = Member.objects.filter(customer__branch=branch)  # type: ignore[attr-defined]
