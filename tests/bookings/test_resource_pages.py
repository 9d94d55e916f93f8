"""The pages of the resources: hours, closures, the coming weeks; and who is booked though off."""

import uuid
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.allocation import allocate
from bookings.clashes import clashes
from bookings.duties_clashes import waiting
from bookings.hours import set_week, week_of
from bookings.models import Appointment, Closure, WorkingHours
from bookings.schedule import NotBookable, move, undo
from studio.staff.models import SpecialDay
from tests.bookings.conftest import Sale
from tests.bookings.resources import Day, make, works
from tests.factories import CustomerFactory, LeaveFactory


@pytest.fixture
def sale(shop):
    """Noon of today, whatever the clock says: the pages use the real one."""
    return Sale(shop, shop.branch.at(shop.branch.today(timezone.now()), time(12)))


@pytest.fixture
def day(shop, sale):
    return Day(shop, sale.now, days=3)


def leave(shop, user, day):
    LeaveFactory(branch=shop.branch, user=user, starts_on=day.day, ends_on=day.day, deputy=shop.manager)


def page(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


# --- Looking --------------------------------------------------------------------------------------
def test_the_list_shows_everybody_and_everything_with_today(shop, sign_in, sale):
    make(shop, "gown", "A line", code="G-01", size="M", buffer_after=2880)
    gone = make(shop, "floor", "Old floor", is_active=False)
    works(shop.artist_resource, {weekday: [("10:00", "13:00"), ("14:00", "19:00")] for weekday in range(7)})
    LeaveFactory(
        branch=shop.branch, user=shop.photographer, deputy=shop.manager,
        starts_on=shop.branch.today(sale.now), ends_on=shop.branch.today(sale.now),
    )  # fmt: skip
    text = page(sign_in(shop.artist), "/resources/")
    for words in ("Zhao Ming", "10:00–13:00", "14:00–19:00", "09:30–21:00", "G-01", "always"):
        assert words in text
    assert gone.name_en not in text
    assert 'class="state state--idle"' in text


def test_one_resource_shows_its_weeks_and_whom_it_is_held_for(shop, sign_in, sale, day):
    row = sale.make(day.slot("12:00", "14:00", sale.team))
    text = page(sign_in(shop.artist), f"/resources/{shop.floor.pk}/")
    assert row.customer.name.replace("&", "&amp;") in text
    assert "12:00–14:00" in text
    assert "Keep these hours" not in text  # an artist looks, and changes nothing
    assert "Keep these hours" in page(sign_in(shop.head), f"/resources/{shop.floor.pk}/")


def test_the_questions_do_not_grow(shop, sign_in, sale):
    client = sign_in(shop.manager)
    page(client, "/resources/")
    with CaptureQueriesContext(connection) as few:
        page(client, "/resources/")
    for number in range(8):
        works(make(shop, "assistant", f"A{number}", user=shop.colleague), {1: [("09:00", "18:00")]})
    with CaptureQueriesContext(connection) as many:
        page(client, "/resources/")
    assert len(many) == len(few)


# --- Working hours --------------------------------------------------------------------------------
def hours(week=(), **fields):
    """A form in which all days are empty but for `fields`."""
    names = [
        f"{part}_{end}_{day}" for part in ("first", "second") for end in ("from", "until") for day in range(7)
    ]
    return dict.fromkeys(names, "") | {"seen": ";".join(week)} | fields


def test_hours_are_kept_and_a_break_is_the_gap(shop, sign_in):
    client, url = sign_in(shop.manager), f"/resources/{shop.artist_resource.pk}/hours/"
    form = hours(first_from_0="10:00", first_until_0="13:00", second_from_0="14:00", second_until_0="19:00")
    assert client.post(url, form).status_code == 302
    expected = [(0, time(10), time(13)), (0, time(14), time(19))]
    assert week_of(shop.artist_resource) == expected
    again = hours(["0 10:00-13:00", "0 14:00-19:00"], first_from_1="09:00", first_until_1="12:00")
    assert client.post(url, again).status_code == 302
    assert week_of(shop.artist_resource) == [(1, time(9), time(12))]
    assert client.post(url, hours(["1 09:00-12:00"])).status_code == 302
    assert week_of(shop.artist_resource) == []


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"first_from_2": "10:00"}, "first_until_2"),
        ({"first_until_2": "10:00"}, "first_from_2"),
        ({"first_from_2": "10:00", "first_until_2": "10:00"}, "first_until_2"),
        ({"first_from_2": "19:00", "first_until_2": "10:00"}, "first_until_2"),
        (
            {"first_from_2": "9:00", "first_until_2": "12:00", "second_from_2": "11:00", "second_until_2": "13:00"},
            "second_from_2",
        ),
        ({"first_from_2": "25:00", "first_until_2": "26:00"}, "first_from_2"),
        ({"first_from_2": "x", "first_until_2": "12:00"}, "first_from_2"),
    ],
)  # fmt: skip
def test_bad_hours_are_refused_at_their_field_and_nothing_is_lost(shop, sign_in, fields, at):
    works(shop.artist_resource, {1: [("09:00", "12:00")]})
    url = f"/resources/{shop.artist_resource.pk}/hours/"
    response = sign_in(shop.manager).post(url, hours(["1 09:00-12:00"], **fields, first_from_6="08:15"))
    assert response.status_code == 422
    text = response.content.decode()
    assert f'id="id_{at}_error"' in text
    assert "08:15" in text
    assert week_of(shop.artist_resource) == [(1, time(9), time(12))]


