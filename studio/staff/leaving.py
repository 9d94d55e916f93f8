"""What somebody who leaves has in their hands (R1.4): each app registers its part; nothing stays behind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from studio.staff.models import Branch, User

Heir = Callable[[int | None], "User"]
"""Who gets what belongs to the customer of this id; for None who has least to do."""


def nothing_in_the_way(user: "User", branch: "Branch", now: datetime) -> Iterable[Any]:
    return ()


@dataclass(frozen=True)
class Estate:
    """One kind of thing that a colleague leaves behind.

    `count(user, branch, now)` answers how many there are; `move(user, branch, heir, by, now)` gives each to
    its heir, within the one transaction in which the colleague leaves, after their place has ended. The
    estates are moved by `order`. `hold(branch, now)` takes the locks that the doors of this part take before
    any other: it is called before the places of the colleagues are locked. `blocks` answers sentences: what
    only the person can end.
    """

    title: Any
    count: Callable[["User", "Branch", datetime], int]
    move: Callable[["User", "Branch", Heir, "User", datetime], None]
    order: int = 50
    hold: Callable[["Branch", datetime], Any] | None = None
    blocks: Callable[["User", "Branch", datetime], Iterable[Any]] = nothing_in_the_way


estates: Registry[Estate] = Registry("estate of who leaves")


def in_order() -> list[Estate]:
    return sorted(estates, key=lambda estate: estate.order)
