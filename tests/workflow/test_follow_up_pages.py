"""R2.2: the pages of follow-up: who sees them, what they say, and bad input."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from customers import knowledge
from studio.staff.models import Membership
from tests.factories import LeaveFactory
from tests.workflow.following import DAY, Chase
from workflow import follow_up_changes, follow_ups
from workflow.models import FollowUp, FollowUpRules, Occasion

LIST = "/follow-ups/"


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def chase(shop, now):
    return Chase(shop, now)


@pytest.fixture
def plan(chase):
    return chase.plan(chase.customer(), came_for="pictures by the sea", interest="trust")


@pytest.fixture
def call(chase, plan, clock):
    found = chase.due_call(plan)
    clock.move_to(chase.now)
    return found


def text(response):
    return response.content.decode()


def outcome(client, call, value, **data):
    call.refresh_from_db()
    url = reverse("workflow:call_outcome", args=[call.pk])
    return client.post(url, {"outcome": value, "version": call.version, "channel": "phone", **data})


def change(client, contact, **data):
    url = reverse("workflow:follow_up_contact", args=[contact.pk])
    shown = {
        "version": contact.follow_up.version,
        "due_on": contact.due_on.isoformat(),
        "occasion": contact.occasion_id or "",
        "own_occasion": "",
    }
    return client.post(url, shown | data)


# --- Who ------------------------------------------------------------------------------------
def test_who_follows_up_sees_it_the_others_do_not(shop, sign_in, plan):
    allowed = {"owner", "colleague", "manager", "general_manager"}
    for name in (*allowed, "artist", "head", "cashier", "administrator"):
        for url in (LIST, plan.get_absolute_url()):
            assert sign_in(getattr(shop, name)).get(url).status_code == (200 if name in allowed else 403)


def test_the_neighbour_finds_nothing(shop, chase, sign_in, plan):
    client = sign_in(shop.neighbour)
    contact = chase.contacts(plan)[0]
    assert client.get(plan.get_absolute_url()).status_code == 404
    assert change(client, contact).status_code == 404
    for name, row in (
        ("follow_up_end", plan),
        ("follow_up_resumption", plan),
        ("follow_up_new", plan.customer),
    ):
        assert client.post(reverse(f"workflow:{name}", args=[row.pk])).status_code == 404
    assert "张伟" not in text(client.get(LIST))


def test_an_occasion_of_another_branch_is_not_taken(shop, chase, sign_in, plan):
    theirs = Occasion.objects.create(
        branch=shop.other_branch, name_en="T", name_zh_hans="T", name_zh_hant="T", line_en="T", line_zh_hans="T",
        line_zh_hant="T",
    )  # fmt: skip
    assert change(sign_in(shop.owner), chase.contacts(plan)[0], occasion=theirs.pk).status_code == 422


# --- The list -------------------------------------------------------------------------------
def test_r2_2_the_list_has_mine_by_the_next_day_with_number_and_occasion(shop, chase, sign_in, plan):
    chase.now += DAY
    later = chase.plan()
    other = chase.plan(chase.customer(owner=shop.colleague))
    page = sign_in(shop.owner).get(LIST)
    assert [line.follow_up for line in page.context["lines"]] == [plan, later]
    assert "1 of 11" in text(page)
    assert chase.contacts(plan)[0].occasion.name_en in text(page)
    assert "pictures by the sea" in text(page)
    manager = sign_in(shop.manager)
    assert not manager.get(LIST).context["lines"]
    assert {line.follow_up for line in manager.get(LIST + "?all=1").context["lines"]} == {plan, later, other}
    assert len(sign_in(shop.owner).get(LIST + "?all=1").context["lines"]) == 2


def test_r8_1_on_a_day_off_they_are_the_deputys_marked_for_whom(shop, chase, sign_in, plan):
    LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=chase.today, ends_on=chase.today
    )
    assert "for 小陈" in text(sign_in(shop.colleague).get(LIST))
    assert not sign_in(shop.owner).get(LIST).context["lines"]


def test_the_ended_ones_say_why(shop, chase, sign_in, plan):
    client = sign_in(shop.owner)
    follow_ups.stop(plan, reason="won", by=None, now=chase.now)
    assert not client.get(LIST).context["lines"]
    page = client.get(LIST + "?show=ended")
    assert [line.follow_up for line in page.context["lines"]] == [plan]
    assert "won" in text(page)


@pytest.mark.parametrize(
    "query", ["?page=x", "?page=99999999999999", "?show=<script>", "?all=%00", "?page=-1"]
)
def test_odd_addresses_still_show_the_list(shop, sign_in, plan, query):
    page = sign_in(shop.owner).get(LIST + query)
    assert page.status_code == 200
    assert len(page.context["lines"]) == 1


def test_empty_lists_say_what_to_do(shop, sign_in):
    client = sign_in(shop.owner)
    assert "Nobody to follow up" in text(client.get(LIST))
    assert "No follow-up has ended yet" in text(client.get(LIST + "?show=ended"))


def test_the_pages_ask_the_same_number_of_questions_however_many_plans(
    shop, chase, sign_in, clock, django_assert_max_num_queries
):
    client = sign_in(shop.owner)
    for _number in range(12):
        chase.plan()
    chase.go_to(chase.today + 5 * DAY)
    clock.move_to(chase.now)
    chase.tick()
    with django_assert_max_num_queries(14):
        client.get(LIST)
    with django_assert_max_num_queries(18):
        client.get("/calls/")
    with django_assert_max_num_queries(18):
        client.get(FollowUp.objects.latest("pk").get_absolute_url())


# --- One plan -------------------------------------------------------------------------------
def test_r2_2_the_plan_shows_its_path_what_was_said_and_what_comes_next(shop, chase, sign_in, plan, clock):
    chase.make(plan, said="the exam is in June", own_occasion="")
    clock.move_to(chase.now)
    knowledge.add_taboo(plan.customer, "never mention lilies", by=shop.owner, now=chase.now)
    page = text(sign_in(shop.owner).get(plan.get_absolute_url()))
    assert page.count("path__step--later") == 9
    assert page.count("path__step--now") == page.count("path__step--done") == 1
    assert "the exam is in June" in page
    assert "Interested, the talk goes on" in page
    assert "never mention lilies" in page
    assert "trust" in page


def test_r2_2_stopped_with_one_press_and_taken_back_with_another(shop, sign_in, plan):
    client = sign_in(shop.owner)
    assert client.post(reverse("workflow:follow_up_end", args=[plan.pk])).url == plan.get_absolute_url()
    page = text(client.get(plan.get_absolute_url()))
    assert "stopped by hand" in page
    assert "Go on with it" in page
    client.post(reverse("workflow:follow_up_resumption", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.stopped_at is None


def test_taking_back_what_cannot_be_taken_back_says_why(shop, chase, sign_in, plan):
    follow_ups.stop(plan, reason="won", by=None, now=chase.now)
    client = sign_in(shop.owner)
    page = client.post(reverse("workflow:follow_up_resumption", args=[plan.pk]), follow=True)
    assert "Only a follow-up that was stopped by hand goes on." in text(page)


def test_get_ends_nothing(shop, sign_in, plan):
    for name in ("follow_up_end", "follow_up_resumption"):
        assert sign_in(shop.owner).get(reverse(f"workflow:{name}", args=[plan.pk])).status_code == 405


def test_a_contact_gets_another_day_and_occasion(shop, chase, sign_in, plan):
    contact = chase.contacts(plan)[0]
    free = follow_ups.unused(plan.customer)[0]
    day = contact.due_on + DAY
    response = change(sign_in(shop.owner), contact, due_on=day.isoformat(), occasion=free.pk)
    assert response.url == plan.get_absolute_url()
    contact.refresh_from_db()
    assert (contact.due_on, contact.occasion) == (day, free)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_on", ""), ("due_on", "soon"), ("due_on", "0001-01-01"), ("due_on", "9999-12-31"), ("due_on", "2026-05-16"),
        ("occasion", "99999"), ("occasion", "x"), ("own_occasion", "x" * 81), ("own_occasion", "nul \x00"),
    ],
)  # fmt: skip
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(shop, chase, sign_in, plan, field, value):
    contact = chase.contacts(plan)[0]
    response = change(sign_in(shop.owner), contact, **{"own_occasion": "kept", field: value})
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert "kept" in text(response) or field == "own_occasion"
    before = contact.due_on
    contact.refresh_from_db()
    assert contact.due_on == before


def test_habit_8_a_stale_form_is_answered_with_what_changed(shop, chase, sign_in, plan):
    contact = chase.contacts(plan)[0]
    client = sign_in(shop.owner)
    seen = contact.follow_up.version
    assert change(client, contact, due_on=(contact.due_on + DAY).isoformat(), version=seen).status_code == 302
    response = change(client, contact, own_occasion="my words", version=seen)
    assert response.status_code == 409
    assert "Contact moved to another day" in text(response)
    assert "my words" in text(response)


def test_a_contact_that_was_made_is_not_changed_any_more(shop, chase, sign_in, plan, clock):
    contact = chase.contacts(plan)[0]
    chase.make(plan)
    clock.move_to(chase.now)
    client = sign_in(shop.owner)
    assert client.get(reverse("workflow:follow_up_contact", args=[contact.pk])).url == plan.get_absolute_url()
    plan.refresh_from_db()
    contact = plan.contacts.get(pk=contact.pk)
    assert change(client, contact, due_on=(chase.today + 9 * DAY).isoformat()).status_code == 422


# --- The call -------------------------------------------------------------------------------
def test_r2_2_the_call_page_has_the_number_the_occasion_the_path_and_the_outcomes(shop, sign_in, plan, call):
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    assert "1 of 11" in page
    assert call.contact.occasion.name_en in page
    assert "pictures by the sea" in page
    assert "They trust us." in page
    for value in (
        "interested",
        "coming",
        "not_now",
        "no_answer",
        "later",
        "wrong_number",
        "decided",
        "do_not_contact",
    ):
        assert f'value="{value}"' in page
    assert 'value="confirmed"' not in page
    assert "1 of 11" in text(sign_in(shop.owner).get("/calls/"))


def test_r2_2_everything_is_written_down_in_one_form(shop, chase, sign_in, plan, call):
    day = chase.today + timedelta(days=33)
    response = outcome(
        sign_in(shop.owner), call, "coming", note="on Saturday", channel="chat", next_on=day.isoformat()
    )
    assert response.status_code == 302
    contact = plan.contacts.get(number=1)
    assert (contact.said, contact.channel, contact.outcome) == ("on Saturday", "chat", "coming")
    assert plan.contacts.get(number=2).due_on == day
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    assert "Will come by" in page


@pytest.mark.parametrize(
    ("value", "data", "field"),
    [
        ("interested", {"next_on": "2020-01-01"}, "next_on"),
        ("interested", {"next_on": "soon"}, "next_on"),
        ("interested", {"channel": "pigeon"}, "channel"),
        ("interested", {"note": "x" * 501}, "note"),
        ("later", {"again_at": ""}, "again_at"),
        ("decided", {"reason": "left"}, "reason"),
        ("decided", {"reason": "price", "competitor": "North"}, "competitor"),
        ("decided", {"competitor": "x" * 61}, "competitor"),
        ("confirmed", {}, "outcome"),
    ],
)
def test_a_form_that_is_not_right_says_so_and_records_nothing(shop, sign_in, plan, call, value, data, field):
    response = outcome(sign_in(shop.owner), call, value, **({"note": "kept words"} | data))
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert "kept words" in text(response) or field == "note"
    plan.refresh_from_db()
    assert (plan.made, plan.stopped_at) == (0, None)


def test_a_competitor_alone_says_the_reason(shop, sign_in, plan, call):
    outcome(sign_in(shop.owner), call, "decided", competitor="Studio North")
    plan.visit.refresh_from_db()
    assert (plan.visit.loss_reason, plan.visit.competitor) == ("competitor", "Studio North")


def test_fields_that_the_form_does_not_show_change_nothing(shop, sign_in, plan, call):
    outcome(sign_in(shop.owner), call, "not_now", made="9", state="dropped", stop_reason="won", number="7")
    plan.refresh_from_db()
    assert (plan.made, plan.stop_reason) == (1, "")


def test_a_script_in_what_was_said_is_only_text(shop, sign_in, plan, call):
    evil = "<script>alert(1)</script>"
    client = sign_in(shop.owner)
    outcome(client, call, "interested", note=evil)
    for url in (plan.get_absolute_url(), LIST, call.get_absolute_url(), plan.customer.get_absolute_url()):
        assert evil not in text(client.get(url))


def test_without_a_number_the_first_contact_is_to_find_one(shop, chase, sign_in, clock):
    follow_up = chase.plan(chase.customer(phone=""))
    found = chase.due_call(follow_up)
    clock.move_to(chase.now)
    assert "find their number" in text(sign_in(shop.owner).get(found.get_absolute_url()))


# --- The customer file and the settings -----------------------------------------------------
def test_the_customer_file_shows_the_path_and_begins_one_by_hand(shop, chase, sign_in, plan):
    client = sign_in(shop.owner)
    address = plan.customer.get_absolute_url()
    assert plan.get_absolute_url() in text(client.get(address))
    assert "Plan a follow-up" not in text(client.get(address))
    follow_up_changes.stop_by_hand(plan, by=shop.owner, now=chase.now)
    assert "Plan a follow-up" in text(client.get(address))
    response = client.post(reverse("workflow:follow_up_new", args=[plan.customer_id]))
    assert response.url == FollowUp.objects.running().get().get_absolute_url()
    assert "path__step" not in text(sign_in(shop.artist).get(address))


def test_nothing_to_begin_says_why(shop, chase, sign_in):
    customer = chase.customer()
    response = sign_in(shop.owner).post(reverse("workflow:follow_up_new", args=[customer.pk]), follow=True)
    assert "Nothing to plan" in text(response)


def test_the_settings_have_the_rules_and_the_library_of_ones_own_branches(shop, sign_in):
    client = sign_in(shop.general_manager)
    page = text(client.get("/admin/workflow/occasion/"))
    assert "Mid-Autumn" in page or "中秋" in page
    assert not Occasion.objects.filter(branch=shop.other_branch).exists()
    fields = {
        "branch": shop.branch.pk,
        "contacts": 12,
        "first_after": 3,
        "apart_from": 14,
        "apart_to": 10,
        "call_at": "10:30",
    }
    assert client.post("/admin/workflow/followuprules/add/", fields).status_code == 200
    assert not FollowUpRules.objects.exists()
    client.post("/admin/workflow/followuprules/add/", fields | {"contacts": 8, "apart_to": 20})
    assert FollowUpRules.objects.get().contacts == 8


def test_a_line_with_a_wrong_per_cent_sign_is_refused_in_the_settings(shop, sign_in):
    client = sign_in(shop.general_manager)
    fields = {
        "branch": shop.branch.pk, "name_en": "N", "name_zh_hans": "N", "name_zh_hant": "N", "kind": "any",
        "calendar": "solar", "position": 1, "is_active": "on", "line_en": "100% for %(nobody)s", "line_zh_hans": "好",
        "line_zh_hant": "好",
    }  # fmt: skip
    assert client.post("/admin/workflow/occasion/add/", fields).status_code == 200
    assert not Occasion.objects.exists()
    client.post("/admin/workflow/occasion/add/", fields | {"line_en": "100%% for %(guests)s"})
    assert Occasion.objects.get().line_en == "100%% for %(guests)s"
    festival = fields | {"line_en": "x", "kind": "festival"}
    assert client.post("/admin/workflow/occasion/add/", festival).status_code == 200


def test_a_manager_of_two_branches_sees_the_one_chosen(shop, chase, sign_in, plan):
    Membership.objects.create(user=shop.manager, branch=shop.other_branch, role="manager")
    client = sign_in(shop.manager)
    session = client.session
    session["branch"] = shop.other_branch.pk
    session.save()
    assert not client.get(LIST + "?all=1").context["lines"]
