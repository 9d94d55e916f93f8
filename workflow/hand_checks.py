"""Who may give, take and bring a customer somewhere (R5): what every move between hands asks first."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Member
from studio.staff.duties import acting_for, deputies_on, stands_in_for, who_acts_for
from studio.staff.models import Branch, Department, Membership, User
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import MANAGERS, SERVING
from workflow.models import HandOff, Look, Presence, WorkOrder
from workflow.refusals import NeedsReason, NotAllowed, Refused
from workflow.route import is_shoot_day, next_stop


# --- Who is who ---------------------------------------------------------------------------------
def place_of(user: User, branch: Branch) -> Membership | None:
    return Membership.objects.active().filter(user=user, branch=branch, role__in=SERVING).first()


def departments_of(people: Iterable[User], branch: Branch) -> set[int]:
    """The departments in which these people work."""
    places = Membership.objects.active().filter(user__in=list(people), branch=branch, role__in=SERVING)
    return set(places.exclude(department=None).values_list("department_id", flat=True))


def works_in(user: User, department: Department, *, now: datetime) -> bool:
    """Whether somebody works in a department today: for themself, or for whom they stand in for (R8.1)."""
    branch = department.branch
    if place_of(user, branch) is None:
        return False
    people = stands_in_for(user, branch=branch, day=branch.today(now)) or [user]
    return department.pk in departments_of(people, branch)


def colleagues_in(department: Department, *, now: datetime) -> list[User]:
    """Who is in the department today, deputies of who is off among them."""
    branch = department.branch
    off = deputies_on(branch.today(now), branch)
    places = Membership.objects.active().filter(branch=branch, department=department, role__in=SERVING)
    people = [acting_for(place.user, off) for place in places.select_related("user").order_by("user_id")]
    return list({person.pk: person for person in people}.values())


def answers_for(order: WorkOrder, *, now: datetime) -> User | None:
    """The customer's owner, or the person who does the owner's work today (R1.1, R8)."""
    owner = order.booking.customer.owner
    if owner is None:
        return None
    return who_acts_for(owner, branch=order.branch, day=order.branch.today(now))


def speaks_for_all(user: User, order: WorkOrder, *, now: datetime) -> bool:
    """The owner, who acts for them, or a manager: they may move a customer whom somebody else has."""
    place = place_of(user, order.branch)
    if place is None:
        return False
    acting_owner = answers_for(order, now=now)
    return place.role in MANAGERS or user.pk in {
        order.booking.customer.owner_id,
        acting_owner.pk if acting_owner else None,
    }


# --- Who is here --------------------------------------------------------------------------------
def presences_of(order: WorkOrder, members: Iterable[Member]) -> list[Presence]:
    """The presences of these members in the house, in the party's order; `Refused` where one is not here."""
    wanted = {member.pk: member for member in members}
    if not wanted:
        raise Refused(_("Choose who goes along."))
    found = (
        Presence.objects.filter(work_order=order, left_at=None, member__in=wanted)
        .select_related("member", "with_user", "department")
        .order_by("member__position", "member_id")
    )
    missing = wanted.keys() - {presence.member_id for presence in found}
    if missing:
        sentence = _("%(name)s is not in the house now.")
        raise Refused(sentence % {"name": wanted[min(missing)].name})
    return list(found)


def offers_of(presences: Iterable[Presence]) -> dict[int, HandOff]:
    """The open hand-offs of those who are here, by member."""
    rows = HandOff.objects.open().filter(member__in=[presence.member_id for presence in presences])
    people = ("giver", "receiver", "member", "from_department", "to_department__branch")
    return {row.member_id: row for row in rows.select_related(*people)}


# --- May they -----------------------------------------------------------------------------------
def check_serves(user: User, order: WorkOrder) -> None:
    """Somebody of this branch who meets customers."""
    if place_of(user, order.branch) is None:
        sentence = _("%(name)s does not serve customers in this branch.")
        raise NotAllowed(sentence % {"name": user.spoken_name})


def check_department(order: WorkOrder, department: Department) -> None:
    if department.branch_id != order.branch_id:
        raise NotAllowed(_("This department belongs to another branch."))


def check_giver(presence: Presence, *, by: User, free: bool) -> None:
    if by.pk != presence.with_user_id and not free:
        sentence = _(
            "%(name)s is with %(colleague)s: only they, the owner or a manager hand over from there."
        )
        raise NotAllowed(
            sentence % {"name": presence.member.name, "colleague": presence.with_user.spoken_name}
        )


def check_route(
    presence: Presence, *, order: WorkOrder, looks: list[Look], to: Department, free: bool, why: str
) -> None:
    """R4.1: nobody leaves the front desk without a sheet. R5.2: elsewhere than the route only with a reason.

    Within one department (somebody relieves a colleague) there is no route to leave.
    """
    here = presence.department
    if here.pk == to.pk:
        return
    leaves_for_shoot = here.kind == DepartmentKind.FRONT_DESK and is_shoot_day(order)
    if leaves_for_shoot and order.sheet_issued_at is None:
        raise Refused(_("Issue the work-order sheet first: customer and sheet go to the artist together."))
    if to.kind == next_stop(presence, order=order, looks=looks):
        return
    if not free:
        sentence = _(
            "The route does not lead to %(department)s now. The owner or a manager may send them there."
        )
        raise NotAllowed(sentence % {"department": to.name})
    if not why:
        sentence = _("The route does not lead to %(department)s now. Say why they go there.")
        raise NeedsReason(sentence % {"department": to.name})


def check_takes_over(user: User, department: Department, *, givers: Iterable[int], now: datetime) -> None:
    """Only somebody of the receiving department, never the giver (R5.1)."""
    if not works_in(user, department, now=now):
        sentence = _("Only somebody of %(department)s takes over here.")
        raise NotAllowed(sentence % {"department": department.name})
    if user.pk in set(givers):
        raise NotAllowed(_("Who brings a customer cannot be who receives them: ask a colleague."))


def check_receivers(rows: Iterable[HandOff], *, by: User, now: datetime) -> None:
    """The same for each hand-off, asked once for each department."""
    groups: dict[int, list[HandOff]] = {}
    for row in rows:
        groups.setdefault(row.to_department_id, []).append(row)
    for group in groups.values():
        check_takes_over(by, group[0].to_department, givers=[row.giver_id for row in group], now=now)
