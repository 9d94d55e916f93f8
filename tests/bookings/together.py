"""Several at the same moment: each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def together(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all at once; the answers in their order, an exception in the place of an answer."""
    barrier = threading.Barrier(len(actions))
    answers: list[Any] = [None] * len(actions)

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=20)
            answers[place] = actions[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers
