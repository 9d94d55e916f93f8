"""The demo shop: alive today, the same on the same day, a day older on the next; nothing old is ever sent."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from bookings.models import Appointment, AppointmentKind, Booking
from customers.models import Customer
from studio.demo import configuration, days
from studio.outbox.models import Message
from studio.staff.models import Branch, Membership, Role
from workflow.models import CallTask, HandOff, Presence, Stage, Visit, VisitOutcome, WorkOrder
from workflow.reminders import plan

NOW = datetime(2026, 5, 16, 6, 40, tzinfo=UTC)  # 14:40 in Shanghai and Taipei, a Saturday


def everything() -> dict[str, int]:
    """How many rows each table holds."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if not t.startswith("django_")]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


@pytest.fixture(scope="class")
def demo_shop(django_db_setup: None, django_db_blocker: object):
    """One demo shop for the tests of the class, taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        with override_settings(
            DEMO_DAYS_BEHIND=42
        ):  # enough for orders to close; the rest is more of the same
            days.advance(now=NOW)
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.xdist_group("demo")
@pytest.mark.usefixtures("demo_shop")
class TestTheShop:
    def test_two_branches_every_role_some_fifteen_people(self) -> None:
        assert Branch.objects.count() == 2
        places = Membership.objects.filter(branch__code="sh")
        assert set(places.values_list("role", flat=True)) == set(Role)
        assert Membership.objects.values("user").distinct().count() >= 15

    def test_three_months_behind_lie_in_their_final_states(self) -> None:
        stages = Counter(WorkOrder.objects.values_list("stage", flat=True))
        assert stages[Stage.CLOSED] > 5
        today = Branch.objects.get(code="sh").day_bounds(NOW.date())[0]
        left_over = Appointment.objects.planned().filter(starts_at__lt=today)
        assert list(left_over) == []

    def test_every_stage_has_orders_on_the_board(self) -> None:
        stages = set(WorkOrder.objects.filter(branch__code="sh").values_list("stage", flat=True))
        assert {Stage.CONFIRM, Stage.SHOOT, Stage.SELECTION, Stage.PICKUP, Stage.CLOSED} <= stages

    def test_today_is_alive(self) -> None:
        branch = Branch.objects.get(code="sh")
        start, end = branch.day_bounds(branch.today(NOW))
        shoots = Appointment.objects.filter(
            branch=branch, kind=AppointmentKind.SHOOT, starts_at__gte=start, starts_at__lt=end
        )
        assert shoots.count() >= 3
        assert Presence.objects.filter(work_order__branch=branch, left_at=None).exists()
        assert HandOff.objects.filter(work_order__branch=branch, ended_at=None).exists()
        assert Visit.objects.filter(branch=branch, outcome=VisitOutcome.OPEN).exists()

    def test_two_weeks_ahead_are_booked(self) -> None:
        ahead = Appointment.objects.planned().filter(starts_at__gt=NOW + timedelta(days=4))
        assert ahead.count() > 10

    def test_parties_differ(self) -> None:
        sizes = Counter(customer.members.count() for customer in Customer.objects.all())
        assert {1, 2, 3, 5, 8} <= set(sizes)
        assert Customer.objects.filter(kind="company").exists()

    def test_r1_1_every_active_customer_has_an_owner(self) -> None:
        assert not Customer.objects.filter(is_active=True, owner=None).exists()

    def test_nothing_old_is_ever_sent(self) -> None:
        """Of the weeks behind nothing waits; only what today's post brought may still go out."""
        today = NOW - timedelta(hours=2)
        assert not Message.objects.open().filter(created_at__lt=today).exists()
        assert not Message.objects.exclude(state="cancelled").filter(created_at__lt=today).exists()
        plan(NOW)
        assert Message.objects.exists()
        assert not Message.objects.open().filter(deadline__lte=NOW).exists()
        ids = Message.objects.open().filter(purpose="reminder").values_list("subject_id", flat=True)
        assert not Appointment.objects.filter(pk__in=ids, starts_at__lte=NOW).exists()

    def test_calls_come_up_by_themselves(self) -> None:
        plan(NOW)
        assert CallTask.objects.open().filter(branch__code="sh", due_at__lte=NOW).exists()

    def test_the_same_day_again_changes_nothing(self) -> None:
        before = everything()
        assert days.advance(now=NOW + timedelta(hours=5)) == 0
        assert everything() == before

    def test_a_later_day_advances(self) -> None:
        closed = WorkOrder.objects.filter(stage=Stage.CLOSED).count()
        assert days.advance(now=NOW + timedelta(days=2)) > 0
        here = Presence.objects.filter(left_at=None)
        assert all(presence.arrived_at > NOW + timedelta(days=1) for presence in here)
        assert WorkOrder.objects.filter(stage=Stage.CLOSED).count() >= closed
        start = Branch.objects.get(code="sh").day_bounds((NOW + timedelta(days=2)).date())[0]
        assert not Appointment.objects.planned().filter(starts_at__lt=start).exists()

    def test_money_adds_up(self) -> None:
        for booking in Booking.objects.with_money():
            assert 0 <= booking.paid <= booking.total


@pytest.mark.django_db
def test_refused_in_production() -> None:
    with override_settings(IS_PRODUCTION=True), pytest.raises(CommandError, match="refused in production"):
        call_command("demo")
    assert Branch.objects.count() == 0


@pytest.mark.django_db
def test_the_start_page_gets_one_sign_in_per_role(client: object) -> None:
    configuration.configure(now=NOW)
    from studio.demo.management.commands.demo import sign_ins

    lines = sign_ins()
    assert len(lines) == len(Role)
    name, password = lines[0].split(": ")[1].split(" / ")
    assert client.login(username=name, password=password)  # type: ignore[attr-defined]
