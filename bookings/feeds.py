"""Secret addresses of calendars: made by who reads them, revoked by the same press that ends them.

A feed has no last day: it ends when it is revoked, or when its reader leaves the branch. Only the hash of its
token is kept, so an address is shown once.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.models import CalendarFeed, Resource
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User

TOKEN_BYTES = 24
FOR_GOOD = timedelta(days=100 * 366)
MOST = 10
"""Addresses that one colleague or one resource may have at a time: one for each device is plenty."""
READ_AGAIN = timedelta(hours=1)


def make(
    branch: Branch, *, user: User | None = None, resource: Resource | None = None, by: User, now: datetime
) -> tuple[CalendarFeed, str]:
    """A new feed and its whole address, which nobody can tell again."""
    if live(branch).filter(user=user, resource=resource).count() >= MOST:
        raise ValidationError(_("That is ten addresses already. Revoke one that is not read any more."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with acting(by):
        feed = CalendarFeed.objects.create(
            token_hash=CalendarFeed.hash_of(token),
            branch=branch,
            user=user,
            resource=resource,
            created_by=by,
            created_at=now,
            expires_at=now + FOR_GOOD,
        )
    return feed, settings.PUBLIC_URL + reverse("bookings:calendar", args=[token])


def live(branch: Branch) -> Any:
    return CalendarFeed.objects.filter(branch=branch, revoked_at=None)


def mine(user: User, branch: Branch) -> list[CalendarFeed]:
    return list(live(branch).filter(user=user))


def of_resources(branch: Branch) -> list[CalendarFeed]:
    return list(live(branch).filter(resource__isnull=False).select_related("resource", "created_by"))


def revoke(feed: CalendarFeed, *, by: User, now: datetime) -> None:
    """From now on the address is unknown. A repeat does nothing."""
    with acting(by):
        CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now, revoked_by=by)


def find(token: str, *, now: datetime) -> CalendarFeed | None:
    """The feed of an address; None for one that is unknown, revoked, or whose reader has left."""
    known = CalendarFeed.find(token, now=now)
    if known is None or known.revoked_at is not None:
        return None
    rows = CalendarFeed.objects.select_related("branch", "user", "resource").filter(pk=known.pk)
    still_here = Membership.objects.active().filter(user=known.user_id, branch=known.branch_id)
    if known.user_id is not None and not still_here.exists():
        return None
    return rows.filter(Q(resource=None) | Q(resource__is_active=True), branch__is_active=True).first()


def note_reading(feed: CalendarFeed, *, now: datetime) -> None:
    """When it was last read, so that its owner sees which one is dead; to the hour."""
    long_ago = Q(read_at=None) | Q(read_at__lt=now - READ_AGAIN)
    CalendarFeed.objects.filter(long_ago, pk=feed.pk).update(read_at=now)
