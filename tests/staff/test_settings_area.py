"""The settings (Django's admin): configuration only, of one's own branches, with a trace."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.test import Client

from bookings import sales
from bookings.models import Package, PackageVersion
from bookings.till import Money
from studio.outbox.models import Gateway
from studio.staff.configuration import ReadOnlyAdmin
from studio.staff.invitation import invitation_for
from studio.staff.models import Department, Membership, User
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]


@pytest.mark.parametrize("role", ["owner", "artist", "head", "cashier", "manager", "neighbour"])
def test_only_who_configures_gets_in(shop: SimpleNamespace, sign_in: Enter, role: str) -> None:
    assert sign_in(getattr(shop, role)).get("/admin/staff/branch/").status_code in {302, 403}


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda m: m.__name__)
def test_every_list_and_search_opens(shop: SimpleNamespace, sign_in: Enter, model: type) -> None:
    own = sign_in(shop.general_manager)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"  # type: ignore[attr-defined]
    assert own.get(address).status_code == 200
    assert own.get(address, {"q": "长%_'\"青"}).status_code in {200, 302}


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda m: m.__name__)
def test_every_add_page_opens_or_is_forbidden(shop: SimpleNamespace, sign_in: Enter, model: type) -> None:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"  # type: ignore[attr-defined]
    looks_only = isinstance(admin.site._registry[model], ReadOnlyAdmin)
    assert sign_in(shop.general_manager).get(address).status_code == (403 if looks_only else 200)


def test_an_administrator_sees_no_customers_and_no_money(shop: SimpleNamespace, sign_in: Enter) -> None:
    own = sign_in(shop.administrator)
    for address in [
        "customers/customer",
        "bookings/booking",
        "bookings/payment",
        "bookings/creditnote",
        "bookings/settlement",
        "bookings/fapiao",
        "bookings/cashshift",
        "workflow/workorder",
        "outbox/message",
    ]:
        assert own.get(f"/admin/{address}/").status_code == 403


def test_r1_4_owner_is_read_only_in_the_settings(shop: SimpleNamespace, sign_in: Enter) -> None:
    customer = CustomerFactory(branch=shop.branch, owner=shop.owner)
    own = sign_in(shop.general_manager)
    address = f"/admin/customers/customer/{customer.pk}/change/"
    assert own.get(address).status_code == 200
    assert own.post(address, {"owner": shop.colleague.pk, "name": "X"}).status_code == 403
    customer.refresh_from_db()
    assert customer.owner == shop.owner


def test_the_other_branch_s_settings_are_not_there(shop: SimpleNamespace, sign_in: Enter) -> None:
    theirs = Department.objects.create(
        branch=shop.other_branch, kind="styling", name_en="S", name_zh_hans="S", name_zh_hant="S"
    )
    own = sign_in(shop.administrator)
    assert own.get(f"/admin/staff/department/{theirs.pk}/change/").status_code == 302
    assert "台北" not in own.get("/admin/staff/branch/").content.decode()
    answer = own.post(
        "/admin/staff/department/add/",
        {
            "branch": shop.other_branch.pk,
            "kind": "shooting",
            "name_en": "X",
            "name_zh_hans": "X",
            "name_zh_hant": "X",
        },
    )
    assert answer.status_code == 200
    assert not Department.objects.filter(name_en="X").exists()


def test_a_gateway_s_secret_is_never_shown_and_stays_when_left_empty(
    shop: SimpleNamespace, sign_in: Enter
) -> None:
    gateway = Gateway.objects.create(
        branch=shop.branch, channel="sms", kind="webhook", address="https://example.test/", secret="hush-hush",
        name_en="G", name_zh_hans="G", name_zh_hant="G",
    )  # fmt: skip
    own = sign_in(shop.administrator)
    address = f"/admin/outbox/gateway/{gateway.pk}/change/"
    assert "hush-hush" not in own.get(address).content.decode()
    fields = {
        "branch": shop.branch.pk, "channel": "sms", "kind": "webhook", "address": "https://example.test/2", "secret": "",
        "name_en": "G", "name_zh_hans": "G", "name_zh_hant": "G", "is_active": "on",
    }  # fmt: skip
    assert own.post(address, fields).status_code == 302
    gateway.refresh_from_db()
    assert (gateway.address, gateway.secret) == ("https://example.test/2", "hush-hush")


def test_versions_of_a_package_are_numbered_as_they_are_made(shop: SimpleNamespace, sign_in: Enter) -> None:
    fields = {
        "package": shop.package.package_id, "price": "6999", "styling_minutes": 90, "shoot_minutes": 300,
        "selection_after_days": 7, "pickup_after_days": 30,
    }  # fmt: skip
    for prefix in ["looks", "items", "services", "needs", "seasonal_prices"]:
        fields |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    answer = sign_in(shop.administrator).post("/admin/bookings/packageversion/add/", fields)
    assert answer.status_code == 302
    assert list(
        PackageVersion.objects.filter(package=shop.package.package).values_list("number", flat=True)
    ) == [2, 1]


def test_a_sold_version_gets_a_successor_that_can_be_changed(
    shop: SimpleNamespace, sign_in: Enter, now: datetime
) -> None:
    customer = CustomerFactory(branch=shop.branch, owner=shop.owner)
    sales.sell(
        customer=customer, package_version=shop.package, by=shop.owner, now=now, terms_accepted=True,
        payment=Money("earnest", "cash", Decimal("500")),
    )  # fmt: skip
    own = sign_in(shop.administrator)
    sold = f"/admin/bookings/packageversion/{shop.package.pk}/change/"
    own.post(sold, {"price": "1"})
    shop.package.refresh_from_db()
    assert shop.package.price == Decimal("5999.00")
    chosen = {"action": "revise", "_selected_action": [shop.package.pk]}
    answer = own.post("/admin/bookings/packageversion/", chosen, follow=True)
    assert "can be changed until it is sold" in answer.content.decode()
    newest = PackageVersion.objects.filter(package=shop.package.package).first()
    assert newest is not None
    assert newest.number == 2
    assert newest.looks.count() == shop.package.looks.count()
    assert own.get(f"/admin/bookings/packageversion/{newest.pk}/change/").status_code == 200


def test_whatever_is_changed_leaves_a_trace_of_who(shop: SimpleNamespace, sign_in: Enter) -> None:
    package = shop.package.package
    fields = {
        "branch": shop.branch.pk, "kind": "wedding", "name_en": "Evergreen II", "name_zh_hans": "长青", "name_zh_hant": "長青",
        "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = sign_in(shop.administrator).post(f"/admin/bookings/package/{package.pk}/change/", fields)
    assert answer.status_code == 302
    row = Package.objects.get(pk=package.pk).audit_rows.order_by("pgh_id").last()  # type: ignore[attr-defined]
    assert row.name_en == "Evergreen II"
    assert row.pgh_context.metadata["by"] == shop.administrator.pk


def test_a_new_colleague_sets_the_first_password_by_link(
    shop: SimpleNamespace, sign_in: Enter, client: Client
) -> None:
    fields = {
        "username": "newcomer", "display_name": "许新", "called": "小许", "language": "zh-hans", "is_active": "on",
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0, "memberships-0-branch": shop.branch.pk,
        "memberships-0-role": "consultant", "memberships-0-department": shop.front_desk.pk, "memberships-0-is_active": "on",
    }  # fmt: skip
    answer = sign_in(shop.administrator).post("/admin/staff/user/add/", fields, follow=True)
    assert "/welcome/" in answer.content.decode()
    newcomer = User.objects.get(username="newcomer")
    assert not newcomer.has_usable_password()
    assert Membership.objects.get(user=newcomer).branch == shop.branch
    link = urlsplit(invitation_for(newcomer)).path
    assert client.get(link).status_code == 200
    bad = client.post(link, {"new_password1": "123", "new_password2": "123"})
    assert bad.status_code == 422
    good = client.post(link, {"new_password1": "first-contact-77", "new_password2": "first-contact-77"})
    assert good.status_code == 302
    assert client.get(link).status_code == 404
    assert client.login(username="newcomer", password="first-contact-77")


@pytest.mark.parametrize(
    "link", ["/welcome/x/y/", "/welcome/MQ/abc-def/", "/welcome/%00/%00/", "/welcome/OTk5OTk5/a-b/"]
)
def test_links_that_were_never_made_look_the_same(client: Client, db: None, link: str) -> None:
    assert client.get(link).status_code == 404
