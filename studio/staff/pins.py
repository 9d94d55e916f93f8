"""The PIN by which a colleague signs at a screen that several share; guessing rests after a few wrong
ones."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from studio.staff.models import User
from studio.staff.screens import screen_mark

WRONG_PINS = 5
WRONG_AT_ONE_SCREEN = 15
"""Whoever tries one colleague after the other at a screen rests too; colleagues who slip never get so far."""
WAIT_SECONDS = 300


class WrongPin(Exception):
    """The sentence says what to do."""


def check(user: User, raw: str, *, session: str | None) -> None:
    """`WrongPin` unless it is theirs. Five wrong ones of a colleague rest for five minutes, at every screen
    of the house; so do fifteen at one screen, whosever they were."""
    attempt(user, session, lambda: user.check_pin(raw))


def check_own(user: User, raw: str, *, session: str | None) -> None:
    """The PIN or the password of who is signed in, before a shared screen is theirs alone again."""
    attempt(user, session, lambda: user.check_password(raw) or user.check_pin(raw))


def attempt(user: User, session: str | None, is_right: Callable[[], bool]) -> None:
    limits = {f"pin:{user.pk}": WRONG_PINS, f"pins-at:{screen_mark(session)}": WRONG_AT_ONE_SCREEN}
    with transaction.atomic():
        # One after the other: tries sent side by side are counted like all others.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        wrong = {key: cache.get(key, 0) for key in limits}
        rests = any(wrong[key] >= most for key, most in limits.items())
        right = not rests and is_right()
        if right:
            cache.delete(f"pin:{user.pk}")
        elif not rests:
            cache.set_many({key: count + 1 for key, count in wrong.items()}, WAIT_SECONDS)
    # Refused out here, so that the counting stands.
    if rests:
        raise WrongPin(_("Too many wrong PINs. Wait five minutes, or sign in with your password."))
    if not right:
        raise WrongPin(_("This PIN is not right."))
