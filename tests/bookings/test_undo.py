"""A move is taken back: by whom, for how long, and everything as it was."""

from datetime import timedelta

import pytest

from bookings.models import SchedulingRules
from bookings.registries import schedule_changes
from bookings.schedule import (
    NotBookable,
    SlotTaken,
    ask_another_time,
    cancel,
    confirm,
    move,
    slot_at,
    undo,
)
from tests.bookings.resources import Day, make
from tests.bookings.together import together
from tests.factories import LeaveFactory

MINUTE = timedelta(minutes=1)


@pytest.fixture
def day(shop, now):
    return Day(shop, now)


@pytest.fixture
def row(sale, shop, day, booking):
    held = [day.hold(shop.artist_resource, "10:00", "11:30", look=1, buffer_after=15)]
    return sale.make(day.slot("10:00", "14:00", [shop.floor], held), "shoot", booking)


@pytest.fixture
def moved(row, sale, shop, day):
    """Two hours later, with the photographer besides."""

    def act(by=None, **fields):
        slot = slot_at(row, day.at("12:00"), day.at("17:00"))
        given = {"slot": slot, "version": None, "by": by or shop.owner, "now": sale.now}
        return move(row, **given | fields)

    return act


def event_of(row):
    return row.events.filter(kind="moved").latest("id")


def holds(row):
    fields = "resource", "look", "used", "during"
    return sorted(row.allocations.active().values_list(*fields), key=str)


def test_time_holds_and_confirmation_are_as_they_were_and_old_messages_die(row, moved, sale, shop):
    confirm(row, via="call", by=shop.owner, now=sale.now)
    before = holds(row)
    later = moved()
    assert (later.schedule_version, later.confirmation) == (2, "none")
    back = undo(later, event=event_of(later), by=shop.owner, now=sale.now + MINUTE)
    assert holds(back) == before
    assert (back.starts_at, back.ends_at) == (row.starts_at, row.ends_at)
    assert (back.confirmation, back.confirmed_at) == ("confirmed", sale.now)
    assert back.schedule_version == 3
    last = event_of(back)
    assert last.parameters["undoes"] == row.events.filter(kind="moved").earliest("id").pk
    assert "undone" in last.sentence


def test_the_words_of_a_wish_come_back_though_no_event_holds_them(row, moved, sale, shop):
    ask_another_time(row, wish="周日上午可以吗", via="link", by=None, now=sale.now)
    later = moved()
    assert later.wish == ""
    assert "周日" not in str(list(row.events.values()))
    back = undo(later, event=event_of(later), by=shop.owner, now=sale.now + MINUTE)
    assert (back.confirmation, back.wish) == ("another_time", "周日上午可以吗")


def test_a_repeat_does_nothing(row, moved, sale, shop):
    later = moved()
    event = event_of(later)
    first = undo(later, event=event, by=shop.owner, now=sale.now + MINUTE)
    second = undo(later, event=event, by=shop.owner, now=sale.now + MINUTE)
    assert first.version == second.version
    assert row.events.filter(kind="moved").count() == 2


def test_only_who_moved_it_or_a_manager(row, moved, sale, shop):
    later = moved()
    for person in (shop.colleague, shop.cashier, shop.neighbour):
        with pytest.raises(NotBookable, match="or a manager"):
            undo(later, event=event_of(later), by=person, now=sale.now + MINUTE)
    assert undo(later, event=event_of(later), by=shop.manager, now=sale.now + MINUTE).schedule_version == 3


def test_only_for_the_minutes_that_the_branch_allows(row, moved, sale, shop):
    later = moved()
    with pytest.raises(NotBookable, match="10 minutes"):
        undo(later, event=event_of(later), by=shop.owner, now=sale.now + 11 * MINUTE)
    SchedulingRules.objects.create(branch=shop.branch, undo_minutes=20)
    undo(later, event=event_of(later), by=shop.owner, now=sale.now + 11 * MINUTE)


