"""While you were away (R8.1): what happened to one's customers, by whom, in the order of time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers import files
from customers.registries import happenings
from studio.desk.digest import digest_of
from studio.staff import absence
from studio.staff.models import Leave, LeaveDay
from tests.factories import CustomerFactory
from tests.staff.leave import Rota
from tests.workflow.calling import Desk
from workflow import calls, visits
from workflow.models import CallTask

pytestmark = pytest.mark.django_db


@pytest.fixture
def rota(shop, now):
    return Rota(shop, now)


@pytest.fixture
def leave(shop, rota):
    return rota.off(shop.owner, shop.colleague, 0, 1).leave


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


def test_every_app_tells_what_happened(shop):
    assert set(happenings.names()) >= {
        "customers",
        "bookings",
        "visits",
        "orders",
        "calls",
        "follow_ups",
        "incoming_calls",
    }


def test_r8_1_the_digest_tells_what_whom_and_in_which_order(shop, now, leave, desk):
    call = desk.call()
    customer = call.customer
    calls.record(call, outcome="no_answer", version=None, by=shop.colleague, now=now + timedelta(hours=1))
    files.observe(customer, "喜欢百合", by=shop.colleague, now=now + timedelta(hours=2))
    other = CustomerFactory(branch=shop.branch, owner=shop.owner, name="王芳", phone="+8613900000001")
    visit = visits.receive(
        branch=shop.branch, by=shop.colleague, now=now + timedelta(hours=3), customer=other
    )
    visits.end(visit, outcome="lost", loss_reason="price", by=shop.colleague, now=now + timedelta(hours=4))
    digest = digest_of(leave, now=now + timedelta(days=3))
    told = {chapter.customer: [entry.text for entry in chapter.entries] for chapter in digest.chapters}
    assert "Call: No answer, try again" in told[customer]
    assert told[customer].index("Call: No answer, try again") < told[customer].index("喜欢百合")
    assert any("Lost (price)" in text for text in told[other])
    assert digest.chapters[-1].entries[-1].actor == shop.colleague


def test_r8_1_only_ones_own_customers_and_only_the_days_off(shop, now, leave):
    mine = CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613900000001")
    theirs = CustomerFactory(branch=shop.branch, owner=shop.colleague, phone="+8613900000002")
    since, until = shop.branch.day_bounds(shop.branch.today(now))[0], now + timedelta(days=5)
    files.observe(mine, "before", by=shop.colleague, now=since - timedelta(seconds=1))
    files.observe(mine, "first", by=shop.colleague, now=since)
    files.observe(mine, "after", by=shop.colleague, now=shop.branch.day_bounds(leave.ends_on)[1])
    files.observe(theirs, "of another", by=shop.colleague, now=now)
    texts = [entry.text for chapter in digest_of(leave, now=until).chapters for entry in chapter.entries]
    assert texts == ["first"]


def test_r8_1_back_earlier_the_digest_ends_there(shop, now, rota, leave):
    mine = CustomerFactory(branch=shop.branch, owner=shop.owner)
    absence.come_back(leave, by=shop.owner, now=now + timedelta(hours=1))
    files.observe(mine, "meanwhile", by=shop.colleague, now=now)
    files.observe(mine, "back", by=shop.owner, now=now + timedelta(hours=2))
    digest = digest_of(Leave.objects.get(pk=leave.pk), now=now + timedelta(days=2))
    assert [entry.text for entry in digest.chapters[0].entries] == ["meanwhile"]


def test_looking_at_the_numbers_is_not_told(shop, now, leave):
    mine = CustomerFactory(branch=shop.branch, owner=shop.owner)
    files.reveal_numbers(mine, by=shop.artist, now=now)
    assert digest_of(leave, now=now + timedelta(days=2)).count == 0


def test_the_number_of_questions_does_not_grow_with_what_happened(
    shop, now, leave, desk, django_assert_max_num_queries
):
    def fill(count):
        for _number in range(count):
            call = desk.call(appointment=desk.appointment())
            calls.record(call, outcome="no_answer", version=None, by=shop.colleague, now=now)
            visits.receive(branch=shop.branch, by=shop.colleague, now=now, customer=call.customer)

    fill(2)
    with django_assert_max_num_queries(30) as few:
        digest_of(leave, now=now + timedelta(days=2))
    fill(6)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(digest_of(leave, now=now + timedelta(days=2)).chapters) == 8
    assert CallTask.objects.count() == 8


# --- Its page ----------------------------------------------------------------------------------
@pytest.fixture
def over(shop):
    """Leave that ended yesterday."""
    rota = Rota(shop, timezone.now() - timedelta(days=3))
    return rota.off(shop.owner, shop.colleague, 0, 1).leave


def test_r8_1_today_offers_the_digest_until_it_was_read(shop, over, sign_in):
    mine = CustomerFactory(branch=shop.branch, owner=shop.owner)
    files.observe(mine, "<b>喜欢百合</b>", by=shop.colleague, now=timezone.now() - timedelta(days=3))
    client, address = sign_in(shop.owner), f"/leave/{over.pk}/digest/"
    assert address in client.get("/").content.decode()
    page = client.get(address).content.decode()
    assert "&lt;b&gt;喜欢百合&lt;/b&gt;" in page
    over.refresh_from_db()
    assert over.digest_read_at is None, "to look is not to have read"
    client.post(address)
    client.post(address)
    assert address not in client.get("/").content.decode()
    assert client.get(address).status_code == 200


def test_nothing_happened_is_said_so(shop, over, sign_in):
    page = sign_in(shop.owner).get(f"/leave/{over.pk}/digest/").content.decode()
    assert "Nothing happened to your customers meanwhile" in page


def test_the_digest_is_only_its_owner_s(shop, over, sign_in):
    for person in (shop.colleague, shop.manager, shop.neighbour):
        assert sign_in(person).get(f"/leave/{over.pk}/digest/").status_code == 404
    LeaveDay.objects.filter(leave=over).update(is_granted=False)
    Leave.objects.filter(pk=over.pk).update(state="withdrawn")
    assert sign_in(shop.owner).get(f"/leave/{over.pk}/digest/").status_code == 404
