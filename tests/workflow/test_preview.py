"""What a customer would get, and when, asked beforehand (R3.1): the same answer as in earnest, and nothing written."""

from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from bookings.models import Appointment
from customers import consents
from customers.finding import index
from customers.models import ContactPoint, ContactWish, SearchToken
from studio.foundation.templatetags.studio import phone
from studio.outbox.delivery import deliver
from studio.outbox.models import Message, MessageTemplate, Suppression
from studio.staff.models import SpecialDay
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import recording
from tests.workflow.calling import Desk
from workflow import preview, reminders
from workflow.models import AppointmentLink, CallTask, Reminder

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PAGE = "/messages/preview/"


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture(autouse=True)
def noon(now):
    with time_machine.travel(now, tick=False):
        yield


def look(desk, row, now=None, **options):
    with timezone.override(desk.branch.zone), translation.override("en"):
        return preview.of(row, reader=desk.shop.owner, now=now or desk.now, **options)


def june(desk, day=1, hour=9, **fields):
    return desk.appointment(desk.branch.at(date(2026, 6, day), time(hour)), **fields)


# --- When and why ----------------------------------------------------------------------------
def test_r3_1_each_rule_stands_there_in_the_order_of_time_with_its_reason(desk, shop):
    desk.rule("message", days=1, at="18:00")
    desk.rule(days=2, at="10:00")
    shown = look(desk, june(desk))
    assert [(step.is_call, step.goes_at) for step in shown.steps] == [
        (True, shop.branch.at(date(2026, 5, 30), time(10))),
        (False, shop.branch.at(date(2026, 5, 31), time(18))),
    ]
    assert shown.steps[0].reasons == ["2 days before, at 10:00."]
    assert shown.silent == ""


def test_r3_1_closed_days_quiet_hours_and_the_customers_own_hours_are_said(desk, shop):
    shop.branch.quiet_from, shop.branch.quiet_until = time(21), time(9)
    shop.branch.save()
    SpecialDay.objects.create(
        branch=shop.branch, day=date(2026, 5, 30), name_en="h", name_zh_hans="h", name_zh_hant="h"
    )
    customer = desk.customer()
    ContactWish.objects.create(customer=customer, from_time=time(14), until_time=time(16))
    desk.rule(days=2, on_closed_days="before")
    desk.rule("message", days=1, at="22:00")
    call, message = look(desk, june(desk, hour=15, customer=customer)).steps
    assert call.due_at == shop.branch.at(date(2026, 5, 29), time(14))
    words = " ".join(call.reasons)
    assert "closed" in words
    assert "They like to be called from 14:00 to 16:00." in words
    assert message.goes_at == shop.branch.at(date(2026, 6, 1), time(9))
    assert "Quiet hours" in " ".join(message.reasons)


def test_r3_1_where_quiet_hours_last_too_long_it_says_that_the_owner_calls(desk, shop):
    shop.branch.quiet_from, shop.branch.quiet_until = time(21), time(9)
    shop.branch.save()
    desk.rule("message", days=1, at="22:30")
    (step,) = look(desk, june(desk, hour=9)).steps
    assert "the owner calls" in " ".join(step.reasons)


def test_r3_1_a_late_appointment_shows_what_speaks_and_what_is_overtaken(desk, now):
    for days in (5, 3):
        desk.rule("message", days=days)
    steps = look(desk, desk.appointment(now + DAY)).steps
    assert [step.state for step in steps] == ["overtaken", "planned"]
    assert "passed" in " ".join(steps[1].reasons)


def test_what_was_done_already_says_when_and_what_became_of_it(desk, now):
    desk.rule("message", days=2)
    row = desk.appointment(now + DAY)
    desk.plan()
    (step,) = look(desk, row, now=now + HOUR).steps
    assert step.state == "done"
    assert step.message == desk.messages()[0]
    assert "Carried out at" in " ".join(step.reasons)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"do_not_contact": True}, "asked not to be contacted"), ({"is_active": False}, "closed")],
)
def test_r2_2_where_nothing_comes_up_it_says_why(desk, fields, said):
    desk.rule()
    assert said in look(desk, june(desk, customer=desk.customer(**fields))).silent


def test_a_date_that_was_called_off_says_so(desk):
    desk.rule()
    assert "does not stand" in look(desk, june(desk, state="cancelled")).silent


