"""What a button at a hand-off carries. Only what this order and branch have: other ids are refused."""

from typing import Any

from django import forms

from customers.models import Member
from studio.staff.models import Department, User
from studio.staff.models.membership import SERVING
from workflow.models import HandOff, Look, WorkOrder
from workflow.presses import ACTS, Pressed
from workflow.side_trips import MOST_OF_A_PLACE
from workflow.views.day_forms import REASON, Reason


class PressForm(forms.Form):
    act = forms.ChoiceField(choices=[(act, act) for act in ACTS])
    members = forms.ModelMultipleChoiceField(Member.objects.none(), required=False)
    hand_off = forms.ModelMultipleChoiceField(HandOff.objects.none(), required=False)
    to = forms.ModelChoiceField(Department.objects.none(), required=False)
    look = forms.ModelChoiceField(Look.objects.none(), required=False)
    escort = forms.ModelChoiceField(User.objects.none(), required=False)
    meant_for = forms.ModelChoiceField(User.objects.none(), required=False)
    place = Reason(required=False, max_length=MOST_OF_A_PLACE)
    why = Reason(required=False, max_length=REASON)

    def __init__(self, *args: Any, order: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = colleagues_of(order)
        rows: dict[str, Any] = {
            "members": order.booking.customer.members.all(),
            "hand_off": HandOff.objects.filter(work_order=order),
            "to": order.branch.departments.all(),
            "look": order.looks.all(),
            "escort": colleagues,
            "meant_for": colleagues,
        }
        for name, queryset in rows.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        self.order = order

    def pressed(self, *, escort: User | None = None) -> Pressed:
        """`escort`: who goes along where nobody is named."""
        said = self.cleaned_data
        return Pressed(
            order=self.order,
            members=list(said["members"]),
            hand_offs=list(said["hand_off"]),
            to=said["to"],
            look=said["look"],
            place=said["place"],
            escort=said["escort"] or escort,
            meant_for=said["meant_for"],
            why=said["why"],
        )


def colleagues_of(order: WorkOrder) -> Any:
    """Who serves in the order's branch."""
    return User.objects.filter(
        is_active=True,
        memberships__branch=order.branch,
        memberships__is_active=True,
        memberships__role__in=SERVING,
    ).distinct()
