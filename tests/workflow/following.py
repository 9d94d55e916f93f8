"""Short ways to visits, plans and follow-up calls for the tests of follow-up (R2)."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from customers.models import Customer
from tests.factories import CustomerFactory
from workflow import calls, follow_up_due, visits
from workflow.follow_up_calls import Told
from workflow.models import CallTask, FollowUp, FollowUpContact, FollowUpRules, Visit

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Chase:
    """One branch, and a clock that the test moves."""

    def __init__(self, shop: SimpleNamespace, now: datetime) -> None:
        self.shop, self.now, self.branch = shop, now, shop.branch

    @property
    def today(self) -> date:
        return self.branch.today(self.now)

    def customer(self, **fields: Any) -> Customer:
        return CustomerFactory(
            **{"branch": self.branch, "owner": self.shop.owner, "wedding_day": None, "language": "en"}
            | fields
        )

    def rules(self, **fields: Any) -> FollowUpRules:
        return FollowUpRules.objects.update_or_create(branch=self.branch, defaults=fields)[0]

    def visit(self, customer: Customer | None = None, **fields: Any) -> Visit:
        """They are here."""
        return Visit.objects.create(
            **{
                "branch": self.branch, "customer": customer, "consultant": self.shop.owner, "arrived_at": self.now,
                "greeted_at": self.now,
            }
            | fields
        )  # fmt: skip

    def lose(self, customer: Customer | None = None, outcome: str = "undecided", **fields: Any) -> Visit:
        """They were here and left without an order."""
        visit = self.visit(customer, **fields)
        reason = "price" if outcome == "lost" else ""
        return visits.end(visit, outcome=outcome, loss_reason=reason, by=self.shop.owner, now=self.now)

    def plan(self, customer: Customer | None = None, **fields: Any) -> FollowUp:
        customer = customer or self.customer()
        self.lose(customer, **fields)
        return FollowUp.objects.running().get(customer=customer)

    def contacts(self, follow_up: FollowUp, **conditions: Any) -> list[FollowUpContact]:
        return list(follow_up.contacts.filter(**conditions).select_related("occasion").order_by("number"))

    def tick(self) -> int:
        return follow_up_due.plan(self.now)

    def go_to(self, day: date, hour: int = 11) -> None:
        start, _end = self.branch.day_bounds(day)
        self.now = start + hour * HOUR

    def due_call(self, follow_up: FollowUp) -> CallTask:
        """Go to the day of the next contact; its call, brought up by the tick."""
        following = follow_up.contacts.filter(state="planned").order_by("number").first()
        assert following is not None
        if following.due_on > self.today:
            self.go_to(following.due_on)
        self.tick()
        return CallTask.objects.open().get(contact=following)

    def record(
        self, call: CallTask, outcome: str, *, by: Any = None, again_at: Any = None, **told: Any
    ) -> CallTask:
        call.refresh_from_db()
        return calls.record(
            call,
            outcome=outcome,
            version=call.version,
            by=by or self.shop.owner,
            now=self.now,
            note=told.get("said", ""),
            again_at=again_at,
            told=Told(**told),
        )

    def make(self, follow_up: FollowUp, outcome: str = "interested", **told: Any) -> FollowUp:
        """The next contact, made on its day."""
        self.record(self.due_call(follow_up), outcome, **told)
        follow_up.refresh_from_db()
        return follow_up
