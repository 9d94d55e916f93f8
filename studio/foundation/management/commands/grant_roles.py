"""`manage.py grant_roles`: what each database role may do. Run by the owner after every migration."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection

APP_ROLES = ("shouwen_app", "shouwen_worker")


class Command(BaseCommand):
    help = "Give the app's and the worker's database roles their rights; history can only be added to."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(APP_ROLES)])
            roles = [row[0] for row in cursor.fetchall()]
            for role in roles:
                cursor.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
                cursor.execute(
                    f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"'
                )
                cursor.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
                for table in append_only_tables():
                    cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{role}"')


def append_only_tables() -> list[str]:
    """Events, payments, receipts (they carry the append-only trigger), and the audit rows."""
    tables = []
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:  # pghistory reads some of its models from a query
            continue
        triggers = getattr(model._meta, "triggers", [])
        # Not pghistory's own table of contexts: its trigger completes a row that stands there already.
        is_audit = hasattr(model, "pgh_id")
        if is_audit or any(trigger.name == "append_only" for trigger in triggers):
            tables.append(model._meta.db_table)
    return sorted(tables)
