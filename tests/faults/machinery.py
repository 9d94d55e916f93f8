"""The programs of a scenario, as a shop runs them (studio.line_up), and what can be done to them."""

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from studio import processes
from studio.children import Program
from studio.environment import ROOT, Environment
from studio.line_up import LineUp
from tests.faults.ground import Ground

READY = {
    "worker": " ready.",
    "dispatcher": "dispatcher runs",
    "beat": "beat: Starting",
    "web": "Listening at",
    "gateway": "ports ",
}
SECONDS_TO_START = 60.0
RESTART_AFTER = 0.5  # as the supervisor's first pause
T = TypeVar("T")


class NotInTime(Exception):
    """Something that the harness itself needs did not come about."""


def wait_for(answer: Callable[[], T], seconds: float, what: str) -> T:
    until = time.monotonic() + seconds
    while not (found := answer()):
        if time.monotonic() > until:
            raise NotInTime(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.03)
    return found


@dataclass
class Part:
    """One program that runs, or ran."""

    name: str
    kind: str
    program: Program
    ended_at: float | None = None
    wanted: bool = True
    read_from: int = 0

    def start(self) -> None:
        """Its log goes on; what it says from now on is read."""
        log = self.program.log
        self.read_from = log.stat().st_size if log.exists() else 0
        self.program.start()

    @property
    def pid(self) -> int:
        return self.program.process.pid if self.program.process else 0

    def is_alive(self) -> bool:
        return self.program.process is not None and self.program.process.poll() is None

    def signal(self, number: int) -> None:
        """Its whole group: a worker with its children."""
        if self.is_alive():
            processes.signal_group(self.pid, number)

    def kill(self, *, for_good: bool = False) -> None:
        self.wanted = self.wanted and not for_good
        self.signal(signal.SIGKILL)
        if self.program.process is not None:
            self.program.process.wait()

    def children(self) -> list[int]:
        """The worker's own children, which do the sending."""
        with contextlib.suppress(OSError):
            return [
                int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            ]
        return []

    def said(self) -> str:
        """Since its last start."""
        if not self.program.log.exists():
            return ""
        return self.program.log.read_bytes()[self.read_from :].decode(errors="replace")


@dataclass
class GatewayProcess:
    """The recording gateway, from the harness's side."""

    part: Part
    port: int
    control: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def ask(self, **wish: Any) -> dict[str, Any]:
        """Tell it how to behave; what it has recorded so far."""
        line = http.client.HTTPConnection("127.0.0.1", self.control, timeout=20)
        try:
            line.request("POST", "/", body=json.dumps(wish).encode())
            said: dict[str, Any] = json.loads(line.getresponse().read())
        finally:
            line.close()
        if "wrong" in said:
            raise ValueError(f"the gateway knows no {said['wrong']}")
        return said

    def deliveries(self) -> list[dict[str, Any]]:
        return [arrival for arrival in self.ask()["arrivals"] if arrival["delivered"]]


@dataclass
class Machinery:
    """Everything of one scenario that runs beside the servers. Nothing of it outlives `end`."""

    ground: Ground
    folder: Path
    speed: float
    parts: dict[str, Part] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def settings(self, role: str, **more: str) -> dict[str, str]:
        line_up = self.line_up(self.mark)
        return {
            **line_up.settings_for(role),
            "STUDIO_TIMES_DIVIDED_BY": f"{self.speed:g}",
            "LOG_LEVEL": "INFO",
            **more,
        }

    def line_up(self, run: str) -> LineUp:
        """As `make run` has it, in production, with these servers."""
        data = self.folder / "data"
        (data / "run").mkdir(parents=True, exist_ok=True)
        environment = Environment(
            mode="production",
            data=data,
            account=self.ground.account,
            bind="127.0.0.1",
            port=1,
            port_is_explicit=True,
            public_url="http://127.0.0.1",
            secret_key=os.environ["SECRET_KEY"],
            database_url="",
            redis_url="",
        )
        return LineUp(environment, run, self.ground.postgres, self.ground.valkey)

    def start(self, kind: str, *, number: int = 1, listener: int = 0, **more: str) -> Part:
        """One program of a kind; `number` tells several of a kind apart. Not waited for: see `ready`."""
        programs = {
            name: (command, role) for name, command, role in self.line_up(self.mark).programs(listener)
        }
        command, role = programs[kind]
        name = kind if number == 1 else f"{kind} {number}"
        command = [
            word.replace(f"{self.mark}@", f"{self.mark}-{number}@").replace(
                "beat-schedule", f"beat-schedule-{number}"
            )
            for word in command
        ]
        return self.launch(name, kind, command, self.settings(role, **more), listener)

    def launch(
        self, name: str, kind: str, command: list[str], env: dict[str, str], listener: int = 0
    ) -> Part:
        log = self.folder / f"{name.replace(' ', '-')}.log"
        program = Program(command, ROOT, env, log, (listener,) if listener else ())
        part = self.parts[name] = Part(name, kind, program)
        part.start()
        return part

    def start_gateway(self, number: int = 1) -> GatewayProcess:
        name = "gateway" if number == 1 else f"gateway {number}"
        command = [sys.executable, "-m", "tests.faults.gateway"]
        part = self.launch(name, "gateway", command, {**os.environ, processes.RUN_MARK: self.mark})
        self.ready(part)
        ports = part.said().partition("ports ")[2].split()
        return GatewayProcess(part, int(ports[0]), int(ports[1]))

    def start_web(self) -> str:
        """The pages; their address."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.ready(self.start("web", listener=listener.fileno()))
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        listener.close()

        def answers() -> bool:
            with contextlib.suppress(OSError, http.client.HTTPException):
                line = http.client.HTTPConnection(host, timeout=5)
                line.request("GET", "/healthz")
                return line.getresponse().status == 200
            return False

        wait_for(answers, SECONDS_TO_START, "the pages answer")
        return f"http://{host}"

    def ready(self, *parts: Part) -> None:
        for part in parts:
            wait_for(
                lambda part=part: READY[part.kind] in part.said() or not part.is_alive(),  # type: ignore[misc]
                SECONDS_TO_START,
                f"{part.name} is ready",
            )
            if not part.is_alive():
                raise NotInTime(f"{part.name} ended while it was starting:\n{part.said()[-2000:]}")

    def keep_up(self) -> None:
        """What a supervisor does: start again what died. Call it over and over, from the main thread."""
        for part in self.parts.values():
            if not part.wanted or part.is_alive():
                continue
            if part.ended_at is None:
                part.signal(signal.SIGKILL)
                processes.signal_group(part.pid, signal.SIGKILL)
                part.ended_at = time.monotonic()
            elif time.monotonic() - part.ended_at > RESTART_AFTER:
                part.ended_at = None
                part.start()

    def senders(self) -> list[Part]:
        return [part for part in self.parts.values() if part.kind in {"worker", "dispatcher"}]

    def end(self) -> list[int]:
        """Kill all of it; answers what was still there that belonged to nobody (there should be nothing)."""
        for part in self.parts.values():
            part.signal(signal.SIGCONT)
            part.kill(for_good=True)
            processes.signal_group(part.pid, signal.SIGKILL)
        time.sleep(0.05)
        strays = list(processes.marked(self.mark))
        processes.end(strays, signal.SIGKILL)
        return strays


@contextlib.contextmanager
def frozen(*parts: Part) -> Iterator[None]:
    for part in parts:
        part.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for part in parts:
            part.signal(signal.SIGCONT)
