"""What becomes of the call once a message that was sent again has gone out after all (R12.1)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from studio.outbox.models import Message
from studio.outbox.models.message import DONE_STATES
from workflow.call_withdrawals import withdraw
from workflow.late_messages import ABOUT_APPOINTMENTS
from workflow.models import CallInProgress, CallKind, CallTask

BATCH = 100


def plan(now: datetime) -> int:
    """Take the calls off the lists that were only there because a message had not gone out, where a manager
    had it sent again and it was; a call that somebody has begun to make stays."""
    gone_out = Message.objects.filter(
        purpose__in=ABOUT_APPOINTMENTS,
        subject_id=OuterRef("appointment_id"),
        subject_version=OuterRef("schedule_version"),
        repeats__isnull=False,
        state__in=DONE_STATES,
        finished_at__gte=OuterRef("created_at"),
    )
    on_the_line = CallInProgress.objects.filter(call=OuterRef("pk"), until__gt=now)
    untouched = CallTask.objects.open().filter(
        ~Exists(on_the_line), kind=CallKind.NOT_REACHED, tries=0, outcome=""
    )
    with transaction.atomic():
        return withdraw(untouched.filter(Exists(gone_out)).order_by("pk")[:BATCH], by=None, now=now)
