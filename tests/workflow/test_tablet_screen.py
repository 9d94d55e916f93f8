"""A screen that stands in a department: each press says who, by a PIN or by the scan of a badge (R5.1)."""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.utils import timezone

from studio.staff import badges, screens
from studio.staff.pins import WRONG_AT_ONE_SCREEN, WRONG_PINS
from tests import factories
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from tests.workflow.tablets import PIN, give_pins, pressed, stands_in, words
from workflow import handoffs, house, undone
from workflow.models import HandOffState, StayKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def order(shop, earlier):
    return arrived(shop, now=earlier)


@pytest.fixture
def feng(shop):
    cache.clear()
    person = second_artist(shop)
    give_pins(person, shop.artist, shop.photographer, shop.owner)
    return person


@pytest.fixture
def tablet(shop, sign_in, feng):
    """The styling department's tablet: signed in as the artist, pressed by everybody there."""
    return stands_in(sign_in(shop.artist), shop.styling)


def row_of(order):
    return house.of_order(order, now=timezone.now())[0]


def offered(shop, order, at):
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=at)
    return pressed("accept", row_of(order), back=f"tablet-{shop.styling.pk}")


def code_of(person, shop):
    return badges.new_badge(person, by=shop.manager, now=timezone.now())[1]


# --- The screen ---------------------------------------------------------------------------------
def test_a_screen_is_set_up_on_the_page_of_who_acts(shop, sign_in) -> None:
    client = sign_in(shop.artist)
    assert "A screen for a whole department" in words(client.get("/actor/"))
    answer = client.post("/actor/", {"screen": "1", "department": shop.styling.pk})
    assert answer["Location"] == "/tablet/"
    request = client.get("/tablet/").wsgi_request
    assert request.screen == shop.styling
    assert "Each press says who" in words(client.get("/tablet/"))


@pytest.mark.parametrize("wrong", ["", "x", "9" * 30])
def test_a_screen_stands_in_a_department_of_ours(shop, sign_in, wrong) -> None:
    answer = sign_in(shop.artist).post("/actor/", {"screen": "1", "department": wrong})
    assert answer.status_code == 422


def test_a_screen_stands_in_no_department_of_the_neighbour(shop, sign_in) -> None:
    there = factories.DepartmentFactory(branch=shop.other_branch, kind="styling")
    answer = sign_in(shop.artist).post("/actor/", {"screen": "1", "department": there.pk})
    assert answer.status_code == 422


def test_only_who_is_signed_in_takes_the_screen_back(shop, tablet) -> None:
    assert tablet.post("/actor/", {"own": "1", "secret": "0000"}).status_code == 422
    assert tablet.get("/tablet/").wsgi_request.screen == shop.styling
    assert tablet.post("/actor/", {"own": "1", "secret": PIN}).status_code == 302
    assert tablet.get("/tablet/").wsgi_request.screen is None


def test_the_password_takes_it_back_too(shop, tablet) -> None:
    shop.artist.set_password("ein-langes-wort")
    shop.artist.save()
    tablet.force_login(shop.artist, backend="allauth.account.auth_backends.AuthenticationBackend")
    stands_in(tablet, shop.styling)
    assert tablet.post("/actor/", {"own": "1", "secret": "ein-langes-wort"}).status_code == 302


def test_a_shared_screen_never_becomes_a_colleague_for_good(shop, tablet, feng) -> None:
    tablet.post("/actor/", {"colleague": feng.pk, "pin": PIN})
    assert tablet.get("/tablet/").wsgi_request.actor == shop.artist


def test_a_shared_screen_stays_in_its_branch(shop, tablet) -> None:
    answer = tablet.post("/branch/", {"branch": shop.other_branch.pk})
    assert answer["Location"] == "/actor/"


def test_nobody_prints_a_badge_at_a_shared_screen(shop, tablet) -> None:
    assert tablet.post("/me/badge/")["Location"] == "/actor/"
    assert not shop.artist.badges.exists()


