"""The week by everything, by one resource and by one colleague; days as long as they are; the page around it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from bookings import almanac, closures, day, week
from bookings.lanes import lanes_of
from bookings.models import BookingEvent, Resource, WorkingHours
from bookings.scale import Scale
from bookings.schedule import Hold, Slot, move
from studio.staff.models import Leave, LeaveDay, SpecialDay
from tests.bookings.resources import make
from tests.factories import BranchFactory

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MONDAY = date(2026, 5, 18)


def plan(shop, sale, when=MONDAY, **options):
    return day.plan_of(shop.branch, when, now=sale.now, **options)


def line_of(plan, resource):
    return next(line for line in plan.lines if line.resource == resource)


def at(shop, clock, when=MONDAY):
    return shop.branch.at(when, clock)


# --- A day as it is ------------------------------------------------------------------------------
def test_buffers_are_drawn_around_and_do_not_stretch_the_day(sale, shop):
    shop.floor.buffer_before, shop.floor.buffer_after = 30, 60
    shop.floor.save()
    sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    line = line_of(plan(shop, sale), shop.floor)
    buffers = [(bar.x, bar.width) for bar in line.bars if bar.kind == "buffer"]
    assert buffers == [("20.833%", "4.167%"), ("41.667%", "8.333%")]
    assert (line.blocks[0].x, line.blocks[0].width) == ("25.000%", "16.667%")


def test_a_break_and_the_evening_off_are_shaded(sale, shop):
    for start, end in ((time(9), time(12)), (time(13), time(18))):
        WorkingHours.objects.create(resource=shop.artist_resource, weekday=0, starts_at=start, ends_at=end)
    bars = line_of(plan(shop, sale), shop.artist_resource).bars
    assert [(bar.kind, bar.x, bar.width) for bar in bars] == [
        ("off", "25.000%", "8.333%"),
        ("off", "75.000%", "25.000%"),
    ]


def test_who_is_on_leave_is_off_all_day_and_says_so(sale, shop, sign_in):
    leave = Leave.objects.create(
        branch=shop.branch, user=shop.artist, starts_on=MONDAY, ends_on=MONDAY, state="granted"
    )
    LeaveDay.objects.create(
        leave=leave, branch=shop.branch, user=shop.artist, deputy=shop.owner, day=MONDAY, is_granted=True
    )
    assert line_of(plan(shop, sale), shop.artist_resource).is_off
    text = sign_in(shop.owner).get(f"/schedule/?day={MONDAY}").content.decode()
    assert "Wang Fang is off on" in text


def test_a_closure_stands_there_with_its_reason(sale, shop, sign_in):
    closures.close(
        shop.floor,
        starts_at=at(shop, time(12)),
        ends_at=at(shop, time(15)),
        why="刷墙",
        by=shop.manager,
        now=sale.now,
    )
    line = line_of(plan(shop, sale), shop.floor)
    (bar,) = [bar for bar in line.bars if bar.kind == "closed"]
    assert (bar.x, bar.width) == ("25.000%", "25.000%")
    assert not line.is_free
    assert "刷墙 12:00–15:00" in sign_in(shop.artist).get(f"/schedule/?day={MONDAY}").content.decode()


def test_one_artist_between_two_couples_has_a_block_for_each_span(sale, shop):
    start = at(shop, time(10))
    holds = [
        Hold(shop.artist_resource, start, start + 90 * MINUTE, 1),
        Hold(shop.artist_resource, start + 3 * HOUR, start + 4 * HOUR, 2),
    ]
    sale.make(Slot(start, start + 5 * HOUR, [shop.floor], holds))
    between = start + 90 * MINUTE
    sale.make(Slot(between, between + 90 * MINUTE, [shop.artist_resource]))
    line = line_of(plan(shop, sale), shop.artist_resource)
    assert [(block.part, block.is_whole) for block in line.blocks] == [(1, False), (None, True), (2, False)]
    assert line_of(plan(shop, sale), shop.floor).blocks[0].is_whole


def test_who_is_held_for_two_spans_is_named_once(sale, shop, sign_in):
    """Also where somebody else is held between them."""
    start = at(shop, time(10))
    other = make(shop, "artist", "何雯")
    holds = [
        Hold(shop.artist_resource, start, start + HOUR, 1),
        Hold(other, start + HOUR, start + 2 * HOUR, 2),
        Hold(shop.artist_resource, start + 2 * HOUR, start + 3 * HOUR, 3),
    ]
    sale.make(Slot(start, start + 5 * HOUR, [shop.floor], holds))
    page = sign_in(shop.artist).get(f"/schedule/?day={MONDAY}").content.decode()
    listed = page[page.index('class="rows"') :]
    assert listed.count(f"· {shop.artist_resource}") == 1
    assert listed.count("· 何雯") == 1


def test_gowns_of_one_name_are_told_apart_by_their_number(sale, shop, sign_in):
    for code in ("W-01", "W-02"):
        make(shop, "gown", "珍珠", code=code)
    page = sign_in(shop.artist).get(f"/schedule/?day={MONDAY}&kind=things").content.decode()
    assert "· W-01</small>" in page
    assert "· W-02</small>" in page


def test_dates_without_people_or_places_have_a_line_of_their_own(sale, shop):
    for minutes in (0, 15, 60):
        start = at(shop, time(10)) + minutes * MINUTE
        sale.make(Slot(start, start + 30 * MINUTE, []), "pickup")
    assert all(line.resource for line in plan(shop, sale).lines)
    bare = plan(shop, sale, bare=True).lines[-1]
    assert bare.resource is None
    assert [block.y for block in bare.blocks] == [0, day.LANE, 0]
    assert bare.lanes == 2


def test_a_shoot_past_midnight_is_on_both_days(sale, shop):
    start = at(shop, time(22))
    sale.make(Slot(start, start + 4 * HOUR, [shop.floor]), "shoot", overtime=True)
    first, second = plan(shop, sale), plan(shop, sale, MONDAY + DAY)
    (before,), (after,) = line_of(first, shop.floor).blocks, line_of(second, shop.floor).blocks
    assert (before.goes_on, before.begins_before) == (True, False)
    assert (after.goes_on, after.begins_before) == (False, True)
    assert [hour for _x, hour in first.hours][-1] == 23
    assert second.hours[0] == ("0.000%", 0)
    assert len(first.appointments) == len(second.appointments) == 1


@pytest.mark.parametrize(
    ("zone", "when", "hours"),
    [
        ("America/New_York", date(2027, 3, 14), [0, 1, 3, 4, 5]),
        ("America/New_York", date(2026, 11, 1), [0, 1, 1, 2, 3]),
        ("Europe/Lisbon", date(2027, 3, 28), [0, 2, 3, 4, 5]),
        ("Asia/Shanghai", date(2026, 11, 1), [0, 1, 2, 3, 4]),
    ],
)
def test_a_day_of_23_or_25_hours_is_drawn_as_it_is(sale, shop, zone, when, hours):
    shop.branch.time_zone = zone
    shop.branch.save()
    start = shop.branch.day_bounds(when)[0].astimezone(UTC)
    sale.make(Slot(start, start + 4 * HOUR, [shop.floor]), "shoot", overtime=True)
    shown = plan(shop, sale, when)
    assert [hour for _x, hour in shown.hours][:5] == hours
    (block,) = line_of(shown, shop.floor).blocks
    assert block.width == f"{4 * 60 / shown.scale.minutes * 100:.3f}%"


def test_the_houses_own_hours_decide_what_a_special_day_shows(sale, shop):
    SpecialDay.objects.create(
        branch=shop.branch, day=MONDAY, is_open=True, opens_at=time(7), closes_at=time(16), name_en="Fair",
        name_zh_hans="展会", name_zh_hant="展會",
    )  # fmt: skip
    assert [hour for _x, hour in plan(shop, sale).hours] == list(range(7, 16))


def test_one_colleagues_day_holds_bookings_and_their_customers_dates(sale, shop):
    sale.make(sale.slot(days=2))
    other = sale.make(sale.slot(days=2, resources=[shop.selection_room]), "fitting")
    mine = day.plan_of_person(shop.branch, MONDAY, shop.owner, now=sale.now)
    assert len(mine.appointments) == 2
    assert [line.resource for line in mine.lines] == [None]
    artists = day.plan_of_person(shop.branch, MONDAY, shop.artist, now=sale.now)
    assert [line.resource for line in artists.lines] == [shop.artist_resource]
    assert other not in artists.appointments


# --- The week ------------------------------------------------------------------------------------
def test_the_strip_says_how_full_each_day_is(sale, shop):
    start = at(shop, time(9, 30))
    sale.make(Slot(start, at(shop, time(21)), sale.team), "shoot")
    strip = week.strip(shop.branch, MONDAY, shown=MONDAY, today=date(2026, 5, 16))
    assert [one.share for one in strip] == [100, 0, 0, 0, 0, 0, 0]
    assert [one.count for one in strip] == [1, 0, 0, 0, 0, 0, 0]
    assert strip[0].kind == "warn"
    assert strip[0].is_shown


def test_who_is_off_makes_a_day_smaller(sale, shop):
    sale.make(Slot(at(shop, time(9, 30)), at(shop, time(21)), [shop.floor]), "shoot")
    assert week.strip(shop.branch, MONDAY, shown=MONDAY, today=MONDAY)[0].share == 33
    WorkingHours.objects.create(
        resource=shop.artist_resource, weekday=6, starts_at=time(9), ends_at=time(12)
    )  # off on Mondays
    assert week.strip(shop.branch, MONDAY, shown=MONDAY, today=MONDAY)[0].share == 50


def test_squares_show_what_holds_whom_and_who_is_off(sale, shop):
    row = sale.make(sale.slot(days=2))
    WorkingHours.objects.create(resource=shop.artist_resource, weekday=0, starts_at=time(9), ends_at=time(21))
    rows = week.squares(shop.branch, MONDAY, kinds=["artist", "floor"], today=MONDAY)
    artist, floor = rows
    assert [square.held[0].appointment for square in (artist.squares[0], floor.squares[0])] == [row, row]
    assert [bool(square.away) for square in artist.squares] == [False, True, True, True, True, True, True]
    assert not any(square.away for square in floor.squares)


def test_the_lines_of_a_week_have_the_same_hours_of_the_clock(sale, shop):
    shop.branch.time_zone = "America/New_York"
    shop.branch.save()
    monday = date(2026, 10, 26)  # the clocks go back on the Sunday
    early = shop.branch.at(monday + 2 * DAY, time(6))
    sale.make(Slot(early, early + 2 * HOUR, [shop.floor]), "shoot", overtime=True)
    lines = week.of_resource(shop.branch, monday, shop.floor, now=sale.now)
    assert {line.scale.clock for line in lines.lines[:6]} == {6 * 60}
    assert [len(line.blocks) for line in lines.lines] == [0, 0, 1, 0, 0, 0, 0]


def test_a_colleagues_week(sale, shop):
    sale.make(sale.slot(days=2))
    sale.make(sale.slot(days=4, resources=[]), "consult", None)
    own = week.of_person(shop.branch, MONDAY, shop.owner, now=sale.now)
    assert [len(line.blocks) for line in own.lines] == [1, 0, 1, 0, 0, 0, 0]
    artists = week.of_person(shop.branch, MONDAY, shop.artist, now=sale.now)
    assert [len(line.blocks) for line in artists.lines] == [1, 0, 0, 0, 0, 0, 0]


# --- The page ------------------------------------------------------------------------------------
QUERIES = ["", "view=week", "kind=people", "kind=things", "view=week&kind=rooms"]


@pytest.mark.parametrize("query", QUERIES)
def test_every_view_answers(sale, shop, sign_in, query):
    sale.make(sale.slot(days=2))
    assert sign_in(shop.cashier).get(f"/schedule/?day={MONDAY}&{query}").status_code == 200


@pytest.mark.parametrize("view", ["day", "week"])
def test_one_resource_and_one_colleague(sale, shop, sign_in, view):
    row = sale.make(sale.slot(days=2))
    client = sign_in(shop.owner)
    for who in (f"r{shop.floor.pk}", f"p{shop.owner.pk}", f"p{shop.artist.pk}"):
        text = client.get(f"/schedule/?view={view}&day={MONDAY}&who={who}").content.decode()
        assert text.count(f'data-appointment="{row.pk}"') == 1
        assert f'<option value="{who}" selected>' in text


@pytest.mark.parametrize(
    "query",
    ["view=month", "kind=x", "who=r999999", "who=p0", "who=r", "who=x1", "who=r1e5", "who=r99999999999999999999",
     "view=week&day=9999-12-31", "who=%00", "kind=%00&view=%00", "day=0001-01-01&view=week"],
)  # fmt: skip
def test_what_nobody_means_is_as_if_it_were_not_there(shop, sign_in, query):
    assert sign_in(shop.owner).get(f"/schedule/?{query}").status_code == 200


def test_the_neighbours_people_and_rooms_can_t_be_asked_for(shop, sign_in):
    page = sign_in(shop.neighbour).get(f"/schedule/?who=r{shop.floor.pk}")
    assert page.context["filter"].resource is None
    assert "Floor 1" not in page.content.decode()
    page = sign_in(shop.neighbour).get(f"/schedule/?who=p{shop.owner.pk}")
    assert page.context["filter"].person is None


@pytest.mark.parametrize(
    "query", ["", "view=week", "view=week&who=r{floor}", "view=week&who=p{owner}", "who=p{owner}"]
)
def test_a_page_costs_the_same_however_much_there_is(sale, shop, sign_in, query):
    client = sign_in(shop.owner)
    address = f"/schedule/?day={MONDAY}&" + query.format(floor=shop.floor.pk, owner=shop.owner.pk)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    sale.make(sale.slot(days=2, hours=1))
    questions()
    before = questions()
    for hours in range(1, 6):
        start = sale.now + 2 * DAY + hours * HOUR
        sale.make(Slot(start, start + HOUR, sale.team))
        Resource.objects.create(
            branch=shop.branch, kind="floor", name_en=str(hours), name_zh_hans="x", name_zh_hant="x"
        )
    assert questions() == before


def test_r9_9_no_money_and_no_numbers_on_the_schedule(sale, shop, sign_in):
    booking = sale.sell(payment=sale.money("1000"), shoot=sale.slot(days=2))
    text = sign_in(shop.owner).get(f"/schedule/?day={MONDAY}").content.decode()
    assert booking.customer.contact_points.get().value not in text
    assert "4,999" not in text
    assert "5,999" not in text


# --- Dropped: what the script sends ----------------------------------------------------------------
@pytest.fixture
def send(sale, shop, sign_in):
    def post(row, block=None, person=None, **changes):
        row.refresh_from_db()
        values = {
            "appointment": row.pk,
            "version": row.version,
            "allocation": block.pk if block else "",
            "starts": int(row.starts_at.timestamp()),
            "ends": int(row.ends_at.timestamp()),
        }
        with time_machine.travel(sale.now, tick=False):
            return sign_in(person or shop.owner).post(
                f"/schedule/moves/?day={MONDAY}", values | changes, headers={"HX-Request": "true"}
            )

    return post


def seconds(moment):
    return int(moment.timestamp())


def test_a_drop_moves_everything_that_is_held(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2))
    block = row.allocations.get(resource=shop.floor)
    later = row.starts_at + 3 * HOUR
    answer = send(row, block, starts=seconds(later), ends=seconds(later + 2 * HOUR))
    assert answer.status_code == 200
    assert "dialog-close" in answer["HX-Trigger"]
    row.refresh_from_db()
    assert row.starts_at == later
    assert row.allocations.active().count() == 3
    assert 'id="told"' in answer.content.decode()


def test_a_span_of_a_look_moves_alone_and_within_its_appointment(sale, shop, send):
    start = at(shop, time(10))
    hold = Hold(shop.artist_resource, start, start + HOUR, 1)
    row = sale.make(Slot(start, start + 5 * HOUR, [shop.floor], [hold]))
    block = row.allocations.get(resource=shop.artist_resource)
    answer = send(row, block, starts=seconds(start + HOUR), ends=seconds(start + 2 * HOUR))
    assert answer.status_code == 200
    row.refresh_from_db()
    held = row.allocations.active().get(resource=shop.artist_resource)
    assert (held.used.lower, held.look) == (start + HOUR, 1)
    assert row.starts_at == start
    answer = send(row, held, starts=seconds(start - HOUR), ends=seconds(start))
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#dialog-body"


def test_a_part_that_is_no_looks_takes_the_whole_appointment_along(sale, shop, send):
    """The photographer begins after the styling: pulling their block an hour later moves the shoot."""
    start = at(shop, time(10))
    styling = Hold(shop.artist_resource, start, start + HOUR, 1)
    shooting = Hold(shop.photographer_resource, start + HOUR, start + 4 * HOUR)
    row = sale.make(Slot(start, start + 4 * HOUR, [], [styling, shooting]))
    block = row.allocations.get(resource=shop.photographer_resource)
    answer = send(row, block, starts=seconds(start + 2 * HOUR), ends=seconds(start + 5 * HOUR))
    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at) == (start + HOUR, start + 5 * HOUR)
    held = {one.resource: one.used.lower for one in row.allocations.active()}
    assert held == {
        shop.artist_resource: start + HOUR,
        shop.photographer_resource: start + 2 * HOUR,
    }


def test_a_part_given_to_a_colleague_keeps_its_time(sale, shop, send):
    other = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="Lin", name_zh_hans="林", name_zh_hant="林"
    )
    start = at(shop, time(10))
    shooting = Hold(shop.photographer_resource, start + HOUR, start + 4 * HOUR)
    row = sale.make(Slot(start, start + 4 * HOUR, [shop.floor], [shooting]))
    block = row.allocations.get(resource=shop.photographer_resource)
    there = {"starts": seconds(start + HOUR), "ends": seconds(start + 4 * HOUR)}
    assert send(row, block, **there, to=other.pk).status_code == 200
    row.refresh_from_db()
    held = {one.resource: one.used.lower for one in row.allocations.active()}
    assert (row.starts_at, held) == (start, {shop.floor: start, other: start + HOUR})


def test_a_taken_place_answers_with_who_has_it_and_three_free_times(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    there = sale.make(sale.slot(days=3, hours=2, resources=[shop.floor]))
    block = row.allocations.get()
    answer = send(row, block, starts=seconds(there.starts_at), ends=seconds(there.ends_at))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert there.customer.name.split()[0] in text
    assert text.count("data-answer") >= 3


def test_who_is_free_instead_takes_the_place(sale, shop, send):
    other = Resource.objects.create(
        branch=shop.branch, kind="floor", name_en="Floor 2", name_zh_hans="二号棚", name_zh_hant="二號棚"
    )
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    there = sale.make(sale.slot(days=3, hours=2, resources=[shop.floor]))
    block = row.allocations.get()
    moved = {"starts": seconds(there.starts_at), "ends": seconds(there.ends_at)}
    assert f'name="swap" value="{shop.floor.pk}:{other.pk}"' in send(row, block, **moved).content.decode()
    assert send(row, block, **moved, swap=f"{shop.floor.pk}:{other.pk}").status_code == 200
    assert row.allocations.active().get().resource == other


def test_nobody_stands_in_for_a_room(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    answer = send(row, row.allocations.get(), to=shop.artist_resource.pk)
    assert answer.status_code == 422
    assert "stand in for" in answer.content.decode()


def test_overtime_is_asked_for_and_written_down(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    late = at(shop, time(20))
    moved = {"starts": seconds(late), "ends": seconds(late + 2 * HOUR)}
    assert "Overtime is agreed" in send(row, row.allocations.get(), **moved).content.decode()
    assert send(row, row.allocations.get(), **moved, overtime="1").status_code == 200
    assert BookingEvent.objects.get(appointment=row, kind="moved").parameters["overtime"] is True


def test_the_customer_knows_already_is_written_down(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    later = row.starts_at + HOUR
    answer = send(
        row, row.allocations.get(), starts=seconds(later), ends=seconds(later + 2 * HOUR), knows="1"
    )
    assert "The customer knows already." in answer.content.decode()


def test_a_stale_drop_loses_politely(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    version, block = row.version, row.allocations.get()
    slot = sale.slot(days=3, hours=2, resources=[shop.floor])
    move(row, slot=slot, version=row.version, by=shop.colleague, now=sale.now)
    answer = send(row, block, version=version)
    assert answer.status_code == 409
    assert "周敏" in answer.content.decode()
    row.refresh_from_db()
    assert row.starts_at == slot.starts_at


@pytest.mark.parametrize(
    "wrong",
    [{"starts": "x"}, {"starts": "99999999999999"}, {"ends": ""}, {"version": "-1e3"}, {"to": "x"}, {"later": "9e9"},
     {"swap": "1"}, {"swap": "x:y"}, {"allocation": "é"}, {"starts": "-5", "ends": "-99"}, {"appointment": "0"},
     {"starts": "0", "ends": "0"}, {"later": "1578241"}, {"ends": "4102444800"}, {"to": "99999"}],
)  # fmt: skip
def test_a_crafted_drop_is_refused_and_never_a_500(sale, shop, send, wrong):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    before = row.starts_at
    assert send(row, row.allocations.get(), **wrong).status_code in {200, 400, 404, 409, 422}
    row.refresh_from_db()
    assert row.starts_at == before


def test_the_neighbours_date_does_not_exist_and_departments_may_not(sale, shop, send):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    assert send(row, row.allocations.get(), person=shop.neighbour).status_code == 404
    assert send(row, row.allocations.get(), person=shop.artist).status_code == 403


def test_undone_by_a_press_and_too_late_in_words(sale, shop, send, sign_in):
    row = sale.make(sale.slot(days=2, hours=2, resources=[shop.floor]))
    start = row.starts_at
    send(row, row.allocations.get(), starts=seconds(start + HOUR), ends=seconds(start + 3 * HOUR))
    event = BookingEvent.objects.get(appointment=row, kind="moved")
    address = f"/appointments/{row.pk}/moves/{event.pk}/undo/"
    with time_machine.travel(sale.now + 11 * MINUTE, tick=False):
        page = sign_in(shop.owner).post(address, follow=True)
        assert "A move can be undone for 10 minutes" in page.content.decode()
    with time_machine.travel(sale.now + MINUTE, tick=False):
        for _again in range(2):
            assert sign_in(shop.owner).post(address).status_code == 302
    row.refresh_from_db()
    assert row.starts_at == start
    assert sign_in(shop.owner).post(f"/appointments/{row.pk}/moves/999999/undo/").status_code == 404


# --- Places on the line, lanes ---------------------------------------------------------------------
SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=25)


@given(SPANS)
def test_nothing_overlaps_on_a_lane_and_no_lane_is_wasted(spans):
    zero = datetime(2026, 1, 1, tzinfo=UTC)
    times = [(zero + start * MINUTE, zero + (start + length) * MINUTE) for start, length in spans]
    lanes = lanes_of(times)
    for one, (first, last) in enumerate(times):
        for two, (start, end) in enumerate(times[:one]):
            assert lanes[one] != lanes[two] or end <= first or last <= start
    busiest = max((sum(a <= first < b for a, b in times) for first, _last in times), default=0)
    assert len(set(lanes)) == busiest


@given(st.integers(0, 1440), st.integers(1, 1440))
def test_a_bar_never_leaves_the_line(start, length):
    zero = datetime(2026, 1, 1, tzinfo=UTC)
    scale = Scale(zero + 540 * MINUTE, zero + 1260 * MINUTE, UTC)
    x, width = scale.bar(zero + start * MINUTE, zero + (start + length) * MINUTE)
    assert 0 <= float(x[:-1]) <= 100
    assert 0 <= float(x[:-1]) + float(width[:-1]) <= 100.001


# --- The almanac -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("region", "when", "holiday", "make_up"),
    [
        ("CN", date(2026, 10, 1), "National Day", False),
        ("CN", date(2026, 10, 7), "Bridge day off", False),
        ("CN", date(2026, 10, 10), "", True),
        ("CN", date(2026, 11, 22), "", False),
        ("TW", date(2026, 10, 10), "National Day", False),
        ("XX", date(2026, 10, 1), "", False),
        ("CN", date(2039, 10, 1), "National Day", False),
    ],
)
def test_holidays_and_make_up_days(db, region, when, holiday, make_up):
    with translation.override("en"):
        found = almanac.marks(BranchFactory(region=region), [when])[when]
    assert (found.holiday, found.is_make_up) == (holiday, make_up)


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "国庆节"), ("zh-hant", "國慶節")])
def test_holidays_in_the_readers_language(db, language, name):
    with translation.override(language):
        assert almanac.holiday(date(2026, 10, 1), "CN") == name


def test_good_for_weddings():
    assert almanac.suits_weddings(date(2026, 11, 22))
    assert not almanac.suits_weddings(date(2026, 11, 23))


@pytest.mark.parametrize(
    ("when", "language", "short"),
    [
        (date(2026, 2, 17), "zh-hans", "正月"),
        (date(2026, 2, 18), "zh-hans", "初二"),
        (date(2025, 7, 25), "zh-hans", "闰六月"),
        (date(2025, 7, 25), "zh-hant", "閏六月"),
        (date(2026, 2, 18), "en", "1/2"),
    ],
)
def test_the_square_of_a_calendar(when, language, short):
    with translation.override(language):
        assert almanac.short_lunar(when) == short


def test_a_closed_day_stands_on_the_page(sale, shop, sign_in):
    SpecialDay.objects.create(
        branch=shop.branch, day=MONDAY, name_en="Stocktaking", name_zh_hans="盘点", name_zh_hant="盤點"
    )
    text = sign_in(shop.owner).get(f"/schedule/?day={MONDAY}").content.decode()
    assert "Closed" in text
    assert "Stocktaking" in text
