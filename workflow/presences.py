"""The one door through which the record of the house is written (R5.1): every presence with its stays.

A stay ends in the second in which the next begins; the database looks at the end of the transaction that no
hole is left. Callers hold the lock of the order (`stages.lock`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Min, Value
from django.db.models.functions import Greatest

from customers.models import Member
from studio.staff.models import Department, User
from studio.staff.models.branch import DepartmentKind
from workflow.models import HandOff, HandOffState, LateRecord, Look, Presence, Stay, StayKind, WorkOrder
from workflow.rewriting import Span, check, rest_of, within


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


# --- Whose hands ----------------------------------------------------------------------------------
WORK_ON_LOCATION = {DepartmentKind.STYLING, DepartmentKind.SHOOTING}


def taken_over(presence: Presence, hands: Hands) -> Hands:
    """The hands of who takes over. Out together, artist and photographer give and take on location as well:
    it stays "in our care, on location" until they are back (R5.6)."""
    if presence.kind != StayKind.ON_LOCATION or hands.department.kind not in WORK_ON_LOCATION:
        return hands
    return replace(hands, kind=StayKind.ON_LOCATION, place=presence.place)


def before(presence: Presence) -> Stay | None:
    """The last stay in which they were neither out for a moment nor alone: where they come back to."""
    aside = [StayKind.STEPPED_OUT, StayKind.ALONE]
    rows = Stay.objects.standing().filter(presence=presence).exclude(kind__in=aside)
    return rows.select_related("user", "department").order_by("since", "until", "pk").last()


def had_before(presence: Presence) -> User:
    """Who had them before somebody stepped out with them, or left them alone."""
    stay = before(presence)
    return stay.user if stay is not None and stay.user is not None else presence.with_user


# --- Put right afterwards -------------------------------------------------------------------------
@dataclass(frozen=True)
class Piece:
    """In these hands from `since` to `until`; None: still so."""

    hands: Hands
    since: datetime
    until: datetime | None


def rewrite(
    presence: Presence, pieces: Sequence[Piece], *, record: LateRecord, by: User | None
) -> list[Stay]:
    """What was so in this span, as a later record tells it (F9): it supersedes what was recorded at the time.

    The pieces follow one another without a hole; `Refused` says what cannot be true (order of times, future,
    before the arrival, after the door). Is the last piece still so, the presence says the same from now on,
    and an offer by whom the record does not know is taken back. When styling began is measured anew (R4.4).
    """
    whole = Span(pieces[0].since, pieces[-1].until) if pieces else None
    check(presence, [Span(piece.since, piece.until) for piece in pieces], now=record.received_at)
    assert whole is not None
    fresh = [piece for piece in pieces if piece.until is None or piece.since < piece.until]
    if not fresh:
        return []
    replaced = within(presence, whole)
    rows = [
        *(rest for old in replaced for rest in rest_of(old, whole)),
        *(written(presence, piece, by=by, record=record) for piece in fresh),
    ]
    Stay.objects.filter(pk__in=[old.pk for old in replaced]).update(superseded_by=record)
    Stay.objects.bulk_create(sorted(rows, key=lambda row: row.since))
    step_with(presence)
    measure_styling(presence.work_order_id)
    return [row for row in rows if row.record_id == record.pk]


def written(presence: Presence, piece: Piece, *, by: User | None, record: LateRecord) -> Stay:
    row = stay(presence, piece.hands, at=piece.since, by=by, record=record)
    row.until, row.written_at = piece.until, record.received_at
    return row


def step_with(presence: Presence) -> None:
    """The presence says what its last stay says by now."""
    rows = Stay.objects.standing().filter(presence=presence).select_related("user", "department")
    last = rows.order_by("since", "until", "pk").last()
    assert last is not None
    hands = Hands(last.user, last.department, StayKind(last.kind), last.place)
    if last.user is None:
        presence.with_user = had_before(presence)
    point(presence, hands, since=last.since)
    offers = HandOff.objects.open().filter(member=presence.member_id, work_order=presence.work_order_id)
    offers.exclude(giver=presence.with_user).update(
        state=HandOffState.WITHDRAWN, ended_at=Greatest(F("offered_at"), Value(last.since))
    )


def measure_styling(order_id: int) -> None:
    """Styling began with the first stay there that is held to be true (R4.4)."""
    there = Stay.objects.standing().filter(
        presence__work_order=order_id, department__kind=DepartmentKind.STYLING, user__isnull=False
    )
    first = there.aggregate(first=Min("since"))["first"]
    WorkOrder.objects.filter(pk=order_id).exclude(styling_since=first).update(styling_since=first)
