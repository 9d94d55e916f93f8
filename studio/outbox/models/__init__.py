from studio.outbox.models.configuration import Channel, Gateway, GatewayKind, MessageTemplate, Suppression
from studio.outbox.models.message import Attempt, AttemptOutcome, Message, State

__all__ = [
    "Attempt",
    "AttemptOutcome",
    "Channel",
    "Gateway",
    "GatewayKind",
    "Message",
    "MessageTemplate",
    "State",
    "Suppression",
]
