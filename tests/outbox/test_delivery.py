"""The main rule: every message that falls due is sent once, on time, or somebody is told."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from studio.outbox.delivery import deliver, tick
from studio.outbox.models import Attempt, Gateway, Message, MessageTemplate
from studio.outbox.purposes import Planner, planners
from studio.outbox.queue import suppress, withdraw
from tests.outbox.conftest import leave_behind, make_gateway, make_message, make_template
from tests.outbox.recorder import dead_port, recording


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def outcomes(message: Message) -> list[str]:
    return list(message.attempts.values_list("outcome", flat=True))


# --- Sent once --------------------------------------------------------------------------------
def test_main_rule_what_is_due_is_sent_once(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    assert deliver() == 1
    assert deliver() == 0
    assert outbox.recorder.received == {str(message.key): 1}
    sent = fresh(message)
    assert (sent.state, sent.reference) == ("sent", f"ref-{str(message.key)[:8]}")
    assert sent.body == "张伟，您好！"
    assert sent.finished_at is not None
    assert outcomes(message) == ["accepted"]
    assert outbox.purpose.ended == []


def test_main_rule_what_is_not_due_waits(outbox: SimpleNamespace) -> None:
    later = timezone.now() + timedelta(minutes=5)
    outbox.message(due_at=later)
    assert deliver() == 0
    assert tick(timezone.now()) == []
    assert deliver(clock=lambda: later) == 1


def test_main_rule_the_attempt_is_committed_before_the_gateway_hears_of_it(outbox: SimpleNamespace) -> None:
    message, seen = outbox.message(), []

    def speak(envelope: Any) -> None:
        seen.extend(Attempt.objects.filter(message=message).values_list("outcome", flat=True))

    # Within one test transaction a look from the same connection is what can be had; test_races looks from another.
    watch_sending(outbox, speak)
    deliver()
    assert seen == ["open"]


def watch_sending(outbox: SimpleNamespace, look: Any) -> None:
    from studio.outbox.gateways import KINDS, Webhook

    real = KINDS["webhook"]

    class Watched(Webhook):
        def send(self, envelope: Any) -> Any:
            look(envelope)
            return super().send(envelope)

    outbox.monkeypatch.setitem(KINDS, "webhook", lambda gateway: Watched(**vars(real(gateway))))


@pytest.fixture(autouse=True)
def _give_monkeypatch(outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.monkeypatch = monkeypatch


def test_main_rule_a_lease_that_runs_is_left_alone(outbox: SimpleNamespace) -> None:
    leave_behind(outbox.message(), lease_ended=False)
    assert deliver() == 0
    assert tick(timezone.now() + timedelta(minutes=30)) == [], "only the database's clock ends a lease"


def test_main_rule_a_sender_killed_before_its_attempt_costs_nothing(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    leave_behind(message).delete()
    deliver()
    assert outbox.recorder.looked_up == []
    assert outbox.recorder.received == {str(message.key): 1}


def test_main_rule_a_sender_killed_before_the_gateway_heard_sends_again_after_a_look_up(
    outbox: SimpleNamespace,
) -> None:
    message = outbox.message()
    leave_behind(message)
    deliver()
    assert outbox.recorder.looked_up == [str(message.key)]
    assert outbox.recorder.received == {str(message.key): 1}
    assert outcomes(message) == ["trouble", "accepted"]


def test_main_rule_a_sender_killed_after_the_gateway_accepted_sends_nothing_again(
    outbox: SimpleNamespace,
) -> None:
    message = outbox.message()
    leave_behind(message)
    outbox.recorder.accept(str(message.key))
    deliver()
    assert fresh(message).state == "sent"
    assert outbox.recorder.received == {str(message.key): 1}
    assert outcomes(message) == ["found"]
    assert outbox.recorder.arrivals == []


def test_main_rule_accepted_then_timed_out_is_looked_up_before_a_second_send(
    outbox: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.3
    message = outbox.message()
    outbox.recorder.plan = ["accept and hang"]
    deliver()
    assert fresh(message).state == "queued"
    assert outcomes(message) == ["unclear"]
    deliver(clock=lambda: timezone.now() + timedelta(seconds=16))
    assert fresh(message).state == "sent"
    assert outbox.recorder.received == {str(message.key): 1}


@pytest.mark.parametrize(
    ("plan", "times"), [("hang", 1), ("cut", 1), ("accept and cut", 1), ("error", 1), ("drip", 1)]
)
def test_main_rule_whatever_the_gateway_does_the_customer_gets_it_once(
    outbox: SimpleNamespace, settings: Any, plan: str, times: int
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.3
    message = outbox.message()
    outbox.recorder.plan = [plan, plan]
    for seconds in (0, 20, 120, 600):
        deliver(clock=lambda seconds=seconds: timezone.now() + timedelta(seconds=seconds))
    assert fresh(message).state == "sent"
    assert outbox.recorder.received == {str(message.key): times}


def test_main_rule_a_look_up_that_is_not_answered_sends_nothing(outbox: SimpleNamespace) -> None:
    """A 404 from somebody else (a proxy, a wrong address) is no proof that the message never arrived."""
    message = outbox.message()
    leave_behind(message)
    outbox.recorder.look_up_answer = (404, b"<h1>Not Found</h1>")
    deliver()
    waiting = fresh(message)
    assert waiting.state == "queued"
    assert waiting.due_at > timezone.now()
    assert outbox.recorder.arrivals == []


def test_main_rule_the_words_are_made_once(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    outbox.recorder.plan = ["busy"]
    deliver()
    MessageTemplate.objects.update(body="Something else")
    outbox.purpose.values = lambda message: {"name": "Somebody else"}
    deliver(clock=lambda: timezone.now() + timedelta(minutes=1))
    message.refresh_from_db()
    assert message.trouble == "", "what went wrong before does not stand on a message that was sent"
    first, second = outbox.recorder.arrivals
    assert first["text"] == second["text"] == "张伟，您好！"
    assert first["key"] == second["key"] == str(message.key)


# --- Unknown ----------------------------------------------------------------------------------
def test_main_rule_unknown_where_nobody_can_be_asked(outbox: SimpleNamespace) -> None:
    Gateway.objects.update(looks_up=False)
    message = outbox.message()
    leave_behind(message)
    deliver()
    assert fresh(message).state == "unknown"
    assert outbox.purpose.ended == [(message.pk, "unknown")]
    assert deliver(clock=lambda: timezone.now() + timedelta(minutes=30)) == 0, "never again by itself"
    assert outbox.recorder.arrivals == []


def test_main_rule_unclear_at_a_gateway_that_never_tells_is_unknown_at_once(
    outbox: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.2
    Gateway.objects.update(looks_up=False)
    message = outbox.message()
    outbox.recorder.plan = ["accept and hang"]
    deliver()
    assert fresh(message).state == "unknown"
    assert outbox.purpose.ended == [(message.pk, "unknown")]


def test_main_rule_a_gateway_that_knows_keys_is_trusted_with_the_same_one_again(
    outbox: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.2
    outbox.recorder.takes_keys = True
    Gateway.objects.update(looks_up=False, takes_key=True)
    message = outbox.message()
    outbox.recorder.plan = ["accept and hang"]
    deliver()
    deliver(clock=lambda: timezone.now() + timedelta(seconds=20))
    assert fresh(message).state == "sent"
    assert len(outbox.recorder.arrivals) == 2
    assert outbox.recorder.received == {str(message.key): 1}


def test_main_rule_another_gateway_is_not_trusted_with_a_key_of_the_first(
    outbox: SimpleNamespace, settings: Any
) -> None:
    Gateway.objects.update(looks_up=False, takes_key=True)
    message = outbox.message()
    leave_behind(message)
    Gateway.objects.update(is_active=False)
    with recording() as second:
        make_gateway(outbox.branch, second, takes_key=True)
        deliver()
        assert second.arrivals == []
    assert fresh(message).state == "unknown"


def test_main_rule_the_gateway_that_was_used_is_asked_after_a_change_of_gateway(
    outbox: SimpleNamespace,
) -> None:
    message = outbox.message()
    leave_behind(message)
    outbox.recorder.accept(str(message.key))
    Gateway.objects.update(is_active=False)
    with recording() as second:
        make_gateway(outbox.branch, second)
        deliver()
        assert second.looked_up == second.arrivals == []
    assert outbox.recorder.looked_up == [str(message.key)]
    assert fresh(message).state == "sent"


# --- Deadlines --------------------------------------------------------------------------------
def test_main_rule_past_the_deadline_it_is_never_sent_and_somebody_is_told(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    assert tick(message.deadline) == []
    assert fresh(message).state == "expired"
    assert outbox.purpose.ended == [(message.pk, "expired")]
    assert outbox.recorder.arrivals == []


def test_main_rule_the_deadline_is_asked_again_for_each_message(outbox: SimpleNamespace) -> None:
    """The first message's gateway is slow, the second one's deadline passes meanwhile."""
    first, second = outbox.message(), outbox.message()
    times = iter([first.due_at + timedelta(minutes=1)] * 4)
    deliver(clock=lambda: next(times, second.deadline))
    assert (fresh(first).state, fresh(second).state) == ("sent", "expired")


def test_f9_after_a_power_cut_no_burst_of_old_messages(outbox: SimpleNamespace) -> None:
    for _number in range(130):
        outbox.message()
    assert tick(timezone.now() + timedelta(days=1)) == []
    assert set(Message.objects.values_list("state", flat=True)) == {"expired"}
    assert len(outbox.purpose.ended) == 130
    assert outbox.recorder.arrivals == []


def test_main_rule_what_may_have_gone_out_is_not_called_too_late(outbox: SimpleNamespace) -> None:
    found, unclear = outbox.message(), outbox.message()
    for message in (found, unclear):
        leave_behind(message)
    outbox.recorder.accept(str(found.key))
    late = lambda: timezone.now() + timedelta(days=1)  # noqa: E731
    assert len(tick(late())) == 2, "the sweep leaves them to a sender, who looks them up"
    deliver(ids=[found.pk], clock=late)
    outbox.recorder.look_up_answer = (503, b"")
    deliver(ids=[unclear.pk], clock=late)
    assert (fresh(found).state, fresh(unclear).state) == ("sent", "unknown")
    assert outbox.purpose.ended == [(unclear.pk, "unknown")]


def test_main_rule_an_unclear_answer_at_the_last_moment_is_still_looked_up(
    outbox: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.2
    message = outbox.message()
    outbox.recorder.plan = ["accept and hang"]
    just_before = message.deadline - timedelta(seconds=0.3)
    deliver(clock=lambda: just_before)
    assert fresh(message).state == "queued"
    deliver(clock=lambda: message.deadline + timedelta(seconds=5))
    assert fresh(message).state == "sent"


# --- Still due? -------------------------------------------------------------------------------
def test_main_rule_what_is_no_longer_due_is_withdrawn(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    outbox.purpose.due = lambda message: False
    deliver()
    assert fresh(message).state == "cancelled"
    assert outbox.recorder.arrivals == outbox.purpose.ended == []


def test_main_rule_what_is_no_longer_due_is_withdrawn_rather_than_too_late(outbox: SimpleNamespace) -> None:
    """Nobody needs a call about an appointment that was cancelled while the power was off."""
    message = outbox.message()
    outbox.purpose.due = lambda message: False
    tick(message.deadline)
    assert fresh(message).state == "cancelled"
    assert outbox.purpose.ended == []


def test_r2_2_a_suppressed_address_is_not_written_to(outbox: SimpleNamespace) -> None:
    message, leased = outbox.message(), outbox.message()
    leave_behind(leased).delete()
    now = timezone.now()
    assert suppress(branch=outbox.branch, channel="sms", address=message.recipient, now=now).withdrawn == 1
    suppress(branch=outbox.branch, channel="sms", address=leased.recipient, now=now)
    deliver()
    assert (fresh(message).state, fresh(leased).state) == ("cancelled", "cancelled")
    assert outbox.recorder.arrivals == []


# --- Trouble ----------------------------------------------------------------------------------
def test_main_rule_a_gateway_not_reached_is_tried_again_with_growing_pauses(outbox: SimpleNamespace) -> None:
    Gateway.objects.update(address=f"http://127.0.0.1:{dead_port()}/messages")
    message, now, pauses = outbox.message(), timezone.now(), []
    message.deadline = now + timedelta(hours=5)
    message.save()
    for _try in range(6):
        deliver(clock=lambda: now)  # noqa: B023
        due_at = fresh(message).due_at
        pauses.append((due_at - now).total_seconds())
        now = due_at
    assert pauses == [15, 60, 300, 900, 900, 900]
    assert outcomes(message) == ["trouble"] * 6
    Gateway.objects.update(address=outbox.recorder.address)
    deliver(clock=lambda: now)
    assert fresh(message).state == "sent"
    assert outbox.recorder.looked_up == [], "what certainly did not arrive needs no look-up"


def test_main_rule_a_gateway_that_stays_away_ends_in_a_call_before_the_deadline(
    outbox: SimpleNamespace,
) -> None:
    Gateway.objects.update(address=f"http://127.0.0.1:{dead_port()}/messages")
    message, now = outbox.message(), timezone.now()
    for _try in range(20):
        deliver(clock=lambda: now)  # noqa: B023
        if fresh(message).state != "queued":
            break
        now = fresh(message).due_at
        assert now < message.deadline
    assert fresh(message).state == "expired"
    assert message.deadline - now < timedelta(minutes=1), "the last try comes shortly before the deadline"
    assert outbox.purpose.ended == [(message.pk, "expired")]


def test_main_rule_a_refusal_fails_at_once(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    outbox.recorder.plan = ["refuse"]
    deliver()
    failed = fresh(message)
    assert (failed.state, failed.trouble) == ("failed", "HTTP 422 no such number")
    assert outbox.purpose.ended == [(message.pk, "failed")]


def test_main_rule_a_gateway_that_is_down_is_asked_once_per_batch(outbox: SimpleNamespace) -> None:
    """Twenty messages must not wait for twenty timeouts, and another branch's gateway not for one of them."""
    Gateway.objects.update(address=f"http://127.0.0.1:{dead_port()}/messages")
    for _number in range(5):
        outbox.message()
    deliver()
    assert Attempt.objects.count() == 1
    assert Message.objects.filter(state="queued", due_at__gt=timezone.now()).count() == 5


