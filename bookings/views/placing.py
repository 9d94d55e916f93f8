"""A date on the schedule: its card, moved by dragging, the move undone, a change seen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookings import agreed_moves, notices, placing, schedule
from bookings.agreed_moves import PriceChanges
from bookings.allocation import SlotTaken
from bookings.models import Allocation, Appointment, BookingEvent, Resource, ScheduleNotice
from bookings.placing import Drop
from bookings.retry import again
from bookings.schedule import NotBookable, NotWorking
from bookings.schedule_filter import Filter
from bookings.undoing import last_move, may_undo, undo_minutes
from bookings.views.schedule import PLACE_FIELDS, read_filter, shown
from studio.foundation.access import has_role, roles
from studio.foundation.answers import page
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.foundation.templatetags.studio import local_moment
from studio.staff.duties import who_acts_for
from studio.staff.models.membership import FRONT, SERVING

MOST_INSTEAD = 3


def appointment_or_404(request: StudioRequest, pk: int) -> Appointment:
    """A date of the actor's branch; the neighbour's does not exist."""
    rows = Appointment.objects.in_branch(request.branch).with_resources()
    related = "branch", "customer__owner", "booking__work_order", "booking__customer"
    return get_object_or_404(rows.select_related(*related), pk=pk)


# --- The card ------------------------------------------------------------------------------------
@roles(SERVING)
@require_safe
def card(request: StudioRequest, pk: int) -> HttpResponse:
    """One date: when, who, what can be done with it, and who was told of its last change."""
    row, chosen = appointment_or_404(request, pk), read_filter(request, request.GET)
    event = notices.last_change(row)
    context = {
        "appointment": row,
        "filter": chosen,
        "movable": has_role(request, FRONT),
        "told": notices.told_of(event) if event else None,
        "undo_url": undo_url(request, row, event, chosen),
    }
    return page(request, "bookings/schedule_card.html", context, fragment="bookings/_schedule_card.html")


def undo_url(request: StudioRequest, row: Appointment, event: BookingEvent | None, chosen: Filter) -> str:
    """Where the last move is undone by who reads this; nothing where it can't be any more."""
    if event is None or event.kind != "moved" or "undoes" in event.parameters or not row.is_planned:
        return ""
    in_time = timezone.now() <= event.at + timedelta(minutes=undo_minutes(row.branch))
    allowed = has_role(request, FRONT) and may_undo(event, by=request.actor, branch=row.branch)
    if not (in_time and allowed):
        return ""
    return reverse("bookings:undo", args=[row.pk, event.pk]) + chosen.here


# --- A move by dragging --------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def place(request: StudioRequest) -> HttpResponse:
    """A block was put down elsewhere. "Move to…" does the same without a mouse."""
    given = request.POST
    row = appointment_or_404(request, number(given.get("appointment")))
    drop = drop_of(request, row)
    block = block_of(row, given.get("allocation", ""))
    version, now = number(given.get("version")), timezone.now()
    try:
        if row.version != version:
            raise StaleEdit(row)
        slot = placing.slot_for(row, block, drop)
        options: dict[str, Any] = {name: bool(given.get(name)) for name in ("overtime", "knows")}
        options["agreed"] = agreed_moves.read(given.get("price"))
        again(
            lambda: agreed_moves.move(row, slot=slot, version=version, by=request.actor, now=now, **options)
        )
    except StaleEdit as stale:
        return in_dialog(request, row, "bookings/_schedule_stale.html", stale_words(stale), status=409)
    except SlotTaken as taken:
        return in_dialog(request, row, "bookings/_schedule_taken.html", answers(request, row, drop, taken))
    except NotBookable as refusal:
        return in_dialog(request, row, "bookings/_schedule_taken.html", refused(request, refusal))
    except PriceChanges as change:
        return in_dialog(request, row, "bookings/_schedule_taken.html", costs(request, change))
    return moved(request, row)


def drop_of(request: StudioRequest, row: Appointment) -> Drop:
    given = request.POST
    old, _colon, new = given.get("swap", "").partition(":")
    return Drop(
        starts_at=moment(given.get("starts")),
        ends_at=moment(given.get("ends")),
        to=resource(request, given.get("to", "")),
        later=timedelta(minutes=number(given.get("later") or "0", most=3 * 366 * 1440)),
        swap={number(old): found} if new and (found := resource(request, new)) else None,
    )


def number(text: str | None, most: int = 2**31 - 1) -> int:
    """A whole number as our own page sends it; anything else is not from there."""
    plain = (text or "").removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 11 and int(plain) <= most):
        raise BadRequest(_("This form is incomplete. Reload the page and send it again."))
    return int(text or "0")


def moment(text: str | None) -> datetime:
    return datetime.fromtimestamp(number(text, most=4102444800), tz=UTC)


def resource(request: StudioRequest, text: str) -> Resource | None:
    if not text:
        return None
    return get_object_or_404(Resource.objects.filter(branch=request.branch, is_active=True), pk=number(text))


def block_of(row: Appointment, text: str) -> Allocation | None:
    """The span that was dragged. Gone, where the date was moved meanwhile; then its version says so."""
    if not text:
        return None
    pk = number(text)
    return next((held for held in row.held if held.pk == pk), None)


