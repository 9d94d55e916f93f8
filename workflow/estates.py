"""What a colleague who leaves has in hand: visits, call-backs, shared cases, customers in the house."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.staff.leaving import Estate, Heir
from studio.staff.models import Branch, User
from workflow import call_giving, rotation, shared_cases, visits
from workflow.models import (
    FollowUp,
    IncomingCall,
    IncomingCallEvent,
    IncomingState,
    Presence,
    SharedCase,
    StayKind,
    Visit,
    WorkOrder,
)

ORDER_OPEN, PROSPECT = 3, 2


def weights(branch: Branch) -> dict[int, int]:
    """How much work a customer is: one with an open order most, then who is here or being followed up."""
    orders = WorkOrder.objects.open().filter(branch=branch).values_list("booking__customer_id", flat=True)
    visiting = Visit.objects.open().filter(branch=branch, customer__isnull=False)
    plans = FollowUp.objects.running().filter(branch=branch).order_by()
    prospects = {
        *visiting.values_list("customer_id", flat=True),
        *plans.values_list("customer_id", flat=True),
    }
    return dict.fromkeys(prospects, PROSPECT) | dict.fromkeys(orders, ORDER_OPEN)


# --- Visits ----------------------------------------------------------------------------------
def open_visits(user: User, branch: Branch) -> Any:
    return Visit.objects.open().filter(branch=branch, consultant=user).order_by("pk")


def count_visits(user: User, branch: Branch, now: datetime) -> int:
    return open_visits(user, branch).count()


def move_visits(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    for visit in open_visits(user, branch):
        why = _("The colleague left the house.")
        visits.pass_on(visit, to=heir(visit.customer_id), why=why, by=by, now=now)


# --- Calls that came in ----------------------------------------------------------------------
def calls_in_hand(user: User, branch: Branch) -> Any:
    return IncomingCall.objects.exclude(state=IncomingState.DONE).filter(branch=branch, handler=user)


def count_calls(user: User, branch: Branch, now: datetime) -> int:
    return calls_in_hand(user, branch).count()


def move_calls(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    for call in calls_in_hand(user, branch).select_for_update(no_key=True, of=("self",)).order_by("pk"):
        call.handler = heir(call.customer_id)
        call.save_version("handler")
        parameters = {"to": call.handler.pk, "from": user.pk}
        IncomingCallEvent.objects.create(call=call, actor=by, at=now, kind="handed_on", parameters=parameters)


def hold_calls(branch: Branch, now: datetime) -> None:
    """Every call that is going on: whoever hands one on or opens a file from one locks the call first."""
    going_on = IncomingCall.objects.exclude(state=IncomingState.DONE).filter(branch=branch)
    list(going_on.select_for_update(no_key=True, of=("self",)).order_by("pk"))


# --- Calls that a manager gave them -------------------------------------------------------------
def count_given(user: User, branch: Branch, now: datetime) -> int:
    return call_giving.given_to(user, branch).count()


def move_given(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    """They go with their customers, to whoever owns these now."""
    call_giving.give_all_back(user, branch, by=by, now=now)


# --- Shared cases ----------------------------------------------------------------------------
def cases_of(user: User, branch: Branch) -> Any:
    mine = SharedCase.objects.open().filter(Q(first=user) | Q(second=user), branch=branch)
    return mine.select_related("customer").order_by("customer_id")


def count_cases(user: User, branch: Branch, now: datetime) -> int:
    return cases_of(user, branch).count()


def end_cases(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    """What was sold stays split; with who leaves nothing more is shared."""
    for case in cases_of(user, branch):
        shared_cases.end_share(case, by=by, now=now)


# --- Customers in the house ------------------------------------------------------------------
def with_them(user: User, branch: Branch) -> Any:
    """Whom they had last and left alone is with nobody, and keeps nobody from leaving."""
    here = Presence.objects.filter(with_user=user, work_order__branch=branch, left_at=None)
    here = here.exclude(kind=StayKind.ALONE)
    return here.select_related("work_order__booking__customer")


def count_present(user: User, branch: Branch, now: datetime) -> int:
    return with_them(user, branch).count()


def nothing_to_move(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    """Who holds a customer hands them over in person; `in_the_house` refuses before it comes to this."""


def in_the_house(user: User, branch: Branch, now: datetime) -> Iterable[Any]:
    names = {str(row.work_order.booking.customer) for row in with_them(user, branch)}
    for name in sorted(names):
        words = {"customer": name, "name": user.display_name}
        yield _("%(customer)s is in the house with %(name)s now: somebody takes them over first.") % words


VISITS = Estate(
    title=gettext_lazy("Visitors being received"),
    count=count_visits,
    move=move_visits,
    order=10,
    hold=rotation.locked_day,
)
PRESENT = Estate(
    title=gettext_lazy("Customers in the house with them"),
    count=count_present,
    move=nothing_to_move,
    order=20,
    blocks=in_the_house,
)
CASES = Estate(title=gettext_lazy("Shared cases"), count=count_cases, move=end_cases, order=40)
GIVEN = Estate(title=gettext_lazy("Calls given to them"), count=count_given, move=move_given, order=61)
CALLS = Estate(
    title=gettext_lazy("Calls and call-backs"), count=count_calls, move=move_calls, order=60, hold=hold_calls
)
