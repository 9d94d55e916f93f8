"""From production to the customer's hands (R7, F3): made, at the front desk in complete sets, signed for."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow.checks import appointment_of
from workflow.gates import Doer, Missing
from workflow.models import Item, Readiness, ReadinessKind, Stage, WorkOrder, WorkOrderEvent
from workflow.stages import NotYet, lock, try_advance


def in_pickup(order: WorkOrder) -> None:
    """Nothing is made, received or handed over before the selection sheet is signed (R6.4)."""
    if order.stage != Stage.PICKUP:
        sentence = _("Production starts when the selection sheet is signed.")
        if order.stage == Stage.CLOSED:
            sentence = _("This order is closed.")
        raise NotYet([Missing("not_in_pickup", sentence, reverse("workflow:order", args=[order.pk]))])


def make_item(item: Item, *, by: User, now: datetime) -> Item:
    """Production has made it. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        order = WorkOrder.locked(item.work_order_id)
        item.refresh_from_db()
        if item.made_at is None:
            in_pickup(order)
            item.made_at, item.made_by = now, by
            item.save(update_fields=["made_at", "made_by"])
            note(order, "item_made", by, now, item=item.pk)
    return item


def unmade(order: WorkOrder) -> list[Missing]:
    return [
        Missing(
            "item_made",
            _("Not made yet: %(item)s.") % {"item": item.name},
            reverse("workflow:pickup", args=[order.pk]),
            Doer.PRODUCTION,
            _("Mark as made"),
        )
        for item in order.items.all()
        if item.made_at is None
    ]


def receive_set(order: WorkOrder, *, by: User, now: datetime) -> list[Item]:
    """F3: production hands only complete sets to the front desk; an incomplete one is refused with what is
    missing."""
    with transaction.atomic(), acting(by):
        order = WorkOrder.locked(order.pk)
        in_pickup(order)
        incomplete = unmade(order)
        if incomplete:
            raise NotYet(incomplete)
        received = list(order.items.filter(at_desk_at__isnull=True))
        if received:
            order.items.filter(at_desk_at__isnull=True).update(at_desk_at=now, at_desk_by=by)
            Readiness.objects.filter(
                appointment__booking=order.booking_id, kind=ReadinessKind.ITEMS, done_at__isnull=True
            ).update(done_at=now, done_by=by)
            note(order, "set_received", by, now, items=[item.pk for item in received])
    return list(order.items.all())


def sign_for(
    order: WorkOrder, *, item_ids: Iterable[int], signed_name: str, by: User, now: datetime
) -> list[Item]:
    """The customer takes these items and signs. Only what is at the front desk can be signed for.

    When everything is signed for, the pickup was held; the order closes as soon as nothing else blocks it.
    """
    signed_name = signed_name.strip()
    if not signed_name:
        raise ValidationError({"signed_name": _("The customer's name is their signature.")})
    with transaction.atomic(), acting(by):
        planned = appointment_of(order, AppointmentKind.PICKUP, AppointmentState.PLANNED)
        appointment = Appointment.locked(planned.pk) if planned is not None else None
        order = lock(order)
        in_pickup(order)
        chosen = list(order.items.filter(pk__in=list(item_ids)))
        if not chosen:
            raise ValidationError({"items": _("Tick what the customer takes home.")})
        absent = [item for item in chosen if item.at_desk_at is None]
        if absent:
            raise NotYet([not_here(order, item) for item in absent])
        fresh = [item.pk for item in chosen if item.signed_at is None]
        if fresh:
            order.items.filter(pk__in=fresh).update(signed_at=now, signed_name=signed_name)
            note(order, "items_signed", by, now, items=fresh)
        hold_pickup(order, appointment, by=by, now=now)
        try_advance(order, by, now)
    return chosen


def hold_pickup(order: WorkOrder, appointment: Appointment | None, *, by: User, now: datetime) -> None:
    """The agreed pickup took place when everything is signed for."""
    if appointment is None or appointment.state != AppointmentState.PLANNED:
        return
    if not order.items.filter(signed_at__isnull=True).exists():
        schedule.hold(appointment, by=by, now=now)


def not_here(order: WorkOrder, item: Item) -> Missing:
    return Missing(
        "set_received",
        _("Not at the front desk yet: %(item)s.") % {"item": item.name},
        reverse("workflow:pickup", args=[order.pk]),
        Doer.FRONT,
        _("Receive the set"),
    )


def note(order: WorkOrder, kind: str, by: User, now: datetime, **parameters: object) -> None:
    WorkOrderEvent.objects.create(work_order=order, actor=by, at=now, kind=kind, parameters=parameters)
