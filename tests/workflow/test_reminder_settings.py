"""The rules of reminders in the settings: each thing that can't be is said at its field (R3.1)."""

import pytest

from studio.staff.models import Role
from workflow.models import ReminderRule

ADD = "/admin/workflow/reminderrule/add/"


@pytest.fixture
def own(shop, sign_in):
    return sign_in(shop.administrator)


def fields(shop, **changes):
    return {
        "branch": shop.branch.pk,
        "name_en": "Two days before",
        "name_zh_hans": "提前两天",
        "name_zh_hant": "提前兩天",
        "is_active": "on",
        "appointment_kind": "shoot",
        "days_before": 2,
        "at": "10:00",
        "on_closed_days": "before",
        "action": "message",
        "channel": "sms",
        "fall_back": "email",
    } | changes


def test_r3_1_a_rule_is_written_and_is_planned_at_the_next_tick(shop, own):
    answer = own.post(ADD, fields(shop))
    assert answer.status_code == 302, answer.content.decode()
    rule = ReminderRule.objects.get()
    assert (rule.channel, rule.fall_back, rule.on_closed_days, rule.replan) == (
        "sms",
        "email",
        "before",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"channel": ""}, "Choose by which way the message goes."),
        ({"action": "call"}, "A call has no channel; leave this empty."),
        ({"action": "call", "channel": ""}, "Only a message has another way; leave this empty."),
        ({"fall_back": "sms"}, "The other way is not the first one again."),
        ({"channel": "alarm"}, "valid choice"),
        ({"days_before": 366}, "At most 365 days before."),
        ({"days_before": -1}, "greater than or equal to 0"),
        ({"days_before": "∞"}, "whole number"),
        ({"at": "25:00"}, "valid time"),
        ({"name_en": "x" * 500}, "at most"),
    ],
)
def test_what_cannot_be_a_rule_is_said_at_its_field_and_once(shop, own, changes, sentence):
    answer = own.post(ADD, fields(shop, **changes))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count(sentence) == 1
    assert ReminderRule.objects.count() == 0


def test_a_rule_of_another_branch_is_neither_seen_nor_made(shop, own):
    answer = own.post(ADD, fields(shop, branch=shop.other_branch.pk))
    assert "valid choice" in answer.content.decode()
    assert ReminderRule.objects.count() == 0


def test_a_field_that_the_page_does_not_show_changes_nothing(shop, own):
    own.post(ADD, fields(shop))
    ReminderRule.objects.update(replan=False)
    rule = ReminderRule.objects.get()
    own.post(f"/admin/workflow/reminderrule/{rule.pk}/change/", fields(shop, replan="", days_before=3))
    rule.refresh_from_db()
    assert (rule.days_before, rule.replan) == (3, True)


def test_the_page_leads_to_what_a_customer_gets(shop, own):
    own.post(ADD, fields(shop))
    rule = ReminderRule.objects.get()
    for address in ("/admin/workflow/reminderrule/", f"/admin/workflow/reminderrule/{rule.pk}/change/"):
        page = own.get(address).content.decode()
        assert "/messages/preview/?kind=shoot" in page
    assert own.get("/messages/preview/?kind=shoot").status_code == 200


def test_who_does_not_set_things_up_does_not_get_here(shop, sign_in):
    assert Role.CONSULTANT
    assert sign_in(shop.owner).get(ADD).status_code in {302, 403}
