"""The tables of an empty database, straight from the models: seconds instead of the minute that the history
of migrations takes, because Django draws the state of all models anew for each of their steps.

The migrations are noted as done in the same transaction; from then on every change goes through them. That
both ways lead to the same tables is kept by tests/studio/test_migrations.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from pghistory.models import Context


def is_empty() -> bool:
    """True while nobody has made a table in this database."""
    return not connection.introspection.table_names()


def build() -> None:
    """Tables, constraints and triggers as the models say, all or nothing; every migration noted as done."""
    with transaction.atomic():
        with without_migrations():
            call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
        Context.install_pgh_attach_context_func()
        pgtrigger.install()
        call_command("migrate", fake=True, interactive=False, verbosity=0)


@contextmanager
def without_migrations() -> Iterator[None]:
    before = settings.MIGRATION_MODULES
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = before
