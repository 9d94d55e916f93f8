"""The programs of a shop: their commands, and the settings that each one is given."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from studio.embedded import APP, OWNER, WORKER, Postgres, Valkey
from studio.environment import ROOT, Environment
from studio.processes import RUN_MARK

MANAGE = [sys.executable, str(ROOT / "manage.py")]
COMPILE_LANGUAGES = [sys.executable, "-m", "studio.languages", "compile"]
PREPARE = [*MANAGE, "prepare"]
CELERY = [sys.executable, "-m", "celery", "-A", "studio"]
# How long each database role waits for an answer and for a lock: a page little, a migration without end.
PATIENCE = {OWNER: ("0", "20s"), APP: ("5s", "3s"), WORKER: ("30s", "3s")}


@dataclass
class LineUp:
    """One run's programs."""

    environment: Environment
    run: str
    postgres: Postgres | None = None
    valkey: Valkey | None = None

    @property
    def mark(self) -> dict[str, str]:
        return {RUN_MARK: self.run}

    def programs(self, listener: int) -> Iterator[tuple[str, list[str], str]]:
        """Name, command and database role of everything that runs as long as the shop is open."""
        web = [sys.executable, "-m", "gunicorn", "studio.wsgi", "--bind", f"fd://{listener}"]
        web += ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "60"]
        web += ["--graceful-timeout", "3", "--keep-alive", "5", "--no-control-socket"]
        yield "web", web, APP
        worker = [*CELERY, "worker", "--loglevel", "INFO", "--concurrency", "2", "-n", f"{self.run}@%h"]
        yield "worker", [*worker, "--without-mingle", "--without-gossip", "--without-heartbeat"], WORKER
        schedule = str(self.environment.run / "beat-schedule")
        yield "beat", [*CELERY, "beat", "--loglevel", "INFO", "--pidfile", "", "-s", schedule], WORKER
        yield "dispatcher", [*MANAGE, "dispatch"], WORKER
        if self.environment.mode == "demo":
            yield "sink", [*MANAGE, "sink"], WORKER

    def settings_for(self, role: str) -> dict[str, str]:
        """The environment of one program: its own database role, its own patience."""
        environment = self.environment
        statement_timeout, lock_timeout = PATIENCE[role]
        return {
            **os.environ,
            **self.mark,
            **environment.sink_ports(),
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "STUDIO_MODE": environment.mode,
            "STUDIO_DATA": str(environment.data),
            "SECRET_KEY": environment.secret_key,
            "PUBLIC_URL": environment.public_url,
            "BIND": environment.bind,
            "PORT": str(environment.port),
            "DATABASE_URL": self.database_url(role),
            "DATABASE_STATEMENT_TIMEOUT": statement_timeout,
            "DATABASE_LOCK_TIMEOUT": lock_timeout,
            "DATABASE_POOL": "true" if role == APP else "false",
            "REDIS_URL": environment.redis_url or (self.valkey.url() if self.valkey else ""),
            **{name: _without_proxy(name) for name in ("NO_PROXY", "no_proxy")},
            "PYTHONUNBUFFERED": "1",
        }

    def database_url(self, role: str) -> str:
        environment = self.environment
        own = {OWNER: "DATABASE_OWNER_URL", WORKER: "DATABASE_WORKER_URL"}.get(role, "")
        embedded = self.postgres.url(role) if self.postgres else ""
        return environment.own.get(own) or environment.database_url or embedded


def _without_proxy(name: str) -> str:
    """The sink is on this machine: a proxy of the user's must not get in between."""
    return ",".join(filter(None, ["127.0.0.1,localhost", os.environ.get(name)]))
