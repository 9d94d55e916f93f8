"""They are here (R4.1): what is checked, who has come, and the way to the makeup artist in person."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from customers.models import Customer, Member
from customers.party import MOST_MEMBERS
from tests.workflow.shoots import arrived, bring, make_family, make_order, party, presence, reread
from workflow import arrivals, handoffs
from workflow.models import HandOff, Presence
from workflow.refusals import NeedsReason

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def frozen(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def url(order, name="arrival") -> str:
    return reverse(f"workflow:{name}", args=[order.pk])


def ids(order) -> list[int]:
    return [member.pk for member in party(order)]


def come(client, order, **data):
    return client.post(url(order), {"submission": uuid.uuid4(), **data})


def lights(order, now) -> dict[str, str]:
    return {one.name: one.state for one in arrivals.checked(order, now=now)}


# --- What is checked --------------------------------------------------------------------------------
def test_r4_1_package_payment_and_sheet_each_have_their_light(shop, now) -> None:
    order = make_order(shop, now=now)
    assert lights(order, now) == {"package": "ok", "payment": "ok", "sheet": "waiting"}


def test_r4_1_without_payment_the_light_leads_to_the_till(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, paid=False, confirmed=False)
    assert lights(order, now)["payment"] == "missing"
    page = sign_in(shop.owner).get(url(order)).content.decode()
    assert reverse("workflow:payment", args=[order.pk]) in page


def test_r4_1_a_package_without_looks_is_looked_at_first(shop, now) -> None:
    order = make_order(shop, now=now)
    order.looks.all().delete()
    assert lights(order, now)["package"] == "missing"


def test_r4_1_the_whole_arrival_is_one_page(shop, now, sign_in, frozen) -> None:
    order, client = make_order(shop, now=now), sign_in(shop.owner)
    assert "Issue the work-order sheet" not in client.get(url(order)).content.decode()
    answer = come(client, order, members=ids(order))
    assert answer["Location"] == url(order)
    assert "Issue the work-order sheet" in client.get(url(order)).content.decode()
    answer = client.post(url(order, "sheet_issue"), {"back": "arrival"})
    assert answer["Location"] == url(order)
    page = client.get(url(order)).content.decode()
    assert "Take them there yourself, with the sheet" in page
    assert "friends of mine" in page  # R5.3
    assert "Hand over to styling" in page
    frozen.shift(16 * MINUTE)
    assert "Should be in styling by now" in client.get(url(order)).content.decode()
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 17 * MINUTE)
    assert "Take them there yourself" not in client.get(url(order)).content.decode()


def test_r4_1_the_page_says_how_early_or_late_they_are(shop, now, sign_in) -> None:
    client = sign_in(shop.owner)
    assert "early" in client.get(url(make_order(shop, now=now, at=now + 30 * MINUTE))).content.decode()
    tomorrow = make_order(shop, now=now, at=now + timedelta(days=1), resources=[])
    assert "another day was agreed" in client.get(url(tomorrow)).content.decode()
    late = make_order(shop, now=now, at=now - 40 * MINUTE, resources=[])
    assert "40 min" in client.get(url(late)).content.decode()


def test_a_date_that_is_not_of_a_shoot_asks_for_no_sheet(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    page = sign_in(shop.owner).get(url(order))
    assert page.status_code == 200
    assert not page.context["can_issue"]


# --- Who has come ------------------------------------------------------------------------------------
def test_r5_6_who_comes_later_is_welcomed_later(shop, now, sign_in, frozen) -> None:
    order, client = make_order(shop, now=now), sign_in(shop.owner)
    bride, groom = ids(order)
    come(client, order, members=[bride])
    frozen.shift(50 * MINUTE)
    page = client.get(url(order)).content.decode()
    assert "More of the party are here" in page
    come(client, order, members=[groom])
    assert presence(order, "张伟").arrived_at == now + 50 * MINUTE
    assert presence(order, "李娜").arrived_at == now


def test_r5_6_somebody_whom_the_file_does_not_know_comes_along_as_a_guest(shop, now, sign_in) -> None:
    order, client = make_order(shop, now=now), sign_in(shop.owner)
    version = Customer.objects.get(pk=order.booking.customer_id).version
    answer = come(client, order, members=ids(order), guest=" 王芳 ", guest_salutation="ms")
    assert answer.status_code == 302
    guest = Member.objects.get(name="王芳")
    assert (guest.role, guest.salutation) == ("guest", "ms")
    assert presence(order, "王芳").with_user == shop.owner
    assert Customer.objects.get(pk=order.booking.customer_id).version == version + 1


def test_a_guest_may_be_the_first_of_them(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    assert come(sign_in(shop.owner), order, guest="王芳").status_code == 302
    assert [row.member.name for row in Presence.objects.all()] == ["王芳"]


def test_a_guest_by_a_name_of_the_party_is_that_person(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    come(sign_in(shop.owner), order, guest="李娜")
    assert Member.objects.filter(name="李娜").count() == 1
    assert presence(order, "李娜").with_user == shop.owner


def test_the_second_press_brings_no_second_guest(shop, now, sign_in) -> None:
    order, client = make_order(shop, now=now), sign_in(shop.owner)
    for _press in range(2):
        assert client.post(url(order), {"guest": "王芳", "members": ids(order)}).status_code == 302
    assert Member.objects.filter(name="王芳").count() == 1
    assert Presence.objects.count() == 3


def test_a_file_that_is_full_says_so_at_the_field_and_nothing_is_lost(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    make_family(order, MOST_MEMBERS - 2)
    with pytest.raises(NeedsReason):
        arrivals.come_along(order, name="王芳", by=shop.owner, now=now)
    answer = come(sign_in(shop.owner), order, members=ids(order)[:2], guest="王芳")
    assert answer.status_code == 422
    assert "王芳" in answer.content.decode()
    assert answer.context["form"].errors["guest"]
    assert not Presence.objects.exists()


@pytest.mark.parametrize("guest", ["x" * 41, "a\x00b", "y" * 5000])
def test_a_name_that_is_none_gets_a_sentence(shop, now, sign_in, guest) -> None:
    order = make_order(shop, now=now)
    answer = come(sign_in(shop.owner), order, members=ids(order), guest=guest)
    assert answer.status_code == 422
    assert not Presence.objects.exists()


def test_nobody_chosen_is_said_at_the_field(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    answer = come(sign_in(shop.owner), order, guest="   ")
    assert answer.status_code == 422
    assert answer.context["form"].errors["members"]


def test_the_page_when_everybody_is_here_asks_only_for_more_guests(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    page = sign_in(shop.owner).get(url(order)).content.decode()
    assert "Somebody else came along" in page and 'type="checkbox" name="members"' not in page


def test_a_press_on_the_order_leads_back_to_where_it_stood(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    assert come(sign_in(shop.owner), order, members=ids(order), back="today")["Location"] == "/"


def test_r4_1_the_hand_over_from_the_page_is_the_same_as_everywhere(shop, now, sign_in) -> None:
    order, client = arrived(shop, now=now), sign_in(shop.owner)
    data = {"members": ids(order), "to": shop.styling.pk, "submission": uuid.uuid4()}
    assert client.post(url(order, "hand_offs"), data).status_code == 302
    assert HandOff.objects.open().count() == 2
    assert "On the way to styling" in client.get(url(order)).content.decode()
    handoffs.accept(HandOff.objects.all(), by=shop.artist, now=now + MINUTE)
    assert reread(order).styling_since == now + MINUTE
