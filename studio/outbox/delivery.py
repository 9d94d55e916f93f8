"""From a row that is due to a message that was sent once.

1. *Claim*: a lease and the next attempt number, committed (`claims`).
2. *Settle*: an earlier attempt that may have gone out is looked up by its key before anything else.
3. *Begin*: under locks: still due, not too late, not suppressed; the words are kept and the attempt is
   written; committed. From here on a crash leaves an open attempt behind, which the next one looks up.
4. *Speak* to the gateway, outside any transaction, within the lease.
5. *Finish*: only whoever still holds the claim writes the result.

Kill the sender between any two steps and nothing is lost or doubled; `unknown` is the answer where a
gateway can neither be asked nor trusted with the same key twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from studio.outbox import approved
from studio.outbox.claims import Claim, claim, give_back, hold
from studio.outbox.endings import TRANSIENT, drop_broken_connection, end, postpone
from studio.outbox.finishing import finish
from studio.outbox.gateways import Answer, BackEnd, Envelope, Result, back_end, gateway_for
from studio.outbox.models import UNCERTAIN, Attempt, DatabaseClock, Gateway, Message, State
from studio.outbox.purposes import keeps_quiet, planners, purposes
from studio.outbox.queue import is_suppressed, lock_address
from studio.outbox.rendering import WORDS, NoTemplate, write_words
from studio.outbox.settling import settle
from studio.outbox.times import back_off, boot_time, lease

MOST_AT_ONCE = 1000
Clock = Callable[[], datetime]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Begun:
    """An attempt that is committed and not yet spoken."""

    claim: Claim
    attempt: Attempt
    message: Message
    envelope: Envelope
    way_out: BackEnd
    began: float


def tick(now: datetime) -> list[int]:
    """Plan what falls due, end what is too late, and answer which messages are to be sent now.

    One planner that fails does not stop the others. Safe to run any number of times, in several processes.
    """
    for name in planners.names():
        try:
            planners[name].run(now)
        except Exception:
            log.exception("planner failed", planner=name)
    expire(now)
    due = Message.objects.due(at=now).order_by("attempt", "due_at", "id")
    return list(due.values_list("id", flat=True)[:MOST_AT_ONCE])


def expire(now: datetime) -> None:
    """End what nobody sent before its deadline: after a power cut there is no burst of old messages."""
    late = Message.objects.due(at=now).filter(deadline__lte=now).exclude(attempts__outcome__in=UNCERTAIN)
    while ids := list(late.order_by("id").values_list("id", flat=True)[:100]):
        if not deliver(ids, limit=len(ids), clock=lambda: now):
            return


def deliver(
    ids: Sequence[int] | None = None,
    *,
    limit: int | None = None,
    clock: Clock = timezone.now,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send what is due, of `ids` or of all; answers how many messages were taken on.

    Each takes its own time from `clock`, since a gateway may be slow. `stop` is asked between two messages.
    Begins no message that could still be under way at the soft time limit: what is left goes back.
    """
    claims = claim(ids, settings.OUTBOX_BATCH if limit is None else limit, now=clock())
    batch = Batch(clock)
    until = boot_time() + settings.CELERY_TASK_SOFT_TIME_LIMIT - 2 * settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS
    for number, mine in enumerate(claims):
        if stop() or boot_time() > until:
            give_back(claims[number:])
            return number
        batch.deliver(mine)
    return len(claims)


