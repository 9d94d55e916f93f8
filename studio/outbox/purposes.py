"""What a message is for. The app that queues a message registers its purpose here in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from studio.outbox.models import Message


@dataclass(frozen=True)
class Purpose:
    """How the outbox asks about a message whose meaning it does not know.

    `still_due(message)` is asked inside the transaction that commits the attempt, and locks what it asks about
    (`FOR SHARE` on the appointment), so that no attempt starts after a move has committed. `parameters(message)`
    gives the values for the template. `on_end(message, now)` is told, in the transaction that ends it, when a
    message ended other than by being sent (failed, unknown, expired): the owner gets a call to make.
    """

    title: Any
    still_due: Callable[["Message"], bool]
    parameters: Callable[["Message"], dict[str, str]]
    on_end: Callable[["Message", datetime], None] = lambda message, now: None
    sample: dict[str, str] | None = None


purposes: Registry[Purpose] = Registry("purpose")

Planner = Callable[[datetime], int]
planners: Registry[Planner] = Registry("planner")
"""Called at every tick with the time; each plans what falls due (reminders, calls) and answers how many."""
