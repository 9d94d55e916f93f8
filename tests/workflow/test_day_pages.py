"""The pages of the day: what a press does, what bad input is answered, and who may press."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings import schedule
from bookings.schedule import Slot
from tests import factories
from tests.workflow.shoots import arrived, bring, make_order, party, presence, reread, shot_and_back
from workflow import handoffs
from workflow.models import Departure, HandOff, Look, Presence, WorkOrderEvent

NASTY = ["", " ", "0", "-1", "abc", "1;drop", "99999999999999999999999", "½", "\x00", "١", "1" * 5000]


@pytest.fixture(autouse=True)
def frozen(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def url(name: str, pk: int) -> str:
    return reverse(f"workflow:{name}", args=[pk])


def ids(order) -> list[int]:
    return [member.pk for member in party(order)]


def press(client, name, pk, **data):
    return client.post(url(name, pk), data)


# --- The whole day by pages ------------------------------------------------------------------------
def test_r5_2_the_day_is_walked_by_its_pages(shop, sign_in, now, frozen) -> None:
    order = make_order(shop, now=now)
    owner, artist, photographer = map(sign_in, (shop.owner, shop.artist, shop.photographer))
    assert press(owner, "arrival", order.pk, members=ids(order)).status_code == 302
    assert press(owner, "sheet_issue", order.pk).status_code == 302

    def over(giver, receiver, department) -> None:
        frozen.shift(timedelta(minutes=10))
        answer = press(giver, "hand_offs", order.pk, members=ids(order), to=department.pk, back="today")
        assert (answer.status_code, answer["Location"]) == (302, "/")
        offers = list(HandOff.objects.open().values_list("pk", flat=True))
        assert press(receiver, "acceptance", order.pk, hand_off=offers).status_code == 302

    over(owner, artist, shop.styling)
    for look in order.looks.all():
        over(artist, photographer, shop.shooting)
        assert press(photographer, "look_shot", look.pk).status_code == 302
        over(photographer, artist, shop.styling)
    over(artist, owner, shop.front_desk)
    assert reread(order).stage == "selection"
    page = owner.get(url("departure", order.pk)).content.decode()
    assert "We are so sorry that we did not look after you well enough today" in page
    data = {
        "members": ids(order), "mood": "surprised", "farewell_said": "on",
        "no_date_because": "They call on Monday", "submission": uuid.uuid4(),
    }  # fmt: skip
    assert press(owner, "departure", order.pk, **data).status_code == 302
    assert press(owner, "departure", order.pk, **data).status_code == 302  # a second press is harmless
    assert Departure.objects.get().mood == "surprised"


def test_the_order_page_shows_the_day_at_each_step(shop, sign_in, now) -> None:
    client = sign_in(shop.owner)
    order = make_order(shop, now=now)
    assert "All of them are here" in client.get(order.get_absolute_url()).content.decode()
    press(client, "arrival", order.pk, members=ids(order))
    assert "Issue the work-order sheet" in client.get(order.get_absolute_url()).content.decode()
    press(client, "sheet_issue", order.pk)
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Hand over to styling" in page
    assert "friends of mine" in page  # the line to say (R5.3)
    press(client, "hand_offs", order.pk, members=ids(order), to=shop.styling.pk)
    assert "Take back" in client.get(order.get_absolute_url()).content.decode()
    assert "I take over" in sign_in(shop.artist).get(order.get_absolute_url()).content.decode()
    assert "I take over" not in sign_in(shop.photographer).get(order.get_absolute_url()).content.decode()


def test_who_has_not_paid_sees_what_is_in_the_way_of_the_sheet(shop, sign_in, now) -> None:
    order = make_order(shop, now=now, paid=False, confirmed=False)
    client = sign_in(shop.owner)
    press(client, "arrival", order.pk, members=ids(order))
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Before the sheet goes out" in page and "No earnest money yet" in page
    answer = press(client, "sheet_issue", order.pk)
    assert answer.status_code == 409
    assert "No earnest money yet" in answer.content.decode()
    assert reread(order).sheet_issued_at is None


# --- Refusals in words -----------------------------------------------------------------------------
def test_the_second_artist_is_told_who_was_quicker(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    other = factories.make_person(shop.branch, "department_staff", "冯丽", "冯老师", shop.styling)
    offers = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    data = {"hand_off": [offer.pk for offer in offers]}
    assert press(sign_in(shop.artist), "acceptance", order.pk, **data).status_code == 302
    answer = press(sign_in(other), "acceptance", order.pk, **data)
    assert answer.status_code == 409
    assert "王老师 has taken over already" in answer.content.decode()
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_4_a_return_asks_for_the_reason_and_keeps_what_was_chosen(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    offers = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    chosen = [offer.pk for offer in offers]
    client = sign_in(shop.artist)
    page = client.get(url("hand_off_return", order.pk), {"hand_off": chosen}).content.decode()
    assert all(f'value="{pk}"' in page for pk in chosen)
    answer = press(client, "hand_off_return", order.pk, hand_off=chosen, why="  ")
    assert answer.status_code == 422
    assert "Say what is not right" in answer.content.decode()
    assert press(client, "hand_off_return", order.pk, hand_off=chosen, why="No shoes").status_code == 302
    assert set(HandOff.objects.values_list("state", "why")) == {("returned", "No shoes")}


def test_off_the_route_asks_for_a_reason_at_the_field(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    client = sign_in(shop.owner)
    answer = press(client, "hand_offs", order.pk, members=ids(order), to=shop.shooting.pk)
    assert answer.status_code == 422
    assert "Say why they go there" in answer.content.decode()
    answer = press(client, "hand_offs", order.pk, members=ids(order), to=shop.shooting.pk, why="Light test")
    assert answer.status_code == 302


def test_the_hand_over_page_tells_the_line_for_each_choice(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    client = sign_in(shop.owner)
    page = client.get(url("hand_offs", order.pk)).content.decode()
    assert "王老师, these are Mr Zhang and Ms Li, friends of mine" in page
    line = client.get(
        url("hand_offs", order.pk),
        {"members": ids(order)[:1], "to": shop.styling.pk},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "this is Ms Li, a friend of mine" in line and "<form" not in line


def test_f2_not_shot_today_asks_why(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    look, client = order.looks.first(), sign_in(shop.photographer)
    assert client.get(url("look_undone", look.pk)).status_code == 200
    assert press(client, "look_undone", look.pk, why="").status_code == 422
    assert press(client, "look_undone", look.pk, why="Rain", back="today")["Location"] == "/"
    assert Look.objects.get(pk=look.pk).why == "Rain"


def test_r9_3_see_off_wants_the_mood_and_the_farewell(shop, sign_in, now) -> None:
    order = shot_and_back(shop, now=now)
    client = sign_in(shop.owner)
    answer = press(client, "departure", order.pk, members=ids(order), note="Left an umbrella")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Say how they leave" in text and "without exception" in text
    assert "Left an umbrella" in text  # nothing typed is lost
    answer = press(client, "departure", order.pk, members=ids(order), mood="moved", farewell_said="on")
    assert answer.status_code == 422
    assert "Fix the selection date" in answer.content.decode()
    assert not Departure.objects.exists()


def test_r5_5_with_a_selection_date_nobody_asks_why_there_is_none(shop, sign_in, now) -> None:
    order = shot_and_back(shop, now=now)
    start = now + timedelta(days=7)
    schedule.make_appointment(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="selection",
        slot=Slot(start, start + timedelta(hours=1), []), by=shop.owner, now=now,
    )  # fmt: skip
    client = sign_in(shop.owner)
    assert "no_date_because" not in client.get(url("departure", order.pk)).content.decode()
    data = {"members": ids(order), "mood": "moved", "farewell_said": "on"}
    assert press(client, "departure", order.pk, **data).status_code == 302


def test_r4_3_the_door_reminds_of_the_rest_politely_and_without_a_figure(shop, sign_in, now) -> None:
    order = shot_and_back(shop, now=now)
    text = sign_in(shop.owner).get(url("departure", order.pk)).content.decode()
    assert "settle the rest when you come to choose your pictures" in text
    assert "4,999" not in text


# --- Bad input -------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", NASTY)
def test_ids_that_no_page_has_are_refused_in_words(shop, sign_in, now, value) -> None:
    order = arrived(shop, now=now)
    client = sign_in(shop.owner)
    assert press(client, "arrival", order.pk, members=[value]).status_code == 422
    assert press(client, "hand_offs", order.pk, members=[value], to=value).status_code == 422
    assert press(client, "acceptance", order.pk, hand_off=[value]).status_code == 409
    assert press(client, "withdrawal", order.pk, hand_off=[value]).status_code == 409
    assert press(client, "hand_off_return", order.pk, hand_off=[value], why="x").status_code == 409
    assert press(client, "departure", order.pk, members=[value], mood=value).status_code == 422
    for name in ("hand_offs", "hand_off_return"):
        client.get(url(name, order.pk), {"members": value, "to": value, "hand_off": value})
    assert HandOff.objects.count() == 0


@pytest.mark.parametrize("reason", ["x" * 201, "x" * 1_000_000, "a\x00b", "\u202e\u200b", "\ud800"])
def test_reasons_that_nobody_can_read_are_refused(shop, sign_in, now, reason) -> None:
    order = arrived(shop, now=now)
    body = reason.encode("utf-8", "surrogatepass")
    answer = sign_in(shop.photographer).post(
        url("look_undone", order.looks.first().pk),
        b"why=" + body,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code in {302, 422}
    look = order.looks.first()
    assert "\x00" not in look.why and len(look.why) <= 200 and "\u202e" not in look.why


def test_a_script_in_a_name_or_a_reason_is_only_text(shop, sign_in, now) -> None:
    order = arrived(shop, now=now, name="<script>alert(1)</script>")
    press(
        sign_in(shop.photographer), "look_undone", order.looks.first().pk, why="<img src=x onerror=alert(1)>"
    )
    client = sign_in(shop.owner)
    for address in (
        "/",
        "/house/",
        order.get_absolute_url(),
        url("sheet", order.pk),
        url("departure", order.pk),
    ):
        text = client.get(address).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text


def test_members_and_hand_offs_of_another_order_are_refused(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    other = arrived(shop, now=now, name="Somebody & Else", resources=[])
    offers = handoffs.offer(other, members=party(other), to=shop.styling, by=shop.owner, now=now)
    client = sign_in(shop.artist)
    answer = press(client, "acceptance", order.pk, hand_off=[row.pk for row in offers])
    assert answer.status_code == 409
    assert press(sign_in(shop.owner), "arrival", order.pk, members=ids(other)).status_code == 422
    assert (
        press(sign_in(shop.owner), "hand_offs", order.pk, members=ids(other), to=shop.styling.pk).status_code
        == 422
    )
    assert {row.state for row in HandOff.objects.all()} == {"offered"}


def test_fields_that_no_form_shows_change_nothing(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    data = {
        "members": ids(order), "with_user": shop.artist.pk, "arrived_at": "2020-01-01", "stage": "closed",
        "department": shop.styling.pk, "sheet_issued_at": "2020-01-01", "back": "https://evil.example/",
    }  # fmt: skip
    answer = sign_in(shop.owner).post(url("arrival", order.pk), data)
    assert answer["Location"].startswith(order.get_absolute_url())
    here = presence(order, "李娜")
    assert (here.with_user, here.department, here.arrived_at) == (shop.owner, shop.front_desk, now)
    assert reread(order).stage == "shoot" and reread(order).sheet_issued_at is None


def test_a_department_of_the_neighbour_is_no_choice(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    theirs = factories.DepartmentFactory(branch=shop.other_branch, kind="styling")
    answer = press(sign_in(shop.owner), "hand_offs", order.pk, members=ids(order), to=theirs.pk, why="x")
    assert answer.status_code == 422


# --- Access ----------------------------------------------------------------------------------------
def every_address(order) -> list[str]:
    look = order.looks.first()
    orders = ("arrival", "sheet", "sheet_customer", "sheet_issue", "hand_offs", "acceptance")
    more = ("hand_off_return", "withdrawal", "departure")
    looks = [url(name, look.pk) for name in ("look_shot", "look_pending", "look_undone")]
    return [url(name, order.pk) for name in (*orders, *more)] + looks


def test_the_neighbour_branch_finds_nothing(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    before = WorkOrderEvent.objects.count()
    client = sign_in(shop.neighbour)
    for address in every_address(order):
        answers = {client.post(address).status_code, client.get(address).status_code}
        assert answers <= {404, 405} and 404 in answers, address
    assert WorkOrderEvent.objects.count() == before


def test_administrators_and_strangers_are_kept_out(shop, sign_in, client, now) -> None:
    order = arrived(shop, now=now)
    admin = sign_in(shop.administrator)
    for address in every_address(order):
        assert admin.post(address).status_code == 403, address
        assert client.post(address).status_code == 302, address
        assert "/accounts" in client.post(address)["Location"] or "login" in client.post(address)["Location"]


def test_r4_1_only_the_front_desk_receives_issues_and_sees_off(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    for person in (shop.artist, shop.photographer, shop.head, shop.cashier):
        client = sign_in(person)
        for name in ("arrival", "sheet_issue", "departure"):
            assert press(client, name, order.pk, members=ids(order)).status_code == 403
    assert Presence.objects.filter(left_at=None).count() == 2


def test_a_crafted_take_over_by_another_department_is_refused(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    offers = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    for person in (shop.photographer, shop.manager, shop.owner, shop.cashier):
        answer = press(sign_in(person), "acceptance", order.pk, hand_off=[row.pk for row in offers])
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.content.decode()
    assert presence(order, "李娜").with_user == shop.owner


def test_a_crafted_offer_of_somebody_elses_customer_is_refused(shop, sign_in, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    answer = press(sign_in(shop.photographer), "hand_offs", order.pk, members=ids(order), to=shop.shooting.pk)
    assert answer.status_code == 422
    assert "王老师" in answer.content.decode()
    assert HandOff.objects.open().count() == 0