class Batch:
    """What the messages of one round share: the clock, the gateways, and which of them are down."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.down: set[int] = set()
        self.gateways: dict[tuple[int, str], Gateway | None] = {}

    def deliver(self, mine: Claim) -> None:
        try:
            if mine.attempt > 1 and not settle(mine, self.clock):
                return
            begun = self.begin(mine)
            if begun is not None:
                answer = self.speak(begun)
                finish(mine, begun.attempt, answer, self.clock)
        except TRANSIENT as reason:
            log.warning("message left for later", message=mine.message, reason=type(reason).__name__)
            drop_broken_connection()
            # What was begun stays open and is looked up first; if the database is away, this raises too.
            mine.row.update(lease_until=DatabaseClock() + back_off(1))
        except Exception:
            log.exception("message left to the end of its lease", message=mine.message)

    def begin(self, mine: Claim) -> Begun | None:
        """Commit to one attempt; None where the message ended, waits on, or is somebody else's by now."""
        began, now = boot_time(), self.clock()
        try:
            with transaction.atomic():
                message = hold(mine)
                return None if message is None else self.prepare(mine, message, now, began)
        except TRANSIENT:
            raise
        except Exception as reason:
            # A row that can't be made into a message must not come up again and again.
            log.exception("message can't be prepared", message=mine.message)
            with transaction.atomic():
                message = hold(mine)
                if message is not None:
                    words = str(reason) if isinstance(reason, NoTemplate) else type(reason).__name__
                    end(message, State.FAILED, now=now, trouble=f"it can't be prepared: {words}")
            return None

    def prepare(self, mine: Claim, message: Message, now: datetime, began: float) -> Begun | None:
        if (reason := obstacle(message, now)) is not None:
            end(message, reason[0], now=now, trouble=reason[1])
            return None
        gateway = self.gateway_for(message)
        if gateway is None:
            end(message, State.FAILED, now=now, trouble=f"no gateway for {message.channel}")
            return None
        morning = message.branch.outside_quiet_hours(now) if keeps_quiet(message.purpose) else now
        if morning > now or gateway.pk in self.down:
            postpone(message, max(morning - now, back_off(1)), now=now, trouble=message.trouble)
            return None
        way_out = back_end(gateway)
        message.trouble = ""
        if not message.body:
            write_words(message)
        message.gateway = gateway
        message.save(update_fields=["gateway", *WORDS])
        attempt = Attempt.objects.create(
            message=message, number=mine.attempt, gateway=gateway, started_at=now
        )
        return Begun(mine, attempt, message, envelope_of(message), way_out, began)

    def gateway_for(self, message: Message) -> Gateway | None:
        """Asked once per batch: a change by the administrator holds from the next one on."""
        way = (message.branch_id, message.channel)
        if way not in self.gateways:
            self.gateways[way] = gateway_for(message)
        return self.gateways[way]

    def speak(self, begun: Begun) -> Answer:
        """One conversation with the gateway. The two checks are for a process that was frozen since."""
        left = lease().total_seconds() - (boot_time() - begun.began)
        if left < settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS:
            return Answer(Result.NOT_REACHED, detail="the sender was held up; nothing was sent")
        if self.clock() >= begun.message.deadline:
            return Answer(Result.NOT_REACHED, detail="the deadline passed; nothing was sent")
        try:
            answer = begun.way_out.send(begun.envelope)
        except Exception as reason:
            log.exception("gateway failed", message=begun.message.pk)
            answer = Answer(Result.UNCLEAR, detail=f"{type(reason).__name__}")
        if answer.gateway_is_down and begun.message.gateway_id is not None:
            self.down.add(begun.message.gateway_id)
        return answer


def obstacle(message: Message, now: datetime) -> tuple[State, str] | None:
    """Why this message must not be sent, if anything: asked under the locks that make the answer hold.

    First the subject's, then the address's: whoever refuses contact holds the customer and then suppresses.
    """
    purpose = purposes.get(message.purpose)
    if purpose is None:
        return State.FAILED, f"nobody answers for {message.purpose!r}"
    if not purpose.still_due(message):
        return State.CANCELLED, "no longer due"
    lock_address(message.branch, message.channel, message.recipient, exclusive=False)
    if is_suppressed(message.branch, message.channel, message.recipient):
        return State.CANCELLED, "this address wants no messages"
    if now >= message.deadline:
        return State.EXPIRED, "past its deadline"
    return None


def envelope_of(message: Message) -> Envelope:
    return Envelope(
        key=str(message.key),
        channel=message.channel,
        recipient=message.recipient,
        subject=message.subject,
        text=message.body,
        template=message.template_code,
        parameters=approved.parameters_of(message),
    )
