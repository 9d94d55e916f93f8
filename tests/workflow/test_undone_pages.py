"""The pages of what stands beside the stage: undone things in one form (F2), on hold, to be shot again."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings import schedule
from bookings.models import AppointmentKind
from tests.workflow import orders, shoots
from workflow import day, reshoots, standing, undone, undone_times
from workflow.models import LookState, OnHold, Reshoot, Stage, Undone

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def frozen(now):
    """These pages ask the clock themselves."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def order(shop, now):
    return shoots.arrived(shop, now=now)


def url(name, pk):
    return reverse(f"workflow:{name}", args=[pk])


def field_errors(answer):
    return {name: [str(one) for one in errors] for name, errors in answer.context["form"].errors.items()}


def offered(client, address):
    """The free times that the form shows."""
    form = client.get(address).context["form"]
    return [value for value, _label in form.fields["slot"].choices]


# --- Written down and settled in one press ------------------------------------------------------------
def test_f2_the_owner_sees_to_it_is_what_is_chosen_unless_something_is_agreed(order, shop, sign_in):
    client, look = sign_in(shop.owner), order.looks.first()
    assert 'value="owner"' in client.get(url("look_undone", look.pk)).content.decode()
    answer = client.post(url("look_undone", look.pk), {"why": "rain", "way": "owner"})
    assert answer.status_code == 302
    assert [row.why for row in undone.open_of(order)] == ["rain"]


def test_f2_a_date_is_agreed_on_the_spot(order, shop, sign_in):
    client, look = sign_in(shop.owner), order.looks.first()
    address = url("look_undone", look.pk)
    times = offered(client, address)
    assert 1 <= len(times) <= undone_times.OFFERED
    answer = client.post(
        address, {"why": "rain", "way": "date", "kind": "shoot", "slot": times[0], "cause": "ours"}
    )
    assert answer.status_code == 302
    row = Undone.objects.get()
    assert row.appointment.kind == AppointmentKind.SHOOT
    assert row.appointment.starts_at.isoformat() == times[0]
    assert row.appointment.allocations.exists()  # who is free for it is held
    assert order.events.get(kind="undone_dated").parameters["cause"] == "ours"


def test_f2_one_look_takes_its_share_of_the_shoot_and_an_hour_at_least(order, shop):
    assert undone_times.length_of(order, "shoot") == timedelta(hours=3)
    assert undone_times.length_of(order, "fitting") == timedelta(hours=1)


def test_f2_a_fitting_is_offered_too_and_what_was_typed_stays(order, shop, sign_in):
    client = sign_in(shop.owner)
    shown = client.post(
        url("undone_new", order.pk), {"what": "礼服没改好", "why": "裁缝病了", "other": "fitting"}
    )
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "礼服没改好" in page and "裁缝病了" in page
    assert shown.context["form"].times.kind == AppointmentKind.FITTING
    slot = shown.context["form"].fields["slot"].choices[0][0]
    answer = client.post(
        url("undone_new", order.pk),
        {"what": "礼服没改好", "why": "裁缝病了", "way": "date", "kind": "fitting", "slot": slot},
    )
    assert answer.status_code == 302
    assert Undone.objects.get().appointment.kind == AppointmentKind.FITTING


def test_f2_a_date_that_is_agreed_already_is_offered_instead_of_a_second(order, shop, sign_in, now):
    date = orders.dated(order, "shoot", now + 5 * DAY, now=now)
    client, look = sign_in(shop.owner), order.looks.first()
    assert offered(client, url("look_undone", look.pk)) == [str(date.pk)]
    client.post(url("look_undone", look.pk), {"why": "rain", "way": "date", "kind": "shoot", "slot": date.pk})
    assert Undone.objects.get().appointment == date


