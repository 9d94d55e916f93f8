"""`manage.py dispatch`: the dispatcher, until it is told to stop."""

from typing import Any

from django.core.management.base import BaseCommand

from studio.outbox.dispatcher import Dispatcher


class Command(BaseCommand):
    help = "Find what is due in the outbox and see that it is sent, with the broker or without it."

    def handle(self, *args: Any, **options: Any) -> None:
        Dispatcher().run()
