"""Where pages send what they kept (F9), and where a clash is settled: JSON in, JSON out, nothing
swallowed."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from studio.staff.duties import duties
from tests.workflow.keeping import HERE, answers, press, raw, send
from tests.workflow.shoots import arrived, party, presence, second_artist
from workflow import handoffs, late_duties, late_kept, late_records
from workflow.models import HandOff, LateRecord

MINUTE = timedelta(minutes=1)


@pytest.fixture
def frozen(now):
    with time_machine.travel(now + 30 * MINUTE, tick=False) as clock:
        yield clock


@pytest.fixture
def offered(shop, now, frozen):
    order = arrived(shop, now=now)
    return order, handoffs.offer(
        order, members=party(order), to=shop.styling, by=shop.owner, now=now + MINUTE
    )


@pytest.fixture
def clash(shop, now, offered):
    order, rows = offered
    shop.other_artist = second_artist(shop)
    handoffs.accept(rows, by=shop.other_artist, now=now + 4 * MINUTE)
    return press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 20 * MINUTE
    )


# --- Crafted -----------------------------------------------------------------------------------------
def test_f9_a_record_that_names_others_than_its_hand_offs_is_read_by_these(
    shop, sign_in, now, offered
) -> None:
    """A member who is not of the hand-off has no part in it, and takes the house down no more."""
    order, rows = offered
    groom = next(row for row in rows if row.member.name == "张伟")
    bride = next(row for row in rows if row.member.name == "李娜")
    one = raw(order, "accept", now + 2 * MINUTE, hand_off=[groom], members=[bride.member])
    assert answers(sign_in(shop.artist), one)[0]["state"] == "carried_out"
    assert presence(order, "张伟").with_user == shop.artist
    assert presence(order, "李娜").with_user == shop.owner


def test_f9_a_key_of_the_neighbour_says_nothing_about_their_record(shop, sign_in, now, offered) -> None:
    order, rows = offered
    one = raw(order, "accept", now + 2 * MINUTE, hand_off=rows)
    answers(sign_in(shop.artist), one)
    said = answers(sign_in(shop.neighbour), one)[0]
    assert said["state"] == "refused" and "not one of this branch" in said["says"]


def test_f9_one_key_for_two_orders_at_once_is_entered_once(shop, now, offered, monkeypatch) -> None:
    """The look whether a key is known comes before the other's record: the database has the last word."""
    order, rows = offered
    first = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 5 * MINUTE
    )
    other = arrived(shop, now=now, resources=[])
    twin = raw(other, "take_care", now + 3 * MINUTE, members=party(other)) | {"key": str(first.key)}
    one = late_kept.read(twin, shop.branch, actor=shop.artist)
    monkeypatch.setattr(LateRecord.objects, "filter", blind_once(LateRecord.objects.filter))
    assert late_records.enter(one, by=shop.artist, now=now + 6 * MINUTE) == first
    assert LateRecord.objects.count() == 1


@pytest.mark.parametrize("name", ["key", "kind", "order", "at", "who", "pin", "fields"])
def test_f9_lists_in_lists_are_no_record(shop, sign_in, now, offered, name) -> None:
    order, rows = offered
    deep: list = []
    for _level in range(300):
        deep = [deep]
    said = answers(sign_in(shop.artist), raw(order, "accept", now + 2 * MINUTE, hand_off=rows) | {name: deep})
    assert said[0]["state"] in {"refused", "proof", "carried_out"}
    assert not LateRecord.objects.exists() or name == "pin"


def blind_once(found):
    asked = []

    def look(*arguments, **named):
        asked.append(named)
        rows = found(*arguments, **named)
        return rows.none() if len(asked) == 1 else rows

    return look


# --- Sent -------------------------------------------------------------------------------------------
def test_f9_a_page_asks_whether_the_house_is_there_and_what_time_it_is(shop, sign_in, frozen, now) -> None:
    said = sign_in(shop.artist).get(HERE).json()
    assert said["now"].startswith((now + 30 * MINUTE).isoformat()[:19])
    assert said["csrf"] and said["actor"] == shop.artist.pk


def test_f9_what_was_kept_is_entered_and_answered_by_its_key(shop, sign_in, now, offered) -> None:
    order, rows = offered
    one = raw(order, "accept", now + 2 * MINUTE, hand_off=rows)
    client = sign_in(shop.artist)
    assert answers(client, one)[0] | {"says": ""} == {
        "key": one["key"], "state": "carried_out", "says": "", "link": "",
    }  # fmt: skip
    assert presence(order, "李娜").since == now + 2 * MINUTE
    assert answers(client, one, one)[0]["state"] == "carried_out", "sent again it gets the same answer"
    assert LateRecord.objects.count() == 1


