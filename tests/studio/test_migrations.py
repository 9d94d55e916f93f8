"""Tests build their tables straight from the models, which is quick; so one test makes sure that the
migrations, which every real shop runs, build the same."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, character_maximum_length, numeric_precision
    FROM information_schema.columns WHERE table_schema = 'public'"""
INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
CONSTRAINTS = """
    SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'x', 'f', 'u', 'p')"""
TRIGGERS = """
    SELECT tgrelid::regclass::text, tgname, pg_get_functiondef(tgfoid) FROM pg_trigger WHERE NOT tgisinternal"""


WIDER = ("auth_group_permissions", "id")
"""Of a setting changed in mid-history Django's own migrations keep the key wider than its model says."""
FUNCTIONS = """
    SELECT proname, md5(pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"""
DONE = "SELECT app, name FROM django_migrations"
THINGS = (
    "SELECT app_label, model FROM django_content_type",
    """SELECT app_label, model, codename FROM auth_permission
    JOIN django_content_type ON django_content_type.id = content_type_id""",
)


OURS = ("foundation_", "staff_", "outbox_", "customers_", "bookings_", "workflow_", "complaints_", "demo_")


def shape(cursor: object, question: str, tables: tuple[str, ...] = OURS) -> set[str]:
    """What stands in the catalogue of these tables, without Django's random suffixes of names."""
    cursor.execute(question)  # type: ignore[attr-defined]
    rows = set()
    for row in cursor.fetchall():  # type: ignore[attr-defined]
        if row[:2] == WIDER:
            continue
        if not str(row[0]).strip('"').startswith(tables):
            continue
        definition = " ".join(str(part) for part in row)
        if question is INDEXES:
            definition = row[0] + " " + row[1].split(" ON ")[1] + (" UNIQUE" if "UNIQUE" in row[1] else "")
        rows.add(definition)
    return rows


