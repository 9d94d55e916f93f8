"""What the house does for a party in it (R4.2): lockers, a drink, a meal, a look in, a word of praise; and the
clock from the door to styling (R4.4)."""

import threading
import uuid
from datetime import time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.staff.duties import duties
from tests.workflow.shoots import arrived, bring, make_order, party
from workflow import care, day, gaps, guests, house_rules
from workflow.models import CareNote, HouseRules
from workflow.refusals import NeedsReason, Refused

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def note(order, kind, shop, now, **more):
    return care.give(order, kind=kind, by=more.pop("by", shop.owner), now=now, **more)


def locker(order, number, shop, now, **more):
    return care.give_locker(order, number=str(number), by=shop.owner, now=now, **more)


def guest_of(order, now):
    return guests.of_order(order, now=now)


def press(client, order, kind, **data):
    return client.post(reverse("workflow:care", args=[order.pk]), {"kind": kind, **data})


# --- One press each ---------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", care.ONE_PRESS)
def test_r4_2_one_press_is_kept_with_who_and_when(shop, now, sign_in, kind) -> None:
    order = arrived(shop, now=now)
    with time_machine.travel(now + MINUTE, tick=False):
        answer = press(sign_in(shop.owner), order, kind, back="today", submission=uuid.uuid4())
    assert (answer.status_code, answer["Location"]) == (302, "/")
    row = CareNote.objects.get()
    assert (row.kind, row.by, row.at, row.work_order) == (kind, shop.owner, now + MINUTE, order)


def test_r4_2_pressed_twice_it_is_noted_once(shop, now, sign_in) -> None:
    order, client, form = arrived(shop, now=now), sign_in(shop.owner), uuid.uuid4()
    for _press in range(3):
        assert press(client, order, "water", submission=form).status_code == 302
    assert CareNote.objects.count() == 1


@pytest.mark.parametrize("kind", ["", "locket", "gap", "x" * 500, "\x00", "1; drop"])
def test_what_no_button_sends_is_refused_in_words(shop, now, sign_in, kind) -> None:
    order = arrived(shop, now=now)
    assert press(sign_in(shop.owner), order, kind).status_code == 409
    assert not CareNote.objects.exists()


def test_nothing_is_done_for_who_is_not_here(shop, now, sign_in) -> None:
    order = make_order(shop, now=now)
    with pytest.raises(Refused, match="in the house"):
        note(order, "water", shop, now)
    with pytest.raises(Refused, match="in the house"):
        locker(order, 3, shop, now)
    assert press(sign_in(shop.owner), order, "meal").status_code == 409
    assert sign_in(shop.owner).get(reverse("workflow:care", args=[order.pk])).status_code == 200


