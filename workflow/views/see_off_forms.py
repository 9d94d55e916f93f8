"""What is asked at the door when they go."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.spans import Slot
from customers.models import Member
from studio.foundation.templatetags.studio import local_moment
from studio.staff.models import User
from studio.staff.models.membership import FRONT
from workflow.models import Mood, WorkOrder
from workflow.views.day_forms import Members, Reason


def moment(value: str) -> datetime | None:
    """A time as the page named it; None where no page has named it so."""
    try:
        found = datetime.fromisoformat(value)
        return found if timezone.is_aware(found) and 2000 < found.year < 2200 else None
    except (ValueError, OverflowError):
        return None


class DepartureForm(forms.Form):
    """`slots` are the free times for the selection, None where it has its date; `lockers` and `gowns`:
    what is to be looked at before they go."""

    members = Members(label=_("Who leaves"))
    mood = forms.ChoiceField(
        label=_("How do they leave?"),
        choices=Mood.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how they leave.")},
    )
    what = Reason(label=_("What was it, in their words?"), required=False)
    speaks = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who speaks to them now, before the door"),
        required=False,
        empty_label=_("a manager is called now"),
        help_text=_("Better somebody else than the one they are angry with, and in another room."),
    )
    emptied = forms.BooleanField(label=_("Emptied: nothing of theirs stays behind"), required=False)
    gowns_back = forms.BooleanField(
        label=_("Gowns and jewellery are back with us, and looked at"), required=False
    )
    selection = forms.ChoiceField(
        label=_("They come to choose their pictures"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This time was taken a moment ago. Choose another.")},
    )
    day = forms.DateField(
        label=_("Another day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    no_date_because = Reason(label=_("Why there is no selection date yet"), required=False)
    note = Reason(label=_("What we should know"), required=False)
    farewell_said = forms.BooleanField(
        label=_("I walked them out of the door and said it"),
        error_messages={"required": _("The farewell is said every time, without exception.")},
    )

    def __init__(
        self,
        *args: Any,
        order: WorkOrder,
        slots: Iterable[Slot] | None,
        lockers: bool = False,
        gowns: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        # Sent a second time, those who have left are no error: the first press is what counts.
        here = {} if self.is_bound else {"presences__left_at": None}
        people = order.booking.customer.members.filter(presences__work_order=order, **here)
        self.fields["members"].queryset = people.distinct()  # type: ignore[attr-defined]
        self.fields["speaks"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            is_active=True,
            memberships__branch=order.branch,
            memberships__is_active=True,
            memberships__role__in=FRONT,
        )
        self.fields["selection"].choices = [  # type: ignore[attr-defined]
            ("", _("not agreed now")),
            *((slot.starts_at.isoformat(), local_moment(slot.starts_at)) for slot in slots or []),
        ]
        unasked = {
            "selection": slots is None,
            "day": slots is None,
            "no_date_because": slots is None,
            "emptied": not lockers,
            "gowns_back": not gowns,
        }
        for name in [name for name, is_so in unasked.items() if is_so]:
            del self.fields[name]

    def all_leave(self, here: Iterable[Member]) -> bool:
        staying = {member.pk for member in here} - {member.pk for member in self.cleaned_data["members"]}
        return not staying

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("mood") == Mood.UNHAPPY and not values.get("what"):
            self.add_error(
                "what", _("Write down what it was, as they said it: whoever speaks to them needs it.")
            )
        return values