def test_main_rule_no_gateway_ends_in_a_call(outbox: SimpleNamespace) -> None:
    Gateway.objects.update(is_active=False)
    message = outbox.message()
    deliver()
    assert fresh(message).state == "failed"
    assert outbox.purpose.ended == [(message.pk, "failed")]


def broken(message: Message) -> Any:
    raise LookupError("張偉's file is gone")


@pytest.mark.parametrize("poison", ["purpose", "template", "still_due", "parameters"])
def test_main_rule_a_poison_row_fails_and_blocks_nobody(outbox: SimpleNamespace, poison: str) -> None:
    bad, good = outbox.message(), outbox.message()
    if poison == "purpose":
        Message.objects.filter(pk=bad.pk).update(purpose="gone")
    elif poison == "template":
        Message.objects.filter(pk=bad.pk).update(channel="email")
        make_gateway(outbox.branch, outbox.recorder, channel="email")
    elif poison == "still_due":
        outbox.purpose.due = lambda message: broken(message) if message.pk == bad.pk else True
    else:
        outbox.purpose.values = lambda message: broken(message) if message.pk == bad.pk else {"name": "李娜"}
    assert deliver() == 2
    ended = fresh(bad)
    assert ended.state == "failed"
    assert ended.trouble
    assert "張偉" not in ended.trouble
    assert fresh(good).state == "sent"
    assert deliver() == 0


