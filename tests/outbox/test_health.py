"""A gateway that keeps failing is left alone for a while, then tried by one message; its success frees all."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.outbox import health
from studio.outbox.delivery import deliver
from studio.outbox.gateways import Answer, Result, Trouble
from studio.outbox.health import gateway_changes
from studio.outbox.models import Attempt, Gateway, GatewayHealth, Message
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import dead_port, recording


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    heard: list[tuple[Any, ...]] = []

    def listen(gateway: Gateway, *, rests_until: Any, trouble: str, now: datetime) -> None:
        heard.append((gateway.pk, rests_until, trouble))

    monkeypatch.setattr(gateway_changes, "_entries", {"test": listen})
    return heard


def away(outbox: SimpleNamespace) -> None:
    Gateway.objects.filter(pk=outbox.gateway.pk).update(address=f"http://127.0.0.1:{dead_port()}/messages")


def back(outbox: SimpleNamespace) -> None:
    Gateway.objects.filter(pk=outbox.gateway.pk).update(address=outbox.recorder.address)


def health_of(outbox: SimpleNamespace) -> GatewayHealth:
    return GatewayHealth.objects.get(gateway=outbox.gateway)


def send(count: int, outbox: SimpleNamespace, at: datetime) -> list[Message]:
    """So many messages, one after the other, each in a round of its own."""
    messages = [outbox.message(deadline=at + timedelta(hours=12)) for _number in range(count)]
    for message in messages:
        deliver([message.pk], clock=lambda: at)
    return messages


def waits(message: Message, at: datetime) -> float:
    message.refresh_from_db()
    assert message.state == "queued"
    return (message.due_at - at).total_seconds()


def test_main_rule_after_five_failures_a_gateway_rests_and_no_attempt_starts(
    outbox: SimpleNamespace, now: datetime, told: list[Any]
) -> None:
    away(outbox)
    send(4, outbox, now)
    assert (health_of(outbox).failures, health_of(outbox).rests_until) == (4, None)
    assert told == []
    send(1, outbox, now)
    assert health_of(outbox).rests_until == now + timedelta(seconds=15)
    assert Attempt.objects.count() == 5
    (late,) = send(1, outbox, now + timedelta(seconds=5))
    assert waits(late, now) == 15, "it waits for the end of the rest"
    assert Attempt.objects.count() == 5
    assert [(pk, until) for pk, until, _trouble in told] == [(outbox.gateway.pk, now + timedelta(seconds=15))]
    assert "refused" in told[0][2] or "Refused" in told[0][2]


def test_main_rule_the_rests_grow_and_managers_hear_of_the_first_only(
    outbox: SimpleNamespace, now: datetime, told: list[Any]
) -> None:
    away(outbox)
    send(5, outbox, now)
    pauses = []
    for _try in range(5):
        at = health_of(outbox).rests_until
        assert at is not None
        send(1, outbox, at)
        rests = health_of(outbox).rests_until
        assert rests is not None
        pauses.append((rests - at).total_seconds())
    assert pauses == [60, 300, 900, 900, 900]
    assert len(told) == 1


def test_main_rule_when_the_rest_is_over_one_message_tries_and_the_others_wait(
    outbox: SimpleNamespace, now: datetime
) -> None:
    away(outbox)
    send(5, outbox, now)
    at = now + timedelta(seconds=16)
    waiting = [outbox.message(deadline=now + timedelta(hours=12)) for _number in range(6)]
    deliver([message.pk for message in waiting], clock=lambda: at)
    assert Attempt.objects.count() == 6, "one of the six"
    assert health_of(outbox).rests_until == at + timedelta(seconds=60)
    assert all(waits(message, at) >= 15 for message in waiting)


def test_main_rule_success_frees_all_that_waited(
    outbox: SimpleNamespace, now: datetime, told: list[Any]
) -> None:
    away(outbox)
    first = send(8, outbox, now)
    back(outbox)
    at = now + timedelta(seconds=16)
    probe = outbox.message(deadline=now + timedelta(hours=12))
    deliver([probe.pk], clock=lambda: at)
    probe.refresh_from_db()
    assert probe.state == "sent"
    well = health_of(outbox)
    assert (well.failures, well.rests_until, well.trouble, well.last_success_at) == (0, None, "", at)
    assert all(waits(message, at) <= 0 for message in first), "nobody waits a quarter of an hour for it"
    assert told[-1] == (outbox.gateway.pk, None, "")
    deliver(clock=lambda: at)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert sorted(outbox.recorder.received.values()) == [1] * 9


def test_main_rule_what_waits_for_a_date_of_its_own_is_not_freed(
    outbox: SimpleNamespace, now: datetime
) -> None:
    away(outbox)
    send(5, outbox, now)
    later = outbox.message(due_at=now + timedelta(hours=2), deadline=now + timedelta(hours=4))
    with recording() as second:
        other = make_gateway(outbox.branch, second, channel="email")
        assert other.pk != outbox.gateway.pk
    back(outbox)
    send(1, outbox, now + timedelta(seconds=16))
    assert waits(later, now) == 7200


def test_main_rule_a_gateway_that_rests_ends_messages_in_calls_at_their_deadline(
    outbox: SimpleNamespace, now: datetime
) -> None:
    away(outbox)
    send(5, outbox, now)
    GatewayHealth.objects.update(rests_until=now + timedelta(hours=1))
    short = outbox.message(deadline=now + timedelta(minutes=2))
    deliver([short.pk], clock=lambda: now)
    assert waits(short, now) == 100, "a last time before its deadline"
    deliver([short.pk], clock=lambda: now + timedelta(seconds=100))
    short.refresh_from_db()
    assert short.state == "expired"
    assert outbox.purpose.ended == [(short.pk, "expired")]
    assert short.attempts.count() == 0


def test_main_rule_a_whole_batch_that_fails_is_one_failure_of_the_gateway_more_than_the_first(
    outbox: SimpleNamespace, now: datetime
) -> None:
    """It was well a moment ago, so a batch went to it at once: it rests, and not for the longest time."""
    send(1, outbox, now)
    away(outbox)
    batch = [outbox.message(deadline=now + timedelta(hours=12)) for _number in range(12)]
    deliver([message.pk for message in batch], clock=lambda: now)
    ill = health_of(outbox)
    assert (ill.failures, ill.rests_until) == (5, now + timedelta(seconds=15))


# --- By kind of error -----------------------------------------------------------------------------
def answering(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> list[Any]:
    from studio.outbox.gateways import KINDS

    spoken, left = [], list(answers)

    class Said:
        def send(self, envelope: Any) -> Answer:
            spoken.append(envelope)
            return left.pop(0) if len(left) > 1 else left[0]

        def look_up(self, inquiry: Any) -> Any:
            raise NotImplementedError

    monkeypatch.setitem(KINDS, "webhook", lambda gateway: Said())
    return spoken


def test_main_rule_busy_waits_as_long_as_the_gateway_asks(
    outbox: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch, told: list[Any]
) -> None:
    spoken = answering(
        monkeypatch, Answer(Result.NOT_REACHED, detail="HTTP 429", trouble=Trouble.BUSY, retry_after=40)
    )
    first, second = send(2, outbox, now)
    assert waits(first, now) == 40
    assert waits(second, now) == 40, "it was not even asked"
    assert len(spoken) == 1
    assert told == [], "busy is not ill"


@pytest.mark.parametrize(("asked", "kept"), [(0.0, 1.0), (86_400.0, 900.0)])
def test_main_rule_what_a_gateway_asks_for_is_bounded(
    outbox: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch, asked: float, kept: float
) -> None:
    answering(monkeypatch, Answer(Result.NOT_REACHED, trouble=Trouble.BUSY, retry_after=asked))
    (message,) = send(1, outbox, now)
    assert waits(message, now) == kept


def test_main_rule_a_gateway_that_does_not_let_us_in_rests_long_and_is_told_at_once(
    outbox: SimpleNamespace, now: datetime, told: list[Any]
) -> None:
    outbox.recorder.plan = ["deny"] * 3
    first, second = send(2, outbox, now)
    assert len(outbox.recorder.arrivals) == 1
    assert health_of(outbox).rests_until == now + timedelta(seconds=900)
    assert told == [(outbox.gateway.pk, now + timedelta(seconds=900), "HTTP 401")]
    assert waits(second, now) == 900
    assert waits(first, now) == 15, "its own pause; the rest of the gateway comes on top"


def test_main_rule_a_gateway_that_was_changed_is_tried_at_once(
    outbox: SimpleNamespace, now: datetime
) -> None:
    outbox.recorder.plan = ["deny"]
    send(1, outbox, now)
    gateway = Gateway.objects.get()
    gateway.sender = "首问二店"
    gateway.save()
    (message,) = send(1, outbox, now + timedelta(seconds=1))
    message.refresh_from_db()
    assert message.state == "sent"


def test_main_rule_what_is_wrong_with_one_message_says_nothing_about_the_gateway(
    outbox: SimpleNamespace, now: datetime
) -> None:
    outbox.recorder.plan = ["refuse"] * 7
    assert {message.pk for message in send(7, outbox, now)} == {pk for pk, _state in outbox.purpose.ended}
    assert health_of(outbox).failures == 0


def test_main_rule_no_clear_answers_count_against_a_gateway(
    outbox: SimpleNamespace, now: datetime, told: list[Any]
) -> None:
    outbox.recorder.plan = ["error"] * 5
    send(5, outbox, now)
    assert health_of(outbox).rests_until == now + timedelta(seconds=15)
    assert len(told) == 1


def test_main_rule_a_frozen_sender_is_no_fault_of_the_gateway(
    outbox: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.outbox.beginning.boot_time", lambda: 0.0)
    monkeypatch.setattr("studio.outbox.speaking.boot_time", lambda: 55.0)
    send(6, outbox, now)
    assert health_of(outbox).failures == 0


def test_main_rule_a_listener_that_fails_keeps_no_message(
    outbox: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(gateway: Gateway, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(gateway_changes, "_entries", {"broken": fail})
    away(outbox)
    send(5, outbox, now)
    assert health_of(outbox).rests_until == now + timedelta(seconds=15)


WELL = Answer(Result.ACCEPTED)
DOWN = Answer(Result.NOT_REACHED, gateway_is_down=True, trouble=Trouble.DOWN)
OWN = Answer(Result.REFUSED, trouble=Trouble.MESSAGE)


@pytest.mark.django_db
@settings(deadline=None)
@given(rounds=st.lists(st.lists(st.sampled_from([WELL, DOWN, OWN]), min_size=1, max_size=4), max_size=8))
def test_main_rule_only_failures_in_a_row_count(rounds: list[list[Answer]]) -> None:
    """Whatever comes in whichever order: it is ill exactly when the last five or more were failures, for as
    long as nobody waits for the end of a rest."""
    from django.db import transaction

    from tests.factories import BranchFactory

    with transaction.atomic():
        gateway = make_gateway(
            BranchFactory(),
            SimpleNamespace(address="http://x", secret="s"),
            name_en="G",  # type: ignore[arg-type]
        )
        health.health_of(gateway)
        now, row = timezone.now(), 0
        for answers in rounds:
            health.note(gateway, answers, now, probing=False)
            for answer in answers:
                row = row + 1 if health.is_failure(answer) else 0
            kept = GatewayHealth.objects.get(gateway=gateway)
            assert health.is_ill(kept) == (row >= 5)
            assert kept.failures == min(row, 5)
            assert (kept.rests_until is not None) == health.is_ill(kept)
        transaction.set_rollback(True)