def test_f2_was_a_date_agreed_meanwhile_the_form_asks_again_and_nothing_is_lost(order, shop, sign_in, now):
    client, look = sign_in(shop.owner), order.looks.first()
    address = url("look_undone", look.pk)
    slot = offered(client, address)[0]
    orders.dated(order, "shoot", now + 5 * DAY, now=now)
    answer = client.post(address, {"why": "rain", "way": "date", "kind": "shoot", "slot": slot})
    assert answer.status_code == 409
    assert "agreed in the meantime" in answer.content.decode()
    assert 'value="rain"' in answer.content.decode()
    assert not Undone.objects.exists()


def test_f2_was_the_time_taken_meanwhile_it_says_so_at_the_field(order, shop, sign_in, now):
    client, look = sign_in(shop.owner), order.looks.first()
    address = url("look_undone", look.pk)
    slot = offered(client, address)[0]
    other = shoots.make_order(shop, now=now, resources=[])
    start = undone_times.offered(order, "shoot", now=now).free[0]
    everybody = [shop.photographer_resource, shop.artist_resource, shop.floor]
    fitting = schedule.Slot(start, start + timedelta(hours=3), everybody, overtime=True)
    schedule.make_appointment(
        branch=shop.branch, customer=other.booking.customer, booking=other.booking, kind="fitting",
        slot=fitting, by=shop.owner, now=now,
    )  # fmt: skip
    answer = client.post(address, {"why": "rain", "way": "date", "kind": "shoot", "slot": slot})
    assert answer.status_code == 409
    assert field_errors(answer)["slot"] == ["This time was taken in the meantime. Choose another."]
    assert not Undone.objects.exists()


