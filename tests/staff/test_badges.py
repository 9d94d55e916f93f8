"""Badges: printed once, only the hash kept, good for one person at a time."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection

from studio.foundation.public_links import without_links
from studio.staff import badges
from studio.staff.models import Badge, Membership
from studio.staff.views.badges import drawing_of

pytestmark = pytest.mark.django_db


def test_only_the_hash_is_kept(shop, now) -> None:
    badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    assert re.fullmatch(r"[a-z2-7]{32}", code)
    with connection.cursor() as cursor:
        for table in ["staff_badge", "staff_badgeaudit"]:
            cursor.execute(f"SELECT * FROM {table}")
            assert code not in str(cursor.fetchall())
    assert bytes(badge.token_hash) == Badge.hash_of(code)


def test_two_badges_are_never_alike(shop, now) -> None:
    codes = {badges.new_badge(shop.artist, by=shop.artist, now=now)[1] for _card in range(20)}
    assert len(codes) == 20
    assert Badge.standing().filter(user=shop.artist).count() == 1


def test_a_new_one_ends_the_one_before(shop, now) -> None:
    _first, old = badges.new_badge(shop.artist, by=shop.artist, now=now)
    _second, new = badges.new_badge(shop.artist, by=shop.manager, now=now + timedelta(days=1))
    assert badges.bearer(old, branch=shop.branch, now=now) is None
    assert badges.bearer(new, branch=shop.branch, now=now + timedelta(days=1)).user == shop.artist
    ended = Badge.objects.get(ended_at__isnull=False)
    assert (ended.ended_by, ended.made_by) == (shop.manager, shop.artist)


def test_a_lost_one_is_ended_and_a_repeat_changes_nothing(shop, now) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    assert badges.end_badge(shop.artist, by=shop.manager, now=now)
    assert not badges.end_badge(shop.artist, by=shop.colleague, now=now)
    assert badges.bearer(code, branch=shop.branch, now=now) is None
    assert Badge.objects.get().ended_by == shop.manager


@pytest.mark.parametrize(
    "how", ["{}", "{}\n", " {} ", "http://shop.example/b/{}/", "HTTPS://SHOP/B/{}/", "/b/{}"]
)
def test_a_scanner_may_type_it_in_many_ways(shop, now, how) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    for typed in (how.format(code), how.format(code).upper()):
        assert badges.bearer(typed, branch=shop.branch, now=now).user == shop.artist


@pytest.mark.parametrize(
    "wrong", ["", "x", "a" * 31, "a" * 33, "a" * 32, "1" * 32, "/b//", "\x00" * 32, "🙂" * 40, "ａ" * 32]
)
def test_what_is_no_badge_is_nobody(shop, now, wrong) -> None:
    badges.new_badge(shop.artist, by=shop.artist, now=now)
    assert badges.bearer(wrong, branch=shop.branch, now=now) is None


def test_it_is_good_in_the_bearer_s_own_branches_only(shop, now) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    assert badges.bearer(code, branch=shop.other_branch, now=now) is None
    Membership.objects.create(
        user=shop.artist, branch=shop.other_branch, role="department_staff", department=None
    )
    assert badges.bearer(code, branch=shop.other_branch, now=now) is not None


@pytest.mark.parametrize("gone", ["user", "place", "time"])
def test_who_has_left_has_no_badge(shop, now, gone) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    if gone == "user":
        shop.artist.is_active = False
        shop.artist.save()
    if gone == "place":
        shop.artist.memberships.update(is_active=False)
    at = now + badges.LASTS if gone == "time" else now
    assert badges.bearer(code, branch=shop.branch, now=at) is None


def test_the_administrator_serves_nobody(shop, now) -> None:
    _badge, code = badges.new_badge(shop.administrator, by=shop.administrator, now=now)
    assert badges.bearer(code, branch=shop.branch, now=now) is None


def test_the_code_is_never_in_a_log(shop, now) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    for line in [f"GET /b/{code}/", f"GET /accounts/login/?next=/b/{code}/", badges.address_of(code)]:
        assert code not in without_links(line)


def test_the_drawing_holds_the_address_and_no_style(shop, now) -> None:
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=now)
    drawing = drawing_of(code)
    assert drawing.startswith("<svg") and "style" not in drawing


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_leave_one_badge(shop, now) -> None:
    made: list[str] = []

    def card() -> None:
        try:
            made.append(badges.new_badge(shop.artist, by=shop.artist, now=now)[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=card) for _press in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert Badge.standing().filter(user=shop.artist).count() == 1


# --- The pages ----------------------------------------------------------------------------------
def page(answer):
    return answer.content.decode()


def test_one_s_own_badge_is_shown_once(shop, sign_in) -> None:
    client = sign_in(shop.artist)
    assert "No badge yet" in page(client.get("/me/badge/"))
    printed = client.post("/me/badge/")
    code = re.search(r'badge__digits">([a-z2-7]{32})<', page(printed)).group(1)
    assert "王芳" in page(printed) and "王老师" in page(printed) and "styling" in page(printed)
    assert printed["Cache-Control"] == "no-store"
    again = page(client.get("/me/badge/"))
    assert code not in again and "badge__digits" not in again
    assert badges.badge_of(shop.artist, now=Badge.objects.get().created_at) is not None


def test_one_ends_one_s_own(shop, sign_in, now) -> None:
    client = sign_in(shop.artist)
    client.post("/me/badge/")
    client.post("/me/badge/", {"end": "1"})
    assert not Badge.standing().exists()
    assert "No badge yet" in page(client.get("/me/badge/"))


def test_a_manager_prints_one_for_a_colleague_who_lost_theirs(shop, sign_in) -> None:
    client = sign_in(shop.manager)
    assert "Badge of 王芳" in page(client.post(f"/colleagues/{shop.artist.pk}/badge/"))
    badge = Badge.objects.get()
    assert (badge.user, badge.made_by) == (shop.artist, shop.manager)
    assert sign_in(shop.owner).post(f"/colleagues/{shop.artist.pk}/badge/").status_code == 403


@pytest.mark.parametrize("who", ["neighbour", "administrator"])
def test_not_of_the_neighbour_and_not_of_who_serves_nobody(shop, sign_in, who) -> None:
    pk = getattr(shop, who).pk
    assert sign_in(shop.manager).post(f"/colleagues/{pk}/badge/").status_code == 404


def test_managers_see_who_has_one(shop, sign_in, now, django_assert_max_num_queries) -> None:
    sign_in(shop.artist).post("/me/badge/")
    client = sign_in(shop.manager)
    with django_assert_max_num_queries(25):
        text = page(client.get("/colleagues/badges/"))
    assert text.count("No badge yet") == 8 and "黃店長" not in text
    assert "badge__digits" not in text


def test_a_stored_script_is_only_words_on_the_card(shop, sign_in) -> None:
    shop.artist.called = "<b>x</b>"
    shop.artist.save()
    assert "<b>x</b>" not in page(sign_in(shop.artist).post("/me/badge/"))
