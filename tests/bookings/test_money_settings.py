"""Credit notes, settlements, tax invoices and cash shifts in the settings: looked at, never changed."""

from decimal import Decimal

import pytest

from bookings import fapiao, securities, settlement, shifts, till
from bookings.models import CashShift, CreditNote, Fapiao, Settlement
from bookings.till import Money


@pytest.fixture
def papers(sale, shop, booking):
    """One of each: paid, invoiced, damage charged, called off, the drawer counted."""
    given = {"by": shop.manager, "now": sale.now}
    till.take(booking, [Money("prepayment", "cash", Decimal("1000"))], **given)
    fapiao.record(
        booking, number="31000001", buyer="长青公司", tax_number="", amount=Decimal("1000"),
        issued_on=shop.branch.today(sale.now), **given,
    )  # fmt: skip
    label = {"en": "Veil", "zh-hans": "头纱", "zh-hant": "頭紗"}
    securities.charge_damage(booking, label=label, amount=Decimal("80"), **given)
    settlement.call_off(booking, fault="customer", why="移居", **given)
    shift = CashShift.objects.get()
    shifts.move_cash(shift, kind="expense", amount=Decimal("-20"), why="文具", **given)
    return {
        "creditnote": CreditNote.objects.get(),
        "settlement": Settlement.objects.get(),
        "fapiao": Fapiao.objects.get(),
        "cashshift": shift,
    }


SHOWN = {"creditnote": "移居", "settlement": "移居", "fapiao": "长青公司", "cashshift": "文具"}


@pytest.mark.parametrize("model", sorted(SHOWN))
def test_the_papers_are_looked_at_by_general_managers_and_never_changed(papers, shop, sign_in, model):
    row = papers[model]
    own, page = sign_in(shop.general_manager), f"/admin/bookings/{model}/{row.pk}/change/"
    listed = own.get(f"/admin/bookings/{model}/")
    assert listed.status_code == 200
    assert f"/admin/bookings/{model}/{row.pk}/change/" in listed.content.decode()
    text = own.get(page).content.decode()
    assert SHOWN[model] in text
    assert 'name="_save"' not in text
    before = type(row).objects.filter(pk=row.pk).values().get()
    assert own.post(page, {"why": "x", "number": "9", "fault": "house"}).status_code == 403
    assert own.post(f"/admin/bookings/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).values().get() == before
    theirs = shop.branch.__class__.objects.exclude(pk=shop.branch.pk).first()
    own.logout()
    shop.general_manager.memberships.update(branch=theirs)
    moved = sign_in(shop.general_manager)
    assert moved.get(page).status_code == 302  # not of that branch: Django leads back to the index
