"""Who and what an appointment needs: what its package says, or what is usual for its kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import AppointmentKind, PackageNeed, PackageVersion, Resource, ResourceKind, Skill
from bookings.spans import Hold

FIELDS: dict[str, tuple[Any, list[ResourceKind]]] = {
    "photographer": (gettext_lazy("Photographer"), [ResourceKind.PHOTOGRAPHER]),
    "place": (gettext_lazy("Where"), [ResourceKind.FLOOR, ResourceKind.LOCATION]),
    "artist": (gettext_lazy("Makeup artist"), [ResourceKind.ARTIST]),
    "room": (gettext_lazy("Selection room"), [ResourceKind.SELECTION_ROOM]),
    "assistant": (gettext_lazy("Assistant"), [ResourceKind.ASSISTANT]),
    "vehicle": (gettext_lazy("Vehicle"), [ResourceKind.VEHICLE]),
    "gown": (gettext_lazy("Gown"), [ResourceKind.GOWN]),
}
"""The fields in which resources are chosen; a second need of a sort is "artist_2"."""
FIELD_OF: dict[str, str] = {kind: name for name, (_label, kinds) in FIELDS.items() for kind in kinds}
NEEDS: dict[str, tuple[str, ...]] = {
    AppointmentKind.CONSULT: (),
    AppointmentKind.FITTING: ("artist",),
    AppointmentKind.SHOOT: ("photographer", "place", "artist"),
    AppointmentKind.SELECTION: ("room",),
    AppointmentKind.LAYOUT: ("room",),
    AppointmentKind.PICKUP: (),
    AppointmentKind.WEDDING: ("photographer", "artist"),
}
"""Who and what a date of each kind may hold, where the package says nothing."""
MINUTES: dict[str, int] = {
    AppointmentKind.CONSULT: 60,
    AppointmentKind.FITTING: 60,
    AppointmentKind.SHOOT: 360,
    AppointmentKind.SELECTION: 120,
    AppointmentKind.LAYOUT: 60,
    AppointmentKind.PICKUP: 30,
    AppointmentKind.WEDDING: 480,
}
"""How long each kind takes, where the package says nothing."""


@dataclass(frozen=True)
class Need:
    """One person, place or thing that is chosen for an appointment, and for which part of it.

    `key` names its field. `minutes` 0: to the end. `follows` is the key of an earlier need of the same sort
    whose time does not touch this one's: who is chosen there does this too where nobody else is named.
    """

    key: str
    kinds: tuple[ResourceKind, ...]
    from_minute: int = 0
    minutes: int = 0
    look: int | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    skill: Skill | None = None
    resource: Resource | None = None
    is_optional: bool = True
    follows: str = ""

    @property
    def sort(self) -> str:
        return self.key.split("_")[0]

    @property
    def is_whole(self) -> bool:
        return not self.from_minute and not self.minutes

    def span(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Its part of an appointment; all of it where the appointment is too short to have that part."""
        begins = start + timedelta(minutes=self.from_minute)
        ends = min(begins + timedelta(minutes=self.minutes), end) if self.minutes else end
        return (begins, ends) if begins < ends else (start, end)

    def label(self, start: datetime | None = None, end: datetime | None = None) -> str:
        """The words of its field: sort, look, and the time where the day is known ("10:30–12:00")."""
        parts = [str(FIELDS[self.sort][0])]
        if self.look:
            parts.append(_("look %(number)s") % {"number": self.look})
        if not self.is_whole and start is not None and end is not None:
            begins, ends = (
                timezone.localtime(moment, start.tzinfo)
                for moment in self.span(start.astimezone(UTC), end.astimezone(UTC))
            )
            parts.append(f"{begins:%H:%M}–{ends:%H:%M}")
        if self.skill:
            parts.append(str(self.skill))
        return " · ".join(parts)

    def suits(self, resource: Resource, trained: Iterable[int] = ()) -> bool:
        """Whether this resource can do it; `trained` are the ids of its skills."""
        return resource.kind in self.kinds and (self.skill is None or self.skill.pk in trained)


def needs_of(version: PackageVersion | None, kind: str) -> list[Need]:
    """What an appointment of this kind needs: the rows of the package, or what is usual."""
    rows = rows_of(version, kind)
    if rows:
        return needs_from(rows)
    return [Need(name, tuple(FIELDS[name][1])) for name in NEEDS[kind]]


def rows_of(version: PackageVersion | None, kind: str) -> list[PackageNeed]:
    """Filtered here, so that a version whose needs were fetched beforehand is not asked again."""
    if version is None:
        return []
    if "needs" in getattr(version, "_prefetched_objects_cache", {}):
        return [row for row in version.needs.all() if row.appointment == kind]
    return list(version.needs.filter(appointment=kind).select_related("skill", "resource"))


def needs_from(rows: Iterable[PackageNeed]) -> list[Need]:
    found: list[Need] = []
    for row in rows:
        name = FIELD_OF[row.kind]
        for _one in range(row.quantity):
            before = [need for need in found if need.sort == name]
            need = Need(
                key=f"{name}_{len(before) + 1}" if before else name,
                kinds=(ResourceKind(row.kind),),
                from_minute=row.from_minute,
                minutes=row.minutes,
                look=row.look,
                buffer_before=row.buffer_before,
                buffer_after=row.buffer_after,
                skill=row.skill,
                resource=row.resource,
                is_optional=row.is_optional,
                follows=next((one.key for one in before if goes_on(one, row)), ""),
            )
            found.append(need)
    return found


def goes_on(need: Need, row: PackageNeed) -> bool:
    """Whether who does `need` can do `row` too: of the same kind and skill, at another time."""
    ends = [need.from_minute + need.minutes if need.minutes else None]
    ends.append(row.from_minute + row.minutes if row.minutes else None)
    touch = (ends[0] is None or row.from_minute < ends[0]) and (ends[1] is None or need.from_minute < ends[1])
    return (
        not touch
        and need.kinds == (row.kind,)
        and not need.follows
        and not row.resource_id
        and row.skill_id in {None, need.skill.pk if need.skill else None}
    )


def minutes_for(version: PackageVersion | None, kind: str) -> int:
    """How long an appointment of this kind takes."""
    usual = version.shoot_minutes if version and kind == AppointmentKind.SHOOT else 0
    ends = [need.from_minute + need.minutes for need in needs_of(version, kind) if need.minutes]
    return max([usual, *ends]) or MINUTES[kind]


def holds_for(
    version: PackageVersion | None,
    kind: str,
    start: datetime,
    end: datetime,
    chosen: Mapping[str, Resource | None],
) -> list[Hold]:
    """What is held where these were chosen for the needs (by key): each for its part of the time, with the
    longer of its own buffers and those of the package."""
    return holds_from(needs_of(version, kind), start, end, chosen)


def holds_from(
    needs: Iterable[Need], start: datetime, end: datetime, chosen: Mapping[str, Resource | None]
) -> list[Hold]:
    holds = []
    for need in needs:
        resource = chosen.get(need.key) or chosen.get(need.follows) or None
        if resource is not None:
            begins, ends = need.span(start, end)
            holds.append(
                Hold(
                    resource,
                    begins,
                    ends,
                    need.look,
                    max(resource.buffer_before, need.buffer_before),
                    max(resource.buffer_after, need.buffer_after),
                )
            )
    return holds
