"""The date is moved or called off, or the customer refuses contact, while its message is being sent."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from django.db import connection, connections
from django.utils import timezone

from bookings import schedule
from bookings.models import Appointment, BookingEvent
from customers import files
from customers.models import Customer
from studio.outbox.models import Attempt, Message
from tests.faults import stock
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Due, Verdict, judge
from workflow.models import CallTask

PORTION = 25
JOURNAL = f"""
    CREATE TABLE faults_journal (what text, subject bigint);
    GRANT SELECT, INSERT ON faults_journal TO PUBLIC;
    CREATE FUNCTION faults_note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN EXECUTE format('INSERT INTO faults_journal SELECT %L, ($1).%I', TG_ARGV[0], TG_ARGV[1]) USING NEW;
      RETURN NEW; END$$;
    CREATE TRIGGER zzz_attempt AFTER INSERT ON {Attempt._meta.db_table} FOR EACH ROW
      EXECUTE FUNCTION faults_note('attempt', 'message_id');
    CREATE TRIGGER zzz_change AFTER INSERT ON {BookingEvent._meta.db_table} FOR EACH ROW
      WHEN (NEW.kind IN ('moved', 'cancelled')) EXECUTE FUNCTION faults_note('change', 'appointment_id');
    CREATE TRIGGER zzz_refusal AFTER UPDATE ON {Customer._meta.db_table} FOR EACH ROW
      WHEN (NEW.do_not_contact AND NOT OLD.do_not_contact) EXECUTE FUNCTION faults_note('refusal', 'id');
"""
# The order in which the transactions were committed, by the database itself.
AFTER_THE_CHANGE = f"""
    SELECT m.id FROM faults_journal a
    JOIN {Message._meta.db_table} m ON m.id = a.subject AND m.purpose = 'reminder'
    JOIN {Appointment._meta.db_table} p ON p.id = m.subject_id
    JOIN faults_journal c ON (c.what = 'change' AND c.subject = p.id)
      OR (c.what = 'refusal' AND c.subject = p.customer_id)
    WHERE a.what = 'attempt' AND pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(c.xmin)
