"""Who holds the link proves whose it is by the last four digits of a number of the party, typed once an hour.

A link may be forwarded, or read over a shoulder. Whether the digits were wrong, or so many wrong ones came
before that none counts for a while, looks the same.
"""

import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from customers.models import ContactKind, ContactPoint, Customer
from workflow.models import AppointmentLink

TRIES = 5
REST = timedelta(minutes=15)
LONGEST_REST = timedelta(days=1)
KNOWN_FOR = timedelta(hours=1)
COOKIE, SALT = "known", "workflow.public_digits"
MOST = 1000
"""Wrong tries are counted no further."""


def numbers_of(customer: Customer) -> list[ContactPoint]:
    """The numbers of the party that are not known to be wrong."""
    return list(
        customer.contact_points.filter(kind=ContactKind.PHONE, is_wrong=False).select_related("member")
    )


def check(link: AppointmentLink, digits: str, *, now: datetime) -> bool:
    """Whether these are the last four digits of one of their numbers. After five wrong tries none counts for
    a quarter of an hour, after five more for half an hour, and so on: ten thousand can't be tried."""
    with transaction.atomic():
        row = AppointmentLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
        if row.blocked_until is not None and row.blocked_until > now:
            return False
        points = numbers_of(row.appointment.customer)
        fits = [hmac.compare_digest(point.value[-4:].encode(), digits.encode()) for point in points]
        if any(fits):
            row.wrong_digits, row.blocked_until = 0, None
        else:
            row.wrong_digits = min(row.wrong_digits + 1, MOST)
            if row.wrong_digits % TRIES == 0:
                row.blocked_until = now + rest_after(row.wrong_digits)
        row.save(update_fields=["wrong_digits", "blocked_until"])
        return any(fits)


def rest_after(wrong: int) -> timedelta:
    return min(REST * 2 ** min(wrong // TRIES - 1, 10), LONGEST_REST)


# --- Remembered by the browser --------------------------------------------------------------
def remember(response: HttpResponse, link: AppointmentLink, token: str) -> None:
    """Signed, for this link only, for an hour, and sent nowhere but to the link's own pages."""
    response.set_signed_cookie(
        COOKIE,
        str(link.pk),
        salt=SALT,
        max_age=int(KNOWN_FOR.total_seconds()),
        path=reverse("workflow:confirm", args=[token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_known(request: HttpRequest, link: AppointmentLink) -> bool:
    said = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=int(KNOWN_FOR.total_seconds()))
    return said == str(link.pk)
