"""What a page kept while the network was gone, read as strictly as a form (F9).

A form with `data-kept` is kept by `static/js/hands.js` when it is pressed without network, and sent here:

    <form method="post" action="…" data-kept="accept" data-kept-order="{{ order.pk }}">

`data-kept` is one of `KINDS`; the fields carry the names of `Kept`: `members`, `hand_off`, `to`, `look`,
`place`, `escort`, `why`; all else in the form is left behind, a PIN and a badge first of all. On a shared
tablet `who` says whose press it was, and is proved by PIN when the network is back.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from customers.models import Member
from customers.names import clean
from studio.staff.models import Branch, Department, User
from workflow.models import HandOff, Look, WorkOrder

KINDS = frozenset(
    {
        "offer",  # members, to, why
        "accept",  # hand_off
        "together",  # members, to: who presses takes them where they were brought
        "return",  # hand_off, why
        "withdraw",  # hand_off
        "look_shot",  # look
        "look_done",  # look, and then members, to: ticked and brought along in one press
        "step_out",  # members, place, escort
        "come_back",  # members
        "location",  # members, place
        "location_back",  # members
        "take_care",  # members
        "alone",  # members
    }
)
WITH_HAND_OFFS = {"accept", "return", "withdraw"}
WITH_LOOK = {"look_shot", "look_done"}
WITH_DEPARTMENT = {"offer", "together", "look_done"}
MOST_AT_ONCE = 200
MOST_IN_A_FIELD = 30
PLACE, REASON = 80, 200
YEARS = range(2000, 2200)


class Unreadable(Exception):
    """This record can never be entered: the page says why, and lets it go."""


@dataclass(frozen=True)
class Kept:
    """One press that a page kept: who (`actor`), what, for whom, and when it was really pressed."""

    key: uuid.UUID
    kind: str
    order: WorkOrder
    at: datetime
    actor: User
    members: list[Member] = field(default_factory=list)
    hand_offs: list[HandOff] = field(default_factory=list)
    to: Department | None = None
    look: Look | None = None
    place: str = ""
    escort: User | None = None
    why: str = ""

    def told(self) -> dict[str, Any]:
        """As it is kept: ids, kinds and times, never a name."""
        return {
            "members": [member.pk for member in self.members],
            "hand_offs": [row.pk for row in self.hand_offs],
            "to": self.to.pk if self.to else None,
            "look": self.look.pk if self.look else None,
            "place": self.place,
            "escort": self.escort.pk if self.escort else None,
            "why": self.why,
            "at": self.at.isoformat(),
        }


# --- Reading --------------------------------------------------------------------------------------
def key_of(raw: Any) -> uuid.UUID:
    """The name of a record, given by the page that kept it."""
    try:
        return uuid.UUID(plain(raw.get("key")) if isinstance(raw, Mapping) else "")
    except ValueError:
        raise Unreadable(_("This record has no name of its own and cannot be entered.")) from None


def read(raw: Mapping[str, Any], branch: Branch, *, actor: User) -> Kept:
    """One record of a page; `Unreadable` where it names what this branch does not have."""
    kind, at = plain(raw.get("kind")), moment_of(raw.get("at"))
    if kind not in KINDS or at is None:
        raise Unreadable(_("This record cannot be read. Enter it by hand, please."))
    fields = raw.get("fields")
    told: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}
    order = (
        WorkOrder.objects.filter(branch=branch, pk=number(raw.get("order")))
        .select_related("branch", "booking__customer__owner")
        .first()
    )
    if order is None:
        raise Unreadable(_("This order is not one of this branch."))
    hand_offs: list[HandOff] = []
    if kind in WITH_HAND_OFFS:
        # Of several with one member, the last is meant; whoever else the page names has no part in it.
        rows = HandOff.objects.filter(work_order=order, pk__in=numbers(told.get("hand_off")))
        last = {row.member_id: row for row in rows.select_related("member").order_by("pk")}
        hand_offs, members = list(last.values()), [row.member for row in last.values()]
    else:
        members = list(order.booking.customer.members.filter(pk__in=numbers(told.get("members"))))
    kept = Kept(
        key=key_of(raw),
        kind=kind,
        order=order,
        at=at,
        actor=actor,
        members=members,
        hand_offs=hand_offs,
        to=branch.departments.filter(pk=number(first(told.get("to")))).first(),
        look=order.looks.filter(pk=number(first(told.get("look")))).first(),
        place=words(told.get("place"), PLACE),
        escort=colleague(first(told.get("escort")), branch),
        why=words(told.get("why"), REASON),
    )
    if lacks(kept):
        raise Unreadable(_("This record does not say for whom it is. Enter it by hand, please."))
    return kept


def lacks(kept: Kept) -> bool:
    if kept.kind in WITH_HAND_OFFS:
        return not kept.hand_offs
    if kept.kind in WITH_LOOK and kept.look is None:
        return True
    if kept.kind in WITH_DEPARTMENT and kept.to is None:
        return True
    return kept.kind != "look_shot" and not kept.members


def plain(value: Any) -> str:
    """A word or a number as text; "" for lists in lists and the like, which no page of ours sends."""
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value)[:40] if is_plain else ""


def moment_of(value: Any) -> datetime | None:
    """A moment with its zone, of our own centuries."""
    try:
        moment = parse_datetime(plain(value))
    except ValueError:
        return None
    return moment if moment and is_aware(moment) and moment.year in YEARS else None


def several(value: Any) -> list[Any]:
    return list(value[:MOST_IN_A_FIELD]) if isinstance(value, list) else [value]


def first(value: Any) -> Any:
    return next(iter(several(value)), None)


def number(value: Any) -> int:
    """An id; 0, which nothing has, for all that is none."""
    text = plain(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0


def numbers(value: Any) -> list[int]:
    return [number(one) for one in several(value)]


def words(value: Any, most: int) -> str:
    said = first(value)
    return clean(said)[:most] if isinstance(said, str) else ""


def colleague(value: Any, branch: Branch) -> User | None:
    return colleagues(branch).filter(pk=number(value)).first()


def colleagues(branch: Branch) -> Any:
    return User.objects.filter(
        is_active=True, memberships__branch=branch, memberships__is_active=True
    ).distinct()


def in_order(records: Iterable[Kept]) -> list[Kept]:
    """As they were pressed; of the same moment as the page sent them."""
    return sorted(records, key=lambda kept: kept.at)
