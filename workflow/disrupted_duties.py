"""What a broken day puts on somebody's Today: "a day is broken: n to see to", and the weather to decide."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import AppointmentState
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.call_cases import appointment_words
from workflow.models import DisruptedDate, Disruption, WeatherPlan

SOON = timedelta(days=1)


@dataclass
class ToSee:
    """One broken day with the dates of it that are `mine` to see to, or the whole branch's."""

    disruption: Disruption
    dates: list[DisruptedDate]

    @property
    def count(self) -> int:
        return len(self.dates)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(row.appointment.customer.name for row in self.dates))


def to_see(users: Iterable[User], branch: Branch, now: datetime) -> list[ToSee]:
    """A manager sees all of the branch, a consultant the dates of their customers and of whom they stand in
    for; the oldest broken day first."""
    people = list(users)
    rows = open_rows(branch).filter(Q(appointment__customer__owner__in=people) | managed_by(people, branch))
    found: dict[int, ToSee] = {}
    for row in rows.order_by("disruption__starts_at", "disruption", "position", "pk"):
        found.setdefault(row.disruption_id, ToSee(row.disruption, [])).dates.append(row)
    return list(found.values())


def open_rows(branch: Branch) -> QuerySet[DisruptedDate]:
    rows = DisruptedDate.objects.filter(disruption__branch=branch, settled_at=None)
    return rows.select_related("disruption__resource", "appointment__customer__owner", "appointment__branch")


def managed_by(people: list[User], branch: Branch) -> Exists:
    """Whether one of them manages the branch; part of the question that asks for the rows."""
    return Exists(Membership.objects.active().filter(branch=branch, user__in=people, role__in=MANAGERS))


def cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    rows = open_rows(branch).filter(appointment__customer__owner=user).order_by("position", "pk")
    return [
        Case(
            key=f"broken:{row.pk}",
            title=_("A day is broken: see to it"),
            detail=appointment_words(row.appointment),
            link=row.get_absolute_url(),
            customer=row.appointment.customer,
        )
        for row in rows
    ]


def weather(users: Iterable[User], branch: Branch, now: datetime) -> list[WeatherPlan]:
    """Plans whose hour has come or comes within a day, of these people's customers; managers see those that
    are due and nobody has decided."""
    people = list(users)
    mine = Q(appointment__customer__owner__in=people, decides_at__lte=now + SOON)
    mine |= Q(managed_by(people, branch), decides_at__lte=now)
    rows = WeatherPlan.objects.filter(
        mine,
        decision="",
        appointment__branch=branch,
        appointment__state=AppointmentState.PLANNED,
        appointment__ends_at__gt=now,
    )
    related = "appointment__customer__owner", "appointment__branch", "indoors"
    found = list(rows.select_related(*related).order_by("decides_at", "pk"))
    for row in found:
        row.is_due = row.decides_at <= now  # type: ignore[attr-defined]
    return found


def weather_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    _start, end = branch.day_bounds(day)
    rows = WeatherPlan.objects.filter(
        decision="",
        decides_at__lt=end,
        appointment__branch=branch,
        appointment__state=AppointmentState.PLANNED,
        appointment__ends_at__gt=now,
        appointment__customer__owner=user,
    )
    return [
        Case(
            key=f"weather:{row.pk}",
            title=_("Decide about the weather"),
            detail=appointment_words(row.appointment),
            at=row.decides_at,
            link=row.get_absolute_url(),
            customer=row.appointment.customer,
        )
        for row in rows.select_related("appointment__customer").order_by("decides_at", "pk")
    ]


BROKEN = Duty(
    title=gettext_lazy("A day is broken"),
    template="workflow/_disrupted_duty.html",
    roles=frozenset(FRONT),
    items=to_see,
    icon="triangle-alert",
    order=7,
    link="workflow:disruptions",
    cases=cases,
)
WEATHER = Duty(
    title=gettext_lazy("The weather decides"),
    template="workflow/_weather_duty.html",
    roles=frozenset(FRONT),
    items=weather,
    icon="cloud-rain",
    order=19,
    cases=weather_cases,
)
