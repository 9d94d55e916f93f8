"""Bookings of a gown that may come to nothing: it is not back in time, or it is being mended; and what could
take its place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from bookings.models import (
    Allocation,
    Appointment,
    AppointmentState,
    BookingEvent,
    Closure,
    Outing,
    Resource,
    ResourceKind,
)
from studio.staff.models import Branch

AHEAD = timedelta(days=14)
"""How far ahead a gown that is late worries the next party."""
MOST = 3


@dataclass
class Danger:
    """A hold that may come to nothing. `is_certain`: even if it came back this minute, it would not be clean
    in time. `instead`: the best of what is free then, the same style first, then the same size."""

    hold: Allocation
    why: Literal["late", "mended"]
    is_certain: bool
    outing: Outing | None = None
    closure: Closure | None = None
    instead: list[Resource] = field(default_factory=list)

    @property
    def gown(self) -> Resource:
        return self.hold.resource

    @property
    def appointment(self) -> Appointment:
        assert self.hold.appointment is not None
        return self.hold.appointment


def promised(branch: Branch) -> "QuerySet[Allocation]":
    """What is held of gowns for parties that are still to come."""
    rows = Allocation.objects.active().filter(
        resource__kind=ResourceKind.GOWN,
        resource__branch=branch,
        appointment__state__in=[AppointmentState.PLANNED, AppointmentState.HELD],
    )
    return rows.select_related("resource", "appointment__customer__owner").order_by("used", "pk")


def late(branch: Branch, now: datetime) -> "QuerySet[Outing]":
    rows = out(branch).filter(due_back_at__lte=now)
    return rows.order_by("due_back_at", "pk")


def out(branch: Branch) -> "QuerySet[Outing]":
    rows = Outing.objects.filter(resource__branch=branch, back_at=None).order_by("due_back_at", "pk")
    return rows.select_related("resource", "appointment__customer__owner", "appointment__booking__work_order")


def endangered(branch: Branch, now: datetime, *, gown: Resource | None = None) -> list[Danger]:
    """The holds of this branch (of one gown) that may come to nothing, by time; the number of questions does
    not depend on how many there are."""
    held = promised(branch).filter(used__endswith__gt=now)
    outings, closures = late(branch, now), mended(branch, now)
    if gown is not None:
        held, outings = held.filter(resource=gown), outings.filter(resource=gown)
        closures = closures.filter(resource=gown)
    awaited = {outing.resource_id: outing for outing in outings}
    shut = list(closures)
    if not awaited and not shut:
        return []
    concerned = {*awaited, *(closure.resource_id for closure in shut)}
    dangers: list[Danger] = []
    seen: set[int] = set()
    for hold in held.filter(resource__in=concerned):
        danger = danger_of(hold, awaited.get(hold.resource_id), shut, now, seen)
        if danger is not None:
            dangers.append(danger)
    propose(dangers, branch)
    return dangers


def danger_of(
    hold: Allocation, outing: Outing | None, shut: list[Closure], now: datetime, seen: set[int]
) -> Danger | None:
    for closure in shut:
        mine = closure.resource_id == hold.resource_id
        if mine and closure.starts_at < hold.used.upper and hold.used.lower < closure.ends_at:
            return Danger(hold, "mended", is_certain=True, closure=closure)
    if outing is None or outing.appointment_id == hold.appointment_id or hold.resource_id in seen:
        return None
    seen.add(hold.resource_id)  # only the next party: the one after it has time
    if hold.used.lower > now + AHEAD:
        return None
    clean = now + timedelta(minutes=hold.resource.buffer_after)
    return Danger(hold, "late", is_certain=clean > hold.used.lower, outing=outing)


def mended(branch: Branch, now: datetime) -> "QuerySet[Closure]":
    rows = Closure.objects.filter(resource__branch=branch, resource__kind=ResourceKind.GOWN)
    return rows.filter(lifted_at=None, ends_at__gt=now)


# --- What could take its place ----------------------------------------------------------------
def propose(dangers: Iterable[Danger], branch: Branch) -> None:
    dangers = list(dangers)
    if not dangers:
        return
    found = substitutes([danger.hold for danger in dangers], branch)
    for danger in dangers:
        danger.instead = found[danger.hold.pk][:MOST]


def substitutes(holds: Iterable[Allocation], branch: Branch) -> dict[int, list[Resource]]:
    """For each hold (by its id) the gowns that are free for it with their own cleaning: of the same style
    first, then of the same size. Four questions at most."""
    holds = list(holds)
    gowns = list(Resource.objects.bookable(branch, ResourceKind.GOWN))
    if not holds or not gowns:
        return {hold.pk: [] for hold in holds}
    most = timedelta(minutes=max(max(g.buffer_before, g.buffer_after) for g in gowns))
    first = min(hold.used.lower for hold in holds) - most
    last = max(hold.used.upper for hold in holds) + most
    busy: dict[int, list[tuple[datetime, datetime]]] = {gown.pk: [] for gown in gowns}
    taken = Allocation.objects.active().filter(resource__in=gowns).overlapping(first, last)
    for pk, during in taken.values_list("resource_id", "during"):
        busy[pk].append((during.lower, during.upper))
    kept = Closure.objects.filter(resource__in=gowns, lifted_at=None, starts_at__lt=last, ends_at__gt=first)
    away = Outing.objects.filter(resource__in=gowns, back_at=None, due_back_at__gt=first)
    spans = [*kept.values_list("resource_id", "starts_at", "ends_at")]
    spans += away.values_list("resource_id", "out_at", "due_back_at")
    for pk, start, end in spans:
        busy[pk].append((start, end))
    return {hold.pk: sorted_for(hold, [g for g in gowns if is_free(g, hold, busy[g.pk])]) for hold in holds}


def is_free(gown: Resource, hold: Allocation, busy: list[tuple[datetime, datetime]]) -> bool:
    if gown.pk == hold.resource_id:
        return False
    lower = hold.used.lower - timedelta(minutes=gown.buffer_before)
    upper = hold.used.upper + timedelta(minutes=gown.buffer_after)
    return not any(start < upper and lower < end for start, end in busy)


def sorted_for(hold: Allocation, gowns: list[Resource]) -> list[Resource]:
    old = hold.resource

    def distance(gown: Resource) -> tuple[bool, bool, int]:
        return not same(gown.style, old.style), not same(gown.size, old.size), gown.pk

    return sorted(gowns, key=distance)


def same(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


# --- Damage that nobody has decided about -----------------------------------------------------
def undecided(branch: Branch) -> "QuerySet[Outing]":
    """Gowns that came back damaged, or not at all, and nobody has said who pays."""
    spared = (
        BookingEvent.objects.filter(kind="gown_spared", appointment=OuterRef("appointment"))
        .annotate(of=Cast(KeyTextTransform("outing", "parameters"), BigIntegerField()))
        .filter(of=OuterRef("pk"))
    )
    rows = Outing.objects.filter(
        ~Exists(spared), resource__branch=branch, back_condition__in=["damaged", "lost"], damage_line=None
    )
    related = "resource", "appointment__customer__owner", "appointment__booking__work_order"
    return rows.select_related(*related).order_by("back_at", "pk")
