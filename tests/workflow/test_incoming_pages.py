"""The pages of the telephone: one press, one screen, what is typed is never lost (R9.6, R1.5, F8)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers import knowledge
from customers.models import Customer
from tests import factories
from workflow import incoming_calls, visits
from workflow.models import IncomingCall

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(shop: Any, sign_in: Any) -> Any:
    return sign_in(shop.owner)


@pytest.fixture
def call(shop: Any) -> IncomingCall:
    return incoming_calls.take(branch=shop.branch, by=shop.owner, now=timezone.now())


def press(client: Any, call: IncomingCall, do: str, **fields: Any) -> Any:
    call.refresh_from_db()
    return client.post(call.get_absolute_url(), {"version": call.version, "do": do, **fields})


def test_r9_6_one_press_on_today_takes_a_call(shop, desk):
    assert 'value="take"' in desk.get("/").content.decode()
    key = {"submission": str(uuid.uuid4()), "do": "take"}
    first, second = desk.post("/incoming/", key), desk.post("/incoming/", key)
    call = IncomingCall.objects.get()
    assert first["Location"] == second["Location"] == call.get_absolute_url()
    assert (call.state, call.handler) == ("talking", shop.owner)


def test_r9_6_a_ringing_call_shows_its_seconds_everywhere(shop, desk):
    desk.post("/incoming/", {"do": "ring"})
    call = IncomingCall.objects.get()
    IncomingCall.objects.update(rang_at=timezone.now() - timedelta(seconds=45))
    for address in ("/", "/incoming/", call.get_absolute_url()):
        page = desk.get(address).content.decode()
        assert "data-ring" in page
        assert "Waits too long" in page
        assert "0:4" in page
    press(desk, call, "answer")
    assert IncomingCall.objects.get().handler == shop.owner


def test_a_typed_number_shows_who_it_is_before_anything_is_saved(shop, desk):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, phone="+8613800138001")
    knowledge.add_taboo(customer, "别提体重", by=shop.owner, now=timezone.now())
    part = desk.get("/incoming/number/", {"number": "138-0013-8001"}).content.decode()
    assert customer.name.replace("&", "&amp;") in part
    assert shop.colleague.display_name in part
    assert "别提体重" in part
    assert desk.get("/incoming/number/", {"number": "x" * 500}).content.decode().strip() == ""


def test_f8_of_another_branchs_customer_only_owner_and_place(shop, desk):
    factories.CustomerFactory(
        branch=shop.other_branch, owner=shop.neighbour, phone="+8613800138001", name="秘密"
    )
    part = desk.get("/incoming/number/", {"number": "13800138001"}).content.decode()
    assert shop.neighbour.display_name in part
    assert "秘密" not in part


def test_r1_5_a_call_is_parked_in_one_press_and_comes_back(shop, desk, call):
    answer = press(desk, call, "park-10", number="138 0013 8001", matter="改期")
    assert answer["Location"] == "/"
    call.refresh_from_db()
    assert (call.state, call.number, call.matter) == ("parked", "+8613800138001", "改期")
    for address in ("/", "/calls/", "/incoming/"):
        page = desk.get(address).content.decode()
        assert call.get_absolute_url() in page
        assert "tel:+8613800138001" in page


def test_r1_5_parked_at_the_time_that_was_agreed(shop, desk, call):
    at = timezone.localtime(timezone.now() + timedelta(hours=3), shop.branch.zone)
    press(desk, call, "park-at", number="13800138001", call_back_at=f"{at:%Y-%m-%dT%H:%M}")
    call.refresh_from_db()
    assert timezone.localtime(call.call_back_at, shop.branch.zone).strftime("%H:%M") == f"{at:%H:%M}"


@pytest.mark.parametrize(
    ("do", "fields", "at", "sentence"),
    [
        ("park-10", {}, "number", "Write down the number to call back."),
        ("park-at", {"number": "13800138001"}, "call_back_at", "When shall we call back?"),
        ("park-at", {"number": "13800138001", "call_back_at": "2001-01-01T10:00"}, "call_back_at", "passed"),
        (
            "park-at",
            {"number": "13800138001", "call_back_at": "9999-12-31T23:59"},
            "call_back_at",
            "thirty days",
        ),
        ("park-0", {"number": "13800138001"}, "call_back_at", "passed"),
        ("park-99999999", {"number": "13800138001"}, "call_back_at", "When shall we call back?"),
        ("hand-on", {}, "to", "Choose a colleague"),
        ("open", {}, "caller", "Write down who calls"),
        ("save", {"number": "123"}, "number", "too short"),
        ("save", {"matter": "x" * 201}, "matter", "200"),
        ("hand-on", {"to": "999999"}, "to", "valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(
    shop, desk, call, do, fields, at, sentence
):
    answer = press(desk, call, do, **{"answer": "先稳住", **fields})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[at])
    assert "先稳住" in page
    call.refresh_from_db()
    assert (call.state, call.answer) == ("talking", "")


def test_r1_1_a_new_caller_gets_a_file_with_an_owner(shop, desk, call):
    press(desk, call, "open", number="13800138001", caller="王小姐")
    customer = Customer.objects.get()
    call.refresh_from_db()
    assert (call.customer, customer.owner, customer.name) == (customer, shop.owner, "王小姐")


def test_a_call_goes_to_the_owner_in_one_press(shop, desk, call):
    factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, phone="+8613800138001")
    press(desk, call, "save", number="13800138001")
    assert "Hand on to 周敏" in desk.get(call.get_absolute_url()).content.decode()
    press(desk, call, "to-owner", number="13800138001")
    call.refresh_from_db()
    assert call.handler == shop.colleague


def test_r1_5_a_visitor_at_the_door_is_told_to_who_telephones(shop, desk, call):
    assert "has come in" not in desk.get(call.get_absolute_url()).content.decode()
    visit = visits.receive(branch=shop.branch, by=shop.colleague, now=timezone.now())
    for address in (call.get_absolute_url(), "/incoming/door/"):
        page = desk.get(address).content.decode()
        assert "A customer has come in: end the call soon, or park it" in page
        assert visit.get_absolute_url() in page


def test_done_is_told_and_a_later_press_is_refused_in_words(shop, desk, call):
    assert press(desk, call, "done", answer="说好了")["Location"] == "/"
    call.refresh_from_db()
    assert (call.state, call.answer) == ("done", "说好了")
    again = press(desk, call, "park-10", number="13800138001")
    assert again.status_code == 422
    assert "This call is done already." in again.content.decode()
    assert press(desk, call, "done").status_code == 302


def test_a_stale_call_page_answers_409_with_what_was_typed(shop, desk, call):
    incoming_calls.describe(call, version=None, by=shop.colleague, now=timezone.now(), matter="改期")
    answer = desk.post(call.get_absolute_url(), {"version": 1, "do": "save", "matter": "选片"})
    assert answer.status_code == 409
    assert "选片" in answer.content.decode()


def test_nobody_else_and_no_neighbour(shop, sign_in, call):
    for name in ("artist", "cashier", "administrator"):
        assert sign_in(getattr(shop, name)).get("/incoming/").status_code == 403
    neighbour = sign_in(shop.neighbour)
    assert neighbour.get(call.get_absolute_url()).status_code == 404
    assert neighbour.post(call.get_absolute_url(), {"do": "done"}).status_code == 404
    assert call.get_absolute_url() not in neighbour.get("/incoming/?all=1").content.decode()


def test_scripts_of_a_caller_are_words(shop, desk, call):
    press(desk, call, "park-10", number="13800138001", caller="<script>x</script>", matter="<img src=x>")
    for address in ("/", "/calls/", "/incoming/", call.get_absolute_url()):
        page = desk.get(address).content.decode()
        assert "<script>x" not in page
        assert "<img src=x" not in page


def test_the_number_of_queries_does_not_grow(shop, desk):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/incoming/").status_code == 200
        return len(captured)

    def more(number: int) -> None:
        now = timezone.now()
        phone = f"+861380013{number:04d}"
        factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone=phone)
        for end in ("line", "park", "done"):
            call = incoming_calls.take(branch=shop.branch, by=shop.owner, now=now)
            incoming_calls.describe(call, version=None, by=shop.owner, now=now, number=phone)
            if end == "park":
                incoming_calls.park(call, at=now + timedelta(seconds=1), by=shop.owner, now=now)
            elif end == "done":
                incoming_calls.finish(call, by=shop.owner, now=now)

    more(1)
    count()
    before = count()
    for number in range(2, 7):
        more(number)
    assert count() == before


def test_the_list_is_refreshed_alone(shop, desk, call):
    part = desk.get("/incoming/", headers={"HX-Request": "true"}).content.decode()
    assert 'data-live="5"' in part
    assert "<html" not in part
    assert call.get_absolute_url() in part