@contextmanager
def another_database(suffix: str) -> Iterator[tuple[dict[str, Any], Callable[..., None]]]:
    """An empty database beside the tests' own: how to connect to it, and `manage(*arguments)`."""
    name = f"{connection.settings_dict['NAME']}_{suffix}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    head, _, tail = os.environ["DATABASE_URL"].rpartition("/")
    _old, mark, query = tail.partition("?")
    own = os.environ | {
        "DATABASE_URL": f"{head}/{name}{mark}{query}",
        "DATABASE_STATEMENT_TIMEOUT": "60s",
    }

    def manage(*arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=own, check=True)

    parameters = connection.get_connection_params() | {"dbname": name}
    try:
        yield (
            {k: v for k, v in parameters.items() if k in {"dbname", "host", "port", "user", "password"}},
            manage,
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.mark.django_db(transaction=True)
def test_migrations_build_what_the_models_say_and_so_does_a_first_start() -> None:
    with another_database("migrated") as (parameters, manage), another_database("built") as (new, build):
        manage("migrate", "--noinput", "-v0")
        build("shell", "-v0", "-c", "from studio.foundation.first_tables import build; build()")
        with (
            psycopg.connect(**parameters) as migrated,
            psycopg.connect(**new) as built,
            migrated.cursor() as there,
            built.cursor() as first,
            connection.cursor() as here,
        ):
            for question in [COLUMNS, INDEXES, CONSTRAINTS, TRIGGERS]:
                assert shape(there, question) == shape(here, question)
                assert shape(there, question, ("",)) == shape(first, question, ("",))
            for question in [FUNCTIONS, DONE, *THINGS]:
                assert shape(there, question, ("",)) == shape(first, question, ("",))


FORMER_LEAVE = """
    INSERT INTO staff_branch (name_en, name_zh_hans, name_zh_hant, code, time_zone, currency, region,
        customer_language, phone, address, way_and_parking, opens_at, closes_at, earnest_limit_percent, is_active)
    VALUES ('B', 'B', 'B', 'b', 'Asia/Shanghai', 'CNY', 'CN', 'zh-hans', '', '', '', '9:30', '21:00', 20, true);
    INSERT INTO staff_user (username, display_name, called, language, pin, password, is_superuser, is_staff,
        is_active, first_name, last_name, email, date_joined)
    SELECT name, name, '', '', '', '!', false, false, true, '', '', '', now() FROM unnest(ARRAY['a', 'b']) AS name;
    INSERT INTO staff_leave (branch_id, user_id, deputy_id, starts_on, ends_on)
    SELECT branch.id, a.id, b.id, '2026-05-01', '2026-05-03'
    FROM staff_branch AS branch, staff_user AS a, staff_user AS b WHERE a.username = 'a' AND b.username = 'b'"""
DEPUTIES_NOW = """
    SELECT day::text, deputy.username, state FROM staff_leaveday JOIN staff_leave ON staff_leave.id = leave_id
    JOIN staff_user AS deputy ON deputy.id = deputy_id WHERE is_granted ORDER BY day"""


@pytest.mark.django_db(transaction=True)
def test_r8_1_leave_entered_before_keeps_its_deputy_on_each_day() -> None:
    with another_database("former") as (parameters, manage):
        manage("migrate", "staff", "0001", "-v0")
        with psycopg.connect(**parameters) as former:
            former.execute(FORMER_LEAVE)
        manage("migrate", "staff", "-v0")
        with psycopg.connect(**parameters) as now:
            found = now.execute(DEPUTIES_NOW).fetchall()
    assert found == [(f"2026-05-0{day}", "b", "granted") for day in (1, 2, 3)]


FILLER = {
    "integer": 1, "bigint": 1, "smallint": 1, "numeric": 1, "boolean": True, "jsonb": "{}", "date": "2026-05-01",
    "time without time zone": "9:30", "timestamp with time zone": "2026-05-01 10:00+08", "bytea": b"",
}  # fmt: skip


def insert(shop: Any, table: str, **values: Any) -> int:
    """A row with these values; whatever else must be there is filled in with something. Answers its id."""
    columns = shop.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND is_identity = 'NO' AND column_default IS NULL",
        [table],
    ).fetchall()
    row = {name: FILLER.get(kind, "x") for name, kind in columns} | values
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    return shop.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id",
        list(row.values()),
    ).fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_receipts_and_holds_of_the_release_before_keep_what_they_say() -> None:
    """Money that was taken before is neither lost nor renumbered, and the rows can't be changed afterwards."""
    with another_database("receipts") as (parameters, manage):
        manage("migrate", "customers", "0003", "-v0")
        manage("migrate", "bookings", "0002", "-v0")
        with psycopg.connect(**parameters) as shop:
            branch = insert(shop, "staff_branch", code="b", time_zone="Asia/Shanghai")
            user = insert(shop, "staff_user", username="a")
            customer = insert(shop, "customers_customer", branch_id=branch, owner_id=user, is_active=True)
            package = insert(shop, "bookings_package", branch_id=branch)
            version = insert(shop, "bookings_packageversion", package_id=package, price=100)
            sale = {"branch_id": branch, "customer_id": customer, "sold_by_id": user}
            booking = insert(shop, "bookings_booking", package_version_id=version, state="open", **sale)
            insert(shop, "bookings_priceline", booking_id=booking, amount=100)
            paid = {"booking_id": booking, "by_id": user, "method": "cash"}
            payment = insert(shop, "bookings_payment", kind="prepayment", amount=40, why="", **paid)
            undone = {"kind": "reversal", "amount": -40, "reverses_id": payment, "why": "wrong"}
            reversal = insert(shop, "bookings_payment", **paid, **undone)
            for number, row in enumerate([payment, reversal], start=7):
                insert(shop, "bookings_receipt", branch_id=branch, year=2026, number=number, payment_id=row)
            floor = insert(shop, "bookings_resource", branch_id=branch, kind="floor")
            date = insert(
                shop,
                "bookings_appointment",
                branch_id=branch,
                customer_id=customer,
                booking_id=booking,
                kind="shoot",
                state="planned",
                confirmation="none",
                starts_at="2026-05-20 10:00+08",
                ends_at="2026-05-20 12:00+08",
            )
            span = "[2026-05-20 10:00+08,2026-05-20 12:00+08)"
            held = {"appointment_id": date, "resource_id": floor, "during": span, "is_active": True}
            insert(shop, "bookings_allocation", unit=0, **held)
        manage("migrate", "bookings", "-v0")
        with psycopg.connect(**parameters) as shop:
            papers = shop.execute(
                "SELECT receipt.number, receipt.booking_id, receipt.by_id, payment.amount, payment.account,"
                " receipt.at = payment.at FROM bookings_payment AS payment"
                " JOIN bookings_receipt AS receipt ON receipt.id = payment.receipt_id ORDER BY receipt.number"
            ).fetchall()
            assert papers == [
                (7, booking, user, 40, "price", True),
                (8, booking, user, -40, "price", True),
            ]
            assert shop.execute("SELECT used = during FROM bookings_allocation").fetchall() == [(True,)]
            with pytest.raises(psycopg.errors.RaiseException):
                shop.execute("UPDATE bookings_payment SET amount = 1")