# --- The same as in earnest ------------------------------------------------------------------
@pytest.mark.parametrize("days", [0, 1, 3])
@pytest.mark.parametrize("at", ["06:00", "10:00", "22:30"])
def test_r3_1_what_it_says_is_what_happens(desk, shop, days, at):
    shop.branch.quiet_from, shop.branch.quiet_until = time(21), time(9)
    shop.branch.save()
    desk.rule(days=days, at=at)
    desk.rule("message", days=days, at=at)
    row = june(desk, hour=10)
    shown = {step.is_call: step for step in look(desk, row).steps}
    desk.plan()
    for reminder in Reminder.objects.all():
        assert reminder.due_at == shown[reminder.rule.action == "call"].due_at
        reminders.carry_out_due(reminder.due_at)
    assert desk.messages()[0].due_at == shown[False].goes_at
    assert desk.calls()[0].due_at == shown[True].goes_at


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_r3_1_the_words_are_those_that_go_out_but_for_the_link(desk, shop, language, now):
    desk.rule("message", days=2)
    customer = desk.customer(language=language)
    row = desk.appointment(now + DAY, customer=customer)
    (step,) = look(desk, row).steps
    with recording() as recorder:
        make_gateway(shop.branch, recorder)
        desk.plan()
        deliver(clock=lambda: now)
    (message,) = desk.messages()
    link = message.parameters["link"]
    assert step.words.body == message.body.replace(link, link[: link.index("/c/")] + preview.SAMPLE_LINK)
    assert step.words.language == message.language == language


def test_the_template_of_the_branch_comes_before_the_houses_and_that_before_the_programs(desk, shop):
    desk.rule("message", days=2)
    row = june(desk)
    assert look(desk, row).steps[0].words.source == "the program's own words"
    MessageTemplate.objects.create(purpose="reminder", channel="sms", language="zh-hans", body="H {link}")
    assert look(desk, row).steps[0].words.source == "the house's template"
    MessageTemplate.objects.create(
        purpose="reminder", channel="sms", language="zh-hans", body="B {link}", branch=shop.branch
    )
    shown = look(desk, row).steps[0].words
    assert (shown.source, shown.body[0]) == ("the branch's template", "B")


def test_r3_2_the_ways_say_their_ground_or_why_they_are_closed(desk, shop, now):
    customer = desk.customer(phone="")
    for kind, value in (("phone", "+8613900000009"), ("email", "li@example.com")):
        ContactPoint.objects.create(branch=shop.branch, customer=customer, kind=kind, value=value)
    Suppression.objects.create(branch=shop.branch, channel="sms", address="+8613900000009")
    desk.rule("message", days=2, fall_back="email")
    (step,) = look(desk, june(desk, customer=customer)).steps
    assert [(way.channel, way.because) for way in step.ways] == [("sms", "suppressed"), ("email", "")]
    assert step.by.channel == "email"
    consents.say(customer, "email", "order", False, source="desk", now=now)
    (step,) = look(desk, june(desk, day=2, customer=customer)).steps
    assert step.by is None
    with translation.override("en"):
        assert [preview.ground_in_words(way) for way in step.ways] == [
            "This address wants no messages.",
            "They said no to this way.",
        ]


def test_r3_1_the_call_has_its_script_and_advice_in_the_language_that_was_chosen(desk):
    desk.rule(days=2)
    row = june(desk)
    (step,) = look(desk, row, language="zh-hans").steps
    assert step.script.language == "zh-hans"
    (step,) = look(desk, row, language="en").steps
    assert "haircut" in " ".join(step.script.advice)


def test_the_page_opens_with_an_example_of_the_kind_that_was_asked_for(desk, shop, sign_in):
    desk.rule("message", days=2, kind="pickup")
    client = sign_in(shop.manager)
    page = client.get(PAGE, {"kind": "pickup"}).content.decode()
    assert "A made-up couple" in page
    assert "timeline__item" in page
    assert "Choose an appointment" not in page
    assert "Choose an appointment" in client.get(PAGE, {"find": "nobody"}).content.decode()
    assert not Message.objects.exists()


def test_nothing_is_written_by_looking(desk, shop, sign_in):
    desk.rule("message", days=2)
    desk.rule(days=1)
    row = june(desk)
    for address in (f"{PAGE}?appointment={row.pk}", f"{PAGE}?kind=shoot&day=2026-06-01&time=09:00"):
        assert sign_in(shop.manager).get(address).status_code == 200
    for model in (AppointmentLink, Message, CallTask, Reminder):
        assert not model.objects.exists()
    assert Appointment.objects.get().planned_version == 0


