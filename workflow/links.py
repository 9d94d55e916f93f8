"""The customer's link (R3.2): confirm the time, or ask for another, without signing in.

Only the hash of the token is kept. The token is derived from the appointment and its schedule version
under the house's secret key (160 bits), so that a message rendered again carries the same link; a moved
appointment has another one, and the old link is worth nothing. Unknown, expired and outdated look the same.
"""

import base64
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac

from bookings import schedule
from bookings.models import Appointment, AppointmentState
from customers.names import clean
from workflow import calls
from workflow.models import AppointmentLink

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


def appointment_of(token: str, now: datetime) -> Appointment | None:
    """The appointment that the link opens; None for an unknown, an expired and an outdated one alike."""
    link = AppointmentLink.find(token, now=now)
    if link is None:
        return None
    return (
        Appointment.objects.filter(
            pk=link.appointment_id, schedule_version=link.schedule_version, state=AppointmentState.PLANNED
        )
        .select_related("branch", "customer", "booking__package_version__package")
        .prefetch_related("customer__members")
        .first()
    )


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
        return schedule.confirm(appointment, via="link", by=None, now=now)


def ask_another_time(token: str, *, wish: str, now: datetime) -> Appointment | None:
    """The customer would like another time: noted in their words, and a call for the owner."""
    with transaction.atomic():
        appointment = locked(token, now)
        if appointment is None:
            return None
        appointment = schedule.ask_another_time(appointment, wish=clean(wish), via="link", by=None, now=now)
        calls.ask_for_another_time(appointment, now=now)
        return appointment
