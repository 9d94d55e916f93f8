"""What a message is for. The app that queues a message registers its purpose here in `AppConfig.ready`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from studio.outbox.models import Message


@dataclass(frozen=True)
class Purpose:
    """How the outbox asks about a message whose meaning it does not know.

    `still_due(message)` is asked inside the transaction that commits the attempt, and locks what it asks
    about (`locked_for_share`), so that no attempt starts after a move has committed. `parameters(message)`
    gives the values for the template, in the message's language and the branch's time zone (both are
    active). `on_end(message, now)` is told, in the transaction that ends it, when a message ended other
    than by being sent or withdrawn (failed, unknown, expired): the owner gets a call to make. `sample` names
    every parameter with an example. `words` are the house's own, (channel, language) → (subject, body), for a
    shop that has written none: a message never fails for want of a template.

    `still_due_among` and `parameters_among` ask the same for a batch at once (which are still due, by their
    ids; the values of each, by its id, all of one language and branch); without them each is asked alone. A
    yes holds to the end of the transaction; whatever is left out is asked again alone with `still_due`, so a
    batch never waits for rows that somebody is changing (SKIP LOCKED).
    `way_closed(message)` is asked, alone and in the same transaction, of one that is not still due: whether
    only its way or address is closed by now, and what it says still holds. Then it fails and `on_end` finds
    another way, instead of being withdrawn without a word to anybody.
    `on_arrival(message, now)` is told when a message that had been given up was delivered after all.
    `about_order`: it belongs to what the customer ordered, so “stop” does not hold it back.
    """

    title: Any
    still_due: Callable[["Message"], bool]
    parameters: Callable[["Message"], dict[str, str]]
    on_end: Callable[["Message", datetime], None] = lambda message, now: None
    sample: dict[str, str] | None = None
    any_hour: bool = False
    about_order: bool = True
    still_due_among: Callable[[Sequence["Message"]], set[int]] | None = None
    parameters_among: Callable[[Sequence["Message"]], dict[int, dict[str, str]]] | None = None
    on_arrival: Callable[["Message", datetime], None] = lambda message, now: None
    way_closed: Callable[["Message"], bool] = lambda message: False
    words: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


purposes: Registry[Purpose] = Registry("purpose")


def keeps_quiet(purpose: str) -> bool:
    """Whether messages of this purpose wait for the end of the branch's quiet hours."""
    known = purposes.get(purpose)
    return known is None or not known.any_hour


@dataclass(frozen=True)
class Planner:
    """What plans that which falls due (reminders, calls): `run(now)` answers how many it planned.

    Several may run at once: each opens its own short transactions, and doing a thing twice changes nothing.
    It runs every `every` seconds (times divided like all others), and at once where `probe`, one SQL question
    that an index answers, says that there is something: `EXISTS (…)`, with `%(now)s` for the time.
    """

    run: Callable[[datetime], int]
    every: float = 20.0
    probe: str = ""


planners: Registry[Planner] = Registry("planner")

M = TypeVar("M", bound=Model)


def locked_for_share(model: type[M], pk: int) -> M | None:
    """The row as it is now, protected from change to the end of the transaction; others may look and share.

    For `still_due`: whoever moves an appointment locks it first, so either they come first and are seen
    here, or they wait until the attempt is committed.
    """
    table, key = model._meta.db_table, model._meta.pk
    assert key is not None
    rows = model._default_manager.raw(f'SELECT * FROM "{table}" WHERE "{key.column}" = %s FOR SHARE', [pk])
    return next(iter(rows), None)
