"""What the owner sees to while a party is in the house (R4.2): a drink, a locker, a meal, a look in on them,
a word of praise. Each is one press, and each is kept."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Member
from customers.names import clean
from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import house_rules, lines, stages
from workflow.models import CareKind, CareNote, HouseRules, Presence, WorkOrder
from workflow.refusals import NeedsReason, Refused

LONGEST = 120
ONE_PRESS = [CareKind.WATER, CareKind.MEAL, CareKind.LOOK_IN, CareKind.PRAISE]
"""What needs nothing but the press."""

ICONS = {
    CareKind.WATER: "cup-soda",
    CareKind.LOCKER: "lock",
    CareKind.MEAL: "utensils",
    CareKind.LOOK_IN: "eye",
    CareKind.PRAISE: "sparkles",
}
DONE = {
    CareKind.WATER: gettext_lazy("Something to drink: noted."),
    CareKind.MEAL: gettext_lazy("A meal: noted."),
    CareKind.LOOK_IN: gettext_lazy("Looked in on them: noted."),
    CareKind.PRAISE: gettext_lazy("A word of praise: noted."),
}


class LockerTaken(Refused):
    """Another party has it; `free` are the nearest that nobody has."""

    def __init__(self, number: str, free: list[str]) -> None:
        super().__init__(
            _("Locker %(number)s is taken. Free: %(free)s.") % {"number": number, "free": lines.listed(free)}
            if free
            else _("Locker %(number)s is taken, and no other is free.") % {"number": number}
        )
        self.free = free


# --- What is done for them ------------------------------------------------------------------------
def give(
    order: WorkOrder, *, kind: str, by: User, now: datetime, what: str = "", member: Member | None = None
) -> CareNote:
    """One thing done for a party that is in the house (R4.2)."""
    if kind not in ONE_PRESS:
        raise Refused(_("This page is out of date. Go back and look again."))
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        refuse_unless_here(order, member)
        return note(order, kind, what=what, member=member, by=by, now=now)


def give_locker(
    order: WorkOrder, *, number: str, by: User, now: datetime, member: Member | None = None
) -> CareNote:
    """Their things are put away, and everybody knows where. A locker belongs to one party at a time; a party
    may have several. The same one again changes nothing. Raises `LockerTaken`."""
    number = clean(number)[:LONGEST]
    rules = house_rules.of(order.branch)
    if number not in numbers(rules):
        raise NeedsReason(
            _("Lockers are numbered from 1 to %(last)d. Choose one of them.") % {"last": rules.lockers}
            if rules.lockers
            else _("This branch has no lockers; a manager sets how many in the settings.")
        )
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        refuse_unless_here(order, member)
        there = lockers_out(order.branch).filter(what=number).first()
        if there is not None and there.work_order_id == order.pk:
            return there
        try:
            with transaction.atomic():
                return note(order, CareKind.LOCKER, what=number, member=member, by=by, now=now)
        except IntegrityError as error:
            if "locker_of_one_party" not in str(error):
                raise
        raise LockerTaken(number, nearest(number, free_lockers(order.branch, rules)))


def empty_locker(found: CareNote, *, by: User, now: datetime) -> CareNote:
    """Everything is taken out; the next party may have it. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        stages.lock(found.work_order)
        row = CareNote.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
        if row.kind == CareKind.LOCKER and row.ended_at is None:
            row.ended_at, row.ended_by = max(now, row.at), by
            row.save(update_fields=["ended_at", "ended_by"])
        return row


def note(
    order: WorkOrder, kind: str, *, what: str, member: Member | None, by: User, now: datetime
) -> CareNote:
    return CareNote.objects.create(
        branch_id=order.branch_id,
        work_order=order,
        member=member,
        kind=kind,
        what=clean(what)[:LONGEST],
        by=by,
        at=now,
    )


def refuse_unless_here(order: WorkOrder, member: Member | None) -> None:
    here = Presence.objects.filter(work_order=order, left_at=None)
    if member is not None:
        here = here.filter(member=member)
    if not here.exists():
        raise Refused(_("Nobody of this party is in the house now."))


# --- Lockers ----------------------------------------------------------------------------------------
def numbers(rules: HouseRules) -> list[str]:
    return [str(number) for number in range(1, rules.lockers + 1)]


def lockers_out(branch: Branch) -> "QuerySet[CareNote]":
    """The lockers that somebody has now."""
    return CareNote.objects.filter(branch=branch, kind=CareKind.LOCKER, ended_at=None)


def free_lockers(branch: Branch, rules: HouseRules) -> list[str]:
    taken = set(lockers_out(branch).values_list("what", flat=True))
    return [number for number in numbers(rules) if number not in taken]


def nearest(number: str, free: list[str], count: int = 3) -> list[str]:
    """The free ones next to a number, in their order."""
    wanted = int(number)
    close = sorted(free, key=lambda other: (abs(int(other) - wanted), int(other)))[:count]
    return sorted(close, key=int)


def lockers_of(orders: Iterable[WorkOrder]) -> dict[int, list[CareNote]]:
    """The lockers that these parties have now, by order; one question."""
    found: dict[int, list[CareNote]] = {}
    rows = CareNote.objects.filter(
        work_order__in=[order.pk for order in orders], kind=CareKind.LOCKER, ended_at=None
    )
    for row in sorted(rows, key=lambda row: (len(row.what), row.what)):
        found.setdefault(row.work_order_id, []).append(row)
    return found
