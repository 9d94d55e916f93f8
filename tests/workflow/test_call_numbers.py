"""R3.2: a wrong number → the desk is asked, and whoever finds one writes it down."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from customers.models import ContactPoint, CustomerEvent
from studio.outbox.models import Alert
from studio.staff.duties import duties
from tests.workflow.calling import Desk
from workflow import call_numbers, calls
from workflow.models import CallEvent, CallTask

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEW = "+8613912345678"


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def call(desk, shop, now):
    """A call whose only number has just turned out to be wrong."""
    row = desk.call(due_at=now - 3 * HOUR)
    return calls.record(row, outcome="wrong_number", version=row.version, by=shop.owner, now=now)


@pytest.fixture
def find(shop, now):
    def write(call, number=NEW, by=None):
        return call_numbers.find(call, number, by=by or shop.colleague, now=now)

    return write


# --- The desk is asked ------------------------------------------------------------------------
def test_r3_2_the_desk_is_asked_for_whom_what_and_until_when(shop, now, call):
    (wanted,) = call_numbers.wanted(shop.branch, now)
    assert (wanted.call, wanted.until) == (call, call.appointment.starts_at)
    assert wanted.wrong == [call.customer.contact_points.get().value]
    assert call_numbers.wanted(shop.other_branch, now) == []


def test_it_is_on_todays_page_of_everybody_at_the_front(shop, now, call):
    assert duties["numbers_wanted"].roles == {"consultant", "manager", "general_manager"}
    for person in (shop.owner, shop.colleague, shop.manager):
        assert [row.call for row in duties["numbers_wanted"].items([person], shop.branch, now)] == [call]


def test_while_they_have_another_number_nobody_is_asked(desk, shop, now):
    row = desk.call()
    ContactPoint.objects.create(
        branch=shop.branch, customer=row.customer, kind="phone", value=NEW, position=1
    )
    calls.record(row, outcome="wrong_number", version=1, by=shop.owner, now=now)
    assert call_numbers.wanted(shop.branch, now) == []


def test_which_of_their_numbers_was_wrong_can_be_said(desk, shop, now):
    row = desk.call()
    second = ContactPoint.objects.create(
        branch=shop.branch, customer=row.customer, kind="phone", value=NEW, position=1
    )
    calls.record(row, outcome="wrong_number", version=1, contact=second, by=shop.owner, now=now)
    assert list(row.customer.contact_points.filter(is_wrong=True)) == [second]


def test_one_line_per_customer_the_most_urgent(desk, shop, now, call):
    sooner = desk.call(appointment=desk.appointment(customer=call.customer), due_at=call.due_at - HOUR)
    assert [row.call for row in call_numbers.wanted(shop.branch, now)] == [sooner]


def test_who_has_a_number_or_wants_no_calls_or_is_due_much_later_is_not_looked_for(desk, shop, now, call):
    desk.call(appointment=desk.appointment())
    silent = desk.call(appointment=desk.appointment(customer=desk.customer(phone="", do_not_contact=True)))
    later = desk.call(appointment=desk.appointment(customer=desk.customer(phone="")), due_at=now + 3 * DAY)
    found = [row.call for row in call_numbers.wanted(shop.branch, now)]
    assert silent not in found
    assert later not in found
    assert found == [call]


def test_the_list_asks_the_same_however_long_it_is(desk, shop, now, django_assert_max_num_queries):
    for _number in range(6):
        desk.call(appointment=desk.appointment(customer=desk.customer(phone="")))
    with django_assert_max_num_queries(3):
        rows = call_numbers.wanted(shop.branch, now)
        assert [row.wrong for row in rows] == [[]] * 6


# --- Found ----------------------------------------------------------------------------------------
def test_r3_2_found_it_is_in_the_file_and_the_call_is_due_at_once(shop, now, call, find):
    row = find(call)
    assert row.due_at == now
    assert row.customer.contact_points.get(is_wrong=False).value == NEW
    assert row.customer.contact_points.filter(is_wrong=True).exists()
    assert call_numbers.wanted(shop.branch, now) == []
    assert row in calls.calls_for([shop.owner], shop.branch, now)


def test_who_found_it_stands_in_the_history_and_the_owner_hears_of_it(shop, call, find):
    find(call)
    event = CallEvent.objects.get(kind="number_found")
    assert event.actor == shop.colleague
    assert event.sentence == "The desk found a number"
    assert CustomerEvent.objects.filter(kind="edited", actor=shop.colleague).exists()
    (alert,) = Alert.objects.filter(kind="number_found")
    assert (alert.user, alert.link) == (shop.owner, call.get_absolute_url())


def test_who_found_it_themselves_hears_nothing(shop, call, find):
    find(call, by=shop.owner)
    assert not Alert.objects.exists()


def test_written_down_twice_it_is_there_once(call, find):
    find(call)
    find(call)
    assert CallEvent.objects.filter(kind="number_found").count() == 1
    assert call.customer.contact_points.count() == 2


def test_the_wrong_one_again_is_refused(call, find):
    with pytest.raises(ValidationError) as refused:
        find(call, call.customer.contact_points.get().value)
    assert "This is the number that was wrong" in refused.value.messages[0]


def test_another_files_number_is_refused_with_its_name(desk, call, find):
    other = desk.customer(name="周婷")
    with pytest.raises(ValidationError) as refused:
        find(call, other.contact_points.get().value)
    assert refused.value.messages == ["This number belongs to 周婷."]
    assert call.customer.contact_points.count() == 1


# --- The pages ------------------------------------------------------------------------------------
@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


def text(response):
    return response.content.decode()


def test_from_today_to_the_number_and_back(shop, sign_in, clock, call):
    client, address = sign_in(shop.colleague), reverse("workflow:call_number", args=[call.pk])
    page = text(client.get("/"))
    assert "Numbers wanted" in page
    assert f"{address}?today" in page
    form = text(client.get(f"{address}?today"))
    assert 'name="today"' in form
    answer = client.post(address, {"number": "139 1234 5678", "today": "1"})
    assert (answer.status_code, answer.url) == (302, "/")
    assert "Numbers wanted</h2>" not in text(client.get("/"))
    assert call.customer.contact_points.filter(value=NEW).exists()


def test_the_owner_sees_that_the_desk_looks_for_it(shop, sign_in, clock, call):
    client = sign_in(shop.owner)
    assert "The desk looks for the number" in text(client.get("/calls/"))
    page = text(client.get(call.get_absolute_url()))
    assert "The desk looks for the number" in page
    assert reverse("workflow:call_line", args=[call.pk]) not in page
    assert reverse("workflow:call_number", args=[call.pk]) in page


@pytest.mark.parametrize(
    "typed", ["", "12", "abc", "1" * 300, "0", "+", "139 1234 5678 9", "\x00", "13912345678，13912345679"]
)
def test_bad_numbers_are_explained_at_the_field(shop, sign_in, clock, call, typed):
    answer = sign_in(shop.colleague).post(
        reverse("workflow:call_number", args=[call.pk]), {"number": typed, "today": "1"}
    )
    assert answer.status_code == 422
    assert answer.context["number_form"].errors["number"]
    assert 'name="today"' in text(answer)
    assert call.customer.contact_points.count() == 1


def test_the_neighbour_finds_no_such_call(shop, sign_in, clock, call):
    address = reverse("workflow:call_number", args=[call.pk])
    assert sign_in(shop.neighbour).get(address).status_code == 404
    assert sign_in(shop.neighbour).post(address, {"number": NEW}).status_code == 404


def test_one_of_two_numbers_is_wrong_by_one_press(shop, sign_in, desk, clock):
    row = desk.call()
    second = ContactPoint.objects.create(
        branch=shop.branch, customer=row.customer, kind="phone", value=NEW, position=1
    )
    foreign = desk.customer().contact_points.get()
    client, address = sign_in(shop.owner), reverse("workflow:call_outcome", args=[row.pk])
    client.post(reverse("workflow:call_line", args=[row.pk]))
    assert "This one is wrong" in text(client.get(row.get_absolute_url()))
    data = {"outcome": "wrong_number", "version": 1}
    assert client.post(address, data | {"contact": foreign.pk}).status_code == 422
    assert client.post(address, data | {"contact": second.pk}).status_code == 302
    second.refresh_from_db()
    assert second.is_wrong
    assert CallTask.objects.get(pk=row.pk).state == "open"
