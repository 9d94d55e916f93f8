"""Celery: the bell, never the truth. Every schedule of the project stands in this file.

Due work lives in PostgreSQL rows with a due column. Beat only rings: whatever a tick does is
idempotent, so two beats, a lost tick or a doubled one change nothing (see docs/messages.md).
"""

import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")

app = Celery("studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def set_schedule(sender: Celery, **kwargs: Any) -> None:
    """Only now: this module is imported by programs that have no settings yet, such as the supervisor."""
    sender.conf.beat_schedule = {
        # Plan reminders and calls that fall due, sweep leases left behind, expire what is too late,
        # ring for messages that are due. The dispatcher does the same on its own, broker or not.
        "tick": {
            "task": "outbox.tick",
            "schedule": settings.OUTBOX_TICK_SECONDS,
            "options": {"expires": settings.OUTBOX_TICK_SECONDS},
        },
    }
