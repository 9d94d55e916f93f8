"""The first password, by a link that the administrator hands over; the same way out of a forgotten one."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from studio.staff.models import User

VALID_FOR = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
tokens = PasswordResetTokenGenerator()


def invitation_for(user: User) -> str:
    """A link by which `user` sets a password; dead after its use, after signing in, and after three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.PUBLIC_URL + reverse("staff:welcome", args=[uid, tokens.make_token(user)])


def invited(uid: str, token: str) -> User | None:
    """Whose link this is, or None; unknown, used and expired look the same."""
    try:
        pk = int(urlsafe_base64_decode(uid).decode("ascii"))
        user = User.objects.get(pk=pk, is_active=True)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return user if tokens.check_token(user, token) else None
