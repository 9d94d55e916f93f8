"""One machine, one command: the embedded servers, web, worker, beat, dispatcher and message sink.

`python -m studio.supervisor` (`make run`) starts them, watches them, starts again what dies, and on
SIGINT, SIGTERM or SIGHUP stops them in order within eight seconds. `python -m studio.supervisor
manage …` runs a Django command against a shop that is running.
"""

import contextlib
import http.client
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO

from studio import processes, runs
from studio.children import Child, Program
from studio.embedded import OWNER, Postgres, Valkey
from studio.environment import ROOT, Environment
from studio.line_up import COMPILE_LANGUAGES, MANAGE, PREPARE, LineUp
from studio.programs import CannotStart

SECONDS_TO_STOP = 6.5  # of the eight that are promised: a busy machine needs some for our own exit
# In this order; whoever is not gone after its seconds is killed. PostgreSQL gets what is left.
STOPPING: tuple[tuple[tuple[str, ...], float], ...] = (
    (("prepare", "languages", "web"), 1.0),
    (("dispatcher", "beat"), 0.5),
    (("worker",), 1.2),
    (("sink",), 0.3),
    (("valkey",), 0.5),
    (("postgres",), 99.0),
)
PROGRESS = "demo shop …"  # how a line of progress begins; the rest of a log stays in the log
SECONDS_TO_PREPARE = 1800  # migrations of years of data, or the demo shop's three months
LOG_LIMIT_BYTES = 50_000_000


class Stopped(Exception):
    """Somebody asked us to stop while we were starting."""


