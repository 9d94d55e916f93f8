"""The wishes from the booking page on somebody's Today: theirs, and for managers those that nobody has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingRequest, RequestState
from studio.staff.duties import Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.models import Visit, VisitEvent, VisitOutcome

TRIES = 3
"""Calls that nobody answered, after which a manager decides."""
PAUSE = timedelta(hours=2)


@dataclass(frozen=True)
class Asked:
    """One wish on somebody's Today. `tries` calls nobody answered, the last at `tried_at`; `rests_until` they
    are left in peace; `stands_for` is the colleague whose it is where that is not the reader."""

    request: BookingRequest
    visit: Visit | None
    stands_for: User | None
    tries: int = 0
    tried_at: datetime | None = None
    now: datetime | None = None

    @property
    def rests_until(self) -> datetime | None:
        until = self.tried_at + PAUSE if self.tried_at else None
        return until if until and self.now and until > self.now else None

    @property
    def is_hard(self) -> bool:
        return self.tries >= TRIES and self.request.state == RequestState.TAKEN

    @property
    def is_at_rest(self) -> bool:
        return self.rests_until is not None or self.request.state == RequestState.DONE


def asked_for(users: Iterable[User], branch: Branch, now: datetime) -> list[Asked]:
    """The wishes of these people, also an agreed one until its visit has ended, from the day that was agreed;
    for managers also those that nobody has yet, and those of nobody to be
    reached after three calls. Three questions, however many there are."""
    people = list(users)
    reader = people[0] if people else None
    manages = (
        Membership.objects.active().filter(user__in=people[:1], branch=branch, role__in=MANAGERS).exists()
    )
    tonight = branch.day_bounds(branch.today(now))[1]
    agreed = Q(state=RequestState.DONE, visit__outcome=VisitOutcome.OPEN)
    due = Q(appointment=None) | Q(appointment__starts_at__lt=tonight)
    waiting = Q(state__in=[RequestState.NEW, RequestState.TAKEN])
    rows = BookingRequest.objects.in_branch(branch).filter(waiting | (agreed & due))
    rows = rows.select_related("visit__consultant", "visit__customer", "customer", "appointment", "branch")
    found = rows.select_related("package_version__package").order_by("verified_at", "pk")
    tries = tries_of(found)
    mine = []
    for row in found:
        visit = getattr(row, "visit", None)
        count, last = tries.get(visit.pk, (0, None)) if visit else (0, None)
        is_mine = visit is not None and visit.consultant in people
        is_hard = count >= TRIES and row.state == RequestState.TAKEN
        if is_mine or (manages and (visit is None or is_hard)):
            other = visit.consultant if visit and visit.consultant != reader else None
            mine.append(Asked(row, visit, other, count, last, now))
    return sorted(mine, key=lambda asked: (asked.is_at_rest, asked.request.verified_at or now))


def tries_of(requests: Iterable[BookingRequest]) -> dict[int, tuple[int, datetime]]:
    """How often nobody answered, and when last, by the id of the visit."""
    ids = [row.visit.pk for row in requests if hasattr(row, "visit")]
    events = VisitEvent.objects.filter(visit__in=ids, kind="not_reached").order_by("at")
    found: dict[int, tuple[int, datetime]] = {}
    for visit, at in events.values_list("visit", "at"):
        found[visit] = (found.get(visit, (0, at))[0] + 1, at)
    return found


ASKED = Duty(
    title=_("Asked for on the booking page"),
    template="workflow/_online_duty.html",
    roles=frozenset(FRONT),
    items=asked_for,
    icon="globe",
    order=3,
    link="workflow:online_requests",
)
