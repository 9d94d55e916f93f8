"""Which dates a broken day touches (R9.7), and where their parties are now: in the house, on the way, at
home.

Asked before anything is said, and again by the schedule's listener, so that none is forgotten.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Allocation, Appointment, AppointmentState, Resource
from bookings.models.appointment import AppointmentQuerySet
from studio.staff.models import Branch
from workflow.models import Disruption, Presence

ON_THE_WAY = timedelta(minutes=90)
"""Whoever is expected within this time may have set out already."""
RELATED = ("branch", "customer__owner", "booking__work_order", "booking__package_version")


class Where(models.TextChoices):
    """In this order they are seen to: the guests in the house, then whoever can still be kept from setting
    out in vain (F7), then those who can't."""

    IN_HOUSE = "in_house", _("in the house now")
    AT_HOME = "at_home", _("still at home")
    ON_THE_WAY = "on_the_way", _("may be on the way")


ORDER = {where: place for place, where in enumerate(Where.values)}


@dataclass(frozen=True)
class Touched:
    appointment: Appointment
    where: str

    @property
    def where_words(self) -> str:
        return str(Where(self.where).label)


def touched(
    branch: Branch, *, resource: Resource | None, starts_at: datetime, ends_at: datetime, now: datetime
) -> list[Touched]:
    """The dates that hold `resource` in that time, or without one every date of the branch in it, in the
    order in which they are seen to; the number of questions does not depend on how many there are."""
    present = in_house(branch)
    rows = overlapping(branch, resource=resource, starts_at=starts_at, ends_at=ends_at)
    rows = rows.filter(
        Q(state=AppointmentState.PLANNED, ends_at__gt=now)
        | Q(state=AppointmentState.HELD, booking__in=present)
    )
    found = [
        Touched(row, where_is(row, present, now)) for row in rows.with_resources().select_related(*RELATED)
    ]
    return in_order(found)


def in_order(found: Iterable[Touched]) -> list[Touched]:
    return sorted(
        found, key=lambda one: (ORDER[one.where], one.appointment.starts_at, one.appointment.pk)
    )  # fmt: skip


def overlapping(
    branch: Branch, *, resource: Resource | None, starts_at: datetime, ends_at: datetime
) -> AppointmentQuerySet:
    rows = Appointment.objects.in_branch(branch)
    if resource is None:
        return rows.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    held = Allocation.objects.active().filter(resource=resource).overlapping(starts_at, ends_at)
    return rows.filter(pk__in=held.filter(used__overlap=(starts_at, ends_at)).values("appointment"))


def is_touched(appointment: Appointment, disruption: Disruption) -> bool:
    """Whether the date, as it stands now, lies in what is broken."""
    rows = overlapping(
        disruption.branch,
        resource=disruption.resource,
        starts_at=disruption.starts_at,
        ends_at=disruption.ends_at,
    )
    return rows.filter(pk=appointment.pk).exists()


def in_house(branch: Branch) -> set[int]:
    """The sales whose parties, or some of them, are in the house; one question."""
    present = Presence.objects.filter(left_at=None, work_order__branch=branch)
    return set(present.values_list("work_order__booking", flat=True))


def where_is(appointment: Appointment, present: Collection[int], now: datetime) -> str:
    if appointment.state == AppointmentState.HELD and appointment.booking_id in present:
        return Where.IN_HOUSE
    return Where.ON_THE_WAY if appointment.starts_at - now <= ON_THE_WAY else Where.AT_HOME
