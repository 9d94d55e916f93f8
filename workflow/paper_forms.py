"""The form of a sheet on paper: its lines in the sheet's order, as many as the day has (F9)."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import Member
from customers.names import clean
from studio.staff.models import Branch, Department, User
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import SERVING
from workflow.models import Look, Mood, StayKind, WorkOrder
from workflow.paper_rows import Fault, PaperRow

ALL = "all"
KINDS = [(kind.value, kind.label) for kind in (StayKind.WITH, StayKind.STEPPED_OUT, StayKind.ON_LOCATION)]
OFF_STAGE = [DepartmentKind.PRODUCTION, DepartmentKind.CASHIER]
MOST_ROWS = 60


class Clock(forms.TimeInput):
    input_type = "time"


class RowForm(forms.Form):
    """One line. A line without colleague and times was not signed, and counts for nothing."""

    who = forms.ChoiceField(label=pgettext_lazy("sheet", "Who"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=gettext_lazy("Department"), required=False
    )
    user = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Signed by"), required=False, empty_label="–"
    )
    since = forms.TimeField(label=gettext_lazy("In"), required=False, widget=Clock(format="%H:%M"))
    until = forms.TimeField(label=gettext_lazy("Out"), required=False, widget=Clock(format="%H:%M"))
    look = forms.ModelChoiceField(
        Look.objects.none(), label=gettext_lazy("Look ticked"), required=False, empty_label="–"
    )
    kind = forms.ChoiceField(label=pgettext_lazy("how they were there", "How"), choices=KINDS, required=False)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=80, required=False)
    alone_before = forms.BooleanField(label=gettext_lazy("alone before that"), required=False)

    def __init__(self, *args: Any, choices: "Choices", **kwargs: Any) -> None:
        kwargs.setdefault("use_required_attribute", False)
        super().__init__(*args, **kwargs)
        self.choices = choices
        for name in ("department", "user", "look"):
            # One question for all lines: what can be chosen is fetched once.
            self.fields[name].queryset = getattr(choices, f"{name}s")  # type: ignore[attr-defined]
            self.fields[name].choices = choices.words[name]  # type: ignore[attr-defined]
        self.fields["who"].choices = choices.words["who"]  # type: ignore[attr-defined]

    @property
    def is_blank(self) -> bool:
        return not any(self[name].value() for name in ("user", "since", "until"))

    @property
    def has_more(self) -> bool:
        """Whether the folded part says something."""
        more = ("place", "alone_before")
        return any(self[name].value() or self[name].errors for name in more) or (
            self["kind"].value() not in {None, "", StayKind.WITH.value}
        )

    def clean_place(self) -> str:
        return clean(self.cleaned_data["place"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        sentences = {
            "department": _("Choose the department."),
            "user": _("Choose who signed this line."),
            "since": _("Write the time in the column In."),
        }
        for name, sentence in sentences.items():
            if not values.get(name) and name not in self.errors and not self.is_blank:
                self.add_error(name, sentence)
        return values

    def row(self, number: int, day: date, order: WorkOrder) -> PaperRow:
        said, branch = self.cleaned_data, order.branch
        members = self.choices.members
        if said["who"] not in {"", ALL}:
            members = [member for member in members if str(member.pk) == said["who"]]
        return PaperRow(
            number=number,
            members=tuple(members),
            department=said["department"],
            user=said["user"],
            since=moment(branch, day, said["since"]),
            until=moment(branch, day, said["until"]) if said["until"] else None,
            kind=said["kind"] or StayKind.WITH,
            place=said["place"],
            look=said["look"],
            alone_before=said["alone_before"],
        )


def moment(branch: Branch, day: date, clock: Any) -> datetime:
    return branch.at(day, clock)


class Choices:
    """What the lines choose from: of this order and branch only, other ids are refused."""

    def __init__(self, order: WorkOrder) -> None:
        self.members: list[Member] = list(order.booking.customer.members.all())
        self.departments = order.branch.departments.exclude(kind__in=OFF_STAGE)
        self.users = User.objects.filter(
            memberships__branch=order.branch, memberships__role__in=SERVING
        ).distinct()
        self.looks = order.looks.all()
        self.words: dict[str, list[tuple[Any, str]]] = {
            "who": [(ALL, _("all")), *((str(member.pk), member.name) for member in self.members)],
            "department": [("", "–"), *((row.pk, row.name) for row in self.departments)],
            "user": [("", "–"), *((row.pk, row.spoken_name) for row in self.users)],
            "look": [("", "–"), *((row.pk, row.name) for row in self.looks)],
        }


class PaperForm(forms.Form):
    """What the sheet says as a whole."""

    day = forms.DateField(
        label=gettext_lazy("The day of the sheet"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    left = forms.BooleanField(
        label=gettext_lazy("They went out of the door where their last line ends"), required=False
    )
    mood = forms.ChoiceField(
        label=gettext_lazy("How did they leave?"),
        choices=Mood.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(label=gettext_lazy("What we should know"), max_length=200, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> date:
        day = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError(_("This lies in the future: write down what has been."))
        if (self.today - day).days > 366:
            raise forms.ValidationError(_("This is more than a year ago. Is the year right?"))
        return day

    def clean_note(self) -> str:
        return clean(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("left") and not values.get("mood"):
            self.add_error("mood", _("Say how they left."))
        return values


class RowsFormSet(forms.BaseFormSet):
    """The lines; sentences of the check as a whole go to the line and field that they are about."""

    def rows(self, day: date, order: WorkOrder) -> list[PaperRow]:
        return [form.row(number, day, order) for number, form in self.signed()]

    def signed(self) -> Iterator[tuple[int, Any]]:
        for number, form in enumerate(self.forms, start=1):
            if not form.is_blank:
                yield number, form

    def show(self, faults: list[Fault], whole: PaperForm) -> None:
        for fault in faults:
            if fault.number:
                self.forms[fault.number - 1].add_error(fault.field or None, fault.sentence)
            elif fault.field in whole.fields:
                whole.add_error(fault.field, fault.sentence)
            else:
                whole.add_error(None, fault.sentence)


Rows = forms.formset_factory(
    RowForm, formset=RowsFormSet, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS, validate_max=True
)
