"""What stands on the two copies of the sheet (F2, R9.4, R9.9)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bookings import add_ons
from bookings.models import AddOn, PackageService, Resource
from tests.workflow import orders
from tests.workflow.shoots import arrived, bring, make_order, presence, shot_and_back
from workflow import looks, presences, sheet
from workflow.models import (
    CareNote,
    HandOff,
    Presence,
    Reshoot,
    StayKind,
    Undone,
    WorkOrder,
)
from workflow.presences import Hands

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def fetched(order) -> WorkOrder:
    return sheet.orders(order.branch).get(pk=order.pk)


def staff(order, now):
    return sheet.staff_copy(fetched(order), now=now)


def page(client, order, copy="") -> str:
    return client.get(f"/orders/{order.pk}/sheet/{copy}").content.decode()


def body(client, order) -> str:
    text = page(client, order, "customer/")
    return text[text.index("<article") : text.index("</article>")]


# --- From hand to hand ---------------------------------------------------------------------------------
def test_f2_each_line_says_how_it_was_signed(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    first, second = staff(order, now)["steps"]
    assert first.signed == "on screen" and second.signed == "taken over on screen"
    HandOff.objects.update(way="together")
    assert staff(order, now)["steps"][1].signed == "given and taken together"


def test_r5_1_assistants_stand_beside_who_has_them(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    HandOff.objects.update(assistant=shop.colleague)
    with translation.override("zh-hans"):
        assert staff(order, now)["steps"][1].who == "王老师、小周"


def test_r5_6_a_side_trip_has_its_place_and_a_gap_only_the_staff_copy(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    bride = presence(order, "李娜")
    presences.change(
        bride,
        Hands(shop.owner, shop.front_desk, StayKind.STEPPED_OUT, "洗手间"),
        by=shop.owner,
        at=now + MINUTE,
    )
    presences.change(bride, Hands(None, shop.front_desk, StayKind.ALONE), by=shop.owner, at=now + 3 * MINUTE)
    presences.change(bride, Hands(shop.owner, shop.front_desk), by=shop.owner, at=now + 5 * MINUTE)
    lines = staff(order, now)["steps"]
    assert [line.is_gap for line in lines].count(True) == 1
    assert any("洗手间" in line.where for line in lines)
    client = sign_in(shop.owner)
    assert "sheet__gapped" in page(client, order) and "Unattended" in page(client, order)
    assert "Unattended" not in body(client, order) and "洗手间" not in body(client, order)
    assert not any(line.is_gap for line in sheet.steps(fetched(order), gaps=False))


def test_f9_what_is_not_signed_yet_can_be_signed_by_hand(shop, now) -> None:
    tomorrow = make_order(shop, now=now, at=now + DAY)
    blanks = [(blank.kind, blank.what) for blank in staff(tomorrow, now)["blanks"]]
    assert blanks == [
        ("front_desk", ""),
        ("styling", "White gown"),
        ("shooting", "White gown"),
        ("styling", "Evening dress"),
        ("shooting", "Evening dress"),
        ("styling", "headdress and makeup off"),
        ("front_desk", ""),
        ("", ""),
        ("", ""),
    ]
    begun = arrived(shop, now=now, resources=[])
    assert staff(begun, now)["blanks"][0].kind == "styling"
    over = orders.in_selection(shop, now)
    assert len(staff(over, now)["blanks"]) == 3  # nobody was recorded: the desk, and two spare lines


def test_f9_where_they_stand_already_is_not_asked_for_twice(shop, now) -> None:
    """The line of who has them is on the sheet; the first empty one is where they go next."""
    order = arrived(shop, now=now, resources=[])
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    first = staff(order, now)["blanks"][0]
    assert (first.kind, first.what) == ("shooting", "White gown")
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 2 * MINUTE)
    first = staff(order, now)["blanks"][0]
    assert (first.kind, first.what) == ("styling", "Evening dress")
    looks.tick_look(order.looks.first(), by=shop.photographer, now=now + 3 * MINUTE)
    first = staff(order, now)["blanks"][0]
    assert (first.kind, first.what) == (
        "styling",
        "Evening dress",
    )  # still on the floor, with a look that is done
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now + 4 * MINUTE)
    first = staff(order, now)["blanks"][0]
    assert (first.kind, first.what) == ("shooting", "Evening dress")


def test_f2_a_day_that_is_over_has_no_empty_lines(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    for row in Presence.objects.filter(work_order=order):
        presences.finish(row, at=now + 8 * 60 * MINUTE)
    assert staff(order, now)["blanks"] == []


# --- The rest of the staff copy ---------------------------------------------------------------------------
def test_f2_package_people_things_lockers_and_meals(shop, sign_in, now) -> None:
    PackageService.objects.create(
        version=shop.package, name_en="Breakfast", name_zh_hans="早餐", name_zh_hant="早餐"
    )
    helper = Resource.objects.create(
        branch=shop.branch, kind="assistant", user=shop.colleague, name_en="Zhou"
    )
    held = [shop.photographer_resource, shop.artist_resource, shop.floor, helper]
    order = make_order(shop, now=now, resources=held)
    extra = AddOn.objects.create(branch=shop.branch, kind="service", price=300, name_en="Sunrise call")
    add_ons.sell(order.booking, extra, by=shop.owner, now=now)
    CareNote.objects.create(branch=shop.branch, work_order=order, kind="locker", what="17", by=shop.owner)
    CareNote.objects.create(branch=shop.branch, work_order=order, kind="meal", what="noodles", by=shop.owner)
    text = page(sign_in(shop.artist), order)
    for word in ("Album", "Frame", "Breakfast", "Sunrise call", "小周", "Floor 1", "17", "noodles"):
        assert word in text
    copy = body(sign_in(shop.owner), order)
    assert "小周" in copy and "17</" not in copy and "noodles" not in copy


def test_f2_a_service_that_was_taken_back_is_not_on_the_sheet(shop, now) -> None:
    order = make_order(shop, now=now)
    extra = AddOn.objects.create(branch=shop.branch, kind="service", price=300, name_en="Sunrise call")
    line = add_ons.sell(order.booking, extra, by=shop.owner, now=now)
    assert staff(order, now)["services"] == ["Sunrise call"]
    add_ons.take_back(line, why="Rain", by=shop.manager, now=now)
    assert staff(order, now)["services"] == []


def test_f2_what_was_not_done_and_what_becomes_of_it(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    settled = {"settled_at": now, "settled_by": shop.owner}
    common = {"branch": shop.branch, "work_order": order, "by": shop.owner, "at": now}
    date = orders.dated(order, "fitting", now + 3 * DAY, now=now)
    Undone.objects.create(what="Veil", why="It tore", appointment=date, **settled, **common)
    Undone.objects.create(what="Beach", why="Rain", let_go="We have enough", **settled, **common)
    Undone.objects.create(what="Car", why="It broke down", **common)
    client = sign_in(shop.owner)
    text = page(client, order)
    for word in ("It tore", "a date of its own", "let go: We have enough", "to be agreed by the owner"):
        assert word in text
    for word in ("Veil", "tore", "Rain", "broke down"):
        assert word not in body(client, order)


def test_f2_a_reshoot_is_said_on_the_staff_copy_alone(shop, sign_in, now) -> None:
    order = orders.in_selection(shop, now)
    Reshoot.objects.create(work_order=order, kind="again", cause="ours", why="Out of focus", by=shop.owner)
    client = sign_in(shop.owner)
    assert "Out of focus" in page(client, order)
    assert "Out of" not in body(client, order)


def test_r9_10_hopes_are_for_who_serves(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    order.booking.hopes = "Natural smiles"
    order.booking.save(update_fields=["hopes"])
    client = sign_in(shop.photographer)
    assert "Natural smiles" in page(client, order)
    assert "Natural smiles" not in body(client, order)


def test_no_money_stands_on_the_staff_copy(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    text = page(sign_in(shop.owner), order)
    for money in ("5,999", "5999", "1,000", "¥"):
        assert money not in text


# --- The customer's copy --------------------------------------------------------------------------------
def test_r9_9_the_copy_has_their_day_who_is_there_and_when_next(shop, sign_in, now) -> None:
    shop.branch.phone = "+862155500100"
    shop.branch.save()
    order = make_order(shop, now=now, at=now + DAY, language="en")
    orders.dated(order, "selection", now + 8 * DAY, now=now)
    with time_machine.travel(now, tick=False):
        text = body(sign_in(shop.owner), order)
    for word in (
        "Mr Zhang and Ms Li",
        "Sunday 17 May",
        "White gown",
        "Evening dress",
        "王老师",
        "赵老师",
        "小陈",
        "Sunday 24 May",
    ):
        assert word in text
    assert "5550" in text and order.booking.number in text
    assert "Bring flat shoes" in text  # what to bring to the next date


def test_the_copy_without_a_date_or_an_owner_is_kind_all_the_same(shop, sign_in, now) -> None:
    order = orders.sold(shop, now)
    text = body(sign_in(shop.owner), order)
    assert "keepsake__names" in text and "None" not in text


@pytest.mark.parametrize(
    ("language", "word"), [("zh-hans", "白纱"), ("zh-hant", "白紗"), ("en", "White gown")]
)
def test_the_copy_reads_in_the_customers_language_throughout(shop, sign_in, now, language, word) -> None:
    order = make_order(shop, now=now, at=now + DAY, language=language)
    text = body(sign_in(shop.owner), order)
    assert word in text and f'lang="{language}"' in text


def test_the_number_of_questions_does_not_grow_with_the_day(shop, now) -> None:
    few, many = arrived(shop, now=now), shot_and_back(shop, now=now + DAY, resources=[], looks=3)
    CareNote.objects.create(branch=shop.branch, work_order=many, kind="locker", what="1", by=shop.owner)
    counts = []
    for order in (few, many):
        with CaptureQueriesContext(connection) as asked:
            staff(order, now)
        counts.append(len(asked))
    assert abs(counts[1] - counts[0]) <= 2
