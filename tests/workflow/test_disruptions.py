"""R9.7: when a day breaks, one place shows every date that it touches and gets each one called, moved, made good."""

from datetime import timedelta
from itertools import islice

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from bookings import schedule
from bookings.allocation import SlotTaken
from bookings.models import Allocation, AppointmentState, Closure, PackageNeed, Skill
from bookings.schedule import NotBookable, NotWorking
from bookings.spans import Slot
from customers import consents
from customers.models import ConsentScope
from studio.foundation.models import StaleEdit
from studio.outbox.models import Alert, Message
from tests.workflow.broken import BrokenDay, row_of, rows, states
from tests.workflow.shoots import arrived, make_order
from workflow import (
    call_agreements,
    calls,
    disrupted_message,
    disrupted_proposals,
    disrupted_script,
    disrupted_touched,
    disruptions,
    promises,
    reminders,
)
from workflow.call_script import script_for
from workflow.disrupted_duties import cases, to_see
from workflow.models import CallTask, DisruptedDate, Disruption, ReminderRule

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def day(shop, now):
    return BrokenDay(shop, now)


@pytest.fixture
def spare(day):
    """Another photographer."""
    return day.make("photographer", "李雷")


def agree(day, row, starts_at=None, **fields):
    starts_at = starts_at or row.proposed_at
    return disruptions.agree(
        row, **{"starts_at": starts_at, "version": row.version, "by": day.shop.owner, "now": day.now} | fields
    )


def busy_today(shop, now):
    """Noon: somebody comes at one, somebody at six, with a photographer who takes several at once."""
    shop.photographer_resource.units = 3
    shop.photographer_resource.save()
    today = BrokenDay(shop, now, days=0)
    return today, [today.date(clock, held=[shop.photographer_resource]) for clock in ("13:00", "18:00")]


# --- What it touches --------------------------------------------------------------------------------
def test_r9_7_every_date_that_holds_them_is_seen_before_anything_is_said(day, shop):
    first, second = day.date("10:00"), day.date("13:00")
    day.date("15:00", held=[shop.floor])
    day.date("10:00", days=1)
    found = disrupted_touched.touched(
        day.branch,
        resource=shop.photographer_resource,
        starts_at=day.at("8:00"),
        ends_at=day.at("18:00"),
        now=day.now,
    )
    assert [one.appointment for one in found] == [first, second]
    assert not Disruption.objects.exists() and not Closure.objects.exists()


def test_r9_7_only_the_time_in_front_of_the_customer_counts_and_not_what_is_kept_free_around_it(day, shop):
    shop.photographer_resource.buffer_after = 60
    shop.photographer_resource.save()
    day.date("10:00")
    after = disrupted_touched.touched(
        day.branch,
        resource=shop.photographer_resource,
        starts_at=day.at("12:00"),
        ends_at=day.at("18:00"),
        now=day.now,
    )
    assert after == []


def test_r9_7_the_whole_branch_touches_dates_that_hold_nobody_too(day):
    shoot, talk = day.date("10:00"), day.visit("14:00")
    found = day.break_it(kind="power", resource=None)
    assert {row.appointment for row in rows(found)} == {shoot, talk}


def test_r9_7_called_off_over_and_of_the_neighbour_are_not_touched(day, shop):
    gone = day.date("10:00")
    schedule.cancel(gone, why="分手", by=shop.owner, now=day.now)
    found = day.break_it()
    assert rows(found) == []
    found.refresh_from_db()
    assert found.ended_at == day.now  # nothing to see to; it is kept from being booked all the same
    assert found.closures.filter(lifted_at=None).exists()


def test_r9_7_the_guests_in_the_house_come_first_then_who_is_still_at_home(shop, now):
    today, (soon, later) = busy_today(shop, now)
    here = arrived(shop, now=now, resources=[shop.photographer_resource])
    found = today.break_it("10:00", "23:00")
    held = here.booking.appointments.get()
    assert [row.appointment for row in rows(found)] == [held, later, soon]
    assert held.state == AppointmentState.HELD
    present = disrupted_touched.in_house(shop.branch)
    assert [disrupted_touched.where_is(row.appointment, present, now) for row in rows(found)] == [
        "in_house", "at_home", "on_the_way",
    ]  # fmt: skip


