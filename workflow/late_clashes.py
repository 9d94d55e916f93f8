"""Two people say two things about one moment (F9): both see it, and one of those who may settles it.

What was pressed without network does not fit the record that others wrote meanwhile. The record stands until
somebody says that it was as it was pressed; either way the reason is kept.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.foundation.audit import acting
from studio.outbox import alerts
from studio.outbox.watching import managers_of
from studio.staff.models import Branch, Department, User
from workflow import looks, presences, stages
from workflow.handoffs import answers_for, place_of, speaks_for_all
from workflow.late_fitting import Verdict, Whereabouts, of_member
from workflow.lines import listed
from workflow.models import (
    HandOff,
    LateRecord,
    LateState,
    Look,
    Stay,
    StayKind,
    WorkOrder,
    WorkOrderEvent,
)
from workflow.presences import Hands
from workflow.refusals import NeedsReason, NotAllowed, Refused

RING = "late_clash"
SAYS_WHERE = {
    "accept",
    "together",
    "take_care",
    "alone",
    "step_out",
    "come_back",
    "location",
    "location_back",
}
"""Kinds that say with whom somebody was: only these can be put in place of what the record says."""


# --- Opened ----------------------------------------------------------------------------------------
def open_clash(record: LateRecord, verdict: Verdict, order: WorkOrder, *, now: datetime) -> None:
    """Kept with what stood there instead, and both hear of it; so do the owner and the managers."""
    stood = verdict.stood
    record.state = LateState.CLASH
    record.clash = {
        "code": verdict.code,
        "stay": stood.pk if stood else None,
        "user": stood.user_id if stood else None,
        "department": stood.department_id if stood else None,
        "kind": stood.kind if stood else "",
        "since": stood.since.isoformat() if stood else None,
        "until": stood.until.isoformat() if stood and stood.until else None,
    }
    record.save(update_fields=["state", "clash"])
    alerts.ring(
        concerned(record, order, now=now),
        RING,
        branch=record.branch,
        about=str(record.pk),
        now=now,
        link=address(record),
        parameters={"record": record.pk},
    )


def address(record: LateRecord) -> str:
    return reverse("workflow:late_clash", args=[record.pk])


def concerned(record: LateRecord, order: WorkOrder, *, now: datetime) -> list[User]:
    """Who pressed, who stood there instead, the owner (or who acts for them), the managers."""
    other = User.objects.filter(pk=record.clash.get("user") or 0).first()
    people = [record.actor, other, answers_for(order, now=now), *managers_of(record.branch)]
    return [person for person in people if person is not None and place_of(person, record.branch)]


# --- Read ------------------------------------------------------------------------------------------
def of_order(order: WorkOrder) -> list[LateRecord]:
    return list(rows().filter(work_order=order))


def of_branch(branch: Branch) -> list[LateRecord]:
    return list(rows().filter(branch=branch))


def rows() -> Any:
    return LateRecord.objects.clashes().select_related(
        "actor", "branch", "work_order__branch", "work_order__booking__customer__owner"
    )


def of_people(users: Iterable[User], branch: Branch, now: datetime) -> list[LateRecord]:
    """On the day of who pressed, of who stood there instead, and of whose customer it is."""
    ids = [user.pk for user in users]
    mine = Q(actor__in=ids) | Q(clash__user__in=ids) | Q(work_order__booking__customer__owner__in=ids)
    return list(rows().filter(mine, branch=branch))


@dataclass(frozen=True)
class Both:
    """The two sides of a clash, with names, for who is to settle it."""

    record: LateRecord
    names: str
    to: Department | None
    look: Look | None
    stood: Stay | None
    until: datetime | None
    can_be_pressed: bool


def both(record: LateRecord) -> Both:
    members = record.work_order.booking.customer.members.filter(pk__in=record.told.get("members", []))
    there = whereabouts(record)
    stood = Stay.objects.filter(pk=record.clash.get("stay") or 0).select_related("user", "department").first()
    return Both(
        record=record,
        names=listed(member.name for member in members),
        to=Department.objects.filter(pk=record.told.get("to") or 0).first() or department_told(record),
        look=Look.objects.filter(pk=record.told.get("look") or 0).first(),
        stood=stood,
        until=end_of_claim(record, there[0]) if there else None,
        can_be_pressed=bool(there and record.kind in SAYS_WHERE)
        or (record.kind == "look_shot" and record.clash.get("code") == "look_undone"),
    )


def department_told(record: LateRecord) -> Department | None:
    row = (
        HandOff.objects.filter(pk__in=record.told.get("hand_offs", []))
        .select_related("to_department")
        .first()
    )
    return row.to_department if row else None


def whereabouts(record: LateRecord) -> list[Whereabouts]:
    found = [
        of_member(record.work_order, member, record.happened_at) for member in record.told.get("members", [])
    ]
    return [one for one in found if one is not None] if all(found) else []


# --- Settled ---------------------------------------------------------------------------------------
def may_settle(user: User, record: LateRecord, *, now: datetime) -> bool:
    """The owner and who acts for them, a manager, or one of the two."""
    if place_of(user, record.branch) is None:
        return False
    two = {record.actor_id, record.clash.get("user")}
    return user.pk in two or speaks_for_all(user, record.work_order, now=now)


def settle(record: LateRecord, *, as_pressed: bool, why: str, by: User, now: datetime) -> LateRecord:
    """It was as it is recorded, or as it was pressed: then the record of the house is put right. A clash that
    is settled stays as it was settled."""
    why = why.strip()
    if not why:
        raise NeedsReason(_("Say how you know: it is kept with the record."))
    with transaction.atomic(), acting(by):
        order = stages.lock(record.work_order)
        order.branch = record.work_order.branch
        record = LateRecord.objects.select_for_update(no_key=True, of=("self",)).get(pk=record.pk)
        if record.state == LateState.SETTLED:
            return record
        if not may_settle(by, record, now=now):
            raise NotAllowed(_("Only the two, the owner or a manager settle this."))
        if as_pressed:
            put_right(record, order, by=by, now=now)
        record.state, record.settled_by, record.settled_at = LateState.SETTLED, by, now
        record.why = why[:200]
        record.clash = {**record.clash, "kept": "pressed" if as_pressed else "recorded"}
        record.save(update_fields=["state", "settled_by", "settled_at", "why", "clash"])
        WorkOrderEvent.objects.create(
            work_order=order,
            actor=by,
            at=now,
            kind="late_settled",
            parameters={"record": record.pk, "kept": record.clash["kept"]},
        )
        return record


def put_right(record: LateRecord, order: WorkOrder, *, by: User, now: datetime) -> None:
    if record.kind == "look_shot":
        look = Look.objects.filter(pk=record.told.get("look") or 0, work_order=order).first()
        if look is None:
            raise Refused(_("This look is not on the order any more."))
        looks.tick_look(look, by=record.actor, now=record.happened_at)
        return
    there = whereabouts(record)
    if record.kind not in SAYS_WHERE or not there:
        raise Refused(_("Nothing on the record can be put in its place: settle it as it is recorded."))
    told_now = copy(record)
    told_now.received_at = now  # what ended since it came in is no future any more
    for one in there:
        piece = presences.Piece(claimed(record, one), record.happened_at, end_of_claim(record, one))
        presences.rewrite(one.presence, [piece], record=told_now, by=by)


def claimed(record: LateRecord, there: Whereabouts) -> Hands:
    """In whose hands they were from that moment on, as it was pressed."""
    place, department = record.told.get("place", ""), there.at_that_time.department
    escort = User.objects.filter(pk=record.told.get("escort") or 0).first() or record.actor
    if record.kind == "alone":
        return Hands(None, department, StayKind.ALONE)
    if record.kind == "step_out":
        return Hands(escort, department, StayKind.STEPPED_OUT, place)
    if record.kind == "location":
        return Hands(escort, department, StayKind.ON_LOCATION, place)
    return Hands(record.actor, department_told(record) or to_of(record) or department)


def to_of(record: LateRecord) -> Department | None:
    return Department.objects.filter(pk=record.told.get("to") or 0, branch=record.branch).first()


def end_of_claim(record: LateRecord, there: Whereabouts) -> datetime | None:
    """Until when it was so: to the end of the stay of that time, and of those after it in the department that
    was pressed, where a colleague is on the record instead. None: until now."""
    goes_to = to_of(record) or department_told(record)
    until = there.at_that_time.until
    later = Stay.objects.standing().filter(
        presence=there.presence, since__gt=there.at_that_time.since
    ).order_by("since", "until", "pk")  # fmt: skip
    for stay in later:
        if goes_to is None or stay.department_id != goes_to.pk:
            break
        until = stay.until
    return until