def test_hours_that_somebody_else_changed_meanwhile_are_not_lost(shop, sign_in):
    set_week(shop.artist_resource, [(1, time(9), time(12))], by=shop.head)
    url = f"/resources/{shop.artist_resource.pk}/hours/"
    stale = sign_in(shop.manager).post(url, hours(first_from_0="10:00", first_until_0="13:00"))
    assert stale.status_code == 422
    assert "Somebody changed these hours" in stale.content.decode()
    assert week_of(shop.artist_resource) == [(1, time(9), time(12))]


def test_the_domain_refuses_what_overlaps(shop):
    with pytest.raises(NotBookable):
        set_week(shop.artist_resource, [(0, time(9), time(12)), (0, time(11), time(13))], by=None)
    with pytest.raises(NotBookable):
        set_week(shop.artist_resource, [(0, time(12), time(9))], by=None)
    assert week_of(shop.artist_resource) == []


# --- Kept free ------------------------------------------------------------------------------------
def closing(day, **fields):
    start = {"submission": str(uuid.uuid4()), "from_day": day.day, "from_time": "10:00", "until_day": day.day}
    return start | {"until_time": "12:00", "why": "刷墙 <b>"} | fields


def test_a_closure_is_made_once_shown_and_lifted(shop, sign_in, sale, day):
    client, url = sign_in(shop.head), f"/resources/{shop.floor.pk}/"
    form = closing(day, until_time="")
    for _ in range(2):
        assert client.post(f"{url}closures/", form).status_code == 302
    closure = Closure.objects.get()
    assert (closure.starts_at, closure.ends_at) == (day.at("10:00"), day.at("24:00"))
    assert "刷墙 &lt;b&gt;" in page(client, url)
    for _ in range(2):
        assert client.post(f"{url}closures/{closure.pk}/lifting/").status_code == 302
    assert "刷墙" not in page(client, url)
    sale.make(day.slot("12:00", "14:00", [shop.floor]))


def test_over_a_booking_it_says_whose(shop, sign_in, sale, day):
    row = sale.make(day.slot("11:00", "14:00", [shop.floor]))
    response = sign_in(shop.head).post(f"/resources/{shop.floor.pk}/closures/", closing(day))
    text = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_from_day_error"' in text
    assert row.customer.name.replace("&", "&amp;") in text
    assert "刷墙" in text
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"why": "  "}, "why"),
        ({"why": "x" * 101}, "why"),
        ({"until_day": "2001-01-01"}, "until_day"),
        ({"from_day": "0001-01-01"}, "from_day"),
        ({"until_day": "9999-12-31"}, "until_day"),
        ({"from_day": ""}, "from_day"),
        ({"until_time": "09:00"}, "until_day"),
    ],
)
def test_a_bad_closure_is_refused_at_its_field(shop, sign_in, sale, day, fields, at):
    response = sign_in(shop.head).post(f"/resources/{shop.floor.pk}/closures/", closing(day, **fields))
    assert response.status_code == 422
    assert f'id="id_{at}_error"' in response.content.decode()


def test_a_closure_of_another_resource_or_branch_is_not_found(shop, sign_in, sale, day):
    sign_in(shop.head).post(f"/resources/{shop.floor.pk}/closures/", closing(day))
    closure = Closure.objects.get()
    other = f"/resources/{shop.selection_room.pk}/closures/{closure.pk}/lifting/"
    assert sign_in(shop.head).post(other).status_code == 404
    theirs = f"/resources/{shop.floor.pk}/closures/{closure.pk}/lifting/"
    assert sign_in(shop.neighbour).post(theirs).status_code == 404
    closure.refresh_from_db()
    assert closure.lifted_at is None


