"""The brief before a party comes (R9.2), and who did not come."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from bookings import schedule
from bookings.missed import miss
from bookings.models import Booking, BookingEvent
from bookings.schedule import NotBookable, Slot
from customers import knowledge
from customers.models import Customer, Member
from studio.staff.duties import duties
from tests.workflow import orders
from tests.workflow.shoots import arrived, bring, make_order
from workflow import arrivals, brief, brief_joys, promises
from workflow.models import Undone

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NASTY = "<script>alert(1)</script>"


def of(order, shop, now, reader=None):
    return brief.of([order], branch=shop.branch, reader=reader or shop.owner, now=now)[order.pk]


def page(client, order):
    return client.get(reverse("workflow:brief", args=[order.pk]))


def child(order, **fields) -> Member:
    return Member.objects.create(customer=order.booking.customer, role="child", position=9, **fields)


def pleases(order, shop, now) -> str:
    return " ".join(of(order, shop, now).pleases)


# --- What is known ----------------------------------------------------------------------------------
def test_r9_4_taboos_and_special_care_stand_first(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR, special_care="18th week")
    customer = order.booking.customer
    knowledge.add_taboo(customer, "Not a word about her father", by=shop.owner, now=now)
    lifted = knowledge.add_taboo(customer, "No lilies", by=shop.owner, now=now)
    knowledge.lift_taboo(lifted, by=shop.owner, now=now)
    assert of(order, shop, now).mind == ["18th week", "Not a word about her father"]
    text = page(sign_in(shop.artist), order).content.decode()
    assert text.index("Not a word about her father") < text.index("Who comes")
    assert "No lilies" not in text


def test_r9_2_the_brief_says_what_they_hope_for_what_was_noticed_and_what_was_said(
    shop, now, sign_in
) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    Booking.objects.filter(pk=order.booking_id).update(hopes="Like her parents' picture of 1962")
    knowledge.observe(order.booking.customer, "She drinks warm water", by=shop.artist, now=now - DAY)
    text = page(sign_in(shop.owner), order).content.decode()
    for words in ("picture of 1962", "She drinks warm water", "李娜", "张伟", "bride"):
        assert words in text


def test_the_last_few_things_noticed_the_newest_first(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    for number in range(7):
        knowledge.observe(order.booking.customer, f"Thing {number}", by=shop.owner, now=now + number * HOUR)
    assert [row.text for row in of(order, shop, now).seen] == ["Thing 6", "Thing 5", "Thing 4", "Thing 3"]


def test_r9_1_what_was_promised_and_what_was_not_done_is_in_it(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    today = shop.branch.today(now)
    promises.promise(order, what="A frame as a gift", by_when=today, by=shop.owner, now=now)
    kept = promises.promise(order, what="Warm slippers", by_when=today, by=shop.owner, now=now)
    promises.keep(kept, by=shop.owner, now=now)
    Undone.objects.create(
        branch=shop.branch, work_order=order, what="Picture with the dog", why="Rain", by=shop.owner
    )
    found = of(order, shop, now)
    assert [row.what for row in found.promises] == ["A frame as a gift"]
    assert [row.name for row in found.undone] == ["Picture with the dog"]


def test_r4_3_the_rest_is_a_polite_line_without_a_figure_and_only_for_who_takes_money(
    shop, now, sign_in
) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    text = page(sign_in(shop.owner), order).content.decode()
    assert "settle the rest when you come to choose your pictures" in text
    assert "4,999" not in text and "¥" not in text
    assert "settle the rest" not in page(sign_in(shop.artist), order).content.decode()


def test_r8_2_the_deputy_reads_what_to_say_first(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    assert of(order, shop, now).deputy_line == ""
    assert "something to see to today" in of(order, shop, now, reader=shop.colleague).deputy_line


def test_r9_2_who_left_unhappy_last_time_is_made_good_from_the_first_word(shop, now) -> None:
    order = orders.in_selection(shop, now, at=now + DAY)
    orders.leave(order, mood="moved", by=shop.owner, now=now, note="They loved the blue hour")
    assert "They loved the blue hour" in pleases(order, shop, now)
    orders.leave(order, mood="unhappy", by=shop.owner, now=now + HOUR, note="waited an hour")
    found = of(order, shop, now)
    assert "make it good today" in " ".join(found.mind)
    assert "blue hour" not in " ".join(found.pleases)


# --- What would please --------------------------------------------------------------------------------
def test_r9_2_a_wedding_that_is_near_and_an_anniversary(shop, now) -> None:
    today = shop.branch.today(now)
    order = make_order(shop, now=now, at=now + HOUR, wedding_day=today + 12 * DAY)
    assert "Their wedding is in 12 days" in pleases(order, shop, now)
    Customer.objects.filter(pk=order.booking.customer_id).update(
        wedding_day=today.replace(year=today.year - 3)
    )
    assert "married for 3 years" in pleases(orders.fresh(order), shop, now)
    Customer.objects.filter(pk=order.booking.customer_id).update(wedding_day=today + 61 * DAY)
    assert pleases(orders.fresh(order), shop, now) == ""


def test_r9_2_a_child_that_comes_along_is_expected_with_something_to_play_with(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    child(order, name="乐乐", birthday=date(2022, 1, 5))
    assert "乐乐, 4 years old" in pleases(order, shop, now)


@pytest.mark.parametrize(("days", "word"), [(28, "a full month"), (100, "a hundred days"), (60, "")])
def test_f4_the_milestones_of_a_baby(shop, now, days, word) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    child(order, name="乐乐", birthday=shop.branch.today(now) - days * DAY)
    said = pleases(order, shop, now)
    assert word in said
    assert "old these days" not in said or word


def member(**fields) -> Member:
    return Member(name="李娜", **fields)


@pytest.mark.parametrize(
    ("born", "today", "said"),
    [
        (date(1995, 5, 16), date(2026, 5, 16), "has a birthday today"),
        (date(1995, 5, 20), date(2026, 5, 16), "has a birthday in 4 days"),
        (date(1996, 2, 29), date(2026, 2, 28), "has a birthday today"),
        (date(1996, 2, 29), date(2028, 2, 29), "has a birthday today"),
        (date(1995, 1, 2), date(2026, 12, 30), "has a birthday in 3 days"),
        (date(1995, 6, 10), date(2026, 5, 16), ""),
        (date(2026, 5, 16), date(2026, 5, 16), ""),
        (date(2030, 5, 16), date(2026, 5, 16), ""),
    ],
)
def test_r11_2_birthdays_also_around_the_year_and_of_the_29th_of_february(born, today, said) -> None:
    found = " ".join(brief_joys.of_member(member(birthday=born), today))
    assert said in found and bool(found) == bool(said)


def test_r11_2_birthdays_by_the_lunar_calendar_too() -> None:
    # The 1st of the 5th lunar month 1953 was the 11th of June; in 2026 it is the 15th of June.
    found = brief_joys.of_member(member(birthday=date(1953, 6, 11)), date(2026, 6, 15))
    assert found == ["李娜 has a birthday by the lunar calendar today."]


def test_the_sentences_follow_the_reader(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    for language in ("en", "zh-hans", "zh-hant"):
        with translation.override(language):
            assert of(order, shop, now).balance_line


# --- On Today, and as a page ------------------------------------------------------------------------------
def test_r9_2_todays_arrivals_fold_the_brief_out(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    knowledge.observe(order.booking.customer, "He is proud of his boat", by=shop.artist, now=now - DAY)
    with time_machine.travel(now, tick=False):
        text = sign_in(shop.owner).get("/").content.decode()
    assert "He is proud of his boat" in text.split('id="duty-arrivals"')[1]


def test_a_script_in_a_note_is_only_text(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR, special_care=NASTY)
    knowledge.observe(order.booking.customer, NASTY, by=shop.owner, now=now)
    assert NASTY not in page(sign_in(shop.owner), order).content.decode()


def test_the_neighbour_has_no_brief(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    assert page(sign_in(shop.neighbour), order).status_code == 404
    assert page(sign_in(shop.administrator), order).status_code == 403


def test_r9_5_an_observation_is_added_from_the_brief_in_seconds(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    client, there = sign_in(shop.artist), reverse("workflow:brief", args=[order.pk])
    answer = client.post(there, {"text": "He is proud of his boat", "back": "today"})
    assert answer.status_code == 302
    assert answer.url == f"{there}?back=today"
    told = client.get(answer.url).content.decode()
    assert "He is proud of his boat" in told
    assert '<a class="back" href="/">' in told
    assert client.post(there, {"text": " "}).status_code == 422


def test_r9_2_while_they_are_here_what_to_know_is_one_press_away_for_who_has_them(shop, now, sign_in) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    there = reverse("workflow:brief", args=[order.pk])
    client = sign_in(shop.artist)
    for place in ("/", "/tablet/", order.get_absolute_url()):
        assert there in client.get(place).content.decode(), place
    told = client.get(f"{there}?back=tablet-{shop.styling.pk}").content.decode()
    assert f'href="{reverse("workflow:tablet_of", args=[shop.styling.pk])}"' in told
    assert "<title>About them" in told


def test_the_number_of_questions_does_not_grow_with_the_arrivals(shop, now) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            for item in arrivals.arrivals([shop.owner], shop.branch, now):
                assert item.brief.mind == [] and item.brief.customer.owner
        return len(queries)

    make_order(shop, now=now, at=now + HOUR)
    few = asked()
    for _one in range(4):
        order = make_order(shop, now=now, at=now + 2 * HOUR, resources=[])
        knowledge.observe(order.booking.customer, "Warm water", by=shop.owner, now=now)
        promises.promise(order, what="A frame", by_when=shop.branch.today(now), by=shop.owner, now=now)
    assert len(arrivals.arrivals([shop.owner], shop.branch, now)) == 5
    assert asked() == few


# --- They did not come ------------------------------------------------------------------------------------
def shoot(order):
    return order.booking.appointments.get(kind="shoot")


def absence(client, row, method="post"):
    return getattr(client, method)(reverse("workflow:absence", args=[row.pk]))


def test_who_did_not_come_is_called_until_there_is_another_date(shop, now) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    duty = duties["did_not_come"]
    miss(shoot(order), by=shop.owner, now=now)
    (absent,) = duty.items([shop.owner], shop.branch, now)
    assert (absent.order, absent.appointment.kind) == (order, "shoot")
    assert absent.number is not None
    assert duty.items([shop.colleague], shop.branch, now) == []
    assert [case.customer for case in duty.cases(shop.owner, shop.branch, shop.branch.today(now), now)] == [
        order.booking.customer
    ]
    schedule.make_appointment(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="shoot",
        slot=Slot(now + 7 * DAY, now + 7 * DAY + HOUR, [], overtime=True), by=shop.owner, now=now,
    )  # fmt: skip
    assert duty.items([shop.owner], shop.branch, now) == []


def test_what_was_held_for_them_is_free_at_once(shop, now) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    miss(shoot(order), by=shop.owner, now=now)
    again = make_order(shop, now=now, at=now)
    assert shoot(again).allocations.filter(is_active=True).count() == 2


def test_it_is_written_down_once_and_told_in_the_history(shop, now) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    for _press in range(2):
        assert miss(shoot(order), by=shop.owner, now=now).state == "missed"
    assert BookingEvent.objects.filter(kind="missed").count() == 1
    assert "did not come" in BookingEvent.objects.get(kind="missed").sentence


def test_nobody_is_given_up_before_the_time_has_come(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    with pytest.raises(NotBookable, match="still come"):
        miss(shoot(order), by=shop.owner, now=now)
    with time_machine.travel(now, tick=False):
        answer = absence(sign_in(shop.owner), shoot(order))
    assert answer.status_code == 409
    assert "still come" in answer.content.decode()


def test_who_is_here_was_not_missed(shop, now) -> None:
    order = arrived(shop, now=now)
    with pytest.raises(NotBookable, match="taken place"):
        miss(shoot(order), by=shop.owner, now=now)


def test_the_page_says_to_ring_them_first_and_one_press_writes_it_down(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    client = sign_in(shop.owner)
    with time_machine.travel(now, tick=False):
        assert "They did not come" in client.get("/").content.decode()
        assert "Ring them first" in absence(client, shoot(order), "get").content.decode()
        assert shoot(order).state == "planned"
        assert absence(client, shoot(order)).status_code == 302
        assert "Did not come: call them" in client.get("/").content.decode()
    assert shoot(order).state == "missed"


def test_who_is_only_five_minutes_late_is_not_given_up_on_today(shop, now) -> None:
    make_order(shop, now=now, at=now - timedelta(minutes=5))
    (item,) = arrivals.arrivals([shop.owner], shop.branch, now)
    assert not item.is_late
    assert arrivals.arrivals([shop.owner], shop.branch, now + timedelta(minutes=10))[0].is_late


def test_only_the_front_of_the_branch_gives_somebody_up(shop, now, sign_in) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    assert absence(sign_in(shop.artist), shoot(order)).status_code == 403
    assert absence(sign_in(shop.neighbour), shoot(order)).status_code == 404
    assert shoot(order).state == "planned"


def test_the_order_of_who_did_not_come_may_end_and_is_called_about_no_more(shop, now) -> None:
    order = make_order(shop, now=now, at=now - HOUR)
    miss(shoot(order), by=shop.owner, now=now)
    Booking.objects.filter(pk=order.booking_id).update(state="cancelled")
    assert arrivals.did_not_come([shop.owner], shop.branch, now) == []


def test_of_two_dates_missed_in_a_row_the_latest_is_called_about(shop, now) -> None:
    order = make_order(shop, now=now, at=now - 3 * DAY, resources=[])
    miss(shoot(order), by=shop.owner, now=now)
    row = schedule.make_appointment(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="shoot",
        slot=Slot(now + HOUR, now + 2 * HOUR, [], overtime=True), by=shop.owner, now=now,
    )  # fmt: skip
    miss(row, by=shop.owner, now=now + 2 * HOUR)
    (absent,) = arrivals.did_not_come([shop.owner], shop.branch, now + 2 * HOUR)
    assert absent.appointment == row
