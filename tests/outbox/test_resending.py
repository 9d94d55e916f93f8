"""A manager has a message sent again: one new message, only where it still makes sense."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from studio.outbox.delivery import deliver
from studio.outbox.models import Message, Suppression
from studio.outbox.resending import ResendRefused, key_of, resend
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def manager(db):
    return UserFactory()


@pytest.fixture
def ended(outbox):
    """`ended("failed")`: a message that ended so; it may be of use for another hour."""

    def make(state, **changes):
        message = outbox.message(**changes)
        message.state, message.finished_at = state, timezone.now()
        message.save()
        return message

    return make


def again(message, manager, **options):
    return resend(message, by=manager, now=options.pop("now", timezone.now()), **options)


def refusal(message, manager, **options):
    with pytest.raises(ResendRefused) as caught:
        again(message, manager, **options)
    assert not message.repeated_by.exists()
    return caught.value


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_it_goes_out_as_a_message_of_its_own(outbox, ended, manager, state):
    message = ended(state, about_customer=7, basis="order")
    repeat = again(message, manager)
    assert (repeat.repeats, repeat.by) == (message, manager)
    assert repeat.key != message.key
    assert (repeat.about_customer, repeat.basis) == (7, "order")
    assert (repeat.recipient, repeat.deadline) == (message.recipient, message.deadline)
    deliver()
    repeat.refresh_from_db()
    message.refresh_from_db()
    assert repeat.state == "sent"
    assert outbox.recorder.received[str(repeat.key)] == 1
    assert message.state == state, "the first one keeps its history"


def test_the_words_are_written_afresh(outbox, ended, manager):
    message = ended("failed", parameters={"name": "old"})
    Message.objects.update(body="words that could not be put together")
    repeat = again(message, manager)
    deliver()
    repeat.refresh_from_db()
    assert repeat.body == "张伟，您好！"


def test_pressed_twice_it_is_one(ended, manager):
    message = ended("failed")
    assert again(message, manager) == again(message, manager)
    assert Message.objects.count() == 2


def test_sixteen_managers_press_at_once_and_it_is_one(outbox, ended, manager):
    message, start, made = ended("failed"), threading.Barrier(16), []

    def press():
        start.wait()
        try:
            made.append(again(message, manager).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16
    assert len(set(made)) == 1
    deliver()
    assert sum(outbox.recorder.received.values()) == 1


def test_a_repeat_that_fails_is_repeated_itself(ended, manager):
    repeat = again(ended("failed", dedupe_key="test:x"), manager)
    assert repeat.dedupe_key == "test:x:again:1"
    repeat.state, repeat.finished_at = "failed", timezone.now()
    repeat.save()
    assert again(repeat, manager).dedupe_key == "test:x:again:2"


@pytest.mark.parametrize("state", ["sent", "delivered", "cancelled"])
def test_what_went_out_or_was_taken_back_is_not_repeated(ended, manager, state):
    assert "Only what failed" in str(refusal(ended(state), manager).sentence)


def test_what_waits_goes_out_by_itself(outbox, manager):
    assert "goes out by itself" in str(refusal(outbox.message(), manager).sentence)


def test_main_rule_what_is_unclear_is_repeated_only_by_who_is_sure(ended, manager):
    message = ended("unknown")
    refused = refusal(message, manager)
    assert refused.unsure
    assert "may have arrived" in str(refused.sentence)
    assert again(message, manager, sure=True).repeats == message


def test_f9_past_its_deadline_nothing_is_sent_again(ended, manager):
    message = ended("expired")
    refused = refusal(message, manager, now=message.deadline)
    assert "call instead" in str(refused.sentence)
    assert not refused.unsure
    assert again(message, manager, now=message.deadline - SECOND).repeats == message


def test_what_is_no_longer_meant_is_not_repeated(outbox, ended, manager):
    message = ended("failed")
    outbox.purpose.due = lambda message: False
    assert "no longer meant" in str(refusal(message, manager).sentence)


def test_a_purpose_that_is_gone_is_not_repeated(ended, manager):
    message = ended("failed")
    message.purpose = "of an older version"
    message.save()
    assert "no longer meant" in str(refusal(message, manager).sentence)


def test_r2_2_who_wants_no_messages_gets_none_again(outbox, ended, manager):
    message = ended("failed")
    Suppression.objects.create(branch=outbox.branch, channel="sms", address=message.recipient)
    assert "wants no messages" in str(refusal(message, manager).sentence)


def test_main_rule_what_is_called_off_between_the_press_and_the_sending_is_not_sent(outbox, ended, manager):
    repeat = again(ended("failed"), manager)
    outbox.purpose.due = lambda message: False
    deliver()
    repeat.refresh_from_db()
    assert repeat.state == "cancelled"
    assert not outbox.recorder.received


@given(base=st.text("abc:0123456789", max_size=130), times=st.integers(1, 12))
def test_keys_of_repeats_are_short_and_all_different(base, times):
    row, keys = Message(dedupe_key=base[:120]), []
    for _time in range(times):
        keys.append(key_of(row))
        row = Message(dedupe_key=keys[-1])
    assert len({*keys, base[:120]}) == times + 1
    assert all(len(key) <= 120 for key in keys)
