"""The camera of the giver's phone on the receiver's badge: one press gives and takes (R5.1)."""

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from studio.staff import badges
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from tests.workflow.tablets import words
from workflow import handoffs
from workflow.models import HandOffWay

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def order(shop, earlier):
    return arrived(shop, now=earlier)


@pytest.fixture
def code(shop, earlier):
    return badges.new_badge(shop.artist, by=shop.artist, now=earlier)[1]


def give(client, code, order, **more):
    said = {"order": order.pk, "members": [member.pk for member in party(order)]}
    return client.post(f"/b/{code}/", said | more)


def test_it_shows_whom_i_have_and_what_to_say(shop, sign_in, order, code) -> None:
    text = words(sign_in(shop.owner).get(f"/b/{code}/"))
    assert "王老师 stands beside you" in text and "Give to 王老师" in text
    assert "王老师, these are Mr Zhang and Ms Li, friends of mine" in text
    assert "¥" not in text


def test_to_look_at_it_changes_nothing(shop, sign_in, order, code) -> None:
    sign_in(shop.owner).get(f"/b/{code}/")
    assert presence(order, "李娜").with_user == shop.owner
    assert not order.hand_offs.exists()


def test_one_press_gives_and_takes(shop, sign_in, order, code) -> None:
    client = sign_in(shop.owner)
    assert give(client, code, order)["Location"] == "/"
    here = presence(order, "李娜")
    assert (here.with_user, here.department) == (shop.artist, shop.styling)
    row = order.hand_offs.latest("pk")
    assert (row.way, row.giver, row.receiver, row.by) == (
        HandOffWay.TOGETHER, shop.owner, shop.artist, shop.owner,
    )  # fmt: skip


def test_an_open_offer_there_ends_by_it(shop, sign_in, order, code, earlier) -> None:
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    give(sign_in(shop.owner), code, order)
    assert not order.hand_offs.open().exists()
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_6_one_of_them_goes_along(shop, sign_in, order, code) -> None:
    bride = next(member for member in party(order) if member.name == "李娜")
    give(sign_in(shop.owner), code, order, members=[bride.pk])
    assert presence(order, "李娜").with_user == shop.artist
    assert presence(order, "张伟").with_user == shop.owner


def test_nobody_chosen_is_said_in_words(shop, sign_in, order, code) -> None:
    answer = give(sign_in(shop.owner), code, order, members=[])
    assert answer.status_code == 422


def test_off_the_route_asks_why_and_keeps_what_was_chosen(shop, sign_in, order, earlier) -> None:
    selector = badges.new_badge(shop.photographer, by=shop.photographer, now=earlier)[1]
    client = sign_in(shop.owner)
    answer = give(client, selector, order)
    assert answer.status_code == 422
    assert "Say why they go there." in words(answer) and 'name="why"' in answer.content.decode()
    assert give(client, selector, order, why="先拍单人").status_code == 302
    assert presence(order, "李娜").with_user == shop.photographer


def test_the_same_press_twice_is_harmless(shop, sign_in, order, code) -> None:
    client = sign_in(shop.owner)
    give(client, code, order)
    give(client, code, order)
    assert order.hand_offs.count() == 2
    assert presence(order, "李娜").with_user == shop.artist


def test_who_has_them_not_gives_them_not(shop, sign_in, order, code, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    feng = badges.new_badge(second_artist(shop), by=shop.manager, now=earlier)[1]
    assert give(sign_in(shop.colleague), feng, order).status_code == 403
    assert presence(order, "李娜").with_user == shop.artist


def test_kind_words_where_nobody_is_with_me(shop, sign_in, code) -> None:
    assert "Nobody is with you now" in words(sign_in(shop.colleague).get(f"/b/{code}/"))


def test_one_s_own_badge_is_one_s_own(shop, sign_in, code, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    assert "This is your own badge" in words(sign_in(shop.artist).get(f"/b/{code}/"))


@pytest.mark.parametrize("how", ["unknown", "ended", "short"])
def test_unknown_and_ended_look_the_same(shop, sign_in, code, how, earlier) -> None:
    if how == "ended":
        badges.end_badge(shop.artist, by=shop.artist, now=earlier)
    asked = {"unknown": "a" * 32, "ended": code, "short": "x"}[how]
    client = sign_in(shop.owner)
    assert client.get(f"/b/{asked}/").status_code == 404
    assert client.post(f"/b/{asked}/").status_code == 404


def test_the_neighbour_finds_nobody(shop, sign_in, code) -> None:
    assert sign_in(shop.neighbour).get(f"/b/{code}/").status_code == 404


def test_without_a_sign_in_it_is_the_sign_in(shop, code) -> None:
    answer = Client().get(f"/b/{code}/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_another_branch_s_order_is_out_of_reach(shop, sign_in, order, code) -> None:
    client = sign_in(shop.owner)
    for wrong in ["x", "9" * 30, ""]:
        assert client.post(f"/b/{code}/", {"order": wrong, "members": ["x"]}).status_code == 422


# --- The receiver says so on the giver's phone -----------------------------------------------------
def offer(client, order, shop, **beside):
    said = {"members": [member.pk for member in party(order)], "to": shop.styling.pk}
    return client.post(f"/orders/{order.pk}/hand-offs/", said | beside)


def test_a_tap_of_the_giver_alone_stays_an_offer(shop, sign_in, order) -> None:
    """R5.1: the receiver takes over only by saying so."""
    offer(sign_in(shop.owner), order, shop, meant_for=shop.artist.pk)
    assert presence(order, "李娜").with_user == shop.owner
    assert {row.meant_for for row in order.hand_offs.open()} == {shop.artist}


def test_it_rings_at_the_phone_of_whom_it_is_meant_for(shop, sign_in, order) -> None:
    client = sign_in(shop.owner)
    for _press in range(2):
        offer(client, order, shop, meant_for=shop.artist.pk)
    assert shop.artist.alerts.count() == 1
    assert not shop.owner.alerts.exists()
    assert "小陈 brings you 张伟 & 李娜." in html.unescape(words(sign_in(shop.artist).get("/bell/")))


def test_the_receiver_s_pin_gives_and_takes_at_once(shop, sign_in, order) -> None:
    shop.artist.set_pin("2580")
    shop.artist.save()
    client = sign_in(shop.owner)
    wrong = offer(client, order, shop, **{"beside-signer": shop.artist.pk, "beside-pin": "0000"})
    assert wrong.status_code == 422 and "This PIN is not right." in words(wrong)
    assert not order.hand_offs.exists()
    right = offer(client, order, shop, **{"beside-signer": shop.artist.pk, "beside-pin": "2580"})
    assert right.status_code == 302
    assert presence(order, "李娜").with_user == shop.artist


def test_the_receiver_s_badge_does_too(shop, sign_in, order, code) -> None:
    assert offer(sign_in(shop.owner), order, shop, **{"beside-badge": code}).status_code == 302
    assert presence(order, "李娜").with_user == shop.artist


def test_who_does_not_work_there_cannot_be_meant(shop, sign_in, order) -> None:
    answer = offer(sign_in(shop.owner), order, shop, meant_for=shop.photographer.pk)
    assert answer.status_code == 422
    assert "does not work at styling today" in words(answer)
