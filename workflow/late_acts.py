"""What each kind of kept press does, at the time at which it was pressed (F9)."""

from datetime import datetime
from typing import Any

from django.db.models import Max, Q

from workflow import handoffs, looks, presences
from workflow.handoffs import departments_of
from workflow.late_fitting import Fit, Verdict
from workflow.late_kept import Kept
from workflow.models import (
    HandOff,
    HandOffState,
    HandOffWay,
    LateRecord,
    LookState,
    Presence,
    Stay,
    StayKind,
    WorkOrder,
)
from workflow.presences import Hands
from workflow.presses import Pressed, press


# --- As if it were that moment --------------------------------------------------------------------
def carry_out(kept: Kept, order: WorkOrder, verdict: Verdict, record: LateRecord, *, now: datetime) -> None:
    """Behind the lock of the order. `Refused` where the house does not allow it after all."""
    at = min(kept.at, now)
    if verdict.fit == Fit.INSERT:
        insert(kept, verdict, record)
    elif verdict.fit == Fit.NOW:
        before = newest(Stay.objects.filter(presence__work_order=order)), newest(order.hand_offs)
        act(kept, order, at)
        sign(kept, order, record, before)
    if kept.kind == "look_done" and verdict.fit != Fit.NOW:
        tick(kept, at)


def act(kept: Kept, order: WorkOrder, at: datetime) -> None:
    """The same press as with network, at the time at which it was pressed."""
    if kept.kind == "look_shot":
        tick(kept, at)
    elif kept.kind == "return":
        handoffs.send_back(kept.hand_offs, why=kept.why, by=kept.actor, now=at)
    else:
        pressed = Pressed(
            order=order,
            members=kept.members,
            hand_offs=kept.hand_offs,
            to=kept.to,
            look=kept.look,
            place=kept.place,
            escort=kept.escort,
            why=kept.why,
        )
        press(kept.kind, pressed, by=kept.actor, now=at)


def tick(kept: Kept, at: datetime) -> None:
    if kept.look is not None and kept.look.state != LookState.SHOT:
        looks.tick_look(kept.look, by=kept.actor, now=at)


def newest(rows: Any) -> int:
    return rows.aggregate(newest=Max("pk"))["newest"] or 0


def sign(kept: Kept, order: WorkOrder, record: LateRecord, before: tuple[int, int]) -> None:
    """The rows that came of it say that they were written later, and from which record."""
    stay, hand_off = before
    Stay.objects.filter(presence__work_order=order, pk__gt=stay).update(record=record)
    ids = [row.pk for row in kept.hand_offs]
    fresh = order.hand_offs.filter(Q(pk__gt=hand_off) | Q(pk__in=ids, state=HandOffState.ACCEPTED))
    fresh.update(way=HandOffWay.OFFLINE, written_at=record.received_at)


# --- Between two things on the record ---------------------------------------------------------------
def insert(kept: Kept, verdict: Verdict, record: LateRecord) -> None:
    """These people are in other hands for a part of the day than the record said so far."""
    for presence, since, until in verdict.spans:
        hands = hands_of(kept, presence)
        piece = presences.Piece(hands, since, until)
        presences.rewrite(presence, [piece], record=record, by=kept.actor)
        if kept.kind == "accept":
            true_time(kept, presence, since, record)


def hands_of(kept: Kept, presence: Presence) -> Hands:
    """In whose hands they are from the press on, as it says."""
    there = at_that_time(presence, kept.at)
    department = there.department if there else presence.department
    if kept.kind == "alone":
        return Hands(None, department, StayKind.ALONE)
    if kept.kind in {"step_out", "location"}:
        kind = StayKind.STEPPED_OUT if kept.kind == "step_out" else StayKind.ON_LOCATION
        return Hands(kept.escort or kept.actor, department, kind, kept.place)
    if kept.kind == "accept":
        row = next(row for row in kept.hand_offs if row.member_id == presence.member_id)
        return Hands(kept.actor, row.to_department, look=row.look, hand_off=row)
    return Hands(kept.actor, own_department(kept) or department)


def own_department(kept: Kept) -> Any:
    """Where who presses takes them: taken over together, it is where they were brought."""
    if kept.kind != "together" or kept.to is None:
        return None
    return kept.to if kept.to.pk in departments_of([kept.actor], kept.order.branch) else None


def at_that_time(presence: Presence, at: datetime) -> Stay | None:
    rows = Stay.objects.standing().filter(presence=presence, since__lte=at)
    return rows.select_related("department").order_by("-since", "-pk").first()


def true_time(kept: Kept, presence: Presence, since: datetime, record: LateRecord) -> None:
    """The hand-off says when it was really taken over."""
    row = next(row for row in kept.hand_offs if row.member_id == presence.member_id)
    HandOff.objects.filter(pk=row.pk, state=HandOffState.ACCEPTED).update(
        ended_at=max(since, row.offered_at), way=HandOffWay.OFFLINE, written_at=record.received_at
    )
