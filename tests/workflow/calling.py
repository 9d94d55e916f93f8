"""Short ways to appointments, rules and calls for the tests of calls, reminders and the customer's link."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bookings.models import Appointment, Booking
from bookings.sales import Money, sell
from bookings.schedule import Slot, make_appointment
from customers.models import Customer
from studio.outbox.models import Message
from tests.factories import CustomerFactory
from workflow import reminders
from workflow.models import CallTask, ReminderRule, WorkOrder
from workflow.orders import open_order


class Desk:
    """One branch at one moment; `branch` may be another than the shop's."""

    def __init__(self, shop: SimpleNamespace, now: datetime) -> None:
        self.shop, self.now, self.branch = shop, now, shop.branch

    def customer(self, **fields: Any) -> Customer:
        return CustomerFactory(**{"branch": self.branch, "owner": self.shop.owner} | fields)

    def rule(
        self, action: str = "call", *, days: int = 2, at: str = "10:00", kind: str = "shoot", **fields: Any
    ):
        return ReminderRule.objects.create(
            **{
                "branch": self.branch,
                "action": action,
                "channel": "sms" if action == "message" else "",
                "days_before": days,
                "at": time.fromisoformat(at),
                "appointment_kind": kind,
                "name_en": action,
                "name_zh_hans": action,
                "name_zh_hant": action,
            }
            | fields
        )

    def appointment(self, starts_at: datetime | None = None, **fields: Any) -> Appointment:
        """A planned shoot, by default tomorrow at noon, without a sale behind it."""
        starts_at = starts_at or self.now + timedelta(days=1)
        customer = fields.pop("customer", None) or self.customer()
        return Appointment.objects.create(
            **{
                "branch": self.branch,
                "customer": customer,
                "kind": "shoot",
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=6),
                "created_at": self.now,
            }
            | fields
        )

    def sale(self, **fields: Any) -> Booking:
        return sell(
            customer=fields.pop("customer", None) or self.customer(),
            package_version=self.shop.package,
            by=self.shop.owner,
            now=fields.pop("now", self.now),
            terms_accepted=True,
            payment=Money("earnest", "cash", Decimal("1000")),
        )

    def order(self, *, starts_at: datetime | None = None, **fields: Any) -> WorkOrder:
        """A sold order at the stage "confirm", with a shoot where `starts_at` says when."""
        order = open_order(self.sale(**fields), by=self.shop.owner, now=fields.get("now", self.now))
        if starts_at:
            make_appointment(
                branch=self.branch,
                customer=order.booking.customer,
                booking=order.booking,
                kind="shoot",
                slot=self.slot(starts_at),
                by=self.shop.owner,
                now=fields.get("now", self.now),
            )
        return order

    def slot(self, starts_at: datetime) -> Slot:
        return Slot(starts_at, starts_at + timedelta(hours=6), [self.shop.floor], overtime=True)

    def shoot(self, order: WorkOrder) -> Appointment:
        return order.booking.appointments.get(kind="shoot", state="planned")

    def plan(self, at: datetime | None = None) -> int:
        return reminders.plan(at or self.now)

    def calls(self) -> list[CallTask]:
        return list(CallTask.objects.filter(branch=self.branch).order_by("id"))

    def messages(self) -> list[Message]:
        return list(Message.objects.filter(branch=self.branch).order_by("id"))

    def call(self, **fields: Any) -> CallTask:
        """A confirmation call that is due, about a shoot tomorrow."""
        appointment = fields.pop("appointment", None) or self.shoot(
            self.order(starts_at=self.now + timedelta(days=1))
        )
        return CallTask.objects.create(
            **{
                "branch": self.branch,
                "customer": appointment.customer,
                "kind": "confirm",
                "appointment": appointment,
                "schedule_version": appointment.schedule_version,
                "dedupe_key": f"test:{appointment.pk}:{CallTask.objects.count()}",
                "due_at": self.now - timedelta(minutes=30),
                "created_at": self.now,
            }
            | fields
        )
