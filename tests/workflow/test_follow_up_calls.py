"""R2.2, R2.3: a contact is made on the telephone: the outcome, what follows from it, and what is said."""

import threading

import pytest
from django.db import connection
from django.utils import translation

from customers import knowledge
from customers.history import timeline
from studio.foundation.models import StaleEdit
from tests.factories import LeaveFactory
from tests.workflow.following import DAY, HOUR, Chase
from workflow import call_lists, call_script, calls, follow_up_changes, visits
from workflow.calls import OutcomeRefused
from workflow.models import CallTask, FollowUp, Occasion
from workflow.models.visit import Interest


@pytest.fixture
def chase(shop, now):
    return Chase(shop, now)


@pytest.fixture
def plan(chase):
    return chase.plan()


def standing(chase, follow_up):
    follow_up.refresh_from_db()
    return chase.contacts(follow_up, state="planned")


# --- Outcomes -------------------------------------------------------------------------------
@pytest.mark.parametrize("outcome", ["interested", "coming", "not_now"])
def test_r2_2_a_contact_records_how_about_what_what_was_said_and_the_next_one_stands(
    chase, shop, plan, outcome
):
    call = chase.record(chase.due_call(plan), outcome, said="after the exam", channel="chat")
    plan.refresh_from_db()
    contact = plan.contacts.get(number=1)
    assert (contact.state, contact.outcome, contact.channel, contact.said) == (
        "made",
        outcome,
        "chat",
        "after the exam",
    )
    assert (contact.made_by, contact.made_at, plan.made) == (shop.owner, chase.now, 1)
    assert (call.state, call.outcome) == ("done", outcome)
    following = standing(chase, plan)[0]
    assert following.number == 2
    assert 14 <= (following.due_on - chase.today).days <= 21


def test_r2_2_the_next_day_that_they_named_moves_the_next_contact(chase, plan):
    day = chase.today + 40 * DAY
    chase.make(plan, next_on=day)
    following, then = standing(chase, plan)[:2]
    assert following.due_on == day
    assert then.due_on >= day + 14 * DAY


@pytest.mark.parametrize("days", [0, -3, 400])
def test_a_next_day_that_makes_no_sense_is_said_at_its_field_and_nothing_is_recorded(chase, plan, days):
    call = chase.due_call(plan)
    with pytest.raises(OutcomeRefused) as refusal:
        chase.record(call, "interested", next_on=chase.today + days * DAY)
    assert refusal.value.field == "next_on"
    call.refresh_from_db()
    assert (call.state, call.tries, standing(chase, plan)[0].number) == ("open", 0, 1)


def test_r2_1_a_contact_made_late_keeps_the_distance_to_the_next(chase, plan):
    call = chase.due_call(plan)
    chase.now += 20 * DAY
    chase.record(call, "interested")
    following = standing(chase, plan)[0]
    assert following.due_on >= chase.today + 14 * DAY


def test_r2_2_it_ends_with_the_eleventh(chase, plan):
    for number in range(1, 12):
        plan.refresh_from_db()
        assert plan.stopped_at is None
        chase.make(plan)
        assert plan.made == number
    assert plan.stop_reason == "all_made"
    chase.now += 200 * DAY
    chase.tick()
    assert not CallTask.objects.open().exists()


def test_after_the_last_contact_a_next_day_is_refused(chase):
    chase.rules(contacts=1)
    follow_up = chase.plan()
    with pytest.raises(OutcomeRefused) as refusal:
        chase.make(follow_up, next_on=chase.today + 20 * DAY)
    assert refusal.value.field == "next_on"


def test_no_answer_comes_back_the_next_day_and_does_not_count(chase, plan):
    call = chase.due_call(plan)
    chase.record(call, "no_answer")
    call.refresh_from_db()
    plan.refresh_from_db()
    assert (call.tries, plan.made) == (1, 0)
    assert chase.branch.today(call.due_at) == chase.today + DAY
    assert chase.branch.opens_at <= call.due_at.astimezone(chase.branch.zone).time() < chase.branch.closes_at


def test_three_times_no_answer_a_manager_sees_it_and_the_next_contact_takes_over_on_its_day(
    chase, shop, plan
):
    call = chase.due_call(plan)
    for _number in range(3):
        call.refresh_from_db()
        chase.now = max(chase.now, call.due_at)
        chase.record(call, "no_answer")
    found = call_lists.call_list(
        [shop.manager], branch=shop.branch, reader=shop.manager, now=chase.now, manages=True
    )
    assert [line.call for line in found.given_up] == [call]
    chase.tick()
    assert CallTask.objects.open().get() == call
    chase.go_to(standing(chase, plan)[1].due_on)
    chase.tick()
    assert CallTask.objects.open().get().contact.number == 2
    plan.refresh_from_db()
    assert plan.made == 0
    assert plan.contacts.get(number=1).state == "dropped"


