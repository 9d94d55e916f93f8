"""The PIN by which a colleague signs at a screen that several share; guessing rests after a few wrong
ones."""

from django.core.cache import cache
from django.utils.translation import gettext as _

from studio.staff.models import User

WRONG_PINS = 5
WAIT_SECONDS = 300


class WrongPin(Exception):
    """The sentence says what to do."""


def check(user: User, raw: str) -> None:
    """`WrongPin` unless it is theirs. Five wrong ones rest for five minutes, at every screen of the house."""
    tries = f"pin:{user.pk}"
    if cache.get(tries, 0) >= WRONG_PINS:
        raise WrongPin(_("Too many wrong PINs. Wait five minutes, or sign in with your password."))
    if not user.check_pin(raw):
        cache.set(tries, cache.get(tries, 0) + 1, WAIT_SECONDS)
        raise WrongPin(_("This PIN is not right."))
    cache.delete(tries)


def check_own(user: User, raw: str) -> None:
    """The PIN or the password of who is signed in, before a shared screen is theirs alone again."""
    if not user.check_password(raw):
        check(user, raw)
