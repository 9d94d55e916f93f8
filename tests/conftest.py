"""One small studio that every test may stand in: two branches, a person in every role, and a neighbour."""

import functools
import gc
import mimetypes
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.http import Http404, HttpResponse
from django.test import Client
from pghistory.models import Context
from playwright.sync_api import expect
from whitenoise.middleware import WhiteNoiseMiddleware

from tests import factories

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)  # a Saturday in May, twelve o'clock in Shanghai


def pytest_collection_finish() -> None:
    """Six thousand tests lie in memory until the end: nobody need look through them for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tables come straight from the models; their triggers are put on once, which migrations do otherwise."""
    with django_db_blocker.unblock():
        Context.install_pgh_attach_context_func()
        call_command("pgtrigger", "install")


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> Iterator[None]:
    """Only what a test has filled is emptied, row by row: TRUNCATE makes new files for each of some two hundred
    tables and all of their indexes, a second for every test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", deletions)
        yield


TRUNCATE = DatabaseOperations.sql_flush
MAY = "SELECT has_parameter_privilege('session_replication_role', 'SET')"


def deletions(operations: DatabaseOperations, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
    """The statements that empty `tables`; triggers and foreign keys are not asked, since all of it goes."""
    names = [operations.quote_name(table) for table in tables]
    if not names:
        return []
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with operations.connection.cursor() as cursor:
        cursor.execute(MAY)
        if cursor.fetchone() != (True,):  # a database of one's own, by TEST_DATABASE_URL
            return TRUNCATE(operations, style, list(tables), **options)
        cursor.execute(asked)
        filled = [name for (name,) in cursor.fetchall()]
    if not filled:
        return []
    return [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in filled),
        "SET session_replication_role = DEFAULT",
    ]


@pytest.fixture(scope="session", autouse=True)
def files_at_hand() -> Iterator[None]:
    """A page has some fifty stylesheets and scripts: each is read once, and a browser need not ask for it again.
    Nor are all folders looked through for them by each of the test's clients."""

    @functools.cache
    def read(path: str) -> tuple[bytes, str]:
        found = finders.find(path)
        if found is None:
            raise Http404(path)
        return Path(found).read_bytes(), mimetypes.guess_type(found)[0] or "application/octet-stream"

    def serve(handler: StaticFilesHandler, request: Any) -> HttpResponse:
        content, kind = read(handler.file_path(request.path))
        return HttpResponse(content, content_type=kind, headers={"Cache-Control": "max-age=3600"})

    def listed(middleware: WhiteNoiseMiddleware) -> None:
        if not all_files:
            look_through(middleware)
            all_files.update(middleware.files)
        middleware.files = all_files

    all_files: dict[str, Any] = {}
    look_through = WhiteNoiseMiddleware.add_files_from_finders
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "serve", serve)
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", listed)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, for every browser test."""
    # Playwright's loop runs in this thread; the rows are made before a page is opened.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=15_000)  # a busy machine draws slowly
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return {**browser_type_launch_args, "executable_path": chromium, "args": ["--no-sandbox"]}


@pytest.fixture
def enter(live_server: Any, browser: Any, sign_in: Callable[..., Client]) -> Callable[..., Any]:
    """`enter(person, path, viewport=…)`: a browser of their own, signed in, at that page."""

    def open_page(person: Any, path: str, **options: Any) -> Any:
        cookie = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    return open_page


@pytest.fixture(autouse=True)
def quiet_before_the_tables_are_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages are closed, for one that stays open goes on asking and drawing beside all later tests. What a page has
    just asked the live server finishes before the tables are emptied, or the two would wait for each other."""
    if "live_server" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()
    question = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"""
    for _try in range(100):
        with connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.fetchone()[0] == 0:  # type: ignore[index]
                return
        time.sleep(0.05)


@pytest.fixture
def now() -> datetime:
    """A fixed moment for domain questions. Pages use the real clock (or time-machine)."""
    return NOON


@pytest.fixture
def shop(db: Any) -> SimpleNamespace:
    """The branch `shop.branch` with its departments (`shop.front_desk`, `shop.styling`, `shop.shooting`, `shop.selection`,
    `shop.production`, `shop.cashier_desk`), people (`shop.owner` and `shop.colleague`, consultants; `shop.artist`,
    `shop.photographer`, `shop.producer`, department staff; `shop.head`, `shop.cashier`, `shop.manager`, `shop.general_manager`,
    `shop.administrator`), resources, a wedding package of two looks (`shop.package`), and `shop.neighbour`, a manager of another
    branch (`shop.other_branch`)."""
    return factories.make_shop()


@pytest.fixture
def sign_in(client: Client) -> Callable[[Any], Client]:
    """`sign_in(shop.owner)` answers a client of its own for this person."""

    def enter(user: Any) -> Client:
        own = Client()
        own.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return own

    return enter


@pytest.fixture
def tomorrow(now: datetime) -> datetime:
    return now + timedelta(days=1)
