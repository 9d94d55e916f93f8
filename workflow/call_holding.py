"""Nobody is called by two at once (R3.2): whoever presses “Call” keeps the customer for a while.

It ends with the outcome, when the caller gives it up, or by itself. Who is talking with us anyway, because
they rang, is on the line too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers import consents
from customers.models import ConsentScope, Customer, Way
from studio.foundation.templatetags.studio import local_time
from studio.staff.models import User
from workflow.call_rules import rules_of
from workflow.models import CallInProgress, CallKind, CallState, CallTask, IncomingCall

LONGEST_TALK = timedelta(hours=1)
"""A call that came in and was left open for longer is forgotten, not going on."""


@dataclass(frozen=True)
class OnTheLine:
    """Who speaks with a customer at this moment, since when; `call` is what it is about, `rang`: they rang
    us, and then `user` is None as long as nobody has answered."""

    user: User | None
    since: datetime
    call: int | None = None
    rang: bool = False

    def is_by(self, person: User | None) -> bool:
        return self.user is not None and self.user == person

    @property
    def sentence(self) -> str:
        if self.user is None:
            return _("They are ringing us since %(time)s.") % {"time": local_time(self.since)}
        words = {"name": self.user.spoken_name, "time": local_time(self.since)}
        return _("%(name)s is on the line with them since %(time)s.") % words


class LineTaken(Exception):
    """Somebody else speaks with this customer: `held`."""

    def __init__(self, held: OnTheLine) -> None:
        super().__init__("on the line")
        self.held = held


class NotToCall(Exception):
    """The call is made, withdrawn, or may not be made: nobody is rung up about it."""


# --- Questions ------------------------------------------------------------------------------
def among(customers: Iterable[int], now: datetime) -> dict[int, OnTheLine]:
    """Who is on the line with these customers, by the customer's id; two queries for any number."""
    wanted = set(customers)
    if not wanted:
        return {}
    live = Q(answered_at__gt=now - LONGEST_TALK) | Q(answered_at=None, rang_at__gt=now - LONGEST_TALK)
    rang = IncomingCall.objects.on_the_line().filter(live, customer__in=wanted).select_related("handler")
    found = {
        call.customer_id: OnTheLine(call.handler, call.answered_at or call.rang_at, rang=True)
        for call in rang.order_by("-rang_at")
        if call.customer_id is not None
    }
    kept = CallInProgress.objects.filter(customer__in=wanted, until__gt=now).select_related("user")
    return found | {row.customer_id: OnTheLine(row.user, row.since, row.call_id) for row in kept}


def with_customer(customer: int, now: datetime) -> OnTheLine | None:
    return among([customer], now).get(customer)


# --- Taken and given up -----------------------------------------------------------------------
def take(call: CallTask, *, by: User, now: datetime, over: bool = False) -> OnTheLine:
    """Keep the customer of this call for `by`. Pressed again, it is kept for longer.

    Raises `LineTaken` where somebody else is on the line (but `over`: a manager takes it over), and
    `NotToCall` where there is nothing to call about any more.
    """
    with transaction.atomic():
        row = CallTask.locked(call.pk)
        customer = Customer.locked(row.customer_id)
        if row.state != CallState.OPEN or not may_be_called(row, customer):
            raise NotToCall
        held = with_customer(customer.pk, now)
        mine = held is not None and held.is_by(by)
        if held is not None and not mine and not over:
            raise LineTaken(held)
        since = held.since if held is not None and mine and held.call == row.pk else now
        until = now + timedelta(minutes=rules_of(row.branch).holds_minutes)
        CallInProgress.objects.update_or_create(
            customer=customer, defaults={"call": row, "user": by, "since": since, "until": until}
        )
        return OnTheLine(by, since, row.pk)


def may_be_called(call: CallTask, customer: Customer) -> bool:
    """About what they ordered whoever has not refused us; about anything else by their own word (R2.2)."""
    if call.kind == CallKind.FOLLOW_UP:
        return bool(consents.basis_of(customer, Way.PHONE, ConsentScope.NEWS))
    return customer.is_active and not customer.do_not_contact


def give_up(call: CallTask, *, by: User) -> bool:
    """The caller puts the receiver down without an outcome; whether anything was kept."""
    gone, _models = CallInProgress.objects.filter(customer=call.customer_id, user=by).delete()
    return bool(gone)


def check_free(call: CallTask, *, by: User, now: datetime) -> None:
    """An outcome is recorded by whoever is on the line, or by anybody while nobody is."""
    held = with_customer(call.customer_id, now)
    if held is not None and held.user is not None and not held.is_by(by):
        raise LineTaken(held)
