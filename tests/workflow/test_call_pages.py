"""R3.2, R8.1, R9.4: the pages of the calls, and the list of messages for managers."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from customers.models import Taboo
from studio.foundation.templatetags.studio import phone
from studio.outbox.models import Message
from studio.staff.models import Membership
from tests.factories import LeaveFactory
from tests.workflow.calling import Desk
from workflow.models import CallTask

LIST, MESSAGES = "/calls/", "/messages/"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def call(desk):
    return desk.call()


def text(response):
    return response.content.decode()


def outcome(client, call, value, **data):
    url = reverse("workflow:call_outcome", args=[call.pk])
    return client.post(url, {"outcome": value, "version": call.version, **data})


# --- Who ------------------------------------------------------------------------------------
def test_who_calls_and_who_does_not(shop, sign_in, call):
    urls = [LIST, call.get_absolute_url()]
    allowed = {"owner", "colleague", "manager", "general_manager"}
    for name in (*allowed, "artist", "head", "cashier", "administrator"):
        for url in urls:
            assert sign_in(getattr(shop, name)).get(url).status_code == (200 if name in allowed else 403)


def test_the_neighbour_finds_nothing(shop, sign_in, call):
    client = sign_in(shop.neighbour)
    assert client.get(call.get_absolute_url()).status_code == 404
    assert outcome(client, call, "confirmed").status_code == 404
    assert str(call.customer) not in text(client.get(LIST))


def test_get_records_nothing(shop, sign_in, call):
    assert sign_in(shop.owner).get(reverse("workflow:call_outcome", args=[call.pk])).status_code == 405


# --- The list -------------------------------------------------------------------------------
def test_r3_2_the_list_has_the_name_the_matter_and_the_button_to_call(shop, sign_in, call):
    page = text(sign_in(shop.owner).get(LIST))
    assert "张伟 &amp; 李娜" in page
    assert call.get_absolute_url() in page
    assert reverse("workflow:call_line", args=[call.pk]) in page
    assert "tel:" not in page


def test_an_empty_list_says_so(shop, sign_in):
    assert "All your calls are made" in text(sign_in(shop.owner).get(LIST))


def test_r8_1_the_deputy_sees_for_whom_and_the_owner_who_calls(shop, sign_in, call):
    today = shop.branch.today(call.due_at)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    assert "for 小陈" in text(sign_in(shop.colleague).get(LIST))
    own = text(sign_in(shop.owner).get(LIST))
    assert "小周 makes your calls" in own
    assert call.get_absolute_url() not in own


def test_a_manager_may_look_at_the_whole_branch_a_consultant_may_not(shop, sign_in, call):
    assert call.get_absolute_url() not in text(sign_in(shop.manager).get(LIST))
    assert call.get_absolute_url() in text(sign_in(shop.manager).get(LIST + "?all=1"))
    assert call.get_absolute_url() not in text(sign_in(shop.colleague).get(LIST + "?all=1"))


def test_a_manager_sees_whose_call_it_is_not_that_somebody_stands_in(shop, sign_in, call):
    page = text(sign_in(shop.manager).get(LIST + "?all=1"))
    assert '<span class="pill">小陈</span>' in page
    assert "for 小陈" not in page


def test_the_number_stands_in_full_only_for_who_has_taken_the_line(shop, sign_in, call):
    value, client = call.customer.contact_points.get().value, sign_in(shop.owner)
    whole = f'<span class="tel">{phone(value)}</span>'
    assert whole not in text(client.get(call.get_absolute_url()))
    client.post(reverse("workflow:call_line", args=[call.pk]))
    assert whole in text(client.get(call.get_absolute_url()))


def test_three_vain_tries_stand_on_the_managers_own_list(shop, sign_in, call):
    CallTask.objects.update(tries=3)
    assert "Nobody answers" in text(sign_in(shop.manager).get(LIST))
    assert "Nobody answers" not in text(sign_in(shop.colleague).get(LIST))
    assert "Nobody answered 3 times" in text(sign_in(shop.manager).get(call.get_absolute_url()))


def test_the_list_comes_alone_for_the_live_part(shop, sign_in, call):
    part = text(sign_in(shop.owner).get(LIST, headers={"HX-Request": "true"}))
    assert 'id="calls"' in part
    assert "<html" not in part


def test_the_page_asks_the_same_number_of_questions_however_many_calls(
    shop, desk, sign_in, django_assert_max_num_queries
):
    client = sign_in(shop.owner)
    for _number in range(12):
        desk.call(appointment=desk.appointment())
    with django_assert_max_num_queries(18):
        client.get(LIST)


# --- The call -------------------------------------------------------------------------------
def test_r9_4_taboos_and_special_care_come_before_the_words(shop, sign_in, call):
    Taboo.objects.create(customer=call.customer, text="never mention lilies")
    Taboo.objects.create(customer=call.customer, text="no longer true", is_active=False)
    call.customer.special_care = "pregnant, week 14"
    call.customer.save()
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    words = page.index("What to say")
    assert page.index("never mention lilies") < words
    assert page.index("pregnant, week 14") < words
    assert "no longer true" not in page


def test_r3_1_the_script_greets_by_name_says_the_time_and_has_the_advice(shop, sign_in, call):
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    assert "Hello, is this Mr Zhang and Ms Li? This is 小陈 from Bund." in page
    assert "Sunday 17 May at 12:00" in page
    assert "haircut" in page
    assert "washed hair" in page
    assert "has something to see to today" not in page


def test_r8_2_a_colleague_who_only_helps_does_not_say_the_owner_is_away(shop, sign_in, call):
    page = text(sign_in(shop.colleague).get(call.get_absolute_url()))
    assert "This is 小周 from Bund." in page
    assert "has something to see to today" not in page


def test_r8_2_the_deputy_speaks_first_and_says_why(shop, sign_in, call):
    today = shop.branch.today(call.due_at)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    page = text(sign_in(shop.colleague).get(call.get_absolute_url()))
    deputy = page.index("小陈 has something to see to today")
    assert deputy < page.index("Does the time still hold?")
    assert "resting" not in page


def test_r3_2_confirmed_by_link_the_call_is_made_all_the_same(shop, sign_in, desk, call, now):
    from bookings import schedule

    schedule.confirm(call.appointment, via="link", by=None, now=now)
    client = sign_in(shop.owner)
    assert "Confirmed by link" in text(client.get(LIST))
    page = text(client.get(call.get_absolute_url()))
    assert "The customer has confirmed by the link" in page
    assert "Thank you for confirming" in page
    assert 'value="confirmed"' in page


def test_a_line_customer_is_offered_line(shop, sign_in, call):
    assert "Confirmed on WeChat" in text(sign_in(shop.owner).get(call.get_absolute_url()))
    shop.branch.region = "TW"
    shop.branch.save()
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    assert "Confirmed on LINE" in page
    assert "WeChat" not in page


def test_r2_2_no_number_and_no_buttons_for_who_asked_not_to_be_contacted(shop, sign_in, call):
    call.customer.do_not_contact = True
    call.customer.save()
    page = text(sign_in(shop.owner).get(call.get_absolute_url()))
    assert "tel:" not in page
    assert 'name="outcome"' not in page


def test_a_call_without_an_appointment_stands_too(shop, sign_in, desk, now):
    order = desk.order()
    desk.plan(now + 7 * DAY)
    agree = CallTask.objects.get(work_order=order)
    page = text(sign_in(shop.owner).get(agree.get_absolute_url()))
    assert reverse("workflow:agree", args=[order.pk]) in page
    assert 'value="confirmed"' not in page


# --- Outcomes -------------------------------------------------------------------------------
def test_r3_2_the_outcome_is_one_press(shop, sign_in, call):
    response = outcome(sign_in(shop.owner), call, "confirmed")
    assert response.status_code == 302
    assert response.url == LIST
    call.refresh_from_db()
    assert (call.state, call.done_by) == ("done", shop.owner)


def test_another_time_leads_to_the_dates(shop, sign_in, call):
    response = outcome(sign_in(shop.owner), call, "another_time", note="Sunday")
    assert response.url == reverse("workflow:move", args=[call.appointment_id])


def test_call_again_at_is_the_branchs_clock(shop, sign_in, call, now):
    outcome(sign_in(shop.owner), call, "later", again_at="2026-05-16T18:30")
    call.refresh_from_db()
    assert call.due_at == now + 6.5 * HOUR


@pytest.mark.parametrize(
    "again_at", ["", "2026-05-16T01:00", "9999-12-31T23:59", "0001-01-01T00:00", "soon", "2026-05-18T00:00"]
)
def test_a_wrong_moment_is_explained_at_its_field_and_nothing_is_lost(shop, sign_in, call, again_at):
    response = outcome(sign_in(shop.owner), call, "later", again_at=again_at, note="at work")
    assert response.status_code == 422
    assert response.context["form"].errors["again_at"]
    assert "at work" in text(response)
    call.refresh_from_db()
    assert call.outcome == ""


@pytest.mark.parametrize(
    "data",
    [
        {"outcome": ""},
        {"outcome": "bribed"},
        {"version": ""},
        {"version": "x"},
        {"note": "x" * 201},
        {"note": "x" * 1_000_000},
        {"note": "nul \x00"},
        {"version": "99999999999999999999"},
    ],
)
def test_bad_input_is_refused_without_an_error_page(shop, sign_in, call, data):
    url = reverse("workflow:call_outcome", args=[call.pk])
    response = sign_in(shop.owner).post(url, {"outcome": "confirmed", "version": 1, **data})
    assert response.status_code in (409, 422)
    call.refresh_from_db()
    assert call.state == "open"


def test_fields_that_the_form_does_not_show_change_nothing(shop, sign_in, call):
    outcome(sign_in(shop.owner), call, "no_answer", state="done", tries="9", done_by=shop.manager.pk)
    call.refresh_from_db()
    assert (call.state, call.tries, call.done_by) == ("open", 1, None)


def test_a_script_in_a_note_or_name_is_only_text(shop, sign_in, call):
    evil = "<script>alert(1)</script>"
    call.customer.name = evil
    call.customer.save()
    client = sign_in(shop.owner)
    outcome(client, call, "no_answer", note=evil)
    assert evil not in text(client.get(call.get_absolute_url()))
    assert evil not in text(client.get(LIST))


def test_the_second_of_two_people_gets_409_with_what_the_first_recorded(shop, sign_in, call):
    outcome(sign_in(shop.colleague), call, "no_answer")
    response = outcome(sign_in(shop.owner), call, "confirmed", note="they said yes")
    assert response.status_code == 409
    assert "No answer" in text(response)
    assert "周敏" in text(response)
    assert "they said yes" in text(response)


def test_the_same_button_pressed_twice_is_one_try(shop, sign_in, call):
    client = sign_in(shop.owner)
    assert outcome(client, call, "no_answer").status_code == 302
    assert outcome(client, call, "no_answer").status_code == 302
    call.refresh_from_db()
    assert call.tries == 1


def test_a_call_whose_appointment_was_moved_meanwhile_says_so(shop, sign_in, call):
    type(call.appointment).objects.update(schedule_version=2)
    response = outcome(sign_in(shop.owner), call, "confirmed")
    assert response.status_code == 422
    assert "moved or ended" in text(response)


# --- Messages -------------------------------------------------------------------------------
def message(desk, state, *, due, **fields):
    is_open = state in ("queued", "leased")
    return Message.objects.create(
        **{
            "branch": desk.branch,
            "purpose": "reminder",
            "subject_id": 1,
            "channel": "sms",
            "language": "en",
            "recipient": f"+86138000{Message.objects.count():05d}",
            "dedupe_key": f"{state}{Message.objects.count()}",
            "due_at": due,
            "deadline": due + 30 * DAY,
            "state": state,
            "lease_until": due if state == "leased" else None,
            "finished_at": None if is_open else due + MINUTE,
        }
        | fields
    )


def test_r12_1_managers_see_what_did_not_go_out_and_what_is_late(shop, desk, sign_in, now):
    states = ["failed", "unknown", "expired", "sent", "delivered", "cancelled", "leased"]
    found = {state: message(desk, state, due=now - HOUR, trouble=f"why {state}") for state in states}
    late, waiting = message(desk, "queued", due=now - HOUR), message(desk, "queued", due=now + HOUR)
    old = message(desk, "failed", due=now - 40 * DAY)
    client = sign_in(shop.manager)
    shown = set(client.get(MESSAGES).context["page_obj"].object_list)
    assert shown == {found["failed"], found["unknown"], found["expired"], found["leased"], late}
    assert set(client.get(MESSAGES + "?show=open").context["page_obj"].object_list) == {
        late,
        waiting,
        found["leased"],
    }
    assert old in client.get(MESSAGES + "?show=all").context["page_obj"].object_list
    page = text(client.get(MESSAGES))
    assert "why failed" in page
    assert "unclear" in page


def test_messages_are_for_managers_of_the_branch(shop, desk, sign_in, now):
    message(desk, "failed", due=now - HOUR)
    for name in ("owner", "artist", "cashier", "administrator"):
        assert sign_in(getattr(shop, name)).get(MESSAGES).status_code == 403
    assert not sign_in(shop.neighbour).get(MESSAGES).context["page_obj"].object_list
    assert Membership.objects.filter(user=shop.neighbour).exists()


def test_an_empty_list_of_messages_is_good_news(shop, sign_in):
    assert "Everything went out" in text(sign_in(shop.manager).get(MESSAGES))
