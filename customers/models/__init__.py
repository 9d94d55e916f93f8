from customers.models.contact import ContactKind, ContactPoint
from customers.models.customer import Customer, CustomerEvent, CustomerKind, OwnershipChange
from customers.models.knowledge import Observation, Taboo
from customers.models.member import Member, MemberRole, Salutation
from customers.models.search import SearchToken

__all__ = [
    "ContactKind",
    "ContactPoint",
    "Customer",
    "CustomerEvent",
    "CustomerKind",
    "Member",
    "MemberRole",
    "Observation",
    "OwnershipChange",
    "Salutation",
    "SearchToken",
    "Taboo",
]
