"""A day of the photographer with several dates on it, for the tests of broken days."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from bookings import schedule
from bookings.models import Appointment, Resource
from bookings.spans import Slot
from tests.factories import CustomerFactory
from workflow import disrupted_calls, disrupted_proposals, disruptions
from workflow.models import DisruptedDate, Disruption, WorkOrder
from workflow.orders import sell_and_open

HOUR = timedelta(hours=1)


class BrokenDay:
    """`days` after `now`, by the branch's clock; `shoot("9:00")` is an order whose shoot takes two hours."""

    def __init__(self, shop: SimpleNamespace, now: datetime, days: int = 3) -> None:
        self.shop, self.now, self.branch = shop, now, shop.branch
        self.day = shop.branch.today(now) + timedelta(days=days)

    def at(self, clock: str, days: int = 0) -> datetime:
        return self.branch.at(self.day + timedelta(days=days), time.fromisoformat(clock.zfill(5)))

    @property
    def team(self) -> list[Resource]:
        return [self.shop.photographer_resource, self.shop.floor, self.shop.artist_resource]

    def make(self, kind: str, name: str, **fields: Any) -> Resource:
        names = {"name_en": name, "name_zh_hans": name, "name_zh_hant": name}
        return Resource.objects.create(branch=self.branch, kind=kind, **names | fields)

    def shoot(
        self,
        clock: str,
        *,
        hours: float = 2,
        held: Iterable[Resource] | None = None,
        days: int = 0,
        **customer: Any,
    ) -> WorkOrder:
        start = self.at(clock, days)
        file = CustomerFactory(**{"branch": self.branch, "owner": self.shop.owner} | customer)
        team = self.team if held is None else list(held)
        return sell_and_open(
            customer=file,
            package_version=self.shop.package,
            by=self.shop.owner,
            now=self.now,
            terms_accepted=True,
            shoot=Slot(start, start + hours * HOUR, team, overtime=True),
        )

    def date(self, clock: str, **fields: Any) -> Appointment:
        return self.shoot(clock, **fields).booking.appointments.get()

    def visit(self, clock: str, kind: str = "consult", **customer: Any) -> Appointment:
        """A date that holds nobody."""
        file = CustomerFactory(**{"branch": self.branch, "owner": self.shop.owner} | customer)
        return schedule.make_appointment(
            branch=self.branch,
            customer=file,
            booking=None,
            kind=kind,
            slot=Slot(self.at(clock), self.at(clock) + HOUR),
            by=self.shop.owner,
            now=self.now,
        )

    def break_it(self, start: str = "0:00", end: str = "23:59", **fields: Any) -> Disruption:
        given = {
            "kind": "illness",
            "resource": self.shop.photographer_resource,
            "starts_at": self.at(start),
            "ends_at": self.at(end),
            "why": "发烧",
            "by": self.shop.manager,
            "now": self.now,
        }
        return disruptions.open_disruption(self.branch, **given | fields)

    def propose(self, row: Disruption) -> int:
        return disrupted_proposals.propose(row, now=self.now)

    def call(self, row: Disruption) -> int:
        return disrupted_calls.bring_up(row, by=self.shop.manager, now=self.now)


def rows(disruption: Disruption) -> list[DisruptedDate]:
    return list(disruption.dates.select_related("appointment", "disruption__resource").order_by("position"))


def row_of(appointment: Appointment) -> DisruptedDate:
    return DisruptedDate.objects.select_related("appointment", "disruption__resource").get(
        appointment=appointment
    )


def states(disruption: Disruption) -> list[str]:
    return [row.state for row in rows(disruption)]
