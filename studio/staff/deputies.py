"""Who may stand in for whom (R8.1), and who has the fewest things to do on that day.

The front desk stands in for the front desk, a department for itself. Is nobody else of a department there
on a day, a manager may: a day off must not fail because two colleagues are ill.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import local_date
from studio.staff.duties import Off, acting_for, deputies_on, workloads
from studio.staff.models import Branch, Membership, Role, User
from studio.staff.models.membership import CONFIGURES, DEPARTMENTS, FRONT, MANAGERS, TAKES_MONEY


def places_of(branch: Branch) -> list[Membership]:
    """Everybody who works in the branch, in the order in which they joined it."""
    places = Membership.objects.active().filter(branch=branch)
    return list(places.select_related("user", "department").order_by("pk"))


@dataclass(frozen=True)
class Circle:
    """Why a deputy would leave nobody there: the chain of who stands in for whom, back to its beginning."""

    people: tuple[User, ...]

    def sentence(self, day: date) -> str:
        pairs = [
            _("%(deputy)s stands in for %(colleague)s")
            % {"deputy": deputy.spoken_name, "colleague": colleague.spoken_name}
            for colleague, deputy in zip(self.people, self.people[1:], strict=False)
        ]
        return _("On %(day)s nobody would be there: %(chain)s. Choose somebody else.") % {
            "day": local_date(day),
            "chain": _(", ").join(pairs),
        }


def circle_of(user: User, deputy: User, off: Off) -> Circle | None:
    """The circle that would close if `deputy` stood in for `user`; None where the chain ends at somebody."""
    people = [user, deputy]
    while people[-1].pk in off and people[-1] != user:
        after = off[people[-1].pk].deputy
        if after in people[1:]:
            break
        people.append(after)
    return Circle(tuple(people)) if people[-1] == user else None


def may_stand_in(place: Membership, places: Iterable[Membership], off: Off) -> list[Membership]:
    """The colleagues who may be the deputy of `place` on a day, whose own role stands nearest first.

    Who is off that day may be named too: the chain goes on to who stands in for them. A circle is refused
    when the day is asked for and when it is granted.
    """
    others = [other for other in places if other.user_id != place.user_id]
    if place.role in DEPARTMENTS:
        own = [one for one in others if one.role in DEPARTMENTS and one.department_id == place.department_id]
        if all(one.user_id in off for one in own):
            own += [one for one in others if one.role in MANAGERS]
        return own
    allowed = FRONT
    if place.role == Role.CASHIER:
        allowed = frozenset(TAKES_MONEY)
    elif place.role == Role.ADMINISTRATOR:
        allowed = CONFIGURES | MANAGERS
    found = [one for one in others if one.role in allowed]
    return sorted(found, key=lambda one: (one.role != place.role, one.pk))


def load_on(branch: Branch, day: date, now: datetime, off: Off) -> dict[int, int]:
    """What each colleague has to see to on the day, the work of those they stand in for included."""
    own: dict[int, int] = {}
    for workload in workloads:
        for person, number in workload(branch, day, now).items():
            own[person] = own.get(person, 0) + number
    loads = dict(own)
    for leave_day in off.values():
        acting = acting_for(leave_day.user, off)
        if acting.pk != leave_day.user_id:
            # One more for standing in at all: two absent colleagues do not fall to the same person.
            loads[acting.pk] = loads.get(acting.pk, 0) + own.get(leave_day.user_id, 0) + 1
    return loads


def propose(user: User, *, branch: Branch, day: date, now: datetime, off: Off | None = None) -> User | None:
    """Who of those who are there that day has the least to do, the same role first; None: nobody is there."""
    off = deputies_on(day, branch) if off is None else off
    places = places_of(branch)
    place = next((one for one in places if one.user_id == user.pk), None)
    if place is None:
        return None
    there = [one for one in may_stand_in(place, places, off) if one.user_id not in off]
    loads = load_on(branch, day, now, off) if there else {}
    ranked = sorted(there, key=lambda one: (one.role != place.role, loads.get(one.user_id, 0), one.pk))
    return ranked[0].user if ranked else None
