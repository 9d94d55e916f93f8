"""The bell of the interface: colleagues are told of what has just happened, each once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from studio.outbox import alarms
from studio.outbox.alert_words import AlertKind, alert_kinds
from studio.outbox.models import Alert
from studio.staff.models import Branch, User

__all__ = ["AlertKind", "alert_kinds", "ring", "see", "to_read", "unseen"]

LINGERS = timedelta(days=14)
MOST_SHOWN = 100


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
    figures, never a customer's name or number. What is loud goes to the branch's group chat too.
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
    known, fresh = alert_kinds.get(kind), len(rows) - there
    if fresh and known is not None and known.loud:
        alarms.shout(kind, branch=branch, about=about, now=now, link=link, parameters=parameters or {})
    return fresh


# --- Read -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Unseen:
    """How many alerts wait for somebody, and the number of the newest that is to be heard (0: none)."""

    count: int
    newest: int


def of(user: User, branch: Branch) -> QuerySet[Alert]:
    """What rang for somebody in this branch; another branch's is read there."""
    return Alert.objects.filter(user=user, branch=branch)


def unseen(user: User, branch: Branch) -> Unseen:
    """One question, which the partial index answers."""
    quiet = [name for name in alert_kinds.names() if alert_kinds[name].quiet]
    newest = Max("pk", filter=~Q(kind__in=quiet))
    found = of(user, branch).filter(seen_at=None).aggregate(count=Count("pk"), newest=newest)
    return Unseen(found["count"], found["newest"] or 0)


def to_read(user: User, branch: Branch, now: datetime) -> list[Alert]:
    """What was not seen yet, and what was within the last two weeks; the newest first."""
    rows = of(user, branch).filter(Q(seen_at=None) | Q(at__gte=now - LINGERS))
    return list(rows.order_by("-at", "-pk")[:MOST_SHOWN])


def see(
    user: User, branch: Branch, *, now: datetime, alert: int | None = None, until: int | None = None
) -> int:
    """Somebody has seen one `alert`, or all of theirs up to the number `until`. A repeat does nothing."""
    rows = of(user, branch).filter(seen_at=None)
    if alert is not None:
        rows = rows.filter(pk=alert)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    return rows.update(seen_at=now)