def test_an_assistant_of_a_department_may_bring_the_water_too(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    assert press(sign_in(shop.artist), order, "water").status_code == 302
    assert CareNote.objects.get().by == shop.artist


def test_the_neighbour_branch_sees_no_party_and_no_locker(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    row = locker(order, 3, shop, now)
    client = sign_in(shop.neighbour)
    assert press(client, order, "water").status_code == 404
    assert client.get(reverse("workflow:care", args=[order.pk])).status_code == 404
    assert client.post(reverse("workflow:locker_emptied", args=[row.pk])).status_code == 404


# --- Lockers ------------------------------------------------------------------------------------------
def test_r4_2_a_locker_belongs_to_one_party_at_a_time(shop, now) -> None:
    one, other = arrived(shop, now=now), arrived(shop, now=now, resources=[])
    locker(one, 7, shop, now)
    with pytest.raises(care.LockerTaken) as refusal:
        locker(other, 7, shop, now)
    assert refusal.value.free == ["5", "6", "8"]
    assert "Locker 7 is taken. Free: 5, 6, 8." in str(refusal.value)
    care.empty_locker(CareNote.objects.get(), by=shop.owner, now=now + HOUR)
    assert locker(other, 7, shop, now + HOUR).what == "7"


def test_the_same_locker_again_changes_nothing(shop, now) -> None:
    order = arrived(shop, now=now)
    assert locker(order, 7, shop, now) == locker(order, 7, shop, now + MINUTE)
    assert locker(order, 8, shop, now) != locker(order, 7, shop, now)
    assert CareNote.objects.count() == 2


def test_a_locker_is_emptied_once(shop, now) -> None:
    row = locker(arrived(shop, now=now), 7, shop, now)
    care.empty_locker(row, by=shop.owner, now=now + HOUR)
    care.empty_locker(row, by=shop.colleague, now=now + 2 * HOUR)
    row.refresh_from_db()
    assert (row.ended_at, row.ended_by) == (now + HOUR, shop.owner)


def test_two_servers_clocks_differ_and_a_locker_is_never_emptied_before_it_was_filled(shop, now) -> None:
    row = locker(arrived(shop, now=now), 7, shop, now)
    assert care.empty_locker(row, by=shop.owner, now=now - MINUTE).ended_at == now


@pytest.mark.parametrize("number", ["", "0", "25", "-1", "7a", "½", "1" * 500, "\x00", "٧", "07"])
def test_a_number_that_no_locker_has_gets_a_sentence_at_the_field(shop, now, sign_in, number) -> None:
    order = arrived(shop, now=now)
    answer = press(sign_in(shop.owner), order, "locker", number=number)
    assert answer.status_code == 422
    assert answer.context["form"].errors["number"]
    assert not CareNote.objects.exists()


def test_the_nearest_free_ones_stand_at_the_field(shop, now, sign_in) -> None:
    one, other = arrived(shop, now=now), arrived(shop, now=now, resources=[])
    locker(one, 1, shop, now)
    answer = press(sign_in(shop.owner), other, "locker", number="1")
    assert answer.status_code == 422
    assert "Free: 2, 3, 4" in answer.content.decode()


def test_how_many_lockers_there_are_the_branch_says(shop, now) -> None:
    HouseRules.objects.create(branch=shop.branch, lockers=2)
    order = arrived(shop, now=now)
    with pytest.raises(NeedsReason, match="1 to 2"):
        locker(order, 3, shop, now)
    locker(order, 2, shop, now)
    assert care.free_lockers(shop.branch, house_rules.of(shop.branch)) == ["1"]


def test_a_branch_without_lockers_says_so(shop, now) -> None:
    HouseRules.objects.create(branch=shop.branch, lockers=0)
    with pytest.raises(NeedsReason, match="no lockers"):
        locker(arrived(shop, now=now), 1, shop, now)


def test_when_every_locker_is_taken_the_sentence_says_that(shop, now) -> None:
    HouseRules.objects.create(branch=shop.branch, lockers=1)
    one, other = arrived(shop, now=now), arrived(shop, now=now, resources=[])
    locker(one, 1, shop, now)
    with pytest.raises(care.LockerTaken, match="no other is free"):
        locker(other, 1, shop, now)


def test_the_neighbour_branch_has_lockers_of_its_own(shop, now) -> None:
    locker(arrived(shop, now=now), 7, shop, now)
    assert "7" in care.free_lockers(shop.other_branch, house_rules.of(shop.other_branch))


@pytest.mark.django_db(transaction=True)
def test_two_desks_never_give_one_locker_to_two_parties(shop, now) -> None:
    orders = [arrived(shop, now=now, resources=[]) for _one in range(2)]
    start, got, refused = threading.Barrier(2), [], []

    def take(order) -> None:
        start.wait()
        try:
            got.append(locker(order, 7, shop, now))
        except care.LockerTaken as refusal:
            refused.append(refusal.free)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert refused == [["5", "6", "8"]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.booleans()), max_size=12))
