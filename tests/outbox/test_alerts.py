"""The bell: who is told of what, once; how it reads; and the pages of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.outbox import alerts
from studio.outbox.models import Alert

pytestmark = pytest.mark.django_db


def test_the_same_thing_rings_once_for_each(shop, now) -> None:
    for _try in range(2):
        alerts.ring([shop.manager], "gateway_back", branch=shop.branch, about="1", now=now, parameters={"gateway": 1})
    assert Alert.objects.count() == 1


def test_page(shop, sign_in) -> None:
    alerts.ring([shop.manager], "gateway_back", branch=shop.branch, about="1", now=timezone.now(), link="/messages/", parameters={"gateway": 1})
    client = sign_in(shop.manager)
    page = client.get("/bell/").content.decode()
    assert "works again" in page
    assert 'data-newest' in client.get("/bell/part/").content.decode()
