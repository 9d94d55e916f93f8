"""The owner hears by the bell what a customer answered by the link, and what did not reach them (R3.2)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentKind, BookingEvent
from studio.foundation.templatetags.studio import local_moment
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.watching import managers_of
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, User
from workflow.models import CallTask

ANSWERS = {"confirmed": "customer_confirmed", "another_time": "customer_other_time"}


def follow_answer(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to what a customer says about a date: what they said by the link, nobody has heard yet."""
    if event.kind in ANSWERS and event.parameters.get("via") == "link":
        ring_owner(appointment, ANSWERS[event.kind], about=str(event.pk), now=now)


def not_sent(call: CallTask, now: datetime) -> None:
    """Somebody could not be written to, so there is a call to make."""
    if call.appointment is not None:
        ring_owner(
            call.appointment, "message_not_sent", about=str(call.pk), now=now, link=call.get_absolute_url()
        )


def follow_correction(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to corrections: a message was going out just while its date was changed."""
    ring_owner(appointment, "correction", about=str(event.pk), now=now)


def ring_owner(appointment: Appointment, kind: str, *, about: str, now: datetime, link: str = "") -> None:
    """The customer's owner, or who stands in for them today (R8.1); without an owner the managers."""
    owner, branch = appointment.customer.owner, appointment.branch
    people = [acting_today(owner, branch, now)] if owner is not None else managers_of(branch)
    alerts.ring(
        people,
        kind,
        branch=branch,
        about=about,
        now=now,
        link=link or appointment.get_absolute_url(),
        parameters={"appointment": appointment.pk},
    )


def acting_today(user: User, branch: Branch, now: datetime) -> User:
    return who_acts_for(user, branch=branch, day=branch.today(now))


# --- What they say --------------------------------------------------------------------------------
def with_dates(sentence: Callable[[], str], **options: Any) -> AlertKind:
    """A kind whose sentence takes the customer's name and the date; one query for a whole list."""

    def sentences(several: Sequence[Parameters]) -> list[str]:
        ids = {one.get("appointment", 0) for one in several}
        found = Appointment.objects.select_related("customer").in_bulk(ids)
        return [sentence() % words_of(found.get(one.get("appointment", 0))) for one in several]

    return AlertKind(lambda one: sentences([one])[0], sentences=sentences, **options)


def words_of(appointment: Appointment | None) -> dict[str, str]:
    if appointment is None:
        return {"name": "–", "what": "–", "when": "–"}
    return {
        "name": appointment.customer.name,
        "what": str(AppointmentKind(appointment.kind).label),
        "when": local_moment(appointment.starts_at),
    }


KINDS = {
    "customer_confirmed": with_dates(
        lambda: _("%(name)s confirmed by the link: %(what)s, %(when)s."), icon="circle-check"
    ),
    "customer_other_time": with_dates(
        lambda: _("%(name)s would like another time: %(what)s, %(when)s."), icon="calendar-clock"
    ),
    "message_not_sent": with_dates(
        lambda: _("%(name)s could not be written to: please call (%(what)s, %(when)s)."), icon="phone"
    ),
    "correction": with_dates(
        lambda: _(
            "A message was going out while the date was changed. A correction follows to"
            " %(name)s (%(what)s, %(when)s)."
        ),
        icon="message-square-warning",
    ),
}
