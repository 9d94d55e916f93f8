"""The customer's link (R3.2): confirm the time, or ask for another, without signing in.

Only the hash of the token is kept. The token is derived from the appointment and its schedule version
under the house's secret key (160 bits), so that a message rendered again carries the same link; a moved
appointment has another one, and the old link is worth nothing. Unknown, expired and outdated look the same.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from bookings import schedule
from bookings.models import Appointment, AppointmentState
from customers.names import clean
from workflow import calls
from workflow.models import AppointmentLink, WishedTime

TOKEN_BYTES = 20


def token_for(appointment: Appointment) -> str:
    """160 bits that only this house can derive."""
    value = f"{appointment.pk}:{appointment.schedule_version}"
    digest = salted_hmac("workflow.links", value, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def link_for(appointment: Appointment, now: datetime) -> str:
    """The whole address for a message; the same one however often it is asked for."""
    return links_for([appointment], now)[appointment.pk]


def links_for(appointments: Iterable[Appointment], now: datetime) -> dict[int, str]:
    """The same for several at once, by the appointments' ids."""
    tokens = {appointment: token_for(appointment) for appointment in appointments}
    rows = [
        AppointmentLink(
            token_hash=AppointmentLink.hash_of(token),
            appointment=appointment,
            schedule_version=appointment.schedule_version,
            created_at=now,
            expires_at=appointment.ends_at,
        )
        for appointment, token in tokens.items()
    ]
    AppointmentLink.objects.bulk_create(rows, ignore_conflicts=True)
    return {appointment.pk: address_of(token) for appointment, token in tokens.items()}


def address_of(token: str) -> str:
    return settings.PUBLIC_URL + reverse("workflow:confirm", args=[token])


@dataclass(frozen=True)
class Opened:
    """A link that is good, and what it opens."""

    link: AppointmentLink
    appointment: Appointment


def open_link(token: str, now: datetime) -> Opened | None:
    """What the link opens; None for an unknown, an expired and an outdated one alike."""
    link = AppointmentLink.find(token, now=now)
    if link is None:
        return None
    appointment = (
        Appointment.objects.filter(
            pk=link.appointment_id, schedule_version=link.schedule_version, state=AppointmentState.PLANNED
        )
        .select_related("branch", "customer", "booking__package_version__package")
        .prefetch_related("customer__members")
        .first()
    )
    return Opened(link, appointment) if appointment is not None else None


def appointment_of(token: str, now: datetime) -> Appointment | None:
    opened = open_link(token, now)
    return opened.appointment if opened else None


def locked(token: str, now: datetime) -> Appointment | None:
    """The link's appointment, locked, if it still is what the link was made for."""
    link = AppointmentLink.find(token, now=now)
    if link is None:
        return None
    appointment = Appointment.locked(link.appointment_id)
    still = (
        appointment.schedule_version == link.schedule_version
        and appointment.state == AppointmentState.PLANNED
    )
    return appointment if still else None


def confirm(token: str, *, now: datetime) -> Appointment | None:
    """The customer says yes. The owner's care call stays to be made (R3.2); a repeat changes nothing."""
    with transaction.atomic():
        appointment = locked(token, now)
        if appointment is None:
            return None
        WishedTime.objects.filter(appointment=appointment).delete()
        return schedule.confirm(appointment, via="link", by=None, now=now)


def ask_another_time(
    token: str, *, wish: str, times: Sequence[datetime] = (), now: datetime
) -> Appointment | None:
    """The customer would like another time: in their words, by times that are free (the best first), or both;
    a call for the owner. Nothing is promised, the old time stays held. Asked again, the last word counts."""
    with transaction.atomic():
        appointment = locked(token, now)
        if appointment is None:
            return None
        appointment = schedule.ask_another_time(appointment, wish=clean(wish), via="link", by=None, now=now)
        keep_times(appointment, times, now=now)
        calls.ask_for_another_time(appointment, now=now)
        return appointment


def keep_times(appointment: Appointment, times: Sequence[datetime], *, now: datetime) -> None:
    """The times that suit them, in place of those of before. The appointment is locked."""
    WishedTime.objects.filter(appointment=appointment).delete()
    WishedTime.objects.bulk_create(
        WishedTime(
            appointment=appointment,
            schedule_version=appointment.schedule_version,
            starts_at=starts_at,
            position=position,
            created_at=now,
        )
        for position, starts_at in enumerate(dict.fromkeys(times))
    )


def wished_times(appointment: Appointment) -> list[datetime]:
    """The times that they chose behind the link for the date as it now is, the best first."""
    rows = WishedTime.objects.filter(appointment=appointment, schedule_version=appointment.schedule_version)
    return list(rows.values_list("starts_at", flat=True))


def stop_link(appointment: Appointment, now: datetime) -> str:
    """The address at which one press stops everything but what they ordered: the customer's link, at that
    place. For messages that are not about the order, where there is a date that stands."""
    return f"{link_for(appointment, now)}#stop"
