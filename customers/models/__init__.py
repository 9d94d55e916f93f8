from customers.models.consent import Consent, ConsentScope, ConsentSource, ContactWish, Way
from customers.models.contact import ContactKind, ContactPoint
from customers.models.customer import Customer, CustomerEvent, CustomerKind, OwnershipChange
from customers.models.knowledge import Observation, Taboo
from customers.models.member import Member, MemberRole, Salutation
from customers.models.ownership import (
    AnotherConsultantLink,
    AskedBy,
    Dispute,
    DisputeOutcome,
    TransferRequest,
    TransferState,
)
from customers.models.search import SearchToken

__all__ = [
    "AnotherConsultantLink",
    "AskedBy",
    "Consent",
    "ConsentScope",
    "ConsentSource",
    "ContactKind",
    "ContactPoint",
    "ContactWish",
    "Customer",
    "CustomerEvent",
    "CustomerKind",
    "Dispute",
    "DisputeOutcome",
    "Member",
    "MemberRole",
    "Observation",
    "OwnershipChange",
    "Salutation",
    "SearchToken",
    "Taboo",
    "TransferRequest",
    "TransferState",
    "Way",
]
