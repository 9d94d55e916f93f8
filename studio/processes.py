"""Child processes that never outlive us, and leftovers of an earlier run told apart from strangers.

Every child gets a session of its own (Ctrl-C in the terminal reaches only the supervisor, which
stops the children in order) and a parent-death signal (after kill -9 of the parent the kernel ends
them). What still survives is recognised at the next start by pid *and* start time, or by the
run's mark in its environment; never by name.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

RUN_MARK = "STUDIO_RUN"
PR_SET_PDEATHSIG = 1
PROC = Path("/proc")
# Looked up before any fork: after it, only what is safe between fork and exec may run.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The operating system's user that a process runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> "Account":
        entry = pwd.getpwuid(uid)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _in_the_child(parent: int, death_signal: int) -> Callable[[], None]:
    def prepare() -> None:
        # Runs after the change of user, which would clear the parent-death signal.
        if _prctl is not None:
            _prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)  # a shell's background job starts with SIGINT ignored
        signal.pthread_sigmask(signal.SIG_SETMASK, set())

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
    account: Account | None = None,
    death_signal: int = signal.SIGKILL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child. Call it from the main thread: the kernel's parent is a thread."""
    return subprocess.Popen(
        [str(part) for part in command],
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
        umask=0o077,
        pass_fds=pass_fds,
        preexec_fn=_in_the_child(os.getpid(), death_signal),
    )


def end_with_make() -> None:
    """When make started us and is killed, stop as on SIGTERM: nobody would know that we still run."""
    if _prctl is None or "MAKELEVEL" not in os.environ:
        return
    with contextlib.suppress(OSError):
        if (PROC / str(os.getppid()) / "comm").read_text().strip() in {"make", "gmake"}:
            _prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def signal_group(pid: int, number: int) -> None:
    """Signal the whole group of a child that `spawn` started (its pid is the group's number)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def start_time(pid: int) -> str | None:
    """When a process started, as a text that no other process with this pid ever had; None: gone."""
    if sys.platform == "linux":
        try:
            after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if after_name[0] in {"Z", "X"} else f"{boot_mark()}:{after_name[19]}"
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def boot_mark() -> str:
    """Start times count from the boot, so a boot's own mark goes with them."""
    with contextlib.suppress(OSError):
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return ""


def marked(run: str) -> Iterator[int]:
    """Processes (grandchildren too) that carry the mark of a run in their environment."""
    wanted = f"{RUN_MARK}={run}".encode()
    for pid in _pids():
        with contextlib.suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                yield pid


def working_in(folder: Path, program: str) -> Iterator[int]:
    """Processes of `program` whose working folder is exactly `folder` (PostgreSQL's own habit)."""
    for pid in _pids():
        with contextlib.suppress(OSError):
            if (
                os.readlink(PROC / str(pid) / "cwd") == str(folder.resolve())
                and Path(os.readlink(PROC / str(pid) / "exe")).name == program
            ):
                yield pid


def _pids() -> list[int]:
    if not PROC.is_dir():
        return []
    return [int(name) for name in os.listdir(PROC) if name.isdigit() and int(name) != os.getpid()]


def end(pids: Sequence[int], first: int = signal.SIGTERM, seconds: float = 3.0) -> None:
    """End processes that the caller has identified as ours: `first`, then SIGKILL."""
    born = {pid: start_time(pid) for pid in pids}
    for number, limit in ((first, seconds), (signal.SIGKILL, 2.0)):
        for pid in (alive := _still(born)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        until = time.monotonic() + limit
        while (alive := _still(born)) and time.monotonic() < until:
            time.sleep(0.05)
        if not alive:
            return


def _still(born: Mapping[int, str | None]) -> list[int]:
    return [pid for pid, then in born.items() if then is not None and start_time(pid) == then]
