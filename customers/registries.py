"""How higher apps show on the customer file, and what they are told and asked when ownership moves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from customers.models import Customer


@dataclass(frozen=True)
class TimelineEntry:
    """One line: when, who (None: the system), the sentence in the reader's language, and where it leads.

    `people`: the ids of other colleagues it concerns (who was passed over, who took over), for a filter.
    """

    at: datetime
    actor: Any
    text: str
    icon: str = "circle"
    link: str = ""
    people: tuple[int, ...] = ()


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


@dataclass(frozen=True)
class Holder:
    """Who has the customer now (not who owns them), where, since when; `whom`: which of the party. `user`
    None: they are here, and nobody is with them."""

    user: Any
    where: str
    since: datetime
    whom: str = ""


holders: Registry[Callable[["Customer", datetime], Iterable[Holder]]] = Registry("holder of customers")
"""Each answers (customer, now): with whom they are at this moment, nothing where they are not here."""

serving_changes: Registry[Callable[["Customer", Any, Any, datetime], bool]] = Registry("change of who serves")
"""Each is called with (customer, to, by, now) before anything is locked: somebody else serves them at once,
while whose customer they are is still to be decided (R1.4). Answers whether anything was passed on."""

owner_changes: Registry[Callable[["Customer", Any, Any, Any, datetime], None]] = Registry("owner listener")
"""Each is called with (customer, before, to, by, now), last in the transaction in which the owner changed."""

owner_notes: Registry[Callable[["Customer", datetime], Iterable[str]]] = Registry("note beside the owner")
"""Each answers (customer, now) with sentences that stand below the owner: a shared case, for instance."""

evidence_sources: Registry[TimelineSource] = Registry("source of evidence")
"""What speaks for or against somebody's claim on a customer: turns, visits, calls (R1.4)."""

ownership_panels: Registry[Panel] = Registry("panel of the ownership page")

shares: Registry[Callable[["Customer", Any, str, Any, datetime], Any]] = Registry("maker of shared cases")
"""Each is called with (customer, second, why, by, now) where a dispute ends in a shared case."""

weights: Registry[Callable[[Any], dict[int, int]]] = Registry("weight of customers")
"""Each answers, for a branch, the weight of those of its customers that are more work than a quiet file (1),
by their ids; the heaviest counts. Loads are balanced by it when a colleague leaves."""

refusals: Registry[Callable[["Customer", Any, datetime], None]] = Registry("listener to refusals of contact")
"""Each is called with (customer, by, now) in the transaction in which contact was refused (R2.2)."""

stops: Registry[Callable[["Customer", Any, datetime], None]] = Registry("listener to stops")
"""Each is called with (customer, by, now), in the transaction in which a customer no longer wishes to be
called about anything but what they ordered. Weaker than a refusal: that is told as before."""

Happenings = Callable[[Iterable[Any], datetime, datetime], Iterable[tuple["Customer", TimelineEntry]]]
happenings: Registry[Happenings] = Registry("source of happenings")
"""Each answers (owners, since, until): what happened to the customers of these colleagues meanwhile, for who
was away (R8.1); one question for all of them."""
