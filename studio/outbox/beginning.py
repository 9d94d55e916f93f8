"""From a claim to an attempt that is committed: the last moment at which a message can be held back."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Q

from studio.outbox import approved, health
from studio.outbox.claims import TABLE, Claim, hold_all
from studio.outbox.endings import end, postpone
from studio.outbox.gateways import BackEnd, Envelope, back_end
from studio.outbox.models import Attempt, Gateway, Message, State, Suppression
from studio.outbox.purposes import keeps_quiet, purposes
from studio.outbox.queue import lock_address, try_lock_addresses
from studio.outbox.rendering import write_words
from studio.outbox.times import back_off, boot_time

# The words as they were made, and which gateway gets them; `jsonb` can't stand in unnest itself.
WRITE = f"""
    UPDATE {TABLE} AS message
    SET gateway_id = made.gateway, language = made.language, parameters = made.parameters::jsonb,
        subject = made.subject, body = made.body, template_code = made.code, trouble = made.trouble
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::text[]) AS made(id, gateway, language, parameters, subject, body, code, trouble)
    WHERE message.id = made.id
"""

WAY_CLOSED = "this way is closed: they said no to it, or the address is not theirs any more"


@dataclass(frozen=True)
class Begun:
    """An attempt that is committed and not yet spoken. `probing`: nobody else may try this gateway now."""

    claim: Claim
    attempt: Attempt
    message: Message
    gateway: Gateway
    envelope: Envelope
    way_out: BackEnd
    began: float
    probing: bool


@dataclass
class Group:
    """What came of the claims of one transaction. `later`: somebody else tries their gateway first, so they
    are held back for what becomes of it. `alone`: these can't be answered without waiting for a lock."""

    begun: list[Begun] = field(default_factory=list)
    later: list[Claim] = field(default_factory=list)
    alone: list[Claim] = field(default_factory=list)


class Ways:
    """The gateways of one round, asked for once: a change by the administrator holds from the next one on."""

    def __init__(self) -> None:
        self.active: dict[tuple[int, str], Gateway] = {}
        self.asked: set[int] = set()
        self.down: set[int] = set()
        """Those that failed in this round: the others need not wait for the same."""
        self.tried: set[int] = set()
        """Those that took something in this round."""

    def ask(self, messages: Sequence[Message]) -> None:
        branches = {message.branch_id for message in messages} - self.asked
        if branches:
            self.asked |= branches
            rows = Gateway.objects.filter(branch__in=branches, is_active=True)
            for gateway in rows.select_related("branch", "health"):
                self.active[gateway.branch_id, gateway.channel] = gateway

    def forget(self) -> None:
        """After a transaction that was rolled back: what it had learned and written does not hold."""
        self.active.clear()
        self.asked.clear()

    def of(self, message: Message) -> Gateway | None:
        return self.active.get((message.branch_id, message.channel))

    def goes_first_alone(self, gateway: Gateway, now: datetime) -> bool:
        """Whether one message tries it before the others follow."""
        return gateway.pk not in self.tried and not health.is_known_well(gateway, now)


def begin(claims: Sequence[Claim], ways: Ways, now: datetime) -> Group:
    """In the caller's transaction: what may be sent now, each with its words and an attempt.

    Alone, a message waits for whoever changes what it speaks of. In a batch nobody is waited for: what is
    locked is left to be asked alone, so that two who hold several things never wait for each other.
    """
    began, group = boot_time(), Group()
    messages = hold_all(claims)
    mine = {claim.message: claim for claim in claims}
    ready = without_obstacle(messages, now, group, mine)
    ways.ask(ready)
    going: list[tuple[Message, Gateway]] = []
    trying: set[int] = set()
    for message in ready:
        gateway = ways.of(message)
        if gateway is None:
            end(message, State.FAILED, now=now, trouble=f"no gateway for {message.channel}")
        elif gateway.pk in trying:
            group.later.append(mine[message.pk])
        elif not held_back(message, gateway, ways, now):
            if ways.goes_first_alone(gateway, now):
                trying.add(gateway.pk)
            going.append((message, gateway))
    if going:
        write_down(going)
        group.begun = attempts(going, mine, began, now)
    return group


def held_back(message: Message, gateway: Gateway, ways: Ways, now: datetime) -> bool:
    """Postponed without an attempt: in quiet hours, and while the gateway is down or rests."""
    morning = message.branch.outside_quiet_hours(now) if keeps_quiet(message.purpose) else now
    rest = max(morning - now, health.rest_left(gateway, now))
    if gateway.pk in ways.down:
        rest = max(rest, back_off(1))
    if not rest and not health.may_try(gateway, now):
        rest = max(health.rest_left(gateway, now), back_off(1))
    if rest:
        postpone(message, rest, now=now, trouble=message.trouble)
    return bool(rest)


