"""Messages go in batches, and none pays for another one of its batch."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.outbox import speaking
from studio.outbox.claims import claim, hold_all
from studio.outbox.delivery import deliver
from studio.outbox.gateways import Answer, Result
from studio.outbox.models import Attempt, Gateway, GatewayHealth, Message
from studio.outbox.purposes import purposes
from studio.outbox.queue import lock_address, suppress
from tests.outbox.conftest import leave_behind, make_gateway, make_template
from tests.outbox.recorder import recording
from tests.outbox.test_races import at_once


@pytest.fixture
def well(outbox: SimpleNamespace) -> SimpleNamespace:
    """Its gateway took something a moment ago, so that a batch goes to it at once."""
    GatewayHealth.objects.create(gateway=outbox.gateway, last_success_at=timezone.now())
    return outbox


def states(messages: Sequence[Message]) -> list[str]:
    found = Message.objects.in_bulk([message.pk for message in messages])
    return [found[message.pk].state for message in messages]


def together(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """The purpose "test" answers for a batch."""
    monkeypatch.setitem(purposes._entries, "test", replace(purposes["test"], **changes))


def test_main_rule_a_batch_needs_no_more_questions_than_a_few_messages(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    together(
        monkeypatch,
        still_due_among=lambda messages: {message.pk for message in messages},
        parameters_among=lambda messages: {message.pk: {"name": "张伟"} for message in messages},
    )
    asked = []
    for count in (4, 20):
        messages = [well.message() for _number in range(count)]
        with CaptureQueriesContext(connection) as questions:
            assert deliver(limit=count) == count
        asked.append(len(questions))
        assert set(states(messages)) == {"sent"}
    assert asked[0] == asked[1] <= 20
    assert sorted(well.recorder.received.values()) == [1] * 24


def test_main_rule_a_batch_is_spoken_at_the_same_time(well: SimpleNamespace) -> None:
    """Twenty messages with a gateway that takes its time: not twenty times that time."""
    together_now = threading.Barrier(20)
    well.recorder.before = lambda message: together_now.wait(20)
    messages = [well.message() for _number in range(20)]
    assert deliver() == 20
    assert set(states(messages)) == {"sent"}


def test_main_rule_never_more_at_once_than_allowed(
    well: SimpleNamespace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOX_CONCURRENCY, settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 3, 2
    busy, most, lock = [0], [0], threading.Lock()

    def speak(begun: Any, clock: Any) -> Answer:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.01)
        with lock:
            busy[0] -= 1
        return Answer(Result.ACCEPTED)

    monkeypatch.setattr(speaking, "speak", speak)
    messages = [well.message() for _number in range(12)]
    assert deliver() == 12
    assert most[0] == 3
    assert set(states(messages)) == {"sent"}


def test_main_rule_words_are_made_for_all_of_one_language_together(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_template(language="en", body="Dear {name}")
    groups: list[int] = []

    def values(messages: Sequence[Message]) -> dict[int, dict[str, str]]:
        groups.append(len(messages))
        return {message.pk: {"name": f"N{message.subject_id}"} for message in messages}

    together(monkeypatch, parameters_among=values)
    chinese = [well.message() for _number in range(3)]
    english = [well.message(language="en") for _number in range(2)]
    deliver()
    assert sorted(groups) == [2, 3]
    bodies = dict(Message.objects.values_list("pk", "body"))
    assert [bodies[message.pk] for message in chinese] == [
        f"N{message.subject_id}，您好！" for message in chinese
    ]
    assert [bodies[message.pk] for message in english] == [
        f"Dear N{message.subject_id}" for message in english
    ]


@pytest.mark.parametrize("place", [0, 3, 6])
def test_main_rule_a_row_that_spoils_its_batch_fails_alone(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    messages = [well.message() for _number in range(7)]
    bad = messages[place]

    def values(some: Sequence[Message]) -> dict[int, dict[str, str]]:
        if bad.pk in {message.pk for message in some}:
            raise LookupError("張偉's file is gone")
        return {message.pk: {"name": "李娜"} for message in some}

    together(monkeypatch, parameters_among=values)
    assert deliver() == 7
    assert states([bad]) == ["failed"]
    assert set(states([message for message in messages if message != bad])) == {"sent"}
    assert sorted(well.recorder.received.values()) == [1] * 6
    assert Attempt.objects.count() == 6, "what was undone left nothing behind"
    assert well.purpose.ended == [(bad.pk, "failed")]


def test_main_rule_a_no_of_the_batch_is_asked_again_alone(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may only be a row that somebody else holds."""
    messages = [well.message() for _number in range(5)]
    held, gone = messages[1], messages[3]
    well.purpose.due = lambda message: message.pk != gone.pk
    together(
        monkeypatch,
        still_due_among=lambda some: {one.pk for one in some if one.pk not in (held.pk, gone.pk)},
    )
    assert deliver() == 5
    assert states(messages) == ["sent", "sent", "sent", "cancelled", "sent"]


