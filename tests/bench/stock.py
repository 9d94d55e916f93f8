"""Customers, and the orders of many years."""

from datetime import timedelta

from django.utils import timezone

from bookings.models import Appointment, Booking, PackageVersion
from studio.outbox.models import Attempt, Gateway, Message
from studio.staff.models import User
from tests.bench.rows import multiply, saved
from tests.faults import stock
from tests.faults.ground import Ground
from workflow.models import CallTask, Reminder, ReminderRule, WorkOrder

HOUR = timedelta(hours=1)


def reminders_to_come(ground: Ground, count: int) -> None:
    """So many customers with an appointment the day after tomorrow; no programs have seen them yet."""
    where, begins = stock.branch(), timezone.now() + timedelta(hours=40)
    customer = stock.customers(1)[0]
    point, member = customer.contact_points.get(), customer.members.get()
    after = multiply(
        ground, customer, count, name="'客人' || n", name_key="'客人' || n", owner_id="template.owner_id"
    )
    multiply(ground, point, count, customer_id=f"{after} + n", value="'+86139' || lpad(n::text, 8, '0')")
    multiply(ground, member, count, customer_id=f"{after} + n", name="'客人' || n")
    template = saved(
        Appointment,
        branch=where,
        customer=customer,
        kind="shoot",
        starts_at=begins,
        ends_at=begins + HOUR,
        state="cancelled",
    )
    multiply(ground, template, count, customer_id=f"{after} + n", state="'planned'")


def years_of_orders(ground: Ground, count: int) -> None:
    """So many orders, each with its appointment, reminder, message, attempt and call. One in fifty is still to
    come, with a reminder that waits for its day; all else is over."""
    where, now = stock.branch(), timezone.now()
    ReminderRule.objects.update(replan=False)  # it was followed long ago
    customer, version = stock.customers(1)[0], PackageVersion.objects.first()
    rule, gateway, seller = ReminderRule.objects.first(), Gateway.objects.first(), User.objects.first()
    past = now - timedelta(days=400)
    booking = saved(
        Booking,
        branch=where,
        number="B0",
        customer=customer,
        package_version=version,
        sold_by=seller,
        state="closed",
        created_at=past,
    )
    appointment = saved(
        Appointment,
        branch=where,
        customer=customer,
        booking=booking,
        kind="shoot",
        starts_at=past,
        ends_at=past + HOUR,
        state="held",
        planned_version=1,
    )
    message = saved(
        Message,
        dedupe_key="bench:0",
        branch=where,
        purpose="reminder",
        subject_id=appointment.pk,
        channel="sms",
        language="zh-hans",
        recipient="+8613800000000",
        body="您好",
        state="sent",
        attempt=1,
        due_at=past - 48 * HOUR,
        deadline=past,
        finished_at=past - 48 * HOUR,
        gateway=gateway,
        about_customer=customer.pk,
        basis="order",
    )
    attempt = saved(
        Attempt,
        message=message,
        number=1,
        gateway=gateway,
        started_at=past,
        finished_at=past,
        outcome="accepted",
    )
    reminder = saved(
        Reminder,
        appointment=appointment,
        rule=rule,
        schedule_version=1,
        state="done",
        due_at=past,
        message=message,
    )
    call = saved(
        CallTask,
        branch=where,
        customer=customer,
        kind="confirm",
        appointment=appointment,
        rule=rule,
        dedupe_key="bench:0",
        due_at=past,
        state="done",
        outcome="confirmed",
        done_at=past,
    )
    order = saved(WorkOrder, branch=where, booking=booking, stage="closed", closed_at=past)
    comes = "mod(n, 50) = 0"
    starts = f"template.starts_at + n * interval '20 seconds' + CASE WHEN {comes} THEN interval '700 days' ELSE interval '0' END"
    multiply(
        ground, booking, count, number="'B' || n", state=f"CASE WHEN {comes} THEN 'open' ELSE 'closed' END"
    )
    multiply(
        ground,
        appointment,
        count,
        booking_id=f"{booking.pk} + n",
        customer_id=f"{customer.pk} + mod(n, 1000)",
        starts_at=starts,
        ends_at=f"{starts} + interval '1 hour'",
        state=f"CASE WHEN {comes} THEN 'planned' ELSE 'held' END",
    )
    multiply(
        ground,
        message,
        count,
        key="gen_random_uuid()",
        dedupe_key="'bench:' || n",
        subject_id=f"{appointment.pk} + n",
        about_customer=f"{customer.pk} + mod(n, 1000)",
    )
    multiply(ground, attempt, count, message_id=f"{message.pk} + n")
    multiply(
        ground,
        reminder,
        count,
        appointment_id=f"{appointment.pk} + n",
        message_id=f"CASE WHEN {comes} THEN NULL ELSE {message.pk} + n END",
        state=f"CASE WHEN {comes} THEN 'planned' ELSE 'done' END",
        due_at=f"template.due_at + CASE WHEN {comes} THEN interval '700 days' ELSE interval '0' END",
    )
    multiply(
        ground,
        call,
        count,
        dedupe_key="'bench:' || n",
        appointment_id=f"{appointment.pk} + n",
        customer_id=f"{customer.pk} + mod(n, 1000)",
    )
    multiply(
        ground,
        order,
        count,
        booking_id=f"{booking.pk} + n",
        stage=f"CASE WHEN {comes} THEN 'confirm' ELSE 'closed' END",
        closed_at=f"CASE WHEN {comes} THEN NULL ELSE template.closed_at END",
    )


def messages_due(ground: Ground, count: int) -> None:
    """So many messages that wait and are due."""
    now = timezone.now()
    template = saved(
        Message,
        dedupe_key="due:0",
        branch=stock.branch(),
        purpose="reminder",
        subject_id=1,
        channel="sms",
        language="zh-hans",
        recipient="+8613800000000",
        due_at=now - HOUR,
        deadline=now + HOUR,
    )
    multiply(ground, template, count, key="gen_random_uuid()", dedupe_key="'due:' || n", subject_id="n")
    template.delete()
