"""Numbers and addresses of a file: one file of a branch each, and none for who wants to hear nothing."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from customers.history import tell
from customers.models import ContactKind, ContactPoint, Customer
from customers.numbers import normalise_email, normalise_phone
from customers.registries import refusals
from studio.foundation.audit import acting
from studio.outbox import queue
from studio.outbox.models import Channel, Message, State, Suppression
from studio.staff.models import Branch, User

CHANNELS = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}


class NumberTaken(Exception):
    """The number (or e-mail address) belongs to another file of this branch: `customer`."""

    def __init__(self, customer: Customer, value: str) -> None:
        super().__init__(f"taken by customer {customer.pk}")
        self.customer = customer
        self.value = value


def write_contacts(customer: Customer, kind: str, typed: Iterable[str]) -> bool:
    """Make the numbers (or addresses) of the file these; whether anything changed. Wrong ones stay."""
    values = list(dict.fromkeys(normalised(kind, text, customer.branch) for text in typed if text.strip()))
    there = {point.value: point for point in customer.contact_points.filter(kind=kind, is_wrong=False)}
    gone = set(there) - set(values)
    changed = bool(gone) or list(there) != values
    customer.contact_points.filter(kind=kind, is_wrong=False, value__in=gone).delete()
    for position, value in enumerate(values):
        if value in there:
            if there[value].position != position:
                there[value].position = position
                there[value].save(update_fields=["position"])
            continue
        add_contact(customer, kind, value, position)
    if gone:
        readdress(customer, kind)
    return changed


def normalised(kind: str, text: str, branch: Branch) -> str:
    return normalise_phone(text, region=branch.region) if kind == ContactKind.PHONE else normalise_email(text)


def add_contact(customer: Customer, kind: str, value: str, position: int) -> None:
    """The unique constraint decides, also between two desks; its answer is the file that was first."""
    try:
        with transaction.atomic():
            ContactPoint.objects.create(
                branch_id=customer.branch_id, customer=customer, kind=kind, value=value, position=position
            )
    except IntegrityError:
        first = (
            ContactPoint.objects.filter(branch_id=customer.branch_id, kind=kind, value=value, is_wrong=False)
            .select_related("customer__owner")
            .first()
        )
        if first is None:
            raise
        raise NumberTaken(first.customer, value) from None


def address_now(message: Message) -> str | None:
    """Where the customer of a message is reached now, by its way: the same number while it holds, else the
    first; empty where there is none."""
    kinds = [kind for kind, channel in CHANNELS.items() if channel == message.channel]
    if not kinds or message.about_customer is None:
        return None
    if not Customer.objects.filter(pk=message.about_customer).exists():
        return None
    values = valid(message.about_customer, kinds[0])
    return message.recipient if message.recipient in values else next(iter(values), "")


def valid(customer: int | None, kind: str) -> list[str]:
    """The numbers (or addresses) of a file that are not known to be wrong, the first one first."""
    points = ContactPoint.objects.filter(customer=customer, kind=kind, is_wrong=False)
    return list(points.order_by("position", "pk").values_list("value", flat=True))


def readdress(customer: Customer, kind: str) -> int:
    """What waits for a number that is no longer theirs goes to their first one; how many messages. The file
    is locked. What was tried already, or is being sent this second, stays as it is."""
    values = valid(customer.pk, kind)
    waiting = Message.objects.filter(
        about_customer=customer.pk, channel=CHANNELS[ContactKind(kind)], state=State.QUEUED, attempt=0
    ).exclude(recipient__in=values)
    if not values:
        return 0
    rows = waiting.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    return Message.objects.filter(pk__in=list(rows)).update(recipient=values[0])


def suppress(customer: Customer, *, now: datetime) -> None:
    """No message goes to any of the file's numbers and addresses; what waits for them is withdrawn."""
    # In one order, since each address is locked: two files never wait for each other.
    # What is known to be wrong is a stranger's, or in another file by now.
    theirs = customer.contact_points.filter(is_wrong=False)
    for kind, value in sorted(theirs.values_list("kind", "value")):
        channel = CHANNELS[ContactKind(kind)]
        queue.suppress(branch=customer.branch, channel=channel, address=value, now=now)


def refuse_contact(customer: Customer, *, by: User | None, now: datetime) -> Customer:
    """“Please don't contact me”: at once, for every channel (R2.2). A repeat does nothing.

    Messages that wait are withdrawn; calls are hidden by the queries that list them.
    """
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        if row.do_not_contact:
            return row
        row.do_not_contact = True
        row.save_version("do_not_contact")
        suppress(row, now=now)
        tell(row, "contact_refused", by=by, now=now)
        for listener in refusals:
            listener(row, by, now)
    return row


def allow_contact(customer: Customer, *, by: User | None, now: datetime) -> Customer:
    """They changed their mind, or a button was pressed by mistake: taken back on the record."""
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        if not row.do_not_contact:
            return row
        row.do_not_contact = False
        row.save_version("do_not_contact")
        for kind, value in row.contact_points.values_list("kind", "value"):
            Suppression.objects.filter(
                branch_id=row.branch_id, channel=CHANNELS[ContactKind(kind)], address=value
            ).delete()
        tell(row, "contact_allowed", by=by, now=now)
    return row
