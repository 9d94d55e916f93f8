"""R12.1: the managers' panel of messages: what is late, failed, unclear, and why; what can be done about it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from bookings import schedule
from studio.outbox.models import (
    Alert,
    Attempt,
    DeliveryReceipt,
    Gateway,
    GatewayHealth,
    Heartbeat,
    Message,
)
from tests import factories
from tests.workflow.calling import Desk
from workflow import links, message_alerts, message_repeats
from workflow.late_messages import counts
from workflow.message_calls import CallRefused, call_instead
from workflow.message_troubles import why
from workflow.models import CallTask
from workflow.views import message_actions

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def today():
    return timezone.now()


@pytest.fixture
def desk(shop, today):
    return Desk(shop, today)


@pytest.fixture
def written(desk, today):
    """`written("failed")`: a reminder of a date in two days that ended so; `appointment` for another date."""
    number = iter(range(1, 1000))

    def write(state="failed", *, appointment=None, **fields):
        date = appointment or desk.appointment(today + 2 * DAY)
        values = {
            "branch": date.branch,
            "purpose": "reminder",
            "subject_id": date.pk,
            "subject_version": date.schedule_version,
            "channel": "sms",
            "language": "zh-hans",
            "recipient": "+8613800000001",
            "due_at": today - HOUR,
            "deadline": date.starts_at - 2 * HOUR,
            "dedupe_key": f"reminder:{date.pk}:{next(number)}",
            "about_customer": date.customer_id,
            "basis": "order",
            "state": state,
            "created_at": today - HOUR,
            "finished_at": None if state in ("queued", "leased") else today - HOUR,
            "lease_until": today - MINUTE if state == "leased" else None,
        }
        return Message.objects.create(**values | fields)

    return write


def page(client, path="/messages/", **query):
    return client.get(path, query).content.decode()


def call(message, shop, now):
    return call_instead(message, by=shop.manager, now=now)


# --- The panel ------------------------------------------------------------------------------
def test_it_says_what_is_wrong_in_words_and_keeps_what_was_noted(shop, sign_in, written):
    written("failed", trouble="HTTP 403 forbidden by upstream")
    found = page(sign_in(shop.manager))
    assert "The gateway refused it." in found
    assert "HTTP 403 forbidden by upstream" in found, "folded, for whoever mends it"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "unknown"}, "may have arrived"),
        ({"state": "expired"}, "too late to be of use"),
        ({"state": "failed", "trouble": "no gateway for sms"}, "not set up"),
        ({"state": "failed", "trouble": "it can't be prepared: KeyError"}, "look at the template"),
        ({"state": "failed", "trouble": "not delivered: number empty"}, "did not arrive"),
        ({"state": "failed", "trouble": "x (and nobody could be told)"}, "please see to it"),
        ({"state": "unknown", "trouble": "y (and nobody could be told)"}, "may have arrived"),
        ({"state": "queued", "trouble": ""}, "whether the machinery runs"),
        ({"state": "queued", "trouble": "timed out"}, "tried again"),
        ({"state": "leased"}, "taken up again"),
    ],
)
def test_why_in_words(written, today, fields, words):
    assert words in why(written(**fields), today)


@pytest.mark.parametrize("state", ["sent", "delivered"])
def test_what_went_out_needs_no_words(written, today, state):
    assert why(written(state), today) == ""


def test_what_waits_for_a_resting_gateway_says_until_when(shop, written, today):
    health = GatewayHealth(failures=5, rests_until=today + HOUR)
    assert "rests until" in why(written("queued"), today, health)
    health.rests_until = today - HOUR
    assert "rests until" not in why(written("queued"), today, health)


def test_the_counts(shop, written, today):
    for state in ("failed", "failed", "unknown", "expired", "sent"):
        written(state)
    written("queued", due_at=today + HOUR, deadline=today + 2 * HOUR)
    written("queued", due_at=today - 6 * MINUTE)
    written("failed", finished_at=today - 40 * DAY)
    found = counts(shop.branch, today)
    assert vars(found) == {"waiting": 2, "late": 1, "failed": 2, "unknown": 1, "expired": 1}
    assert vars(counts(shop.other_branch, today)) == dict.fromkeys(vars(found), 0)


def test_how_the_machinery_runs(shop, sign_in, today):
    Heartbeat.objects.create(name="dispatcher", at=today)
    Heartbeat.objects.create(name="beat", at=today - HOUR)
    found = page(sign_in(shop.manager))
    assert "stands still" in found
    assert "at work" in found
    assert "No gateway is set up" in found


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (None, "not used yet"),
        ({"last_success_at": 0}, "well"),
        ({"failures": 2}, "failed 2 times in a row"),
        ({"failures": 5, "rests_until": 15}, "rests until"),
        ({"failures": 5, "rests_until": -15}, "failed 5 times in a row"),
    ],
)
def test_each_gateway_with_how_it_does(shop, sign_in, today, health, words):
    gateway = Gateway.objects.create(
        branch=shop.branch,
        channel="sms",
        kind="console",
        name_en="Text",
        name_zh_hans="短信",
        name_zh_hant="簡訊",
    )
    if health is not None:
        moments = {
            name: today + value * MINUTE for name, value in health.items() if name.endswith(("at", "until"))
        }
        GatewayHealth.objects.create(gateway=gateway, trouble="HTTP 500", **health | moments)
    found = page(sign_in(shop.manager))
    assert words in found
    assert ("HTTP 500" in found) == (health is not None)


def test_filters_stand_in_the_address(shop, sign_in, written):
    failed, unknown = written("failed"), written("unknown", channel="email", recipient="a@b.example")
    client = sign_in(shop.manager)

    def listed(**query):
        found = page(client, **query)
        return [one for one in (failed, unknown) if f'value="{one.pk}"' in found]

    assert listed() == [failed, unknown]
    assert listed(state="failed") == [failed]
    assert listed(channel="email") == [unknown]
    assert listed(purpose="date_moved") == []
    assert listed(state="failed", channel="email") == []
    assert listed(state="nonsense", channel="'; --", purpose="\x00") == [failed, unknown]


def test_a_filter_looks_behind_the_tab(shop, sign_in, written):
    sent = written("sent")
    client = sign_in(shop.manager)
    assert f'value="{sent.pk}"' not in page(client)
    assert f'value="{sent.pk}"' in page(client, state="sent")
    assert f'value="{sent.pk}"' in page(client, show="all")


def test_late_ones_have_a_filter_of_their_own(shop, sign_in, written, today):
    late = written("queued", due_at=today - HOUR)
    coming = written("queued", due_at=today + HOUR)
    found = page(sign_in(shop.manager), state="late")
    assert f'value="{late.pk}"' in found
    assert f'value="{coming.pk}"' not in found


def test_the_neighbours_messages_are_not_there(shop, sign_in, written, desk, today):
    written("failed")
    client = sign_in(shop.neighbour)
    for show in ("", "open", "all"):
        assert "张伟" not in page(client, show=show)


def test_the_number_of_queries_does_not_grow(shop, sign_in, written, django_assert_max_num_queries):
    client = sign_in(shop.manager)
    written("failed")
    with django_assert_max_num_queries(24) as few:
        page(client)
    for state in ("failed", "unknown", "expired") * 8:
        written(state)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client)


# --- One message ----------------------------------------------------------------------------
def test_its_page_tells_the_whole_story(shop, sign_in, written, today):
    gateway = Gateway.objects.create(
        branch=shop.branch,
        channel="sms",
        kind="console",
        name_en="Text",
        name_zh_hans="短信",
        name_zh_hant="簡訊",
    )
    message = written("failed", body="<b>words</b>", gateway=gateway, trouble="not delivered: empty number")
    Attempt.objects.create(
        message=message, number=1, gateway=gateway, started_at=today, finished_at=today, outcome="trouble", detail="HTTP 503"
    )  # fmt: skip
    Attempt.objects.create(
        message=message, number=2, gateway=gateway, started_at=today, finished_at=today, outcome="accepted"
    )
    DeliveryReceipt.objects.create(
        message=message, gateway=gateway, report="r1", status="undelivered", reported_at=today, received_at=today, detail="empty number"
    )  # fmt: skip
    found = page(sign_in(shop.manager), f"/messages/{message.pk}/")
    for words in (
        "Try 1", "not reached", "HTTP 503", "Try 2", "the gateway took it", "not delivered", "It belongs to what they ordered",
        "&lt;b&gt;words", "张伟",
    ):  # fmt: skip
        assert words in found, words


def test_pages_of_every_state_and_channel_answer(shop, sign_in, written):
    client = sign_in(shop.manager)
    for state in ("queued", "leased", "sent", "delivered", "failed", "unknown", "cancelled", "expired"):
        assert client.get(f"/messages/{written(state).pk}/").status_code == 200
    alarm = written("failed", channel="alarm", recipient="staff", purpose="staff_alarm", about_customer=None)
    strange = written("failed", purpose="of an older version", basis="consent:999999")
    for message in (alarm, strange):
        assert client.get(f"/messages/{message.pk}/").status_code == 200
    assert client.get(f"/messages/{10**30}/").status_code == 404


def test_its_page_asks_no_more_for_a_longer_story(
    shop, sign_in, written, today, django_assert_max_num_queries
):
    message, client = written("failed"), sign_in(shop.manager)
    Attempt.objects.create(message=message, number=1, started_at=today, outcome="trouble")
    with django_assert_max_num_queries(25) as few:
        page(client, f"/messages/{message.pk}/")
    for number in range(2, 12):
        Attempt.objects.create(message=message, number=number, started_at=today, outcome="trouble")
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, f"/messages/{message.pk}/")


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


# --- The bell -------------------------------------------------------------------------------
@pytest.fixture
def shoot(desk, today):
    return desk.shoot(desk.order(starts_at=today + 2 * DAY))


def token_of(appointment, now):
    return links.link_for(appointment, now).rstrip("/").rsplit("/", 1)[1]


def test_r3_2_the_owner_hears_that_a_customer_confirmed_by_the_link(shop, sign_in, shoot, today):
    for _press in range(2):
        links.confirm(token_of(shoot, today), now=today)
    alert = Alert.objects.get()
    assert (alert.user, alert.kind) == (shop.owner, "customer_confirmed")
    assert alert.link == shoot.get_absolute_url()
    found = page(sign_in(shop.owner), "/bell/")
    assert f"{escape(shoot.customer.name)} confirmed by the link" in found


def test_r3_2_the_owner_hears_that_they_want_another_time(shop, sign_in, shoot, today):
    links.ask_another_time(token_of(shoot, today), wish="Sunday", now=today)
    assert Alert.objects.get(kind="customer_other_time").user == shop.owner
    assert "would like another time" in page(sign_in(shop.owner), "/bell/")


@pytest.mark.parametrize("via", ["call", "chat", "desk"])
def test_what_a_colleague_heard_themselves_does_not_ring(shop, shoot, today, via):
    schedule.confirm(shoot, via=via, by=shop.owner, now=today)
    assert not Alert.objects.exists()


def test_r8_1_it_rings_for_the_deputy_of_the_day(shop, shoot, today):
    day = shop.branch.today(today)
    factories.LeaveFactory(
        user=shop.owner, branch=shop.branch, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    links.confirm(token_of(shoot, today), now=today)
    assert Alert.objects.get().user == shop.colleague


def test_it_rings_for_a_date_without_a_sale_too(shop, desk, today):
    date = desk.appointment(today + DAY)
    links.confirm(token_of(date, today), now=today)
    assert Alert.objects.get().link == date.customer.get_absolute_url()


def test_without_an_owner_the_managers_hear_it(shop, desk, today):
    date = desk.appointment(today + DAY, customer=desk.customer(owner=None, is_active=False))
    message_alerts.ring_owner(date, "customer_confirmed", about="1", now=today)
    assert {alert.user for alert in Alert.objects.all()} == {shop.manager, shop.general_manager}


def test_the_owner_hears_of_a_call_that_came_up_for_a_message(shop, sign_in, written, today):
    made = call(written("failed"), shop, today)
    alert = Alert.objects.get(kind="message_not_sent")
    assert (alert.user, alert.link) == (shop.owner, made.get_absolute_url())
    assert "could not be written to: please call" in page(sign_in(shop.owner), "/bell/")


def test_alerts_hold_ids_and_no_names(shop, shoot, today):
    links.confirm(token_of(shoot, today), now=today)
    assert Alert.objects.get().parameters == {"appointment": shoot.pk}


def test_the_bells_list_asks_once_however_many_customers(
    shop, sign_in, desk, today, django_assert_max_num_queries
):
    client = sign_in(shop.owner)

    def answer(count):
        for _number in range(count):
            date = desk.appointment(today + 2 * DAY)
            links.confirm(token_of(date, today), now=today)

    answer(1)
    with django_assert_max_num_queries(12) as few:
        page(client, "/bell/")
    answer(12)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, "/bell/")
