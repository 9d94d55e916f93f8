"""Off the roster for a while: who, why, and until when."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from customers.fields import LineField
from studio.staff.models import Branch, User
from workflow.models import AwayReason
from workflow.rotation_absence import LONGEST_WHY


class AwayForm(forms.Form):
    """One of the branch's reasons, or free words; the domain asks for one of the two."""

    colleague = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Colleague"), empty_label=gettext_lazy("Choose …")
    )
    reason = forms.ModelChoiceField(
        AwayReason.objects.none(),
        label=gettext_lazy("Reason"),
        required=False,
        empty_label=None,
        widget=forms.RadioSelect,
    )
    why = LineField(label=gettext_lazy("In your own words"), required=False, max_length=LONGEST_WHY)
    back_at = forms.TimeField(
        label=gettext_lazy("Back at"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("Type a time as 14:30.")},
    )

    def __init__(self, *args: Any, branch: Branch, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch
        self.fields["colleague"].queryset = candidates  # type: ignore[attr-defined]
        reasons = AwayReason.objects.filter(branch=branch, is_active=True)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]

    def back_moment(self, now: datetime) -> datetime | None:
        """The time that was typed, on the branch's today."""
        clock = self.cleaned_data["back_at"]
        return self.branch.at(self.branch.today(now), clock) if clock else None