def test_f2_r9_1_a_promise_is_made_on_the_spot(order, shop, sign_in, now):
    that_day = shop.branch.today(now) + DAY
    answer = sign_in(shop.owner).post(
        url("undone_new", order.pk),
        {"what": "捧花", "why": "忘了", "way": "promise", "promised": "补送一束", "by_when": f"{that_day}"},
    )
    assert answer.status_code == 302
    promise = order.promises.get()
    assert (promise.what, promise.by_when) == ("补送一束", that_day)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"why": ""}, "why"),
        ({"what": ""}, "what"),
        ({"way": ""}, "way"),
        ({"way": "nonsense"}, "way"),
        ({"way": "date"}, "slot"),
        ({"way": "date", "slot": "0"}, "slot"),
        ({"way": "date", "slot": "9999-99-99T99:99"}, "slot"),
        ({"way": "promise", "by_when": "2030-01-01"}, "promised"),
        ({"way": "promise", "promised": "x"}, "by_when"),
        ({"way": "promise", "promised": "x", "by_when": "0001-01-01"}, "by_when"),
        ({"way": "promise", "promised": "x", "by_when": "9999-12-31"}, "by_when"),
        ({"way": "let_go"}, "let_go"),
        ({"why": "x" * 100_000}, "why"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(order, shop, sign_in, typed, field):
    answer = sign_in(shop.owner).post(
        url("undone_new", order.pk), {"what": "捧花", "why": "忘了", "way": "owner", "kind": "shoot", **typed}
    )
    assert answer.status_code == 422
    assert field in field_errors(answer)
    assert typed.get("what", "捧花") in answer.content.decode()
    assert not Undone.objects.exists()


def test_characters_that_no_database_takes_are_no_500(order, shop, sign_in):
    answer = sign_in(shop.owner).post(
        url("undone_new", order.pk), {"what": "捧\x00花\u202e", "why": "忘\x00了", "way": "owner"}
    )
    assert answer.status_code in {302, 422}


def test_doubles_are_harmless(order, shop, sign_in, now):
    client, that_day = sign_in(shop.owner), shop.branch.today(now)
    typed = {
        "what": "捧花", "why": "忘了", "way": "promise", "promised": "补送", "by_when": f"{that_day}",
        "submission": str(uuid.uuid4()),
    }  # fmt: skip
    assert {client.post(url("undone_new", order.pk), typed).status_code for _press in range(3)} == {302}
    assert (Undone.objects.count(), order.promises.count()) == (1, 1)


def test_f2_a_department_writes_down_and_is_not_asked_for_dates_or_promises(order, shop, sign_in):
    client = sign_in(shop.photographer)
    shown = client.get(url("look_undone", order.looks.first().pk)).content.decode()
    assert 'name="way"' not in shown and "The owner is told at once" in shown
    answer = client.post(
        url("undone_new", order.pk), {"what": "捧花", "why": "忘了", "way": "let_go", "let_go": "crafted"}
    )
    assert answer.status_code == 302
    (row,) = undone.open_of(order)
    assert row.let_go == ""
    assert client.get(url("undone", row.pk)).status_code == 403


# --- Settled afterwards --------------------------------------------------------------------------------
def test_f2_what_was_written_down_before_is_settled_later(order, shop, sign_in, now):
    row = undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    client = sign_in(shop.owner)
    shown = client.get(url("undone", row.pk)).content.decode()
    assert "忘了" in shown and 'value="owner"' not in shown
    answer = client.post(url("undone", row.pk), {"way": "let_go", "let_go": "没关系", "back": "today"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "没关系" in client.get(url("undone", row.pk)).content.decode()
    assert client.post(url("undone", row.pk), {"way": "let_go", "let_go": "again"}).status_code == 302
    assert Undone.objects.get().let_go == "没关系"


def test_the_neighbour_branch_finds_nothing(order, shop, sign_in, now):
    row = undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    client = sign_in(shop.neighbour)
    for name, pk in (("undone", row.pk), ("undone_new", order.pk), ("hold", order.pk), ("reshoot", order.pk)):
        assert client.get(url(name, pk)).status_code == 404
        assert client.post(url(name, pk)).status_code == 404


# --- On the order's page -------------------------------------------------------------------------------
def test_f2_the_order_shows_what_is_open_and_what_became_of_the_rest(order, shop, sign_in, now):
    kept = undone.write_down(order, what="捧花特写", why="忘了", by=shop.artist, now=now)
    undone.write_down(order, what="妈妈合影", why="堵车", by=shop.artist, now=now)
    undone.let_go(kept, why="没关系的", by=shop.owner, now=now)
    shown = sign_in(shop.owner).get(order.get_absolute_url()).content.decode()
    assert shown.count("What becomes of it") == 1
    assert "妈妈合影" in shown and "没关系的" in shown
    assert "What becomes of it" not in sign_in(shop.artist).get(order.get_absolute_url()).content.decode()


def test_on_hold_is_a_banner_with_its_end(order, shop, sign_in, now):
    client = sign_in(shop.owner)
    that_day = shop.branch.today(now) + DAY
    answer = client.post(url("hold", order.pk), {"why": "等妈妈出院", "look_again_on": f"{that_day}"})
    assert answer["Location"].endswith("#standing")
    shown = client.get(order.get_absolute_url()).content.decode()
    assert "On hold, to be looked at again on" in shown and "等妈妈出院" in shown
    assert client.post(url("hold_end", order.pk), {"why": ""}).status_code == 302
    assert "On hold, to be" not in client.get(order.get_absolute_url()).content.decode()
    assert client.get(url("hold_end", order.pk)).status_code == 302  # nothing to end


@pytest.mark.parametrize(
    "typed",
    [{}, {"why": "x"}, {"why": "x", "look_again_on": "2020-01-01"}, {"why": "x", "look_again_on": "x"}],
)
def test_a_hold_without_its_day_or_reason_is_refused_at_the_field(order, shop, sign_in, typed):
    answer = sign_in(shop.owner).post(url("hold", order.pk), typed)
    assert answer.status_code == 422 and not OnHold.objects.exists()


def test_who_may_not_put_on_hold_sees_no_button(order, shop, sign_in, now):
    standing.put_on_hold(order, why="x", look_again_on=shop.branch.today(now), by=shop.owner, now=now)
    for person in (shop.artist, shop.cashier):
        client = sign_in(person)
        assert url("hold_end", order.pk) not in client.get(order.get_absolute_url()).content.decode()
        assert client.post(url("hold_end", order.pk)).status_code == 403


def test_a_reshoot_is_opened_dated_and_called_off(shop, sign_in, now):
    order = orders.in_selection(shop, now)
    order.booking.appointments.filter(kind="shoot").update(state="held")
    client, look = sign_in(shop.owner), order.looks.first()
    assert client.post(url("reshoot", order.pk), {"why": "x"}).status_code == 422
    typed = {"looks": [look.pk], "kind": "again", "cause": "ours", "why": "闭眼了"}
    assert client.post(url("reshoot", order.pk), typed).status_code == 302
    row = Reshoot.objects.get()
    shown = client.get(order.get_absolute_url()).content.decode()
    assert "闭眼了" in shown and "The reshoot has no date yet." in shown
    orders.dated(order, "shoot", now + 3 * DAY, now=now)
    assert "The reshoot has no date yet." not in client.get(order.get_absolute_url()).content.decode()
    assert "Its date is called off" in client.get(url("reshoot_call_off", row.pk)).content.decode()
    assert client.post(url("reshoot_call_off", row.pk), {"why": ""}).status_code == 422
    assert client.post(url("reshoot_call_off", row.pk), {"why": "喜欢原来的"}).status_code == 302
    order.refresh_from_db()
    assert order.stage == Stage.SELECTION and order.looks.first().state == LookState.SHOT


def test_a_second_reshoot_is_refused_in_words(shop, sign_in, now):
    order = orders.in_selection(shop, now)
    first, second = order.looks.all()
    reshoots.open_reshoot(order, kind="again", cause="ours", why="x", looks=[first], by=shop.owner, now=now)
    answer = sign_in(shop.owner).post(
        url("reshoot", order.pk), {"looks": [second.pk], "kind": "again", "cause": "ours", "why": "y"}
    )
    assert answer.status_code == 409 and "Only one at a time" in answer.content.decode()


def test_a_look_of_another_order_cannot_be_slipped_in(shop, sign_in, now):
    order, other = orders.in_selection(shop, now), orders.in_selection(shop, now)
    foreign = other.looks.first()
    answer = sign_in(shop.owner).post(
        url("reshoot", order.pk), {"looks": [foreign.pk], "kind": "again", "cause": "ours", "why": "y"}
    )
    assert answer.status_code == 422 and not Reshoot.objects.exists()


def test_the_stages_tell_what_they_will_ask(order, shop, sign_in):
    shown = sign_in(shop.owner).get(order.get_absolute_url()).content.decode()
    for title in (
        "Terms accepted",
        "Everybody back at the front desk",
        "Balance settled",
        "Every promise kept",
    ):
        assert title in shown
    assert len(re.findall(r"gates__stage--(done|now|ahead)", shown)) == 5


def test_on_the_day_of_a_reshoot_only_its_looks_have_a_tick(shop, sign_in, now):
    order = orders.in_selection(shop, now)
    order.booking.appointments.filter(kind="shoot").update(state="held")
    type(order).objects.filter(pk=order.pk).update(sheet_issued_at=now, sheet_issued_by=shop.owner)
    order = shoots.reread(order)
    first, second = order.looks.all()
    reshoots.open_reshoot(order, kind="again", cause="ours", why="x", looks=[first], by=shop.owner, now=now)
    orders.dated(order, "shoot", now + timedelta(hours=1), now=now)
    client = sign_in(shop.owner)
    assert f'id="shot-{first.pk}"' not in client.get(order.get_absolute_url()).content.decode()
    day.arrive(shoots.reread(order), members=shoots.party(order), by=shop.owner, now=now)
    shown = client.get(order.get_absolute_url()).content.decode()
    assert f'id="shot-{first.pk}"' in shown and f'id="pending-{second.pk}"' not in shown
    assert client.post(url("look_shot", first.pk)).status_code == 302
    assert order.looks.first().state == LookState.SHOT
