"""One shop, one gateway that remembers, one purpose that does as it is told."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from studio.outbox import heartbeat
from studio.outbox.gateways.lines import lines
from studio.outbox.models import Attempt, Gateway, Message, MessageTemplate
from studio.outbox.purposes import Purpose, purposes
from studio.outbox.queue import queue
from studio.staff.models import Branch
from tests.factories import BranchFactory
from tests.outbox.recorder import Recorder, recording


@dataclass
class Told:
    """The purpose "test": `still_due` answers what is set here; `ended` lists what it was told of."""

    due: Callable[[Message], bool] = lambda message: True
    values: Callable[[Message], dict[str, str]] = lambda message: {"name": "张伟"}
    on_end: Callable[[Message, datetime], None] = lambda message, now: None
    ended: list[tuple[int, str]] = field(default_factory=list)

    def end(self, message: Message, now: datetime) -> None:
        self.ended.append((message.pk, message.state))
        self.on_end(message, now)


@pytest.fixture(autouse=True)
def no_memory_of_other_tests() -> Iterator[None]:
    """A process remembers connections that were kept, and signs of life that it has written."""
    yield
    lines.close()
    heartbeat._beaten.clear()


@pytest.fixture
def purpose(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    entry = Purpose(
        title="Test",
        still_due=lambda message: told.due(message),
        parameters=lambda message: told.values(message),
        on_end=told.end,
        sample={"name": "张伟"},
    )
    monkeypatch.setitem(purposes._entries, "test", entry)
    return told


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as server:
        yield server


def make_gateway(branch: Branch, recorder: Recorder, **changes: Any) -> Gateway:
    values = {
        "branch": branch,
        "channel": "sms",
        "kind": "webhook",
        "address": recorder.address,
        "secret": recorder.secret,
        "sender": "首问",
        "looks_up": True,
        "name_en": "SMS",
        "name_zh_hans": "短信",
        "name_zh_hant": "簡訊",
    }
    return Gateway.objects.create(**values | changes)


def make_template(**changes: Any) -> MessageTemplate:
    values = {"purpose": "test", "channel": "sms", "language": "zh-hans", "body": "{name}，您好！"}
    return MessageTemplate.objects.create(**values | changes)


_number = itertools.count(1)


def make_message(branch: Branch, **changes: Any) -> Message:
    """A message that fell due a minute ago and may be sent for another hour."""
    now, number = timezone.now(), next(_number)
    values = {
        "branch": branch,
        "purpose": "test",
        "subject_id": number,
        "subject_version": 1,
        "channel": "sms",
        "language": "zh-hans",
        "recipient": f"+86138{number:08d}",
        "due_at": now - timedelta(minutes=1),
        "deadline": now + timedelta(hours=1),
        "dedupe_key": f"test:{number}",
    }
    message = queue(**values | changes)
    assert message is not None
    return message


def leave_behind(message: Message, *, lease_ended: bool = True, **attempt: Any) -> Attempt:
    """As a sender leaves it that was killed between beginning and finishing its first attempt."""
    now = timezone.now()
    message.state, message.attempt = "leased", message.attempt + 1
    message.lease_until = now + timedelta(seconds=-1 if lease_ended else 60)
    message.save()
    values = {
        "message": message,
        "number": message.attempt,
        "gateway": Gateway.objects.filter(branch=message.branch, channel=message.channel).first(),
        "started_at": now - timedelta(minutes=1),
    }
    return Attempt.objects.create(**values | attempt)


@pytest.fixture
def outbox(db: Any, purpose: Told, recorder: Recorder) -> SimpleNamespace:
    """`outbox.branch` with gateway and words; `outbox.message()` queues one, `outbox.purpose` answers for it."""
    branch = BranchFactory(code="sh")
    gateway = make_gateway(branch, recorder)
    make_template()
    return SimpleNamespace(
        branch=branch,
        gateway=gateway,
        recorder=recorder,
        purpose=purpose,
        message=lambda **changes: make_message(branch, **changes),
    )
