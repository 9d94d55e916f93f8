"""The page on which a sheet on paper is entered (F9): nothing typed is lost, sentences stand at their lines."""

import io
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.workflow.papers import form_of
from tests.workflow.shoots import make_order, party, reread
from workflow.models import LateRecord, LookState, Presence, SheetPhoto, Stage, Stay

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def order(shop, now):
    return make_order(shop, now=now, at=now - 25 * HOUR, looks=1)


@pytest.fixture
def address(order) -> str:
    return f"/orders/{order.pk}/sheet/paper/"


def the_day(shop, order) -> list[dict]:
    look = order.looks.get().pk
    desk, styling, floor = shop.front_desk.pk, shop.styling.pk, shop.shooting.pk
    return [
        {"department": desk, "user": shop.owner.pk, "since": "09:30", "until": "09:45"},
        {"department": styling, "user": shop.artist.pk, "since": "09:45", "until": "11:00"},
        {"department": floor, "user": shop.photographer.pk, "since": "11:00", "until": "12:10", "look": look},
        {"department": styling, "user": shop.artist.pk, "since": "12:10", "until": "12:30"},
        {"department": desk, "user": shop.owner.pk, "since": "12:30", "until": "12:40"},
        {"department": desk, "user": "", "since": "", "until": ""},
    ]


LEFT = {"day": "2026-05-15", "left": "on", "mood": "moved", "note": ""}


def test_f9_the_form_begins_with_the_lines_of_an_empty_sheet(shop, order, address, sign_in) -> None:
    page = sign_in(shop.owner).get(address)
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count('class="paper__row"') == 7  # desk, styling, shooting, styling, desk, two spare ones
    assert 'value="2026-05-15"' in text  # the day of the shoot


def test_f9_a_sheet_is_entered_with_the_clock_of_the_branch(shop, order, address, sign_in) -> None:
    answer = sign_in(shop.colleague).post(address, form_of(the_day(shop, order), **LEFT))
    assert answer.status_code == 302 and answer["Location"] == f"/orders/{order.pk}/sheet/"
    zone = shop.branch.zone
    first = Presence.objects.filter(work_order=order).first()
    assert first.arrived_at == datetime(2026, 5, 15, 9, 30, tzinfo=zone)
    assert first.left_at == datetime(2026, 5, 15, 12, 40, tzinfo=zone)
    look = order.looks.get()
    assert look.state == LookState.SHOT and look.at == datetime(2026, 5, 15, 12, 10, tzinfo=zone)
    assert reread(order).stage == Stage.SELECTION
    assert LateRecord.objects.get().entered_by == shop.colleague


def test_f9_pressed_twice_it_is_entered_once(shop, order, address, sign_in) -> None:
    form = form_of(the_day(shop, order), submission=str(uuid.uuid4()), **LEFT)
    client = sign_in(shop.owner)
    assert [client.post(address, form).status_code for _press in range(2)] == [302, 302]
    assert LateRecord.objects.count() == 1


def test_f9_a_wrong_line_says_so_and_nothing_typed_is_lost(shop, order, address, sign_in) -> None:
    lines = the_day(shop, order)
    lines[2]["since"] = "11:20"
    answer = sign_in(shop.owner).post(address, form_of(lines, **LEFT | {"note": "Kind people"}))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "from 11:00 to 11:20" in text and "alone before that" in text
    assert 'value="11:20"' in text and "Kind people" in text and 'value="12:40"' in text
    assert not Presence.objects.filter(work_order=order).exists()


def test_f9_who_were_alone_were_alone(shop, order, address, sign_in) -> None:
    lines = the_day(shop, order)
    lines[2] |= {"since": "11:20", "alone_before": "on"}
    assert sign_in(shop.owner).post(address, form_of(lines, **LEFT)).status_code == 302
    assert {gap.seconds(gap.since) for gap in Stay.objects.gaps()} == {1200.0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": ""}, "Choose who signed this line."),
        ({"since": ""}, "Write the time in the column In."),
        ({"department": ""}, "Choose the department."),
        ({"until": "09:00"}, "Out lies before In."),
        ({"since": "25:99"}, "Enter a valid time."),
        ({"who": "99999999"}, "Select a valid choice."),
        ({"user": "99999999999999999999"}, "Select a valid choice."),
        ({"look": "x"}, "Select a valid choice."),
        ({"place": "x" * 90}, "at most 80"),
    ],
)
def test_bad_input_is_said_at_the_field(shop, order, address, sign_in, change, said) -> None:
    lines = the_day(shop, order)
    lines[1] |= change
    answer = sign_in(shop.owner).post(address, form_of(lines, **LEFT))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not LateRecord.objects.exists()


