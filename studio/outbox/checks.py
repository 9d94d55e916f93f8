"""The order of times: each limit must strike before the next one gives the work to somebody else."""

from itertools import pairwise
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from studio.outbox.speaking import longest

ORDER = (
    "OUTBOX_GATEWAY_TIMEOUT_SECONDS",
    "CELERY_TASK_SOFT_TIME_LIMIT",
    "CELERY_TASK_TIME_LIMIT",
    "OUTBOX_LEASE_SECONDS",
    "OUTBOX_VISIBILITY_SECONDS",
)


@register()
def order_of_times(**kwargs: Any) -> list[CheckMessage]:
    """Gateway timeout < soft limit < hard limit < lease < visibility timeout, and a look-up with a batch
    that is spoken on `OUTBOX_CONCURRENCY` threads within the soft limit."""
    found: list[CheckMessage] = [
        Error(f"{low} must be below {high}.", id="outbox.E001")
        for low, high in pairwise(ORDER)
        if not 0 < getattr(settings, low) < getattr(settings, high)
    ]
    conversations = longest(settings.OUTBOX_BATCH) + settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS
    if conversations >= settings.CELERY_TASK_SOFT_TIME_LIMIT:
        found.append(
            Error(
                "A look-up and a batch must fit into CELERY_TASK_SOFT_TIME_LIMIT:"
                " lower OUTBOX_GATEWAY_TIMEOUT_SECONDS or OUTBOX_BATCH, or raise OUTBOX_CONCURRENCY.",
                id="outbox.E002",
            )
        )
    if (
        settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout")
        != settings.OUTBOX_VISIBILITY_SECONDS
    ):
        found.append(
            Error("The broker's visibility_timeout must be OUTBOX_VISIBILITY_SECONDS.", id="outbox.E003")
        )
    return found
