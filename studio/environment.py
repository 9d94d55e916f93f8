"""What `make run` was asked for: the environment read and checked, in one clear line when it is wrong."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import environ
import psycopg
import redis

from studio import embedded, programs
from studio.processes import Account
from studio.programs import CannotStart

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
PORTS_TRIED = 100
REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "PUBLIC_URL")
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


@dataclass
class Environment:
    """One start: mode, data folder, listening socket, and where the servers are."""

    mode: str
    data: Path
    account: Account | None
    bind: str
    port: int
    port_is_explicit: bool
    public_url: str
    secret_key: str
    database_url: str
    redis_url: str
    own: dict[str, str] = field(default_factory=dict)
    servers: Path | None = None
    _sink_ports: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Environment":
        mode = values.get("STUDIO_MODE") or "demo"
        if mode not in {"demo", "production"}:
            raise CannotStart(f"STUDIO_MODE is {mode!r}: it must be demo or production.")
        if mode == "production":
            missing = [name for name in REQUIRED_IN_PRODUCTION if not values.get(name)]
            if missing:
                raise CannotStart(
                    f"STUDIO_MODE=production needs {' and '.join(missing)}: set it and start again."
                )
        public_url = (values.get("PUBLIC_URL") or "").rstrip("/")
        if public_url and (
            urlsplit(public_url).scheme not in {"http", "https"} or not urlsplit(public_url).hostname
        ):
            raise CannotStart(
                f"PUBLIC_URL is {public_url!r}: it must be an address such as https://studio.example."
            )
        database_url, redis_url = values.get("DATABASE_URL") or "", values.get("REDIS_URL") or ""
        if database_url and urlsplit(database_url).scheme not in DATABASE_SCHEMES:
            raise CannotStart("DATABASE_URL must begin with postgres:// (Shouwen runs on PostgreSQL only).")
        if redis_url and urlsplit(redis_url).scheme not in {"redis", "rediss"}:
            raise CannotStart("REDIS_URL must begin with redis:// or rediss://.")
        account = None if database_url and redis_url else programs.service_account()
        return cls(
            mode=mode,
            data=Path(values.get("STUDIO_DATA") or ROOT / ".data").expanduser().absolute(),
            account=account,
            bind=(values.get("BIND") or "127.0.0.1").strip("[]"),
            port=_port("PORT", values.get("PORT") or str(DEFAULT_PORT)),
            port_is_explicit=bool(values.get("PORT")),
            public_url=public_url,
            secret_key=values.get("SECRET_KEY") or "",
            database_url=database_url,
            redis_url=redis_url,
            own={
                name: values[name]
                for name in ("DATABASE_OWNER_URL", "DATABASE_WORKER_URL", "SINK_HTTP_PORT", "SINK_SMTP_PORT")
                if values.get(name)
            },
        )

    @property
    def run(self) -> Path:
        return self.data / "run"

    def make_folders(self) -> None:
        """The data folder, for its owner only."""
        try:
            if os.geteuid() == 0 and self.data.exists() and (uid := self.data.stat().st_uid):
                raise CannotStart(
                    f"The data folder {self.data} belongs to {Account.of(uid).name}: start as that user."
                )
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.run, self.data / "logs", self.data / "uploads"):
                folder.mkdir(mode=0o700, exist_ok=True)
            (self.run / "lock").touch(mode=0o600)
        except OSError as reason:
            raise CannotStart(
                f"The data folder {self.data} cannot be written ({reason.strerror}): set STUDIO_DATA."
            ) from None

    def make_servers_folder(self) -> None:
        """Where the embedded servers keep their data, if there are any."""
        if not (self.database_url and self.redis_url):
            self.servers = servers_folder(self.data, self.account)

    def listen(self) -> socket.socket:
        """The web's socket, listening from now on, so that nobody takes the port in between."""
        family = socket.AF_INET6 if ":" in self.bind else socket.AF_INET
        last = self.port if self.port_is_explicit else self.port + PORTS_TRIED
        for port in range(self.port, last + 1):
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self.bind, port))
                listener.listen(512)
            except OSError as reason:
                listener.close()
                if isinstance(reason, socket.gaierror) or reason.errno == errno.EADDRNOTAVAIL:
                    raise CannotStart(f"BIND is {self.bind!r}: this machine has no such address.") from None
                if isinstance(reason, PermissionError):
                    raise CannotStart(f"PORT {port} needs more rights: choose one from 1024 up.") from None
                continue
            self.port = listener.getsockname()[1]
            self.public_url = self.public_url or self.address
            return listener
        if self.port_is_explicit:
            raise CannotStart(
                f"PORT {self.port} is taken by another program: choose another, or leave PORT out."
            )
        raise CannotStart(f"No free port from {self.port} to {last}: set PORT.")

    @property
    def local(self) -> tuple[str, int]:
        """Where this machine reaches the web itself."""
        return WILDCARDS.get(self.bind, self.bind), self.port

    @property
    def address(self) -> str:
        host = self.bind
        if host in WILDCARDS:
            host = outward_address() or WILDCARDS[host]
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def read_secret_key(self) -> str:
        """The key of the environment; the demo shop makes one and keeps it, so sessions survive."""
        if not self.secret_key:
            kept = self.data / "secret_key"
            if not kept.exists() or len(kept.read_text()) < 50:
                unfinished = kept.with_suffix(".new")
                unfinished.touch(mode=0o600)
                unfinished.write_text(secrets.token_urlsafe(50))
                unfinished.rename(kept)
            self.secret_key = kept.read_text()
        return self.secret_key

    def sink_ports(self) -> dict[str, str]:
        """Where the sink listens: the ports of the last time when they are still free."""
        kept = self.run / "sink-ports.json"
        if not self._sink_ports:
            wanted = {"SINK_HTTP_PORT": 8025, "SINK_SMTP_PORT": 8026}
            with contextlib.suppress(OSError, ValueError):
                wanted |= json.loads(kept.read_text())
            for name, port in wanted.items():
                if given := self.own.get(name):
                    if embedded.free_port(_port(name, given)) != int(given):
                        raise CannotStart(f"{name} {given} is taken by another program: choose another.")
                    self._sink_ports[name] = given
                else:
                    self._sink_ports[name] = str(embedded.free_port(port))
            kept.write_text(json.dumps({name: int(port) for name, port in self._sink_ports.items()}))
        return self._sink_ports

    def check_servers(self) -> None:
        """Servers of yours must answer before anything is started."""
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_WORKER_URL"):
            if url := (self.database_url if name == "DATABASE_URL" else self.own.get(name, "")):
                _check_database(name, url)
        if self.redis_url:
            try:
                redis.Redis.from_url(self.redis_url, socket_connect_timeout=3, socket_timeout=3).ping()
            except (redis.RedisError, ValueError, OSError) as reason:
                raise CannotStart(f"REDIS_URL does not answer: {_one_line(reason)}") from None


