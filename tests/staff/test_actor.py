"""Who acts and who is signed in are two things: a shared tablet, a PIN."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client

from studio.staff.models import Membership, Role

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]


@pytest.fixture
def tablet(shop: SimpleNamespace, sign_in: Enter) -> Client:
    """The styling department's tablet, signed in as the artist; the photographer has a PIN."""
    cache.clear()
    shop.photographer.set_pin("2580")
    shop.photographer.save()
    return sign_in(shop.artist)


def choose(tablet: Client, person: object, pin: str) -> object:
    return tablet.post("/actor/", {"colleague": person.pk, "pin": pin})  # type: ignore[attr-defined]


def test_right_pin_makes_the_colleague_act(tablet: Client, shop: SimpleNamespace) -> None:
    assert choose(tablet, shop.photographer, "2580").status_code == 302  # type: ignore[attr-defined]
    request = tablet.get("/me/").wsgi_request
    assert (request.user, request.actor) == (shop.artist, shop.photographer)
    assert request.membership.department == shop.shooting


def test_giving_the_screen_back_ends_it(tablet: Client, shop: SimpleNamespace) -> None:
    choose(tablet, shop.photographer, "2580")
    tablet.post("/actor/", {"back": "1"})
    assert tablet.get("/me/").wsgi_request.actor == shop.artist


def test_wrong_pin_says_so_and_changes_nothing(tablet: Client, shop: SimpleNamespace) -> None:
    answer = choose(tablet, shop.photographer, "0000")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "This PIN is not right." in answer.content.decode()  # type: ignore[attr-defined]
    assert tablet.get("/me/").wsgi_request.actor == shop.artist


def test_five_wrong_pins_rest_even_for_the_right_one(tablet: Client, shop: SimpleNamespace) -> None:
    for _try in range(5):
        choose(tablet, shop.photographer, "0000")
    answer = choose(tablet, shop.photographer, "2580")
    assert "Too many wrong PINs" in answer.content.decode()  # type: ignore[attr-defined]
    assert tablet.get("/me/").wsgi_request.actor == shop.artist


def test_nobody_of_another_branch_can_be_chosen(tablet: Client, shop: SimpleNamespace) -> None:
    shop.neighbour.set_pin("2580")
    shop.neighbour.save()
    assert choose(tablet, shop.neighbour, "2580").status_code == 422  # type: ignore[attr-defined]


def test_who_left_the_branch_acts_no_longer(tablet: Client, shop: SimpleNamespace) -> None:
    choose(tablet, shop.photographer, "2580")
    Membership.objects.filter(user=shop.photographer).update(is_active=False)
    assert tablet.get("/me/").wsgi_request.actor == shop.artist


def test_acting_for_somebody_never_opens_the_settings(shop: SimpleNamespace, sign_in: Enter) -> None:
    shop.administrator.set_pin("2580")
    shop.administrator.save()
    tablet = sign_in(shop.artist)
    choose(tablet, shop.administrator, "2580")
    assert tablet.get("/admin/").status_code in {302, 403}


def test_pin_is_kept_hashed(shop: SimpleNamespace) -> None:
    shop.photographer.set_pin("2580")
    assert "2580" not in shop.photographer.pin
    assert shop.photographer.check_pin("2580")
    assert not shop.photographer.check_pin("2581")
    assert not shop.artist.check_pin("")


def test_a_branch_of_ones_own_can_be_chosen_and_no_other(shop: SimpleNamespace, sign_in: Enter) -> None:
    Membership.objects.create(user=shop.general_manager, branch=shop.other_branch, role=Role.GENERAL_MANAGER)
    own = sign_in(shop.general_manager)
    own.post("/branch/", {"branch": shop.other_branch.pk})
    assert own.get("/me/").wsgi_request.branch == shop.other_branch
    other = sign_in(shop.manager)
    for crafted in [shop.other_branch.pk, "x", "", "9" * 40, "-1"]:
        other.post("/branch/", {"branch": crafted})
        assert other.get("/me/").wsgi_request.branch == shop.branch
