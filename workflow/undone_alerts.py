"""The owner hears at once of what was not done on the day (F2)."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.watching import managers_of
from studio.staff.duties import who_acts_for
from studio.staff.models import User
from workflow.models import Undone

KIND = "undone"


def ring_owner(undone: Undone, *, by: User | None, now: datetime) -> None:
    """Who answers for the customer today (R8.1), and without an owner the managers; not who wrote it down."""
    order = undone.work_order
    owner, branch = order.booking.customer.owner, order.branch
    if owner is None:
        people = list(managers_of(branch))
    else:
        people = [who_acts_for(owner, branch=branch, day=branch.today(now))]
    told = [person for person in people if by is None or person.pk != by.pk]
    if told:
        link = f"{order.get_absolute_url()}#undone"
        about = f"{undone.pk}:{undone.version}"
        alerts.ring(
            told, KIND, branch=branch, about=about, now=now, link=link, parameters={"undone": undone.pk}
        )


def sentences(several: Sequence[Parameters]) -> list[str]:
    """One question for a whole list."""
    ids = [one.get("undone", 0) for one in several]
    found = Undone.objects.select_related("look", "work_order__booking__customer").in_bulk(ids)
    return [sentence(found.get(pk)) for pk in ids]


def sentence(undone: Undone | None) -> str:
    if undone is None:
        return _("Something was not done on the day; it was taken back in the meantime.")
    return _("%(name)s: not done, %(what)s (%(why)s). Agree with them what becomes of it.") % {
        "name": undone.work_order.booking.customer.name,
        "what": undone.name,
        "why": undone.why,
    }


KINDS = {KIND: AlertKind(lambda one: sentences([one])[0], sentences=sentences, icon="camera-off")}
