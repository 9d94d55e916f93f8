"""What is pressed too late, twice, or from an old page: settled orders, the till, wishes, discounts."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings import add_ons, codes, discounts, instalments, ledger, online, settlement, till
from bookings.discount_forms import reduction
from bookings.knocks import TooManyKnocks, one_household
from bookings.models import CashShift, OnlineBooking, RequestState
from bookings.models.package import earnest_limit
from bookings.online import Answer, NotOffered
from bookings.sales import Money
from bookings.schedule import Slot
from bookings.teams import FreeTimes
from bookings.till import NotPayable
from tests.bookings.conftest import Sale
from tests.bookings.selling import add_on
from tests.workflow.orders import sold
from workflow.models import Visit

DAY = timedelta(days=1)
PHONE = "+8613900001111"


@pytest.fixture
def order(shop):
    return sold(shop, timezone.now())


@pytest.fixture
def counter(shop):
    return OnlineBooking.objects.create(branch=shop.branch, mode="request")


def wish_of(counter, now, **fields):
    given = {"version": None, "name": "周婷", "phone": PHONE, "party": 2, "words": "", "language": "zh-hans"}
    if "starts_at" not in fields:
        fields.setdefault("day", counter.branch.today(now) + 7 * DAY)
    return online.ask(counter, address="203.0.113.9", now=now, **given | fields)


# --- An order that was called off and settled ---------------------------------------------------------
def test_f6_forfeited_earnest_money_is_not_given_back_after_all(order, shop, sign_in):
    now, booking = timezone.now(), order.booking
    settlement.call_off(booking, fault="customer", why="Moved away", by=shop.manager, now=now)
    earnest = booking.payments.get(kind="earnest")
    with pytest.raises(NotPayable, match="called off and settled"):
        till.refund(earnest, amount=Decimal("1000"), why="Goodwill", by=shop.manager, now=now)
    assert till.balance(booking) == 0
    assert ledger.check(shop.branch) == []
    manager = sign_in(shop.manager)
    assert f"/payments/{earnest.pk}/refund/" not in manager.get(f"/orders/{order.pk}/").content.decode()
    form = {"amount": "1000", "method": "cash", "why": "Goodwill", "submission": str(uuid.uuid4())}
    answer = manager.post(f"/orders/{order.pk}/payments/{earnest.pk}/refund/", form)
    assert answer.status_code == 422
    assert "called off and settled" in answer.content.decode()


def test_f6_what_a_settlement_gave_back_the_wrong_way_is_given_back_anew_and_no_more(order, shop):
    now, booking = timezone.now(), order.booking
    settlement.call_off(booking, fault="house", why="Flooded", by=shop.manager, now=now)
    with pytest.raises(NotPayable, match="called off and settled"):
        till.reverse(booking.payments.get(kind="compensation"), why="Oops", by=shop.manager, now=now)
    till.reverse(booking.payments.get(kind="refund"), why="The card is closed", by=shop.manager, now=now)
    earnest = booking.payments.get(kind="earnest")
    given = {"why": "By transfer", "method": "transfer", "by": shop.manager, "now": now}
    with pytest.raises(NotPayable):
        till.refund(earnest, amount=Decimal("1000.01"), **given)
    till.refund(earnest, amount=Decimal("1000"), **given)
    assert till.balance(booking) == 0
    assert ledger.check(shop.branch) == []


# --- The till -----------------------------------------------------------------------------------------
def test_a_second_press_of_cash_up_never_closes_the_shift_that_money_opened_meanwhile(order, shop, sign_in):
    cashier, booking = sign_in(shop.cashier), order.booking
    first = CashShift.objects.get()
    assert f'name="shift" value="{first.pk}"' in cashier.get("/till/count/").content.decode()
    form = {"shift": first.pk, "seen": 1, "version": first.version}
    form |= {"cash": "900", "why_cash": "Fell behind the drawer", "left_in_drawer": "900"}
    assert cashier.post("/till/count/", form).status_code == 302
    money = Money("prepayment", "cash", Decimal("50"))
    till.take(booking, [money], by=shop.cashier, now=timezone.now())
    again = cashier.post("/till/count/", form)
    assert again["Location"] == f"/till/shifts/{first.pk}/"
    assert cashier.post("/till/count/", form | {"shift": "-5"}).status_code == 422
    assert [shift.is_open for shift in CashShift.objects.order_by("number")] == [False, True]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x"])
def test_the_takings_of_no_day_are_those_of_today(shop, sign_in, day):
    answer = sign_in(shop.cashier).get("/till/export/", {"day": day})
    assert answer.status_code == 200
    assert f"{shop.branch.today(timezone.now()):%Y-%m-%d}" in answer["Content-Disposition"]


# --- Wishes from the booking page ---------------------------------------------------------------------
def test_a_time_of_this_morning_is_not_taken(counter, now):
    counter.lead_days = 0
    counter.save()
    morning = counter.branch.at(counter.branch.today(now), counter.branch.opens_at)
    assert morning < now
    with pytest.raises(NotOffered):
        wish_of(counter, now, starts_at=morning)


def test_r1_2_whose_time_was_gone_and_who_left_the_page_is_called(shop, counter, now):
    counter.mode = "book"
    counter.save()
    day = counter.branch.today(now) + 7 * DAY
    start = next(FreeTimes(shop.branch, shop.package, "shoot", middle=day, now=now).starts(day)).starts_at
    wish = wish_of(counter, now, version=shop.package, starts_at=start)
    sale = Sale(shop, now)
    sale.make(Slot(start, start + timedelta(hours=6), [shop.photographer_resource]))
    assert online.verify(wish, codes.code_of(wish), now=now) is Answer.RIGHT
    wish.refresh_from_db()
    assert wish.state == RequestState.UNVERIFIED
    online.expire(now + timedelta(minutes=20))
    wish.refresh_from_db()
    assert wish.state == RequestState.UNVERIFIED
    online.expire(now + timedelta(minutes=40))
    wish.refresh_from_db()
    assert wish.state == RequestState.NEW
    assert wish.visit.consultant is not None
    online.expire(now + 2 * DAY)
    wish.refresh_from_db()
    assert wish.state == RequestState.NEW


def test_a_wish_taken_back_leaves_nobody_waiting(counter, now):
    wish = wish_of(counter, now)
    online.verify(wish, codes.code_of(wish), now=now)
    assert Visit.objects.get().outcome == "open"
    for _press in range(2):
        online.withdraw(wish, now=now)
    visit = Visit.objects.get()
    assert (visit.outcome, visit.loss_reason) == ("lost", "left")


def test_a_wish_taken_back_before_the_house_opens_brings_nobody_in(counter, now):
    night = now + timedelta(hours=12)
    wish = wish_of(counter, night)
    online.verify(wish, codes.code_of(wish), now=night)
    online.withdraw(wish, now=night)
    assert not Visit.objects.exists()


def test_a_number_gets_three_codes_in_an_hour_however_many_branches_the_house_has(shop, counter, now):
    taipei = OnlineBooking.objects.create(branch=shop.other_branch, mode="request")
    for _time in range(3):
        wish_of(counter, now)
    with pytest.raises(TooManyKnocks):
        wish_of(taipei, now)


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::f", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_household_is_one_address_however_many_it_has(address, counts_as):
    assert one_household(address) == counts_as


# --- Discounts ----------------------------------------------------------------------------------------
def test_nobody_reads_an_answer_or_takes_a_question_back_for_another(order, shop, sign_in):
    now, booking = timezone.now(), order.booking
    given = {"amount": Decimal("100"), "why": "A friend"}
    asked = discounts.give(booking, by=shop.owner, now=now, **given)
    address = f"/orders/{order.pk}/discount/{asked.pk}"
    other, mine = sign_in(shop.colleague), sign_in(shop.owner)
    other.post(f"{address}/withdrawal/")
    asked.refresh_from_db()
    assert asked.state == "asked"
    discounts.refuse(asked, why="Not this month", version=asked.version, by=shop.manager, now=now)
    other.post(f"{address}/seen/")
    asked.refresh_from_db()
    assert asked.seen_at is None
    mine.post(f"{address}/seen/")
    asked.refresh_from_db()
    assert asked.seen_at is not None


# --- Money without cents ------------------------------------------------------------------------------
def test_what_is_worked_out_in_taiwan_dollars_can_be_paid_in_coins(shop, now):
    """7% of NT$5,999 is NT$419.93, a quarter of it NT$1,499.75: there is no such coin."""
    shop.branch.currency = "TWD"
    shop.branch.save()
    booking = sold(shop, now, earnest=False).booking
    parts = [amount for _day, amount in instalments.suggest(booking, count=4, now=now)]
    assert parts == [Decimal(1502), Decimal(1499), Decimal(1499), Decimal(1499)]
    assert earnest_limit(Decimal("5999"), shop.branch) == Decimal(1199)
    assert reduction("93折").off(Decimal("5999"), "TWD") == Decimal(419)
    assert reduction("93折").off(Decimal("5999"), "CNY") == Decimal("419.93")


def test_a_discount_in_per_cent_on_the_order_page_is_whole_dollars(shop, sign_in):
    shop.branch.currency = "TWD"
    shop.branch.save()
    order = sold(shop, timezone.now(), earnest=False)
    form = {"discount": "7%", "why": "A friend", "submission": str(uuid.uuid4())}
    sign_in(shop.manager).post(f"/orders/{order.pk}/discount/", form)
    line = order.booking.price_lines.get(kind="discount")
    assert line.amount == Decimal("-419")


# --- Instalments --------------------------------------------------------------------------------------
def test_what_was_sold_after_the_last_part_was_paid_is_on_the_owners_list(shop, now):
    booking = sold(shop, now, earnest=False).booking
    parts = [(now.date(), Decimal("3000")), (now.date() + DAY, Decimal("2999"))]
    instalments.agree(booking, parts, version=None, by=shop.owner, now=now)
    till.take(booking, [Money("prepayment", "cash", Decimal("5999"))], by=shop.cashier, now=now)
    later, owners = now + 3 * DAY, [shop.owner]
    assert instalments.behind(shop.branch, owners=owners, now=later) == []
    add_ons.sell(booking, add_on(shop.branch, "retouch", "300.00"), by=shop.owner, now=later)
    (row,) = instalments.behind(shop.branch, owners=owners, now=later)
    assert row.due_now == Decimal("300")
