"""The live board of the house: who needs somebody stands first, and the wall pages by itself (R5.1)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from studio.staff.models import Branch
from workflow import house_rules
from workflow.house import Care, in_house
from workflow.left_behind import left_since
from workflow.models import HandOff, LateRecord, Look, Presence

ON_ONE_WALL = 12
"""Parties that are read from across the room without scrolling."""


@dataclass(frozen=True)
class Board:
    """Everybody in the house, red first, and the counts."""

    now: datetime
    mark: str
    rows: list[Care] = field(default_factory=list)
    clashes: int = 0

    @property
    def alarms(self) -> list[Care]:
        return [row for row in self.rows if row.is_alarm]

    @property
    def people(self) -> int:
        return sum(len(row.members) for row in self.rows)

    @property
    def waiting(self) -> int:
        """People who were brought somewhere and wait to be taken over, however short."""
        return sum(len(row.members) for row in self.rows if row.hand_off and not row.is_unattended)

    @property
    def unattended(self) -> int:
        return sum(len(row.members) for row in self.rows if row.is_unattended)

    @property
    def pages(self) -> list[list[Care]]:
        """For the wall: as many as it holds; who needs somebody stands on each of them."""
        return paged(self.rows)


def board(branch: Branch, *, now: datetime) -> Board:
    seen = mark(branch, now=now)
    return Board(now, seen, red_first(in_house(branch, now=now)), clashes(branch))


def red_first(rows: Iterable[Care]) -> list[Care]:
    """Unattended ones before those who wait too long, the longest first; the rest as they came."""
    rows = list(rows)
    red = sorted(
        (row for row in rows if row.is_alarm), key=lambda row: (not row.is_unattended, row.red_since)
    )
    return red + [row for row in rows if not row.is_alarm]


def paged(rows: list[Care], most: int = ON_ONE_WALL) -> list[list[Care]]:
    red = [row for row in rows if row.is_alarm]
    rest = [row for row in rows if not row.is_alarm]
    if len(rows) <= most or len(red) > most // 2:
        return [rows[start : start + most] for start in range(0, len(rows), most)] or [[]]
    room = most - len(red)
    return [red + rest[start : start + room] for start in range(0, len(rest), room)]


def clashes(branch: Branch) -> int:
    return LateRecord.objects.clashes().filter(branch=branch).count()


# --- Whether anything has changed -------------------------------------------------------------------
def mark(branch: Branch, *, now: datetime) -> str:
    """Of all that the board shows: the same mark, the same board. A screen that looks every few seconds asks
    these few short questions; once a minute it is drawn anew all the same."""
    here = Presence.objects.filter(work_order__branch=branch, left_at=None)
    people = list(
        here.order_by("pk").values_list(
            "pk", "since", "kind", "place", "with_user", "department", "work_order"
        )
    )
    offers = HandOff.objects.open().filter(work_order__branch=branch).order_by("pk")
    waiting = list(offers.values_list("pk", "to_department", "offered_at"))
    looks = Look.objects.filter(work_order__in={row[-1] for row in people}).order_by("pk")
    patience = house_rules.patience(house_rules.of(branch))
    parts = [
        people,
        waiting,
        list(looks.values_list("pk", "state")),
        [pk for pk, _to, since in waiting if now - since >= patience],
        sorted(left_since(now, branch=branch)),
        clashes(branch),
        now.replace(second=0, microsecond=0).isoformat(),
    ]
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
