"""Two who wait for each other: the database ends one of them, and that one simply tries again."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg import errors

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 5


def again(action: Callable[[], T]) -> T:
    """Run `action`, a whole transaction; on a deadlock or a serialization failure run it again.

    Inside a transaction of the caller's nothing can be repeated, and the error goes up to where it began.
    """
    tries_left = 1 if connection.in_atomic_block else TRIES
    while True:
        tries_left -= 1
        try:
            return action()
        except OperationalError as error:
            if not tries_left or not isinstance(
                error.__cause__, errors.DeadlockDetected | errors.SerializationFailure
            ):
                raise


def retried(function: Callable[P, T]) -> Callable[P, T]:
    """`again` for a domain function that is one transaction."""

    @wraps(function)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        return again(lambda: function(*args, **kwargs))

    return repeated
