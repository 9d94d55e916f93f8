"""One scenario's house: servers, programs, gateway and stock, from opening to the verdict."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from studio.outbox.models import Attempt, Gateway, Message
from tests.faults import stock
from tests.faults.ground import Ground
from tests.faults.machinery import RESTART_AFTER, GatewayProcess, Machinery, Part, wait_for
from tests.faults.sabotage import sabotage
from tests.faults.verdict import Arrival, Due, Row, Verdict, judge
from workflow.models import CallKind, CallTask

LOCK = 424242
QUIET_SECONDS = 1.5  # after all is settled: whoever would send a second time gets the chance
PATIENCE = 40.0  # seconds of the wall clock for everything to be settled, besides three times the limit

MESSAGE, ATTEMPT = Message._meta.db_table, Attempt._meta.db_table
MOMENTS = {
    "while planning": (MESSAGE, "BEFORE INSERT", "true"),
    "before the lease": (MESSAGE, "BEFORE UPDATE", "OLD.state <> 'leased' AND NEW.state = 'leased'"),
    "before the attempt": (ATTEMPT, "BEFORE INSERT", "true"),
    "before the finish": (ATTEMPT, "BEFORE UPDATE", "OLD.outcome = 'open' AND NEW.outcome <> 'open'"),
}
WAITING = """SELECT pid FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' AND datname = current_database()"""


class NothingHappened(Exception):
    """The fault could not be brought about: the scenario proves nothing."""


@dataclass
class House:
    ground: Ground
    folder: Path
    speed: float = 10.0
    scale: float = 1.0
    sabotaged_by: str = ""
    patience: float = 1.0
    fault_ended: float = 0.0
    excused_until: float = 0.0
    start_seconds: float = 0.0
    starts_again: bool = False
    notes: list[str] = field(default_factory=list)
    machinery: Machinery = field(init=False)
    gateway: GatewayProcess = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.machinery = Machinery(self.ground, self.folder, self.speed)

    # --- Opening and closing ------------------------------------------------------------------
    def __enter__(self) -> "House":
        connection.close()
        self.ground.fresh(forced=self.speed == 1)
        if self.sabotaged_by:
            sabotage(self.ground, self.sabotaged_by)
        self.gateway = self.machinery.start_gateway()
        self.point_gateway(self.gateway)
        return self

    def __exit__(self, *reason: object) -> None:
        connection.close()
        strays = self.machinery.end()
        if strays:
            self.notes.append(f"left behind: {strays}")
        self.ground.stop()

    def point_gateway(self, gateway: GatewayProcess, **values: Any) -> None:
        Gateway.objects.filter(branch__code=stock.BRANCH, channel="sms").update(
            address=gateway.address, **values
        )

    def open(self, *, workers: int = 1, dispatchers: int = 1, beats: int = 1, **more: str) -> None:
        """Start the programs, and wait until each says that it is ready."""
        began, parts = time.monotonic(), []
        for kind, count in (("worker", workers), ("dispatcher", dispatchers), ("beat", beats)):
            parts += [self.machinery.start(kind, number=number + 1, **more) for number in range(count)]
        self.machinery.ready(*parts)
        self.start_seconds = max(self.start_seconds, time.monotonic() - began)

    def warm_up(self) -> list[Due]:
        """A few messages first: a gateway that nobody has used yet is tried with one, and batches come after."""
        dues = stock.make_due(4, after=stock.CUSTOMERS - 4, must="sent")
        self.settle(dues, quiet=0.0)
        return dues

    def part(self, name: str) -> Part:
        return self.machinery.parts[name]

    def count(self, number: int, *, least: int = 3) -> int:
        """`number`, or less in the short form that runs among the tests."""
        return max(least, round(number * self.scale))

    def seconds(self, real: float) -> float:
        """Seconds of a real shop, divided like all of its times."""
        return real / self.speed

    # --- Time ---------------------------------------------------------------------------------
    @property
    def limit(self) -> float:
        """Lease + tick + 15 s. Where no sender was left, the time that starting them takes counts besides: it is
        not divided like the other times, and is measured at the opening of the same scenario. Where others work
        on the machine besides, it is `patience` times as long."""
        again = RESTART_AFTER + self.start_seconds if self.starts_again else 0.0
        return (self.seconds(60 + 2 + 15) + again) * self.patience

    def fault_is_over(self, *, excuses: bool = False) -> None:
        """From now on the recovery is measured. `excuses`: nothing could go out while it lasted, so what fell due
        before counts as due now; otherwise its lateness counts from its own moment all the same."""
        self.fault_ended = time.time()
        if excuses:
            self.excused_until = self.fault_ended

    def wait(self, answer: Callable[[], Any], what: str, seconds: float = 0.0) -> Any:
        """Like wait_for, and what dies meanwhile is started again."""

        def asked() -> Any:
            self.machinery.keep_up()
            with contextlib.suppress(OperationalError, InterfaceError):
                return answer()
            connection.close()
            return None

        return wait_for(asked, seconds or 30 * self.patience, what)

    def go_on(self, seconds: float, each: Callable[[], None] = lambda: None, every: float = 0.05) -> None:
        """Let it run for a while; what dies is started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            each()
            self.machinery.keep_up()
            time.sleep(every)

    def settle(self, dues: Sequence[Due], seconds: float = 0.0, quiet: float = QUIET_SECONDS) -> None:
        """Until nothing is open any more, and for a while after it. Not settled in time: the verdict tells."""
        appointments = [due.appointment for due in dues]
        expected = sum(due.times for due in dues)

        def is_settled() -> bool:
            about = Message.objects.filter(purpose="reminder", subject_id__in=appointments)
            if about.open().exists():
                return False
            if len(about.values_list("subject_id", flat=True)) >= expected:
                return True
            ended = set(about.values_list("subject_id", flat=True)) | set(self.called(appointments))
            return len(ended) >= len(appointments) and all(due.times == 1 for due in dues)

        with contextlib.suppress(Exception):
            self.wait(is_settled, "all is settled", seconds or PATIENCE + 3 * self.limit)
        self.go_on(quiet)

    # --- Faults -------------------------------------------------------------------------------
    @contextlib.contextmanager
    def held_at(self, moment: str) -> Iterator["Moment"]:
        """Whoever comes to this moment of a message's way waits there, inside its transaction, uncommitted."""
        table, when, condition = MOMENTS[moment]
        with self.ground.administrator() as line:
            line.execute(
                f"""CREATE OR REPLACE FUNCTION faults_wait() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN NEW; END$$"""
            )
            line.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            line.execute(
                f"CREATE TRIGGER aaa_faults {when} ON {table} FOR EACH ROW WHEN ({condition})"
                " EXECUTE FUNCTION faults_wait()"
            )
            try:
                yield Moment(self, line)
            finally:
                line.execute("SELECT pg_advisory_unlock_all()")
                line.execute(f"DROP TRIGGER aaa_faults ON {table}")

    def restart_postgres(self, number: int) -> None:
        connection.close()
        self.ground.stop_postgres(number)
        self.ground.start_postgres()

    def feed(self, total: int, *, seconds: float, after: int = 0) -> "Feeder":
        """Let `total` messages fall due, spread over so many seconds, from a thread beside the faults."""
        return Feeder(total, seconds, after)

    # --- The verdict --------------------------------------------------------------------------
    def called(self, appointments: Sequence[int]) -> list[int]:
        calls = CallTask.objects.filter(appointment__in=appointments, kind=CallKind.NOT_REACHED)
        return [pk for pk in calls.values_list("appointment_id", flat=True) if pk is not None]

    def rows(self, appointments: Sequence[int], purpose: str = "reminder") -> list[Row]:
        about = Message.objects.filter(purpose=purpose, subject_id__in=appointments)
        return [
            Row(message.subject_id, message.recipient, str(message.key), message.state) for message in about
        ]

    def arrivals(self, *others: GatewayProcess) -> list[Arrival]:
        return [
            Arrival(delivery["key"], delivery["recipient"], delivery["at"])
            for gateway in (self.gateway, *others)
            for delivery in gateway.deliveries()
        ]

    def verdict(
        self, dues: Sequence[Due], *, pause: float = 0.0, others: Sequence[GatewayProcess] = ()
    ) -> Verdict:
        """`pause`: seconds of a real shop for which the rules let it wait besides (a gateway that rests)."""
        appointments = [due.appointment for due in dues]
        verdict = judge(
            dues,
            self.arrivals(*others),
            self.rows(appointments),
            self.called(appointments),
            limit=self.limit + self.seconds(pause),
            fault_ended=self.fault_ended,
            excused_until=self.excused_until,
        )
        if self.starts_again:
            self.notes.append(
                f"starting the programs takes {self.start_seconds:.1f} s: the limit is {self.limit:.1f} s"
            )
        verdict.notes += self.notes
        return verdict


@dataclass
class Moment:
    """Somebody stands at the moment that is held."""

    house: House
    line: Any

    def wait(self) -> list[int]:
        return wait_for(lambda: [pid for (pid,) in self.line.execute(WAITING)], 30, "somebody comes there")

    def kill_all(self, *parts: Part) -> None:
        """kill -9 of the programs; their questions to the database die uncommitted."""
        waiting = self.wait()
        self.house.starts_again = True
        for part in parts:
            part.kill()
        for pid in waiting + [pid for (pid,) in self.line.execute(WAITING)]:
            self.line.execute("SELECT pg_terminate_backend(%s)", [pid])


class Feeder(threading.Thread):
    """Makes messages fall due in small portions. `dues` is complete when it has been joined."""

    def __init__(self, total: int, seconds: float, after: int) -> None:
        super().__init__(name="feeder", daemon=True)
        self.total, self.spread, self.after = total, seconds, after
        self.dues: list[Due] = []
        self.trouble: Exception | None = None
        self.start()

    def run(self) -> None:
        portions = max(1, min(self.total, round(self.spread / 0.25)))
        began = time.monotonic()
        try:
            for number in range(portions):
                time.sleep(max(0.0, began + number * self.spread / portions - time.monotonic()))
                done = len(self.dues)
                wanted = round(self.total * (number + 1) / portions) - done
                if wanted > 0:
                    self.feed(wanted, self.after + done)
        except Exception as trouble:
            self.trouble = trouble
        finally:
            connection.close()

    def feed(self, wanted: int, after: int) -> None:
        for _try in range(600):
            try:
                self.dues += stock.make_due(wanted, after=after)
                return
            except (OperationalError, InterfaceError):  # the database is what is being broken
                connection.close()
                time.sleep(0.1)
        raise NothingHappened("the stock could not be made due")

    def all(self) -> list[Due]:
        self.join(120)
        if self.trouble is not None:
            raise self.trouble
        return self.dues
