"""The bell when a day breaks: owners (or who stands in) hear of their own customers, managers of all
(R9.7)."""

from collections import Counter
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Appointment
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.watching import managers_of
from studio.staff.duties import acting_for, deputies_on
from studio.staff.models import User
from workflow.message_alerts import with_dates
from workflow.models import Disruption

BROKEN, WEATHER = "day_broken", "weather_due"


def ring(disruption: Disruption, *, by: User, now: datetime) -> None:
    """Each of those concerned once, but for who opened it; one question for all owners."""
    branch = disruption.branch
    rows = disruption.dates.filter(settled_at=None).select_related("appointment__customer__owner")
    owners = [row.appointment.customer.owner for row in rows]
    if not owners:
        return
    off = deputies_on(branch.today(now), branch)
    mine = Counter(acting_for(owner, off) for owner in owners if owner is not None)
    counts = {user: len(owners) for user in managers_of(branch)} | dict(mine)
    counts.pop(by, None)
    for user, count in counts.items():
        alerts.ring(
            [user],
            BROKEN,
            branch=branch,
            about=str(disruption.pk),
            now=now,
            link=disruption.get_absolute_url(),
            parameters={"disruption": disruption.pk, "count": count},
        )


def broken_words(parameters: Parameters) -> str:
    count = parameters.get("count", 1)
    return ngettext(
        "A day is broken: %(count)d date to see to.", "A day is broken: %(count)d dates to see to.", count
    ) % {"count": count}  # fmt: skip


def ring_weather(appointment: Appointment, *, user: User, about: str, link: str, now: datetime) -> None:
    alerts.ring(
        [user],
        WEATHER,
        branch=appointment.branch,
        about=about,
        now=now,
        link=link,
        parameters={"appointment": appointment.pk},
    )


def weather_words() -> str:
    return _("Decide about the weather: %(name)s (%(what)s, %(when)s).")


KINDS = {
    BROKEN: AlertKind(broken_words, icon="triangle-alert", loud=True),
    WEATHER: with_dates(weather_words, icon="cloud-rain"),
}
