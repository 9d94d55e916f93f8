"""What was pressed without network comes in afterwards, with its true time (F9).

Each record is entered once, whatever is sent how often and in which order: its key comes from the page. What
fits the record of the house is carried out as it happened; what does not is a clash, shown to everybody whom
it concerns until somebody settles it. Nothing is swallowed.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import late_acts, late_clashes, stages
from workflow.late_fitting import Fit, Verdict, clash, judge
from workflow.late_kept import Kept, in_order
from workflow.models import LateRecord, LateSource, WorkOrder
from workflow.refusals import Refused


def known(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, LateRecord]:
    """What came in before: sent again, it gets the same answer."""
    return {row.key: row for row in LateRecord.objects.filter(key__in=list(keys))}


def receive(branch: Branch, records: Iterable[Kept], *, by: User, now: datetime) -> list[LateRecord]:
    """Enter these in the order in which they were pressed, each in a transaction of its own."""
    return [enter(kept, by=by, now=now) for kept in in_order(records) if kept.order.branch_id == branch.pk]


def enter(kept: Kept, *, by: User, now: datetime) -> LateRecord:
    """One press, with its time; the second time it comes nothing happens."""
    try:
        return entered(kept, by=by, now=now)
    except IntegrityError:
        # The lock of the order makes doubles wait; only for another order can the same key come in between.
        first = known([kept.key]).get(kept.key)
        if first is None:
            raise
        return first


def entered(kept: Kept, *, by: User, now: datetime) -> LateRecord:
    with transaction.atomic(), acting(by):
        order = stages.lock(kept.order)
        order.branch = kept.order.branch
        found = LateRecord.objects.filter(key=kept.key).first()
        if found is not None:
            return found
        if kept.look is not None:
            kept.look.refresh_from_db()
        verdict = judge(kept, order, now=now)
        record = LateRecord.objects.create(
            branch=order.branch,
            work_order=order,
            source=LateSource.OFFLINE,
            key=kept.key,
            kind=kept.kind,
            told=kept.told(),
            happened_at=min(kept.at, now),
            received_at=now,
            actor=kept.actor,
            entered_by=by,
        )
        if verdict.fit != Fit.CLASH:
            verdict = carried_out(kept, order, verdict, record, now=now)
        if verdict.fit == Fit.CLASH:
            late_clashes.open_clash(record, verdict, order, now=now)
        return record


def carried_out(
    kept: Kept, order: WorkOrder, verdict: Verdict, record: LateRecord, *, now: datetime
) -> Verdict:
    """The verdict as it turns out: the house itself may refuse what looked as if it fitted."""
    try:
        with transaction.atomic():
            late_acts.carry_out(kept, order, verdict, record, now=now)
            whole_day()
    except Refused:
        return clash("refused", verdict.stood)
    except IntegrityError:
        return clash("refused", verdict.stood)
    return verdict


def whole_day() -> None:
    """The rules of the record that the database looks at when a transaction ends are looked at now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
