"""How many consultations there may be at once: a consultation holds nobody in person, but each wants somebody
who listens, so there are as many as consultants work on that day."""

from datetime import date, datetime, timedelta

from bookings.models import Appointment, AppointmentKind
from bookings.spans import at_once
from studio.staff.models import Branch, LeaveDay, Membership, Role
from studio.staff.models.membership import MANAGERS


class Consultants:
    """The branch's consultants and its consultations around a day; three or four questions."""

    def __init__(self, branch: Branch, middle: date, reach: timedelta) -> None:
        self.branch = branch
        first, last = middle - reach, middle + reach
        places = Membership.objects.active().filter(branch=branch)
        own = places.filter(role=Role.CONSULTANT)
        # A house of two has no consultants: who runs it receives.
        people = own.values_list("user", flat=True) or places.filter(role__in=MANAGERS).values_list(
            "user", flat=True
        )
        self.people = set(people)
        leave = LeaveDay.objects.filter(user__in=self.people, is_granted=True, day__range=(first, last))
        self.leave = set(leave.values_list("user", "day"))
        start, end = branch.day_bounds(first)[0], branch.day_bounds(last)[1]
        talks = Appointment.objects.planned().in_branch(branch).filter(kind=AppointmentKind.CONSULT)
        self.talks = list(
            talks.filter(starts_at__lt=end, ends_at__gt=start).values_list("starts_at", "ends_at")
        )

    def there_on(self, day: date) -> int:
        return sum((person, day) not in self.leave for person in self.people)

    def has_room(self, start: datetime, end: datetime) -> bool:
        """Whether somebody is left who listens from `start` to `end`."""
        inside = [(max(a, start), min(b, end)) for a, b in self.talks if a < end and start < b]
        return at_once(inside) < self.there_on(self.branch.today(start))