def test_only_the_last_move(row, moved, sale, shop, day):
    first = event_of(moved())
    again = move(
        row, slot=day.slot("15:00", "17:00", [shop.floor]), version=None, by=shop.owner, now=sale.now
    )
    with pytest.raises(NotBookable, match="once more"):
        undo(again, event=first, by=shop.owner, now=sale.now)
    with pytest.raises(NotBookable, match="Only a move"):
        undo(again, event=row.events.get(kind="dated"), by=shop.owner, now=sale.now)
    cancel(again, why="x", by=shop.owner, now=sale.now)
    with pytest.raises(NotBookable, match="called off"):
        undo(again, event=event_of(again), by=shop.owner, now=sale.now)


def test_not_when_the_customer_has_answered_for_the_new_time(row, moved, sale, shop):
    later = moved()
    confirm(later, via="link", by=None, now=sale.now)
    with pytest.raises(NotBookable, match="answered"):
        undo(later, event=event_of(later), by=shop.owner, now=sale.now + MINUTE)


def test_somebody_else_has_the_old_time_by_now(row, moved, sale, shop, day):
    later = moved()
    sale.make(day.slot("10:00", "12:00", [shop.floor]))
    with pytest.raises(SlotTaken) as refused:
        undo(later, event=event_of(later), by=shop.owner, now=sale.now + MINUTE)
    assert refused.value.free
    later.refresh_from_db()
    assert later.starts_at == day.at("12:00")
    assert later.allocations.active().count() == 2


def test_somebody_is_off_by_now_or_the_time_has_passed(row, moved, sale, shop, day):
    later = moved()
    with pytest.raises(NotBookable, match="over already"):
        SchedulingRules.objects.create(branch=shop.branch, undo_minutes=32000)
        undo(later, event=event_of(later), by=shop.owner, now=day.at("10:30"))
    LeaveFactory(
        branch=shop.branch, user=shop.artist, starts_on=day.day, ends_on=day.day, deputy=shop.manager
    )
    with pytest.raises(NotBookable, match="is off"):
        undo(later, event=event_of(later), by=shop.owner, now=sale.now + MINUTE)


def test_a_change_of_people_alone_is_undone_too_and_the_customer_s_word_stands(row, sale, shop):
    confirm(row, via="call", by=shop.owner, now=sale.now)
    other = make(shop, "artist", "Li Qian")
    slot = slot_at(row, row.starts_at, row.ends_at, instead={shop.artist_resource.pk: other})
    changed = move(row, slot=slot, version=None, by=shop.owner, now=sale.now)
    assert (changed.confirmation, changed.schedule_version) == ("confirmed", 1)
    assert "was changed" in event_of(changed).sentence
    back = undo(changed, event=event_of(changed), by=shop.owner, now=sale.now + MINUTE)
    assert {a.resource for a in back.allocations.active()} == {shop.floor, shop.artist_resource}
    assert (back.confirmation, back.schedule_version) == ("confirmed", 1)


def test_who_listens_hears_of_it_as_of_any_move(row, moved, sale, shop, monkeypatch):
    heard = []
    entries = {"ear": lambda appointment, event, by, now: heard.append((event.kind, by))}
    later = moved()
    monkeypatch.setattr(schedule_changes, "_entries", entries)
    undo(later, event=event_of(later), by=shop.manager, now=sale.now + MINUTE)
    assert heard == [("moved", shop.manager)]


@pytest.mark.django_db(transaction=True)
def test_eight_undo_at_once_and_somebody_takes_the_old_time_meanwhile(row, moved, sale, shop, day):
    later = moved()
    event = event_of(later)
    answers = together(
        [lambda: undo(later, event=event, by=shop.owner, now=sale.now + MINUTE)] * 8
        + [lambda: sale.make(day.slot("10:00", "12:00", [shop.floor]))]
    )
    taken = [a for a in answers if isinstance(a, SlotTaken)]
    assert len(taken) in {1, 8}, answers
    assert all(not isinstance(a, Exception) or isinstance(a, SlotTaken) for a in answers), answers
    assert row.events.filter(kind="moved").count() == (2 if len(taken) == 1 else 1)