def test_r2_2_in_a_batch_those_who_want_nothing_are_left_out(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [well.message() for _number in range(5)]
    leave_behind(messages[2]).delete()
    suppress(branch=well.branch, channel="sms", address=messages[2].recipient, now=timezone.now())
    Message.objects.filter(pk=messages[2].pk).update(state="queued", lease_until=None)
    deliver()
    assert states(messages) == ["sent", "sent", "cancelled", "sent", "sent"]


def test_main_rule_each_message_goes_its_own_way(well: SimpleNamespace) -> None:
    """Two branches and two channels in one batch; one gateway of them is unknown, another one missing."""
    with recording() as mail:
        make_gateway(well.branch, mail, channel="email")
        make_template(channel="email", subject="您好", body="{name}")
        sms = [well.message() for _number in range(3)]
        letters = [well.message(channel="email", recipient=f"a{number}@example.com") for number in range(3)]
        lost = well.message(channel="alarm")
        assert deliver() == 7
        assert set(states(sms + letters)) == {"sent"}
        assert states([lost]) == ["failed"]
        assert len(mail.received) == 3
    assert set(Message.objects.filter(channel="sms").values_list("gateway", flat=True)) == {well.gateway.pk}


def test_main_rule_a_gateway_that_nobody_knows_well_is_tried_by_one_first(outbox: SimpleNamespace) -> None:
    seen = []
    outbox.recorder.before = lambda message: seen.append(len(outbox.recorder.arrivals))
    messages = [outbox.message() for _number in range(6)]
    outbox.recorder.plan = ["busy"]
    deliver()
    assert seen == [1]
    assert set(states(messages)) == {"queued"}
    assert Attempt.objects.count() == 1


def test_main_rule_who_lost_some_of_a_batch_finishes_the_others(well: SimpleNamespace) -> None:
    """The fence stands for each row of its own."""
    messages = [well.message() for _number in range(6)]
    stolen = messages[4]
    once = threading.Lock()
    taken: list[int] = []

    def steal(envelope: Any) -> None:
        with once:
            if not taken:
                taken.append(stolen.pk)

    well.recorder.before = steal
    from studio.outbox import delivery

    real = delivery.finish_all

    def finish(begun: Any, answers: Any, clock: Any) -> None:
        Message.objects.filter(pk=stolen.pk).update(attempt=F("attempt") + 1)
        real(begun, answers, clock)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "finish_all", finish)
        deliver()
    assert states(messages) == ["sent", "sent", "sent", "sent", "leased", "sent"]
    assert list(stolen.attempts.values_list("outcome", flat=True)) == ["accepted"], "what it learned stands"
    Message.objects.filter(pk=stolen.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert states([stolen]) == ["sent"]
    assert sorted(well.recorder.received.values()) == [1] * 6


def test_main_rule_one_unclear_answer_of_a_batch_leaves_the_others_sent(
    well: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.5
    well.recorder.plan = ["accept", "accept and cut", "refuse", "error"]
    messages = [well.message() for _number in range(6)]
    deliver()
    assert sorted(states(messages)) == ["failed", "queued", "queued", "sent", "sent", "sent"]
    deliver(clock=lambda: timezone.now() + timedelta(seconds=20))
    assert sorted(states(messages)) == ["failed"] + ["sent"] * 5
    assert sorted(well.recorder.received.values()) == [1] * 5


def test_main_rule_what_was_left_behind_is_taken_one_at_a_time(outbox: SimpleNamespace) -> None:
    """One of them may kill whoever touches it: its number then grows, and the others come before it."""
    left = [outbox.message() for _number in range(4)]
    for message in left:
        leave_behind(message)
    fresh = [outbox.message() for _number in range(2)]
    now = timezone.now()
    assert {mine.message for mine in claim(None, 20, now=now)} == {message.pk for message in fresh}
    first = claim(None, 20, now=now)
    assert len(first) == 1
    Message.objects.filter(pk=first[0].message).update(lease_until=now - timedelta(seconds=1))
    second = claim(None, 20, now=now)
    assert second[0].message != first[0].message, "it has killed once more than the others"


def test_main_rule_what_was_left_behind_is_all_sent_in_one_round(outbox: SimpleNamespace) -> None:
    left = [outbox.message() for _number in range(5)]
    for number, message in enumerate(left):
        leave_behind(message)
        if number % 2:
            outbox.recorder.accept(str(message.key))
    assert deliver() == 5
    assert set(states(left)) == {"sent"}
    assert sorted(outbox.recorder.received.values()) == [1] * 5


def test_main_rule_a_gateway_that_answers_no_look_up_is_asked_once_in_a_round(
    outbox: SimpleNamespace,
) -> None:
    """Each look-up may take as long as a message; the others would wait for the same."""
    messages = [outbox.message() for _number in range(6)]
    for message in messages:
        leave_behind(message, outcome="unclear")
        Message.objects.filter(pk=message.pk).update(state="queued", lease_until=None)
    outbox.recorder.look_up_answer = (503, b"")
    deliver()
    assert len(outbox.recorder.looked_up) == 1
    assert set(states(messages)) == {"queued"}
    assert Message.objects.filter(due_at__gt=timezone.now()).count() == 6
    outbox.recorder.look_up_answer = None
    deliver(clock=lambda: timezone.now() + timedelta(minutes=3))
    assert set(states(messages)) == {"sent"}
    assert sorted(outbox.recorder.received.values()) == [1] * 6


def test_main_rule_the_deadline_is_asked_before_each_is_spoken(well: SimpleNamespace) -> None:
    """It passes between the commit and the gateway: nothing is sent late."""
    messages = [well.message() for _number in range(3)]
    before = timezone.now()
    asked = [before] * 2

    def clock() -> Any:
        return asked.pop() if asked else messages[-1].deadline

    deliver(clock=clock)
    assert well.recorder.arrivals == []
    assert set(Attempt.objects.values_list("outcome", flat=True)) <= {"trouble"}
    assert set(states(messages)) == {"expired"}


def test_main_rule_no_connection_to_the_database_is_made_while_speaking(
    well: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    used: list[bool] = []
    real = speaking.speak

    def speak(begun: Any, clock: Any) -> Answer:
        answer = real(begun, clock)
        used.append(connections["default"].connection is not None)
        return answer

    monkeypatch.setattr(speaking, "speak", speak)
    for _number in range(5):
        well.message()
    deliver()
    assert used == [False] * 5, "each thread would have one of its own, and leave it behind"


# --- Several connections ----------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_main_rule_a_batch_does_not_wait_for_an_address_that_somebody_suppresses(
    well: SimpleNamespace,
) -> None:
    """The others go at once; the one waits alone, holding nothing that anybody else may want."""
    messages = [well.message() for _number in range(5)]
    locked, others_sent = threading.Event(), threading.Event()

    def contact_refused() -> None:
        with transaction.atomic():
            lock_address(well.branch, "sms", messages[2].recipient, exclusive=True)
            locked.set()
            assert others_sent.wait(20)
            suppress(branch=well.branch, channel="sms", address=messages[2].recipient, now=timezone.now())

    def watch(message: Any) -> None:
        if len(well.recorder.arrivals) == 4:
            others_sent.set()

    well.recorder.before = watch

    def sender() -> int:
        assert locked.wait(10)
        return deliver()

    at_once(contact_refused, sender)
    assert states(messages) == ["sent", "sent", "cancelled", "sent", "sent"]


@pytest.mark.django_db(transaction=True)
def test_main_rule_two_who_hold_many_of_the_same_never_wait_for_each_other(well: SimpleNamespace) -> None:
    messages = [well.message() for _number in range(30)]
    claims = claim([message.pk for message in messages], 30, now=timezone.now())

    def work(order: int) -> int:
        held = 0
        for _time in range(10):
            with transaction.atomic():
                held += len(hold_all(claims[::order]))
        return held

    assert at_once(lambda: work(1), lambda: work(-1), lambda: work(1), lambda: work(-1)) == [300] * 4


@pytest.mark.django_db(transaction=True)
def test_main_rule_one_message_probes_for_eight_senders(well: SimpleNamespace) -> None:
    GatewayHealth.objects.update(failures=5, rests_until=timezone.now() - timedelta(seconds=1))
    Gateway.objects.update(looks_up=True)
    batches = [[well.message().pk for _number in range(4)] for _sender in range(8)]
    hold = threading.Event()
    well.recorder.before = lambda message: hold.wait(0.5)
    well.recorder.plan = ["busy"]
    at_once(*[lambda ids=ids: deliver(ids) for ids in batches])
    assert len(well.recorder.arrivals) == 1
    assert Attempt.objects.count() == 1
    assert Message.objects.filter(state="queued", due_at__gt=timezone.now()).count() == 32
