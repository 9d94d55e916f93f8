"""The one door through which the record of the house is written (R5.1): every presence with its stays.

A stay ends in the second in which the next begins; the database looks at the end of the transaction that no
hole is left. Callers hold the lock of the order (`stages.lock`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from customers.models import Member
from studio.staff.models import Department, User
from workflow.models import HandOff, LateRecord, Look, Presence, Stay, StayKind, WorkOrder


@dataclass(frozen=True)
class Hands:
    """Where a member is from a moment on, and with whom. `user` None: with nobody, a gap."""

    user: User | None
    department: Department
    kind: StayKind = StayKind.WITH
    place: str = ""
    look: Look | None = None
    hand_off: HandOff | None = None


def begin(
    order: WorkOrder,
    members: Iterable[Member],
    hands: Hands,
    *,
    by: User | None,
    at: datetime,
    record: LateRecord | None = None,
) -> list[Presence]:
    """These members are in the door; somebody receives them at once."""
    assert hands.user is not None
    rows = Presence.objects.bulk_create(
        Presence(
            work_order=order,
            member=member,
            arrived_at=at,
            since=at,
            with_user=hands.user,
            department=hands.department,
            kind=hands.kind,
            place=hands.place,
        )
        for member in members
    )
    Stay.objects.bulk_create(stay(row, hands, at=at, by=by, record=record) for row in rows)
    return rows


def change(
    presence: Presence, hands: Hands, *, by: User | None, at: datetime, record: LateRecord | None = None
) -> Stay:
    """From `at` on the member is in these hands. Time in one day never runs backwards: two servers' clocks
    may differ, so that it is never before the stay that ends by it."""
    moment = max(at, presence.since)
    Stay.objects.standing().filter(presence=presence, until=None).update(until=moment)
    fresh = stay(presence, hands, at=moment, by=by, record=record)
    fresh.save()
    point(presence, hands, since=moment)
    return fresh


def finish(presence: Presence, *, at: datetime) -> None:
    """Out of the door."""
    moment = max(at, presence.since)
    Stay.objects.standing().filter(presence=presence, until=None).update(until=moment)
    presence.left_at = moment
    presence.save(update_fields=["left_at"])


def stay(
    presence: Presence, hands: Hands, *, at: datetime, by: User | None, record: LateRecord | None = None
) -> Stay:
    return Stay(
        presence=presence,
        kind=hands.kind,
        user=hands.user,
        department=hands.department,
        place=hands.place,
        look=hands.look,
        hand_off=hands.hand_off,
        since=at,
        written_by=by,
        record=record,
    )


def point(presence: Presence, hands: Hands, *, since: datetime) -> None:
    """The presence says what its last stay says; who had them last stays named while nobody has them."""
    if hands.user is not None:
        presence.with_user = hands.user
    presence.department, presence.kind, presence.place = hands.department, hands.kind, hands.place
    presence.since = since
    presence.save(update_fields=["with_user", "department", "kind", "place", "since"])
