"""Visits on the customer's timeline."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.registries import TimelineEntry
from workflow.models import Visit, VisitOutcome


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `visits` of the customer's timeline: one line for each visit, with how it ended."""
    return [
        TimelineEntry(
            at=visit.arrived_at,
            actor=visit.consultant,
            text=_("Was here: %(outcome)s") % {"outcome": outcome_in_words(visit)},
            icon="door-open",
            link=visit.get_absolute_url(),
        )
        for visit in customer.visits.select_related("consultant")
    ]


def outcome_in_words(visit: Visit) -> str:
    """Won, undecided, or lost with its reason, and to which competitor."""
    if visit.outcome != VisitOutcome.LOST:
        return str(visit.get_outcome_display())
    if visit.competitor:
        words = {"outcome": visit.get_outcome_display(), "name": visit.competitor}
        return _("%(outcome)s (to the competitor %(name)s)") % words
    words = {"outcome": visit.get_outcome_display(), "reason": visit.get_loss_reason_display()}
    return _("%(outcome)s (%(reason)s)") % words
