"""A supervisor started as `make run` starts it, for tests that want the real processes.

with Run(folder, **DEMO) as run:
    run.ready()
    browser.goto(run.address)
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from studio import processes

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_STOP = 8
SECONDS_TO_START = 120
# As a shop runs it; what the demo adds to it has a test of its own, for filling the demo shop takes its time.
PRODUCTION = {"STUDIO_MODE": "production", "SECRET_KEY": "x" * 60, "PUBLIC_URL": "http://127.0.0.1"}
DEMO = {"STUDIO_MODE": "demo", "SECRET_KEY": "", "PUBLIC_URL": ""}
KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


def wait_until(answer: Callable[[], object], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def data_folder(prefix: str = "shouwen-run-") -> Iterator[Path]:
    """A data folder that PostgreSQL's service user may reach, gone afterwards with all that belongs to it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder / "data"
    finally:
        shutil.rmtree((folder / "data/servers").resolve(), ignore_errors=True)
        shutil.rmtree(folder)


class Run:
    """One supervisor, started as make starts it."""

    def __init__(
        self,
        data: Path,
        checkout: Path = ROOT,
        *,
        prepare: Callable[[], None] | None = None,
        output: str = "output",
        **own: str,
    ):
        self.data = data
        self.output = data.parent / f"{data.name}-{output}.txt"
        with self.output.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "studio.supervisor"],
                cwd=checkout,
                env={name: os.environ[name] for name in KEPT if name in os.environ}
                | {"STUDIO_DATA": str(data), "PORT": "0", **PRODUCTION}
                | own,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=prepare,
            )

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *reason: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def said(self) -> str:
        return self.output.read_text()

    def ready(self, seconds: float = SECONDS_TO_START) -> "Run":
        wait_until(lambda: "Ready after" in self.said or self.process.poll() is not None, seconds, "ready")
        assert self.process.poll() is None, self.said
        return self

    @property
    def state(self) -> dict:
        return dict(json.loads((self.data / "run/state.json").read_text()))

    @property
    def address(self) -> str:
        return str(self.state["listens"])

    def pid(self, name: str) -> int:
        return int(self.state["children"][name][0])

    def everything(self) -> dict[int, str | None]:
        """All processes of this run with their start times: children, their children, PostgreSQL's."""
        pids = {
            self.process.pid,
            *(pid for pid, _ in self.state["children"].values()),
            *processes.marked(self.state["run"]),
            *processes.working_in((self.data / "servers").resolve() / "postgres", "postgres"),
        }
        return {pid: processes.start_time(pid) for pid in pids}

    def answers(self, path: str = "/healthz") -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.address + path, timeout=3) as answer:
            return bool(answer.status == 200)
        return False

    def sql(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.state["settings"]["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


def alive(born: dict[int, str | None]) -> list[int]:
    return [pid for pid, then in born.items() if then and processes.start_time(pid) == then]


def gone(born: dict[int, str | None], seconds: float) -> None:
    wait_until(lambda: not alive(born), seconds, f"still running: {alive(born)} of {born}")