# --- Booked though off ----------------------------------------------------------------------------
def test_r8_1_leave_granted_after_the_booking_is_on_the_owner_s_and_the_managers_day(
    shop, sign_in, sale, day
):
    row = sale.make(day.slot("12:00", "14:00", sale.team))
    assert clashes(shop.branch, now=sale.now) == []
    leave(shop, shop.photographer, day)
    (clash,) = clashes(shop.branch, now=sale.now)
    assert clash.appointment == row
    assert [(one.resource, one.why) for one in clash.off] == [(shop.photographer_resource, "leave")]
    assert len(waiting([shop.owner], shop.branch, sale.now)) == 1
    assert waiting([shop.colleague], shop.branch, sale.now) == []
    assert len(waiting([shop.colleague, shop.owner], shop.branch, sale.now)) == 1  # standing in
    assert len(waiting([shop.manager], shop.branch, sale.now)) == 1
    text = page(sign_in(shop.owner), "/")
    assert "Somebody booked is off" in text
    assert f"/appointments/{row.pk}/move/" in text
    assert "is off on" in page(sign_in(shop.manager), "/resources/conflicts/")


def test_a_closed_day_touches_whoever_comes_but_not_the_wedding_itself(shop, sale, day):
    sale.make(day.slot("12:00", "14:00", [shop.floor]))
    sale.make(day.slot("12:00", "14:00", [shop.artist_resource]), "wedding")
    SpecialDay.objects.create(
        branch=shop.branch, day=day.day, name_en="Inventory", name_zh_hans="盘点", name_zh_hant="盤點"
    )
    (clash,) = clashes(shop.branch, now=sale.now)
    assert (clash.appointment.kind, clash.off[0].note) == ("fitting", "Inventory")


def test_what_is_over_called_off_or_another_day_is_no_clash(shop, sale, day):
    row = sale.make(day.slot("12:00", "14:00", sale.team))
    leave(shop, shop.photographer, Day(shop, sale.now, days=4))
    assert clashes(shop.branch, now=sale.now) == []
    leave(shop, shop.photographer, day)
    assert clashes(shop.branch, now=day.at("15:00")) == []
    assert len(clashes(shop.branch, now=day.at("13:00"))) == 1
    row.state = "cancelled"
    row.save()
    row.allocations.update(is_active=False)
    assert clashes(shop.branch, now=sale.now) == []


def test_hours_changed_later_list_the_dates_that_lie_outside_them(shop, sign_in, sale, day):
    """A part of the date is enough; the others stand; the page of the resource says how many."""
    outside = sale.make(day.slot("16:00", "19:00", [shop.photographer_resource, shop.floor]))
    sale.make(day.slot("12:00", "14:00", [shop.photographer_resource]))
    assert clashes(shop.branch, now=sale.now) == []
    weekday = day.day.weekday()
    form = hours(**{f"first_from_{weekday}": "09:30", f"first_until_{weekday}": "18:00"})
    text = sign_in(shop.manager).post(
        f"/resources/{shop.photographer_resource.pk}/hours/", form, follow=True
    ).content.decode()  # fmt: skip
    (clash,) = clashes(shop.branch, now=sale.now)
    (off,) = clash.off
    assert clash.appointment == outside
    assert (off.resource, off.why) == (shop.photographer_resource, "hours")
    assert (off.starts_at, off.ends_at) == (day.at("18:00"), day.at("19:00"))
    assert "1 date lies where it is off now" in text
    assert f"/appointments/{outside.pk}/move/" in text
    assert f"/appointments/{outside.pk}/overtime/" in page(sign_in(shop.owner), "/")
    looked_at = page(sign_in(shop.artist), f"/resources/{shop.photographer_resource.pk}/")
    assert "does not work" in looked_at and f"/appointments/{outside.pk}/overtime/" not in looked_at


def test_a_weekday_off_lists_the_date_whole_and_moving_it_clears_the_list(shop, sale, day):
    row = sale.make(day.slot("12:00", "14:00", [shop.artist_resource]))
    works(shop.artist_resource, {(day.day.weekday() + 1) % 7: [("09:30", "21:00")]})
    (clash,) = clashes(shop.branch, now=sale.now)
    assert clash.is_hours
    later = Day(shop, sale.now, days=4)
    slot = later.slot("12:00", "14:00", [shop.artist_resource])
    move(row, slot=slot, version=None, by=shop.owner, now=sale.now)
    assert clashes(shop.branch, now=sale.now) == []


