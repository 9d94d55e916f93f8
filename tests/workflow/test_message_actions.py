"""R12.1: a manager has messages sent again, or turns them into calls."""

from functools import partial

import pytest
from django.utils import timezone

from bookings import schedule
from studio.outbox.models import (
    Attempt,
    Message,
)
from tests.workflow.calling import Desk
from tests.workflow.writing import DAY, MINUTE, page, write
from workflow import message_repeats
from workflow.message_calls import CallRefused, call_instead
from workflow.message_troubles import why
from workflow.models import CallTask
from workflow.views import message_actions


@pytest.fixture
def today():
    return timezone.now()


@pytest.fixture
def desk(shop, today):
    return Desk(shop, today)


@pytest.fixture
def written(desk, today):
    """`written("failed")`: a reminder of a date in two days that ended so; `appointment` for another date."""
    return partial(write, desk, today)


def call(message, shop, now):
    return call_instead(message, by=shop.manager, now=now)


# --- Sent again -----------------------------------------------------------------------------
def test_one_is_sent_again_by_a_press(shop, sign_in, written):
    message = written("failed")
    answer = sign_in(shop.manager).post(f"/messages/{message.pk}/resending/")
    repeat = message.repeated_by.get()
    assert answer["Location"] == f"/messages/{repeat.pk}/"
    assert (repeat.state, repeat.by) == ("queued", shop.manager)
    assert f"/messages/{repeat.pk}/" in page(sign_in(shop.manager), f"/messages/{message.pk}/")


def test_an_unclear_one_asks_first(shop, sign_in, written):
    message, client = written("unknown"), sign_in(shop.manager)
    answer = client.post(f"/messages/{message.pk}/resending/")
    assert answer.status_code == 422
    assert "It may have arrived" in answer.content.decode()
    assert not message.repeated_by.exists()
    assert client.post(f"/messages/{message.pk}/resending/", {"sure": "1"}).status_code == 302
    assert message.repeated_by.exists()


def test_what_is_too_late_says_so_and_nothing_happens(shop, sign_in, written, today):
    message = written("expired", deadline=today - MINUTE)
    answer = sign_in(shop.manager).post(f"/messages/{message.pk}/resending/")
    assert answer.status_code == 422
    assert "call instead" in answer.content.decode()
    assert Message.objects.count() == 1


def test_main_rule_a_date_that_was_moved_is_not_repeated(shop, sign_in, written, desk, today):
    order = desk.order(starts_at=today + 3 * DAY)
    date = desk.shoot(order)
    message = written("failed", appointment=date)
    schedule.move(date, slot=desk.slot(today + 5 * DAY), version=None, by=shop.owner, now=today)
    answer = sign_in(shop.manager).post(f"/messages/{message.pk}/resending/")
    assert answer.status_code == 422
    assert "no longer meant" in answer.content.decode()


def test_habit_17_several_say_how_many_and_why_not_the_others(shop, sign_in, written, today):
    rows = [written("failed"), written("failed"), written("unknown"), written("sent")]
    answer = sign_in(shop.manager).post(
        "/messages/resendings/", {"message": [row.pk for row in rows], "show": "all"}, follow=True
    )
    found = answer.content.decode()
    assert answer.redirect_chain[0][0] == "/messages/?show=all"
    assert "2 messages are sent again." in found
    assert "1 is left: It may have arrived" in found
    assert "1 is left: Only what failed" in found
    assert Message.objects.filter(repeats__isnull=False).count() == 2


def test_unclear_ones_too_where_that_is_ticked(shop, sign_in, written):
    row = written("unknown")
    sign_in(shop.manager).post("/messages/resendings/", {"message": row.pk, "sure": "1"})
    assert row.repeated_by.exists()


def test_all_that_a_filter_lists(shop, sign_in, written):
    for _number in range(3):
        written("failed")
    kept = written("expired")
    sign_in(shop.manager).post("/messages/resendings/", {"all": "1", "state": "failed"})
    assert Message.objects.filter(repeats__isnull=False).count() == 3
    assert not kept.repeated_by.exists()


def test_never_more_than_two_hundred_at_once(shop, sign_in, written, desk, today, monkeypatch):
    monkeypatch.setattr(message_actions, "MOST_AT_ONCE", 2)
    for _number in range(4):
        written("failed")
    sign_in(shop.manager).post("/messages/resendings/", {"all": "1"})
    assert Message.objects.filter(repeats__isnull=False).count() == 2


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["9" * 40], ["٣"], ["\x00"]])
@pytest.mark.parametrize("path", ["/messages/resendings/", "/messages/calls/"])
def test_a_crafted_choice_is_no_error(shop, sign_in, written, chosen, path):
    written("failed")
    answer = sign_in(shop.manager).post(path, {"message": chosen}, follow=True)
    assert "Choose at least one message." in answer.content.decode()


