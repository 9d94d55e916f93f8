"""The bell of the interface: colleagues are told of what has just happened, each once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studio.foundation.registry import Registry
from studio.outbox.models import Alert
from studio.staff.models import Branch, User


@dataclass(frozen=True)
class AlertKind:
    """How one kind of alert reads: `sentence(parameters)` in the reader's language. `loud` ones also go to
    the branch's group chat, where a gateway for alarms is set."""

    sentence: Callable[[Mapping[str, Any]], str]
    icon: str = "bell"
    loud: bool = False


alert_kinds: Registry[AlertKind] = Registry("kind of alert")


def ring(
    users: Iterable[User],
    kind: str,
    *,
    branch: Branch,
    about: str,
    now: datetime,
    link: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> int:
    """Tell these colleagues, in the caller's transaction; answers how many had not been told of it before.

    `about` says what it is about: the same thing never rings twice for one person. Parameters hold ids and
    figures, never a customer's name or number.
    """
    rows = [
        Alert(
            branch=branch,
            user=user,
            kind=kind,
            parameters=dict(parameters or {}),
            link=link,
            dedupe_key=f"{kind}:{about}"[:120],
            at=now,
        )
        for user in {user.pk: user for user in users}.values()
    ]
    keys = [row.dedupe_key for row in rows]
    there = Alert.objects.filter(user__in=[row.user_id for row in rows], dedupe_key__in=keys).count()
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - there
