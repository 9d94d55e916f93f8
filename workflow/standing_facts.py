"""What stands beside the stage of an order, for the top of its page: each with who, when, why and its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from workflow import late_clashes, late_duties, standing
from workflow.gates import Missing, gates
from workflow.late_duties import Row
from workflow.models import DisruptedDate, OnHold, Reshoot, Undone, WorkOrder
from workflow.models.work_order import OPEN_STAGES


@dataclass(frozen=True)
class Facts:
    """`words` are what the apps above have to say (an unhappy customer); `clashes` what does not fit the
    record of the house."""

    on_hold: OnHold | None = None
    reshoot: Reshoot | None = None
    disrupted: Sequence[DisruptedDate] = ()
    words: Sequence[Missing] = ()
    clashes: Sequence[Row] = ()
    undone: Sequence[Undone] = ()
    settled: Sequence[Undone] = field(default=())

    @property
    def any(self) -> bool:
        return bool(self.on_hold or self.reshoot or self.disrupted or self.words or self.clashes)


def facts_of(order: WorkOrder, *, now: datetime) -> Facts:
    rows = list(order.undone.select_related("look", "by", "appointment", "promise", "settled_by"))
    return Facts(
        on_hold=standing.now_of(order),
        reshoot=open_reshoot(order),
        disrupted=disrupted(order),
        words=[one for gate in gates for one in gate.check(order, now)] if order.stage in OPEN_STAGES else [],
        clashes=[late_duties.row(record) for record in late_clashes.of_order(order)],
        undone=[row for row in rows if row.settled_at is None],
        settled=[row for row in rows if row.settled_at is not None],
    )


def open_reshoot(order: WorkOrder) -> Reshoot | None:
    rows = order.reshoots.filter(ended_at=None).select_related("appointment", "by").prefetch_related("looks")
    return rows.first()


def disrupted(order: WorkOrder) -> list[DisruptedDate]:
    """Dates of this order on a day that broke, until each is made good (R9.7); each date once."""
    rows = DisruptedDate.objects.filter(
        appointment__booking=order.booking_id, settled_at=None, disruption__ended_at=None
    )
    last = rows.values("appointment").annotate(last=Max("pk")).values("last")
    return list(rows.filter(pk__in=last).select_related("appointment", "disruption__resource"))
