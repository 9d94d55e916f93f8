"""Who has the customer now (not who owns them); and who serves meanwhile, serves at once (R1.4, R5.1)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.registries import Holder
from studio.staff.duties import who_acts_for
from studio.staff.models import User
from workflow import rotation, visits
from workflow.lines import listed
from workflow.models import Presence, StayKind, Visit


def holders_of(customer: Customer, now: datetime) -> Iterable[Holder]:
    """With whom the members of the party are, by the hand-offs; before that, who receives them.

    Nobody has who stands alone: such a holder has no user (R5.1)."""
    found = Presence.objects.filter(member__customer=customer, left_at=None).select_related(
        "member", "with_user", "department"
    )
    groups: dict[tuple, list[Presence]] = {}
    for presence in found.order_by("arrived_at", "pk"):
        key = (presence.with_user_id, presence.department_id, presence.kind, presence.place, presence.since)
        groups.setdefault(key, []).append(presence)
    if groups:
        return [
            Holder(
                user=None if rows[0].is_alone else rows[0].with_user,
                where=where(rows[0]),
                since=rows[0].since,
                whom="" if len(groups) == 1 else listed(row.member.name for row in rows),
            )
            for rows in groups.values()
        ]
    return [
        Holder(user=visit.consultant, where=_("being received"), since=visit.arrived_at)
        for visit in open_visits(customer, now)
    ]


def where(presence: Presence) -> str:
    """In a department, out for a moment, on location, or alone."""
    if presence.kind == StayKind.WITH:
        return presence.department.name
    place = presence.place or presence.department.name
    return _("%(what)s: %(place)s") % {"what": StayKind(presence.kind).label, "place": place}


def open_visits(customer: Customer, now: datetime) -> Iterable[Visit]:
    """Their visits of today that have not ended; one that nobody ended yesterday holds nobody."""
    start = customer.branch.day_bounds(customer.branch.today(now))[0]
    return customer.visits.open().filter(arrived_at__gte=start).select_related("consultant", "branch")


def serve_from_now(customer: Customer, to: User, by: User | None, now: datetime) -> bool:
    """Somebody else serves them from here; whose customer they are is for a manager to decide."""
    rotation.locked_day(customer.branch, now)
    rows = [visit for visit in open_visits(customer, now) if visit.consultant_id != to.pk]
    for visit in rows:
        visits.pass_on(visit, to=to, why=_("Serves them from now on."), by=by, now=now)
    return bool(rows)


def asks_for_first(visit: Visit, now: datetime) -> User | None:
    """Whom “my first consultant, please” means: the owner or who acts for them; None where they serve."""
    owner = visit.customer.owner if visit.customer else None
    if owner is None:
        return None
    acting = who_acts_for(owner, branch=visit.branch, day=visit.branch.today(now))
    return None if visit.consultant_id in {owner.pk, acting.pk} else acting
