"""`manage.py demo`: make the demo shop, or bring it up to today."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from studio.demo import configuration, days
from studio.staff.models import Membership, Role

SHOWN = [
    Role.CONSULTANT,
    Role.DEPARTMENT_STAFF,
    Role.DEPARTMENT_HEAD,
    Role.CASHIER,
    Role.MANAGER,
    Role.GENERAL_MANAGER,
    Role.ADMINISTRATOR,
]


class Command(BaseCommand):
    help = "Make the demo shop, or bring it up to today. The same day again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("The demo shop is refused in production.")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        days.advance(now=timezone.now(), tell=lambda line: self.stderr.write(f"demo shop … {line}"))
        for line in sign_ins():
            self.stdout.write(line)


def sign_ins() -> list[str]:
    """One sign-in per role: role, user name, password."""
    lines = []
    for role in SHOWN:
        place = (
            Membership.objects.filter(role=role, branch__code="sh")
            .select_related("user")
            .order_by("id")
            .first()
        )
        if place is not None:
            lines.append(f"{Role(role).label}: {place.user.username} / {configuration.PASSWORD}")
    return lines
