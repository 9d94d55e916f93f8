"""Telephone calls that come in: answered at once, handed on, or parked for a timed call-back (R9.6, R1.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers import files
from customers.models import Customer
from customers.party import MemberDraft
from studio.foundation.plain_text import clean
from studio.staff.models import Branch, User
from workflow.models import IncomingCall, IncomingCallEvent, RotationRules, Visit
from workflow.models.incoming_call import IncomingCallQuerySet, IncomingState
from workflow.rotation_order import rules_of

DESCRIBED = ("caller", "number", "matter", "answer")
TRIES = 3
"""So many call-backs that nobody answered, and a manager sees it."""
FARTHEST = timedelta(days=30)
LATE_AFTER = timedelta(minutes=5)
LIVE = (IncomingState.WAITING, IncomingState.TALKING)


class IsOver(Exception):
    """The call is done; nothing more is done with it."""


def tell(call: IncomingCall, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    IncomingCallEvent.objects.create(call=call, actor=by, at=now, kind=kind, parameters=parameters)


# --- It rings, somebody answers -------------------------------------------------------------
def ring(*, branch: Branch, by: User | None, now: datetime) -> IncomingCall:
    """Somebody waits on the line: the seconds run (R9.6)."""
    with transaction.atomic():
        call = IncomingCall.objects.create(branch=branch, rang_at=now)
        tell(call, "rang", by=by, now=now)
    return call


def take(*, branch: Branch, by: User, now: datetime) -> IncomingCall:
    """One press: I have them on the line. Who talks is passed over by the rotation meanwhile."""
    with transaction.atomic():
        call = IncomingCall.objects.create(
            branch=branch, state=IncomingState.TALKING, handler=by, rang_at=now, answered_at=now
        )
        tell(call, "answered", by=by, now=now)
    return call


def answer(call: IncomingCall, *, by: User, now: datetime) -> IncomingCall:
    """I take it. Two who press at once: the first one has it, the second sees who."""
    with transaction.atomic():
        row = IncomingCall.locked(call.pk)
        if row.state == IncomingState.WAITING:
            row.state, row.handler, row.answered_at = IncomingState.TALKING, by, max(now, row.rang_at)
            row.save_version("state", "handler", "answered_at")
            tell(row, "answered", by=by, now=now)
    return row


# --- What they say --------------------------------------------------------------------------
def describe(
    call: IncomingCall, *, version: int | None, by: User, now: datetime, **fields: str
) -> IncomingCall:
    """What they told us so far: any of `DESCRIBED`. A number that we know is the known customer."""
    unknown = set(fields) - set(DESCRIBED)
    if unknown:
        raise TypeError(f"describe does not change {sorted(unknown)}")
    with transaction.atomic():
        row = IncomingCall.locked(call.pk, version=version)
        changed = [name for name, value in fields.items() if getattr(row, name) != clean(value)]
        known, before = row.customer, row.number
        for name in changed:
            setattr(row, name, clean(fields[name]))
        if "number" in changed:
            # Another number takes back whose call it was; the first one that is told does not.
            found = files.find_by_number(row.number, branch=row.branch)
            known = found or (None if before else known)
        recognised = known is not None and known.pk != row.customer_id
        if known != row.customer:
            row.customer = known
            changed.append("customer")
        if changed:
            row.save_version(*changed)
            tell(row, "described", by=by, now=now, fields=sorted(changed))
        if recognised and known is not None:
            tell(row, "recognised", by=by, now=now, customer=known.pk)
    return row


def open_file(call: IncomingCall, *, by: User, now: datetime) -> IncomingCall:
    """A new caller with a name becomes a customer of who took the call and so received them first (R1.1)."""
    with transaction.atomic():
        row = IncomingCall.locked(call.pk)
        if row.customer_id is not None:
            return row
        if not row.caller:
            raise ValidationError({"caller": _("Write down who calls, so that the file can be opened.")})
        customer = files.open_file(
            branch=row.branch,
            by=by,
            now=now,
            owner=row.handler or by,
            kind="person",
            members=[MemberDraft(row.caller)],
            phones=[row.number] if row.number else [],
        )
        row.customer = customer
        row.save_version("customer")
        tell(row, "recognised", by=by, now=now, customer=customer.pk)
    return row


# --- What becomes of it ---------------------------------------------------------------------
def going_on(pk: int) -> IncomingCall:
    row = IncomingCall.locked(pk)
    if row.state == IncomingState.DONE:
        raise IsOver
    return row


def park(call: IncomingCall, *, at: datetime, by: User, now: datetime) -> IncomingCall:
    """“We call you back at …”: a parked call becomes a timed call-back (R1.5)."""
    if at <= now:
        raise ValidationError({"call_back_at": _("This moment has passed; choose a later one.")})
    if at > now + FARTHEST:
        raise ValidationError({"call_back_at": _("Call back within thirty days.")})
    with transaction.atomic():
        row = going_on(call.pk)
        if not row.number and not has_number(row.customer):
            raise ValidationError({"number": _("Write down the number to call back.")})
        row.state, row.call_back_at, row.handler = IncomingState.PARKED, at, row.handler or by
        row.save_version("state", "call_back_at", "handler")
        tell(row, "parked", by=by, now=now, at=at.isoformat())
    return row


def has_number(customer: Customer | None) -> bool:
    return customer is not None and bool(number_of(customer))


def number_of(customer: Customer) -> str:
    numbers = (p.value for p in customer.contact_points.all() if p.kind == "phone" and not p.is_wrong)
    return next(numbers, "")


def call_now(call: IncomingCall, *, by: User, now: datetime) -> IncomingCall:
    """“I call them now”: on the telephone until it is done, or nobody answers."""
    with transaction.atomic():
        row = IncomingCall.locked(call.pk)
        if row.state == IncomingState.PARKED:
            row.state, row.handler, row.answered_at = IncomingState.TALKING, by, now
            row.save_version("state", "handler", "answered_at")
            tell(row, "called_back", by=by, now=now)
    return row


def try_again(call: IncomingCall, *, by: User, now: datetime) -> IncomingCall:
    """Nobody answered our call-back: it comes back by itself; from the third time on a manager sees it."""
    with transaction.atomic():
        row = going_on(call.pk)
        if row.call_back_at is None:
            return row
        row.tries += 1
        row.call_back_at = now + timedelta(minutes=rules_of(row.branch).call_back_after)
        row.state = IncomingState.PARKED
        row.save_version("tries", "call_back_at", "state")
        tell(row, "tried", by=by, now=now, tries=row.tries)
    return row


def hand_on(call: IncomingCall, *, to: User, by: User, now: datetime) -> IncomingCall:
    """To the owner, or to a colleague who knows; whoever has it has it to the end."""
    with transaction.atomic():
        row = going_on(call.pk)
        # Behind the lock: who leaves the house takes every open call first.
        if not files.owners_of(call.branch).filter(pk=to.pk).exists():
            raise ValidationError({"to": _("Choose a colleague of the front desk.")})
        before = row.handler
        if before == to:
            return row
        row.handler = to
        row.save_version("handler")
        tell(row, "handed_on", by=by, now=now, to=to.pk, **({"from": before.pk} if before else {}))
    return row


def finish(call: IncomingCall, *, by: User, now: datetime) -> IncomingCall:
    """Answered, and done. A repeat does nothing."""
    with transaction.atomic():
        row = IncomingCall.locked(call.pk)
        if row.state != IncomingState.DONE:
            row.state, row.ended_at, row.handler = IncomingState.DONE, now, row.handler or by
            row.answered_at = row.answered_at or now
            row.save_version("state", "ended_at", "handler", "answered_at")
            tell(row, "done", by=by, now=now)
    return row


# --- Questions ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """A call as a page shows it. `seconds` run while somebody waits or talks; `limit` is how long a caller
    may wait (R9.6); `stands_for` is the colleague whose call it is where that is not the reader."""

    call: IncomingCall
    seconds: int
    limit: int
    is_late: bool
    stands_for: User | None = None

    @property
    def is_due(self) -> bool:
        return self.call.state == IncomingState.PARKED and self.seconds >= 0

    @property
    def waits_too_long(self) -> bool:
        return self.call.state == IncomingState.WAITING and self.seconds >= self.limit

    @property
    def number(self) -> str:
        return self.call.number or (number_of(self.call.customer) if self.call.customer else "")


def line_of(call: IncomingCall, rules: RotationRules, *, now: datetime, reader: User | None = None) -> Line:
    since = {
        IncomingState.WAITING: call.rang_at,
        IncomingState.TALKING: call.answered_at or call.rang_at,
        IncomingState.PARKED: call.call_back_at or now,
    }.get(IncomingState(call.state), call.rang_at)
    seconds = int((now - since).total_seconds())
    late = call.state == IncomingState.PARKED and now - since > LATE_AFTER
    other = call.handler if reader and call.handler_id not in (None, reader.pk) else None
    return Line(call, seconds, rules.ring_at_most, late, other)


def lines_of(
    rows: Iterable[IncomingCall], branch: Branch, *, now: datetime, reader: User | None = None
) -> list[Line]:
    rules = rules_of(branch)
    return [line_of(call, rules, now=now, reader=reader) for call in rows]


def for_list(rows: IncomingCallQuerySet) -> IncomingCallQuerySet:
    return rows.select_related("customer__owner", "handler", "branch").prefetch_related(
        "customer__contact_points"
    )


def on_the_line(branch: Branch, now: datetime) -> IncomingCallQuerySet:
    """Who rings or talks right now, the longest first; what was left open yesterday is not on the line."""
    start = branch.day_bounds(branch.today(now))[0]
    back = IncomingCall.objects.on_the_line().filter(branch=branch, answered_at__gte=start)
    rows = IncomingCall.objects.on_the_line().filter(branch=branch, rang_at__gte=start)
    return for_list(rows | back).order_by("rang_at", "pk")


def left_open(branch: Branch, now: datetime) -> IncomingCallQuerySet:
    """Calls of earlier days that nobody brought to an end."""
    rows = IncomingCall.objects.on_the_line().filter(branch=branch)
    return for_list(rows.exclude(pk__in=on_the_line(branch, now).values("pk"))).order_by("rang_at", "pk")


def call_backs(branch: Branch, now: datetime, users: Iterable[User] | None = None) -> IncomingCallQuerySet:
    """Whom to call back until the end of today, the earliest first; of these people or of the branch."""
    end = branch.day_bounds(branch.today(now))[1]
    rows = IncomingCall.objects.parked().filter(branch=branch, call_back_at__lt=end)
    if users is not None:
        rows = rows.filter(handler__in=list(users))
    return for_list(rows).order_by("call_back_at", "pk")


def not_reached(branch: Branch) -> IncomingCallQuerySet:
    """Three call-backs that nobody answered: a manager decides."""
    return for_list(IncomingCall.objects.parked().filter(branch=branch, tries__gte=TRIES)).order_by(
        "call_back_at", "pk"
    )


def at_the_door(branch: Branch, now: datetime) -> list[Visit]:
    """Who has come in and whom nobody has greeted yet: who telephones ends the call soon (R1.5)."""
    start = branch.day_bounds(branch.today(now))[0]
    here = Visit.objects.open().filter(branch=branch, request__isnull=True)
    rows = here.filter(greeted_at__isnull=True, arrived_at__gte=start)
    return list(rows.select_related("customer", "consultant").order_by("arrived_at"))
