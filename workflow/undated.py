"""No date agreed when ordering: the owner is reminded, every few days, to call and agree one (R3.3)."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from bookings.models import Appointment, AppointmentKind, Booking
from workflow import standing
from workflow.models import CallKind, CallRules, CallState, CallTask, Stage, WorkOrder
from workflow.models.work_order import WorkOrderQuerySet

BATCH = 100


class Days(Func):
    """So many days, as an interval."""

    function = "make_interval"
    template = "%(function)s(days => %(expressions)s)"
    output_field = models.DurationField()


def waiting(now: datetime) -> WorkOrderQuerySet:
    """The orders that have waited for a date for as many days as their branch says, and nobody is on
    it; an order on hold is left in peace."""
    usual = CallRules._meta.get_field("undated_every_days").get_default()
    every = Days(Coalesce("branch__call_rules__undated_every_days", Value(usual)))
    a_shoot = Appointment.objects.planned().filter(booking=OuterRef("booking"), kind=AppointmentKind.SHOOT)
    calls_of_order = CallTask.objects.filter(work_order=OuterRef("pk"), kind=CallKind.AGREE_DATE)
    a_call = calls_of_order.filter(Q(state=CallState.OPEN) | Q(done_at__gt=OuterRef("lately")))
    lately = models.ExpressionWrapper(
        Value(now, models.DateTimeField()) - every, output_field=models.DateTimeField()
    )
    return WorkOrder.objects.annotate(lately=lately).filter(
        ~Exists(a_shoot),
        ~Exists(a_call),
        ~standing.held(),
        stage=Stage.CONFIRM,
        stage_since__lte=F("lately"),
        booking__state=Booking.State.OPEN,
        booking__customer__is_active=True,
        booking__customer__do_not_contact=False,
        branch__is_active=True,
    )


def plan(now: datetime) -> int:
    """While an order waits for a date and nobody is on it: a call to agree one, once in so many days."""
    orders = (
        waiting(now).select_related("booking").prefetch_related("calls").order_by("stage_since", "pk")[:BATCH]
    )
    rows = [
        CallTask(
            branch_id=order.branch_id,
            customer_id=order.booking.customer_id,
            kind=CallKind.AGREE_DATE,
            work_order=order,
            dedupe_key=f"{CallKind.AGREE_DATE}:{order.pk}:{len(order.calls.all())}",
            due_at=now,
            created_at=now,
        )
        for order in orders
    ]
    before = CallTask.objects.filter(dedupe_key__in=[row.dedupe_key for row in rows]).count()
    CallTask.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - before
