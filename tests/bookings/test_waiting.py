"""The waiting list: asked for a full day, told when a place comes free, first come first."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from bookings import closures, schedule, waiting, waiting_due
from bookings.allocation import SlotTaken
from bookings.models import PackageNeed, Resource, Skill, WaitingEntry
from bookings.schedule import NotBookable
from customers.models import CustomerEvent
from studio.foundation.models import StaleEdit
from tests.bookings.together import together

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FULL = date(2026, 5, 23)  # seven days after now


@pytest.fixture
def full(sale):
    """The whole team is booked on the day, from opening to closing."""
    start = sale.shop.branch.at(FULL, sale.shop.branch.opens_at)
    end = sale.shop.branch.at(FULL, sale.shop.branch.closes_at)
    return sale.make(schedule.Slot(start, end, sale.team), "shoot", sale.sell())


def join(sale, booking=None, **wish) -> WaitingEntry:
    customer = wish.pop("customer", None) or (booking.customer if booking else sale.customer())
    given = {"kind": "shoot", "first_day": FULL, "last_day": FULL, "minutes": 360}
    given |= {"by": sale.shop.owner, "now": sale.now} | wish
    return waiting.join(branch=sale.shop.branch, customer=customer, booking=booking, **given)


def fresh(entry) -> WaitingEntry:
    return WaitingEntry.objects.select_related("branch", "customer", "booking__package_version").get(
        pk=entry.pk
    )


def places(sale, entry, **more):
    return waiting.places_for(
        waiting.with_wishes(WaitingEntry.objects.filter(pk=entry.pk)), now=sale.now, **more
    )[entry.pk]


def call_off(sale, appointment):
    return schedule.cancel(appointment, why="x", by=sale.shop.owner, now=sale.now)


# --- Joining -------------------------------------------------------------------------------------
def test_a_full_day_has_no_place_and_the_wish_stands_on_the_list(sale, full) -> None:
    entry = join(sale, sale.sell(), note="the 23rd is their day")
    assert fresh(entry).free_at is None
    assert places(sale, entry) == []
    assert CustomerEvent.objects.filter(kind="waiting_joined", customer=entry.customer).exists()


def test_the_same_wish_twice_is_one(sale, full) -> None:
    booking = sale.sell()
    assert join(sale, booking) == join(sale, booking)
    assert join(sale, booking, last_day=FULL + DAY) != join(sale, booking)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"last_day": FULL - DAY}, "last_day"),
        ({"first_day": date(2026, 5, 1), "last_day": date(2026, 5, 15)}, "last_day"),
        ({"first_day": date(2030, 1, 1), "last_day": date(2030, 1, 1)}, "last_day"),
        ({"last_day": FULL + timedelta(days=62)}, "last_day"),
        ({"minutes": 5}, "minutes"),
        ({"minutes": 5000}, "minutes"),
        ({"part_of_day": "midnight"}, "part_of_day"),
        ({"kind": "party"}, ""),
    ],
)
def test_wishes_that_nobody_can_mean_are_refused_at_their_field(sale, wish, field) -> None:
    with pytest.raises(NotBookable) as refusal:
        join(sale, **wish)
    assert refusal.value.field == field
    assert not WaitingEntry.objects.exists()


def test_neither_a_neighbours_resource_nor_somebody_elses_order(sale, shop) -> None:
    theirs = Resource.objects.create(
        branch=shop.other_branch, kind="floor", name_en="x", name_zh_hans="x", name_zh_hant="x"
    )
    with pytest.raises(NotBookable):
        join(sale, resources=[theirs])
    with pytest.raises(NotBookable):
        join(sale, sale.sell(), customer=sale.customer())
    closed = sale.customer(is_active=False)
    with pytest.raises(NotBookable):
        join(sale, customer=closed)


# --- A place comes free --------------------------------------------------------------------------
def test_when_a_date_is_called_off_who_waits_is_free_in_the_same_moment(sale, full) -> None:
    entry = join(sale, sale.sell())
    call_off(sale, full)
    assert fresh(entry).free_at == sale.now
    slot = places(sale, entry)[0]
    assert {hold.resource for hold in slot.all_holds()} == set(sale.team)


def test_when_a_date_moves_away_its_day_is_free_and_the_new_one_is_not(sale, full) -> None:
    entry = join(sale, sale.sell())
    other_day = join(sale, sale.sell(), first_day=FULL + 7 * DAY, last_day=FULL + 7 * DAY)
    assert fresh(other_day).free_at is not None, "that day is not full"
    to = schedule.slot_at(full, full.starts_at + 7 * DAY, full.ends_at + 7 * DAY)
    schedule.move(full, slot=to, version=None, by=sale.shop.owner, now=sale.now)
    assert fresh(entry).free_at == sale.now
    waiting_due.look_through(sale.now)
    assert fresh(other_day).free_at is None


def test_only_days_of_the_wish_count(sale, full) -> None:
    entry = join(sale, sale.sell(), first_day=FULL, last_day=FULL)
    elsewhere = sale.make(sale.slot(days=9), "shoot", sale.sell())
    call_off(sale, elsewhere)
    assert fresh(entry).free_at is None


def test_who_is_wanted_in_person_must_be_free(sale, full, shop) -> None:
    other = Resource.objects.create(
        branch=shop.branch, kind="artist", name_en="x", name_zh_hans="x", name_zh_hant="x"
    )
    assert fresh(join(sale, kind="fitting", minutes=60, resources=[shop.artist_resource])).free_at is None
    entry = join(sale, kind="fitting", minutes=60)
    assert fresh(entry).free_at is not None
    assert [hold.resource for hold in places(sale, entry)[0].all_holds()] == [other]


def test_the_part_of_the_day_counts(sale) -> None:
    entry = join(sale, kind="consult", minutes=60, part_of_day="evening")
    for slot in places(sale, entry, count=9):
        assert timezone.localtime(slot.starts_at, sale.shop.branch.zone).hour >= 17
    morning = places(sale, join(sale, kind="consult", minutes=60, part_of_day="morning"))
    assert timezone.localtime(morning[0].starts_at, sale.shop.branch.zone).hour == 9


def test_what_the_package_needs_is_found_or_there_is_no_place(sale, shop) -> None:
    """Two photographers, one of them trained for newborns; the same artist before and after."""
    skill = Skill.objects.create(branch=shop.branch, name_en="Newborn", name_zh_hans="x", name_zh_hant="x")
    trained = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="T", name_zh_hans="x", name_zh_hant="x"
    )
    trained.skills.add(skill)
    need = {"version": shop.package, "appointment": "shoot"}
    PackageNeed.objects.create(**need, kind="photographer", skill=skill, position=1)
    PackageNeed.objects.create(**need, kind="artist", minutes=60, position=2)
    PackageNeed.objects.create(**need, kind="artist", from_minute=120, minutes=60, position=3)
    entry = join(sale, sale.sell(), minutes=240)
    slot = places(sale, entry)[0]
    assert [(h.resource, (h.starts_at - slot.starts_at) / HOUR) for h in slot.all_holds()] == [
        (trained, 0),
        (shop.artist_resource, 0),
        (shop.artist_resource, 2),
    ]
    closures.close(
        trained, starts_at=sale.now, ends_at=sale.now + 20 * DAY, why="x", by=shop.manager, now=sale.now
    )
    assert places(sale, entry) == []


def test_the_planner_sees_what_no_date_told(sale, full, shop) -> None:
    """A second team is hired; then they close again."""
    entry = join(sale, sale.sell())
    for kind in ("photographer", "artist", "floor"):
        Resource.objects.create(
            branch=shop.branch, kind=kind, name_en="2", name_zh_hans="2", name_zh_hant="2"
        )
    cache.clear()
    assert waiting_due.plan(sale.now) == 1
    assert fresh(entry).free_at == sale.now
    for resource in Resource.objects.filter(name_en="2"):
        closures.close(
            resource, starts_at=sale.now, ends_at=sale.now + 20 * DAY, why="x", by=shop.manager, now=sale.now
        )
    assert waiting_due.plan(sale.now + HOUR) == 1
    assert fresh(entry).free_at is None


def test_the_planner_looks_again_only_when_something_changed(
    sale, full, django_assert_max_num_queries
) -> None:
    join(sale, sale.sell())
    cache.clear()
    waiting_due.plan(sale.now)
    with django_assert_max_num_queries(5):
        waiting_due.plan(sale.now + timedelta(seconds=20))


def test_when_the_days_have_passed_it_is_over(sale, full) -> None:
    entry, gone = join(sale, sale.sell()), join(sale, sale.sell())
    gone.booking.state = "cancelled"
    gone.booking.save_version("state")
    waiting_due.plan(sale.now)
    assert (fresh(entry).state, fresh(gone).state) == ("waiting", "over")
    waiting_due.plan(sale.now + 7 * DAY)
    assert fresh(entry).state == "waiting", "it is their day"
    waiting_due.plan(sale.now + 8 * DAY)
    assert fresh(entry).state == "over"


def test_questions_do_not_grow_with_entries(sale, full, django_assert_num_queries) -> None:
    def count(rows):
        entries = waiting.with_wishes(WaitingEntry.objects.filter(pk__in=[row.pk for row in rows]))
        waiting.places_for(entries, now=sale.now)

    first = [join(sale, sale.sell())]
    with django_assert_num_queries(12) as captured:
        count(first)
    many = [*first, *(join(sale, sale.sell()) for _n in range(4))]
    with django_assert_num_queries(len(captured)):
        count(many)


# --- Taking it -----------------------------------------------------------------------------------
def test_the_place_is_taken_and_the_entry_has_its_date(sale, full) -> None:
    booking = sale.sell()
    entry = join(sale, booking)
    call_off(sale, full)
    made = waiting.take_place(fresh(entry), places(sale, entry)[0], by=sale.shop.owner, now=sale.now)
    entry = fresh(entry)
    assert (entry.state, entry.appointment, entry.free_at) == ("booked", made, None)
    assert made.booking == booking
    assert made.allocations.active().count() == 3
    again = waiting.take_place(entry, sale.slot(days=20), by=sale.shop.owner, now=sale.now)
    assert again == made, "a second press books nothing"
    assert CustomerEvent.objects.filter(kind="waiting_served").count() == 1


def test_a_later_date_that_they_had_moves_to_the_place(sale, full) -> None:
    booking = sale.sell(shoot=sale.slot(days=20))
    entry = join(sale, booking)
    call_off(sale, full)
    slot = places(sale, entry)[0]
    made = waiting.take_place(fresh(entry), slot, by=sale.shop.owner, now=sale.now)
    assert made == booking.appointments.get()
    assert made.starts_at == slot.starts_at


def test_who_got_a_date_at_the_desk_waits_no_more(sale, full) -> None:
    booking = sale.sell()
    entry = join(sale, booking, last_day=FULL + 3 * DAY)
    made = sale.make(sale.slot(days=9), "shoot", booking)
    assert (fresh(entry).state, fresh(entry).appointment) == ("booked", made)


def test_waiting_again_for_a_better_day(sale, full) -> None:
    """The date led to by an older entry may move once more."""
    booking = sale.sell()
    older = join(sale, booking, first_day=FULL, last_day=FULL + 3 * DAY)
    sale.make(sale.slot(days=9), "shoot", booking)
    newer = join(sale, booking, first_day=FULL - 2 * DAY, last_day=FULL - 2 * DAY)
    waiting.take_place(fresh(newer), places(sale, newer)[0], by=sale.shop.owner, now=sale.now)
    assert (fresh(older).state, fresh(newer).state) == ("over", "booked")


def test_a_place_that_is_gone_again_is_not_promised_to_anybody(sale, full) -> None:
    entry = join(sale, sale.sell())
    call_off(sale, full)
    slot = places(sale, entry)[0]
    sale.make(schedule.Slot(full.starts_at, full.ends_at, sale.team), "shoot", sale.sell())
    with pytest.raises(SlotTaken):
        waiting.take_place(fresh(entry), slot, by=sale.shop.owner, now=sale.now)
    assert fresh(entry).state == "waiting"
    assert fresh(entry).free_at is None


def test_withdrawn_they_wait_no_more(sale, full) -> None:
    entry = join(sale, sale.sell())
    with pytest.raises(StaleEdit):
        waiting.withdraw(entry, version=9, by=sale.shop.owner, now=sale.now)
    for _press in range(2):
        waiting.withdraw(entry, version=1, by=sale.shop.owner, now=sale.now)
    assert fresh(entry).state == "withdrawn"
    with pytest.raises(NotBookable, match="not waiting"):
        waiting.take_place(fresh(entry), sale.slot(), by=sale.shop.owner, now=sale.now)
    call_off(sale, full)
    assert fresh(entry).free_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, 8])
def test_one_place_and_several_who_wait_exactly_one_gets_it(sale, count) -> None:
    start = sale.shop.branch.at(FULL, sale.shop.branch.opens_at)
    slot = schedule.Slot(start, start + timedelta(hours=11), sale.team)
    entries = [fresh(join(sale, sale.sell(), minutes=660)) for _n in range(count)]
    answers = together(
        [
            lambda entry=entry: waiting.take_place(entry, slot, by=sale.shop.owner, now=sale.now)
            for entry in entries
        ]
    )
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == count - 1, answers
    states = sorted(fresh(entry).state for entry in entries)
    assert states == ["booked"] + ["waiting"] * (count - 1)


@pytest.mark.django_db(transaction=True)
def test_taking_withdrawing_moving_and_planning_at_once_end_well(sale) -> None:
    """Whoever comes first: nobody meets an error but taken, stale or not waiting."""
    dates = [sale.make(sale.slot(days=day, hours=9), "shoot", sale.sell()) for day in (7, 8)]
    entries = [fresh(join(sale, sale.sell(), last_day=FULL + DAY)) for _n in range(3)]
    by, now = sale.shop.owner, sale.now
    answers = together(
        [
            lambda: schedule.cancel(dates[0], why="x", by=by, now=now),
            lambda: schedule.move(dates[1], slot=sale.slot(days=12), version=None, by=by, now=now),
            *(
                lambda entry=entry: waiting.take_place(entry, sale.slot(days=7), by=by, now=now)
                for entry in entries
            ),
            lambda: waiting.withdraw(entries[0], by=by, now=now),
            lambda: waiting_due.look_through(now),
            lambda: waiting_due.look_through(now),
        ]
    )
    bad = [a for a in answers if isinstance(a, Exception) and not isinstance(a, SlotTaken | NotBookable)]
    assert bad == []
    assert WaitingEntry.objects.filter(state="booked").count() <= 1
