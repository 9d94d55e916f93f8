"""Rain decides at an hour (R9.7): for a date outside it is agreed beforehand when that is, and what is done
then instead; at that hour it stands on the owner's day, and one press carries it out."""

from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.bookable import NotBookable
from bookings.models import Allocation, Appointment, AppointmentState, BookingEvent, Resource, ResourceKind
from bookings.models.appointment import AppointmentQuerySet
from bookings.retry import retried
from bookings.spans import Slot
from customers.names import clean
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.outbox.queue import withdraw
from studio.outbox.watching import managers_of
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, User
from workflow import disrupted_alerts, disruptions, weather_message
from workflow.models import Disruption, DisruptionKind, PlanB, WeatherDecision, WeatherPlan

EVENING = time(18, 0)
AT_LEAST = timedelta(hours=3)
"""Never decided later than this before they come, where no other hour is named."""
BATCH = 100

DUE_NOW = f"""
    EXISTS (SELECT 1 FROM {WeatherPlan._meta.db_table}
            WHERE decision = '' AND rang_at IS NULL AND decides_at <= %(now)s)
"""


# --- Which dates ----------------------------------------------------------------------------------
def outside_of(appointment: Appointment) -> Resource | None:
    """The place outside that is held for the date; None for one in the house."""
    held = appointment.allocations.active().filter(resource__kind=ResourceKind.LOCATION)
    row = held.select_related("resource").order_by("used").first()
    return row.resource if row is not None else None


def outside(branch: Branch) -> AppointmentQuerySet:
    """The planned dates of a branch that take place outside."""
    held = Allocation.objects.active().filter(
        appointment=OuterRef("pk"), resource__kind=ResourceKind.LOCATION
    )
    return Appointment.objects.planned().in_branch(branch).filter(Exists(held))


def usual_hour(appointment: Appointment, now: datetime) -> datetime:
    """The evening before at six; where that has passed, three hours before they come."""
    branch = appointment.branch
    evening = branch.at(branch.today(appointment.starts_at) - timedelta(days=1), EVENING)
    return evening if evening > now else max(now, appointment.starts_at - AT_LEAST)


# --- Agreed beforehand ----------------------------------------------------------------------------
@retried
def plan(
    appointment: Appointment,
    *,
    decides_at: datetime,
    plan_b: str,
    indoors: Resource | None,
    note: str = "",
    version: int | None = None,
    by: User,
    now: datetime,
) -> WeatherPlan:
    """When it is decided, and plan B; again while nothing is decided. `ValidationError` by field, `StaleEdit`
    where somebody else has changed or decided it since (`version` is the plan's that the page showed)."""
    with transaction.atomic(), acting(by):
        date = Appointment.locked(appointment.pk)
        check(date, decides_at=decides_at, plan_b=plan_b, indoors=indoors, now=now)
        row = WeatherPlan.objects.select_for_update(no_key=True).filter(appointment=date).first()
        place = indoors if plan_b == PlanB.INDOORS else None
        fields = {"decides_at": decides_at, "plan_b": plan_b, "indoors": place, "note": clean(note)[:200]}
        if row is None:
            return WeatherPlan.objects.create(appointment=date, by=by, **fields)
        if all(getattr(row, name) == value for name, value in fields.items()):
            return row
        if version is not None and row.version != version:
            raise StaleEdit(row)
        if row.decision:
            raise StaleEdit(row)
        for name, value in fields.items():
            setattr(row, name, value)
        row.by, row.rang_at = by, None
        row.save_version(*fields, "by", "rang_at")
        return row


def check(
    date: Appointment, *, decides_at: datetime, plan_b: str, indoors: Resource | None, now: datetime
) -> None:
    if date.state != AppointmentState.PLANNED:
        raise ValidationError({"decides_at": _("This date is not planned any more.")})
    if decides_at >= date.starts_at:
        raise ValidationError({"decides_at": _("Decide before they come: an earlier hour.")})
    if decides_at < now - timedelta(minutes=1):
        raise ValidationError({"decides_at": _("This moment has passed; choose a later one.")})
    if plan_b not in PlanB.values:
        raise ValidationError({"plan_b": _("Choose what is done when it rains.")})
    if plan_b == PlanB.INDOORS and indoors is None:
        raise ValidationError({"indoors": _("Choose where it takes place then.")})
    if indoors is not None and (indoors.branch_id != date.branch_id or indoors.kind != ResourceKind.FLOOR):
        raise ValidationError({"indoors": _("Choose a floor of this branch.")})


