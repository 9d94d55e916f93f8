"""The calls of a day, as a hand-over to a deputy lists them (R8.1): those that stand on the list, and those
that will come up by themselves on that day. The key of a case is the same before and after the call is there,
so that a note written the evening before stands on the call the next morning."""

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentKind
from studio.foundation.templatetags.studio import local_moment
from studio.staff.duties import Case
from studio.staff.models import Branch, User
from workflow import undated
from workflow.models import (
    CallKind,
    CallTask,
    FollowUpContact,
    IncomingCall,
    ReminderRule,
    ReminderState,
    RuleAction,
)
from workflow.models.follow_up import ContactState


def key_of(call: CallTask) -> str:
    """What the call is about, not which row it is."""
    about = call.contact_id or call.appointment_id or call.work_order_id
    return key_about(call.kind, about or 0)


def key_about(kind: str, about: int) -> str:
    return f"call:{kind}:{about}"


def title_of(kind: str) -> str:
    return _("Call: %(what)s") % {"what": CallKind(kind).label}


def appointment_words(appointment: Appointment | None) -> str:
    if appointment is None:
        return ""
    words = {
        "what": AppointmentKind(appointment.kind).label,
        "when": local_moment(appointment.starts_at),
    }
    return _("%(what)s, %(when)s") % words


def calls(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """The duty “calls” of `user` on `day`."""
    found: dict[str, Case] = {}
    for case in [
        *on_the_list(user, branch, day),
        *by_rules(user, branch, day, now),
        *contacts(user, branch, day),
        *dates_to_agree(user, branch, day),
    ]:
        found.setdefault(case.key, case)
    return list(found.values())


def on_the_list(user: User, branch: Branch, day: date) -> list[Case]:
    """Open calls that are due on that day or have waited since before."""
    start, end = branch.day_bounds(day)
    rows = CallTask.objects.to_make().of([user]).filter(branch=branch, due_at__lt=end)
    return [
        Case(
            key=key_of(call),
            title=title_of(call.kind),
            detail=call.note or appointment_words(call.appointment),
            at=call.due_at if call.due_at >= start else None,
            link=call.get_absolute_url(),
            customer=call.customer,
        )
        for call in rows.select_related("customer", "appointment").order_by("due_at", "pk")
    ]


def by_rules(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Calls that a rule will bring up that day: to confirm the appointments of one or two days later."""
    rules = [
        rule
        for rule in ReminderRule.objects.filter(branch=branch, is_active=True, action=RuleAction.CALL)
        if branch.at(day, rule.at) > now
    ]
    spans = [(rule, *branch.day_bounds(day + timedelta(days=rule.days_before))) for rule in rules]
    wanted = Q(pk__in=[])
    for rule, start, end in spans:
        wanted |= Q(kind=rule.appointment_kind, starts_at__gte=start, starts_at__lt=end)
    appointments = (
        Appointment.objects.planned()
        .filter(wanted, branch=branch, customer__owner=user)
        .filter(customer__is_active=True, customer__do_not_contact=False)
        .select_related("customer", "branch", "booking__work_order")
        .prefetch_related("reminders")
    )
    return [
        Case(
            key=key_about(CallKind.CONFIRM, appointment.pk),
            title=title_of(CallKind.CONFIRM),
            detail=appointment_words(appointment),
            at=branch.at(day, rule.at),
            link=appointment.get_absolute_url(),
            customer=appointment.customer,
        )
        for appointment in (appointments if spans else [])
        for rule, start, end in spans
        if rule.appointment_kind == appointment.kind
        and start <= appointment.starts_at < end
        and not was_carried_out(rule, appointment)
    ]


def was_carried_out(rule: ReminderRule, appointment: Appointment) -> bool:
    return any(
        made.rule_id == rule.pk
        and made.schedule_version == appointment.schedule_version
        and made.state != ReminderState.PLANNED
        for made in appointment.reminders.all()
    )


def contacts(user: User, branch: Branch, day: date) -> list[Case]:
    """Contacts of follow-up plans that fall due (R2.1) and are not on the list of calls yet."""
    rows = FollowUpContact.objects.filter(
        state=ContactState.PLANNED,
        due_on__lte=day,
        call__isnull=True,
        follow_up__branch=branch,
        follow_up__stopped_at__isnull=True,
        customer__owner=user,
        customer__is_active=True,
        customer__do_not_contact=False,
    )
    return [
        Case(
            key=key_about(CallKind.FOLLOW_UP, contact.pk),
            title=title_of(CallKind.FOLLOW_UP),
            detail=contact.occasion.name if contact.occasion else "",
            link=contact.follow_up.get_absolute_url(),
            customer=contact.customer,
        )
        for contact in rows.select_related("customer", "follow_up", "occasion").order_by("due_on", "pk")
    ]


def dates_to_agree(user: User, branch: Branch, day: date) -> list[Case]:
    """Orders without a date, for which a call comes up that day (R3.3)."""
    orders = undated.waiting(branch.day_bounds(day)[1]).filter(branch=branch, booking__customer__owner=user)
    return [
        Case(
            key=key_about(CallKind.AGREE_DATE, order.pk),
            title=title_of(CallKind.AGREE_DATE),
            detail=order.booking.number,
            link=order.get_absolute_url(),
            customer=order.booking.customer,
        )
        for order in orders.select_related("booking__customer").order_by("stage_since", "pk")
    ]


def call_backs(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Callers whom this colleague promised to call back (R1.5)."""
    start, end = branch.day_bounds(day)
    rows = IncomingCall.objects.parked().filter(branch=branch, handler=user, call_back_at__lt=end)
    return [
        Case(
            key=f"incoming:{call.pk}",
            title=_("Call back: %(who)s") % {"who": call.caller or call.customer or call.number},
            detail=call.matter,
            at=call.call_back_at if call.call_back_at and call.call_back_at >= start else None,
            link=call.get_absolute_url(),
            customer=call.customer,
        )
        for call in rows.select_related("customer").order_by("call_back_at", "pk")
    ]