def test_r9_7_who_was_in_the_house_and_left_is_not_touched(shop, now):
    """Held already, and nobody of the party is here any more."""
    order = make_order(shop, now=now)
    schedule.hold(order.booking.appointments.get(), by=shop.owner, now=now)
    found = disrupted_touched.touched(
        shop.branch, resource=shop.photographer_resource, starts_at=now, ends_at=now + 3 * HOUR, now=now
    )
    assert found == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("until", {"ends_at": "before"}),
        ("until", {"ends_at": "over"}),
        ("from", {"starts_at": "far"}),
        ("until", {"ends_at": "long"}),
        ("why", {"why": " \u200b "}),
    ],
)
def test_what_can_t_be_meant_is_said_at_its_field(day, field, change):
    moments = {
        "before": day.at("8:00"), "over": day.now - DAY, "far": day.now + 1200 * DAY, "long": day.at("10:00") + 90 * DAY,
    }  # fmt: skip
    given = {name: moments.get(value, value) for name, value in change.items()}
    given.setdefault("starts_at", day.at("10:00") if change.get("ends_at") != "over" else day.now - 2 * DAY)
    if given["starts_at"] == moments["far"]:
        given["ends_at"] = moments["far"] + DAY
    with pytest.raises(ValidationError) as refused:
        day.break_it(**given)
    assert list(refused.value.message_dict) == [field]
    assert not Disruption.objects.exists()


def test_somebody_of_another_branch_is_not_broken_here(day, shop):
    shop.photographer_resource.branch = shop.other_branch
    shop.photographer_resource.save()
    with pytest.raises(ValidationError) as refused:
        day.break_it()
    assert "resource" in refused.value.message_dict


# --- Kept from being booked ------------------------------------------------------------------------
def test_r9_7_nobody_books_into_what_is_broken_while_the_dates_in_it_stand(day, shop):
    stands = day.date("10:00")
    day.break_it()
    with pytest.raises(NotWorking, match="发烧"):
        day.date("13:00")
    assert stands.allocations.active().count() == 3


def test_r9_7_the_database_says_no_too(day, shop, monkeypatch):
    """A sale that looked before the day was broken."""
    day.break_it()
    monkeypatch.setattr("bookings.schedule.check_slot", lambda *args, **options: False)
    with pytest.raises(SlotTaken):
        day.date("13:00")


def test_r9_7_a_power_cut_keeps_everybody_and_every_room_from_being_booked(day, shop):
    day.break_it(kind="power", resource=None)
    for resource in (shop.photographer_resource, shop.artist_resource, shop.floor, shop.selection_room):
        with pytest.raises(NotWorking):
            day.date("13:00", held=[resource])


def test_r9_7_a_date_agreed_into_the_broken_time_all_the_same_stands_on_the_list(day):
    found = day.break_it(kind="power", resource=None)
    talk = day.visit("14:00")
    assert [row.appointment for row in rows(found)] == [talk]
    found.refresh_from_db()
    assert found.ended_at is None


# --- What is proposed --------------------------------------------------------------------------------
def test_r9_7_somebody_else_at_the_same_time_comes_first(day, spare):
    date = day.date("10:00")
    found = day.break_it()
    assert day.propose(found) == 1
    row = row_of(date)
    assert row.proposed_at == date.starts_at
    assert spare.pk in {hold[0] for hold in row.proposed_holds}
    assert day.shop.photographer_resource.pk not in {hold[0] for hold in row.proposed_holds}


def test_r9_7_nobody_is_proposed_to_two(day, spare):
    """Two parties at the same time on two floors, one photographer who is free."""
    floor, artist = day.make("floor", "二号棚"), day.make("artist", "小雅")
    day.shop.photographer_resource.units = 2
    day.shop.photographer_resource.save()
    day.date("10:00")
    day.date("10:00", held=[day.shop.photographer_resource, floor, artist])
    found = day.break_it()
    assert day.propose(found) == 2
    one, other = rows(found)
    assert one.proposed_at == one.appointment.starts_at
    assert other.proposed_at != other.appointment.starts_at
    assert other.proposed_at is not None


def test_r9_7_who_has_not_learnt_it_is_not_proposed(day, spare):
    newborn = Skill.objects.create(branch=day.branch, name_en="Newborns")
    day.shop.photographer_resource.skills.add(newborn)
    PackageNeed.objects.create(
        version=day.shop.package,
        appointment="shoot",
        kind="photographer",
        skill=newborn,
        position=1,
    )
    date = day.date("10:00", held=[day.shop.photographer_resource])
    found = day.break_it()
    day.propose(found)
    assert row_of(date).proposed_at != date.starts_at


