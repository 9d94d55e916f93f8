"""Discounts: within one's limit at once, beyond it a manager decides; never below nothing, never in silence."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from bookings import add_ons, credit_notes, discounts
from bookings.discount_forms import Reduction, reduction
from bookings.models import Booking, DiscountRequest, PriceLine
from bookings.price_lines import NotSellable, total_of, write
from studio.foundation.models import StaleEdit
from studio.staff.models import Membership
from tests.bookings.selling import add_on, limit
from tests.bookings.together import together

pytestmark = pytest.mark.django_db
PRICE = Decimal("5999.00")


@pytest.fixture
def give(booking, now):
    def given(amount: str, by, why: str = "老顾客"):
        return discounts.give(booking, amount=Decimal(amount), why=why, by=by, now=now)

    return given


def approve(request, by, now, **more):
    return discounts.approve(request, by=by, now=now, **{"version": request.version} | more)


def refuse(request, by, now, **more):
    return discounts.refuse(request, by=by, now=now, **{"version": request.version, "why": "太多了"} | more)


def sentences(booking):
    return [event.sentence for event in booking.events.all()]


# --- Limits ---------------------------------------------------------------------------------------------
def test_without_a_row_managers_give_everything_and_others_nothing(shop, booking):
    percents = {
        name: discounts.limit_percent(getattr(shop, name), shop.branch)
        for name in ("owner", "cashier", "artist", "head", "administrator", "manager", "general_manager")
    }
    assert {name for name, percent in percents.items() if percent} == {"manager", "general_manager"}
    assert discounts.room(booking, shop.manager) == PRICE
    assert discounts.room(booking, shop.owner) == 0


def test_a_limit_belongs_to_a_branch_and_a_place_that_is_still_held(shop, booking):
    limit(shop.branch, "consultant", "5")
    limit(shop.other_branch, "manager", "7.5")
    assert discounts.limit_percent(shop.owner, shop.branch) == 5
    assert discounts.limit_percent(shop.owner, shop.other_branch) == 0
    assert discounts.limit_percent(shop.neighbour, shop.other_branch) == Decimal("7.5")
    Membership.objects.filter(user=shop.owner).update(is_active=False)
    assert discounts.limit_percent(shop.owner, shop.branch) == 0


def test_the_limit_holds_for_all_discounts_of_an_order_together(shop, booking, give):
    limit(shop.branch, "consultant", "5")
    assert discounts.room(booking, shop.owner) == Decimal("299.95")
    assert isinstance(give("200", shop.owner), PriceLine)
    assert isinstance(give("99.95", shop.colleague), PriceLine)
    assert discounts.room(booking, shop.owner) == 0
    assert isinstance(give("0.01", shop.owner), DiscountRequest)
    assert total_of(booking) == PRICE - Decimal("299.95")


def test_the_limit_grows_with_what_is_sold_and_a_discount_taken_back_makes_room(shop, booking, give, now):
    limit(shop.branch, "consultant", "10")
    add_ons.sell(booking, add_on(shop.branch, price="4001"), by=shop.owner, now=now)
    line = give("1000", shop.owner)
    assert discounts.room(booking, shop.owner) == 0
    discounts.take_back(line, why="错了", by=shop.owner, now=now)
    assert discounts.room(booking, shop.owner) == Decimal("1000.00")


# --- Given ------------------------------------------------------------------------------------------------
def test_a_discount_is_a_line_with_a_reason_and_no_amount_in_the_history(shop, booking, give):
    line = give("599.90", shop.manager, why=" 朋友介绍 ")
    assert (line.kind, line.amount, line.why, line.by) == (
        "discount",
        Decimal("-599.90"),
        "朋友介绍",
        shop.manager,
    )
    assert line.label["en"] == "Discount"
    assert "A discount was given" in sentences(booking)
    assert not any("599" in sentence for sentence in sentences(booking))  # R9.9


@pytest.mark.parametrize("amount", ["0", "-5", "0.001", "NaN", "Infinity", "6000", "100000000"])
def test_no_discount_without_an_amount_that_can_be_meant(give, shop, amount, booking):
    with pytest.raises(NotSellable) as refused:
        give(amount, shop.manager)
    assert refused.value.field == "amount"
    assert total_of(booking) == PRICE


def test_a_float_is_no_money(booking, shop, now):
    with pytest.raises(TypeError):
        discounts.give(booking, amount=5.0, why="x", by=shop.manager, now=now)


def test_no_discount_without_a_reason(give, shop):
    with pytest.raises(NotSellable) as refused:
        give("5", shop.manager, why=" ")
    assert refused.value.field == "why"


def test_f6_damage_to_a_gown_is_not_discounted_away(booking, shop, now, give):
    write(booking, "damage", {"en": "Gown"}, Decimal("800"), by=shop.owner, now=now)
    with pytest.raises(NotSellable, match="5,999"):
        give("6000", shop.manager)
    give("5999", shop.manager)
    assert total_of(booking) == Decimal("800.00")


# --- Asked for ----------------------------------------------------------------------------------------------
def test_beyond_the_limit_a_manager_is_asked_and_the_price_stays(shop, booking, give):
    asked = give("500", shop.owner)
    assert (asked.state, asked.amount, asked.asked_by, asked.line) == (
        "asked",
        Decimal("500"),
        shop.owner,
        None,
    )
    assert total_of(booking) == PRICE
    assert "A manager was asked for a discount" in sentences(booking)
    with pytest.raises(NotSellable, match="asked for already"):
        give("400", shop.colleague)


def test_a_manager_approves_and_the_line_has_the_askers_reason(shop, booking, give, now):
    asked = approve(give("500", shop.owner), shop.manager, now, note="好的")
    assert (asked.state, asked.decided_by, asked.decision_note, asked.seen_at) == (
        "approved",
        shop.manager,
        "好的",
        None,
    )
    assert (asked.line.amount, asked.line.why, asked.line.by) == (Decimal("-500.00"), "老顾客", shop.manager)
    assert total_of(booking) == Decimal("5499.00")


def test_a_manager_refuses_with_a_reason(shop, booking, give, now):
    asked = give("500", shop.owner)
    with pytest.raises(NotSellable):
        refuse(asked, shop.manager, now, why=" ")
    asked = refuse(asked, shop.manager, now)
    assert (asked.state, asked.decision_note, asked.line) == ("refused", "太多了", None)
    assert total_of(booking) == PRICE
    give("400", shop.owner)  # and may ask again


@pytest.mark.parametrize("person", ["owner", "colleague", "cashier", "head", "administrator", "neighbour"])
def test_only_managers_of_the_branch_decide(shop, give, now, person):
    asked = give("500", shop.owner)
    for decide in (approve, refuse):
        with pytest.raises(NotSellable, match="Only a manager"):
            decide(asked, getattr(shop, person), now)


def test_a_manager_with_a_limit_does_not_approve_beyond_it(shop, booking, give, now):
    limit(shop.branch, "manager", "5")
    asked = give("500", shop.owner)
    with pytest.raises(NotSellable, match="beyond your own limit"):
        approve(asked, shop.manager, now)
    approve(asked, shop.general_manager, now)
    assert isinstance(give("1", shop.manager), DiscountRequest)  # and asks for their own


def test_pressing_twice_is_harmless_and_a_second_manager_loses_politely(shop, booking, give, now):
    asked = give("500", shop.owner)
    version = asked.version
    approve(asked, shop.manager, now)
    approve(asked, shop.manager, now, version=version)
    for decide in (approve, refuse):
        with pytest.raises(StaleEdit) as stale:
            decide(asked, shop.general_manager, now, version=version)
        assert stale.value.current.recent_changes()[0]["by"] == shop.manager
    with pytest.raises(StaleEdit):
        refuse(asked, shop.manager, now, version=version)
    assert booking.price_lines.filter(kind="discount").count() == 1


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_an_order_that_is_over_meanwhile_gets_no_discount(shop, booking, give, now, state):
    asked = give("500", shop.owner)
    Booking.objects.filter(pk=booking.pk).update(state=state)
    with pytest.raises(NotSellable, match="not open any more"):
        approve(asked, shop.manager, now)


def test_a_price_that_sank_meanwhile_is_not_brought_below_nothing(shop, booking, give, now):
    asked = give("5999", shop.owner)
    give("1", shop.manager)
    with pytest.raises(NotSellable, match="no more than that"):
        approve(asked, shop.manager, now)
    credit_notes.issue(
        booking,
        lines=[("credit", {"en": "Sorry"}, Decimal("-5000"))],
        why="x",
        by=shop.manager,
        now=now,
    )
    assert total_of(booking) == Decimal("998.00")


def test_the_asker_takes_the_question_back_and_reads_an_answer_once(shop, booking, give, now):
    asked = discounts.withdraw(give("500", shop.owner), by=shop.owner, now=now)
    assert asked.state == "withdrawn"
    with pytest.raises(StaleEdit):
        approve(asked, shop.manager, now)
    answered = refuse(give("500", shop.owner), shop.manager, now)
    assert discounts.withdraw(answered, by=shop.owner, now=now).state == "refused"
    discounts.mark_seen(answered, by=shop.owner, now=now)
    answered.refresh_from_db()
    assert answered.seen_at == now


def test_taking_a_discount_back_raises_the_price_once(shop, booking, give, now):
    line = give("500", shop.manager)
    first = discounts.take_back(line, why="错了", by=shop.owner, now=now)
    assert discounts.take_back(line, why="错了", by=shop.owner, now=now) == first
    assert total_of(booking) == PRICE
    with pytest.raises(NotSellable, match="Only a discount"):
        discounts.take_back(booking.price_lines.first(), why="x", by=shop.owner, now=now)


# --- At the sale -----------------------------------------------------------------------------------------------
def test_at_the_sale_the_limit_of_earnest_money_is_of_the_discounted_price(sale, shop):
    limit(shop.branch, "consultant", "10")
    booking = sale.sell(
        discount=Decimal("599.90"), discount_why="老顾客", payment=sale.money("1079.82", "earnest")
    )
    assert total_of(booking) == Decimal("5399.10")
    asked = sale.sell(
        discount=Decimal("1000"), discount_why="婚庆公司介绍", payment=sale.money("1199.80", "earnest")
    )
    assert total_of(asked) == PRICE
    assert asked.discount_requests.get().amount == Decimal("1000")


def test_at_the_sale_a_refusal_names_its_field_and_sells_nothing(sale):
    for amount, why, field in (("7000", "x", "discount"), ("5", "", "discount_why")):
        with pytest.raises(NotSellable) as refused:
            sale.sell(discount=Decimal(amount), discount_why=why)
        assert refused.value.field == field
    assert not Booking.objects.exists()


# --- As people say it ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("500", "500"),
        ("¥1,200.50", "1200.50"),
        ("５００", "500"),
        ("5%", "50.00"),
        ("12.5 %", "125.00"),
        ("５％", "50.00"),
        ("95折", "50.00"),
        ("9.5折", "50.00"),
        ("9折", "100.00"),
        ("8.8 折", "120.00"),
        ("100%", "1000.00"),
    ],
)
def test_a_discount_as_people_say_it(text, off):
    assert reduction(text).off(Decimal("1000"), "CNY") == Decimal(off)


@pytest.mark.parametrize(
    "text", ["", "0", "0%", "101%", "-5", "abc", "1e3", "NaN", "0折", "100折", "折", "5%%", "1.234", "9" * 15]
)
def test_what_is_no_discount_is_refused(text):
    with pytest.raises(ValidationError):
        reduction(text)


def test_a_share_is_cut_to_the_cent_below():
    assert Reduction(percent=Decimal("3")).off(Decimal("99.99"), "CNY") == Decimal("2.99")


def test_a_share_has_no_cents_where_no_coin_is_a_cent():
    assert Reduction(percent=Decimal("3")).off(Decimal("9999"), "TWD") == Decimal("299")


# --- At the same moment ---------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_managers_decide_in_the_same_second_and_one_of_them_has(sale, shop, now):
    booking = sale.sell()
    asked = discounts.give(booking, amount=Decimal("500"), why="x", by=shop.owner, now=now)
    answers = together(
        [
            lambda: approve(asked, shop.manager, now),
            lambda: refuse(asked, shop.general_manager, now),
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["DiscountRequest", "StaleEdit"], answers
    asked.refresh_from_db()
    lines = booking.price_lines.filter(kind="discount").count()
    assert lines == (asked.state == "approved")


@pytest.mark.django_db(transaction=True)
def test_twelve_presses_together_never_give_more_than_the_limit(sale, shop, now):
    limit(shop.branch, "consultant", "10")
    booking = sale.sell()
    answers = together(
        [lambda: discounts.give(booking, amount=Decimal("150"), why="x", by=shop.owner, now=now)] * 12
    )
    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["DiscountRequest", *["NotSellable"] * 8, *["PriceLine"] * 3]
    assert total_of(booking) == PRICE - 450
