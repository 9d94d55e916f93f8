"""How higher apps show on the customer file: timeline sources and panels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from customers.models import Customer


@dataclass(frozen=True)
class TimelineEntry:
    """One line: when, who (None: the system), the sentence in the reader's language, and where it leads."""

    at: datetime
    actor: Any
    text: str
    icon: str = "circle"
    link: str = ""


TimelineSource = Callable[["Customer"], Iterable[TimelineEntry]]
timeline_sources: Registry[TimelineSource] = Registry("timeline source")


@dataclass(frozen=True)
class Panel:
    """A part of the customer page: `context(customer, now)` for `template`; shown to `roles`."""

    title: Any
    template: str
    context: Callable[["Customer", datetime], dict[str, Any]]
    roles: frozenset[str]
    order: int = 50


panels: Registry[Panel] = Registry("panel")
