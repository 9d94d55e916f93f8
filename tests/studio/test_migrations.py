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
