"""What the supervisor watches: a server or a program, its log, its end and its next start."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studio import embedded, processes

FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.5, 30.0, 60.0  # seconds
LOGS_KEPT = 3


class Startable(Protocol):
    """A server of `embedded`, or a Program."""

    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...


@dataclass
class Program:
    """One of our own Python programs."""

    command: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    log: Path
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = processes.spawn(
                self.command, env=self.env, cwd=self.cwd, output=output, pass_fds=self.pass_fds
            )


class Child:
    """A process under supervision. It is reaped only after its group is dead: until then its pid is ours."""

    def __init__(self, name: str, startable: Startable, stop_signal: int) -> None:
        self.name = name
        self.startable = startable
        self.stop_signal = stop_signal
        self.failures = 0
        self.started = 0.0
        self.restart_at: float | None = None
        self.read_up_to = 0

    @property
    def pid(self) -> int | None:
        return self.startable.process.pid if self.startable.process else None

    def start(self) -> None:
        self.restart_at = None
        self.started = time.monotonic()
        self.startable.start()

    def is_alive(self) -> bool:
        return self.pid is not None and not self.has_ended()

    def has_ended(self) -> bool:
        """Ended, and not reaped yet."""
        if self.pid is None:
            return False
        if self.startable.process and self.startable.process.returncode is not None:
            return True
        with contextlib.suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return True

    def reap(self) -> int:
        """End what is left of its group, then let its pid go; the exit code (negative: the signal)."""
        process = self.startable.process
        if process is None:
            return 0
        if process.returncode is None:
            processes.signal_group(process.pid, signal.SIGKILL)
        code = process.wait()
        self.startable.process = None
        return code

    def ask_to_stop(self) -> None:
        self.restart_at = None
        if self.is_alive() and self.startable.process:
            self.startable.process.send_signal(self.stop_signal)

    def plan_restart(self) -> float:
        """Seconds until it starts again: longer each time it dies young."""
        self.failures = 1 if time.monotonic() - self.started > HEALTHY_AFTER else self.failures + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.failures - 1))
        self.restart_at = time.monotonic() + pause
        return pause

    def is_due(self) -> bool:
        return self.restart_at is not None and time.monotonic() >= self.restart_at

    # --- Its log --------------------------------------------------------------------------------

    def last_words(self) -> str:
        """The end of its log, indented below our own line."""
        lines = embedded.last_lines(self.startable.log, 12)
        return "".join(f"\n    {line}" for line in lines) + f"\n    (all of it: {self.startable.log})"

    def news(self) -> list[str]:
        """The whole lines that it has written since the last time somebody asked."""
        with contextlib.suppress(OSError), self.startable.log.open("rb") as log:
            log.seek(self.read_up_to)
            whole, newline, _ = log.read().rpartition(b"\n")
            self.read_up_to += len(whole + newline)
            return whole.decode(errors="replace").splitlines()
        return []

    def rotate_log(self) -> None:
        """Each start begins a new log; the three before stay."""
        log = self.startable.log
        if not log.exists() or not log.stat().st_size:
            return
        for number in range(LOGS_KEPT - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                log.with_suffix(f".{number}.log").rename(log.with_suffix(f".{number + 1}.log"))
        log.rename(log.with_suffix(".1.log"))

    def cut_log(self, limit: int) -> None:
        """A log that has grown too long while running: its process keeps the file, so copy and empty."""
        log = self.startable.log
        with contextlib.suppress(OSError):
            if log.stat().st_size > limit:
                shutil.copyfile(log, log.with_suffix(".1.log"))
                os.truncate(log, 0)