def test_property_no_two_parties_ever_hold_one_locker(shop, now, presses) -> None:
    CareNote.objects.all().delete()
    orders = getattr(shop, "guests", None) or [arrived(shop, now=now, resources=[]) for _one in range(3)]
    shop.guests, held = orders, {}
    for number, (who, which, gives) in enumerate(presses):
        moment = now + number * MINUTE
        if gives:
            try:
                locker(orders[who], which, shop, moment)
                assert held.setdefault(which, who) == who
            except care.LockerTaken as refusal:
                assert held[which] != who
                assert not set(refusal.free) & {str(one) for one in held}
        elif held.get(which) == who:
            care.empty_locker(CareNote.objects.get(what=str(which), ended_at=None), by=shop.owner, now=moment)
            del held[which]
    theirs = care.lockers_of(orders)
    found = {int(row.what): number for number, order in enumerate(orders) for row in theirs.get(order.pk, [])}
    assert found == held


# --- What is due ----------------------------------------------------------------------------------------
def test_r4_2_the_owner_looks_in_every_hour(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 10 * MINUTE)
    early, late = guest_of(order, now + 69 * MINUTE), guest_of(order, now + 70 * MINUTE)
    assert early.is_look_in_soon and not early.is_look_in_due
    assert late.is_look_in_due
    note(order, "look_in", shop, now + 70 * MINUTE)
    assert not guest_of(order, now + 129 * MINUTE).is_look_in_due
    assert guest_of(order, now + 130 * MINUTE).is_look_in_due


def test_r4_2_a_word_of_praise_is_a_look_in_and_so_is_being_with_them(shop, now) -> None:
    order = arrived(shop, now=now)
    assert not guest_of(order, now + 5 * HOUR).is_look_in_due  # they are with the owner all the time
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + HOUR)
    note(order, "praise", shop, now + 90 * MINUTE)
    assert guest_of(order, now + 2 * HOUR).look_in_at == now + 150 * MINUTE


def test_how_often_the_branch_says(shop, now) -> None:
    HouseRules.objects.create(branch=shop.branch, look_in_every_minutes=20)
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert guest_of(order, now + 20 * MINUTE).is_look_in_due


@pytest.mark.parametrize(
    ("clock", "meal"),
    [
        ("11:29", ""),
        ("11:30", "lunch"),
        ("13:29", "lunch"),
        ("13:30", ""),
        ("17:30", "dinner"),
        ("19:30", ""),
    ],
)
def test_r4_2_at_meal_times_somebody_asks_whether_they_have_eaten(shop, now, clock, meal) -> None:
    hours, minutes = map(int, clock.split(":"))
    moment = shop.branch.at(shop.branch.today(now), time(hours, minutes))
    order = arrived(shop, now=moment - 3 * HOUR)
    assert guest_of(order, moment).meal == meal


def test_r4_2_who_has_eaten_is_not_asked_again_but_at_dinner(shop, now) -> None:
    day_of = shop.branch.today(now)
    lunch = shop.branch.at(day_of, time(12, 0))
    order = arrived(shop, now=lunch - HOUR)
    note(order, "meal", shop, lunch)
    assert guest_of(order, lunch + MINUTE).meal == ""
    assert guest_of(order, shop.branch.at(day_of, time(18, 0))).meal == "dinner"


def test_r4_2_nothing_to_drink_yet_is_seen_until_somebody_brings_it(shop, now) -> None:
    order = arrived(shop, now=now)
    assert not guest_of(order, now).had_drink
    note(order, "water", shop, now, by=shop.artist)
    assert guest_of(order, now).had_drink


def test_r4_4_the_clock_runs_from_the_door_to_styling(shop, now) -> None:
    order = make_order(shop, now=now)
    day.arrive(order, members=party(order), by=shop.owner, now=now)
    states = [guest_of(order, now + minutes * MINUTE).to_styling.kind for minutes in (0, 7, 8, 14, 15, 60)]
    assert states == ["info", "info", "warn", "warn", "bad", "bad"]
    day.issue_sheet(order, by=shop.owner, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 9 * MINUTE)
    order.refresh_from_db()
    assert guest_of(order, now + 20 * MINUTE).to_styling is None


# --- The owner's Today --------------------------------------------------------------------------------
def test_the_owners_guests_stand_on_their_today_and_on_nobody_elses(shop, now) -> None:
    order = arrived(shop, now=now)
    items = duties["guests"].items
    assert [guest.order for guest in items([shop.owner], shop.branch, now)] == [order]
    assert items([shop.colleague], shop.branch, now) == []
    assert items([shop.neighbour], shop.other_branch, now) == []


