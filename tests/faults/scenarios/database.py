"""PostgreSQL goes away and comes back; the power goes, and comes back hours later."""

import os
import signal
import time
from contextlib import suppress

import psycopg
from django.db import connection
from django.utils import timezone

from bookings.models import Appointment
from studio import embedded
from studio.outbox.models import Message
from tests.faults import stock
from tests.faults.house import House, NothingHappened
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict

OTHERS = "datname = current_database() AND usename = 'shouwen_worker'"


@scenario("PostgreSQL is restarted in mid-run")
def postgres_restarted(house: House) -> Verdict:
    return away(house, signal.SIGINT)


@scenario("PostgreSQL is killed with -9 in mid-run, and recovers")
def postgres_killed(house: House) -> Verdict:
    return away(house, signal.SIGKILL)


def away(house: House, number: int) -> Verdict:
    house.open()
    feeder = house.feed(house.count(300), seconds=8 * house.scale)
    house.go_on(2 * house.scale)
    connection.close()
    house.ground.stop_postgres(number)
    house.go_on(house.seconds(10))
    house.ground.start_postgres()
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues)


@scenario("one of PostgreSQL's processes is killed with -9, three times")
def postgres_backend_killed(house: House) -> Verdict:
    """The server ends all others too and recovers by its log."""
    house.open()
    feeder = house.feed(house.count(300), seconds=8 * house.scale)
    for _kill in range(3):
        house.go_on(1.5 * house.scale)
        found = house.wait(lambda: worker_backends(house), "somebody is at work in the database")
        os.kill(found[0], signal.SIGKILL)
        house.go_on(0.3)
        embedded.wait_ready(house.ground.postgres)
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    return house.verdict(dues)


def worker_backends(house: House) -> list[int]:
    with suppress(psycopg.OperationalError), house.ground.administrator() as line:
        rows = line.execute(f"SELECT pid FROM pg_stat_activity WHERE {OTHERS}").fetchall()  # type: ignore[arg-type]
        return [int(str(pid)) for (pid,) in rows]
    return []


@scenario("all connections to the database are cut, every half second")
def connections_cut(house: House) -> Verdict:
    house.open()
    feeder = house.feed(house.count(300), seconds=6 * house.scale)
    cut = 0
    with house.ground.administrator() as line:
        while feeder.is_alive():
            house.go_on(0.5)
            answer = line.execute(
                f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OTHERS}"  # type: ignore[arg-type]
            ).fetchone()
            cut += int(str(answer[0])) if answer else 0
    if not cut:
        raise NothingHappened("nobody was connected")
    house.fault_is_over(excuses=True)
    dues = feeder.all()
    house.settle(dues)
    house.notes.append(f"{cut} connections cut")
    return house.verdict(dues)


@scenario("an appointment and a customer's file stay locked; the others are not held up")
def locked_rows(house: House) -> Verdict:
    house.open()
    dues = stock.make_due(house.count(60))
    held, others = dues[len(dues) // 2], [due for due in dues if due is not dues[len(dues) // 2]]
    with house.ground.administrator() as line:
        line.execute("BEGIN")
        line.execute(
            f"SELECT 1 FROM {Appointment._meta.db_table} WHERE id = %s FOR UPDATE",  # type: ignore[arg-type]
            [held.appointment],
        )
        house.settle(others, quiet=0.5)
        line.execute("ROLLBACK")
    house.fault_is_over()
    house.settle(dues)
    house.excused_until = house.fault_ended
    verdict = house.verdict(dues)
    in_time = {due.recipient for due in others}
    for arrival in house.arrivals():
        if arrival.recipient in in_time and arrival.at > held.at + house.limit:
            verdict.wrong.append(f"{arrival.recipient}: held up by somebody else's lock")
    return verdict


@scenario("power gone for hours: what is past its deadline becomes a call, and no burst goes out (F9)")
def power_cut(house: House) -> Verdict:
    """Everything dies with -9 before anything was sent. Half of the deadlines pass in the dark, and
    other reminders fall due in it."""
    house.open()
    count, dark = house.count(40), house.seconds(60)
    with house.held_at("before the lease") as held:
        too_late = stock.make_due(count, starts_in=stock.hours(2) + stock.seconds(4), must="call")
        stands = stock.make_due(count, after=100, must="sent")
        house.wait(lambda: Message.objects.count() >= 2 * count, "the reminders are planned")
        held.kill_all(*[part for part in house.machinery.parts.values() if part.kind != "gateway"])
        for part in house.machinery.parts.values():
            part.wanted = part.kind == "gateway"
    house.ground.stop_postgres(signal.SIGKILL)
    embedded.stop(house.ground.valkey, signal.SIGKILL, 3)
    time.sleep(dark)
    house.ground.start_postgres()
    house.ground.valkey.start()
    embedded.wait_ready(house.ground.valkey)
    connection.close()
    # Fell due in the dark by two rules, and nobody had planned it yet: only the nearest of them speaks.
    for days in (1, 2):
        stock.add_rule(stock.branch(), appointment_kind="selection", days_before=days, at="00:01")
    in_the_dark = stock.make_due(count, after=200, must="sent", kind="selection")
    in_the_dark += stock.make_due(count, after=300, starts_in=stock.hours(1), must="sent", kind="selection")
    if any(due.deadline > timezone.now().timestamp() for due in too_late):
        raise NothingHappened("the dark was too short for the deadlines")
    house.open()
    house.starts_again = False  # it has: from here on everything runs
    house.fault_is_over(excuses=True)
    dues = [*too_late, *stands, *in_the_dark]
    house.settle(dues)
    return house.verdict(dues)
