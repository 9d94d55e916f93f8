"""How often one address or number may try a public door. Only keyed hashes are kept, for a day."""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from bookings.models import Knock
from studio.foundation.request import StudioRequest

HOUR = timedelta(hours=1)
KEPT = timedelta(days=1)
LIMITS = {"address": 30, "code": 3, "branch": 200}
"""Tries in an hour: of one address on the net, codes for one number, wishes for one branch."""


class TooManyKnocks(Exception):
    """Somebody knocks too often; `sort` is which of the `LIMITS` is reached."""

    def __init__(self, sort: str) -> None:
        super().__init__(sort)
        self.sort = sort


def key_of(sort: str, value: str) -> str:
    return salted_hmac("bookings.knocks", f"{sort}:{value}", algorithm="sha256").hexdigest()


def knock(*, now: datetime, **values: str) -> None:
    """Count one try for each of these (`address`, `code`, `branch`); `TooManyKnocks` where one is one too
    many. Tries of the same key wait for each other, so that a limit is exact."""
    with transaction.atomic():
        keys = {sort: key_of(sort, value) for sort, value in values.items()}
        for key in sorted(keys.values()):
            hold(key)
        for sort, key in keys.items():
            if Knock.objects.filter(key=key, at__gt=now - HOUR).count() >= LIMITS[sort]:
                raise TooManyKnocks(sort)
        Knock.objects.bulk_create([Knock(key=key, at=now) for key in keys.values()])


def hold(key: str) -> None:
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def sweep(now: datetime) -> int:
    """Planner: what is older than a day is forgotten."""
    return Knock.objects.filter(at__lt=now - KEPT).delete()[0]


def address_of(request: StudioRequest) -> str:
    """Where a request comes from: behind a proxy that we trust, what the proxy says."""
    if settings.SECURE_PROXY_SSL_HEADER:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if told:
            return one_household(str(told)[:64])
    return one_household(str(request.META.get("REMOTE_ADDR", "")))


def one_household(address: str) -> str:
    """IPv6 gives a household more addresses than there are knocks: its network (/64) counts as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network(f"{found.compressed.partition('%')[0]}/64", strict=False))
