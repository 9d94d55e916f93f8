"""Seen off (R5.5, R9.3): everything open is seen and agreed in one form, before they go."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings import till
from bookings.allocation import SlotTaken
from bookings.retry import again
from bookings.schedule import NotBookable
from bookings.spans import Slot
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT
from studio.staff.views.who import signs_unless
from workflow import care, house, lines, send_off
from workflow.departures import Told
from workflow.models import LookState, Mood, Undone, WorkOrder
from workflow.refusals import Refused
from workflow.selection_times import SelectionTimes, slot_for
from workflow.views.day import order_or_404, way_back
from workflow.views.see_off_forms import DepartureForm, moment

TEMPLATE = "workflow/see_off.html"
FACES = {Mood.UNHAPPY: "frown", Mood.SATISFIED: "smile", Mood.SURPRISED: "party-popper", Mood.MOVED: "heart"}


class TakenMeanwhile(Exception):
    """The time for the selection is somebody else's by now."""


@signs_unless("look")
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def departure(request: StudioRequest, pk: int) -> HttpResponse:
    """See off: the farewell, how they leave, what is agreed. `look` only looks at another day."""
    order, now = order_or_404(request, pk), timezone.now()
    page = Page(order, now, day=asked_day(request))
    if request.method == "GET" or "look" in request.POST:
        typed = typed_in(request) if request.method == "POST" else {}
        form = page.form(initial={"members": [member.pk for member in page.people], "selection": "", **typed})
        return render(request, TEMPLATE, page.context(form))
    form = page.form(request.POST)
    if form.is_valid() and page.is_complete(form):
        try:
            response = again(lambda: submissions.once(request, lambda: let_go(request, order, form, now)))
        except (SlotTaken, TakenMeanwhile):
            form.add_error("selection", _("This time was taken a moment ago. Choose another."))
        except NotBookable as refusal:
            form.add_error("selection" if "selection" in form.fields else None, refusal.messages)
        except Refused as refusal:
            form.add_error(page.field_of(refusal), str(refusal))
        else:
            messages.success(request, _("Seen off. Thank you for looking after them."))
            return response
    return answers.invalid(request, TEMPLATE, page.context(form))


def let_go(request: StudioRequest, order: WorkOrder, form: DepartureForm, now: datetime) -> str:
    said = form.cleaned_data
    unhappy = said["mood"] == Mood.UNHAPPY
    send_off.see_off(
        order,
        members=list(said["members"]),
        mood=said["mood"],
        note=said["note"],
        selection=chosen(order, said.get("selection", ""), now),
        no_date_because=said.get("no_date_because", ""),
        emptied=said.get("emptied", False),
        farewell_said=said["farewell_said"],
        told=Told(said["what"], said["speaks"]) if unhappy else None,
        by=request.actor,
        now=now,
    )
    return way_back(request, order)


def chosen(order: WorkOrder, value: str, now: datetime) -> Slot | None:
    start = moment(value) if value else None
    if start is None or not send_off.needs_selection_date(order):
        return None
    slot = slot_for(order, start, now=now)
    if slot is None:
        raise TakenMeanwhile
    return slot


def asked_day(request: StudioRequest) -> date | None:
    """Whose free times are shown: the day asked for, or that of the time that was chosen."""
    start = moment(request.POST.get("selection", ""))
    try:
        day = parse_date(request.POST.get("day", "")[:10])
    except ValueError:
        day = None
    if "look" in request.POST or start is None:
        return day
    return request.branch.today(start)


def typed_in(request: StudioRequest) -> dict[str, Any]:
    """Nothing typed is lost while another day is looked at."""
    typed: dict[str, Any] = {
        name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"
    }
    return typed | {"members": request.POST.getlist("members")}


# --- What the page shows ----------------------------------------------------------------------------
class Page:
    """One party at the door, with everything that is open."""

    def __init__(self, order: WorkOrder, now: datetime, *, day: date | None) -> None:
        self.order, self.now = order, now
        self.rows = house.of_order(order, now=now)
        self.people = [member for row in self.rows for member in row.members]
        self.undated = send_off.needs_selection_date(order)
        self.times = SelectionTimes(order, now=now, day=day) if self.undated and self.people else None
        self.slots = self.times.offered() if self.times else ([] if self.undated else None)
        self.lockers = care.lockers_of([order]).get(order.pk, [])
        self.gowns = send_off.gowns_worn(order, now=now)

    def form(self, *args: Any, **kwargs: Any) -> DepartureForm:
        return DepartureForm(
            *args,
            order=self.order,
            slots=self.slots,
            lockers=bool(self.lockers),
            gowns=bool(self.gowns),
            **kwargs,
        )

    def is_complete(self, form: DepartureForm) -> bool:
        """Our gowns stay here: looked at when the last of them leave."""
        if self.gowns and form.all_leave(self.people) and not form.cleaned_data.get("gowns_back"):
            form.add_error("gowns_back", _("Look whether the gowns are back before they go."))
            return False
        return True

    def field_of(self, refusal: Refused) -> str | None:
        if isinstance(refusal, send_off.NotEmptied):
            return "emptied" if self.lockers else None
        return "no_date_because" if refusal.status == 422 and self.undated else None

    def context(self, form: DepartureForm) -> dict[str, Any]:
        order = self.order
        looks = list(order.looks.all())
        return {
            "order": order,
            "form": form,
            "faces": [(option, FACES[Mood(option.data["value"])]) for option in form["mood"].subwidgets],
            "people": self.people,
            "undated": self.undated,
            "asked": self.times.asked if self.times else None,
            "slots": self.slots,
            "away": [row for row in self.rows if not row.is_at_desk or row.hand_offs],
            "farewell": lines.farewell(count=len(self.people) or 1),
            "lockers": self.lockers,
            "gowns": self.gowns,
            "undone": list(Undone.objects.open().filter(work_order=order).select_related("look", "by")),
            "pending": [look for look in looks if look.state == LookState.PENDING],
            "promises": list(order.promises.filter(kept_at=None).select_related("made_by")),
            "balance_line": lines.balance_line() if till.balance(order.booking) > 0 else "",
            "today": order.branch.today(self.now),
            "is_front": True,
        }
