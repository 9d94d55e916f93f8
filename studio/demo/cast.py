"""Who does what in the demo shop on a day, and at what time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bookings.models import Resource
from studio.staff.models import Branch, Department, Membership, Role, User


@dataclass
class Stage:
    """One branch of the demo on one day: its people by department, and a clock that only runs on.

    `limit` is the real present: nothing of the demo happens after it.
    """

    branch: Branch
    day: date
    limit: datetime

    def __post_init__(self) -> None:
        places = Membership.objects.active().filter(branch=self.branch).select_related("user", "department")
        self.departments: dict[str, Department] = {d.kind: d for d in self.branch.departments.all()}
        self.people: dict[str, list[User]] = {kind: [] for kind in self.departments}
        for place in places:
            if place.department:
                self.people[place.department.kind].append(place.user)
        self.manager = next(place.user for place in places if place.role == Role.MANAGER)
        self.resources: dict[str, list[Resource]] = {}
        for resource in Resource.objects.filter(branch=self.branch, is_active=True).select_related("user"):
            self.resources.setdefault(resource.kind, []).append(resource)
        self.skills: dict[int, set[int]] = {}
        trained = Resource.skills.through.objects.filter(resource__branch=self.branch)
        for resource_id, skill_id in trained.values_list("resource_id", "skill_id"):
            self.skills.setdefault(resource_id, set()).add(skill_id)

    def at(self, hour: int, minute: int = 0) -> datetime:
        """The branch's clock on this day, never later than the present."""
        return min(self.branch.at(self.day, time(hour, minute)), self.limit)

    def after(self, moment: datetime, minutes: int) -> datetime:
        return min(moment + timedelta(minutes=minutes), self.limit)

    def worker(self, department: Department, index: int) -> User:
        people = self.people[department.kind]
        return people[index % len(people)]

    @property
    def cashier(self) -> User:
        return (self.people["cashier"] or [self.manager])[0]