# --- Who? ---------------------------------------------------------------------------------------
def test_a_press_asks_who_and_changes_nothing_yet(shop, tablet, order, earlier) -> None:
    answer = tablet.post(f"/orders/{order.pk}/hands/", offered(shop, order, earlier))
    assert answer.status_code == 200
    text = words(answer)
    assert "Who are you?" in text and "王老师" in text and "冯老师" in text
    assert text.index("冯老师") < text.index("From another department") < text.index("赵老师")
    assert presence(order, "李娜").with_user == shop.owner


def test_r5_1_face_and_pin_sign_the_press_and_nobody_stays(shop, tablet, feng, order, earlier) -> None:
    press = offered(shop, order, earlier) | {"signer": feng.pk, "pin": PIN}
    answer = tablet.post(f"/orders/{order.pk}/hands/", press)
    assert answer["Location"].startswith(f"/tablet/{shop.styling.pk}/?said=")
    assert presence(order, "李娜").with_user == feng
    assert order.hand_offs.latest("pk").receiver == feng
    assert tablet.get("/tablet/").wsgi_request.actor == shop.artist


def test_what_was_pressed_is_carried_along_and_a_wrong_pin_loses_nothing(
    shop, tablet, feng, order, earlier
) -> None:
    press = offered(shop, order, earlier)
    wrong = tablet.post(f"/orders/{order.pk}/hands/", press | {"signer": feng.pk, "pin": "0000"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "This PIN is not right." in page and "0000" not in page
    assert f'value="{feng.pk}" checked' in page
    for name, value in [
        ("act", "accept"),
        ("back", press["back"]),
        *(("hand_off", pk) for pk in press["hand_off"]),
    ]:
        assert f'name="{name}" value="{value}"' in page
    assert presence(order, "李娜").with_user == shop.owner
    again = tablet.post(f"/orders/{order.pk}/hands/", press | {"signer": feng.pk, "pin": PIN})
    assert again.status_code == 302


def test_five_wrong_pins_rest_at_the_tablet_and_at_the_page_of_who_acts(
    shop, sign_in, tablet, feng, order, earlier
) -> None:
    press = offered(shop, order, earlier) | {"signer": feng.pk}
    for _try in range(WRONG_PINS):
        tablet.post(f"/orders/{order.pk}/hands/", press | {"pin": "0000"})
    answer = tablet.post(f"/orders/{order.pk}/hands/", press | {"pin": PIN})
    assert "Too many wrong PINs" in words(answer)
    elsewhere = sign_in(shop.owner).post("/actor/", {"colleague": feng.pk, "pin": PIN})
    assert "Too many wrong PINs" in words(elsewhere)


@pytest.mark.parametrize(
    "who",
    [
        {"signer": "x", "pin": PIN},
        {"signer": "9" * 30, "pin": PIN},
        {"signer": "", "pin": PIN},
        {"badge": "nonsense"},
        {"badge": "a" * 32},
        {"badge": "x" * 5000},
        {"badge": "\x00"},
        {"signature": "nonsense"},
        {"signature": "1:2:3"},
        {"pin": "12"},
    ],
)
def test_who_it_is_is_never_guessed(shop, tablet, order, earlier, who) -> None:
    answer = tablet.post(f"/orders/{order.pk}/hands/", offered(shop, order, earlier) | who)
    assert answer.status_code == 422
    assert presence(order, "李娜").with_user == shop.owner


def test_nobody_of_the_neighbour_signs_here(shop, tablet, order, earlier) -> None:
    give_pins(shop.neighbour)
    code = code_of(shop.neighbour, shop)
    press = offered(shop, order, earlier)
    for who in [{"signer": shop.neighbour.pk, "pin": PIN}, {"badge": code}]:
        assert tablet.post(f"/orders/{order.pk}/hands/", press | who).status_code == 422


def test_who_is_off_is_not_asked_and_who_stands_in_is(shop, tablet, feng, order, earlier) -> None:
    today = shop.branch.today(timezone.now())
    factories.LeaveFactory(user=feng, branch=shop.branch, starts_on=today, ends_on=today, deputy=shop.owner)
    faces = screens.of_department(shop.styling, day=today)
    assert [face.user for face in faces] == [shop.artist, shop.owner]
    press = offered(shop, order, earlier) | {"signer": feng.pk, "pin": PIN}
    assert "not here today" in words(tablet.post(f"/orders/{order.pk}/hands/", press))


def test_who_has_no_pin_is_named_with_the_way_to_one(shop, tablet, order, earlier) -> None:
    shop.artist.pin = ""
    shop.artist.save()
    text = words(tablet.post(f"/orders/{order.pk}/hands/", offered(shop, order, earlier)))
    assert "Without a PIN yet" in text


def test_the_role_is_that_of_who_signs(shop, sign_in, feng, order) -> None:
    """The tablet of a manager gives nobody a manager's rights: an artist may not send whom the desk has."""
    client = stands_in(sign_in(shop.manager), shop.styling)
    press = pressed("offer", row_of(order), to=shop.styling.pk) | {"signer": feng.pk, "pin": PIN}
    assert client.post(f"/orders/{order.pk}/hands/", press).status_code == 403


@pytest.mark.parametrize(
    "page", ["hand-offs/", "hand-offs/return/", "hand-offs/acceptance/", "hand-offs/withdrawal/"]
)
def test_the_other_pages_of_a_hand_off_ask_as_well(shop, tablet, order, earlier, page) -> None:
    press = offered(shop, order, earlier) | {"to": shop.styling.pk, "why": "头纱没带"}
    assert "Who are you?" in words(tablet.post(f"/orders/{order.pk}/{page}", press))
    assert order.hand_offs.exclude(state=HandOffState.OFFERED).count() == 0


def test_r5_4_a_return_is_signed_by_who_refused(shop, tablet, feng, order, earlier) -> None:
    press = offered(shop, order, earlier) | {"why": "头纱没带", "signer": feng.pk, "pin": PIN}
    tablet.post(f"/orders/{order.pk}/hand-offs/return/", press)
    row = order.hand_offs.latest("pk")
    assert (row.state, row.receiver, row.why) == (HandOffState.RETURNED, feng, "头纱没带")


def test_who_signs_a_stepping_out_goes_along(shop, tablet, feng, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    press = pressed("step_out", row_of(order), place="洗手间") | {"signer": feng.pk, "pin": PIN}
    tablet.post(f"/orders/{order.pk}/hands/", press)
    here = presence(order, "李娜")
    assert (here.kind, here.with_user) == (StayKind.STEPPED_OUT, feng)


def test_on_ones_own_phone_nobody_is_asked(shop, sign_in, order, earlier) -> None:
    press = offered(shop, order, earlier)
    assert sign_in(shop.artist).post(f"/orders/{order.pk}/hands/", press).status_code == 302
    assert presence(order, "李娜").with_user == shop.artist


# --- The scan of a badge --------------------------------------------------------------------------
def test_a_badge_signs_in_place_of_face_and_pin(shop, tablet, feng, order, earlier) -> None:
    press = offered(shop, order, earlier) | {"badge": badges.address_of(code_of(feng, shop))}
    assert tablet.post(f"/orders/{order.pk}/hands/", press).status_code == 302
    assert presence(order, "李娜").with_user == feng


def scan(client, department, text):
    return client.post(f"/tablet/{department.pk}/scans/", {"scan": text})


def test_one_scan_gives_and_takes_where_one_party_is_meant(shop, tablet, feng, order, earlier) -> None:
    offered(shop, order, earlier)
    answer = scan(tablet, shop.styling, badges.address_of(code_of(feng, shop)))
    assert answer["Location"].startswith(f"/tablet/{shop.styling.pk}/?said=")
    assert presence(order, "李娜").with_user == feng
    assert not order.hand_offs.open().exists()


def test_one_scan_takes_whom_nobody_had_a_hand_to_offer(shop, tablet, feng, order) -> None:
    scan(tablet, shop.styling, code_of(feng, shop).upper())
    assert presence(order, "李娜").with_user == feng


def test_the_photographer_scans_at_the_tablet_of_styling(shop, tablet, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    scan(tablet, shop.styling, code_of(shop.photographer, shop))
    here = presence(order, "李娜")
    assert (here.with_user, here.department) == (shop.photographer, shop.shooting)


def test_is_more_than_one_meant_the_page_asks_which_and_one_press_is_enough(
    shop, tablet, feng, order, earlier
) -> None:
    other = arrived(shop, now=earlier, resources=[], name="别家")
    for one in (order, other):
        handoffs.offer(one, members=party(one), to=shop.styling, by=shop.owner, now=earlier)
    answer = scan(tablet, shop.styling, code_of(feng, shop))
    page = answer.content.decode()
    assert answer.status_code == 200 and "冯老师 takes over" in words(answer)
    signature = page.split('name="signature" value="')[1].split('"')[0]
    press = pressed("together", row_of(other), to=shop.styling.pk, signature=signature)
    assert tablet.post(f"/orders/{other.pk}/hands/", press).status_code == 302
    assert presence(other, "李娜").with_user == feng
    assert presence(order, "李娜").with_user == shop.owner


def test_a_signature_is_good_at_this_screen_and_not_for_long(shop, sign_in, tablet, feng, order) -> None:
    elsewhere = stands_in(sign_in(shop.owner), shop.styling)
    signed = screens.signature(feng, tablet.session.session_key)
    assert screens.signed_by(signed, tablet.session.session_key) == feng.pk
    assert screens.signed_by(signed, elsewhere.session.session_key) is None
    press = pressed("together", row_of(order), to=shop.styling.pk, signature=signed)
    assert elsewhere.post(f"/orders/{order.pk}/hands/", press).status_code == 422


def test_a_signature_is_too_old_after_two_minutes(feng, monkeypatch) -> None:
    signed = screens.signature(feng, "here")
    monkeypatch.setattr(screens, "GOOD_FOR_SECONDS", -1)
    assert screens.signed_by(signed, "here") is None


def test_nobody_is_being_brought(shop, tablet, feng) -> None:
    answer = scan(tablet, shop.styling, code_of(feng, shop))
    assert answer.status_code == 422
    assert "Nobody is being brought to 冯老师 now." in words(answer)


def test_an_ended_badge_is_good_for_nothing(shop, tablet, feng, order) -> None:
    code = code_of(feng, shop)
    code_of(feng, shop)
    answer = scan(tablet, shop.styling, code)
    assert answer.status_code == 422
    assert "no badge of ours" in words(answer)
    assert presence(order, "李娜").with_user == shop.owner


@pytest.mark.parametrize("text", ["", "   ", "\x00", "<script>", "x" * 2000])
def test_whatever_is_scanned_never_breaks(shop, tablet, text) -> None:
    assert scan(tablet, shop.styling, text).status_code in {302, 422, 400}


def test_the_sheet_s_number_is_looked_for(shop, tablet, order) -> None:
    answer = scan(tablet, shop.styling, f"http://shop.example/s/{order.booking.number}/")
    assert answer["Location"] == f"/search/?q={order.booking.number}"


def test_on_ones_own_phone_a_colleague_s_badge_opens_their_page(shop, sign_in, order) -> None:
    code = code_of(shop.artist, shop)
    answer = scan(sign_in(shop.owner), shop.front_desk, code)
    assert answer["Location"] == f"/b/{code}/"


# --- All that is pressed on the day ----------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "/looks/{look}/shot/",
        "/looks/{look}/pending/",
        "/looks/{look}/undone/",
        "/orders/{order}/arrival/",
        "/orders/{order}/sheet/issue/",
        "/orders/{order}/care/",
        "/orders/{order}/departure/",
        "/orders/{order}/hands/",
    ],
)
def test_whatever_is_pressed_on_the_day_is_signed(shop, sign_in, feng, order, address) -> None:
    client = stands_in(sign_in(shop.owner), shop.front_desk)
    path = address.format(look=order.looks.first().pk, order=order.pk)
    before = order.events.count()
    answer = client.post(path, {"act": "alone", "why": "下雨"})
    assert "Who are you?" in words(answer)
    assert order.events.count() == before


def test_a_look_is_ticked_by_who_signed(shop, sign_in, feng, order, earlier) -> None:
    client = stands_in(sign_in(shop.artist), shop.shooting)
    look = order.looks.first()
    client.post(f"/looks/{look.pk}/shot/", {"signer": shop.photographer.pk, "pin": PIN, "back": "tablet"})
    look.refresh_from_db()
    assert (look.state, look.by) == ("shot", shop.photographer)


def test_only_to_look_at_another_day_nobody_signs(shop, sign_in, feng, order) -> None:
    client = stands_in(sign_in(shop.owner), shop.front_desk)
    answer = client.post(f"/orders/{order.pk}/departure/", {"look": "1", "day": "2027-01-09"})
    assert answer.status_code == 200
    assert "Who are you?" not in words(answer)


# --- Guessing, and what is left at the screen ---------------------------------------------------
def test_who_tries_one_colleague_after_the_other_at_a_screen_rests_too(
    shop, sign_in, tablet, feng, order, earlier
) -> None:
    press = offered(shop, order, earlier)
    many = [factories.UserFactory() for _number in range(WRONG_AT_ONE_SCREEN // 3)]
    for person in many:
        shop.branch.memberships.create(user=person, role="department_staff", department=shop.styling)
    give_pins(*many)
    for person in many:
        for _try in range(3):  # fewer than would rest for one of them
            tablet.post(f"/orders/{order.pk}/hands/", press | {"signer": person.pk, "pin": "0000"})
    answer = tablet.post(f"/orders/{order.pk}/hands/", press | {"signer": feng.pk, "pin": PIN})
    assert "Too many wrong PINs" in words(answer)
    by_badge = press | {"badge": code_of(feng, shop)}
    assert tablet.post(f"/orders/{order.pk}/hands/", by_badge).status_code == 302
    elsewhere = stands_in(sign_in(shop.owner), shop.front_desk)
    handoffs.offer(order, members=party(order), to=shop.shooting, by=feng, now=timezone.now())
    withdrawn = pressed("withdraw", row_of(order)) | {"signer": feng.pk, "pin": PIN}
    assert elsewhere.post(f"/orders/{order.pk}/hands/", withdrawn).status_code == 302, "nobody else rests"


def test_the_password_is_not_guessed_at_the_screen_either(shop, tablet) -> None:
    for number in range(WRONG_PINS):
        assert tablet.post("/actor/", {"own": "1", "secret": f"sommer{number}"}).status_code == 422
    answer = tablet.post("/actor/", {"own": "1", "secret": PIN})
    assert answer.status_code == 422 and "Too many wrong PINs" in words(answer)


def test_nobody_changes_the_pin_of_who_is_signed_in_at_a_shared_screen(shop, tablet) -> None:
    me = {"display_name": "赵丽", "called": "赵老师", "language": "", "pin": "1111", "new_pin": "1111"}
    assert tablet.get("/me/")["Location"] == tablet.post("/me/", me)["Location"] == "/actor/"
    shop.artist.refresh_from_db()
    assert shop.artist.check_pin(PIN)


def test_r5_1_what_is_written_on_any_page_of_a_shared_screen_is_signed(
    shop, sign_in, feng, order, earlier
) -> None:
    desk = stands_in(sign_in(shop.manager), shop.front_desk)
    row = undone.write_down(order, what="捧花特写", why="下雨", by=shop.artist, now=earlier)
    said = {"way": "let_go", "let_go": "不拍也没关系"}
    asked = desk.post(f"/undone/{row.pk}/", said)
    assert asked.status_code == 200 and "Who are you?" in words(asked)
    assert 'name="let_go" value="不拍也没关系"' in asked.content.decode(), "nothing is lost"
    row.refresh_from_db()
    assert row.settled_at is None
    refused = desk.post(f"/undone/{row.pk}/", said | {"signer": feng.pk, "pin": PIN})
    assert refused.status_code == 403, "the role of who signs counts, not of who signed in at the screen"
    desk.post(f"/undone/{row.pk}/", said | {"signer": shop.owner.pk, "pin": PIN})
    row.refresh_from_db()
    assert row.settled_by == shop.owner
    assert desk.get("/").wsgi_request.actor == shop.manager, "nobody stays"


def test_a_signature_on_a_page_is_no_way_into_the_session() -> None:
    user = factories.UserFactory()
    said = screens.signature(user, "the-key-of-the-session")
    assert screens.signed_by(said, "the-key-of-the-session") == user.pk
    assert screens.signed_by(said, "of-another-screen") is None
    assert "the-key-of-the-session" not in str(signing.loads(said, salt=screens.SALT))
