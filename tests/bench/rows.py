"""Rows by the million: one that was made as the programs make it is multiplied within the database."""

from typing import Any

from django.db import connection
from django.db.models import Model

from tests.faults.ground import Ground


def multiply(ground: Ground, template: Model, count: int, **different: str) -> int:
    """Copy the row of `template` so many times, after the last row; answers the key of the last one before. `different` are SQL expressions in which `n` runs from 1.

    The triggers that keep history are passed by, as when a backup is read in: what is measured here are the
    questions, and those go to these tables.
    """
    columns = [field.column for field in template._meta.concrete_fields]
    key = template._meta.pk.column  # type: ignore[union-attr]
    first = template._meta.default_manager.order_by("-pk").values_list("pk", flat=True)[0]  # type: ignore[union-attr]
    values = {key: f"{first} + n", **different}
    chosen = ", ".join(values.get(column, f'template."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = template._meta.db_table
    with ground.administrator() as line:
        line.execute("SET session_replication_role = replica")
        line.execute(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} AS template,"  # type: ignore[arg-type]
            f" generate_series(1, {count}) AS n WHERE template.{key} = %s",
            [template.pk],
        )
        line.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, key, first + count + 1])
    return int(first)


def saved(model: type[Model], **values: Any) -> Any:
    return model._default_manager.bulk_create([model(**values)])[0]


def tidy(ground: Ground) -> None:
    """As autovacuum leaves it."""
    connection.close()
    with ground.administrator() as line:
        line.execute("VACUUM ANALYZE")
        line.execute("CHECKPOINT")
