"""R12.1: the managers' panel of messages: what is late, failed, unclear, and why."""

from functools import partial

import pytest
from django.utils import timezone

from studio.outbox.models import (
    Attempt,
    DeliveryReceipt,
    Gateway,
    GatewayHealth,
    Heartbeat,
)
from tests.workflow.calling import Desk
from tests.workflow.writing import DAY, HOUR, MINUTE, page, write
from workflow.late_messages import counts
from workflow.message_troubles import why


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
    assert "just now" in found
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
    assert f'"/messages/{sent.pk}/"' not in page(client)
    assert f'"/messages/{sent.pk}/"' in page(client, state="sent")
    assert f'"/messages/{sent.pk}/"' in page(client, show="all")


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


def test_its_page_names_what_else_was_written_about_the_date(shop, sign_in, written, desk, today):
    """By another way, after the first had failed: a manager must see it before sending the first again."""
    date = desk.appointment(today + 2 * DAY)
    first = written("failed", appointment=date)
    second = written("delivered", appointment=date, channel="email", recipient="a@b.example")
    stranger = written("failed")
    found = page(sign_in(shop.manager), f"/messages/{first.pk}/")
    assert f'href="/messages/{second.pk}/"' in found
    assert f'href="/messages/{stranger.pk}/"' not in found


def test_only_what_can_be_sent_again_or_called_about_can_be_ticked(shop, sign_in, written):
    done = written("delivered")
    page = sign_in(shop.manager).get("/messages/?show=all").content.decode()
    assert f'value="{done.pk}"' not in page
    assert "Turn into calls" not in page
    failed = written("failed")
    page = sign_in(shop.manager).get("/messages/?show=all").content.decode()
    assert f'name="message" value="{failed.pk}"' in page
    assert f'name="message" value="{done.pk}"' not in page
    assert "Turn into calls" in page
