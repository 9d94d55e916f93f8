"""Several at the same moment: each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection


def together(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all at once; the answers in their order, an exception in the place of an answer.

    They may wait for each other as long as they need: it is asked who wins, not how fast a busy machine is.
    """
    barrier = threading.Barrier(len(actions))
    answers: list[Any] = [None] * len(actions)

    def run(place: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '90s'")
            barrier.wait(timeout=60)
            answers[place] = actions[place]()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers
