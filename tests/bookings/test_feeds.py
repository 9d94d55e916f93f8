"""Calendar feeds: valid for a strict reader and another library, secret, revocable, and they follow the schedule."""

import re
from datetime import UTC, date, time, timedelta

import pytest
import time_machine
import vobject
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings import calendar_files, feeds
from bookings.models import CalendarFeed, Resource
from bookings.schedule import Hold, Slot, cancel, confirm, make_appointment, move
from customers.models import Taboo
from tests.factories import CustomerFactory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def feed(shop, now):
    return feeds.make(shop.branch, user=shop.photographer, by=shop.photographer, now=now)


def path(address):
    return address[address.index("/calendar/") :]


def events(body):
    calendar = vobject.readOne(body.decode())
    return {event.uid.value: event for event in calendar.contents.get("vevent", [])}


def only(body):
    (event,) = events(body).values()
    return event


def of(feed, now):
    fresh = CalendarFeed.objects.select_related("branch", "user", "resource").get(pk=feed[0].pk)
    return calendar_files.of(fresh, now=now)


# --- A strict reader -----------------------------------------------------------------------------
def check_strictly(body: bytes) -> None:
    """RFC 5545 by hand: line ends, line lengths, nesting, and what every part must have exactly once."""
    assert body.endswith(b"\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    lines = body.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode("utf-8")  # folded between characters, never within one
    unfolded = body.decode().replace("\r\n ", "").split("\r\n")[:-1]
    stack, seen = [], []
    for line in unfolded:
        name = re.match(r"[A-Z0-9-]+(?=[;:])", line)
        assert name, line
        if line.startswith("BEGIN:"):
            stack.append(line[6:])
            seen.append((line[6:], []))
        elif line.startswith("END:"):
            assert stack.pop() == line[4:]
            kind, names = seen.pop()
            required = {
                "VCALENDAR": {"PRODID", "VERSION"},
                "VEVENT": {
                    "UID",
                    "DTSTAMP",
                    "DTSTART",
                    "DTEND",
                    "SUMMARY",
                    "SEQUENCE",
                    "STATUS",
                    "LAST-MODIFIED",
                },
                "VTIMEZONE": {"TZID"},
                "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
                "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
            }[kind]
            assert required <= set(names), (kind, required - set(names))
            assert all(names.count(name) == 1 for name in required), kind
        else:
            seen[-1][1].append(name.group())
    assert stack == []
    zones = {line[5:] for line in unfolded if line.startswith("TZID:")}
    used = set(re.findall(r"TZID=([^:;]+)[:;]", "\n".join(unfolded)))
    assert used <= zones
    assert not re.search(r"^(DTSTAMP|LAST-MODIFIED|CREATED):(?!\d{8}T\d{6}Z$)", "\n".join(unfolded), re.M)


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "UTC"]
)
def test_a_strict_reader_finds_nothing_wrong(sale, shop, feed, zone):
    shop.branch.time_zone = zone
    shop.branch.address = "南京东路 300 号; 3 楼, 电梯\n请按 3" * 4
    shop.branch.save()
    for days in (2, 40, 200):
        start = shop.branch.at((sale.now + days * DAY).date(), time(12))
        sale.make(Slot(start, start + 6 * HOUR, sale.team))
    body = of(feed, sale.now)
    check_strictly(body)
    assert len(events(body)) == 3


def test_an_empty_calendar_is_valid_too(feed, now):
    body = of(feed, now)
    check_strictly(body)
    assert events(body) == {}


@pytest.mark.parametrize(
    ("zone", "hour"), [("Asia/Shanghai", 12), ("America/New_York", 12), ("Europe/Lisbon", 12)]
)
def test_the_moment_is_right_for_another_library_also_over_the_change_of_clocks(sale, shop, feed, zone, hour):
    shop.branch.time_zone = zone
    shop.branch.save()
    starts = [
        shop.branch.at(day, time(hour)) for day in (date(2026, 7, 1), date(2026, 12, 1), date(2027, 3, 29))
    ]
    for start in starts:
        sale.make(Slot(start, start + 2 * HOUR, [shop.photographer_resource]))
    found = sorted(event.dtstart.value.astimezone(UTC) for event in events(of(feed, sale.now)).values())
    assert found == [start.astimezone(UTC) for start in starts]


# --- It follows the schedule ---------------------------------------------------------------------
def test_a_moved_date_is_the_same_event_with_a_higher_number(sale, shop, feed):
    row = sale.make(sale.slot(days=2))
    before = only(of(feed, sale.now))
    row = move(row, slot=sale.slot(days=3), version=row.version, by=shop.owner, now=sale.now + HOUR)
    after = only(of(feed, sale.now + HOUR))
    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.dtstart.value == before.dtstart.value + DAY
    assert after.last_modified.value > before.last_modified.value


def test_a_date_called_off_is_told_as_cancelled_and_then_forgotten(sale, shop, feed):
    row = sale.make(sale.slot(days=80))
    uid = only(of(feed, sale.now)).uid.value
    cancel(row, why="雨", by=shop.owner, now=sale.now + HOUR)
    gone = only(of(feed, sale.now + HOUR))
    assert (gone.uid.value, gone.status.value) == (uid, "CANCELLED")
    assert events(of(feed, sale.now + 59 * DAY))
    assert events(of(feed, sale.now + 61 * DAY)) == {}


def test_who_is_not_wanted_any_more_reads_it_as_cancelled_and_the_new_one_has_it(sale, shop, feed):
    other = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="Lin", name_zh_hans="林", name_zh_hant="林"
    )
    theirs = feeds.make(shop.branch, resource=other, by=shop.manager, now=sale.now)
    row = sale.make(sale.slot(days=2))
    slot = Slot(row.starts_at, row.ends_at, [other, shop.floor])
    move(row, slot=slot, version=row.version, by=shop.owner, now=sale.now + HOUR)
    assert only(of(feed, sale.now + HOUR)).status.value == "CANCELLED"
    assert only(of(theirs, sale.now + HOUR)).status.value == "CONFIRMED"


def test_an_artist_with_two_spans_reads_both(sale, shop, feed, now):
    theirs = feeds.make(shop.branch, user=shop.artist, by=shop.artist, now=now)
    start = now + 2 * DAY
    holds = [
        Hold(shop.artist_resource, start, start + HOUR, 1),
        Hold(shop.artist_resource, start + 3 * HOUR, start + 4 * HOUR, 2),
    ]
    sale.make(Slot(start, start + 6 * HOUR, [shop.floor], holds))
    found = events(of(theirs, now))
    assert sorted(event.dtstart.value.astimezone(UTC) for event in found.values()) == [
        start,
        start + 3 * HOUR,
    ]
    assert len(found) == 2
    check_strictly(of(theirs, now))


def test_a_consultant_reads_the_dates_of_their_customers(sale, shop, now):
    mine = feeds.make(shop.branch, user=shop.owner, by=shop.owner, now=now)
    not_mine = feeds.make(shop.branch, user=shop.colleague, by=shop.colleague, now=now)
    sale.make(sale.slot(days=2, resources=[]), "pickup")
    assert len(events(of(mine, now))) == 1
    assert events(of(not_mine, now)) == {}


def test_the_window_ends_somewhere(sale, shop, feed):
    sale.make(sale.slot(days=2))
    assert events(of(feed, sale.now + 20 * DAY))
    assert events(of(feed, sale.now + 40 * DAY)) == {}
    assert events(of(feed, sale.now - 450 * DAY)) == {}


def test_the_same_state_gives_the_same_bytes_and_the_questions_do_not_grow(sale, shop, feed):
    def asked():
        with CaptureQueriesContext(connection) as questions:
            body = of(feed, sale.now)
        return len(questions), body

    sale.make(sale.slot(days=2))
    before, body = asked()
    assert asked()[1] == body
    for days in range(3, 8):
        sale.make(sale.slot(days=days))
    assert asked()[0] == before


# --- What is in it, and what is not --------------------------------------------------------------
def test_r9_9_r9_4_no_number_no_money_no_taboo(sale, shop, feed):
    booking = sale.sell(payment=sale.money("1000"))
    Taboo.objects.create(customer=booking.customer, text="别提体重", by=shop.owner)
    sale.make(sale.slot(days=2), "shoot", booking, now=sale.now)
    text = of(feed, sale.now).decode().replace("\r\n ", "")
    assert "Mr Zhang and Ms Li" in text
    assert "SUMMARY:shoot" in text
    assert "Floor 1" in text
    words = "\n".join(line for line in text.splitlines() if not line.startswith("UID:"))
    for secret in ("13800", "138 0", "5999", "4999", "体重", booking.number, "张伟 & 李娜"):
        assert secret not in words, secret


def test_the_language_is_the_readers(sale, shop, feed):
    shop.photographer.language = "zh-hans"
    shop.photographer.save()
    sale.make(sale.slot(days=2))
    assert "张先生" in of(feed, sale.now).decode().replace("\r\n ", "")


def test_names_cannot_break_out_of_their_line(sale, shop, feed):
    customer = CustomerFactory(
        branch=shop.branch, owner=shop.owner, name="A\r\nEND:VEVENT\r\nX;Y,Z\\", people=False, kind="company"
    )
    make_appointment(
        branch=shop.branch, customer=customer, booking=None, kind="fitting", slot=sale.slot(days=2), by=None,
        now=sale.now,
    )  # fmt: skip
    body = of(feed, sale.now)
    check_strictly(body)
    assert len(events(body)) == 1


