"""Whether a move can still be taken back, and by whom (design.md, habit 9)."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from bookings.bookable import NotBookable
from bookings.models import Appointment, BookingEvent, Confirmation, SchedulingRules
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS


def undo_minutes(branch: Branch) -> int:
    """For how long a move can be undone in this branch."""
    rules = SchedulingRules.objects.filter(branch=branch).first() or SchedulingRules(branch=branch)
    return rules.undo_minutes


def last_move(appointment: Appointment) -> BookingEvent | None:
    return appointment.events.filter(kind="moved").order_by("at", "id").last()


def is_undone_by(event: BookingEvent, appointment: Appointment) -> bool:
    """Whether the last thing that happened to it is that this very move was undone."""
    last = last_move(appointment)
    return last is not None and last.parameters.get("undoes") == event.pk


def may_undo(event: BookingEvent, *, by: User | None, branch: Branch) -> bool:
    """Who moved it, or a manager of the branch."""
    if by is None or event.actor_id == by.pk:
        return True
    return Membership.objects.active().filter(user=by, branch=branch, role__in=MANAGERS).exists()


def check_undo(row: Appointment, event: BookingEvent, *, by: User | None, now: datetime) -> None:
    """`NotBookable` with the reason, for the last move of the locked appointment `row`."""
    if event.kind != "moved" or event.appointment_id != row.pk or "before_holds" not in event.parameters:
        raise NotBookable(_("Only a move can be undone."))
    if not may_undo(event, by=by, branch=row.branch):
        raise NotBookable(_("Who moved it can undo it, or a manager."))
    if last_move(row) != event:
        raise NotBookable(_("It was moved once more meanwhile. Use “Move to…” instead."))
    minutes = undo_minutes(row.branch)
    if now > event.at + timedelta(minutes=minutes):
        raise NotBookable(
            _("A move can be undone for %(minutes)s minutes. Use “Move to…” instead."),
            params={"minutes": minutes},
        )
    moved_in_time = event.parameters["before"] != event.parameters["from"]
    if moved_in_time and row.confirmation != Confirmation.NONE:
        raise NotBookable(_("The customer has answered for the new time already. Call them first."))


def wish_before(row: Appointment, event: BookingEvent) -> str:
    """The customer's words for another time, which events don't hold: the audit has them."""
    version = event.parameters["before_version"]
    trace = row.audit_rows.filter(version=version).order_by("pgh_id").last()  # type: ignore[attr-defined]
    return trace.wish if trace else ""
