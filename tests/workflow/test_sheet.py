"""The work-order sheet (F2) and its customer copy (R9.9)."""

import re
from datetime import timedelta

import pytest
from django.test import override_settings

from customers.models import Taboo
from tests.workflow.shoots import arrived, bring, make_order, party, shot_and_back
from workflow import day, handoffs, sheet

MINUTE = timedelta(minutes=1)


def page(client, order, copy="") -> str:
    return client.get(f"/orders/{order.pk}/sheet/{copy}").content.decode()


@pytest.fixture
def delicate(shop, now):
    """An order with everything that a customer's eye must not fall on."""
    order = arrived(shop, now=now, special_care="Pregnant, week 14", name="Quiet & Lady")
    Taboo.objects.create(customer=order.booking.customer, text="Never ask about her parents")
    return order


def test_f2_the_staff_copy_shows_who_had_them_in_and_out(shop, sign_in, now) -> None:
    order = shot_and_back(shop, now=now)
    text = page(sign_in(shop.artist), order)
    for word in ("王老师", "赵老师", "小陈", "12:00", "13:00", "13:30", "White gown", "Evening dress"):
        assert word in text
    steps = sheet.steps(order)
    assert [step.stay.department.kind for step in steps] == [
        "front_desk", "styling", "shooting", "styling", "shooting", "styling", "front_desk",
    ]  # fmt: skip
    assert steps[0].names == ""  # the whole party


def test_f2_what_was_not_done_is_written_on_the_sheet(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    day.leave_undone(order.looks.last(), why="The heel broke", by=shop.photographer, now=now)
    assert "The heel broke" in page(sign_in(shop.owner), order)


def test_r9_12_special_care_and_taboos_come_first_on_the_staff_copy(shop, sign_in, delicate) -> None:
    text = page(sign_in(shop.artist), delicate)
    assert text.index("Pregnant, week 14") < text.index("White gown")
    assert "Never ask about her parents" in text


def test_r9_9_the_customer_copy_holds_nothing_that_costs_face(shop, sign_in, delicate, now) -> None:
    day.leave_undone(delicate.looks.last(), why="She was too tired", by=shop.photographer, now=now)
    day.see_off(
        delicate, mood="unhappy", note="She wept", no_date_because="She is angry", by=shop.owner, now=now
    )
    text = page(sign_in(shop.owner), delicate, "customer/")
    body = text[text.index('<article class="sheet keepsake"') : text.index("</article>")]
    for secret in (
        "Pregnant",
        "parents",
        "tired",
        "wept",
        "angry",
        "5,999",
        "4,999",
        "1,000",
        "¥",
        "CN¥",
        "Balance",
        "unhappy",
        "尾款",
        "贴心提醒",
        "不满意",
    ):
        assert secret not in body
    context = sheet.customer_copy(sheet.orders(shop.branch).get(pk=delicate.pk), now=now)
    assert not {"taboos", "steps", "departures", "undone", "money"} & set(context)
    assert "白纱" in body and "张先生和李女士" in body


def test_the_customer_copy_speaks_the_customers_language(shop, sign_in, now) -> None:
    """The colleague reads English; the paper goes to somebody from Taipei."""
    order = make_order(shop, now=now, language="zh-hant")
    text = page(sign_in(shop.owner), order, "customer/")
    assert 'lang="zh-hant"' in text and "晚禮服" in text
    assert "Evening dress" in page(sign_in(shop.owner), order)


@override_settings(PUBLIC_URL="https://shop.example")
def test_the_code_opens_the_order_and_needs_no_style(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    drawing = sheet.code_of(order)
    assert drawing.startswith("<svg") and "style" not in drawing and "<script" not in drawing
    for copy in ("", "customer/"):
        text = page(sign_in(shop.owner), order, copy)
        assert drawing in text
        assert not re.search(r"<[^>]+\sstyle=", text)


def test_the_sheet_of_an_order_before_the_day_has_room_to_write(shop, sign_in, now) -> None:
    """F9: the evening before, the day's sheets are on paper."""
    order = make_order(shop, now=now, at=now + timedelta(days=1))
    text = page(sign_in(shop.owner), order)
    assert text.count('sheet__sign"') == 9
    assert "王老师" in text and "赵老师" in text  # who is booked


def test_r5_6_who_were_together_share_a_line_and_who_were_apart_do_not(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    together = sheet.steps(order)
    assert len(together) == 2
    first = party(order)[0]
    offers = handoffs.offer(order, members=[first], to=shop.shooting, by=shop.artist, now=now + 2 * MINUTE)
    handoffs.accept(offers, by=shop.photographer, now=now + 3 * MINUTE)
    assert len(sheet.steps(order)) == 4


def test_neighbours_and_administrators_see_no_sheet(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    for copy in ("", "customer/"):
        address = f"/orders/{order.pk}/sheet/{copy}"
        assert sign_in(shop.neighbour).get(address).status_code == 404
        assert sign_in(shop.administrator).get(address).status_code == 403
        assert sign_in(shop.cashier).get(address).status_code == 200
