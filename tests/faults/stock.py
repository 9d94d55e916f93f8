"""The shop that every scenario begins with, and the rows that make something fall due.

The branch's clock shows about noon whenever the command runs (its time zone is chosen so), and it keeps no quiet
hours: what is late here is late because of the fault, not because of the night.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from django.utils import timezone

from bookings.models import Appointment, SchedulingRules
from customers.models import ContactPoint, Customer, Member
from studio.outbox.models import Gateway
from studio.staff.models import Branch
from tests import factories
from tests.faults.gateway import SECRET
from tests.faults.verdict import Due
from workflow.models import ReminderRule

CUSTOMERS = 1200
BRANCH = "sh"
NOTICE = timedelta(hours=2)


def noon_zone(now: datetime) -> str:
    """A time zone whose clocks show between half past eleven and half past twelve."""
    ahead = round(12 - (now.hour + now.minute / 60))
    return (
        "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"
    )  # the signs of these names are the wrong way round


def fill() -> None:
    """A small studio with customers who can be written to, one gateway and one rule; no appointments."""
    shop = factories.make_shop()
    Branch.objects.filter(pk=shop.branch.pk).update(
        time_zone=noon_zone(datetime.now(UTC)),
        quiet_from=None,
        quiet_until=None,
        opens_at=clock_time(0, 30),
        closes_at=clock_time(23, 30),
    )
    SchedulingRules.objects.create(branch=shop.branch, undo_minutes=0)
    Gateway.objects.create(
        branch=shop.branch,
        channel="sms",
        kind="webhook",
        address="http://127.0.0.1:1/messages",
        secret=SECRET,
        sender="首问",
        looks_up=True,
        name_en="SMS",
        name_zh_hans="短信",
        name_zh_hant="簡訊",
    )
    add_rule(shop.branch, days_before=2, at=clock_time(0, 1))
    names = [f"顾客{number:04d}" for number in range(CUSTOMERS)]
    customers = Customer.objects.bulk_create(
        Customer(
            branch=shop.branch,
            name=name,
            name_key=name,
            owner=shop.owner if number % 2 else shop.colleague,
            language="zh-hans",
        )
        for number, name in enumerate(names)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(branch=shop.branch, customer=customer, kind="phone", value=f"+86138{number:08d}")
        for number, customer in enumerate(customers)
    )
    Member.objects.bulk_create(
        Member(customer=customer, name=customer.name, salutation="ms", role="bride") for customer in customers
    )


def branch() -> Branch:
    return Branch.objects.get(code=BRANCH)


def add_rule(where: Branch, **values: Any) -> ReminderRule:
    """A written reminder by text message, as the shop's own rules are saved."""
    standard: dict[str, Any] = {
        "branch": where,
        "appointment_kind": "shoot",
        "action": "message",
        "channel": "sms",
        "name_en": "Reminder",
        "name_zh_hans": "提醒",
        "name_zh_hant": "提醒",
    }
    return ReminderRule.objects.create(**standard | values)


def customers(count: int, *, after: int = 0) -> Sequence[Customer]:
    chosen = Customer.objects.filter(branch__code=BRANCH, name__startswith="顾客").order_by("pk")
    return list(chosen[after : after + count])


def number_of(customer: Customer) -> str:
    return f"+86138{int(customer.name.removeprefix('顾客')):08d}"


def make_due(
    count: int,
    *,
    after: int = 0,
    starts_in: timedelta = timedelta(hours=20),
    must: str = "",
    times: int = 1,
    kind: str = "shoot",
) -> list[Due]:
    """So many appointments whose reminder is due at once (its rule's moment has passed), by customer number.

    The message may go out until two hours before the start; for the last minute, until the start.
    """
    where, begins = branch(), timezone.now() + starts_in
    people = customers(count, after=after)
    assert len(people) == count, "the stock has too few customers"
    at = time.time()
    rows = Appointment.objects.bulk_create(
        Appointment(
            branch=where,
            customer=customer,
            kind=kind,
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
        )
        for customer in people
    )
    deadline = (begins - NOTICE if starts_in > NOTICE else begins).timestamp()
    return [
        Due(
            appointment=row.pk,
            recipient=number_of(customer),
            at=at,
            deadline=deadline,
            must=must,
            times=times,
        )
        for row, customer in zip(rows, people, strict=True)
    ]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