def test_r9_7_without_anybody_the_nearest_other_time_is_proposed(day):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    row = row_of(date)
    assert row.proposed_at is not None
    assert abs(row.proposed_at - date.starts_at) <= 2 * DAY
    assert day.branch.today(row.proposed_at) != day.day


def test_r9_7_nobody_is_asked_to_come_today_in_place_of_another_day(day):
    today = day.branch.today(day.now)
    tomorrow = today + DAY
    near = list(islice(disrupted_proposals.days_around(tomorrow, first=today), 3))
    assert near == [tomorrow, tomorrow + DAY, tomorrow + 2 * DAY]
    assert next(disrupted_proposals.days_around(today, first=today)) == today
    assert tomorrow in islice(disrupted_proposals.days_around(today + 2 * DAY, first=today), 3)


def test_r9_7_no_time_in_what_is_broken_is_proposed_to_who_holds_nobody(day):
    talk = day.visit("14:00")
    found = day.break_it("10:00", "20:00", kind="power", resource=None)
    day.propose(found)
    proposed = row_of(talk).proposed_at
    assert proposed is not None
    assert not (found.starts_at - HOUR < proposed < found.ends_at)


def test_r9_7_the_service_of_a_wedding_day_is_not_put_on_another_day(day):
    wedding = schedule.make_appointment(
        branch=day.branch, customer=day.date("10:00").customer, booking=None, kind="wedding", by=day.shop.owner, now=day.now,
        slot=Slot(day.at("13:00"), day.at("18:00"), [day.shop.photographer_resource], overtime=True),
    )  # fmt: skip
    found = day.break_it()
    day.propose(found)
    assert row_of(wedding).proposed_at is None


def test_r9_7_propose_again_sees_what_is_free_by_now(day):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    assert row_of(date).proposed_at != date.starts_at
    day.make("photographer", "韩梅")
    day.propose(found)
    assert row_of(date).proposed_at == date.starts_at


# --- Agreed ------------------------------------------------------------------------------------------
def test_r9_7_one_press_and_it_is_with_somebody_else(day, spare):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    row = agree(day, row_of(date))
    date.refresh_from_db()
    assert (row.state, row.is_settled) == ("stands", True)
    held = set(date.allocations.active().values_list("resource", flat=True))
    assert spare.pk in held and day.shop.photographer_resource.pk not in held
    found.refresh_from_db()
    assert found.ended_at == day.now


def test_r9_7_one_press_and_it_is_at_another_time_and_the_customer_is_not_written_to(day):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    proposed = row_of(date).proposed_at
    row = agree(day, row_of(date))
    date.refresh_from_db()
    assert (row.state, date.starts_at) == ("moved", proposed)
    assert not Message.objects.filter(purpose="date_moved").exists()


def test_r9_7_pressed_twice_is_agreed_once(day, spare):
    date = day.date("10:00")
    day.propose(day.break_it())
    row = row_of(date)
    agree(day, row)
    again = agree(day, row)
    assert again.state == "stands"
    assert date.events.filter(kind="moved").count() == 1


def test_r9_7_who_comes_second_sees_what_the_first_has_done(day, spare):
    date = day.date("10:00")
    day.propose(day.break_it())
    row = row_of(date)
    agree(day, row)
    with pytest.raises(StaleEdit):
        disruptions.stand(row, version=row.version, by=day.shop.colleague, now=day.now)


def test_r9_7_what_was_taken_meanwhile_goes_to_whoever_else_can(day, spare):
    date = day.date("10:00")
    day.propose(day.break_it())
    third = day.make("photographer", "韩梅")
    day.date("10:00", held=[spare])
    agree(day, row_of(date))
    assert third.pk in date.allocations.active().values_list("resource", flat=True)


def test_r9_7_where_nobody_is_left_it_is_said_and_nothing_changes(day, spare):
    date = day.date("10:00")
    day.propose(day.break_it())
    day.date("10:00", held=[spare])
    row = row_of(date)
    with pytest.raises(SlotTaken) as taken:
        agree(day, row)
    assert len(taken.value.free) == 3
    assert row_of(date).state == "touched"