def test_the_neighbours_messages_are_never_chosen(shop, sign_in, written):
    message = written("failed")
    client = sign_in(shop.neighbour)
    for path in ("resending", "call"):
        assert client.post(f"/messages/{message.pk}/{path}/").status_code == 404
    client.post("/messages/resendings/", {"message": message.pk})
    client.post("/messages/resendings/", {"all": "1"})
    client.post("/messages/calls/", {"message": message.pk})
    assert not message.repeated_by.exists()
    assert not CallTask.objects.exists()


# --- Turned into calls ----------------------------------------------------------------------
def test_it_becomes_one_call_on_the_owners_list(shop, sign_in, written):
    message, client = written("failed"), sign_in(shop.manager)
    for _press in range(2):
        assert client.post(f"/messages/{message.pk}/call/").status_code == 302
    made = CallTask.objects.get()
    assert (made.kind, made.state, made.appointment_id) == ("not_reached", "open", message.subject_id)
    assert made.customer.owner == shop.owner


def test_what_still_waits_is_taken_back_first(shop, written, today):
    message = written("queued")
    call(message, shop, today)
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert why(message, today) == "Turned into a call."


@pytest.mark.parametrize("outcome", ["open", "unclear"])
def test_main_rule_what_may_be_going_out_is_not_taken_back(shop, written, today, outcome):
    message = written("queued")
    Attempt.objects.create(message=message, number=1, started_at=today, outcome=outcome)
    with pytest.raises(CallRefused, match="going out"):
        call(message, shop, today)
    message.refresh_from_db()
    assert message.state == "queued"
    assert not CallTask.objects.exists()


@pytest.mark.parametrize(("state", "words"), [("leased", "going out"), ("sent", "nobody has to call")])
def test_what_goes_or_went_out_is_no_call(shop, written, today, state, words):
    with pytest.raises(CallRefused, match=words):
        call(written(state), shop, today)


def test_a_date_that_is_over_is_no_call(shop, desk, written, today):
    date = desk.appointment(today - 2 * DAY)
    with pytest.raises(CallRefused, match="no longer meant"):
        call(written("expired", appointment=date, deadline=today), shop, today)


def test_r2_2_who_asked_not_to_be_contacted_is_not_called(shop, desk, written, today):
    date = desk.appointment(today + DAY, customer=desk.customer(do_not_contact=True))
    with pytest.raises(CallRefused, match="not to be contacted"):
        call(written(appointment=date), shop, today)


def test_an_alarm_to_colleagues_is_no_call(shop, written, today):
    with pytest.raises(CallRefused, match="not about a date"):
        call(written(purpose="staff_alarm", channel="alarm"), shop, today)


def test_who_was_called_about_it_is_not_called_again(shop, written, today):
    message = written("failed")
    made = call(message, shop, today)
    CallTask.objects.filter(pk=made.pk).update(state="done", outcome="confirmed", done_at=today)
    with pytest.raises(CallRefused, match="already"):
        call(message, shop, today)


def test_several_become_calls(shop, sign_in, written):
    rows = [written("failed"), written("expired"), written("sent")]
    found = sign_in(shop.manager).post("/messages/calls/", {"message": [row.pk for row in rows]}, follow=True)
    assert "2 calls are to be made." in found.content.decode()
    assert CallTask.objects.count() == 2


# --- The call of a message that went out after all ------------------------------------------
@pytest.fixture
def repeated(shop, written, today):
    """A failed message with its call, and its repeat."""
    message = written("failed")
    made = call(message, shop, today)
    return made, written("queued", repeats=message, by=shop.manager, appointment=made.appointment)


def finish(message, state, now):
    Message.objects.filter(pk=message.pk).update(state=state, finished_at=now)


def test_the_call_stays_until_the_repeat_was_sent_and_goes_then(repeated, today):
    made, repeat = repeated
    assert message_repeats.plan(today + MINUTE) == 0
    finish(repeat, "failed", today + MINUTE)
    assert message_repeats.plan(today + MINUTE) == 0
    finish(repeat, "sent", today + 2 * MINUTE)
    assert message_repeats.plan(today + 2 * MINUTE) == 1
    assert message_repeats.plan(today + 2 * MINUTE) == 0
    made.refresh_from_db()
    assert made.state == "cancelled"


@pytest.mark.parametrize("change", [{"tries": 1}, {"outcome": "later"}, {"kind": "another_time"}])
def test_a_call_that_somebody_has_begun_stays(repeated, today, change):
    made, repeat = repeated
    CallTask.objects.filter(pk=made.pk).update(**change)
    finish(repeat, "sent", today + MINUTE)
    assert message_repeats.plan(today + MINUTE) == 0


def test_a_call_that_came_up_after_it_was_sent_stays(repeated, today):
    made, repeat = repeated
    CallTask.objects.filter(pk=made.pk).update(created_at=today + 2 * MINUTE)
    finish(repeat, "sent", today + MINUTE)
    assert message_repeats.plan(today + 3 * MINUTE) == 0


def test_the_call_about_another_time_of_the_date_stays(repeated, today):
    made, repeat = repeated
    CallTask.objects.filter(pk=made.pk).update(schedule_version=2)
    finish(repeat, "delivered", today + MINUTE)
    assert message_repeats.plan(today + MINUTE) == 0