@pytest.mark.parametrize(
    "whole",
    [
        {"day": "2026-05-17"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"day": "tomorrow"}, {"day": ""}, {"mood": ""},
        {"mood": "furious"}, {"left": ""}, {"form-TOTAL_FORMS": "9999"}, {"form-TOTAL_FORMS": "x"}, {"note": "x" * 300},
    ],
)  # fmt: skip
def test_a_whole_that_cannot_be_is_refused(shop, order, address, sign_in, whole) -> None:
    data = form_of(the_day(shop, order), **LEFT) | whole
    if whole == {"left": ""}:
        del data["left"]
    assert sign_in(shop.owner).post(address, data).status_code == 422
    assert not LateRecord.objects.exists()


def test_ids_of_another_branch_are_refused(shop, order, address, sign_in) -> None:
    lines = the_day(shop, order)
    lines[0]["user"] = shop.neighbour.pk
    assert sign_in(shop.owner).post(address, form_of(lines, **LEFT)).status_code == 422
    other = make_order(
        shop,
        now=order.booking.created_at + timedelta(days=7),
        at=order.booking.created_at + timedelta(days=20),
    )
    lines = the_day(shop, order)
    lines[0]["who"] = party(other)[0].pk
    lines[1]["look"] = other.looks.first().pk
    assert sign_in(shop.owner).post(address, form_of(lines, **LEFT)).status_code == 422


def test_more_lines_keep_what_is_typed(shop, order, address, sign_in) -> None:
    data = form_of(the_day(shop, order), more="1", **LEFT)
    answer = sign_in(shop.owner).post(address, data)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count('class="paper__row"') == 10 and 'value="12:40"' in text
    for nonsense in ("x", "99999", "-1"):
        assert sign_in(shop.owner).post(address, data | {"form-TOTAL_FORMS": nonsense}).status_code in {
            200,
            422,
        }
    assert not LateRecord.objects.exists()


def test_f9_the_sheet_shows_what_was_entered_and_its_photograph(shop, order, address, sign_in) -> None:
    client = sign_in(shop.owner)
    assert client.post(f"/orders/{order.pk}/sheet/photos/", {"photo": photograph()}).status_code == 302
    client.post(address, form_of(the_day(shop, order), **LEFT))
    photo = SheetPhoto.objects.get()
    assert photo.record == LateRecord.objects.get()
    text = client.get(f"/orders/{order.pk}/sheet/").content.decode()
    assert f"/sheet-photos/{photo.pk}/" in text and "on paper, entered by 小陈" in text


# --- The photograph ------------------------------------------------------------------------------------
def photograph(kind: str = "JPEG") -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (1200, 900), "white").save(made, kind)
    return SimpleUploadedFile("sheet.jpg", made.getvalue(), content_type="image/jpeg")


def test_f9_a_photograph_is_made_anew_and_shown_beside_the_form(shop, order, address, sign_in) -> None:
    client = sign_in(shop.artist)
    assert (
        client.post(f"/orders/{order.pk}/sheet/photos/", {"photo": photograph("PNG")})["Location"] == address
    )
    photo = SheetPhoto.objects.get()
    assert bytes(photo.data)[:2] == b"\xff\xd8" and photo.by == shop.artist
    assert f'src="/sheet-photos/{photo.pk}/"' in client.get(address).content.decode()
    shown = client.get(f"/sheet-photos/{photo.pk}/")
    assert shown["Content-Type"] == "image/jpeg" and "no-store" in shown["Cache-Control"]
    assert sign_in(shop.neighbour).get(f"/sheet-photos/{photo.pk}/").status_code == 404


@pytest.mark.parametrize(
    "sent", [{}, {"photo": "text"}, {"photo": SimpleUploadedFile("x.jpg", b"GIF89a not a picture")}]
)
def test_what_is_no_photograph_is_said(shop, order, sign_in, sent) -> None:
    answer = sign_in(shop.owner).post(f"/orders/{order.pk}/sheet/photos/", sent, follow=True)
    assert answer.status_code == 200 and "photograph" in answer.content.decode().lower()
    assert not SheetPhoto.objects.exists()


def test_f8_only_the_branch_and_only_who_serves_there_enter_sheets(shop, order, address, sign_in) -> None:
    for person, status in (
        (shop.neighbour, 404),
        (shop.administrator, 403),
        (shop.cashier, 403),
        (shop.photographer, 200),
    ):
        assert sign_in(person).get(address).status_code == status


def test_the_number_of_questions_does_not_grow_with_the_lines(
    shop, order, address, sign_in, django_assert_max_num_queries
) -> None:
    lines = [{"department": shop.front_desk.pk, "user": "", "since": "", "until": ""}] * 40
    client = sign_in(shop.owner)
    with django_assert_max_num_queries(60):
        assert client.post(address, form_of(lines, more="1", **LEFT)).status_code == 200
