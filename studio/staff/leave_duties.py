"""What days off put on somebody's day (Today): to decide, hand over, accept, and read afterwards (R8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio.staff.deputies import places_of
from studio.staff.duties import Duty
from studio.staff.handover import coming_up
from studio.staff.leaves import deciders
from studio.staff.models import Branch, Leave, LeaveDay, LeaveState, Role, User
from studio.staff.models.membership import ALL_ROLES, FRONT, MANAGERS

TOLD_FOR = timedelta(days=30)


# --- To decide ----------------------------------------------------------------------------------
def waiting_for(user: User, branch: Branch) -> list[Leave]:
    """Requests that `user` may decide: a manager all, a head those of the department. One's own only where
    nobody else could."""
    rows = Leave.objects.filter(branch=branch, state=LeaveState.ASKED).select_related("user")
    asked = list(rows.prefetch_related("days__deputy").order_by("starts_on", "pk"))
    if not asked:
        return []
    places = places_of(branch)
    return [leave for leave in asked if user.pk in deciders(leave, places)]


def requests(users: Iterable[User], branch: Branch, now: datetime) -> list[Leave]:
    me = next(iter(users), None)
    return waiting_for(me, branch) if me else []


# --- To hand over and to accept -------------------------------------------------------------------
@dataclass(frozen=True)
class HandOverLine:
    """One line: `prepare` my own, `accept` a colleague's, or `missing`: a manager sees who did not accept."""

    kind: str
    days: list[LeaveDay]

    @property
    def off(self) -> LeaveDay:
        return self.days[0]

    @property
    def last(self) -> LeaveDay:
        return self.days[-1]

    @property
    def acting(self) -> User:
        return self.off.acting

    @property
    def is_accepted(self) -> bool:
        return all(day.accepted_at is not None for day in self.days)


def hand_overs(users: Iterable[User], branch: Branch, now: datetime) -> list[HandOverLine]:
    """The days of one leave make one line. Not accepted on the day itself: managers see it; the lists are
    the deputy's all the same."""
    me = next(iter(users), None)
    if me is None:
        return []
    today = branch.today(now)
    days = coming_up(branch, now)
    managers = {place.user_id for place in places_of(branch) if place.role in MANAGERS} if days else set()
    found: dict[tuple[str, int], list[LeaveDay]] = {}
    for row in days:
        if row.user == me and row.day > today:
            found.setdefault(("prepare", row.leave_id), []).append(row)
        elif row.accepted_at is not None or row.user == me:
            continue
        elif row.acting == me:
            found.setdefault(("accept", row.leave_id), []).append(row)
        elif row.day == today and me.pk in managers:
            found.setdefault(("missing", row.leave_id), []).append(row)
    return [HandOverLine(kind, rows) for (kind, _leave), rows in found.items()]


# --- To read afterwards ---------------------------------------------------------------------------
def digests(users: Iterable[User], branch: Branch, now: datetime) -> list[Leave]:
    """Days off that are over: what happened meanwhile is offered until it was read."""
    me = next(iter(users), None)
    if me is None:
        return []
    today = branch.today(now)
    over = Q(ends_on__lt=today) | Q(back_at__lte=now)
    rows = Leave.objects.filter(over, branch=branch, user=me, state=LeaveState.GRANTED, digest_read_at=None)
    return list(rows.filter(ends_on__gte=today - TOLD_FOR).order_by("starts_on", "pk"))


REQUESTS = Duty(
    title=_("Leave asked for"),
    template="staff/_leave_requests.html",
    roles=frozenset(MANAGERS | {Role.DEPARTMENT_HEAD}),
    items=requests,
    icon="calendar-off",
    order=16,
    link="staff:leave",
)
HAND_OVERS = Duty(
    title=_("Hand-overs"),
    template="staff/_hand_overs.html",
    roles=frozenset(ALL_ROLES),
    items=hand_overs,
    icon="hand-helping",
    order=7,
    link="staff:leave",
)
DIGESTS = Duty(
    title=_("While you were away"),
    template="staff/_digests.html",
    roles=frozenset(FRONT),
    items=digests,
    icon="book-open",
    order=7,
)
