"""What was recorded otherwise at the time is put right afterwards, with the true times (F9).

`presences.rewrite` is the door; this module says what it does to the stays: what lies within the span is
superseded, what reaches beyond it is kept on both sides, and nothing is ever deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db.models import Q
from django.utils.translation import gettext as _

from workflow.models import Presence, Stay
from workflow.refusals import Refused


class DoesNotFit(Refused):
    """These times cannot be true; the sentence says why."""

    status = 422


@dataclass(frozen=True)
class Span:
    """From `since` to `until`; None: still so."""

    since: datetime
    until: datetime | None


def check(presence: Presence, spans: Sequence[Span], *, now: datetime) -> None:
    """One after the other without a hole or an overlap, between the door and the door, and not to come."""
    if not spans:
        raise DoesNotFit(_("Say who had them, from when to when."))
    for span in spans:
        if span.until is not None and span.until < span.since:
            raise DoesNotFit(_("This ends before it begins."))
        if span.since > now or (span.until is not None and span.until > now):
            raise DoesNotFit(_("This lies in the future."))
    for one, after in pairwise(spans):
        if one.until is None or after.since < one.until:
            raise DoesNotFit(_("They were with two people at once: these times overlap."))
        if after.since > one.until:
            raise DoesNotFit(
                _("Between these times nobody is named: say who had them, or that they stood alone.")
            )
    if spans[0].since < presence.arrived_at:
        raise DoesNotFit(_("This lies before they arrived."))
    end = spans[-1].until
    if presence.left_at is not None and (end is None or end > presence.left_at):
        raise DoesNotFit(_("This lies after they left the house."))


def within(presence: Presence, span: Span) -> list[Stay]:
    """The standing stays of which a part, or all, lies in the span; moments inside it too."""
    rows = Stay.objects.standing().filter(presence=presence).exclude(until__lte=span.since)
    inside = Q(since__lt=span.until) if span.until is not None else Q()
    return list(rows.filter(inside).order_by("since", "until", "pk"))


def rest_of(stay: Stay, span: Span) -> list[Stay]:
    """What of a superseded stay lies before and after the span, as rows of its own."""
    rest = []
    if stay.since < span.since:
        rest.append(copy_of(stay, stay.since, span.since))
    if span.until is not None and (stay.until is None or stay.until > span.until):
        rest.append(copy_of(stay, span.until, stay.until))
    return rest


def copy_of(stay: Stay, since: datetime, until: datetime | None) -> Stay:
    """The same fact, shorter: who pressed it, and when, stays as it was."""
    kept = ("presence", "kind", "user", "department", "look", "hand_off", "written_by", "record")
    values = {f"{name}_id": getattr(stay, f"{name}_id") for name in kept if name != "kind"}
    return Stay(
        **values, kind=stay.kind, place=stay.place, since=since, until=until, written_at=stay.written_at
    )
