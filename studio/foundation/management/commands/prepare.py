"""What must stand before the first process serves: tables, rights, static files, in demo the shop.

One process instead of four interpreters, and each step costs nothing when there is nothing to do,
so that the second start takes seconds.
"""

import hashlib
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from studio.foundation import first_tables


class Command(BaseCommand):
    help = "Migrate, grant roles, collect static files and keep the demo shop alive, each where needed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if first_tables.is_empty():
            self.stdout.write("Making the tables.")
            first_tables.build()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        call_command("grant_roles", stdout=self.stdout)
        self.collect_static()
        if settings.IS_DEMO:
            self.keep_demo_alive()

    def collect_static(self) -> None:
        """Copy, hash and compress the static files, only when one of them has changed."""
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                file = Path(storage.path(path))
                digest.update(f"{file}|{file.stat().st_mtime_ns}|{file.stat().st_size}\n".encode())
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        call_command("collectstatic", interactive=False, clear=True, verbosity=1, stdout=self.stdout)
        stamp.write_text(digest.hexdigest())

    def keep_demo_alive(self) -> None:
        """Seed or advance the demo shop; the supervisor shows its sign-ins once everything runs."""
        sign_ins = StringIO()
        call_command("demo", stdout=sign_ins)
        kept = Path(settings.STUDIO_DATA) / "run" / "sign-ins.txt"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(sign_ins.getvalue())