def test_r9_7_a_time_of_the_customers_own_choice_is_agreed_too(day):
    date = day.date("10:00")
    day.propose(day.break_it())
    wished = day.at("14:00", days=4)
    agree(day, row_of(date), wished)
    date.refresh_from_db()
    assert date.starts_at == wished


# --- Elsewhere ------------------------------------------------------------------------------------------
def test_r9_7_moved_on_another_page_the_state_follows(day):
    date = day.date("10:00")
    day.break_it()
    slot = schedule.slot_at(date, day.at("10:00", 5), day.at("11:00", 5))
    schedule.move(date, slot=slot, version=None, by=day.shop.owner, now=day.now)
    assert row_of(date).state == "moved"


def test_r9_7_called_off_on_another_page_the_state_follows(day):
    date = day.date("10:00")
    found = day.break_it()
    schedule.cancel(date, why="改明年", by=day.shop.owner, now=day.now)
    assert states(found) == ["called_off"]


def test_r9_7_moved_within_what_is_broken_it_stays_on_the_list(day):
    talk = day.visit("10:00")
    found = day.break_it("10:00", "20:00", kind="power", resource=None)
    schedule.move(
        talk, slot=Slot(day.at("15:00"), day.at("16:00")), version=None, by=day.shop.owner, now=day.now
    )
    assert states(found) == ["touched"]


def test_r9_7_a_move_that_is_undone_brings_the_date_back(day):
    talk = day.visit("10:00")
    found = day.break_it("10:00", "20:00", kind="power", resource=None)
    schedule.move(
        talk, slot=Slot(day.at("15:00", 1), day.at("16:00", 1)), version=None, by=day.shop.owner, now=day.now
    )
    assert states(found) == ["moved"]
    event = talk.events.get(kind="moved")
    schedule.undo(talk, event=event, by=day.shop.owner, now=day.now + MINUTE)
    found.refresh_from_db()
    assert (states(found), found.ended_at) == (["touched"], None)


def test_r9_7_a_move_weeks_later_is_another_matter(day):
    date = day.date("10:00")
    found = day.break_it()
    slot = schedule.slot_at(date, day.at("10:00", 5), day.at("11:00", 5))
    schedule.move(date, slot=slot, version=None, by=day.shop.owner, now=day.now)
    schedule.cancel(date, why="改明年", by=day.shop.owner, now=day.now)
    assert states(found) == ["moved"]


def test_r9_7_it_is_over_what_nobody_was_told_of_stands_who_knows_is_seen_to(day):
    unknowing, knowing = day.date("10:00"), day.date("13:00")
    found = day.break_it()
    day.call(found)
    disruptions.tell(row_of(knowing), version=None, by=day.shop.owner, now=day.now)
    disruptions.over(found, by=day.shop.manager, now=day.now)
    assert row_of(unknowing).state == "stands"
    assert row_of(knowing).state == "told"
    found.refresh_from_db()
    assert found.ended_at is None
    assert not found.closures.filter(lifted_at=None).exists()
    assert not Allocation.objects.active().filter(closure__isnull=False).exists()
    assert CallTask.objects.open().filter(appointment=unknowing).count() == 0
    day.date("15:00")  # it can be booked again


# --- Made good -------------------------------------------------------------------------------------------
def test_r9_1_r9_7_with_a_promise_it_is_made_good_when_that_is_kept(day):
    date = day.date("10:00")
    found = day.break_it()
    made = disruptions.promise(
        row_of(date), what="多送一张精修", by_when=day.day, version=None, by=day.shop.owner, now=day.now
    )
    day.propose(found)
    agree(day, row_of(date))
    found.refresh_from_db()
    assert (row_of(date).state, row_of(date).settled_at, found.ended_at) == ("moved", None, None)
    promises.keep(made, by=day.shop.owner, now=day.now + HOUR)
    found.refresh_from_db()
    assert (row_of(date).state, found.ended_at) == ("made_good", day.now + HOUR)


def test_r9_7_promised_afterwards_it_opens_again_until_that_is_kept(day):
    date = day.date("10:00")
    found = day.break_it()
    disruptions.stand(row_of(date), version=None, by=day.shop.owner, now=day.now)
    made = disruptions.promise(
        row_of(date), what="送相框", by_when=day.day, version=None, by=day.shop.owner, now=day.now
    )
    found.refresh_from_db()
    assert found.ended_at is None
    with pytest.raises(ValidationError):
        disruptions.promise(
            row_of(date), what="再送", by_when=day.day, version=None, by=day.shop.owner, now=day.now
        )
    promises.keep(made, by=day.shop.owner, now=day.now)
    assert states(found) == ["made_good"]