# --- Whether it is still meant ----------------------------------------------------------------
def without_obstacle(
    messages: Sequence[Message], now: datetime, group: Group, mine: dict[int, Claim]
) -> list[Message]:
    """Those that may be sent, asked under the locks that make the answer hold; the others are ended.

    First the subject's locks, then the address's: whoever refuses contact holds the customer and then
    suppresses.
    """
    due = still_due(messages, now, group, mine)
    free = wait_for_addresses(due) if len(messages) == 1 else unlocked_addresses(due, group, mine)
    unwanted = suppressed(free)
    ready = []
    for message in free:
        if (message.branch_id, message.channel, message.recipient) in unwanted:
            end(message, State.CANCELLED, now=now, trouble="this address wants no messages")
        elif now >= message.deadline:
            end(message, State.EXPIRED, now=now, trouble="past its deadline")
        else:
            ready.append(message)
    return ready


def still_due(
    messages: Sequence[Message], now: datetime, group: Group, mine: dict[int, Claim]
) -> list[Message]:
    alike: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        alike[message.purpose].append(message)
    due: set[int] = set()
    for name in sorted(alike):
        purpose = purposes.get(name)
        if purpose is None:
            for message in alike[name]:
                end(message, State.FAILED, now=now, trouble=f"nobody answers for {name!r}")
        elif len(messages) > 1 and purpose.still_due_among is not None:
            # A yes holds; a no may be a row that somebody else holds, and is asked again alone.
            yes = purpose.still_due_among(sorted(alike[name], key=lambda message: message.subject_id))
            due |= yes
            group.alone += [mine[message.pk] for message in alike[name] if message.pk not in yes]
        else:
            for message in alike[name]:
                if purpose.still_due(message):
                    due.add(message.pk)
                elif purpose.way_closed(message):
                    end(message, State.FAILED, now=now, trouble=WAY_CLOSED)
                else:
                    end(message, State.CANCELLED, now=now, trouble="no longer due")
    return [message for message in messages if message.pk in due]


def wait_for_addresses(messages: Sequence[Message]) -> Sequence[Message]:
    for message in messages:
        lock_address(message.branch, message.channel, message.recipient, exclusive=False)
    return messages


def unlocked_addresses(messages: Sequence[Message], group: Group, mine: dict[int, Claim]) -> list[Message]:
    got = try_lock_addresses([(one.branch_id, one.channel, one.recipient) for one in messages])
    group.alone += [mine[one.pk] for one, has_it in zip(messages, got, strict=True) if not has_it]
    return [one for one, has_it in zip(messages, got, strict=True) if has_it]


def suppressed(messages: Sequence[Message]) -> set[tuple[int, str, str]]:
    """Branch, channel and address of those that want nothing written."""
    if not messages:
        return set()
    alike: dict[tuple[int, str], list[str]] = defaultdict(list)
    for message in messages:
        alike[message.branch_id, message.channel].append(message.recipient)
    either = Q()
    for (branch, channel), addresses in alike.items():
        either |= Q(branch=branch, channel=channel, address__in=addresses)
    return set(Suppression.objects.filter(either).values_list("branch_id", "channel", "address"))


# --- The attempt ------------------------------------------------------------------------------
def write_down(going: Sequence[tuple[Message, Gateway]]) -> None:
    """The words of those that have none yet, and the gateway of all, in one statement."""
    for message, gateway in going:
        message.gateway, message.trouble = gateway, ""
    write_words(*[message for message, _gateway in going if not message.body])
    messages = [message for message, _gateway in going]
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            [
                [message.pk for message in messages],
                [message.gateway_id for message in messages],
                [message.language for message in messages],
                [json.dumps(message.parameters) for message in messages],
                [message.subject for message in messages],
                [message.body for message in messages],
                [message.template_code for message in messages],
                [message.trouble for message in messages],
            ],
        )


def attempts(
    going: Sequence[tuple[Message, Gateway]], mine: dict[int, Claim], began: float, now: datetime
) -> list[Begun]:
    rows = Attempt.objects.bulk_create(
        Attempt(message=message, number=mine[message.pk].attempt, gateway=gateway, started_at=now)
        for message, gateway in going
    )
    return [
        Begun(
            claim=mine[message.pk],
            attempt=attempt,
            message=message,
            gateway=gateway,
            envelope=envelope_of(message),
            way_out=back_end(gateway),
            began=began,
            probing=health.is_ill(health.health_of(gateway)),
        )
        for (message, gateway), attempt in zip(going, rows, strict=True)
    ]


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