def test_f9_what_does_not_fit_is_said_with_the_way_to_it(shop, sign_in, now, offered) -> None:
    order, rows = offered
    handoffs.accept(rows, by=second_artist(shop), now=now + 5 * MINUTE)
    said = answers(sign_in(shop.artist), raw(order, "accept", now + 2 * MINUTE, hand_off=rows))[0]
    record = LateRecord.objects.get()
    assert (said["state"], said["link"]) == ("clash", f"/late-records/{record.pk}/")
    assert "A colleague took them over." in said["says"]


def test_signed_out_meanwhile_is_no_answer_that_loses_anything(shop, now, offered) -> None:
    order, rows = offered
    response = send(Client(), raw(order, "accept", now, hand_off=rows))
    assert response.status_code == 302 and "login" in response["Location"]
    assert HandOff.objects.open().count() == 2


def test_without_a_token_nothing_is_entered(shop, sign_in, now, offered) -> None:
    order, rows = offered
    client = sign_in(shop.artist)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert send(strict, raw(order, "accept", now, hand_off=rows)).status_code == 403
    token = strict.get(HERE).json()["csrf"]
    body = json.dumps({"records": [raw(order, "accept", now + 2 * MINUTE, hand_off=rows)]})
    response = strict.post(HERE, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert response.status_code == 200
    assert HandOff.objects.open().count() == 0


# --- Whose press it was -------------------------------------------------------------------------------
def test_r5_1_pressed_by_another_than_who_sends_it_needs_their_pin(shop, sign_in, now, offered) -> None:
    order, rows = offered
    shop.artist.set_pin("4711")
    shop.artist.save()
    one = raw(order, "accept", now + 2 * MINUTE, hand_off=rows) | {"who": str(shop.artist.pk)}
    desk = sign_in(shop.colleague)
    asked = answers(desk, one)[0]
    assert (asked["state"], asked["name"]) == ("proof", "王老师")
    wrong = answers(desk, one | {"pin": "0000"})[0]
    assert wrong["state"] == "proof" and "PIN" in wrong["says"]
    assert LateRecord.objects.count() == 0
    assert answers(desk, one | {"pin": "4711"})[0]["state"] == "carried_out"
    record = LateRecord.objects.get()
    assert (record.actor, record.entered_by) == (shop.artist, shop.colleague)
    assert "4711" not in json.dumps(record.told)


def test_r5_1_at_a_shared_screen_who_it_was_is_asked_when_the_network_is_back(
    shop, sign_in, now, offered
) -> None:
    order, rows = offered
    shop.artist.set_pin("4711")
    shop.artist.save()
    tablet = sign_in(shop.colleague)
    session = tablet.session
    session["screen"] = shop.styling.pk
    session.save()
    one = raw(order, "accept", now + 2 * MINUTE, hand_off=rows)
    asked = answers(tablet, one)[0]
    assert asked["state"] == "proof" and [str(shop.artist.pk), "王老师"] in asked["faces"]
    said = answers(tablet, one | {"who": str(shop.artist.pk), "pin": "4711"})[0]
    assert said["state"] == "carried_out"
    assert presence(order, "李娜").with_user == shop.artist


# --- What cannot be read --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"records": 7}',
        b'{"records": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"records": {}}',
    ],
)
def test_what_is_no_list_of_records_is_refused_in_words(shop, sign_in, body) -> None:
    response = sign_in(shop.artist).post(HERE, body, content_type="application/json")
    assert response.status_code == 422 and response.json()["says"]


def test_more_at_once_than_any_page_keeps_is_refused(shop, sign_in) -> None:
    assert send(sign_in(shop.artist), *({"key": str(uuid.uuid4())} for _ in range(201))).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "no"},
        {"key": None},
        {"kind": "see_off"},
        {"kind": ["accept"]},
        {"order": "999999999"},
        {"order": {"a": 1}},
        {"order": "1 OR 1=1"},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00Z"},
        {"at": "9999-12-31T23:59:59Z"},
        {"at": "2026-05-16T04:00:00"},
        {"at": None},
        {"fields": None},
        {"fields": {"hand_off": ["999999"]}},
        {"fields": {"hand_off": [[1], {"a": 2}, None, True, "\x00", "\ud800"]}},
        {"fields": "members"},
    ],
)
def test_a_record_that_cannot_be_read_is_said_and_the_others_are_entered(
    shop, sign_in, now, offered, wrong
) -> None:
    order, rows = offered
    good = raw(order, "accept", now + 2 * MINUTE, hand_off=rows)
    bad = raw(order, "accept", now + 2 * MINUTE, hand_off=rows) | wrong
    said = answers(sign_in(shop.artist), bad, good)
    assert sorted(one["state"] for one in said) == ["carried_out", "refused"]
    assert LateRecord.objects.count() == 1


