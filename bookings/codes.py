"""The code that shows whose number it is: six figures by message, ten minutes, five tries, three sendings.

The code follows from the request and how often one was sent, under the house's secret key, so that it is kept
nowhere; the request holds a hash of it.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from bookings.knocks import knock
from bookings.message_words import CODE
from bookings.models import BookingRequest, RequestState
from studio.outbox.models import Channel, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue

PURPOSE = "booking_code"
VALID = timedelta(minutes=10)
PAUSE = timedelta(seconds=60)
TRIES = 5
SENDINGS = 3
FIGURES = 6


class NotSent(Exception):
    """No further code: `wait` seconds first, or (0) none at all for this request."""

    def __init__(self, wait: int = 0) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


def code_of(request: BookingRequest) -> str:
    """The code that was sent last."""
    value = f"{request.pk}:{request.codes_sent}"
    digest = salted_hmac("bookings.codes", value, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**FIGURES:0{FIGURES}d}"


def hash_of(request: BookingRequest, code: str) -> bytes:
    return salted_hmac("bookings.codes.hash", f"{request.pk}:{code}", algorithm="sha256").digest()


def send(request: BookingRequest, *, now: datetime) -> BookingRequest:
    """Another code by message; the one before is void. `NotSent`, `TooManyKnocks`."""
    with transaction.atomic():
        row = BookingRequest.locked(request.pk)
        if row.verified_at is not None or row.state != RequestState.UNVERIFIED or row.codes_sent >= SENDINGS:
            raise NotSent
        if row.code_sent_at is not None and now < row.code_sent_at + PAUSE:
            raise NotSent(int((row.code_sent_at + PAUSE - now).total_seconds()) + 1)
        knock(now=now, code=row.phone)
        row.codes_sent, row.code_sent_at, row.code_tries = row.codes_sent + 1, now, 0
        row.code_hash = hash_of(row, code_of(row))
        row.save_version("codes_sent", "code_sent_at", "code_tries", "code_hash")
        queue(
            branch=row.branch,
            purpose=PURPOSE,
            subject_id=row.pk,
            subject_version=row.codes_sent,
            channel=Channel.SMS,
            language=row.language,
            recipient=row.phone,
            due_at=now,
            deadline=now + VALID,
            dedupe_key=f"{PURPOSE}:{row.pk}:{row.codes_sent}",
        )
        return row


def may_try(request: BookingRequest, *, now: datetime) -> bool:
    """Whether a code typed now could still be right."""
    sent = request.code_sent_at
    return sent is not None and now < sent + VALID and request.code_tries < TRIES


def fits(request: BookingRequest, typed: str) -> bool:
    """Compared in constant time; spaces and full-width figures are understood by whoever cleans `typed`."""
    return request.code_hash is not None and constant_time_compare(
        bytes(request.code_hash), hash_of(request, typed)
    )


# --- The message ------------------------------------------------------------------------------
def still_due(message: Message) -> bool:
    """The last code of a request that still waits for it; its row is shared until the attempt is written."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT 1 FROM {BookingRequest._meta.db_table} WHERE id = %s AND codes_sent = %s
                AND verified_at IS NULL AND state = %s FOR SHARE""",
            [message.subject_id, message.subject_version, RequestState.UNVERIFIED.value],
        )
        return cursor.fetchone() is not None


def parameters(message: Message) -> dict[str, str]:
    request = BookingRequest.objects.select_related("branch").get(pk=message.subject_id)
    return {
        "code": code_of(request),
        "minutes": str(int(VALID.total_seconds() // 60)),
        "branch": request.branch.name_in(message.language),
        "phone": request.branch.phone,
    }


purpose = Purpose(
    title=_("Code for the booking page"),
    still_due=still_due,
    parameters=parameters,
    sample={"code": "482913", "minutes": "10", "branch": "首问·上海店", "phone": "021 5550 0100"},
    any_hour=True,
    words=CODE,
)


def expires_at(request: BookingRequest) -> datetime:
    return (request.code_sent_at or timezone.now()) + VALID
