"""How the gateways are doing. One that keeps failing is left alone for a while; then one message tries it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from studio.foundation.registry import Registry
from studio.outbox.models import Gateway


class Change(Protocol):
    """Told, in the transaction in which it shows, that `gateway` begins to rest (`rests_until`, and `trouble`,
    what it said), or that it is well again (None). Once for each rest, not for each time that it is tried."""

    def __call__(
        self, gateway: Gateway, *, rests_until: datetime | None, trouble: str, now: datetime
    ) -> None: ...


gateway_changes: Registry[Callable[..., None]] = Registry("listener to the gateways")
