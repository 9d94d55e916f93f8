"""The sale: price, terms, what binds it, and package versions that stay as they were sold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bookings.models import Booking, PackageItem, PackageLook, PackageVersion
from bookings.sales import NotSellable, accept_terms, revise, waive_earnest
from bookings.schedule import SlotTaken
from bookings.till import NotPayable, balance
from tests.factories import make_package


def test_a_sale_keeps_price_words_and_hopes_as_they_were(sale, shop):
    booking = sale.sell(hopes="想要自然一点，不要太摆拍", payment=sale.money("1000"))
    line = booking.price_lines.get()
    assert line.label == {"en": "Evergreen", "zh-hans": "长青", "zh-hant": "長青"}
    assert (line.amount, booking.sold_by) == (Decimal("5999.00"), shop.owner)
    assert booking.hopes == "想要自然一点，不要太摆拍"
    assert balance(booking) == Decimal("4999.00")
    assert list(booking.events.values_list("kind", flat=True)) == ["sold", "terms_accepted", "paid"]
    assert "自然" not in str(booking.events.values())


def test_order_numbers_count_through_the_branchs_day(sale, shop):
    assert [sale.sell().number for _ in range(2)] == ["SH-260516-001", "SH-260516-002"]
    evening = datetime(2026, 5, 16, 16, 30, tzinfo=UTC)  # past midnight in Shanghai
    assert sale.sell(now=evening).number == "SH-260517-001"


def test_a_sale_that_fails_leaves_no_gap_and_no_trace(sale):
    sale.make(sale.slot())
    with pytest.raises(SlotTaken):
        sale.sell(shoot=sale.slot(), payment=sale.money("100"))
    with pytest.raises(NotPayable):
        sale.sell(payment=sale.money("1500", "earnest"))
    assert not Booking.objects.exists()
    assert sale.sell().number == "SH-260516-001"


def test_f6_earnest_money_of_a_fifth_and_a_prepayment_of_any_size(sale):
    assert sale.sell(payment=sale.money("1199.80", "earnest"))
    assert sale.sell(payment=sale.money("5999", "prepayment"))
    with pytest.raises(NotPayable) as refused:
        sale.sell(payment=sale.money("1199.81", "earnest"))
    assert refused.value.field == "amount"
    with pytest.raises(NotPayable):
        sale.sell(payment=sale.money("100", "balance"))


def test_f6_only_a_manager_lets_an_order_go_on_without_money(sale, shop):
    with pytest.raises(NotSellable) as refused:
        sale.sell(waiver="老客人", by=shop.owner)
    assert refused.value.field == "waiver"
    booking = sale.sell(waiver="老客人", by=shop.manager)
    assert (booking.earnest_waived_by, booking.earnest_waived_why) == (shop.manager, "老客人")
    with pytest.raises(NotSellable):
        waive_earnest(booking, why=" ", by=shop.manager, now=sale.now)
    with pytest.raises(NotSellable):
        waive_earnest(booking, why="x", by=shop.neighbour, now=sale.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(earnest_waived_why="")


def test_terms_can_be_accepted_later_and_once(sale, shop):
    booking = sale.sell(terms_accepted=False)
    assert booking.terms_accepted_at is None
    first = accept_terms(booking, by=shop.owner, now=sale.now)
    second = accept_terms(booking, by=shop.owner, now=sale.now + timedelta(hours=1))
    assert first.terms_accepted_at == second.terms_accepted_at == sale.now


def test_a_shoot_can_be_dated_in_the_sale(sale):
    booking = sale.sell(shoot=sale.slot())
    shoot = booking.appointments.get()
    assert (shoot.kind, shoot.customer, shoot.allocations.count()) == ("shoot", booking.customer, 3)


def test_the_neighbours_package_and_one_off_the_shelf_are_refused(sale, shop):
    with pytest.raises(NotSellable):
        sale.sell(package_version=make_package(shop.other_branch))
    shop.package.package.is_active = False
    shop.package.package.save()
    with pytest.raises(NotSellable):
        sale.sell()


def test_a_version_that_was_replaced_meanwhile_is_not_sold(sale, shop):
    new = revise(shop.package, by=shop.administrator, now=sale.now, price=Decimal("6299"))
    with pytest.raises(NotSellable, match="changed meanwhile") as refused:
        sale.sell()
    assert refused.value.field == "package_version"
    assert sale.sell(package_version=new).price_lines.get().amount == Decimal("6299.00")


def test_a_revision_copies_looks_and_items_and_leaves_what_was_sold(sale, shop):
    booking = sale.sell()
    new = revise(shop.package, by=shop.administrator, now=sale.now, price=Decimal("6299"), shoot_minutes=300)
    assert (new.number, new.price, new.shoot_minutes) == (2, Decimal("6299"), 300)
    assert [look.name_en for look in new.looks.all()] == ["White gown", "Evening dress"]
    assert [item.name_en for item in new.items.all()] == ["Album", "Frame"]
    new.looks.first().delete()  # unsold: it can still be changed
    booking.package_version.refresh_from_db()
    assert booking.package_version.price == Decimal("5999.00")
    assert booking.package_version.looks.count() == 2
    with pytest.raises(ValidationError):
        revise(shop.package, by=None, now=sale.now, price=Decimal("-1"))


@pytest.mark.parametrize(
    "change",
    [
        lambda version: PackageVersion.objects.filter(pk=version.pk).update(price=1),
        lambda version: PackageLook.objects.filter(version=version).update(name_en="Other"),
        lambda version: PackageItem.objects.filter(version=version).delete(),
        lambda version: PackageLook.objects.create(
            version=version, name_en="x", name_zh_hans="x", name_zh_hant="x"
        ),
    ],
)
def test_what_was_sold_is_never_changed_not_even_by_sql(sale, shop, change):
    with transaction.atomic():
        change(shop.package)
        transaction.set_rollback(True)  # unsold: nobody minds
    sale.sell()
    with pytest.raises(IntegrityError, match="sold"), transaction.atomic():
        change(shop.package)


def test_a_look_can_not_be_moved_into_or_out_of_a_sold_version(sale, shop):
    sale.sell()
    other = make_package(shop.branch)
    with pytest.raises(IntegrityError), transaction.atomic():
        other.looks.update(version=shop.package)
    with pytest.raises(IntegrityError), transaction.atomic():
        shop.package.looks.update(version=other)
