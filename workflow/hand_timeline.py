"""From hand to hand in an order's history: with whom each of them was, side trips, gaps, returns (R5)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.staff.models import User
from workflow.lines import listed
from workflow.models import HandOff, HandOffState, Stay, StayKind, WorkOrder

Row = tuple[datetime, User | None, str, str]
ICONS = {
    StayKind.WITH: "hand-helping",
    StayKind.STEPPED_OUT: "footprints",
    StayKind.ON_LOCATION: "map-pin",
    StayKind.ALONE: "siren",
}


def of_order(order: WorkOrder) -> list[Row]:
    """(when, who pressed, the sentence, its icon); two questions, however long the day was."""
    return [*stays(order), *ended(order)]


def stays(order: WorkOrder) -> list[Row]:
    rows = (
        Stay.objects.standing()
        .filter(presence__work_order=order)
        .select_related("user", "department", "written_by", "presence__member")
        .order_by("since", "presence__member__position", "presence")
    )
    groups: dict[tuple, list[Stay]] = {}
    for row in rows:
        until = row.until if row.kind == StayKind.ALONE else None  # a gap tells its length
        key = (row.since, until, row.kind, row.user_id, row.department_id, row.place)
        groups.setdefault(key, []).append(row)
    return [
        (found[0].since, found[0].written_by, sentence(found), ICONS[StayKind(found[0].kind)])
        for found in groups.values()
    ]


def sentence(found: list[Stay]) -> str:
    first = found[0]
    words = {
        "names": listed(row.presence.member.name for row in found),
        "colleague": first.user.spoken_name if first.user else "",
        "department": first.department.name,
        "place": first.place,
    }
    if first.kind == StayKind.ALONE:
        return gap(first, words)
    if first.kind == StayKind.STEPPED_OUT:
        return _("%(names)s stepped out with %(colleague)s: %(place)s") % words
    if first.kind == StayKind.ON_LOCATION:
        return _("%(names)s on location with %(colleague)s: %(place)s") % words
    return _("%(names)s: with %(colleague)s, %(department)s") % words


def gap(stay: Stay, words: dict[str, str]) -> str:
    """How long nobody was with them; while it lasts only that it does."""
    if stay.until is None:
        return _("%(names)s: nobody is with them") % words
    minutes, seconds = divmod(int((stay.until - stay.since).total_seconds()), 60)
    if minutes:
        return ngettext(
            "%(names)s: nobody was with them for %(minutes)d minute",
            "%(names)s: nobody was with them for %(minutes)d minutes",
            minutes,
        ) % {**words, "minutes": minutes}
    return ngettext(
        "%(names)s: nobody was with them for %(seconds)d second",
        "%(names)s: nobody was with them for %(seconds)d seconds",
        seconds,
    ) % {**words, "seconds": seconds}


def ended(order: WorkOrder) -> Iterable[Row]:
    """Offers that came to nothing: returned with a reason (R5.4), or taken back."""
    rows = (
        HandOff.objects.filter(
            work_order=order,
            state__in=[HandOffState.RETURNED, HandOffState.WITHDRAWN],
            ended_at__isnull=False,
        )
        .select_related("member", "giver", "receiver", "to_department")
        .order_by("ended_at", "pk")
    )
    groups: dict[tuple, list[HandOff]] = {}
    for row in rows:
        groups.setdefault((row.ended_at, row.state, row.to_department_id, row.giver_id), []).append(row)
    for found in groups.values():
        first = found[0]
        assert first.ended_at is not None
        words = {
            "names": listed(row.member.name for row in found),
            "department": first.to_department.name,
            "why": first.why,
        }
        if first.state == HandOffState.RETURNED:
            yield (
                first.ended_at,
                first.receiver,
                _("%(names)s: returned by %(department)s: %(why)s") % words,
                "undo-2",
            )
        else:
            yield (
                first.ended_at,
                first.giver,
                _("%(names)s: the way to %(department)s was taken back") % words,
                "undo",
            )
