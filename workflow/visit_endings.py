"""What follows when a visit ends: other parts of the workflow listen (R1.3, R2.1).

A listener is called in the transaction of the change, with the visit as it now stands: after it ended (won,
undecided, lost), after its outcome was taken back (`outcome` is then OPEN), and after the customer of an
ended visit became known. A listener that raises undoes the change.
"""

from collections.abc import Callable
from datetime import datetime

from studio.foundation.registry import Registry
from studio.staff.models import User
from workflow.models import Visit

VisitEnding = Callable[[Visit, User | None, datetime], None]
visit_endings: Registry[VisitEnding] = Registry("listener to visit endings")


def announce(visit: Visit, by: User | None, now: datetime) -> None:
    """Tell everybody who listens, in the order of their registration."""
    for listener in visit_endings:
        listener(visit, by, now)
