"""Packages in the settings: seasons, needs, services, add-ons and limits; what was sold stays as it was."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from bookings import admin as settings
from bookings.models import AddOn, DiscountLimit, PackageVersion, Resource
from tests.bookings.selling import season

pytestmark = pytest.mark.django_db
PARTS = ("looks", "items", "services", "needs", "seasonal_prices")
NAMES = {"name_en": "May", "name_zh_hans": "五月", "name_zh_hant": "五月"}


@pytest.fixture
def own(shop, sign_in):
    return sign_in(shop.administrator)


@pytest.fixture
def address(shop):
    return f"/admin/bookings/packageversion/{shop.package.pk}/change/"


def form(version, **rows):
    """The page as it stands, with new `rows` of its parts: {"seasonal_prices": [{…}]}."""
    fields = {
        "package": version.package_id,
        "price": str(version.price),
        "styling_minutes": 90,
        "shoot_minutes": 360,
        "selection_after_days": 7,
        "pickup_after_days": 30,
        "valid_from": "",
    }
    for part in PARTS:
        kept = list(getattr(version, part).all())
        new = rows.get(part, [])
        fields |= {f"{part}-TOTAL_FORMS": len(kept) + len(new), f"{part}-INITIAL_FORMS": len(kept)}
        for place, row in enumerate(kept):
            told = {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}
            fields |= {f"{part}-{place}-{name}": value for name, value in told.items() if value is not None}
        for place, row in enumerate(new, start=len(kept)):
            fields |= {f"{part}-{place}-{name}": value for name, value in row.items()}
            fields |= {f"{part}-{place}-version": version.pk}
    return fields


def may(**fields):
    return {
        **NAMES,
        "basis": "sold",
        "starts_on": "2026-05-01",
        "ends_on": "2026-05-31",
        "price": "4999",
    } | fields


def need(**fields):
    start = {
        "appointment": "shoot",
        "kind": "photographer",
        "quantity": 1,
        "from_minute": 90,
        "minutes": 0,
        "buffer_before": 0,
        "buffer_after": 15,
        "position": 1,
    }
    return start | fields


def test_what_a_package_holds_and_needs_is_entered_on_one_page(own, address, shop):
    service = {
        "name_en": "Breakfast",
        "name_zh_hans": "早餐",
        "name_zh_hant": "早餐",
        "quantity": 2,
        "position": 1,
    }
    rows = {"seasonal_prices": [may()], "needs": [need()], "services": [service]}
    answer = own.post(address, form(shop.package, **rows) | {"valid_from": "2026-06-01"})
    assert answer.status_code == 302, answer.content.decode()
    version = PackageVersion.objects.get(pk=shop.package.pk)
    assert version.valid_from == date(2026, 6, 1)
    assert (version.services.get().quantity, version.needs.get().from_minute) == (2, 90)
    assert version.seasonal_prices.get().price == Decimal("4999.00")


def test_a_season_is_put_up_for_a_version_that_was_sold_and_nothing_else_is(own, address, shop, sale):
    booking = sale.sell()
    before = own.get(address)
    assert before.status_code == 200
    answer = own.post(
        address, form(shop.package, seasonal_prices=[may()]) | {"price": "1", "shoot_minutes": "10"}
    )
    assert answer.status_code == 302, answer.content.decode()
    version = PackageVersion.objects.get(pk=shop.package.pk)
    assert (version.price, version.shoot_minutes) == (Decimal("5999.00"), 360)
    assert version.seasonal_prices.count() == 1
    assert [line.amount for line in booking.price_lines.all()] == [Decimal("5999.00")]


@pytest.mark.parametrize("part", ["looks", "items", "services", "needs"])
def test_what_a_sold_version_holds_is_not_added_to(own, address, shop, sale, part):
    sale.sell()
    rows = {
        "needs": [need()],
        **{name: [{**NAMES, "position": 9, "quantity": 1}] for name in ("looks", "items", "services")},
    }
    count = getattr(shop.package, part).count()
    own.post(address, form(shop.package, **{part: rows[part]}))
    assert getattr(shop.package, part).count() == count


def test_two_seasons_for_one_day_are_refused_in_words_and_nothing_typed_is_lost(own, address, shop):
    season(shop.package, "4800", date(2026, 4, 1), date(2026, 5, 1))
    text = own.post(address, form(shop.package, seasonal_prices=[may(price="4777")])).content.decode()
    assert "There is a seasonal price for some of these days already." in text
    assert "4777" in text
    both = [may(), may(starts_on="2026-05-31", ends_on="2026-06-30")]
    shop.package.seasonal_prices.all().delete()
    assert own.post(address, form(shop.package, seasonal_prices=both)).status_code == 200
    fits = [may(), may(basis="shot"), may(starts_on="2026-06-01", ends_on="2026-06-30")]
    assert own.post(address, form(shop.package, seasonal_prices=fits)).status_code == 302


def test_the_last_day_of_a_season_is_not_before_its_first(own, address, shop):
    text = own.post(address, form(shop.package, seasonal_prices=[may(ends_on="2026-04-01")])).content.decode()
    assert "The last day lies before the first." in text


def test_who_is_always_taken_is_of_the_kind_and_the_branch(own, address, shop, sign_in):
    theirs = Resource.objects.create(
        branch=shop.other_branch, kind="photographer", name_en="X", name_zh_hans="X", name_zh_hant="X"
    )
    for row, sentence in (
        (need(resource=shop.artist_resource.pk), "not of the kind"),
        (need(resource=shop.photographer_resource.pk, quantity=2), "only one of it"),
        (need(resource=theirs.pk), "Select a valid choice"),
    ):
        answer = own.post(address, form(shop.package, needs=[row]))
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
    assert (
        own.post(
            address, form(shop.package, needs=[need(resource=shop.photographer_resource.pk)])
        ).status_code
        == 302
    )


def test_what_the_database_refuses_becomes_a_sentence(own, address, shop, sale, monkeypatch):
    """Sold in the very second in which it was changed."""
    monkeypatch.setattr(settings.SoldInline, "is_open", lambda self, obj: True)
    monkeypatch.setattr(
        settings.PackageVersionAdmin, "get_readonly_fields", lambda self, request, obj=None: []
    )
    sale.sell()
    answer = own.post(address, form(shop.package) | {"price": "1"}, follow=True)
    assert answer.status_code == 200
    assert "This version was sold meanwhile" in answer.content.decode()
    shop.package.refresh_from_db()
    assert shop.package.price == Decimal("5999.00")


def test_another_error_of_the_database_is_not_hidden(own, address, monkeypatch):
    def fail(*arguments, **named):
        raise IntegrityError("something else")

    monkeypatch.setattr(settings.PackageVersionAdmin, "save_model", fail)
    own.raise_request_exception = True
    with pytest.raises(IntegrityError, match="something else"):
        own.post(address, form(PackageVersion.objects.get()) | {"price": "1"})


def test_add_ons_and_limits_are_entered_for_ones_own_branch(own, shop):
    fields = {
        **NAMES,
        "branch": shop.branch.pk,
        "kind": "look",
        "price": "800",
        "extra_minutes": 60,
        "position": 1,
    }
    assert own.post("/admin/bookings/addon/add/", fields | {"is_active": "on"}).status_code == 302
    assert AddOn.objects.get().extra_minutes == 60
    assert (
        own.post("/admin/bookings/addon/add/", fields | {"branch": shop.other_branch.pk}).status_code == 200
    )
    row = {"branch": shop.branch.pk, "role": "consultant", "percent": "5"}
    assert own.post("/admin/bookings/discountlimit/add/", row | {"percent": "101"}).status_code == 200
    assert own.post("/admin/bookings/discountlimit/add/", row).status_code == 302
    assert DiscountLimit.objects.get().percent == 5
    assert DiscountLimit.objects.get().audit_rows.count() == 1