def test_not_a_good_moment_moves_the_call_and_its_contact(chase, plan):
    call = chase.due_call(plan)
    moment = chase.now + 6 * DAY
    chase.record(call, "later", again_at=moment)
    call.refresh_from_db()
    contact = plan.contacts.get(number=1)
    assert (call.state, call.due_at, contact.due_on) == ("open", moment, chase.branch.today(moment))
    assert standing(chase, plan)[1].due_on >= contact.due_on + 14 * DAY
    chase.tick()
    assert CallTask.objects.open().get() == call


def test_r2_1_not_called_again_on_or_after_the_wedding_day(chase):
    follow_up = chase.plan(chase.customer(wedding_day=chase.today + 30 * DAY))
    with pytest.raises(OutcomeRefused) as refusal:
        chase.record(chase.due_call(follow_up), "later", again_at=chase.now + 30 * DAY)
    assert refusal.value.field == "again_at"


def test_a_wrong_number_is_marked_and_the_contact_stays(chase, plan):
    call = chase.due_call(plan)
    chase.record(call, "wrong_number")
    assert plan.customer.contact_points.get().is_wrong
    assert standing(chase, plan)[0].number == 1


def test_r11_4_decided_otherwise_ends_it_and_the_visitor_log_knows_why(chase, plan):
    chase.record(chase.due_call(plan), "decided", reason="competitor", competitor="Studio North")
    plan.refresh_from_db()
    plan.visit.refresh_from_db()
    assert (plan.stop_reason, plan.made) == ("decided", 1)
    assert (plan.visit.outcome, plan.visit.loss_reason, plan.visit.competitor) == (
        "lost",
        "competitor",
        "Studio North",
    )
    assert plan.visit.events.last().parameters["reason"] == "competitor"


def test_decided_otherwise_without_a_reason_leaves_the_visit_as_it_was(chase, plan):
    chase.record(chase.due_call(plan), "decided")
    plan.visit.refresh_from_db()
    assert plan.visit.outcome == "undecided"


def test_r2_2_please_dont_contact_me_said_on_the_telephone(chase, plan):
    chase.record(chase.due_call(plan), "do_not_contact", said="too many calls")
    plan.refresh_from_db()
    plan.customer.refresh_from_db()
    assert (plan.stop_reason, plan.made, plan.customer.do_not_contact) == ("refused", 1, True)
    assert not standing(chase, plan)


def test_a_confirmation_is_no_outcome_of_a_follow_up_and_the_other_way_round(chase, plan):
    with pytest.raises(OutcomeRefused):
        chase.record(chase.due_call(plan), "confirmed")
    assert "interested" not in calls.OUTCOMES["confirm"]


def test_r2_1_where_the_library_is_used_up_the_caller_thinks_of_something(chase, shop):
    Occasion.objects.create(
        branch=shop.branch, name_en="x", name_zh_hans="x", name_zh_hant="x", line_en="x", line_zh_hans="x",
        line_zh_hant="x", is_active=False,
    )  # fmt: skip
    follow_up = chase.plan()
    call = chase.due_call(follow_up)
    with pytest.raises(OutcomeRefused) as refusal:
        chase.record(call, "interested", own_occasion="  ")
    assert refusal.value.field == "own_occasion"
    chase.record(call, "interested", own_occasion="Her new dog")
    assert follow_up.contacts.get(number=1).about == "Her new dog"


def test_an_outcome_for_a_plan_that_ended_meanwhile_is_refused_in_words(chase, plan):
    call = chase.due_call(plan)
    visits.end(plan.visit, outcome="won", by=None, now=chase.now)
    with pytest.raises(StaleEdit):
        chase.record(CallTask.objects.get(pk=call.pk), "interested")
    # The call had stayed behind: its plan is gone all the same.
    CallTask.objects.filter(pk=call.pk).update(state="open")
    with pytest.raises(OutcomeRefused) as refusal:
        chase.record(call, "interested")
    assert refusal.value.field == "outcome"
    chase.tick()
    call.refresh_from_db()
    assert call.state == "cancelled"


def test_the_same_press_twice_is_one_contact(chase, shop, plan):
    call = chase.due_call(plan)
    for _press in range(2):
        calls.record(call, outcome="interested", version=call.version, by=shop.owner, now=chase.now)
    plan.refresh_from_db()
    assert plan.made == 1