# --- Calls -------------------------------------------------------------------------------------------------
def test_f7_who_is_still_at_home_is_called_first_and_who_is_here_is_not_called(shop, now):
    today, (soon, late) = busy_today(shop, now)
    arrived(shop, now=now, resources=[shop.photographer_resource])
    found = today.break_it("10:00", "23:00")
    assert today.call(found) == 2
    assert [call.appointment for call in calls.due(shop.branch, now=now)] == [late, soon]
    assert today.call(found) == 0


def test_r9_7_the_call_takes_the_place_of_what_would_ask_whether_the_old_time_holds(day):
    date = day.date("10:00")
    calls.bring_up(date, kind="confirm", reason="rule", now=day.now)
    day.call(day.break_it())
    assert list(CallTask.objects.open().values_list("kind", flat=True)) == ["disrupted"]


def test_r9_7_nobody_is_reminded_of_a_time_that_does_not_hold(day):
    ReminderRule.objects.create(
        branch=day.branch, action="message", channel="sms", days_before=2, at="10:00", appointment_kind="shoot",
        name_en="R", name_zh_hans="R", name_zh_hant="R",
    )  # fmt: skip
    date = day.date("10:00")
    found = day.break_it()
    moment = day.at("11:00", -2)
    reminders.plan(moment)
    assert not Message.objects.filter(purpose="reminder").exists()
    disruptions.stand(row_of(date), version=None, by=day.shop.owner, now=moment)
    reminders.plan(moment)
    assert Message.objects.filter(purpose="reminder").count() == 1
    assert found.dates.count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("kind", ["illness", "equipment", "weather", "power", "other"])
def test_r9_9_the_script_never_says_who_is_ill_or_what_was_written_for_colleagues(day, spare, language, kind):
    date = day.date("10:00", language=language)
    found = day.break_it(kind=kind, why="赵明 发烧 fever")
    day.propose(found)
    day.call(found)
    script = script_for(CallTask.objects.get(), caller=day.shop.owner, now=day.now, language=language)
    told = script.matter + script.opening + script.closing
    assert date.customer_id
    for word in ("发烧", "fever", "ill", "病"):
        assert word not in told.replace("will", "")
    assert spare.name_in(language) in script.matter
    assert not script.advice  # nobody is told to wash their hair for a day that is broken


def test_r9_7_the_proposal_is_agreed_in_one_press_in_the_call(day, spare):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    day.call(found)
    call = CallTask.objects.get()
    call_agreements.agree(
        call, starts_at=date.starts_at, version=call.version, by=day.shop.owner, now=day.now
    )
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("done", "confirmed")
    assert states(found) == ["stands"]
    again = call_agreements.agree(call, starts_at=date.starts_at, version=1, by=day.shop.owner, now=day.now)
    assert again == date


def test_r9_7_another_time_in_the_call_they_know_and_the_next_call_is_there(day):
    date = day.date("10:00")
    found = day.break_it()
    day.call(found)
    call = CallTask.objects.get()
    calls.record(
        call, outcome="another_time", version=call.version, by=day.shop.owner, now=day.now, note="周末"
    )
    assert row_of(date).state == "told"
    assert list(CallTask.objects.open().values_list("kind", flat=True)) == ["another_time"]
    assert found.dates.get().note == "周末"


def test_r3_2_no_answer_stays_on_the_list_and_is_written_to_after_so_many_tries(day):
    day.date("10:00")
    day.call(day.break_it())
    call, moment = CallTask.objects.get(), day.now
    for _try in range(3):
        call = calls.record(call, outcome="no_answer", version=call.version, by=day.shop.owner, now=moment)
        moment += 3 * HOUR
    assert call.state == "open"
    assert Message.objects.filter(purpose="call_missed").count() == 1


def test_r2_2_who_asked_not_to_be_contacted_is_not_on_the_list_but_on_the_page(day):
    day.date("10:00", do_not_contact=True)
    found = day.break_it()
    day.call(found)
    assert calls.due(day.branch, now=day.now) == []
    assert states(found) == ["touched"]


