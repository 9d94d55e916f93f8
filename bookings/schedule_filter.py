"""What the page of the schedule shows, read from its address. What can't be meant is left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.day import in_order, named
from bookings.models import Resource, ResourceKind
from bookings.models.resource import PEOPLE, ROOMS, THINGS
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT

GROUPS: dict[str, tuple[Any, frozenset[str]]] = {
    "": (_("People and places"), frozenset(PEOPLE | ROOMS)),
    "people": (_("People"), frozenset(PEOPLE)),
    "rooms": (_("Places"), frozenset(ROOMS)),
    "things": (_("Gowns and vehicles"), frozenset(THINGS)),
}
VIEWS = {"day": pgettext_lazy("view", "Day"), "week": pgettext_lazy("view", "Week")}


@dataclass(frozen=True)
class Filter:
    """`person` and `resource`: only what is theirs; neither: everything of this `kind`."""

    day: date
    view: str = "day"
    kind: str = ""
    resource: Resource | None = None
    person: User | None = None

    @property
    def kinds(self) -> frozenset[str]:
        return GROUPS[self.kind][1]

    @property
    def who(self) -> str:
        if self.resource is not None:
            return f"r{self.resource.pk}"
        return f"p{self.person.pk}" if self.person is not None else ""

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())

    def address(self, **changes: Any) -> str:
        """The query of the same page with some things changed: "?view=week&day=2026-05-18"."""
        values = {"view": self.view, "day": self.day.isoformat(), "kind": self.kind, "who": self.who}
        values |= {name: str(value) for name, value in changes.items()}
        if values["view"] == "day":
            del values["view"]
        return "?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def here(self) -> str:
        return self.address()

    @property
    def before(self) -> str:
        return self.address(day=self.day - self.step)

    @property
    def after(self) -> str:
        return self.address(day=self.day + self.step)

    @property
    def step(self) -> timedelta:
        return timedelta(days=7 if self.view == "week" else 1)

    @property
    def views(self) -> list[tuple[str, Any, bool]]:
        return [(self.address(view=key), word, key == self.view) for key, word in VIEWS.items()]

    @property
    def groups(self) -> list[tuple[str, Any, bool]]:
        """The kinds to choose from; with one person or resource chosen there is nothing to choose."""
        return [
            (self.address(kind=key, who=""), word, key == self.kind and not self.who)
            for key, (word, _kinds) in GROUPS.items()
        ]


def read(given: Mapping[str, str], *, branch: Branch, today: date) -> Filter:
    who, kind = given.get("who", ""), given.get("kind", "")
    resource, person = None, None
    number = int(who[1:]) if who[1:].isascii() and who[1:].isdigit() and len(who) < 11 else 0
    if number and who[0] == "r":
        resource = Resource.objects.filter(branch=branch, is_active=True, pk=number).first()
    if number and who[0] == "p":
        person = people(branch).filter(pk=number).first()
    return Filter(
        day=named(given.get("day", "")) or today,
        view="week" if given.get("view") == "week" else "day",
        kind=kind if kind in GROUPS else "",
        resource=resource,
        person=person,
    )


def people(branch: Branch) -> Any:
    """Colleagues whose week can be asked for: who is booked, and who owns customers."""
    places = Membership.objects.active().filter(branch=branch)
    front = places.filter(role__in=FRONT).values("user")
    booked = Resource.objects.bookable(branch, *PEOPLE).filter(user__isnull=False).values("user")
    return User.objects.filter(pk__in=places.values("user")).filter(pk__in=front) | User.objects.filter(
        pk__in=places.values("user")
    ).filter(pk__in=booked)


def choices(branch: Branch) -> list[tuple[Any, list[tuple[str, str]]]]:
    """For the field "Whose": colleagues, then everything that can be booked, by kind."""
    found: list[tuple[Any, list[tuple[str, str]]]] = [
        (
            _("One colleague"),
            [(f"p{user.pk}", user.display_name) for user in people(branch).order_by("display_name")],
        )
    ]
    rows = in_order(Resource.objects.bookable(branch, *ResourceKind.values))
    for kind in ResourceKind:
        named_rows = [(f"r{row.pk}", str(row)) for row in rows if row.kind == kind]
        if named_rows:
            found.append((kind.label, named_rows))
    return found
