"""From a row that is due to a message that was sent once. A batch goes through these steps together:

1. *Claim*: a lease and the next attempt number, committed (`claims`).
2. *Settle*: an earlier attempt that may have gone out is looked up by its key before anything else.
3. *Begin*: under locks: still due, not too late, not suppressed; the words are kept and the attempts are
   written; committed (`beginning`). From here on a crash leaves open attempts behind, which the next one
   looks up.
4. *Speak* to the gateway, outside any transaction, within the lease, several at once (`speaking`).
5. *Finish*: only whoever still holds the claim writes the result (`finishing`).

Kill the sender between any two steps and nothing is lost or doubled; `unknown` is the answer where a
gateway can neither be asked nor trusted with the same key twice. A row that spoils a batch is found by
taking each alone.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from studio.outbox import health, looking
from studio.outbox.beginning import Begun, Group, Ways, begin
from studio.outbox.claims import Claim, claim, give_back, hold
from studio.outbox.endings import TRANSIENT, drop_broken_connection, end
from studio.outbox.finishing import finish_all
from studio.outbox.gateways import Answer, Trouble
from studio.outbox.models import UNCERTAIN, DatabaseClock, Message, State
from studio.outbox.planning import run_planners
from studio.outbox.rendering import NoTemplate
from studio.outbox.settling import Doubts
from studio.outbox.speaking import longest, speak_all
from studio.outbox.times import back_off, boot_time

Clock = Callable[[], datetime]
OF_THE_GATEWAY = (Trouble.DOWN, Trouble.BUSY, Trouble.NOT_LET_IN)

log = structlog.get_logger(__name__)


def tick(now: datetime) -> list[int]:
    """Plan what falls due, end what is too late, and answer which messages are to be sent now.

    Where there is nothing to do it is one question (`looking`). Safe to run any number of times, in several
    processes.
    """
    found = looking.look(now)
    planned = run_planners(found, now)
    if planned:
        found = looking.look(now)
    if found.is_late:
        expire(now)
        found = looking.look(now)
    return found.messages


def expire(now: datetime) -> None:
    """End what nobody sent before its deadline: after a power cut there is no burst of old messages.

    For a while only, since nothing else is planned meanwhile: whoever takes on the others ends them as well.
    """
    until = boot_time() + settings.OUTBOX_RUNG_SECONDS
    late = Message.objects.due(at=now).filter(deadline__lte=now).exclude(attempts__outcome__in=UNCERTAIN)
    while ids := list(late.order_by("id").values_list("id", flat=True)[:100]):
        if not deliver(ids, limit=len(ids), clock=lambda: now) or boot_time() > until:
            return


def deliver(
    ids: Sequence[int] | None = None,
    *,
    limit: int | None = None,
    clock: Clock = timezone.now,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send what is due, of `ids` or of all; answers how many messages were taken on.

    Each takes its own time from `clock`, since a gateway may be slow. `stop` is asked between two groups.
    Begins nothing that could still be under way at the soft time limit: what is left goes back.
    """
    limit = settings.OUTBOX_BATCH if limit is None else limit
    batch, seen = Batch(clock, stop), set[int]()
    while len(seen) < limit and not batch.must_stop():
        claims = claim(ids, min(limit - len(seen), settings.OUTBOX_BATCH), now=clock(), without=seen)
        if not claims:
            break
        seen |= {mine.message for mine in claims}
        batch.deliver(claims)
    return len(seen) - batch.given_back


