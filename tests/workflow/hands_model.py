"""What we expect of the record of the house, kept apart from it: who has whom, from the door to the door.

It knows nothing of presences and stays: each thing that succeeded is told to it in plain words, and it writes
down pieces of time of its own.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

HELD = {"with", "location"}
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Piece:
    since: datetime
    until: datetime | None
    who: int | None
    kind: str

    @property
    def is_gap(self) -> bool:
        return self.who is None


@dataclass
class Day:
    """One member's time in the house, from one arrival to one departure."""

    pieces: list[Piece]
    left: datetime | None = None

    @property
    def now(self) -> Piece:
        return self.pieces[-1]

    def turn(self, who: int | None, kind: str, at: datetime) -> None:
        """In other hands from `at` on; clocks never run backwards."""
        at = max(at, self.now.since)
        self.now.until = at
        self.pieces.append(Piece(at, None, who, kind))

    def leave(self, at: datetime) -> None:
        self.left = self.now.until = at

    def held_before(self) -> Piece:
        """The last piece in which somebody had them in a department or on location."""
        return next(piece for piece in reversed(self.pieces) if piece.kind in HELD)

    def put_right(self, fresh: list[Piece]) -> None:
        """The span of `fresh` was otherwise than we thought."""
        start, end = fresh[0].since, fresh[-1].until
        kept: list[Piece] = []
        for piece in self.pieces:
            over = piece.until is not None and piece.until <= start
            later = end is not None and piece.since >= end
            if over or later:
                kept.append(piece)
                continue
            if piece.since < start:
                kept.append(Piece(piece.since, start, piece.who, piece.kind))
            if end is not None and (piece.until is None or piece.until > end):
                kept.append(Piece(end, piece.until, piece.who, piece.kind))
        written = [Piece(one.since, one.until, one.who, one.kind) for one in fresh]
        self.pieces = sorted(kept + written, key=lambda piece: (piece.since, piece.until or NEVER))

    def is_true(self, fresh: list[Piece], *, now: datetime) -> bool:
        """Whether these pieces may be told of this day at all."""
        last = fresh[-1].until
        if fresh[0].since < self.pieces[0].since or any(piece.since > now for piece in fresh):
            return False
        if any(piece.until is not None and not piece.since <= piece.until <= now for piece in fresh):
            return False
        joined = all(one.until == after.since for one, after in pairwise(fresh))
        within = self.left is None or (last is not None and last <= self.left)
        return joined and within


@dataclass
class House:
    """Every member's days, and the offers that wait."""

    days: dict[int, list[Day]] = field(default_factory=dict)
    offers: dict[int, int] = field(default_factory=dict)

    def here(self, member: int) -> Day | None:
        last = self.days.get(member, [None])[-1]
        return last if last is not None and last.left is None else None

    def arrive(self, member: int, who: int, at: datetime) -> None:
        if self.here(member) is None:
            self.days.setdefault(member, []).append(Day([Piece(at, None, who, "with")]))


def lived(pieces: list[Piece]) -> list[tuple[datetime, datetime | None, int | None, str]]:
    """Without what lasted no time, and with what goes on unchanged in one."""
    rows: list[tuple[datetime, datetime | None, int | None, str]] = []
    for piece in pieces:
        if piece.until is not None and piece.until <= piece.since:
            continue
        if rows and rows[-1][2:] == (piece.who, piece.kind) and rows[-1][1] == piece.since:
            rows[-1] = (rows[-1][0], piece.until, piece.who, piece.kind)
        else:
            rows.append((piece.since, piece.until, piece.who, piece.kind))
    return rows


def total(pieces: list[Piece], now: datetime, *, gaps: bool) -> timedelta:
    chosen = [piece for piece in pieces if piece.is_gap == gaps]
    return sum(((piece.until or now) - piece.since for piece in chosen), timedelta())
