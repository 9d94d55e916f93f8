"""Connections that servers keep open, for the next message within a moment."""

import http.client
import os
import select
import threading
import time
from collections import defaultdict
from collections.abc import Hashable

SECONDS = 2.0
"""Most servers keep a connection for five seconds or longer: what is used sooner is rarely cut."""
MOST = 40


class Lines:
    """Idle connections by the place that they lead to. None is used by two, or by two processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._idle: dict[Hashable, list[tuple[float, http.client.HTTPConnection]]] = defaultdict(list)

    def take(self, place: Hashable) -> http.client.HTTPConnection | None:
        """One that was used a moment ago and that the server has not closed since."""
        while True:
            with self._lock:
                self._leave_to_the_parent()
                if not self._idle[place]:
                    return None
                since, line = self._idle[place].pop()
            if time.monotonic() - since < SECONDS and is_quiet(line):
                return line
            line.close()

    def keep(self, place: Hashable, line: http.client.HTTPConnection) -> None:
        """For the next one, if the last answer was read to its end and the server does not hang up."""
        with self._lock:
            self._leave_to_the_parent()
            stale = [one for one in self._idle[place] if time.monotonic() - one[0] >= SECONDS]
            self._idle[place] = [one for one in self._idle[place] if one not in stale]
            if len(self._idle[place]) < MOST and line.sock is not None:
                self._idle[place].append((time.monotonic(), line))
                line = http.client.HTTPConnection("")
        for _since, old in stale:
            old.close()
        line.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, defaultdict(list)
        for lines in idle.values():
            for _since, line in lines:
                line.close()

    def _leave_to_the_parent(self) -> None:
        """After a fork both would speak on the same connection."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._idle = defaultdict(list)


def is_quiet(line: http.client.HTTPConnection) -> bool:
    """Nothing has come unasked: neither the end of the connection nor a word that belongs to nobody."""
    if line.sock is None:
        return False
    poll = select.poll()
    poll.register(line.sock, select.POLLIN | select.POLLHUP | select.POLLERR)
    return not poll.poll(0)


lines = Lines()
