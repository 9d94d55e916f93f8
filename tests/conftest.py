"""One small studio that every test may stand in: two branches, a person in every role, and a neighbour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests import factories

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)  # a Saturday in May, twelve o'clock in Shanghai


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
