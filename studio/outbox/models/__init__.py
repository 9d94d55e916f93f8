from studio.outbox.models.configuration import Channel, Gateway, GatewayKind, MessageTemplate, Suppression
from studio.outbox.models.message import UNCERTAIN, Attempt, AttemptOutcome, DatabaseClock, Message, State

__all__ = [
    "UNCERTAIN",
    "Attempt",
    "AttemptOutcome",
    "Channel",
    "DatabaseClock",
    "Gateway",
    "GatewayKind",
    "Message",
    "MessageTemplate",
    "State",
    "Suppression",
]