def test_the_number_of_questions_does_not_grow_with_the_rules(
    desk, django_assert_max_num_queries, django_assert_num_queries
):
    row = june(desk)
    for action in ("call", "message"):
        desk.rule(action, days=1)
    row = Appointment.objects.get(pk=row.pk)
    with django_assert_max_num_queries(30) as few:
        look(desk, row)
    for days in range(2, 12):
        for action in ("call", "message"):
            desk.rule(action, days=days)
    row = Appointment.objects.get(pk=row.pk)
    with django_assert_num_queries(len(few)):
        look(desk, row)


# --- The page --------------------------------------------------------------------------------
def test_a_customer_is_found_by_name_number_or_order(desk, shop, sign_in):
    order = desk.order(
        starts_at=desk.now + 5 * DAY, customer=desk.customer(name="王小明", phone="13912345678")
    )
    other = june(desk, customer=desk.customer(name="赵四", phone="13900000000"))
    SearchToken.objects.all().delete()
    for row in (order.booking, other):
        index(row.customer)
    page = sign_in(shop.manager)
    for text in ("王小明", "wangxiaoming", "5678", order.booking.number):
        shown = page.get(PAGE, {"find": text}).content.decode()
        assert "王小明" in shown, text
        assert "赵四" not in shown, text
    assert (
        "No appointment that is still to come was found."
        in page.get(PAGE, {"find": "nobody"}).content.decode()
    )


def test_the_page_of_an_appointment_shows_the_words_and_keeps_the_choice_with_another_language(
    desk, shop, sign_in
):
    desk.rule("message", days=2)
    row = june(desk)
    page = sign_in(shop.manager).get(PAGE, {"appointment": row.pk, "language": "en"}).content.decode()
    assert "looks forward to seeing you" in page
    assert f"appointment={row.pk}&amp;language=zh-hant" in page


def test_a_made_up_couple_gets_what_a_couple_gets(desk, shop, sign_in):
    desk.rule("message", days=2)
    asked = {"kind": "shoot", "package": "wedding", "day": "2026-06-01", "time": "09:00", "language": "en"}
    page = sign_in(shop.manager).get(PAGE, asked).content.decode()
    assert "Mr Zhang and Ms Li" in page
    assert "/c/…/" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "tomorrow"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"time": "25:61"},
        {"kind": "party"},
        {"day": ""},
        {"day": "2026-06-01\x00"},
    ],
)
def test_what_nobody_can_mean_is_said_at_its_field(shop, sign_in, wrong):
    asked = {"kind": "shoot", "package": "", "day": "2026-06-01", "time": "09:00"} | wrong
    answer = sign_in(shop.manager).get(PAGE, asked)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "9" * 30, "١"])
def test_an_appointment_that_is_not_there_is_not_found(shop, sign_in, number):
    assert sign_in(shop.manager).get(PAGE, {"appointment": number}).status_code == 404


@pytest.mark.parametrize("text", ["%", "' OR 1=1 --", "\x00", "‮", "x" * 100_000])
def test_any_search_text_is_harmless(shop, sign_in, text):
    assert sign_in(shop.manager).get(PAGE, {"find": text}).status_code == 200


def test_the_neighbours_appointment_is_not_found(desk, shop, sign_in):
    row = june(desk)
    assert sign_in(shop.neighbour).get(PAGE, {"appointment": row.pk}).status_code == 404


def test_addresses_are_shown_to_who_calls_only(desk, shop, sign_in):
    desk.rule("message", days=2)
    row = june(desk)
    value = phone(row.customer.contact_points.get().value)
    asked = {"appointment": row.pk}
    assert value in sign_in(shop.manager).get(PAGE, asked).content.decode()
    assert value not in sign_in(shop.administrator).get(PAGE, asked).content.decode()
    assert sign_in(shop.artist).get(PAGE, asked).status_code == 403


def test_it_is_linked_from_the_appointment_of_an_order(desk, shop, sign_in):
    order = desk.order(starts_at=desk.now + 5 * DAY)
    page = sign_in(shop.owner).get(order.get_absolute_url()).content.decode()
    assert f"{PAGE}?appointment={desk.shoot(order).pk}" in page
