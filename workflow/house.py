"""In the house (在店): every member of every party, with whom, since when, and where next (R5.1, R5.6)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch
from django.utils.functional import cached_property

from bookings import balances
from bookings.models import Appointment, AppointmentKind
from customers.models import Member
from studio.staff.duties import acting_for, deputies_on
from studio.staff.models import Branch, Department, LeaveDay, User
from studio.staff.models.branch import DepartmentKind
from workflow import assistants, house_rules
from workflow import house_dates as dates
from workflow.assistants import Found
from workflow.house_dates import booked_person
from workflow.left_behind import left_since
from workflow.lines import Line, guests, line_for, listed
from workflow.models import HandOff, HouseRules, Look, Presence, StayKind, WorkOrder
from workflow.route import looks_of_day, next_look, next_stop, round_of


@dataclass
class Care:
    """Members of one party who are together: one row of the house."""

    order: WorkOrder
    members: list[Member]
    with_user: User
    department: Department
    since: datetime
    arrived_at: datetime
    now: datetime
    next_kind: str | None
    next_department: Department | None
    hand_offs: list[HandOff] = field(default_factory=list)
    off: dict[int, LeaveDay] = field(default_factory=dict)
    kind: str = StayKind.WITH
    place: str = ""
    left_at: datetime | None = None
    rules: HouseRules = field(default_factory=HouseRules)
    assistants: Found = field(default_factory=dict)

    @property
    def key(self) -> str:
        """For ids in the page: stable while the row stays what it is."""
        return f"{self.order.pk}-{self.members[0].pk}"

    @property
    def hand_off(self) -> HandOff | None:
        return self.hand_offs[0] if self.hand_offs else None

    @property
    def names(self) -> str:
        """As the house calls them; a whole party goes by the name on the file."""
        customer = self.order.booking.customer
        if len(self.members) > 1 and len(self.members) == len(customer.members.all()):
            return customer.name
        return listed(member.name for member in self.members)

    @property
    def greeted(self) -> str:
        """As one greets them, for a screen that everybody sees (R9.9)."""
        return guests(self.members)

    @cached_property
    def looks(self) -> list[Look]:
        return looks_of_day(self.order)

    @property
    def look(self) -> Look | None:
        """The look that is being styled or shot."""
        on_the_way = self.next_kind is not None or self.hand_off is not None
        return next_look(self.looks) if on_the_way else None

    @property
    def round(self) -> int:
        return round_of(self.looks)

    @property
    def is_unattended(self) -> bool:
        """Nobody is with them (R5.1): it was said so, or whoever has them has left the house, for good or
        ill (`left_at`), which becomes a gap at the next look."""
        return self.kind == StayKind.ALONE or self.left_at is not None

    @property
    def alone_since(self) -> datetime | None:
        return self.since if self.kind == StayKind.ALONE else self.left_at

    @property
    def waits_too_long(self) -> bool:
        """Who is out together needs no bell in the house (R5.6)."""
        if self.hand_off is None or self.is_on_location:
            return False
        return self.now - self.hand_off.offered_at >= house_rules.patience(self.rules)

    @property
    def is_alarm(self) -> bool:
        return self.is_unattended or self.waits_too_long

    @property
    def red_since(self) -> datetime:
        """Since when nobody is with them, or somebody waits for them to be taken over."""
        return self.alone_since or (self.hand_off.offered_at if self.hand_off else self.since)

    @property
    def is_out(self) -> bool:
        """Stepped out, with somebody (R5.6)."""
        return self.kind == StayKind.STEPPED_OUT

    @property
    def is_on_location(self) -> bool:
        return self.kind == StayKind.ON_LOCATION

    @property
    def room(self) -> str:
        """The room that is held for the look they are on."""
        return dates.room_of(self.order, self.department.kind, self.look)

    @property
    def due_at(self) -> datetime | None:
        """When they are to go on from here, as it was planned for this look."""
        return dates.due_at(self.order, self.department.kind, self.next_kind, self.looks)

    @property
    def is_at_desk(self) -> bool:
        return self.department.kind == DepartmentKind.FRONT_DESK

    @property
    def needs_sheet(self) -> bool:
        """Nobody leaves the front desk for the shoot without the sheet (R4.1)."""
        is_first = self.is_at_desk and self.next_kind == DepartmentKind.STYLING
        return is_first and self.order.sheet_issued_at is None

    @property
    def acting_owner(self) -> User | None:
        """Who does the owner's work today (R8.1)."""
        owner = self.order.booking.customer.owner
        return acting_for(owner, self.off) if owner else None

    @property
    def givers(self) -> set[int]:
        """Who sees the button to hand them over; managers see it besides."""
        acting = self.acting_owner
        owner = self.order.booking.customer.owner_id
        return {self.with_user.pk, owner or 0, acting.pk if acting else 0}

    def receiver_name(self, department: Department) -> str:
        """Whom the giver will find there: the booked artist or photographer, the owner at the front desk; or
        who stands in for them."""
        if department.pk == self.department.pk:
            return ""
        if department.kind == DepartmentKind.FRONT_DESK:
            return self.acting_owner.spoken_name if self.acting_owner else ""
        person = booked_person(self.order, department.kind)
        return acting_for(person, self.off).spoken_name if person else ""

    def line_to(self, department: Department, *, receiver: User | None = None) -> Line:
        """What is said when they are brought there (R5.3); the receiver's assistant is introduced too."""
        assistant = self.assistants.get((self.order.pk, department.kind))
        return line_for(
            from_kind=self.department.kind,
            to_kind=department.kind,
            members=self.members,
            giver=self.with_user,
            owner=self.order.booking.customer.owner,
            receiver_name=receiver.spoken_name if receiver else self.receiver_name(department),
            receiver=receiver,
            assistant=assistant.spoken_name if assistant and assistant != receiver else "",
            looks=self.looks,
            round=self.round,
        )

    @property
    def line(self) -> Line | None:
        """The line for the way that is offered, else for the next one."""
        department = self.hand_off.to_department if self.hand_off else self.next_department
        return self.line_to(department) if department else None