"""


def move(appointment: Appointment) -> None:
    """Three days later: no rule of the stock is due for that day yet."""
    begins = appointment.starts_at + timedelta(days=3)
    slot = schedule.Slot(begins, begins + timedelta(hours=1))
    schedule.move(appointment, slot=slot, version=None, by=None, now=timezone.now(), overtime=True)


def cancel(appointment: Appointment) -> None:
    schedule.cancel(appointment, why="ill", by=None, now=timezone.now())


def refuse(appointment: Appointment) -> None:
    files.refuse_contact(appointment.customer, by=None, now=timezone.now())


@scenario("1,000 dates are moved or called off while their message is being sent")
def moved_while_sending(house: House) -> Verdict:
    """No attempt is committed after the change; who got the old time is told the new one."""
    changes = changed_while_sending(house, house.count(1000), (move, cancel))
    news_of = Message.objects.filter(purpose__in=["date_moved", "date_called_off"])
    expected = [replace(due, at=changes[due.appointment]) for due in house_dues(changes)]
    house.wait(lambda: news_of.count() >= len(expected) and not Message.objects.open().exists(), "news", 60)
    house.go_on(1.5)
    arrivals, keys = house.arrivals(), set(map(str, news_of.values_list("key", flat=True)))
    appointments = [due.appointment for due in expected]
    rows = house.rows(appointments, "date_moved") + house.rows(appointments, "date_called_off")
    verdict = judge(
        expected,
        [arrival for arrival in arrivals if arrival.key in keys],
        rows,
        house.called(appointments),
        limit=house.limit,
    )
    old = [arrival for arrival in arrivals if arrival.key not in keys]
    check_old(verdict, house, [arrival.key for arrival in old])
    corrected = {row.recipient for row in rows if row.state in {"sent", "delivered"}}
    corrected |= {due.recipient for due in expected if due.appointment in called(appointments)}
    uncorrected = {arrival.recipient for arrival in old} - corrected
    if uncorrected:
        verdict.wrong.append(
            f"{len(uncorrected)} got the old time and no correction: {sorted(uncorrected)[:3]}"
        )
    verdict.notes.append(
        f"{len(old)} got the old time before it changed, all corrected but {len(uncorrected)}"
    )
    return verdict


@scenario("contact is refused while the message is being sent, 200 trials")
def refused_while_sending(house: House) -> Verdict:
    """R2.2: no attempt is committed after the refusal, and nobody is called about it either."""
    changes = changed_while_sending(house, house.count(200), (refuse,))
    house.wait(lambda: not Message.objects.open().exists(), "all is over", 60)
    house.go_on(1.5)
    verdict = Verdict(due=len(changes))
    keys = [arrival.key for arrival in house.arrivals()]
    verdict.sent = len(keys)
    check_old(verdict, house, keys)
    calls = CallTask.objects.to_make().filter(appointment__in=list(changes))
    if calls.exists():
        verdict.wrong.append(f"{calls.count()} calls to customers who refused contact")
    verdict.notes.append(f"{verdict.sent} of {verdict.due} had gone out before the refusal")
    return verdict


def called(appointments: Sequence[int]) -> set[int | None]:
    return set(CallTask.objects.filter(appointment__in=appointments).values_list("appointment_id", flat=True))


def house_dues(changes: dict[int, float]) -> list[Due]:
    """What is due after the change: its news, before the earlier of the two times."""
    rows = Appointment.objects.filter(pk__in=changes).select_related("customer")
    return [
        Due(row.pk, stock.number_of(row.customer), changes[row.pk], row.starts_at.timestamp()) for row in rows
    ]


def check_old(verdict: Verdict, house: House, keys: Sequence[str]) -> None:
    """The reminders of the old time: at most once each, none begun after the change, their rows true."""
    verdict.doubled += sum(count - 1 for count in Counter(keys).values())
    with connection.cursor() as cursor:
        cursor.execute(AFTER_THE_CHANGE)
        begun = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM faults_journal WHERE what <> 'attempt'")
        noted = cursor.fetchone()[0]  # type: ignore[index]
    if begun:
        verdict.wrong.append(f"{len(begun)} attempts were committed after the change: {begun[:3]}")
    if not noted:
        verdict.wrong.append("no change was noted: the scenario proves nothing")
    for message in Message.objects.filter(purpose="reminder"):
        if (message.state in {"sent", "delivered"}) != (str(message.key) in keys):
            delivered = str(message.key) in keys
            verdict.wrong.append(f"message {message.pk} is {message.state}, delivered: {delivered}")


def changed_while_sending(
    house: House, count: int, kinds: Sequence[Callable[[Appointment], None]]
) -> dict[int, float]:
    """Portions fall due, and each date is changed at a random moment around its sending: appointment → when."""
    with house.ground.administrator() as line:
        line.execute(JOURNAL)  # type: ignore[arg-type]
    house.gateway.ask(default="slow", slow_seconds=0.05)
    house.open()
    dice, changes, lock = random.Random(3), {}, threading.Lock()

    def change(pk: int, at: float, how: Callable[[Appointment], None]) -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        try:
            how(Appointment.objects.select_related("branch", "customer").get(pk=pk))
            with lock:
                changes[pk] = time.time()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        for first in range(0, count, PORTION):
            dues = stock.make_due(min(PORTION, count - first), after=first)
            now = time.monotonic()
            moments = sorted((now + dice.uniform(0, 1.0), due.appointment) for due in dues)
            jobs = [threads.submit(change, pk, at, kinds[pk % len(kinds)]) for at, pk in moments]
            for job in jobs:
                while not job.done():
                    house.go_on(0.05)
                job.result()
    return changes
