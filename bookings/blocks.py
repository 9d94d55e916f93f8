"""What a day is drawn with: the blocks of the appointments and the bars between them, on lines of hours."""

from dataclasses import dataclass
from datetime import date, datetime

from bookings.models import Allocation, Appointment, Resource
from bookings.scale import Scale

LANE = 34
"""Height of a line, in px; a resource that takes two at once has two lines."""
NARROW = 7
"""A block of fewer per cent of the line has no room for a name."""


@dataclass(frozen=True)
class Block:
    """One span of an appointment on a line; places and widths in per cent of the hours shown.

    `part` names the look that the span is for; `is_whole`: it lasts as long as the appointment itself.
    """

    appointment: Appointment
    starts_at: datetime
    ends_at: datetime
    x: str
    width: str
    y: int
    is_narrow: bool
    allocation: Allocation | None = None
    begins_before: bool = False
    goes_on: bool = False

    @property
    def key(self) -> str:
        """Tells the blocks of one appointment apart, also after it was moved."""
        place = self.allocation.resource_id if self.allocation else 0
        return f"{place}-{self.part or 0}"

    @property
    def part(self) -> int | None:
        return self.allocation.look if self.allocation else None

    @property
    def is_whole(self) -> bool:
        return (self.starts_at, self.ends_at) == (self.appointment.starts_at, self.appointment.ends_at)

    @property
    def height(self) -> int:
        return LANE

    @property
    def words_at(self) -> str:
        """Where the words begin, in px: behind the sign of what began before."""
        return "22" if self.begins_before else "11"


@dataclass(frozen=True)
class Bar:
    """A time that nobody books: kept free around an appointment, closed, or off."""

    kind: str
    x: str
    width: str
    y: int
    height: int
    words: str = ""


@dataclass(frozen=True)
class Line:
    """The hours of one resource; without a resource, of those dates that hold nobody and nothing."""

    resource: Resource | None
    day: date
    scale: Scale
    blocks: list[Block]
    bars: list[Bar]
    lanes: int = 1

    @property
    def height(self) -> int:
        return LANE * self.lanes

    @property
    def is_free(self) -> bool:
        """Nothing on it, though somebody is there."""
        return not self.blocks and not self.is_off and all(bar.kind == "off" for bar in self.bars)

    @property
    def is_off(self) -> bool:
        """Not there at all in the hours that the page shows."""
        return any(bar.kind == "off" and bar.width == "100.000%" for bar in self.bars)
