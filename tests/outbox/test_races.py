"""Several senders at once, over several connections, with real commits."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from bookings.models import Appointment
from customers.models import Customer
from studio.outbox.claims import claim
from studio.outbox.delivery import deliver, tick
from studio.outbox.dispatcher import Dispatcher
from studio.outbox.models import Attempt, Message
from studio.outbox.purposes import Planner, locked_for_share, planners
from studio.outbox.queue import queue, suppress, withdraw
from tests.factories import CustomerFactory
from tests.outbox.conftest import leave_behind

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at once, each with a connection of its own; answers what they answered, raises what they raised."""
    start, answers, errors = threading.Barrier(len(works)), [None] * len(works), []

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            answers[number] = work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]
    return answers


def test_main_rule_the_same_thing_is_queued_once_by_two_at_once(outbox: SimpleNamespace) -> None:
    answers = at_once(*[lambda: outbox.message(dedupe_key="the same") and 1 for _n in range(1)])
    assert answers == [1]

    def plan() -> bool:
        now = timezone.now()
        return (
            queue(
                branch=outbox.branch,
                purpose="test",
                subject_id=1,
                subject_version=1,
                channel="sms",
                language="en",
                recipient="+8613800138000",
                due_at=now,
                deadline=now + timedelta(hours=1),
                dedupe_key="another",
            )
            is not None
        )

    assert sorted(at_once(*[plan] * 6)) == [False] * 5 + [True]


def test_main_rule_a_message_is_claimed_by_one(outbox: SimpleNamespace) -> None:
    ids = [outbox.message().pk for _number in range(40)]
    claims = at_once(*[lambda: claim(ids, 10, now=timezone.now())] * 6)
    taken = [mine.message for answer in claims for mine in answer]
    assert sorted(taken) == ids
    assert all(len(answer) <= 10 for answer in claims)


