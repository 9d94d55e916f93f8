"""What rings while a customer waits between two hands, or stands alone (R5.1).

An offer that nobody took over in time rings quietly on both sides, once. A gap rings loud inside the house;
in the group chat it says where somebody is needed, and never who stands there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import local_time
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind
from studio.outbox.watching import managers_of
from studio.staff.duties import who_acts_for
from studio.staff.models import Department, User
from workflow.hand_checks import answers_for, colleagues_in
from workflow.models import HandOff, Presence, StayKind, WorkOrder

ALONE, WAITS = "left_alone", "offer_waits"
Parameters = Mapping[str, Any]


# --- Nobody is with them --------------------------------------------------------------------------
def ring_gap(order: WorkOrder, alone: list[Presence], *, by: User | None, now: datetime) -> None:
    """The owner or who acts for them, the managers and the department are told; who pressed knows it."""
    owner = answers_for(order, now=now)
    people: Iterable[User] = [
        *([owner] if owner else []),
        *managers_of(order.branch),
        *colleagues_in(alone[0].department, now=now),
    ]
    first = min(alone, key=lambda presence: presence.pk)
    alerts.ring(
        [person for person in people if by is None or person.pk != by.pk],
        ALONE,
        branch=order.branch,
        about=f"{first.pk}:{first.since.isoformat()}",
        now=now,
        link=f"{order.get_absolute_url()}#day",
        parameters={
            "order": order.pk,
            "members": [presence.member_id for presence in alone],
            "department": alone[0].department_id,
            "since": alone[0].since.isoformat(),
        },
    )


# --- Nobody took over -----------------------------------------------------------------------------
def ring_offers(now: datetime) -> int:
    """Each offer that waited too long rings once for who brings the customer and who is to take over: the
    colleague it is meant for, or the department."""
    with transaction.atomic():
        due = HandOff.objects.waiting_too_long(now)
        rows = due.select_for_update(no_key=True, skip_locked=True, of=("self",))
        people = ("giver", "meant_for", "to_department__branch", "work_order")
        found = list(
            rows.select_related(*people).order_by("work_order_id", "to_department_id", "offered_at", "pk")
        )
        HandOff.objects.filter(pk__in=[row.pk for row in found]).update(alarm_at=None)
        for _key, group in groupby(found, key=lambda row: (row.work_order_id, row.to_department_id)):
            ring_offer(list(group), now=now)
    return len(found)


def ring_offer(rows: list[HandOff], *, now: datetime) -> None:
    """Those of one party who go to the same place, in one ring."""
    first = rows[0]
    alerts.ring(
        [*(row.giver for row in rows), *receivers(first, now=now)],
        WAITS,
        branch=first.to_department.branch,
        about=str(first.pk),
        now=now,
        link=f"{first.work_order.get_absolute_url()}#day",
        parameters={
            "order": first.work_order_id,
            "members": [row.member_id for row in rows],
            "department": first.to_department_id,
            "since": first.offered_at.isoformat(),
        },
    )


def receivers(row: HandOff, *, now: datetime) -> list[User]:
    """Who should have taken over."""
    branch = row.to_department.branch
    if row.meant_for is not None:
        return [who_acts_for(row.meant_for, branch=branch, day=branch.today(now))]
    return colleagues_in(row.to_department, now=now)


# --- What they say --------------------------------------------------------------------------------
def with_names(words: Callable[[], str], **options: Any) -> AlertKind:
    """A kind whose sentence takes the party, the department and since when; two queries for a whole list."""

    def sentences(several: Sequence[Parameters]) -> list[str]:
        orders = WorkOrder.objects.select_related("booking__customer").in_bulk(
            {one.get("order", 0) for one in several}
        )
        places = Department.objects.in_bulk({one.get("department", 0) for one in several})
        return [words() % facts(one, orders, places) for one in several]

    return AlertKind(lambda one: sentences([one])[0], sentences=sentences, **options)


def facts(one: Parameters, orders: dict[int, WorkOrder], places: dict[int, Department]) -> dict[str, str]:
    order, place = orders.get(one.get("order", 0)), places.get(one.get("department", 0))
    return {
        "name": order.booking.customer.name if order else "–",
        "department": place.name if place else "–",
        "time": since_words(one),
    }


def since_words(one: Parameters) -> str:
    moment = parse_datetime(str(one.get("since") or ""))
    return local_time(moment) if moment else "–"


def gap_aloud(one: Parameters) -> str:
    """For the group chat: where, and nobody's name."""
    place = Department.objects.filter(pk=one.get("department", 0)).first()
    words = {"department": place.name if place else "–", "time": since_words(one)}
    return _("%(department)s: guests stand alone since %(time)s. Somebody please go to them.") % words


def still_alone(one: Parameters) -> bool:
    """Asked when the group chat is written to: somebody may be with them by then."""
    moment = parse_datetime(str(one.get("since") or ""))
    alone = Presence.objects.filter(member__in=one.get("members", []), left_at=None, kind=StayKind.ALONE)
    return moment is not None and alone.filter(since=moment).exists()


KINDS = {
    ALONE: with_names(
        lambda: _("%(name)s: nobody is with them since %(time)s (%(department)s)."),
        icon="siren",
        loud=True,
        aloud=gap_aloud,
        holds=still_alone,
    ),
    WAITS: with_names(
        lambda: _("%(name)s: still to be taken over (%(department)s), brought at %(time)s."),
        icon="hourglass",
        quiet=True,
    ),
}
