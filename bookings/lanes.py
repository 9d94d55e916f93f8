"""Spans side by side: what overlaps stands on lanes of its own."""

from collections.abc import Sequence
from datetime import datetime


def lanes_of(spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """For each span, in the order given, the lowest lane on which nothing before it is still going on."""
    until: list[datetime] = []
    lanes = [0] * len(spans)
    for place in sorted(range(len(spans)), key=lambda place: spans[place]):
        start, end = spans[place]
        free = next((lane for lane, busy in enumerate(until) if busy <= start), len(until))
        if free == len(until):
            until.append(end)
        until[free], lanes[place] = end, free
    return lanes