def special(shop, day, **fields):
    names = {"name_en": "Party", "name_zh_hans": "年会", "name_zh_hant": "年會"}
    SpecialDay.objects.create(branch=shop.branch, day=day.day, **names | fields)


def test_a_special_day_made_later_lists_those_who_come_to_nobody_too(shop, sale, day):
    """A consultation holds nobody: the branch itself is closed, or closes earlier than agreed."""
    consult = sale.make(day.slot("17:00", "18:00"), "consult")
    early = sale.make(day.slot("10:00", "11:00"), "pickup")
    held = sale.make(day.slot("17:00", "18:00", [shop.floor]))
    special(shop, day, is_open=True, opens_at=time(9), closes_at=time(16))
    found = clashes(shop.branch, now=sale.now)
    assert {clash.appointment for clash in found} == {consult, held}
    assert all(clash.is_hours for clash in found)
    SpecialDay.objects.update(is_open=False, opens_at=None, closes_at=None)
    found = clashes(shop.branch, now=sale.now)
    assert {clash.appointment for clash in found} == {consult, early, held}
    assert not any(clash.is_hours for clash in found)


def test_agreed_overtime_is_no_clash_whenever_it_was_agreed(shop, sign_in, sale, day):
    agreed = sale.make(day.slot("19:00", "22:00", [shop.floor]), overtime=True)
    row = sale.make(day.slot("12:00", "14:00", [shop.artist_resource]))
    works(shop.artist_resource, {day.day.weekday(): [("09:30", "13:00")]})
    assert [clash.appointment for clash in clashes(shop.branch, now=sale.now)] == [row]
    client = sign_in(shop.owner)
    for _ in range(2):
        assert client.post(f"/appointments/{row.pk}/overtime/").status_code == 302
    assert clashes(shop.branch, now=sale.now) == []
    assert row.events.filter(kind="overtime").count() == 1
    assert "Overtime was agreed" in row.events.get(kind="overtime").sentence
    assert sign_in(shop.neighbour).post(f"/appointments/{row.pk}/overtime/").status_code == 404
    # Another time is asked about anew; the same time with other people is not.
    slot = day.slot("19:00", "22:00", [shop.floor, shop.photographer_resource], overtime=True)
    move(agreed, slot=slot, version=None, by=shop.owner, now=sale.now)
    assert clashes(shop.branch, now=sale.now) == []
    move(row, slot=day.slot("11:00", "13:00", [shop.artist_resource]), version=None, by=None, now=sale.now)
    WorkingHours.objects.update(ends_at=time(12))
    assert [clash.appointment for clash in clashes(shop.branch, now=sale.now)] == [row]


def test_an_undone_move_keeps_the_overtime_that_was_agreed_before_it(shop, sale, day):
    row = sale.make(day.slot("19:00", "22:00", [shop.floor]), overtime=True)
    slot = day.slot("12:00", "15:00", [shop.floor])
    row = move(row, slot=slot, version=None, by=shop.owner, now=sale.now)
    undo(row, event=row.events.get(kind="moved"), by=shop.owner, now=sale.now)
    assert clashes(shop.branch, now=sale.now) == []


def test_leave_is_never_answered_by_overtime(shop, sale, day):
    row = sale.make(day.slot("19:00", "22:00", sale.team), overtime=True)
    leave(shop, shop.photographer, day)
    (clash,) = clashes(shop.branch, now=sale.now)
    assert (clash.appointment, clash.is_hours) == (row, False)


def test_clashes_cost_the_same_however_many_there_are(shop, sale, day):
    people = [make(shop, "assistant", f"A{number}", user=shop.photographer) for number in range(5)]
    leave(shop, shop.photographer, day)
    later = Day(shop, sale.now, days=5)
    leave(shop, shop.photographer, later)

    def book(number, person):
        row = Appointment.objects.create(
            branch=shop.branch, customer=CustomerFactory(branch=shop.branch, owner=shop.owner),
            kind="fitting", starts_at=later.at("12:00"), ends_at=later.at("12:00") + timedelta(hours=1 + number),
        )  # fmt: skip
        allocate(row, later.slot("12:00", "13:00", [person]).all_holds())

    book(0, people[0])
    with CaptureQueriesContext(connection) as one:
        assert len(clashes(shop.branch, now=sale.now)) == 1
    for number, person in enumerate(people[1:], start=1):
        book(number, person)
    with CaptureQueriesContext(connection) as many:
        assert len(clashes(shop.branch, now=sale.now)) == 5
    assert len(many) == len(one)