@pytest.mark.parametrize("why", ["x" * 1_000_000, "a\x00b", "\u202eoutfit", "\ud800 missing", "<script>"])
def test_whatever_is_typed_as_a_reason_is_kept_as_words_or_not_at_all(
    shop, sign_in, now, offered, why
) -> None:
    order, rows = offered
    one = raw(order, "return", now + 2 * MINUTE, hand_off=rows, why=why)
    assert answers(sign_in(shop.artist), one)[0]["state"] == "carried_out"
    kept = HandOff.objects.get(pk=rows[0].pk).why
    assert 0 < len(kept) <= 200 and not set("\x00\u202e\ud800") & set(kept)


def test_the_neighbours_order_cannot_be_touched(shop, sign_in, now, offered) -> None:
    order, rows = offered
    said = answers(sign_in(shop.neighbour), raw(order, "accept", now + 2 * MINUTE, hand_off=rows))[0]
    assert said["state"] == "refused"
    assert LateRecord.objects.count() == 0


def test_hand_offs_and_people_of_another_order_are_no_part_of_this_one(shop, sign_in, now, offered) -> None:
    _order, rows = offered
    other = arrived(shop, now=now, resources=[], name="Others")
    said = answers(sign_in(shop.artist), raw(other, "accept", now + 2 * MINUTE, hand_off=rows))[0]
    assert said["state"] == "refused"
    assert HandOff.objects.open().count() == 2


# --- Settled ----------------------------------------------------------------------------------------
def test_f9_the_clash_shows_both_sides_and_is_settled_with_a_reason(shop, sign_in, clash) -> None:
    address = f"/late-records/{clash.pk}/"
    client = sign_in(shop.owner)
    text = client.get(address).content.decode()
    assert "王老师 took them over" in text and "冯老师" in text
    nothing = client.post(address, {"kept": "pressed", "why": " "})
    assert nothing.status_code == 422 and "Say how you know" in nothing.content.decode()
    done = client.post(address, {"kept": "pressed", "why": "Both say so"})
    assert done.status_code == 302
    assert presence(clash.work_order, "李娜").with_user == shop.artist
    again = client.get(address).content.decode()
    assert "Settled by 小陈" in again and "Both say so" in again and "<textarea" not in again


def test_f9_nobody_else_is_offered_to_settle_it(shop, sign_in, clash) -> None:
    address = f"/late-records/{clash.pk}/"
    client = sign_in(shop.photographer)
    assert "Settle it" not in client.get(address).content.decode()
    assert client.post(address, {"kept": "pressed", "why": "me"}).status_code == 422
    clash.refresh_from_db()
    assert clash.state == "clash"


def test_f9_a_clash_stands_on_today_on_the_board_and_on_the_order(shop, sign_in, clash, now) -> None:
    for person in (shop.artist, shop.other_artist, shop.owner, shop.manager):
        assert late_duties.clashes([person], shop.branch, now), person
    assert late_duties.clashes([shop.photographer], shop.branch, now) == []
    assert "1 does not fit the record" in sign_in(shop.colleague).get("/house/").content.decode()
    order = clash.work_order
    assert "Does not fit the record" in sign_in(shop.colleague).get(order.get_absolute_url()).content.decode()
    assert duties["late_clashes"].cases(shop.owner, shop.branch, shop.branch.today(now), now)


def test_f9_the_list_shows_what_is_open_and_what_was_settled(shop, sign_in, clash) -> None:
    client = sign_in(shop.owner)
    assert "took them over" in client.get("/late-records/clashes/").content.decode()
    client.post(f"/late-records/{clash.pk}/", {"kept": "recorded", "why": "A slip"})
    text = client.get("/late-records/clashes/").content.decode()
    assert "Everything fits" in text and "Settled lately" in text


def test_a_clash_of_the_neighbour_is_not_there(shop, sign_in, clash) -> None:
    assert sign_in(shop.neighbour).get(f"/late-records/{clash.pk}/").status_code == 404


def test_what_was_entered_without_a_clash_has_no_page(shop, sign_in, now, offered) -> None:
    order, rows = offered
    record = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 9 * MINUTE
    )
    assert sign_in(shop.owner).get(f"/late-records/{record.pk}/").status_code == 404