def test_r9_7_a_date_that_is_settled_needs_no_call(day):
    date = day.date("10:00")
    found = day.break_it()
    day.call(found)
    disruptions.stand(row_of(date), version=None, by=day.shop.owner, now=day.now)
    assert CallTask.objects.open().count() == 0


# --- Written -------------------------------------------------------------------------------------------------
def written(day, found):
    count = disrupted_message.write_all(found, now=day.now)
    return count, list(Message.objects.filter(purpose="day_broken").order_by("pk"))


def test_r9_7_who_allows_it_is_written_to_once(day):
    day.date("10:00")
    found = day.break_it()
    assert written(day, found)[0] == 1
    assert written(day, found)[0] == 0
    assert len(written(day, found)[1]) == 1


def test_r9_7_who_knows_already_is_not_written_to(day):
    date = day.date("10:00")
    found = day.break_it()
    _count, (message,) = written(day, found)
    disruptions.tell(row_of(date), version=None, by=day.shop.owner, now=day.now)
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert not disrupted_message.still_due(message)
    assert written(day, found)[0] == 0


def test_r2_2_who_said_no_or_has_no_address_is_not_written_to(day, shop):
    silent = day.date("10:00")
    consents.say(silent.customer, "sms", ConsentScope.ORDER, False, source="desk", by=shop.owner, now=day.now)
    day.date("13:00", phone="")
    assert written(day, day.break_it())[0] == 0


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_r9_9_the_message_names_no_cause_no_colleague_and_carries_the_link(day, spare, language):
    day.date("10:00", language=language)
    found = day.break_it(why="赵明 发烧")
    _count, (message,) = written(day, found)
    with translation.override(language):
        values = disrupted_message.parameters(message)
    text = disrupted_message.purpose.words[("sms", language)][1].format(**values)
    assert "/c/" in text
    assert values["greeting"] in text
    for word in ("发烧", "赵明", "Zhao", " ill ", "病"):
        assert word not in text


def test_r9_7_a_message_that_does_not_arrive_leaves_a_call(day):
    day.date("10:00")
    found = day.break_it()
    _count, (message,) = written(day, found)
    disrupted_message.on_end(message, day.now)
    assert CallTask.objects.open().get().kind == "disrupted"


# --- On somebody's day ------------------------------------------------------------------------------------------
def test_r9_7_owners_see_their_customers_managers_all_of_them(day, shop):
    day.date("10:00")
    day.date("13:00", owner=shop.colleague)
    found = day.break_it()
    (mine,) = to_see([shop.owner], day.branch, day.now)
    (everything,) = to_see([shop.manager], day.branch, day.now)
    assert (mine.disruption, mine.count, everything.count) == (found, 1, 2)
    assert [case.customer for case in cases(shop.colleague, day.branch, day.day, day.now)] == [
        everything.dates[1].appointment.customer
    ]


def test_r8_1_who_stands_in_sees_them_too(day, shop):
    day.date("10:00")
    day.break_it()
    (one,) = to_see([shop.colleague, shop.owner], day.branch, day.now)
    assert one.count == 1


def test_r9_7_the_bell_rings_once_for_each_owner_and_the_managers(day, shop):
    day.date("10:00")
    day.date("13:00", owner=shop.colleague)
    day.break_it()
    rung = dict(Alert.objects.filter(kind="day_broken").values_list("user", "parameters__count"))
    assert rung == {shop.owner.pk: 1, shop.colleague.pk: 1, shop.general_manager.pk: 2}  # not who opened it


def test_what_makes_no_sense_to_stand_or_tell_twice_is_one(day):
    date = day.date("10:00")
    day.break_it()
    row = row_of(date)
    first = disruptions.tell(row, version=row.version, by=day.shop.owner, now=day.now)
    assert disruptions.tell(row, version=row.version, by=day.shop.owner, now=day.now).version == first.version


def test_nothing_is_free_at_a_time_that_is_over(day, spare):
    date = day.date("10:00")
    day.propose(day.break_it())
    row = row_of(date)
    with pytest.raises((NotBookable, SlotTaken)):
        agree(day, row, day.now - DAY)
    assert DisruptedDate.objects.get().state == "touched"


def test_the_script_of_a_date_that_is_settled_says_when_it_is(day):
    date = day.date("10:00")
    day.break_it()
    disruptions.stand(row_of(date), version=None, by=day.shop.owner, now=day.now)
    assert "10:00" in disrupted_script.matter(date, "en")