@pytest.mark.django_db(transaction=True)
def test_an_outcome_and_a_stop_at_the_same_second_do_not_wait_for_each_other(chase, shop):
    for outcome in ("interested", "do_not_contact", "decided", "no_answer") * 2:
        follow_up = chase.plan()
        call = chase.due_call(follow_up)
        together, troubles = threading.Barrier(3), []

        def at_once(act, together=together, troubles=troubles):
            together.wait()
            try:
                act()
            except (OutcomeRefused, StaleEdit, visits.AlreadyEnded):
                pass
            except Exception as trouble:
                troubles.append(trouble)
            finally:
                connection.close()

        acts = [
            lambda call=call, outcome=outcome: chase.record(call, outcome),
            lambda follow_up=follow_up: follow_up_changes.stop_by_hand(
                follow_up, by=shop.owner, now=chase.now
            ),
            lambda follow_up=follow_up: visits.reopen(follow_up.visit, by=shop.owner, now=chase.now),
        ]
        threads = [threading.Thread(target=at_once, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        chase.tick()
        follow_up.refresh_from_db()
        assert follow_up.stopped_at is not None
        assert follow_up.made == follow_up.contacts.filter(state="made").count()
        assert not CallTask.objects.open().filter(contact__follow_up=follow_up).exists()


# --- Deputies -------------------------------------------------------------------------------
def test_r8_1_on_a_day_off_the_contact_is_the_deputys_and_says_of_which(chase, shop, plan):
    call = chase.due_call(plan)
    LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=chase.today, ends_on=chase.today
    )
    found = call_lists.call_list(
        [shop.colleague, shop.owner], branch=shop.branch, reader=shop.colleague, now=chase.now
    )
    (line,) = found.due
    assert (line.call, line.stands_for, line.of) == (call, shop.owner, 11)
    with translation.override("en"):
        script = call_script.script_for(
            CallTask.objects.get(pk=call.pk), caller=shop.colleague, now=chase.now
        )
    assert "小陈 has something to see to today" in script.deputy


def test_r2_1_the_plan_goes_with_the_customer_to_another_owner(chase, shop, plan):
    chase.due_call(plan)
    type(plan.customer).objects.update(owner=shop.colleague)
    assert not calls.calls_for([shop.owner], shop.branch, chase.now)
    assert len(calls.calls_for([shop.colleague], shop.branch, chase.now)) == 1


# --- What is said ---------------------------------------------------------------------------
def script(chase, call, language="en"):
    fresh = CallTask.objects.get(pk=call.pk)
    with translation.override(language):
        return call_script.script_for(fresh, caller=chase.shop.owner, now=chase.now)


def test_r2_1_first_the_person_then_the_idea(chase):
    follow_up = chase.plan(chase.customer(), came_for="pictures by the sea", interest="desire")
    said = script(chase, chase.due_call(follow_up))
    occasion = follow_up.contacts.get(number=1).occasion
    assert said.opening == "Hello, is this Mr Zhang and Ms Li? This is 小陈 from Bund."
    assert (
        said.personal
        == "You were here on Saturday 16 May and told me about “pictures by the sea”; I have kept thinking of it."
    )
    assert said.matter == occasion.line_en % {"guests": "Mr Zhang and Ms Li"}
    assert "no hurry" in said.closing
    assert "show it once more" in said.start


def test_r2_3_how_far_they_had_come_says_where_the_contact_starts(chase):
    starts = set()
    for interest in Interest.values:
        follow_up = chase.plan(chase.customer(), interest=interest)
        starts.add(script(chase, chase.due_call(follow_up)).start)
    assert len(starts) == len(Interest.values)
    assert all(starts)


def test_later_contacts_come_back_to_the_last_talk(chase, plan):
    chase.make(plan, said="her mother comes in June")
    said = script(chase, chase.due_call(plan))
    assert "It was good to talk with you on" in said.personal
    assert "her mother comes in June" in said.known


def test_r9_4_a_taboo_is_never_in_the_script(chase, shop):
    customer = chase.customer()
    knowledge.add_taboo(customer, "lilies", by=shop.owner, now=chase.now)
    knowledge.observe(customer, "hates LILIES in pictures", by=shop.owner, now=chase.now)
    knowledge.observe(customer, "likes green tea", by=shop.owner, now=chase.now)
    follow_up = chase.plan(customer, came_for="a garden without lilies", notes="Spoke of lilies")
    said = script(chase, chase.due_call(follow_up))
    assert "lilies" not in " ".join([said.personal, said.matter, said.closing, *said.known]).lower()
    assert said.known == ["likes green tea"]


def test_a_line_that_was_badly_entered_is_still_a_line(chase, plan):
    call = chase.due_call(plan)
    Occasion.objects.filter(pk=plan.contacts.get(number=1).occasion_id).update(
        line_en="100 % yours, %(nobody)s"
    )
    assert script(chase, call).matter == "100 % yours, %(nobody)s"


# --- History --------------------------------------------------------------------------------
def test_the_plan_stands_on_the_customers_timeline(chase, plan):
    chase.make(plan)
    follow_up_changes.stop_by_hand(plan, by=chase.shop.owner, now=chase.now)
    with translation.override("en"):
        texts = [entry.text for entry in timeline(plan.customer)]
    assert "Follow-up planned" in texts
    assert "Follow-up ended: stopped by hand" in texts
    assert "Call: Interested, the talk goes on" in texts


def test_a_closed_branch_brings_nothing_up(chase, shop, plan):
    type(shop.branch).objects.filter(pk=shop.branch.pk).update(is_active=False)
    chase.go_to(chase.today + 10 * DAY)
    assert chase.tick() == 0
    assert FollowUp.objects.running().count() == 1


def test_contacts_of_a_day_that_the_house_slept_through_come_up_late_and_say_so(chase, shop, plan):
    first = chase.contacts(plan)[0]
    chase.go_to(first.due_on + 2 * DAY)
    chase.tick()
    (line,) = call_lists.call_list(
        [shop.owner], branch=shop.branch, reader=shop.owner, now=chase.now + HOUR
    ).due
    assert line.overdue