def _check_database(name: str, url: str) -> None:
    try:
        parts = environ.Env.db_url_config(url)
        given = {
            "host": parts["HOST"] or None,
            "port": parts["PORT"] or None,
            "user": parts["USER"] or None,
            "password": parts["PASSWORD"] or None,
            "dbname": parts["NAME"] or None,
        }
        known = {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey"}
        given |= {key: value for key, value in parts.get("OPTIONS", {}).items() if key in known}
        with psycopg.connect(
            connect_timeout=3, **{k: v for k, v in given.items() if v is not None}
        ) as connection:
            version = connection.info.server_version
    except (psycopg.Error, ValueError, OSError) as reason:
        raise CannotStart(f"{name} does not answer: {_one_line(reason)}") from None
    if version < 150000:
        raise CannotStart(f"{name} is PostgreSQL {version // 10000}: Shouwen needs 15 or newer.")


def _one_line(reason: Exception) -> str:
    return " ".join(str(reason).split()) or type(reason).__name__


def _port(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise CannotStart(f"{name} is {value!r}: it must be a number from 1 to 65535.")
    return int(value)


def outward_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return ""


# --- Where the embedded servers keep their data -----------------------------------------------


def servers_folder(data: Path, account: Account | None) -> Path:
    """`servers` in the data folder; where root's service user could not enter it, a link elsewhere.

    The link leads to a folder of this data folder's own under /var/lib/shouwen. Data that were
    copied get a new one, so that two never run on one cluster; data that were moved keep theirs.
    """
    folder = data / "servers"
    if folder.is_symlink() and folder.is_dir():
        home = folder.resolve()
        owner = Path((home / "belongs-to").read_text())
        if owner == data or not owner.joinpath("servers").is_symlink():
            (home / "belongs-to").write_text(str(data))
            return home
    if folder.is_dir() and not folder.is_symlink():
        return folder
    if account is None or programs.can_enter(data.parent, account):
        if account is not None:
            data.chmod(0o711)
        _make_passable(folder)
        return folder
    return _home_elsewhere(folder, data)


def _home_elsewhere(link: Path, data: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    programs.make_shared_home()
    for number in range(1, 1000):
        home = programs.SHARED_HOME / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            _make_passable(home)
            (home / "belongs-to").write_text(str(data))
            link.unlink(missing_ok=True)
            link.symlink_to(home)
            return home
    raise CannotStart(f"{programs.SHARED_HOME} is full of data of folders that are gone: remove some.")


def _make_passable(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o711)  # mkdir's own mode is cut by the umask
