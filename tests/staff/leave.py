"""Short ways to leave for tests: always through the doors that people use."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from studio.staff import absence, leaves
from studio.staff.models import Leave, LeaveDay, User


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Rota:
    """The leave of one shop at one moment."""

    def __init__(self, shop: SimpleNamespace, now: datetime) -> None:
        self.shop, self.branch, self.now = shop, shop.branch, now
        self.today = shop.branch.today(now)

    def day(self, number: int = 0) -> date:
        return self.today + timedelta(days=number)

    def ask(self, user: User, deputy: User, first: int = 1, last: int | None = None, **more: Any) -> Leave:
        start, end = self.day(first), self.day(first if last is None else last)
        given = {"deputies": dict.fromkeys(days(start, end), deputy), "by": user, "now": self.now} | more
        return leaves.ask_leave(user=user, branch=self.branch, starts_on=start, ends_on=end, **given)

    def grant(self, leave: Leave, by: User | None = None) -> Leave:
        return leaves.grant(leave, by=by or self.shop.manager, now=self.now)

    def off(self, user: User, deputy: User, first: int = 1, last: int | None = None) -> LeaveDay:
        """Asked for and granted; answers its first day."""
        return self.grant(self.ask(user, deputy, first, last)).days.get(day=self.day(first))

    def ill(self, user: User, deputy: User | None = None) -> LeaveDay:
        leave = absence.fall_ill(
            user=user, branch=self.branch, deputy=deputy, by=self.shop.manager, now=self.now
        )
        return leave.days.get()
