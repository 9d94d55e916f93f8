"""What ownership puts on the managers' day: another owner was asked for; somebody claims a customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from customers import disputes, ownership
from customers.models import Dispute, TransferRequest
from customers.owners import owners_of
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import MANAGERS


@dataclass(frozen=True)
class Asked:
    """A request that waits, and to whom the customer could go."""

    request: TransferRequest
    candidates: list[User]


def transfers_waiting(users: Iterable[User], branch: Branch, now: datetime) -> list[Asked]:
    """The managers' duty. It belongs to all of them, whoever is in."""
    rows = ownership.waiting(branch)
    people = list(owners_of(branch)) if rows else []
    return [Asked(row, [person for person in people if person.pk != row.customer.owner_id]) for row in rows]


def disputes_waiting(users: Iterable[User], branch: Branch, now: datetime) -> list[Dispute]:
    return disputes.waiting(branch)


TRANSFERS = Duty(
    title=_("Another consultant asked for"),
    template="customers/_transfers_duty.html",
    roles=frozenset(MANAGERS),
    items=transfers_waiting,
    icon="arrow-right-left",
    order=15,
    link="customers:ownership_open",
)
DISPUTES = Duty(
    title=_("Whose customer?"),
    template="customers/_disputes_duty.html",
    roles=frozenset(MANAGERS),
    items=disputes_waiting,
    icon="scale",
    order=16,
    link="customers:ownership_open",
)