def moved(request: StudioRequest, row: Appointment) -> HttpResponse:
    fresh = appointment_or_404(request, row.pk)
    event, chosen = last_move(fresh), read_filter(request, request.GET)
    told = notices.told_of(event) if event else None
    sentence = _("Moved to %(moment)s.") % {"moment": local_moment(fresh.starts_at)}
    sentence = f"{sentence} {notices.in_words(told)}".strip()
    if not request.htmx:
        messages.success(request, sentence)
        return redirect(reverse("bookings:schedule") + chosen.here)
    more = {"told": told, "undo_url": undo_url(request, fresh, event, chosen), "toast": sentence}
    context = shown(request, chosen) | more
    return page(
        request,
        "bookings/schedule.html",
        context,
        fragment="bookings/_schedule_moved.html",
        trigger="dialog-close",
    )


# --- Not this way --------------------------------------------------------------------------------
def in_dialog(
    request: StudioRequest, row: Appointment, template: str, words: dict[str, Any], status: int = 422
) -> HttpResponse:
    """The refusal over the page, which stays as it is; without scripts as a message."""
    chosen = read_filter(request, request.GET)
    if not request.htmx:
        messages.error(request, " ".join(words.get("sentences") or [_("Nothing was moved.")]))
        return redirect(reverse("bookings:schedule") + chosen.here)
    response = render(request, template, {"appointment": row, "filter": chosen, **words}, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog-body", "innerHTML"
    return response


def stale_words(stale: StaleEdit) -> dict[str, Any]:
    changes = stale.current.recent_changes() if isinstance(stale.current, Appointment) else []
    return {"changes": changes}


def answers(request: StudioRequest, row: Appointment, drop: Drop, taken: SlotTaken) -> dict[str, Any]:
    """Who has it, and what is free instead: each answer sends the same drop, a little changed."""
    wanted = placing.slot_for(row, block_of(row, request.POST.get("allocation", "")), drop)
    before = int(drop.later.total_seconds() // 60)
    return {
        "title": _("That is taken"),
        "taken": taken,
        "sentences": list(dict.fromkeys(map(str, taken.conflicts))),
        "free": [
            answer(
                request,
                local_moment(slot.starts_at),
                later=before + minutes(slot.starts_at - wanted.starts_at),
            )
            for slot in taken.free
        ],
        "instead": [
            answer(
                request, str(other), **(to_line(other) if named(drop, pk) else {"swap": f"{pk}:{other.pk}"})
            )
            for pk, others in taken.instead.items()
            for other in others[:MOST_INSTEAD]
        ],
    }


def named(drop: Drop, pk: int) -> bool:
    """Whether the taken resource is the one on whose line it was put down."""
    return drop.to is not None and drop.to.pk == pk


def to_line(other: Resource) -> dict[str, int]:
    return {"to": other.pk}


def minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def refused(request: StudioRequest, refusal: NotBookable) -> dict[str, Any]:
    overtime = isinstance(refusal, NotWorking) and refusal.is_hours
    return {
        "title": _("It can't be moved there"),
        "sentences": refusal.messages,
        "overtime": answer(request, _("Overtime is agreed: move it there"), overtime="1")
        if overtime
        else None,
    }


def costs(request: StudioRequest, change: PriceChanges) -> dict[str, Any]:
    """Free, and at another price: said before it is done."""
    words = _("They agree to the price: move it there") if change.difference > 0 else _("Move it there")
    return {
        "title": _("The price changes"),
        "sentences": [change.sentence],
        "price": answer(request, words, price=change.difference),
    }


def answer(request: StudioRequest, words: str, **changes: Any) -> dict[str, Any]:
    """The fields of the drop with some of them changed (None: as it is), and the words on its button."""
    values = {name: request.POST.get(name, "") for name in PLACE_FIELDS}
    values |= {name: str(value) for name, value in changes.items() if value is not None}
    return {"words": words, "fields": list(values.items())}


# --- Undone, seen --------------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def undo(request: StudioRequest, pk: int, event: int) -> HttpResponse:
    """The last move is taken back, with everything that was held."""
    row = appointment_or_404(request, pk)
    chosen = read_filter(request, request.GET)
    move = get_object_or_404(BookingEvent, pk=event, appointment=row)
    attempt(request, lambda: schedule.undo(row, event=move, by=request.actor, now=timezone.now()))
    return redirect(reverse("bookings:schedule") + chosen.here)


def attempt(request: StudioRequest, act: Callable[[], Any]) -> None:
    try:
        again(act)
    except NotBookable as refusal:
        messages.error(request, " ".join(refusal.messages))
    except SlotTaken as taken:
        messages.error(request, _("It can't be undone: %(why)s") % {"why": str(taken)})
    else:
        messages.success(request, _("Undone. It is as it was."))


@roles(SERVING)
@require_POST
def seen(request: StudioRequest, pk: int) -> HttpResponse:
    """The reader has seen a change; a deputy sees it for whom they stand in for."""
    found = ScheduleNotice.objects.filter(appointment__branch=request.branch).select_related("user", "event")
    notice = get_object_or_404(found, pk=pk)
    now = timezone.now()
    if request.actor != notice.user:
        acting = who_acts_for(notice.user, branch=request.branch, day=request.branch.today(now))
        if acting != request.actor:
            messages.error(request, _("This was for %(name)s.") % {"name": notice.user.spoken_name})
            return redirect("desk:today")
    notices.see(notice, now=now)
    return redirect("desk:today")
