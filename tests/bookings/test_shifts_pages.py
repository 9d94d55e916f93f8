"""The till's pages: what stands on them, counting without scripts, refusals that lose nothing."""

import uuid
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone
from django.utils.html import escape
from openpyxl import load_workbook

from bookings import shifts
from bookings.models import CashShift, Payment
from bookings.till import take_payment
from tests.bookings.conftest import Sale


@pytest.fixture(autouse=True)
def at_noon(now):
    with time_machine.travel(now, tick=True):
        yield


@pytest.fixture
def pay(shop):
    sale = Sale(shop, timezone.now())
    booking = sale.sell()

    def pay(amount="100", method="cash", now=None):
        return take_payment(
            booking,
            kind="prepayment",
            method=method,
            amount=Decimal(amount),
            by=shop.cashier,
            now=now or timezone.now(),
        )

    return pay


def counting(**fields):
    shift = CashShift.objects.open().get()
    seen = shift.payments.count() + shift.movements.count()
    return {"seen": seen, "version": shift.version, "left_in_drawer": "0"} | fields


def text_of(answer):
    return answer.content.decode()


def test_the_till_shows_what_must_be_there_by_method(pay, shop, sign_in):
    pay("100")
    pay("250.50", "wechat")
    text = text_of(sign_in(shop.cashier).get("/till/"))
    assert "¥100" in text
    assert "¥250.50" in text
    assert "张伟" in text
    assert "Nobody has counted the drawer in this shift yet." in text


def test_a_closed_drawer_says_so(shop, sign_in):
    text = text_of(sign_in(shop.cashier).get("/till/"))
    assert "The drawer is closed" in text
    assert sign_in(shop.cashier).get("/till/count/").status_code == 302


def test_the_number_of_questions_does_not_grow_with_payments(
    pay, shop, sign_in, django_assert_max_num_queries
):
    cashier = sign_in(shop.cashier)
    pay()
    cashier.get("/till/")
    with django_assert_max_num_queries(200) as few:
        cashier.get("/till/")
    for _more in range(12):
        pay("1")
    with django_assert_max_num_queries(len(few)):
        assert cashier.get("/till/").status_code == 200
    with django_assert_max_num_queries(200) as one:
        cashier.get(f"/till/shifts/{CashShift.objects.get().pk}/")
    for _more in range(6):
        pay("1", "card")
    with django_assert_max_num_queries(len(one)):
        cashier.get(f"/till/shifts/{CashShift.objects.get().pk}/")


def test_pieces_are_added_up_without_scripts_and_nothing_is_closed(pay, shop, sign_in):
    pay("100")
    answer = sign_in(shop.cashier).post(
        "/till/count/", counting(pieces_0="1", pieces_3="2", left_in_drawer="", action="count")
    )
    assert answer.status_code == 200
    assert "¥120" in text_of(answer)
    assert "¥20 too much" in text_of(answer)
    assert "Enter the amount" not in text_of(answer)
    assert CashShift.objects.open().exists()