def test_main_rule_eight_senders_and_doubled_ticks_send_once(
    outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()

    def planner(now: Any) -> int:
        for number in range(30):
            queue(
                branch=outbox.branch,
                purpose="test",
                subject_id=number,
                subject_version=1,
                channel="sms",
                language="en",
                recipient="+8613800138000",
                due_at=now - timedelta(seconds=1),
                deadline=now + timedelta(hours=1),
                dedupe_key=f"planned:{number}",
            )
        return 30

    monkeypatch.setattr(planners, "_entries", {"test": Planner(planner)})

    def work() -> None:
        for _round in range(5):
            deliver(tick(now), limit=7)

    at_once(*[work] * 8)
    deliver(limit=100)
    assert Message.objects.filter(state="sent").count() == 30
    assert sorted(outbox.recorder.received.values()) == [1] * 30
    assert Attempt.objects.count() == 30


def test_main_rule_two_dispatchers_send_once(
    outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(30):
        outbox.message()

    class DeadBell:
        def ring(self, ids: Any) -> bool:
            return False

    def work() -> None:
        Dispatcher(DeadBell()).round()  # type: ignore[arg-type]

    at_once(work, work)
    assert sorted(outbox.recorder.received.values()) == [1] * 30


def test_main_rule_the_attempt_is_committed_before_the_gateway_hears_of_it(outbox: SimpleNamespace) -> None:
    message, seen = outbox.message(), []

    def look(arrived: Any) -> None:
        try:
            seen.append(
                (
                    Message.objects.get(pk=message.pk).state,
                    list(Attempt.objects.filter(message=message).values_list("outcome", flat=True)),
                )
            )
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'"
                    " AND datname = current_database()"
                )
                seen.append(cursor.fetchone()[0])
        finally:
            connections.close_all()

    outbox.recorder.before = look
    deliver()
    assert seen == [("leased", ["open"]), 0], "and no transaction is open while the gateway is spoken to"


def test_main_rule_two_find_the_same_lease_ended_and_one_looks_up(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    leave_behind(message)
    at_once(*[deliver] * 4)
    assert outbox.recorder.looked_up == [str(message.key)]
    assert outbox.recorder.received == {str(message.key): 1}


# --- Moved at the same moment -----------------------------------------------------------------
def make_appointment(outbox: SimpleNamespace) -> Appointment:
    customer: Customer = CustomerFactory(branch=outbox.branch)
    begins = timezone.now() + timedelta(days=2)
    return Appointment.objects.create(
        branch=outbox.branch,
        customer=customer,
        kind="shoot",
        starts_at=begins,
        ends_at=begins + timedelta(hours=6),
    )


def still_planned(message: Message) -> bool:
    appointment = locked_for_share(Appointment, message.subject_id)
    return appointment is not None and appointment.schedule_version == message.subject_version


def move(pk: int, message: Message) -> tuple[Any, Any]:
    """As the schedule does it: lock, raise the version, withdraw; answers what it was told, and the time."""
    with transaction.atomic():
        appointment = Appointment.objects.select_for_update(no_key=True).get(pk=pk)
        appointment.schedule_version += 1
        appointment.save(update_fields=["schedule_version"])
        return withdraw("test", pk, before_version=appointment.schedule_version, now=timezone.now())


def test_main_rule_no_attempt_starts_after_the_move_has_committed(outbox: SimpleNamespace) -> None:
    """The mover holds the appointment while the sender asks: the sender waits, and sees the new version."""
    appointment = make_appointment(outbox)
    outbox.purpose.due = still_planned
    message = outbox.message(subject_id=appointment.pk)
    asked, moved = threading.Event(), threading.Event()

    def due(message: Message) -> bool:
        asked.set()
        return still_planned(message)

    outbox.purpose.due = due

    def mover() -> Any:
        with transaction.atomic():
            Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
            moved.set()
            assert asked.wait(10)
            Appointment.objects.filter(pk=appointment.pk).update(schedule_version=2)
            return withdraw("test", appointment.pk, before_version=2, now=timezone.now())

    def sender() -> int:
        assert moved.wait(10)
        return deliver()

    told, _sent = at_once(mover, sender)
    assert (told.withdrawn, told.under_way) == (0, []), "the mover did not wait for the sender's row"
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert outbox.recorder.arrivals == []


def test_main_rule_the_mover_is_told_of_an_attempt_that_is_open(outbox: SimpleNamespace) -> None:
    appointment = make_appointment(outbox)
    outbox.purpose.due = still_planned
    message = outbox.message(subject_id=appointment.pk)
    told: list[Any] = []

    def move_now(arrived: Any) -> None:
        try:
            told.append(move(appointment.pk, message))
        finally:
            connections.close_all()

    outbox.recorder.before = move_now
    deliver()
    assert [under_way.pk for under_way in told[0].under_way] == [message.pk]
    message.refresh_from_db()
    assert message.state == "sent"


def test_main_rule_moving_and_sending_at_once_always_agree(outbox: SimpleNamespace) -> None:
    """Either the customer got the old time and the mover knows it, or nothing went out."""
    outbox.purpose.due = still_planned
    for _trial in range(30):
        appointment = make_appointment(outbox)
        message = outbox.message(subject_id=appointment.pk)
        answer, _sent = at_once(
            lambda: move(appointment.pk, message),  # noqa: B023
            lambda: deliver([message.pk]),  # noqa: B023
        )
        message.refresh_from_db()
        received = outbox.recorder.received[str(message.key)]
        assert message.state == ("sent" if received else "cancelled")
        if received and not answer.under_way:
            # It was already over when the mover looked.
            assert message.attempts.get().finished_at is not None
            assert answer.withdrawn == 0


def somebody_waits_for_an_address() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0] > 0


def test_r2_2_no_attempt_starts_after_the_address_was_suppressed(outbox: SimpleNamespace) -> None:
    """Suppressed while the sender asks, not yet committed: the sender waits, and then sees it."""
    message, suppressed, asked = outbox.message(), threading.Event(), threading.Event()

    def due(message: Message) -> bool:
        asked.set()
        return suppressed.wait(10)

    def contact_refused() -> Any:
        assert asked.wait(10)
        with transaction.atomic():
            told = suppress(
                branch=outbox.branch, channel="sms", address=message.recipient, now=timezone.now()
            )
            suppressed.set()
            until = time.monotonic() + 10
            while not somebody_waits_for_an_address():
                assert time.monotonic() < until
            return told

    outbox.purpose.due = due
    told, _sent = at_once(contact_refused, deliver)
    assert (told.withdrawn, told.under_way) == (0, [])
    assert outbox.recorder.arrivals == []
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_r2_2_refusing_contact_and_sending_never_lock_each_other_out(outbox: SimpleNamespace) -> None:
    """Who refuses contact holds the customer and then the address; the sender asks in the same order."""
    appointment = make_appointment(outbox)
    message = outbox.message(subject_id=appointment.pk)
    locked, asked = threading.Event(), threading.Event()

    def due(message: Message) -> bool:
        asked.set()
        return locked_for_share(Appointment, message.subject_id) is not None

    outbox.purpose.due = due

    def contact_refused() -> None:
        with transaction.atomic():
            Appointment.objects.select_for_update(no_key=True).get(pk=appointment.pk)
            locked.set()
            assert asked.wait(10)
            suppress(branch=outbox.branch, channel="sms", address=message.recipient, now=timezone.now())

    def sender() -> int:
        assert locked.wait(10)
        return deliver()

    at_once(contact_refused, sender)
    message.refresh_from_db()
    assert message.state == "cancelled", "not left for later after a deadlock"
