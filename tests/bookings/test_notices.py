"""Who must be told of a moved or cancelled date is told, once, until they have seen it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import notices
from bookings.models import Resource, ScheduleNotice
from bookings.schedule import Hold, Slot, cancel, move, undo
from studio.staff.models import Leave, LeaveDay
from tests.factories import make_person

MINUTE = timedelta(minutes=1)


def told(row, event=None):
    event = event or notices.last_change(row)
    return {notice.user for notice in event.notices.all()}


def shift(sale, row, days=3, by=None, now=None, **options):
    slot = sale.slot(days=days)
    row.refresh_from_db()
    return move(row, slot=slot, version=row.version, by=by, now=now or sale.now, **options)


@pytest.fixture
def row(sale):
    return sale.make(sale.slot(days=2))


def test_whoever_is_held_and_the_owner_hear_of_a_move_and_the_mover_does_not(sale, shop, row):
    shift(sale, row, by=shop.owner)
    assert told(row) == {shop.photographer, shop.artist}


def test_the_owner_hears_of_it_when_somebody_else_moved_it(sale, shop, row):
    shift(sale, row, by=shop.manager)
    assert told(row) == {shop.photographer, shop.artist, shop.owner}


def test_who_was_held_before_hears_of_it_like_who_is_held_now(sale, shop, row):
    second = make_person(shop.branch, "department_staff", "新摄影师", department=shop.shooting)
    other = Resource.objects.create(
        branch=shop.branch,
        kind="photographer",
        user=second,
        name_en="Lin",
        name_zh_hans="林",
        name_zh_hant="林",
    )
    start, end = row.starts_at, row.ends_at
    move(
        row, slot=Slot(start, end, [other, shop.floor, shop.artist_resource]), version=row.version,
        by=shop.owner, now=sale.now,
    )  # fmt: skip
    assert told(row) == {shop.photographer, second, shop.artist}
    (notice,) = notices.unseen([second], shop.branch, sale.now)
    assert [str(one) for one in notice.change.joined] == ["Lin"]
    assert [str(one) for one in notice.change.left] == ["Zhao Ming"]
    assert not notice.change.other_time


def test_a_new_date_tells_nobody(sale, row):
    assert not ScheduleNotice.objects.exists()


def test_who_was_held_hears_that_it_is_called_off(sale, shop, row):
    cancel(row, why="雨", by=shop.manager, now=sale.now)
    assert told(row) == {shop.photographer, shop.artist, shop.owner}
    (notice,) = notices.unseen([shop.artist], shop.branch, sale.now)
    assert notice.change.is_off


def test_a_colleague_who_left_hears_nothing(sale, shop, row):
    shop.artist.is_active = False
    shop.artist.save()
    shift(sale, row, by=shop.owner)
    assert told(row) == {shop.photographer}


def test_an_undone_move_that_nobody_saw_never_was(sale, shop, row):
    moved = shift(sale, row, by=shop.owner)
    undo(moved, event=notices.last_change(row), by=shop.owner, now=sale.now + MINUTE)
    assert not ScheduleNotice.objects.filter(seen_at=None).exists()


def test_who_saw_the_move_hears_of_the_undo(sale, shop, row):
    moved = shift(sale, row, by=shop.owner)
    event = notices.last_change(row)
    notices.see(event.notices.get(user=shop.artist), now=sale.now)
    undo(moved, event=event, by=shop.owner, now=sale.now + MINUTE)
    assert told(row) == {shop.artist}
    (notice,) = notices.unseen([shop.artist], shop.branch, sale.now)
    assert notice.change.is_undone


def test_moved_twice_is_read_as_one_change_from_the_first_time_to_the_last(sale, shop, row):
    first = row.starts_at
    shift(sale, row, days=3, by=shop.owner)
    shift(sale, row, days=4, by=shop.owner, now=sale.now + MINUTE)
    (notice,) = notices.unseen([shop.artist], shop.branch, sale.now)
    assert (notice.change.was, notice.change.is_) == (first, first + timedelta(days=2))
    notices.see(notice.row, now=sale.now)
    assert notices.unseen([shop.artist], shop.branch, sale.now) == []


def test_what_came_after_the_page_was_read_stays_unseen(sale, shop, row):
    shift(sale, row, days=3, by=shop.owner)
    (old,) = notices.unseen([shop.artist], shop.branch, sale.now)
    shift(sale, row, days=4, by=shop.owner, now=sale.now + MINUTE)
    notices.see(old.row, now=sale.now)
    assert len(notices.unseen([shop.artist], shop.branch, sale.now)) == 1


def test_a_notice_of_a_date_long_gone_does_not_stay_for_ever(sale, shop, row):
    shift(sale, row, by=shop.owner)
    assert notices.unseen([shop.artist], shop.branch, sale.now + timedelta(days=3, hours=1))
    assert not notices.unseen([shop.artist], shop.branch, sale.now + timedelta(days=5))


def test_only_the_branch_that_one_works_in_tells(sale, shop, row):
    shift(sale, row, by=shop.owner)
    assert notices.unseen([shop.artist], shop.other_branch, sale.now) == []


# --- On Today ------------------------------------------------------------------------------------
def test_today_shows_old_and_new_and_seen_takes_it_away(sale, shop, row, sign_in):
    shift(sale, row, by=shop.owner)
    client = sign_in(shop.photographer)
    with time_machine.travel(sale.now, tick=False):
        text = client.get("/").content.decode()
        assert "Changed dates" in text
        assert "Mon 18 May 12:00" in text
        assert "Tue 19 May 12:00" in text
        notice = ScheduleNotice.objects.get(user=shop.photographer)
        for _again in range(2):
            assert client.post(f"/schedule-notices/{notice.pk}/seen/").status_code == 302
        text = client.get("/").content.decode()
    assert f'id="notice-{notice.pk}"' not in text


def test_the_owner_finds_the_number_to_call_and_the_artist_does_not(sale, shop, row, sign_in):
    phone = row.customer.contact_points.get().value
    shift(sale, row, by=shop.manager)
    with time_machine.travel(sale.now, tick=False):
        assert f'href="tel:{phone}"' in sign_in(shop.owner).get("/").content.decode()
        assert phone not in sign_in(shop.artist).get("/").content.decode()


def test_somebody_elses_notice_stays_unseen(sale, shop, row, sign_in):
    shift(sale, row, by=shop.owner)
    notice = ScheduleNotice.objects.get(user=shop.photographer)
    sign_in(shop.artist).post(f"/schedule-notices/{notice.pk}/seen/")
    notice.refresh_from_db()
    assert notice.seen_at is None


def test_r8_1_a_deputy_sees_it_and_says_so(sale, shop, row, sign_in):
    shift(sale, row, by=shop.manager)
    today = shop.branch.today(sale.now)
    leave = Leave.objects.create(
        branch=shop.branch, user=shop.owner, starts_on=today, ends_on=today, state="granted"
    )
    LeaveDay.objects.create(
        leave=leave, branch=shop.branch, user=shop.owner, deputy=shop.colleague, day=today, is_granted=True
    )
    notice = ScheduleNotice.objects.get(user=shop.owner)
    with time_machine.travel(sale.now, tick=False):
        client = sign_in(shop.colleague)
        assert f'id="notice-{notice.pk}"' in client.get("/").content.decode()
        client.post(f"/schedule-notices/{notice.pk}/seen/")
    notice.refresh_from_db()
    assert notice.seen_at is not None


def test_the_list_costs_the_same_however_long_it_is(sale, shop):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            for notice in notices.unseen([shop.artist], shop.branch, sale.now):
                assert notice.appointment.get_absolute_url()
                assert list(notice.phones)
        return len(asked)

    for number in range(2):
        shift(sale, sale.make(sale.slot(days=2 + 10 * number)), days=5 + 10 * number, by=shop.owner)
    before = questions()
    for number in range(2, 6):
        shift(sale, sale.make(sale.slot(days=2 + 10 * number)), days=5 + 10 * number, by=shop.owner)
    assert questions() == before


# --- The panel after a change --------------------------------------------------------------------
def test_the_card_lists_who_was_told_and_who_has_seen_it(sale, shop, row, sign_in):
    with time_machine.travel(sale.now, tick=False):
        shift(sale, row, by=shop.owner)
        notices.see(ScheduleNotice.objects.get(user=shop.artist), now=sale.now)
        text = sign_in(shop.owner).get(f"/appointments/{row.pk}/card/").content.decode()
    assert "Told on their Today:" in text
    assert "赵老师" in text
    assert 'aria-label="seen"' in text
    assert "/undo/" in text


def test_the_undo_is_offered_to_who_moved_it_while_there_is_time(sale, shop, row, sign_in):
    with time_machine.travel(sale.now, tick=False):
        shift(sale, row, by=shop.owner)
        page = f"/appointments/{row.pk}/card/"
        assert "/undo/" not in sign_in(shop.colleague).get(page).content.decode()
        assert "/undo/" not in sign_in(shop.artist).get(page).content.decode()
        assert "/undo/" in sign_in(shop.manager).get(page).content.decode()
    with time_machine.travel(sale.now + timedelta(minutes=11), tick=False):
        assert "/undo/" not in sign_in(shop.owner).get(page).content.decode()


def test_a_look_that_went_to_another_artist_tells_both(sale, shop, row):
    second = make_person(shop.branch, "department_staff", "李老师", department=shop.styling)
    other = Resource.objects.create(
        branch=shop.branch, kind="artist", user=second, name_en="Li", name_zh_hans="李", name_zh_hant="李"
    )
    start, end = row.starts_at, row.ends_at
    half = start + (end - start) / 2
    holds = [Hold(shop.artist_resource, start, half, 1), Hold(other, half, end, 2)]
    slot = Slot(start, end, [shop.photographer_resource, shop.floor], holds)
    move(row, slot=slot, version=row.version, by=shop.owner, now=sale.now)
    assert told(row) == {shop.photographer, shop.artist, second}


def test_the_page_that_moves_says_who_was_told_and_the_order_leads_there(sale, shop, sign_in):
    booking = sale.sell(shoot=sale.slot(days=2))
    row = booking.appointments.get()
    with time_machine.travel(sale.now, tick=False):
        page = sign_in(shop.owner).post(f"/appointments/{row.pk}/cancellation/", {"why": "雨"}, follow=True)
        text = page.content.decode()
    assert "Told: " in text
    assert "赵老师" in text
    assert "The customer gets a message at 12:10." in text