def test_main_rule_a_lock_that_is_not_got_is_no_failure(outbox: SimpleNamespace) -> None:
    def busy(message: Message) -> bool:
        raise OperationalError("canceling statement due to lock timeout")

    message = outbox.message()
    outbox.purpose.due = busy
    deliver()
    assert fresh(message).state == "leased"
    assert outbox.purpose.ended == []
    outbox.purpose.due = lambda message: True
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert fresh(message).state == "sent"


def test_main_rule_a_purpose_that_cannot_be_told_does_not_keep_the_message_alive(
    outbox: SimpleNamespace,
) -> None:
    def fail(message: Message, now: datetime) -> None:
        raise RuntimeError

    message = outbox.message()
    outbox.purpose.on_end = fail
    outbox.recorder.plan = ["refuse"]
    deliver()
    failed = fresh(message)
    assert failed.state == "failed"
    assert "nobody could be told" in failed.trouble


def test_main_rule_a_row_that_kills_its_sender_comes_after_all_others(outbox: SimpleNamespace) -> None:
    killer = outbox.message()
    leave_behind(killer).delete()
    other = outbox.message(due_at=timezone.now())
    assert tick(timezone.now()) == [other.pk, killer.pk]
    deliver(limit=1)
    assert (fresh(other).state, fresh(killer).state) == ("sent", "leased")


