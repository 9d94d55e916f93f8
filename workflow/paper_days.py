"""One member's day from a sheet on paper (F9): written whole where nothing was recorded, put right where the
record says otherwise."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import local_time
from studio.staff.models import User
from workflow import presences
from workflow.models import (
    HandOff,
    HandOffState,
    HandOffWay,
    LateRecord,
    Presence,
    Stay,
    StayKind,
    WorkOrder,
)
from workflow.paper_rows import Day, Fault, PaperRow
from workflow.presences import Hands, Piece


def faults(
    order: WorkOrder, day: Day, presence: Presence | None, *, leaves: bool, now: datetime
) -> list[Fault]:
    """Where the paper can't stand beside what is recorded."""
    first, last, name = day.rows[0], day.rows[-1], day.member.name
    if leaves and last.until is None:
        return [Fault(last.number, "until", _("Write when they went out of the door."))]
    if presence is not None:
        return faults_beside(day, presence, leaves=leaves)
    if last.until is None or not leaves:
        is_today = order.branch.today(day.since) == order.branch.today(now)
        if last.until is not None or not is_today:
            sentence = _("%(name)s has left by now: say so below, and how they left.")
            return [Fault(0, "left", sentence % {"name": name})]
    elsewhere = Presence.objects.filter(member=day.member).filter(Q(left_at=None) | Q(left_at__gt=day.since))
    clash = elsewhere.filter(arrived_at__lt=last.until).first() if last.until else elsewhere.first()
    is_here = Presence.objects.filter(member=day.member, left_at=None).exists()
    if clash is not None or is_here:
        sentence = _("%(name)s is in the house by the record. See them off there first.")
        return [Fault(first.number, "since", sentence % {"name": name})]
    return []


def faults_beside(day: Day, presence: Presence, *, leaves: bool) -> list[Fault]:
    """The door's two times are recorded: the paper lies between them."""
    first, last = day.rows[0], day.rows[-1]
    words = {"name": day.member.name}
    if first.since < presence.arrived_at:
        words["time"] = local_time(presence.arrived_at)
        sentence = _("%(name)s came at %(time)s by the record.")
        return [Fault(first.number, "since", sentence % words)]
    if presence.left_at is not None and (last.until is None or last.until > presence.left_at):
        words["time"] = local_time(presence.left_at)
        sentence = _("%(name)s left at %(time)s by the record.")
        return [Fault(last.number, "until", sentence % words)]
    if presence.left_at is not None and leaves:
        return [Fault(0, "left", _("That they left is recorded already."))]
    later = Stay.objects.standing().filter(presence=presence, since__gt=last.until) if last.until else None
    if leaves and later is not None and later.exists():
        sentence = _("%(name)s was still here after that, by the record.")
        return [Fault(last.number, "until", sentence % words)]
    return []


# --- Writing it ---------------------------------------------------------------------------------------
def write(
    order: WorkOrder,
    day: Day,
    presence: Presence | None,
    *,
    leaves: bool,
    record: LateRecord,
    by: User,
    now: datetime,
) -> None:
    pieces = list(pieces_of(order, day, record=record, by=by, now=now))
    if leaves:
        # Up to the door nothing comes after the last line.
        pieces[-1] = replace(pieces[-1], until=None)
    if presence is None:
        presence = begin(order, day, pieces, record=record, by=by)
    else:
        presences.rewrite(presence, pieces, record=record, by=by)
        presence.refresh_from_db()
    if leaves and presence.left_at is None and day.until is not None:
        HandOff.objects.open().filter(member=day.member).update(state=HandOffState.WITHDRAWN, ended_at=now)
        presences.finish(presence, at=day.until)


def begin(order: WorkOrder, day: Day, pieces: list[Piece], *, record: LateRecord, by: User) -> Presence:
    """Nothing was recorded: they came where the first line begins."""
    [presence] = presences.begin(order, [day.member], pieces[0].hands, by=by, at=day.since, record=record)
    for piece in pieces[1:]:
        presences.change(presence, piece.hands, by=by, at=piece.since, record=record)
    return presence


def pieces_of(order: WorkOrder, day: Day, *, record: LateRecord, by: User, now: datetime) -> Iterator[Piece]:
    """The lines as pieces of the record, each signed line with its hand-off; and the gaps that it admits."""
    before: PaperRow | None = None
    for row in day.rows:
        if before is not None and before.until is not None and row.since > before.until:
            alone = Hands(None, before.department, StayKind.ALONE)
            yield Piece(alone, before.until, row.since)
        hand_off = taken_over(order, day, before, row, by=by, now=now) if before is not None else None
        hands = Hands(row.user, row.department, StayKind(row.kind), row.place, row.look, hand_off)
        yield Piece(hands, row.since, row.until)
        before = row


def taken_over(
    order: WorkOrder, day: Day, before: PaperRow, row: PaperRow, *, by: User, now: datetime
) -> HandOff | None:
    """The signature of who took over; who only steps out stays with the same colleague."""
    if (before.user.pk, before.department.pk) == (row.user.pk, row.department.pk):
        return None
    return HandOff.objects.create(
        work_order=order,
        member=day.member,
        giver=before.user,
        from_department=before.department,
        to_department=row.department,
        receiver=row.user,
        by=by,
        way=HandOffWay.PAPER,
        look=row.look,
        round=row.look.position if row.look else 1,
        state=HandOffState.ACCEPTED,
        offered_at=row.since,
        ended_at=row.since,
        written_at=now,
    )
