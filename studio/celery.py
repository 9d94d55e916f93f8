"""Celery: the bell, never the truth. Every schedule of the project stands in this file.

Due work lives in PostgreSQL rows with a due column. Beat only rings: whatever a tick does is
idempotent, so two beats, a lost tick or a doubled one change nothing (see docs/messages.md).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")

app = Celery("studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Divided like all times of the outbox (see settings, which can't be read while this is imported).
TICK_SECONDS = 20.0 / float(os.environ.get("STUDIO_TIMES_DIVIDED_BY") or 1)

app.conf.beat_schedule = {
    # Plan reminders and calls that fall due, sweep leases left behind, expire what is too late,
    # ring for messages that are due. The dispatcher does the same on its own, broker or not.
    "tick": {
        "task": "outbox.tick",
        "schedule": TICK_SECONDS,
        "options": {"expires": TICK_SECONDS},
    },
}
