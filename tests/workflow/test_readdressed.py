"""R3.2, R12.1: what is written again goes to the number that stands in the file by now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Appointment
from customers import files
from studio.outbox.models import Message
from studio.outbox.resending import ResendRefused, resend
from tests.workflow.calling import Desk
from workflow import calls

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RIGHT = "+8613900000042"


@pytest.fixture
def desk(shop, now):
    desk = Desk(shop, now)
    desk.rule("message", days=2)
    return desk


@pytest.fixture
def failed(desk):
    """A reminder that the gateway refused: no such number."""
    desk.order(starts_at=desk.now + 2 * DAY - HOUR)
    desk.plan()
    message = Message.objects.get(purpose="reminder")
    message.state, message.finished_at = "failed", timezone.now()
    message.save()
    return message


def correct(desk, message, *numbers):
    customer = desk.shop.branch.customers.get(pk=message.about_customer)
    files.edit_file(customer, version=None, phones=numbers, by=desk.shop.owner, now=desk.now)


def test_r12_1_sent_again_it_goes_to_the_number_that_was_corrected(desk, failed):
    wrong = failed.recipient
    correct(desk, failed, RIGHT)
    again = resend(failed, by=desk.shop.manager, now=desk.now)
    assert again.recipient == RIGHT
    failed.refresh_from_db()
    assert failed.recipient == wrong, "what was tried stays on the record"


def test_a_number_that_still_holds_is_kept_though_another_one_comes_first_by_now(desk, failed):
    correct(desk, failed, RIGHT, failed.recipient)
    assert resend(failed, by=desk.shop.manager, now=desk.now).recipient == failed.recipient


def test_without_any_number_it_is_said_and_nothing_is_sent(desk, failed):
    correct(desk, failed)
    with pytest.raises(ResendRefused) as refused:
        resend(failed, by=desk.shop.manager, now=desk.now)
    assert "no number or address" in str(refused.value.sentence)
    assert Message.objects.count() == 1


def test_a_number_that_was_marked_as_wrong_is_not_written_to_again(desk, failed):
    correct(desk, failed, failed.recipient, RIGHT)
    point = desk.shop.branch.customers.get(pk=failed.about_customer).contact_points.get(
        value=failed.recipient
    )
    point.is_wrong = True
    point.save()
    assert resend(failed, by=desk.shop.manager, now=desk.now).recipient == RIGHT


# --- What waits -----------------------------------------------------------------------------------
@pytest.fixture
def waiting(desk):
    """A reminder that waits for the end of the quiet hours."""
    desk.order(starts_at=desk.now + 2 * DAY - HOUR)
    desk.plan()
    return Message.objects.get(purpose="reminder")


def test_what_waits_for_a_number_that_was_corrected_goes_to_the_right_one(desk, waiting):
    correct(desk, waiting, RIGHT)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.recipient) == ("queued", RIGHT)


def test_a_second_number_changes_nothing_for_what_waits(desk, waiting):
    before = waiting.recipient
    correct(desk, waiting, RIGHT, before)
    waiting.refresh_from_db()
    assert waiting.recipient == before


def test_what_was_tried_already_keeps_its_number_so_that_it_can_be_looked_up(desk, waiting):
    before = waiting.recipient
    Message.objects.filter(pk=waiting.pk).update(attempt=1)
    correct(desk, waiting, RIGHT)
    waiting.refresh_from_db()
    assert waiting.recipient == before


def test_r3_2_a_wrong_number_found_on_the_telephone_is_not_written_to_either(desk, waiting):
    before = waiting.recipient
    correct(desk, waiting, before, RIGHT)
    call = desk.call(appointment=Appointment.objects.get(pk=waiting.subject_id))
    calls.record(call, outcome="wrong_number", version=call.version, by=desk.shop.owner, now=desk.now)
    waiting.refresh_from_db()
    assert waiting.recipient == RIGHT
