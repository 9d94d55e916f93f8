"""R9.1: whatever is promised is written down with who, what and by when, and followed to its end."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from studio.staff.duties import duties
from tests.workflow import orders
from workflow import promises
from workflow.models import Promise, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop, now):
    return orders.sold(shop, now)


def promised(order, shop, now, *, days=3, what="a handwritten card"):
    day = shop.branch.today(now) + timedelta(days=days)
    return promises.promise(order, what=what, by_when=day, by=shop.owner, now=now)


def address(order):
    return reverse("workflow:promises", args=[order.pk])


def typed(shop, **fields):
    day = shop.branch.today(timezone.now()) + timedelta(days=2)
    return {"what": "a card", "by_when": day.isoformat(), "submission": str(uuid.uuid4()), **fields}


def test_r9_1_a_promise_says_who_what_and_by_when(shop, now, order):
    promise = promised(order, shop, now)
    assert (promise.made_by, promise.what, promise.customer) == (
        shop.owner,
        "a handwritten card",
        order.booking.customer,
    )
    assert order.events.get(kind="promised").parameters == {"promise": promise.pk}


@pytest.mark.parametrize(("what", "days"), [("   ", 1), ("a card", -1), ("a card", 4000)])
def test_what_can_not_be_kept_is_not_promised(shop, now, order, what, days):
    with pytest.raises(ValidationError):
        promised(order, shop, now, what=what, days=days)


def test_a_promise_is_kept_once(shop, now, order):
    promise = promised(order, shop, now)
    promises.keep(promise, by=shop.owner, now=now)
    promises.keep(promise, by=shop.colleague, now=now + timedelta(days=1))
    promise.refresh_from_db()
    assert (promise.kept_by, promise.kept_at) == (shop.owner, now)
    assert order.events.filter(kind="promise_kept").count() == 1


def test_r9_1_an_open_promise_keeps_the_order_open_and_the_last_one_kept_closes_it(shop, now):
    order = orders.at_desk(shop, now)
    first, second = promised(order, shop, now), promised(order, shop, now, what="a frame")
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    promises.keep(first, by=shop.owner, now=now)
    assert orders.fresh(order).stage == Stage.PICKUP
    promises.keep(second, by=shop.owner, now=now)
    assert orders.fresh(order).stage == Stage.CLOSED


def test_r9_1_what_is_due_stands_on_the_owners_day_overdue_first(shop, now, order):
    later = promised(order, shop, now, days=6)
    soon = promised(order, shop, now, days=0, what="call about the dress")
    promised(order, shop, now, days=30, what="next month")
    duty = duties["promises"]
    assert duty.items([shop.owner], shop.branch, now) == [soon, later]
    tomorrow = duty.items([shop.owner], shop.branch, now + timedelta(days=1))
    assert [one.is_overdue for one in tomorrow] == [True, False]
    assert duty.items([shop.colleague], shop.branch, now) == []
    promises.keep(soon, by=shop.owner, now=now)
    assert duty.items([shop.owner], shop.branch, now) == [later]


# --- The page -----------------------------------------------------------------------------------------
def test_a_promise_is_written_down_from_the_order_and_a_double_press_makes_one(shop, order, sign_in):
    client, form = sign_in(shop.artist), typed(shop)
    for _press in range(2):
        answer = client.post(address(order), form)
        assert answer.status_code == 302
        assert answer.url.startswith(order.get_absolute_url())
    assert Promise.objects.get().made_by == shop.artist
    assert "a card" in sign_in(shop.owner).get(order.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("what", ""),
        ("what", "x" * 201),
        ("what", "a\x00b"),
        ("by_when", ""),
        ("by_when", "soon"),
        ("by_when", "0001-01-01"),
        ("by_when", "9999-12-31"),
        ("by_when", "2026-02-30"),
        ("by_when", date(2020, 1, 1).isoformat()),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field_and_nothing_is_lost(shop, order, sign_in, field, value):
    answer = sign_in(shop.owner).post(address(order), typed(shop, **{field: value}))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Promise.objects.exists()
    if field == "by_when":
        assert "a card" in answer.content.decode()


def test_kept_is_one_press_for_the_front_desk(shop, now, order, sign_in):
    promise = promised(order, shop, now)
    kept = reverse("workflow:promise_kept", args=[promise.pk])
    assert sign_in(shop.artist).post(kept).status_code == 403
    assert sign_in(shop.neighbour).post(kept).status_code == 404
    assert sign_in(shop.colleague).post(kept, {"back": "today"}).url == reverse("desk:today")
    promise.refresh_from_db()
    assert promise.kept_by == shop.colleague


def test_the_neighbour_promises_nothing_here(shop, order, sign_in):
    assert sign_in(shop.neighbour).post(address(order), typed(shop)).status_code == 404
    assert sign_in(shop.administrator).post(address(order), typed(shop)).status_code == 403
