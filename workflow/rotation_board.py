"""The rotation on the wall: read from three metres, and by visitors too (R1.2, R9.9)."""

from datetime import datetime
from typing import Any

from studio.staff.models import Branch
from workflow import rotation
from workflow.rotation_standings import Presence


def board_of(branch: Branch, *, now: datetime) -> dict[str, Any]:
    """Who is next, the line behind, who is with somebody, and who is not here. No money, no taboo, and of the
    customers only how they are greeted."""
    standings = rotation.roster(branch, now=now)
    return {
        "upcoming": next((one for one in standings if one.is_next), None),
        "line": [one for one in standings if one.presence == Presence.READY and not one.is_next],
        "busy": [one for one in standings if one.presence in {Presence.BUSY, Presence.ON_PHONE}],
        "gone": [one for one in standings if not one.is_here],
        "now": now,
    }
