"""Somebody is brought to a colleague by name: it rings at their phone at once (R5.1)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind
from studio.staff.duties import who_acts_for
from studio.staff.models import User
from workflow.hand_alarms import Parameters
from workflow.models import HandOff, WorkOrder

BROUGHT = "brought"


def ring_brought(rows: list[HandOff], *, now: datetime) -> None:
    """For whom they are meant, or who stands in; the same offer rings once."""
    if not rows or rows[0].meant_for is None:
        return
    first, branch = min(rows, key=lambda row: row.pk), rows[0].to_department.branch
    receiver = who_acts_for(rows[0].meant_for, branch=branch, day=branch.today(now))
    alerts.ring(
        [receiver],
        BROUGHT,
        branch=branch,
        about=str(first.pk),
        now=now,
        link="/",
        parameters={"order": first.work_order_id, "giver": first.giver_id},
    )


def sentences(several: Sequence[Parameters]) -> list[str]:
    """Who brings whom; two queries for a whole list."""
    orders = WorkOrder.objects.select_related("booking__customer").in_bulk(
        {one.get("order", 0) for one in several}
    )
    givers = User.objects.in_bulk({one.get("giver", 0) for one in several})
    found = []
    for one in several:
        order, giver = orders.get(one.get("order", 0)), givers.get(one.get("giver", 0))
        words = {
            "giver": giver.spoken_name if giver else "–",
            "name": order.booking.customer.name if order else "–",
        }
        found.append(_("%(giver)s brings you %(name)s.") % words)
    return found


KIND = AlertKind(lambda one: sentences([one])[0], icon="hand-helping", sentences=sentences)