def test_cashing_up_by_pieces_and_handing_over(pay, shop, sign_in):
    pay("130")
    pay("80", "card")
    answer = sign_in(shop.cashier).post(
        "/till/count/",
        counting(pieces_0="1", pieces_3="3", counted_card="80", left_in_drawer="30", handed_to=shop.owner.pk),
    )
    shift = CashShift.objects.get()
    assert answer["Location"] == f"/till/shifts/{shift.pk}/"
    assert (shift.left_in_drawer, shift.handed_to, shift.closed_by) == (
        Decimal("30"),
        shop.owner,
        shop.cashier,
    )
    paper = text_of(sign_in(shop.owner).get(answer["Location"]))
    assert "adds up" in paper
    assert "To the bank or the safe" in paper
    assert "The drawer was handed to you: count it" in text_of(sign_in(shop.owner).get("/"))
    assert "The drawer was handed to you" not in text_of(sign_in(shop.colleague).get("/"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cash": "90"}, "The books say ¥100. Count again, or say why it differs."),
        ({"cash": ""}, "Count the cash. Nothing in the drawer is 0."),
        ({"cash": "viel"}, "Enter an amount in figures, like 500 or 1200.50."),
        ({"cash": "NaN"}, "Enter an amount in figures, like 500 or 1200.50."),
        ({"cash": "100", "left_in_drawer": "101"}, "can't stay in the drawer: at most ¥100."),
        ({"cash": "100", "left_in_drawer": ""}, "Enter the amount."),
        ({"pieces_0": "-1"}, "A whole number of pieces, up to 9999."),
        ({"pieces_0": "1.5"}, "A whole number of pieces, up to 9999."),
        ({"pieces_0": "99999"}, "A whole number of pieces, up to 9999."),
        ({"cash": "100", "handed_to": "999999"}, "Select a valid choice"),
        ({"cash": "100", "seen": "0"}, "while you counted"),
        ({"cash": "100", "seen": "x"}, "Enter a whole number."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(pay, shop, sign_in, fields, words):
    pay("100")
    answer = sign_in(shop.cashier).post("/till/count/", counting(note="雨天 <客人少>", **fields))
    assert answer.status_code == 422
    assert escape(words) in text_of(answer) or words in text_of(answer)
    assert escape("雨天 <客人少>") in text_of(answer)
    assert CashShift.objects.open().exists()


def test_after_money_came_in_meanwhile_the_next_press_closes(pay, shop, sign_in):
    pay("100")
    form = counting(cash="120")
    pay("20")
    cashier = sign_in(shop.cashier)
    answer = cashier.post("/till/count/", form)
    assert answer.status_code == 422
    assert '<input type="hidden" name="seen" value="2"' in text_of(answer)
    assert cashier.post("/till/count/", form | {"seen": "2"}).status_code == 302


def test_a_page_from_before_somebody_took_over_is_stale(pay, shop, sign_in):
    pay("100")
    form = counting(cash="100")
    shifts.open_shift(shop.branch, float_counted=Decimal("100"), by=shop.owner, now=timezone.now())
    assert sign_in(shop.cashier).post("/till/count/", form).status_code == 409
    assert CashShift.objects.open().exists()


def test_two_presses_on_cash_up_close_one_shift(pay, shop, sign_in):
    pay("100")
    form, cashier = counting(cash="100"), sign_in(shop.cashier)
    assert cashier.post("/till/count/", form).status_code == 302
    assert cashier.post("/till/count/", form)["Location"] == "/till/"
    assert CashShift.objects.count() == 1


def test_taking_over_with_a_difference_asks_why_and_who_left_it_reads_it(pay, shop, sign_in):
    shift = pay("100").shift
    shifts.close(
        shift,
        counts={"cash": Decimal("100")},
        whys={},
        left_in_drawer=Decimal("100"),
        by=shop.cashier,
        now=timezone.now(),
    )
    owner = sign_in(shop.owner)
    assert "¥100" in text_of(owner.get("/till/opening/"))
    refused = owner.post("/till/opening/", {"cash": "95"})
    assert refused.status_code == 422
    assert "¥100 should be in the drawer" in text_of(refused)
    assert owner.post("/till/opening/", {"cash": "95", "why": "少五元"})["Location"] == "/till/"
    assert "¥5 missing" in text_of(owner.get("/till/"))
    assert "陈晓静 counted another sum than you left" in text_of(sign_in(shop.cashier).get("/"))
    assert "少五元" in text_of(sign_in(shop.cashier).get(f"/till/shifts/{shift.pk}/"))


def test_counting_the_float_without_scripts(pay, shop, sign_in):
    pay("30")
    answer = sign_in(shop.cashier).post("/till/opening/", {"pieces_3": "3", "action": "count"})
    assert answer.status_code == 200
    assert "adds up" in text_of(answer)
    assert CashShift.objects.get().float_counted is None


def moving(**fields):
    return {"submission": str(uuid.uuid4()), "kind": "banked", "amount": "50", "why": "存银行"} | fields


def test_cash_without_an_order_goes_the_way_its_kind_says(pay, shop, sign_in):
    pay("100")
    cashier, form = sign_in(shop.cashier), moving()
    for _press in range(2):
        assert cashier.post("/till/movements/new/", form)["Location"] == "/till/"
    cashier.post("/till/movements/new/", moving(kind="float", amount="20", why="零钱"))
    cashier.post("/till/movements/new/", moving(kind="other", direction="out", amount="1", why="捐款箱"))
    moved = list(CashShift.objects.get().movements.values_list("amount", flat=True))
    assert moved == [Decimal("-50.00"), Decimal("20.00"), Decimal("-1.00")]
    assert "存银行" in text_of(cashier.get("/till/"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "100.01"}, "There is only ¥100 in the drawer."),
        ({"kind": "other"}, "Say whether it came in or went out."),
        ({"kind": ""}, "Say what it was for."),
        ({"kind": "gift"}, "Say what it was for."),
        ({"why": " "}, "Say why; a few words are enough."),
        ({"amount": "0"}, "The amount must be more than nothing."),
    ],
)
def test_cash_that_can_not_move_is_refused_with_all_that_was_typed(pay, shop, sign_in, fields, words):
    pay("100")
    answer = sign_in(shop.cashier).post("/till/movements/new/", moving(**fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not CashShift.objects.get().movements.exists()


def test_managers_see_all_shifts_and_find_those_that_did_not_add_up(pay, shop, sign_in, now):
    for day, counted in enumerate(["100", "190"]):
        at = now + timedelta(days=40 * day)
        shift = pay("100", now=at).shift
        shifts.close(
            shift,
            counts={"cash": Decimal(counted)},
            whys={"cash": "少了十元"},
            left_in_drawer=Decimal(counted),
            by=shop.cashier,
            now=at,
        )
    manager = sign_in(shop.manager)
    page = text_of(manager.get("/till/shifts/"))
    assert page.count("/till/shifts/") >= 3
    assert "¥10 missing" in page
    wrong = text_of(manager.get("/till/shifts/", {"differing": "on"}))
    assert "¥10 missing" in wrong
    assert "adds up" not in wrong
    may = text_of(manager.get("/till/shifts/", {"month": "2026-05", "person": shop.cashier.pk}))
    assert "adds up" in may
    assert "missing" not in may
    for odd in ("2026-13", "x", "９９９９-１", "0000-00", "2026"):
        assert manager.get("/till/shifts/", {"month": odd, "person": "x"}).status_code == 200
    assert "No shift fits" in text_of(manager.get("/till/shifts/", {"month": "2030-12"}))


def test_a_shift_from_yesterday_is_an_alarm_on_today(pay, shop, sign_in, now):
    pay("100")
    with time_machine.travel(now + timedelta(days=1)):
        cashier = sign_in(shop.cashier)
        assert "Shift 1 was not cashed up" in text_of(cashier.get("/"))
        assert "open since yesterday" in text_of(cashier.get("/till/"))
        assert "was not cashed up" not in text_of(sign_in(shop.artist).get("/"))


def test_the_takings_of_a_day_as_a_spreadsheet(pay, shop, sign_in, now):
    pay("100")
    pay("50", "alipay")
    pay("7", now=now + timedelta(days=1))
    answer = sign_in(shop.cashier).get("/till/export/", {"day": "2026-05-16"})
    sheet = load_workbook(BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[7] for row in rows] == [100, 50]
    assert [row[6] for row in rows] == ["cash", "Alipay"]
    assert rows[0][3] == "张伟 & 李娜"
    assert rows[0][1] == str(Payment.objects.earliest("id").receipt)
    for odd in ("x", "2026-02-30", "９"):
        assert sign_in(shop.manager).get("/till/export/", {"day": odd}).status_code == 200


def test_a_shift_that_adds_up_says_so_once_and_a_difference_stands_alone(pay, shop, sign_in):
    manager = sign_in(shop.manager)
    for counted in ("100", "90"):
        shift = shifts.open_shift(shop.branch, float_counted=Decimal(0), by=shop.cashier, now=timezone.now())
        pay("100")
        pay("20", "wechat")
        shifts.close(
            shift,
            counts={"cash": Decimal(counted), "wechat": Decimal(20)},
            whys={"cash": "找零多给了"} if counted == "90" else {},
            left_in_drawer=Decimal(0),
            handed_to=None,
            by=shop.cashier,
            now=timezone.now(),
        )
    text = text_of(manager.get("/till/shifts/"))
    assert text.count("adds up") == 1
    assert "¥10 missing" in text
    assert "找零多给了" in text