def presences() -> "Iterable[Presence]":
    """Open presences with all that a row of the house reads."""
    shoots = Appointment.objects.filter(kind=AppointmentKind.SHOOT).prefetch_related(
        "allocations__resource__user"
    )
    return (
        Presence.objects.filter(left_at=None)
        .select_related(
            "member", "with_user", "department", "work_order__branch", "work_order__booking__customer__owner"
        )
        .prefetch_related(
            "work_order__looks",
            "work_order__reshoots__appointment",
            "work_order__booking__customer__members",
            "work_order__booking__customer__taboos",
            Prefetch("work_order__booking__appointments", shoots),
        )
        .order_by("arrived_at", "work_order", "member__position", "member")
    )


def in_house(branch: Branch, *, now: datetime) -> list[Care]:
    """Everybody in the branch's house, in the order in which they came."""
    here = presences().filter(work_order__branch=branch)  # type: ignore[attr-defined]
    return together(here, branch=branch, now=now, money=False)


def of_order(order: WorkOrder, *, now: datetime) -> list[Care]:
    return together(presences().filter(work_order=order), branch=order.branch, now=now)  # type: ignore[attr-defined]


def with_people(users: Iterable[User], branch: Branch, *, now: datetime) -> list[Care]:
    """Who is with these colleagues now."""
    mine = presences().filter(work_order__branch=branch, with_user__in=list(users))  # type: ignore[attr-defined]
    return together(mine, branch=branch, now=now)


def offered_to(departments: Iterable[int], branch: Branch, *, now: datetime) -> list[Care]:
    """Who is brought to these departments and waits to be taken over, longest first."""
    open_there = HandOff.objects.open().filter(to_department__in=list(departments))
    brought = presences().filter(  # type: ignore[attr-defined]
        work_order__branch=branch, member__in=open_there.values("member")
    )
    rows = [row for row in together(brought, branch=branch, now=now) if row.hand_offs]
    return sorted(rows, key=lambda row: row.hand_offs[0].offered_at)


def together(found: Iterable[Presence], *, branch: Branch, now: datetime, money: bool = True) -> list[Care]:
    """Members of one party with the same person since the same moment, on the same way, share a row."""
    rows = list(found)
    departments = {department.kind: department for department in Department.objects.filter(branch=branch)}
    waiting = (
        HandOff.objects.open()
        .filter(member__in=[presence.member_id for presence in rows])
        .select_related("to_department", "giver", "look")
    )
    offers = {row.member_id: row for row in waiting}
    off = deputies_on(branch.today(now), branch) if rows else {}
    if money:
        balances.count(presence.work_order.booking for presence in rows)
    rules = house_rules.of(branch) if rows else HouseRules()
    left = left_since(now, branch=branch) if rows else {}
    helpers = assistants.on(presence.work_order for presence in rows)
    groups: dict[tuple, Care] = {}
    for presence in rows:
        order, offer = presence.work_order, offers.get(presence.member_id)
        going = (offer.to_department_id, offer.offered_at) if offer else None
        key = (
            order.pk,
            presence.with_user_id,
            presence.department_id,
            presence.kind,
            presence.place,
            presence.since,
            going,
        )
        if key not in groups:
            kind = next_stop(presence, order=order, looks=looks_of_day(order))
            groups[key] = Care(
                order=order,
                members=[],
                with_user=presence.with_user,
                department=presence.department,
                since=presence.since,
                arrived_at=presence.arrived_at,
                now=now,
                next_kind=kind,
                next_department=departments.get(kind) if kind else None,
                off=off,
                kind=presence.kind,
                place=presence.place,
                left_at=left[presence.pk] or now if presence.pk in left else None,
                rules=rules,
                assistants=helpers,
            )
        groups[key].members.append(presence.member)
        if offer:
            groups[key].hand_offs.append(offer)
    return list(groups.values())