# --- Held up ----------------------------------------------------------------------------------
def test_main_rule_a_sender_frozen_before_it_spoke_sends_nothing(
    outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen for longer than its lease, between the commit and the gateway: others have taken over."""
    message = outbox.message()
    monkeypatch.setattr("studio.outbox.beginning.boot_time", lambda: 0.0)
    monkeypatch.setattr("studio.outbox.speaking.boot_time", lambda: 55.0)
    deliver()
    assert outbox.recorder.arrivals == []
    assert fresh(message).state == "queued"
    assert outcomes(message) == ["trouble"]


def test_main_rule_who_lost_the_claim_does_not_touch_the_message(outbox: SimpleNamespace) -> None:
    message = outbox.message()

    def another_takes_over(arrived: Any) -> None:
        Message.objects.filter(pk=message.pk).update(attempt=7)

    watch_sending(outbox, another_takes_over)
    deliver()
    taken = fresh(message)
    assert (taken.state, taken.attempt, taken.reference) == ("leased", 7, "")
    assert outcomes(message) == ["accepted"], "what this sender learned stands on its own attempt"
    Message.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert fresh(message).state == "sent"
    assert outbox.recorder.received == {str(message.key): 1}


def test_main_rule_told_to_stop_it_finishes_one_and_gives_back_the_rest(outbox: SimpleNamespace) -> None:
    messages = [outbox.message() for _number in range(3)]
    assert deliver(stop=lambda: bool(outbox.recorder.arrivals)) == 1
    assert [fresh(message).state for message in messages] == ["sent", "queued", "queued"]
    assert deliver() == 2


def test_main_rule_a_batch_begins_nothing_that_could_meet_the_soft_limit(
    outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [outbox.message() for _number in range(3)]
    now = iter([0.0, 0.0, 0.0, 11.0])
    monkeypatch.setattr("studio.outbox.delivery.boot_time", lambda: next(now, 11.0))
    assert deliver() == 1
    assert [fresh(message).state for message in messages] == ["sent", "queued", "queued"]


# --- Quiet hours ------------------------------------------------------------------------------
def test_quiet_hours_hold_for_whoever_is_late_too(outbox: SimpleNamespace) -> None:
    """Due at 20:30, the dispatcher was down until 23:00: it waits for the morning, not for the sender."""
    outbox.branch.quiet_from, outbox.branch.quiet_until = time(21), time(9)
    outbox.branch.save()
    due = datetime(2026, 5, 16, 12, 30, tzinfo=UTC)
    message = outbox.message(due_at=due, deadline=due + timedelta(days=1))
    deliver(clock=lambda: due + timedelta(hours=2, minutes=30))
    assert fresh(message).due_at == datetime(2026, 5, 17, 1, 0, tzinfo=UTC)
    deliver(clock=lambda: datetime(2026, 5, 17, 1, 0, tzinfo=UTC))
    assert fresh(message).state == "sent"


def test_quiet_hours_until_the_deadline_end_in_a_call(outbox: SimpleNamespace) -> None:
    outbox.branch.quiet_from, outbox.branch.quiet_until = time(21), time(9)
    outbox.branch.save()
    night = datetime(2026, 5, 16, 14, 0, tzinfo=UTC)
    message = outbox.message(due_at=night, deadline=night + timedelta(hours=10))
    deliver(clock=lambda: night)
    assert fresh(message).state == "expired"
    assert outbox.purpose.ended == [(message.pk, "expired")]
    assert outbox.recorder.arrivals == []


# --- Withdrawing ------------------------------------------------------------------------------
def test_r3_2_moving_withdraws_what_waits_and_tells_of_what_is_under_way(outbox: SimpleNamespace) -> None:
    waiting = outbox.message(subject_id=5)
    newer = outbox.message(subject_id=5, subject_version=2)
    speaking = outbox.message(subject_id=5)
    leave_behind(speaking, lease_ended=False)
    unclear = outbox.message(subject_id=5)
    leave_behind(unclear, outcome="unclear")
    Message.objects.filter(pk=unclear.pk).update(state="queued", lease_until=None)
    answer = withdraw("test", 5, before_version=2, now=timezone.now())
    assert answer.withdrawn == 1
    assert {message.pk for message in answer.under_way} == {speaking.pk, unclear.pk}
    assert fresh(waiting).state == "cancelled"
    assert fresh(newer).state == fresh(unclear).state == "queued"


def test_r3_2_what_may_have_gone_out_before_the_move_is_looked_up_not_forgotten(
    outbox: SimpleNamespace,
) -> None:
    told, not_told = outbox.message(), outbox.message()
    for message in (told, not_told):
        leave_behind(message)
    outbox.recorder.accept(str(told.key))
    outbox.purpose.due = lambda message: False
    deliver()
    assert (fresh(told).state, fresh(not_told).state) == ("sent", "cancelled")


# --- Planning ---------------------------------------------------------------------------------
def test_main_rule_a_planner_that_fails_stops_neither_planners_nor_messages(
    outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, planned = outbox.message(), []

    def broken_planner(now: datetime) -> int:
        raise RuntimeError

    def good_planner(now: datetime) -> int:
        planned.append(now)
        return 1

    monkeypatch.setattr(
        planners, "_entries", {"broken": Planner(broken_planner), "good": Planner(good_planner)}
    )
    now = timezone.now()
    assert tick(now) == [message.pk]
    assert planned == [now]


def test_main_rule_a_message_of_another_language_falls_back(outbox: SimpleNamespace) -> None:
    make_template(language="en", body="Dear {name}")
    make_template(language="zh-hans", body="分店：{name}", branch=outbox.branch)
    english = make_message(outbox.branch, language="en")
    other = make_message(outbox.branch, language="zh-hant")
    deliver()
    assert fresh(english).body == "Dear 张伟"
    assert fresh(other).body == "分店：张伟", "the branch's own language, in the branch's own words"
    assert fresh(other).language == "zh-hans"
