"""One run at a time in a data folder, and what a run that was killed left behind.

A run has a mark, which all its processes carry in their environment, and a record of its children
with their start times. From these the next start knows whom it may end.
"""

import contextlib
import fcntl
import json
import signal
from pathlib import Path
from typing import IO, Any

from studio import processes


class AlreadyRuns(Exception):
    """Another supervisor holds the folder."""


def take_lock(folder: Path) -> IO[str]:
    """Held as long as the file is open; the kernel drops it when we die, however we die."""
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise AlreadyRuns from None
    except OSError:
        pass  # a file system without locks
    return lock


class Record:
    """`run/state.json`: mode 0600, because it holds the addresses of the servers with their passwords."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state.json"

    def read(self) -> dict[str, Any]:
        """What the run that is going on, or was cut off, wrote; empty when none was."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(self.path.read_text()))
        return {}

    def write(self, state: dict[str, Any]) -> None:
        unfinished = self.path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(state, indent=1))
        unfinished.rename(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def end_leftovers(self) -> list[int]:
        """End what a supervisor that was killed left behind, and nothing else; answers with their pids."""
        state = self.read()
        if not state:
            return []
        recorded = [
            pid for pid, born in state["children"].values() if born and processes.start_time(pid) == born
        ]
        leftovers = list(dict.fromkeys((*recorded, *processes.marked(state["run"]))))
        processes.end(leftovers, signal.SIGTERM, seconds=3)
        self.remove()
        return leftovers
