"""`manage.py sink`: the mail server and the gateway of the demo shop, until told to stop."""

import logging
import os
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from studio.demo.sink import Sink


class Command(BaseCommand):
    help = "Receive the demo shop's messages; they show on the customer's phone (/demo/phone/)."

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it names every address
        asked = {signal.SIGTERM, signal.SIGINT}
        # Blocked before the first thread starts, so that none of them is interrupted instead of us.
        signal.pthread_sigmask(signal.SIG_BLOCK, asked)
        try:
            sink = Sink(http_port=settings.SINK_HTTP_PORT, smtp_port=settings.SINK_SMTP_PORT)
            sink.start()
        except OSError as reason:
            raise CommandError(f"The sink can't listen: {reason.strerror}.") from None
        signal.sigwait(asked)
        # Whatever was answered is committed: there is nothing to wind down, and nobody should wait.
        logging.shutdown()
        os._exit(0)
