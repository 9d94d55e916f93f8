"""Into the outbox: once, never to who wants nothing, never at night."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from studio.outbox.models import Message, Suppression
from studio.outbox.queue import queue, suppress, withdraw_for_address
from studio.outbox.times import back_off, next_try
from studio.staff.models import Branch
from tests.factories import BranchFactory


@pytest.fixture
def branch(db: None) -> Branch:
    return BranchFactory(code="sh")


def plan(branch: Branch, **changes: object) -> Message | None:
    due = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
    values: dict = {
        "branch": branch,
        "purpose": "test",
        "subject_id": 1,
        "subject_version": 1,
        "channel": "sms",
        "language": "zh-hans",
        "recipient": "+8613800138000",
        "due_at": due,
        "deadline": due + timedelta(days=1),
        "dedupe_key": "test:1:1:rule1",
    }
    return queue(**values | changes)


def test_main_rule_the_same_thing_is_queued_once(branch: Branch) -> None:
    assert plan(branch) is not None
    assert plan(branch) is None
    assert Message.objects.count() == 1
    assert plan(branch, dedupe_key="test:1:2:rule1") is not None


def test_r2_2_nothing_is_queued_for_a_suppressed_address(branch: Branch) -> None:
    Suppression.objects.create(branch=branch, channel="sms", address="+8613800138000")
    assert plan(branch) is None
    assert plan(branch, channel="email", recipient="a@b.example", dedupe_key="2") is not None
    assert plan(BranchFactory(code="tp"), dedupe_key="3") is not None, "another branch, another house"


def test_r2_2_suppressing_withdraws_what_waits_for_the_address(branch: Branch) -> None:
    now = timezone.now()
    message, other = plan(branch), plan(branch, dedupe_key="2", recipient="+8613900139000")
    assert suppress(branch=branch, channel="sms", address="+8613800138000", now=now).withdrawn == 1
    assert suppress(branch=branch, channel="sms", address="+8613800138000", now=now).withdrawn == 0
    assert message is not None
    assert other is not None
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, other.state) == ("cancelled", "queued")
    answer = withdraw_for_address(branch=branch, channel="sms", address=other.recipient, now=now)
    assert answer.withdrawn == 1


@pytest.mark.parametrize(
    "recipient", ["", "a@b.example\nBcc: c@d.example", "+86138\x00", "a@b.example\u202e"]
)
def test_an_address_is_one_visible_line(branch: Branch, recipient: str) -> None:
    with pytest.raises(ValueError, match="visible"):
        plan(branch, recipient=recipient)


def test_a_deadline_lies_after_the_due_time(branch: Branch) -> None:
    due = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="deadline"):
        plan(branch, deadline=due)


# --- Quiet hours ------------------------------------------------------------------------------
SHANGHAI = 8


@pytest.mark.parametrize(
    ("due", "moved"),
    [
        ((16, 20, 59), (16, 20, 59)),
        ((16, 21, 0), (17, 9, 0)),
        ((16, 23, 59), (17, 9, 0)),
        ((17, 0, 0), (17, 9, 0)),
        ((17, 8, 59), (17, 9, 0)),
        ((17, 9, 0), (17, 9, 0)),
    ],
)
def test_quiet_hours_across_midnight(branch: Branch, due: tuple, moved: tuple) -> None:
    branch.quiet_from, branch.quiet_until = time(21), time(9)
    local = [datetime(2026, 5, *moment, tzinfo=branch.zone) for moment in (due, moved)]
    message = plan(branch, due_at=local[0], deadline=local[1] + timedelta(hours=3))
    assert message is not None
    assert message.due_at == local[1]


def test_quiet_hours_at_noon(branch: Branch) -> None:
    branch.quiet_from, branch.quiet_until = time(12), time(14)
    noon = datetime(2026, 5, 16, 12, 30, tzinfo=branch.zone)
    message = plan(branch, due_at=noon, deadline=noon + timedelta(hours=5))
    assert message is not None
    assert message.due_at == noon.replace(hour=14, minute=0)


@pytest.mark.parametrize(
    ("due", "end"),
    [
        # Spring: the night has 23 hours, and 02:30 does not exist; autumn: 25 hours, and it is there twice.
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_when_the_clock_changes(branch: Branch, due: datetime, end: datetime) -> None:
    branch.time_zone, branch.quiet_from, branch.quiet_until = "Europe/Berlin", time(22), time(2, 30)
    message = plan(branch, due_at=due, deadline=due + timedelta(days=1))
    assert message is not None
    assert message.due_at == end


def test_quiet_hours_never_move_the_deadline(branch: Branch) -> None:
    """No time is left in the morning: the row stays as it is, and the sender tells the purpose."""
    branch.quiet_from, branch.quiet_until = time(21), time(9)
    night = datetime(2026, 5, 16, 22, 0, tzinfo=branch.zone)
    message = plan(branch, due_at=night, deadline=night + timedelta(hours=8))
    assert message is not None
    assert (message.due_at, message.deadline) == (night, night + timedelta(hours=8))


# --- When to try again ------------------------------------------------------------------------
@given(tries=st.integers(0, 10_000))
def test_back_off_grows_and_is_capped(tries: int) -> None:
    assert back_off(tries) <= back_off(tries + 1) <= timedelta(minutes=15)
    assert back_off(tries) >= timedelta(seconds=15)


@given(
    start=st.datetimes(
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(2027, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    wait=st.timedeltas(timedelta(0), timedelta(hours=1)),
    left=st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    quiet=st.none() | st.tuples(st.times(), st.times()),
    zone=st.sampled_from(["Asia/Shanghai", "Asia/Taipei", "Europe/Berlin", "America/New_York", "UTC"]),
)
def test_a_next_try_lies_ahead_before_the_deadline_and_outside_quiet_hours(
    start: datetime, wait: timedelta, left: timedelta, quiet: tuple[time, time] | None, zone: str
) -> None:
    quiet_from, quiet_until = quiet or (None, None)
    branch = Branch(time_zone=zone, quiet_from=quiet_from, quiet_until=quiet_until)
    at = next_try(now=start, wait=wait, deadline=start + left, branch=branch)
    if at is None:
        # Then every moment between the pause and the deadline is quiet, or there is hardly any.
        last = start + left - timedelta(seconds=20)
        assert last <= start or branch.outside_quiet_hours(last) > last
    else:
        assert start <= at < start + left
        assert branch.outside_quiet_hours(at) == at


# --- What the database refuses ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "leased"}, "message_lease_has_an_end"),
        ({"state": "sent"}, "message_finished_has_a_time"),
        ({"finished_at": datetime(2026, 5, 16, tzinfo=UTC)}, "message_finished_has_a_time"),
        ({"deadline": datetime(2026, 5, 1, tzinfo=UTC)}, "message_deadline_after_due"),
        ({"dedupe_key": "taken"}, "dedupe_key"),
    ],
)
def test_main_rule_the_database_refuses_impossible_states(
    branch: Branch, change: dict, constraint: str
) -> None:
    message = plan(branch)
    plan(branch, dedupe_key="taken")
    assert message is not None
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**change)


def test_main_rule_an_attempt_number_is_given_once(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    message.attempts.create(number=1, started_at=timezone.now())
    with pytest.raises(IntegrityError, match="attempt_once"), transaction.atomic():
        message.attempts.create(number=1, started_at=timezone.now())