# --- The address ---------------------------------------------------------------------------------
def test_the_address_works_without_a_sign_in_and_sets_no_cookie(sale, shop, feed):
    sale.make(sale.slot(days=2))
    with time_machine.travel(sale.now, tick=False):
        answer = Client().get(path(feed[1]))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert not answer.cookies
        again = Client().get(path(feed[1]), headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        confirm(sale.make(sale.slot(days=5)), via="call", by=None, now=sale.now)
        assert Client().get(path(feed[1]), headers={"If-None-Match": answer["ETag"]}).status_code == 200


def test_only_the_hash_is_kept_and_the_reading_is_noted_to_the_hour(feed, now):
    token = path(feed[1]).removeprefix("/calendar/").removesuffix(".ics")
    row = CalendarFeed.objects.get()
    assert token.encode() not in bytes(row.token_hash)
    with time_machine.travel(now, tick=False):
        Client().get(path(feed[1]))
    row.refresh_from_db()
    assert row.read_at == now
    with time_machine.travel(now + timedelta(minutes=30), tick=False):
        Client().get(path(feed[1]))
    row.refresh_from_db()
    assert row.read_at == now


def test_unknown_revoked_and_left_behind_look_the_same(shop, feed, now):
    unknown = Client().get("/calendar/" + "x" * 32 + ".ics")
    feeds.revoke(feed[0], by=shop.photographer, now=now)
    revoked = Client().get(path(feed[1]))
    other = feeds.make(shop.branch, user=shop.artist, by=shop.artist, now=now)
    shop.artist.memberships.update(is_active=False)
    left = Client().get(path(other[1]))
    assert {answer.status_code for answer in (unknown, revoked, left)} == {404}
    plain = {
        re.sub(rb'value="[^"]*"|/calendar/[^"]*', b"", answer.content) for answer in (unknown, revoked, left)
    }
    assert len(plain) == 1


@pytest.mark.parametrize("token", ["x", "%00" * 30, "é" * 30, "x" * 500, "'; DROP TABLE x; --xxxxxxxxxxxx"])
def test_a_strange_token_is_unknown(shop, token):
    assert Client().get(f"/calendar/{token}.ics").status_code == 404


def test_ten_addresses_are_plenty(shop, feed, now):
    for _number in range(feeds.MOST - 1):
        feeds.make(shop.branch, user=shop.photographer, by=shop.photographer, now=now)
    with pytest.raises(ValidationError):
        feeds.make(shop.branch, user=shop.photographer, by=shop.photographer, now=now)


# --- The page ------------------------------------------------------------------------------------
def test_an_address_is_shown_once_and_revoked_by_a_press(shop, sign_in):
    client = sign_in(shop.photographer)
    made = client.post("/calendar/", {"submission": "7b2c1ddc-7d0e-4b39-9c0e-1f3a5a6f0a11"})
    address = made.context["address"]
    assert address in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert Client().get(path(address)).status_code == 200
    second = client.post("/calendar/", {"submission": "7b2c1ddc-7d0e-4b39-9c0e-1f3a5a6f0a11"})
    assert second.status_code == 302
    feed = CalendarFeed.objects.get()
    assert address not in client.get("/calendar/").content.decode()
    for _again in range(2):
        client.post(f"/calendar/{feed.pk}/revocation/")
    assert Client().get(path(address)).status_code == 404
    assert "None yet" in client.get("/calendar/").content.decode()


def test_managers_make_calendars_of_resources_and_others_only_their_own(sale, shop, sign_in):
    sale.make(sale.slot(days=2, resources=[shop.floor]))
    made = sign_in(shop.manager).post("/calendar/", {"resource": shop.floor.pk})
    with time_machine.travel(sale.now, tick=False):
        assert len(events(Client().get(path(made.context["address"])).content)) == 1
    assert CalendarFeed.objects.get().resource == shop.floor
    sign_in(shop.artist).post("/calendar/", {"resource": shop.floor.pk})
    assert CalendarFeed.objects.latest("pk").resource is None
    theirs = CalendarFeed.objects.get(resource=shop.floor)
    assert sign_in(shop.artist).post(f"/calendar/{theirs.pk}/revocation/").status_code == 404
    assert sign_in(shop.neighbour).post(f"/calendar/{theirs.pk}/revocation/").status_code == 404
    assert sign_in(shop.neighbour).post("/calendar/", {"resource": shop.floor.pk}).status_code == 422
    assert sign_in(shop.manager).post(f"/calendar/{theirs.pk}/revocation/").status_code == 302


def test_what_a_calendar_program_asks_at_once(shop, feed, now):
    assert Client().head(path(feed[1])).status_code == 200
    assert Client().post(path(feed[1])).status_code in {403, 405}
