"""A manager has a message sent again that did not go out, or that nobody knows of (R12.1)."""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import acting
from studio.outbox.endings import TOLD
from studio.outbox.models import Message, State
from studio.outbox.purposes import purposes
from studio.outbox.queue import is_suppressed, queue
from studio.outbox.registries import address_now
from studio.staff.models import User

AGAIN = re.compile(r":again:\d+$")
KEY_LENGTH = 120


class ResendRefused(Exception):
    """It can't be sent again; `sentence` says why, and what to do instead. `unsure`: it may have arrived, and
    may be sent again by who says that they know."""

    def __init__(self, sentence: Any, *, unsure: bool = False) -> None:
        super().__init__(str(sentence))
        self.sentence, self.unsure = sentence, unsure


def resend(message: Message, *, by: User, now: datetime, sure: bool = False) -> Message:
    """A new message that repeats this one, with words written afresh; the old one keeps its history.

    Only of one that failed, is unclear (then only if `sure`, for it may have arrived) or was too late, only
    before its deadline, and only while it is still meant. Pressed twice, it is the same repeat.
    """
    with transaction.atomic(), acting(by):
        row = (
            Message.objects.select_for_update(no_key=True, of=("self",))
            .select_related("branch")
            .get(pk=message.pk)
        )
        again = row.repeated_by.order_by("-pk").first()
        if again is not None:
            return again
        # A number that was corrected since is what the failure was about.
        row.recipient = address_now(row)
        refuse_unless_repeatable(row, now=now, sure=sure)
        repeat = queue(
            branch=row.branch,
            purpose=row.purpose,
            subject_id=row.subject_id,
            subject_version=row.subject_version,
            channel=row.channel,
            language=row.language,
            recipient=row.recipient,
            due_at=now,
            deadline=row.deadline,
            dedupe_key=key_of(row),
            parameters=row.parameters,
            about_customer=row.about_customer,
            basis=row.basis,
        )
        if repeat is None:
            raise ResendRefused(_("This address wants no messages: call instead."))
        repeat.repeats, repeat.by = row, by
        repeat.save(update_fields=["repeats", "by"])
        return repeat


def refuse_unless_repeatable(row: Message, *, now: datetime, sure: bool) -> None:
    if row.state in (State.QUEUED, State.LEASED):
        raise ResendRefused(_("It still waits and goes out by itself."))
    if row.state not in TOLD:
        raise ResendRefused(_("Only what failed, is unclear or was too late is sent again."))
    if now >= row.deadline:
        raise ResendRefused(_("It would come too late by now: call instead."))
    if row.state == State.UNKNOWN and not sure:
        words = _("It may have arrived. Send it again only where the customer says that it did not.")
        raise ResendRefused(words, unsure=True)
    if not row.recipient:
        raise ResendRefused(_("There is no number or address for this way any more: call instead."))
    if is_suppressed(row.branch, row.channel, row.recipient):
        raise ResendRefused(_("This address wants no messages: call instead."))
    purpose = purposes.get(row.purpose)
    if purpose is None or not purpose.still_due(row):
        raise ResendRefused(_("It is no longer meant: the date was moved, called off or is over."))


def key_of(row: Message) -> str:
    """The key of the thing itself with the number of this repeat behind it."""
    base, before = AGAIN.sub("", row.dedupe_key), AGAIN.search(row.dedupe_key)
    number = int(before[0].rpartition(":")[2]) + 1 if before else 1
    end = f":again:{number}"
    return base[: KEY_LENGTH - len(end)] + end
