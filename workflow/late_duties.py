"""Clashes stand on the day of both, of the owner and of the managers, until they are settled (F9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS, SERVING
from workflow import late_clashes, late_words
from workflow.models import LateRecord


@dataclass(frozen=True)
class Row:
    record: LateRecord
    pressed: str
    why: str
    link: str


def row(record: LateRecord) -> Row:
    return Row(record, late_words.pressed(record.kind), late_words.why(record), late_clashes.address(record))


def clashes(users: Iterable[User], branch: Branch, now: datetime) -> list[Row]:
    people = list(users)
    managing = Membership.objects.active().filter(user__in=people[:1], branch=branch, role__in=MANAGERS)
    if managing.exists():
        return [row(record) for record in late_clashes.of_branch(branch)]
    return [row(record) for record in late_clashes.of_people(people, branch, now)]


def cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    return [
        Case(
            key=f"late:{one.record.pk}",
            title=str(_("Settle what does not fit the record")),
            detail=one.why,
            link=one.link,
            customer=one.record.work_order.booking.customer,
        )
        for one in (row(record) for record in late_clashes.of_people([user], branch, now))
    ]


CLASHES = Duty(
    title=_("Does not fit the record"),
    template="workflow/late_duty.html",
    roles=frozenset(SERVING),
    items=clashes,
    icon="git-compare-arrows",
    order=7,
    cases=cases,
)
