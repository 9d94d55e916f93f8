from studio.outbox.models.alert import Alert
from studio.outbox.models.configuration import (
    WRITTEN,
    Channel,
    Gateway,
    GatewayHealth,
    GatewayKind,
    MessageTemplate,
    Suppression,
)
from studio.outbox.models.message import (
    UNCERTAIN,
    Attempt,
    AttemptOutcome,
    DatabaseClock,
    DeliveryReceipt,
    Message,
    ReceiptStatus,
    State,
)
from studio.outbox.models.running import Heartbeat, PlannerClock

__all__ = [
    "UNCERTAIN",
    "WRITTEN",
    "Alert",
    "Attempt",
    "AttemptOutcome",
    "Channel",
    "DatabaseClock",
    "DeliveryReceipt",
    "Gateway",
    "GatewayHealth",
    "GatewayKind",
    "Heartbeat",
    "Message",
    "MessageTemplate",
    "PlannerClock",
    "ReceiptStatus",
    "State",
    "Suppression",
]
