"""Badges (R5.1): a printed card whose code says who its bearer is, where a hand-off has no free hand.

The code is shown once, when the card is made; only its hash is kept. It is good at signed-in screens of the
bearer's own branches and nowhere else. A new card ends the one before.
"""

import base64
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from studio.foundation.audit import acting
from studio.staff.models import Badge, Branch, Membership, User
from studio.staff.models.membership import SERVING

CODE_BYTES = 20
LASTS = timedelta(days=2 * 366)
CODE = re.compile(r"(?:^|/b/)([a-z2-7]{32})(?:/|$)")


def new_badge(user: User, *, by: User, now: datetime) -> tuple[Badge, str]:
    """The badge and its code, which nobody can tell again. Letters and digits that every scanner types
    alike."""
    code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower()
    with transaction.atomic(), acting(by):
        # One after the other: two presses of the button leave one badge.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        end_badge(user, by=by, now=now)
        badge = Badge.objects.create(
            user=user, made_by=by, token_hash=Badge.hash_of(code), created_at=now, expires_at=now + LASTS
        )
    return badge, code


def end_badge(user: User, *, by: User, now: datetime) -> bool:
    """It is lost, or its bearer has left. A repeat does nothing."""
    with acting(by):
        standing = Badge.objects.filter(user=user, ended_at=None)
        return bool(standing.update(ended_at=now, ended_by=by))


def badge_of(user: User, *, now: datetime) -> Badge | None:
    return Badge.standing().filter(user=user, expires_at__gt=now).select_related("made_by").first()


def code_in(text: str) -> str:
    """The code in what a scanner typed: the code alone or the whole address, in capitals too; "" for
    neither."""
    found = CODE.search(text.strip().lower()[:300])
    return found.group(1) if found else ""


def bearer(text: str, *, branch: Branch, now: datetime) -> Membership | None:
    """The place in this branch of whoever bears the badge; None for one that is unknown, ended or of
    elsewhere."""
    code = code_in(text)
    badge = Badge.find(code, now=now) if code else None
    if badge is None or badge.ended_at is not None:
        return None
    places = Membership.objects.active().filter(branch=branch, user=badge.user_id, role__in=SERVING)
    return places.select_related("user", "branch", "department").first()


def address_of(code: str) -> str:
    """What the card's QR code holds: a phone's camera opens it."""
    return settings.PUBLIC_URL + reverse("workflow:badge", args=[code])
