"""Servers of a scenario's own: a copy of a cluster that has the tables and a shop, and an empty broker.

The cluster is made once for each run of the command, in a folder of its own; every scenario gets a fresh copy
at the same address, so that this process (which looks into the rows through Django) never has to change its
settings. Commits are synchronous, as in a shop. With divided times nothing is forced to the disk (fsync): no fault here
takes the machine itself down, and a disk's time is not divided; at real times it is. Commit times are noted, for
the scenarios that ask what was committed first.
"""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg

from studio import embedded, languages, processes, programs
from studio.embedded import ADMINISTRATOR, DATABASE
from tests import servers

PREFIX = "shouwen-faults-"
SETTINGS = {"track_commit_timestamp": "on", "max_connections": "150", "checkpoint_timeout": "30min"}


def remove_folders_of_dead_runs(base: Path) -> None:
    """A run that was killed with -9 takes its programs along, but not its folder."""
    for folder in base.glob(f"{PREFIX}[0-9]*-*-*"):
        pid, born = folder.name.removeprefix(PREFIX).split("-")[:2]
        if not (processes.start_time(int(pid)) or "").endswith(f":{born}"):
            shutil.rmtree(folder, ignore_errors=True)


class Ground:
    def __init__(self) -> None:
        self.account = programs.service_account()
        base = tempfile.gettempdir()
        if not programs.can_enter(Path(base), self.account):
            base = "/tmp"
        remove_folders_of_dead_runs(Path(base))
        born = (processes.start_time(os.getpid()) or "").rpartition(":")[2]
        self.home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{born}-", dir=base))
        self.home.chmod(0o755)
        self.servers = self.home / "servers"
        self.servers.mkdir(mode=0o755)
        programs.own(self.servers, self.account)
        self.template = self.home / "template"
        self.postgres = self.make_postgres()
        self.valkey = self.make_valkey()

    def make_postgres(self) -> embedded.Postgres:
        return embedded.Postgres(
            self.servers, log=self.servers / "postgres.log", account=self.account, settings=SETTINGS
        )

    def make_valkey(self) -> embedded.Valkey:
        return embedded.Valkey(self.servers, log=self.servers / "valkey.log", account=self.account)

    def begin(self) -> None:
        """Sockets first: their folder stands in the address of the database, which never changes."""
        (self.home / "data").mkdir(mode=0o700)
        self.postgres.make_cluster(servers.cached_cluster(self.postgres))
        self.start_postgres()
        self.postgres.make_roles()
        os.environ.update(
            STUDIO_MODE="production",
            SECRET_KEY="a-key-for-faults-only-a-key-for-faults-only-1234567890",
            PUBLIC_URL="http://127.0.0.1",
            STUDIO_DATA=str(self.home / "data"),
            DATABASE_URL=self.postgres.url(),
            DATABASE_STATEMENT_TIMEOUT="0",
            DATABASE_LOCK_TIMEOUT="20s",
            REDIS_URL="redis://127.0.0.1:1/0",
            DJANGO_SETTINGS_MODULE="studio.settings",
            LOG_LEVEL="WARNING",
        )
        os.environ.pop("DATABASE_POOL", None)
        languages.compile_catalogues()

    def keep_as_template(self) -> None:
        """What the database holds now is what every scenario begins with."""
        self.postgres.checkpoint()
        embedded.stop(self.postgres, signal.SIGINT, 20)
        self.postgres.cluster.rename(self.template)

    def fresh(self, *, forced: bool = False) -> None:
        """Both servers anew; whatever the scenario before left is gone. `forced`: commits reach the disk."""
        self.stop()
        self.postgres.settings["fsync"] = "on" if forced else "off"
        shutil.rmtree(self.postgres.cluster, ignore_errors=True)
        shutil.rmtree(self.valkey.folder, ignore_errors=True)
        self.postgres.make_cluster(self.template)
        self.valkey = self.make_valkey()
        self.valkey.start()
        self.start_postgres()
        embedded.wait_ready(self.valkey)

    def start_postgres(self) -> None:
        self.postgres.start()
        embedded.wait_ready(self.postgres)

    def stop_postgres(self, number: int = signal.SIGINT) -> None:
        """SIGINT: as an administrator restarts it. SIGKILL: as a power cut leaves it, its children included."""
        embedded.stop(self.postgres, number, 20)
        self.postgres.end_leftovers()

    def stop(self) -> None:
        embedded.stop(self.postgres, signal.SIGQUIT, 3)
        embedded.stop(self.valkey, signal.SIGKILL, 3)

    def clean(self) -> None:
        self.stop()
        self.postgres.clean()
        shutil.rmtree(self.home, ignore_errors=True)

    def administrator(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A line of the harness's own, that no role's patience ends."""
        return psycopg.connect(self.postgres.url(ADMINISTRATOR, DATABASE), autocommit=True)
