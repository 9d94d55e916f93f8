"""Two colleagues who press in the same second."""

import threading
from collections.abc import Callable

from django.db import connection


def both(*presses: Callable[[], object]) -> list[Exception]:
    """Each in its own thread and connection, started together; answers what they were refused with."""
    start, errors = threading.Barrier(len(presses)), []

    def run(press: Callable[[], object]) -> None:
        start.wait()
        try:
            press()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[press]) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
