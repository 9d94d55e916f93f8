"""What the database itself allows the web's role: everything a day needs, and no rewriting of history."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from bookings import till
from bookings.till import Money
from customers import files
from customers.models import Customer
from customers.party import MemberDraft
from workflow.models import WorkOrder
from workflow.orders import sell_and_open


@pytest.fixture
def as_the_web(shop: SimpleNamespace) -> Iterator[None]:
    """The rest of the test speaks to the database as `shouwen_app`."""
    call_command("grant_roles")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE shouwen_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def order(shop: SimpleNamespace, as_the_web: None, now: datetime) -> WorkOrder:
    people = [MemberDraft(name="李娜", salutation="ms", role="bride")]
    customer = files.open_file(
        branch=shop.branch,
        by=shop.owner,
        now=now,
        owner=shop.owner,
        kind="couple",
        members=people,
        phones=["13800000001"],
    )
    return sell_and_open(
        customer=customer, package_version=shop.package, by=shop.owner, now=now, terms_accepted=True,
        payment=Money("earnest", "cash", Decimal("500")),
    )  # fmt: skip


def test_the_web_s_role_can_do_what_a_day_needs(
    order: WorkOrder, shop: SimpleNamespace, now: datetime
) -> None:
    till.take_payment(
        order.booking, kind="balance", method="cash", amount=Decimal("100"), by=shop.cashier, now=now
    )
    files.edit_file(Customer.objects.get(), version=1, by=shop.owner, now=now, special_care="过敏")
    assert Customer.objects.get().audit_rows.count() >= 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookings_payment SET amount = 1",
        "DELETE FROM bookings_receipt",
        "UPDATE customers_customerevent SET kind = 'nothing'",
        "DELETE FROM workflow_workorderevent",
        "DELETE FROM customers_customeraudit",
        "ALTER TABLE bookings_payment DISABLE TRIGGER ALL",
        "DROP TABLE customers_ownershipchange",
    ],
)
def test_the_web_s_role_cannot_rewrite_history(order: WorkOrder, statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
