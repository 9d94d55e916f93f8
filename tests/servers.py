"""An early pytest plugin: one PostgreSQL and one Valkey for each run of pytest.

It is named in `addopts` (`-p tests.servers`), so that the addresses stand in the environment before
pytest-django reads the settings. Workers of xdist use the servers of the run that started them.
Several runs may go on at once: each has servers and a folder of its own. With TEST_DATABASE_URL
(and TEST_REDIS_URL) servers of yours are used and none is started.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import embedded, install, languages, processes, programs

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
PREFIX = "shouwen-tests-"
NO_BROWSER = "no Chromium on this machine"
STARTED_BY = "STUDIO_TEST_SERVERS_OF"  # the run that started them; its workers and children inherit it


class Servers:
    """What one run of pytest started."""

    def __init__(self) -> None:
        self.account = programs.service_account()
        born = (processes.start_time(os.getpid()) or "").rpartition(":")[2]
        base = (
            tempfile.gettempdir() if programs.can_enter(Path(tempfile.gettempdir()), self.account) else "/tmp"
        )
        remove_folders_of_dead_runs(Path(base))
        self.home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{born}-", dir=base))
        self.owner = os.getpid()
        programs.own(self.home, self.account)
        self.postgres = embedded.Postgres(
            self.home,
            log=self.home / "postgres.log",
            account=self.account,
            settings=embedded.TEST_SETTINGS,
        )
        self.valkey = embedded.Valkey(
            self.home, log=self.home / "valkey.log", account=self.account, durable=False
        )

    def start(self) -> None:
        self.valkey.start()
        self.postgres.make_cluster(cached_cluster(self.postgres))
        self.postgres.start()
        embedded.wait_ready(self.postgres)
        self.postgres.make_roles(for_tests=True)
        embedded.wait_ready(self.valkey)

    def stop(self) -> None:
        """The data are thrown away, so nobody waits for a tidy shutdown."""
        if os.getpid() != self.owner:
            return
        embedded.stop(self.postgres, signal.SIGQUIT, 3)
        embedded.stop(self.valkey, signal.SIGKILL, 3)
        self.postgres.clean()
        shutil.rmtree(self.home, ignore_errors=True)


_servers: Servers | None = None


def cached_cluster(postgres: embedded.Postgres) -> Path:
    """A cluster fresh from initdb, kept between runs; made by whoever comes first."""
    template = CACHE / f"postgres-{postgres.template_key}"
    if not template.exists():
        CACHE.mkdir(exist_ok=True)
        fresh = embedded.Postgres(postgres.home, log=postgres.log, account=postgres.account)
        fresh.cluster = postgres.home / "template"
        fresh.make_cluster()
        unfinished = Path(tempfile.mkdtemp(dir=CACHE))
        shutil.copytree(fresh.cluster, unfinished / "cluster")
        with contextlib.suppress(OSError):  # another run was quicker
            (unfinished / "cluster").rename(template)
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(fresh.cluster)
    return template


def remove_folders_of_dead_runs(base: Path) -> None:
    """A run that was killed with -9 takes its servers along, but not its folder."""
    for folder in base.glob(f"{PREFIX}*"):
        pid, born = folder.name.removeprefix(PREFIX).split("-")[:2]
        if not (processes.start_time(int(pid)) or "").endswith(f":{born}"):
            shutil.rmtree(folder, ignore_errors=True)


def set_environment(database_url: str, redis_url: str, data: Path) -> None:
    """What settings read; nothing of the developer's own shell may reach the tests."""
    for name in (
        "PORT",
        "BIND",
        "DATABASE_POOL",
        "DATABASE_OWNER_URL",
        "DATABASE_WORKER_URL",
        "ALLOWED_HOSTS",
    ):
        os.environ.pop(name, None)
    os.environ.update(
        STUDIO_MODE="test",
        SECRET_KEY="a-key-for-tests-only-a-key-for-tests-only-1234567890",
        PUBLIC_URL="http://testserver",
        STUDIO_DATA=str(data),
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
    )


def is_inherited() -> bool:
    return STARTED_BY in os.environ


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config):
    global _servers
    if not is_inherited():
        languages.compile_catalogues()  # git keeps the sentences, not what is made of them
        asks_only = early_config.known_args_namespace
        own_database = os.environ.get("TEST_DATABASE_URL")
        if own_database or asks_only.help or asks_only.version:
            data = Path(tempfile.gettempdir()) / "shouwen-tests-data"
            set_environment(
                own_database or "postgres://nobody@/none",
                os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0"),
                data,
            )
        else:
            try:
                _servers = Servers()
                _servers.start()
            except programs.CannotStart as reason:
                if _servers is not None:
                    _servers.stop()
                raise pytest.UsageError(f"The test servers did not start. {reason}") from None
            except BaseException:
                if _servers is not None:
                    _servers.stop()
                raise
            data = _servers.home / "data"
            data.mkdir(mode=0o700)
            set_environment(_servers.postgres.url(), _servers.valkey.url(), data)
            os.environ[STARTED_BY] = str(os.getpid())
            end_tidily_on_sigterm()
    return (yield)


def end_tidily_on_sigterm() -> None:
    """SIGTERM would end Python at once, and leave the folder behind."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    global _servers
    if _servers is not None:
        _servers.stop()
        _servers = None
        os.environ.pop(STARTED_BY, None)


# --- Browser tests without a browser ----------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not install.find_chromium():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say it loudly and last: a run that left the browser out has not shown that the pages work."""
    yield
    skipped = [
        report for report in terminalreporter.stats.get("skipped", ()) if NO_BROWSER in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"{len(skipped)} tests need Chromium, and there is none on this machine.")
        terminalreporter.write_line(f"To get it: {install.how_to_get_chromium()}.")
