"""A limit for a whole conversation. A socket's own timeout counts anew with every byte that drips in."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

AGAIN = 0.1


@contextlib.contextmanager
def cut_off_after(seconds: float, line: Callable[[], socket.socket | None]) -> Iterator[threading.Event]:
    """End the conversation on `line()` after `seconds`: whoever reads from it then meets its end.

    `line` is asked when the time is over, and over and over from then on: it may be None while it is being
    connected, and another one once it is encrypted. The event that is given says that the time is over.
    """
    done, over = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        over.set()
        while True:
            with contextlib.suppress(OSError):
                if (current := line()) is not None:
                    # The plain socket's method: a TLS socket's own would take its state from the reader.
                    socket.socket.shutdown(current, socket.SHUT_RDWR)
            if done.wait(AGAIN):
                return

    watcher = threading.Thread(target=watch, name="cut off", daemon=True)
    watcher.start()
    try:
        yield over
    finally:
        done.set()
