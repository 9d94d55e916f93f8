"""Tests build their tables straight from the models, which is quick; so one test makes sure that the
migrations, which every real shop runs, build the same."""

import os
import subprocess
import sys
from pathlib import Path

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


OURS = ("foundation_", "staff_", "outbox_", "customers_", "bookings_", "workflow_", "complaints_", "demo_")


def shape(cursor: object, question: str) -> set[str]:
    """What stands in the catalogue of our tables, without Django's random suffixes of names."""
    cursor.execute(question)  # type: ignore[attr-defined]
    rows = set()
    for row in cursor.fetchall():  # type: ignore[attr-defined]
        if not str(row[0]).strip('"').startswith(OURS):
            continue
        definition = " ".join(str(part) for part in row)
        if question is INDEXES:
            definition = row[0] + " " + row[1].split(" ON ")[1] + (" UNIQUE" if "UNIQUE" in row[1] else "")
        rows.add(definition)
    return rows


@pytest.mark.django_db(transaction=True)
def test_migrations_build_what_the_models_say() -> None:
    name = f"{connection.settings_dict['NAME']}_migrated"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        address = os.environ["DATABASE_URL"]
        head, _, tail = address.rpartition("/")
        _old, mark, query = tail.partition("?")
        own = os.environ | {
            "DATABASE_URL": f"{head}/{name}{mark}{query}",
            "DATABASE_STATEMENT_TIMEOUT": "60s",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--noinput", "-v0"], cwd=ROOT, env=own, check=True
        )
        parameters = connection.get_connection_params() | {"dbname": name}
        parameters = {
            k: v for k, v in parameters.items() if k in {"dbname", "host", "port", "user", "password"}
        }
        with (
            psycopg.connect(**parameters) as migrated,
            migrated.cursor() as there,
            connection.cursor() as here,
        ):
            for question in [COLUMNS, INDEXES, CONSTRAINTS, TRIGGERS]:
                assert shape(there, question) == shape(here, question)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