def test_r8_1_the_deputy_sees_the_guests_of_whom_they_stand_in_for(shop, now) -> None:
    order = arrived(shop, now=now)
    items = duties["guests"].items([shop.colleague, shop.owner], shop.branch, now)
    assert [guest.order for guest in items] == [order]


def test_who_waits_for_something_comes_first(shop, now) -> None:
    calm = arrived(shop, now=now)
    waits = arrived(shop, now=now, resources=[])
    note(calm, "water", shop, now)
    note(waits, "water", shop, now)
    for order in (calm, waits):
        bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    note(calm, "look_in", shop, now + HOUR)
    moment = now.replace(hour=8)  # four in the afternoon: no meal
    found = guests.of_owners([shop.owner], shop.branch, max(moment, now + HOUR))
    assert [guest.order for guest in found] == [waits, calm]


def test_r5_1_who_stands_alone_is_red_on_the_owners_today_and_is_taken_care_of_there(
    shop, now, sign_in
) -> None:
    """Never “with” whoever had to leave them; and their party stands first."""
    calm, order = arrived(shop, now=now), arrived(shop, now=now, resources=[])
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    note(order, "look_in", shop, now)
    _bride, groom = party(order)
    gaps.leave_alone(order, members=[groom], by=shop.artist, now=now)
    found = guests.of_owners([shop.owner], shop.branch, now)
    assert [guest.order for guest in found] == [order, calm]
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        page = sign_in(shop.owner).get("/").content.decode()
    part = page.split('id="duty-guests"')[1].split("</section>")[0].split("</li>")[0]
    assert "Unattended" in part and groom.name in part
    assert part.count(shop.artist.spoken_name) == 1  # the bride's
    assert 'name="act" value="take_care"' in part


def test_todays_part_has_the_buttons_and_no_figure_of_money(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    locker(order, 7, shop, now)
    with time_machine.travel(now + 2 * HOUR, tick=False):
        page = sign_in(shop.owner).get("/").content.decode()
    part = page.split('id="duty-guests"')[1].split("</section>")[0]
    for word in ("Looked in", "Water or tea", "A meal", "Praised", "Lockers"):
        assert word in part
    assert "¥" not in part


def test_no_page_on_the_wall_says_what_is_due(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    locker(order, 7, shop, now)
    with time_machine.travel(now + 3 * HOUR, tick=False):
        page = sign_in(shop.manager).get("/house/?wall").content.decode()
    for word in ("Look in on them", "Nothing to drink yet", "have they eaten"):
        assert word not in page


def test_the_number_of_questions_does_not_grow_with_the_guests(shop, now) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            guests.of_owners([shop.owner], shop.branch, now)
        return len(queries)

    arrived(shop, now=now)
    few = asked()
    for _one in range(3):
        order = arrived(shop, now=now, resources=[])
        locker(order, CareNote.objects.count() + 1, shop, now)
        note(order, "water", shop, now)
    assert asked() == few


def test_the_rules_of_the_house_stand_in_the_settings(shop, sign_in) -> None:
    page = sign_in(shop.general_manager).get(reverse("admin:workflow_houserules_add"))
    assert page.status_code == 200
    assert 'name="look_in_every_minutes"' in page.content.decode()


def test_r4_2_a_free_locker_is_one_press_and_a_number_typed_is_never_another(shop, now, sign_in) -> None:
    """The free ones stand in a form of their own: Enter in the field presses none of them."""
    order = arrived(shop, now=now)
    text = sign_in(shop.owner).get(f"/orders/{order.pk}/care/").content.decode()
    forms = [part.split("</form>")[0] for part in text.split("<form ") if "</form>" in part]
    chips = [part for part in forms if '<button class="button button--large num" name="number"' in part]
    typed = [part for part in forms if 'id="id_number"' in part]
    assert len(chips) == len(typed) == 1 and chips != typed