class Batch:
    """What the messages of one round share: the clock, the gateways and which of them are down, the time."""

    def __init__(self, clock: Clock, stop: Callable[[], bool]) -> None:
        self.clock, self.stop = clock, stop
        self.ways, self.doubts = Ways(), Doubts(clock)
        self.until = boot_time() + settings.CELERY_TASK_SOFT_TIME_LIMIT
        self.given_back = 0

    def must_stop(self, conversations: int = 1) -> bool:
        """Told to stop, or no time for so many conversations, a look-up before them and what goes with it."""
        spare = settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS
        return self.stop() or boot_time() + longest(conversations) + spare > self.until

    def deliver(self, claims: Sequence[Claim]) -> None:
        """All that were claimed together; what there is no time for goes back."""
        todo = deque([self.settled(claims)])
        while todo:
            group = todo.popleft()
            if group and self.must_stop(len(group)):
                self.give_back([*group, *(one for others in todo for one in others)])
                return
            if group:
                made = self.begin(group)
                todo.extendleft([made.later] if made.later else [])
                todo.extend([one] for one in made.alone)
                self.carry_out(made.begun)

    def give_back(self, claims: Sequence[Claim]) -> None:
        give_back(claims)
        self.given_back += len(claims)

    def settled(self, claims: Sequence[Claim]) -> list[Claim]:
        """Those that may be sent now: nothing of them has gone out before."""
        doubtful = self.doubts.among(claims)
        sure = [mine for mine in claims if mine.message not in doubtful]
        for number, mine in enumerate(rest := [mine for mine in claims if mine.message in doubtful]):
            if self.must_stop():
                self.give_back(rest[number:])
                break
            try:
                if self.doubts.settle(mine):
                    sure.append(mine)
            except TRANSIENT as reason:
                self.leave(mine, reason)
            except Exception:
                log.exception("message left to the end of its lease", message=mine.message)
        return sure

    def begin(self, group: Sequence[Claim]) -> Group:
        """Commit to one attempt each. Where one row spoils it, each is asked alone."""
        try:
            with transaction.atomic():
                return begin(group, self.ways, self.clock())
        except Exception as reason:
            self.ways.forget()
            if len(group) > 1:
                log.info("batch taken apart", messages=len(group), reason=type(reason).__name__)
                drop_broken_connection()
                return Group(alone=list(group))
            if isinstance(reason, TRANSIENT):
                self.leave(group[0], reason)
            else:
                self.fail(group[0], reason)
            return Group()

    def fail(self, mine: Claim, reason: Exception) -> None:
        """A row that can't be made into a message must not come up again and again."""
        log.error("message can't be prepared", message=mine.message, exc_info=reason)
        words = str(reason) if isinstance(reason, NoTemplate) else type(reason).__name__
        try:
            with transaction.atomic():
                message = hold(mine)
                if message is not None:
                    end(message, State.FAILED, now=self.clock(), trouble=f"it can't be prepared: {words}")
        except TRANSIENT as trouble:
            self.leave(mine, trouble)
        except Exception:
            log.exception("message left to the end of its lease", message=mine.message)

    def leave(self, mine: Claim, reason: Exception) -> None:
        """The database is away, or somebody holds a lock. What was begun stays open and is looked up first;
        with the database away, this raises too."""
        log.warning("message left for later", message=mine.message, reason=type(reason).__name__)
        drop_broken_connection()
        mine.row.update(lease_until=DatabaseClock() + back_off(1))

    def carry_out(self, begun: Sequence[Begun]) -> None:
        """Speak and finish; then note how the gateways did."""
        if not begun:
            return
        answers = speak_all(begun, self.clock)
        try:
            finish_all(begun, answers, self.clock)
        except TRANSIENT as reason:
            for one in begun:
                self.leave(one.claim, reason)
        except Exception:
            log.exception("messages left to the end of their lease", messages=len(begun))
        self.note(begun, answers)

    def note(self, begun: Sequence[Begun], answers: Sequence[Answer]) -> None:
        for gateway in {one.gateway.pk: one.gateway for one in begun}.values():
            pairs = [pair for pair in zip(begun, answers, strict=True) if pair[0].gateway.pk == gateway.pk]
            said = [answer for _one, answer in pairs]
            if any(answer.gateway_is_down or answer.trouble in OF_THE_GATEWAY for answer in said):
                self.ways.down.add(gateway.pk)
            elif not all(map(health.is_failure, said)):
                self.ways.tried.add(gateway.pk)
            try:
                health.note(gateway, said, self.clock(), probing=any(one.probing for one, _said in pairs))
            except Exception:
                # It will be noted with the next answer; the messages themselves are finished.
                log.exception("health not noted", gateway=gateway.pk)
                drop_broken_connection()
