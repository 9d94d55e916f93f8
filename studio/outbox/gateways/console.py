"""Development without any gateway: the message goes into the log."""

import structlog

from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result

log = structlog.get_logger(__name__)


class Console:
    def send(self, envelope: Envelope) -> Answer:
        log.info(
            "message to the console", channel=envelope.channel, to=envelope.recipient, text=envelope.text
        )
        return Answer(Result.ACCEPTED, reference="console")

    def look_up(self, inquiry: Inquiry) -> LookUp:
        return LookUp(Known.CANNOT)