def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule: the hour moves along with the date, and it is asked anew."""
    if event.kind != "moved" or event.parameters.get("before") == event.parameters.get("from"):
        return
    row = WeatherPlan.objects.select_for_update(no_key=True).filter(appointment=appointment).first()
    if row is None:
        return
    shift = appointment.starts_at - datetime.fromisoformat(event.parameters["before"])
    hour = row.decides_at + shift
    row.decides_at = hour if hour > now else usual_hour(appointment, now)
    row.decision, row.decided_by, row.decided_at, row.rang_at = "", None, None, None
    row.save_version("decides_at", "decision", "decided_by", "decided_at", "rang_at")
    withdraw(weather_message.PURPOSE, appointment.pk, now=now)


# --- The hour has come ------------------------------------------------------------------------------
def ring_due(now: datetime) -> int:
    """The planner: at the hour the owner (or who stands in) hears it, once. Safe in several processes."""
    with transaction.atomic():
        due = WeatherPlan.objects.filter(decision="", rang_at=None, decides_at__lte=now)
        related = "appointment__branch", "appointment__customer__owner"
        rows = list(
            due.select_related(*related)
            .order_by("decides_at", "pk")
            .select_for_update(no_key=True, skip_locked=True, of=("self",))[:BATCH]
        )
        for row in rows:
            if row.appointment.is_planned and row.appointment.starts_at > now:
                ring(row, now)
        WeatherPlan.objects.filter(pk__in=[row.pk for row in rows]).update(rang_at=now)
        return len(rows)


def ring(row: WeatherPlan, now: datetime) -> None:
    appointment, branch = row.appointment, row.appointment.branch
    owner = appointment.customer.owner
    today = branch.today(now)
    people = [who_acts_for(owner, branch=branch, day=today)] if owner else list(managers_of(branch))
    for user in people:
        disrupted_alerts.ring_weather(
            appointment,
            user=user,
            about=f"{row.pk}:{appointment.schedule_version}:{row.decides_at:%s}",
            link=row.get_absolute_url(),
            now=now,
        )


# --- Decided ------------------------------------------------------------------------------------------
@retried
def decide(
    row: WeatherPlan, *, decision: str, version: int | None, by: User, now: datetime
) -> tuple[WeatherPlan, Disruption | None]:
    """We go out, or plan B is carried out: indoors at the same time (`SlotTaken`, `NotBookable`: nothing is
    decided then), another day (a broken day of one date, which comes back), or out all the same. The customer
    hears of it by message, or the owner calls. The same press twice is one."""
    with transaction.atomic(), acting(by):
        date = Appointment.locked(row.appointment_id)
        fresh = WeatherPlan.locked(row.pk)
        fresh.appointment = date
        if fresh.decision == decision:
            return fresh, None
        if (version is not None and fresh.version != version) or fresh.decision:
            raise StaleEdit(fresh)
        schedule.refuse_unless_planned(date)
        fresh.decision, fresh.decided_by, fresh.decided_at = decision, by, now
        fresh.save_version("decision", "decided_by", "decided_at")
        broken = None
        if decision == WeatherDecision.PLAN_B and fresh.plan_b == PlanB.INDOORS:
            go_indoors(fresh, by=by, now=now)
        if decision == WeatherDecision.PLAN_B and fresh.plan_b == PlanB.ANOTHER_DAY:
            broken = open_for(fresh, by=by, now=now)
        else:
            weather_message.tell(fresh, now=now)
        return fresh, broken


def go_indoors(row: WeatherPlan, *, by: User, now: datetime) -> None:
    """Everything stays as it is but the place."""
    date, place, there = row.appointment, row.indoors, outside_of(row.appointment)
    if place is None or there is None:
        raise NotBookable(_("No place outside is held for this date any more."))
    slot: Slot = schedule.slot_at(date, date.starts_at, date.ends_at, instead={there.pk: place})
    schedule.move(date, slot=slot, version=None, by=by, now=now, knows=True)


def open_for(row: WeatherPlan, *, by: User, now: datetime) -> Disruption:
    date = row.appointment
    return disruptions.open_disruption(
        date.branch,
        kind=DisruptionKind.WEATHER,
        resource=outside_of(date),
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        why=row.note or str(DisruptionKind.WEATHER.label),
        by=by,
        now=now,
        only=[date],
    )
