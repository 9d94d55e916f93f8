"""The page "Hand over": who goes along, to where, to whom; and the receiver who stands beside the giver."""

from datetime import datetime
from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.staff import screens
from studio.staff.models import Branch, Department, User
from studio.staff.screen_forms import WhoForm
from workflow.hand_checks import works_in
from workflow.models import WorkOrder
from workflow.views.day_forms import OFF_STAGE, Members, Reason


class OfferForm(forms.Form):
    members = Members(label=gettext_lazy("Who goes along"))
    to = forms.ModelChoiceField(
        Department.objects.none(),
        label=gettext_lazy("Hand over to"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose where they go.")},
    )
    meant_for = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("To whom"),
        required=False,
        empty_label=gettext_lazy("whoever is free there"),
        help_text=gettext_lazy(
            "It rings at their phone. They have the customer once they say so themselves."
        ),
    )
    why = Reason(
        label=gettext_lazy("Why there"),
        required=False,
        help_text=gettext_lazy("Only where the route does not lead there now."),
    )

    def __init__(self, *args: Any, order: WorkOrder, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        here = order.booking.customer.members.filter(presences__left_at=None, presences__work_order=order)
        faces = screens.in_today(order.branch, day=order.branch.today(now))
        meant_for: Any = self.fields["meant_for"]
        meant_for.queryset = User.objects.filter(pk__in=[face.user.pk for face in faces])
        meant_for.choices = [("", meant_for.empty_label), *by_department(faces)]
        self.fields["members"].queryset = here  # type: ignore[attr-defined]
        self.fields["to"].queryset = order.branch.departments.exclude(kind__in=OFF_STAGE)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        user, to = said.get("meant_for"), said.get("to")
        if user and to and not works_in(user, to, now=self.now):
            words = {"name": user.spoken_name, "department": to.name}
            sentence = _("%(name)s does not work at %(department)s today. Choose somebody who does.")
            self.add_error("meant_for", sentence % words)
        return said


def by_department(faces: list[screens.Face]) -> list[tuple[str, list[tuple[int, str]]]]:
    """The choices of colleagues, under the names of their departments."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for face in faces:
        if face.place.department is not None and face.place.department.kind not in OFF_STAGE:
            groups.setdefault(face.place.department.name, []).append((face.user.pk, face.user.spoken_name))
    return list(groups.items())


class BesideForm(WhoForm):
    """The receiver stands beside the giver and says so on the giver's phone, by their PIN or their badge."""

    signer = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None, label=gettext_lazy("Who takes over")
    )

    @classmethod
    def of(cls, data: Any, *, branch: Branch, actor: User, now: datetime) -> Self:
        faces = [face for face in screens.in_today(branch, day=branch.today(now)) if face.user != actor]
        form = cls(data, branch=branch, faces=faces, session=None, now=now, prefix="beside")
        form.fields["signer"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *by_department([face for face in faces if face.has_pin]),
        ]
        return form