class Supervisor:
    """Everything that one `make run` starts; nothing outlives it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.data = environment.data
        self.run = secrets.token_hex(8)
        self.children: dict[str, Child] = {}
        self.listener: socket.socket | None = None
        self.line_up = LineUp(environment, self.run)
        self.asked_to_stop = 0
        self.record = runs.Record(environment.run)
        self.locks: list[IO[str]] = []
        self.began = time.monotonic()
        self.bell_out, self.bell_in = os.pipe()
        for end in (self.bell_out, self.bell_in):
            os.set_blocking(end, False)

    # --- Signals and waiting ------------------------------------------------------------------

    def install_signals(self) -> None:
        """Our own handlers: whatever was ignored when the shell started us, we can be stopped."""
        signal.set_wakeup_fd(self.bell_in, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup: its user wants us to stay
            signal.signal(number, self.on_signal)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # rings the bell
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        processes.end_with_make()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def pause(self, seconds: float) -> None:
        """Sleep until something happens: a signal or the end of a child."""
        ready, _, _ = select.select([self.bell_out], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.bell_out, 4096)

    def wait_for(self, what: str, answer: Callable[[], bool], *children: Child, seconds: float = 60) -> None:
        """Wait for `answer`; a child that dies before it ends the start with its own last words."""
        until = time.monotonic() + seconds
        while not answer():
            if self.asked_to_stop:
                raise Stopped
            for child in children:
                if child.has_ended():
                    raise CannotStart(f"{child.name} ended while it was starting.{child.last_words()}")
            if time.monotonic() > until:
                raise CannotStart(f"{what} was not ready after {seconds:.0f} s; see {self.data / 'logs'}")
            self.pause(0.03)

    # --- Starting -----------------------------------------------------------------------------

    def start(self) -> None:
        environment = self.environment
        environment.make_folders()
        self.take_locks(environment.run)
        if leftovers := self.record.end_leftovers():
            say(f"An earlier run was cut off; ended what was left of it: {', '.join(map(str, leftovers))}")
        environment.check_servers()
        self.listener = environment.listen()
        environment.make_servers_folder()
        if environment.servers is not None:
            self.take_locks(environment.servers)
        environment.read_secret_key()
        say(f"Shouwen starts ({environment.mode}, data in {self.data})")
        self.save_record()
        # No database needed, so it runs beside the servers' start.
        languages = self.add_program("languages", COMPILE_LANGUAGES, OWNER)
        self.start_servers()
        with self.step("Languages"):
            self.finish(languages)
        demo = environment.mode == "demo"
        with self.step("Database, static files" + (", demo shop" if demo else "")):
            self.finish(self.add_program("prepare", PREPARE, OWNER), SECONDS_TO_PREPARE)
            if self.line_up.postgres:
                self.line_up.postgres.checkpoint()
        with self.step("Web, worker, beat, dispatcher" + (", sink" if demo else "")):
            self.start_programs()
            self.wait_for("The web", self.web_answers, *self.children.values())
        self.save_record()
        self.say_ready()

    def take_locks(self, folder: Path) -> None:
        """One supervisor per data folder, and one per cluster."""
        try:
            self.locks.append(runs.take_lock(folder))
        except runs.AlreadyRuns:
            state = self.record.read()
            raise CannotStart(
                f"Shouwen already runs from {self.data}: {state.get('address') or 'it is just starting'}"
                f" (process {state.get('supervisor', 'unknown')})."
            ) from None

    def start_servers(self) -> None:
        """PostgreSQL and Valkey, where no address of yours was given; both come up at the same time."""
        environment = self.environment
        home = environment.servers
        valkey = postgres = None
        if home is not None and not environment.redis_url:
            log = self.log("valkey")
            valkey = Valkey(home, log=log, account=environment.account, environment=self.line_up.mark)
            self.line_up.valkey = valkey
            self.add("valkey", valkey, signal.SIGTERM)
        if home is not None and not environment.database_url:
            log = self.log("postgres")
            postgres = Postgres(home, log=log, account=environment.account, environment=self.line_up.mark)
            self.line_up.postgres = postgres
            with self.step("PostgreSQL: a new cluster", only_if=postgres.has_no_cluster()):
                postgres.make_cluster()
            child = self.add("postgres", postgres, signal.SIGINT)
            with self.step("PostgreSQL 18"):
                self.wait_for("PostgreSQL", postgres.is_ready, child)
                postgres.make_roles()
        if valkey:
            with self.step("Valkey"):
                self.wait_for_valkey(valkey)

    def start_programs(self) -> None:
        assert self.listener is not None
        listener = self.listener.fileno()
        for name, command, role in self.line_up.programs(listener):
            self.add_program(name, command, role, pass_fds=(listener,) if name == "web" else ())

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def add(self, name: str, server: Postgres | Valkey | Program, stop_signal: int) -> Child:
        """Start a child and watch over it from now on."""
        child = self.children[name] = Child(name, server, stop_signal)
        child.rotate_log()
        child.start()
        return child

    def add_program(self, name: str, command: list[str], role: str, pass_fds: tuple[int, ...] = ()) -> Child:
        settings = self.line_up.settings_for(role)
        program = Program(command, cwd=ROOT, env=settings, log=self.log(name), pass_fds=pass_fds)
        return self.add(name, program, signal.SIGTERM)

    def finish(self, child: Child, seconds: float = 60) -> None:
        """Wait for a child that ends by itself, and pass on what it tells of its progress."""

        def has_ended() -> bool:
            ended = child.has_ended()
            for line in child.news():
                if line.startswith(PROGRESS):
                    say(f"    {line}")
            return ended

        self.wait_for(child.name, has_ended, seconds=seconds)
        code = child.reap()
        del self.children[child.name]
        if code:
            raise CannotStart(f"{child.name} failed (exit code {code}).{child.last_words()}")

    def wait_for_valkey(self, valkey: Valkey) -> None:
        child = self.children["valkey"]
        try:
            self.wait_for("Valkey", valkey.is_ready, child)
        except CannotStart:
            # Its port was snatched, or its files cannot be read: begin again, with empty ones.
            child.reap()
            valkey.set_aside()
            valkey.port = 0
            child.start()
            self.wait_for("Valkey", valkey.is_ready, child)

    def web_answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(*self.environment.local, timeout=2)
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status > 0
            finally:
                connection.close()
        return False

    def save_record(self) -> None:
        """Whom the next start may end if we are killed, and where the servers are."""
        self.record.write(
            {
                "run": self.run,
                "supervisor": os.getpid(),
                "address": self.environment.public_url,
                "listens": self.environment.address,
                "children": {
                    name: [child.pid, processes.start_time(child.pid)]
                    for name, child in self.children.items()
                    if child.pid
                },
                "settings": {
                    name: value
                    for name, value in self.line_up.settings_for(OWNER).items()
                    if os.environ.get(name) != value
                },
            }
        )

    # --- Watching -----------------------------------------------------------------------------

    def watch(self) -> None:
        """Start again whoever dies, with a pause that grows."""
        next_look_at_logs = time.monotonic() + 60
        while not self.asked_to_stop:
            changed = False
            for child in self.children.values():
                if child.has_ended():
                    words = child.last_words()
                    code = child.reap()
                    pause = child.plan_restart()
                    say(f"{child.name} ended by itself ({code}); starting it again in {pause:.0f} s.{words}")
                if child.is_due():
                    child.start()
                    changed = True
            if changed:
                self.save_record()
            if time.monotonic() > next_look_at_logs:
                next_look_at_logs = time.monotonic() + 60
                for child in self.children.values():
                    child.cut_log(LOG_LIMIT_BYTES)
            self.pause(1)

    # --- Stopping -----------------------------------------------------------------------------

    def stop(self) -> None:
        """Everything that we started is gone when this returns, at the latest after eight seconds."""
        until = time.monotonic() + SECONDS_TO_STOP
        patience = self.asked_to_stop  # one more signal, and we no longer wait
        if self.listener is not None:
            self.listener.close()
        for names, limit in STOPPING:
            children = [self.children[name] for name in names if name in self.children]
            for child in children:
                child.ask_to_stop()
            end = min(until, time.monotonic() + limit)
            while any(child.is_alive() for child in children) and time.monotonic() < end:
                if self.asked_to_stop > max(patience, 1):
                    break
                self.pause(0.05)
            for child in children:
                child.reap()
        if self.line_up.postgres:
            self.line_up.postgres.clean()
        self.record.remove()

    # --- Words --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def step(self, what: str, *, only_if: bool = True) -> Iterator[None]:
        began = time.monotonic()
        yield
        if only_if:
            say(f"  {what:<44} {time.monotonic() - began:5.1f} s")

    def say_ready(self) -> None:
        """Address, one sign-in per role, how to stop."""
        line = "─" * 72
        say(line, f"  Shouwen is open: {self.environment.public_url}/", sep="\n")
        if self.environment.public_url != self.environment.address:
            say(f"  It listens on {self.environment.address}/")
        sign_ins = self.environment.run / "sign-ins.txt"
        if self.environment.mode == "demo" and sign_ins.exists():
            say("", *("  " + text for text in sign_ins.read_text().splitlines()), sep="\n")
        say("", "  Stop it with Ctrl-C. The data stay.", line, sep="\n")
        say(f"Ready after {time.monotonic() - self.began:.1f} s. Logs: {self.data / 'logs'}")


def say(*words: str, sep: str = " ") -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; we still stop tidily
        print(*words, sep=sep, flush=True)


def manage(arguments: list[str]) -> int:
    """A Django command with the settings of the shop that runs from this data folder, as its owner."""
    environment = Environment.read(os.environ)
    if not (state := runs.Record(environment.run).read()):
        raise CannotStart("No shop runs from this folder: start one with `make run`.")
    return subprocess.call([*MANAGE, *arguments], env={**os.environ, **state["settings"]}, cwd=ROOT)


def main(arguments: list[str]) -> int:
    supervisor = None
    try:
        if arguments[:1] == ["manage"]:
            return manage(arguments[1:])
        supervisor = Supervisor(Environment.read(os.environ))
        supervisor.install_signals()
        supervisor.start()
        supervisor.watch()
        return 0
    except Stopped:
        return 0
    except CannotStart as reason:
        with contextlib.suppress(OSError):
            print(f"Shouwen cannot start: {reason}", file=sys.stderr, flush=True)
        return 2
    finally:
        if supervisor is not None and supervisor.children:
            say("Stopping …")
            began = time.monotonic()
            supervisor.stop()
            say(f"Stopped in {time.monotonic() - began:.1f} s; nothing is left running.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
