"""An unhappy customer is dealt with at once (R9.3): until a manager's word the order stays open."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints import alarms
from complaints.models import Recovery
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.departures import Told
from workflow.gates import Doer, Gate, Missing
from workflow.models import Departure, Mood, Stage, WorkOrder, WorkOrderEvent
from workflow.stages import lock, try_advance

FIRST_ANSWER = timedelta(hours=1)
"""Within one to two hours (R10.4); who stands before us gets the shorter."""
ANSWERED = "first_answer"
ONE_DAY = timedelta(days=1)


class NotAManager(Exception):
    """Only a manager's word ends it."""


class NotTheirs(Exception):
    """One named person is responsible (R10.4): who has it says so here; a manager may take it over."""

    def __init__(self, taken_by: User | None) -> None:
        super().__init__(taken_by)
        self.taken_by = taken_by


def first_answers(order: OuterRef, departure: OuterRef) -> Any:
    """The event that says when somebody first spoke with them."""
    of = Cast(KeyTextTransform("departure", "parameters"), BigIntegerField())
    said = WorkOrderEvent.objects.filter(work_order=order, kind=ANSWERED)
    return said.annotate(of=of).filter(of=departure)


def unhappy(branch: Branch) -> Any:
    """Departures of customers who left unhappy, with who saw them off and whose customers they are."""
    said = first_answers(OuterRef("work_order"), OuterRef("pk"))
    return (
        Departure.objects.filter(work_order__branch=branch, mood=Mood.UNHAPPY)
        .annotate(answered_at=Subquery(said.order_by("at").values("at")[:1]))
        .select_related(
            "by",
            "work_order__branch",
            "work_order__booking__customer__owner",
            "recovery__by",
            "recovery__taken_by",
        )
        .order_by("at", "pk")
    )


def waiting(branch: Branch) -> list[Departure]:
    """Those that wait for a manager's word, the longest wait first."""
    return list(unhappy(branch).filter(Q(recovery=None) | Q(recovery__at=None)))


def of_people(users: Iterable[User], branch: Branch) -> list[Departure]:
    """Those that wait, of customers whose owners these are, or taken by them."""
    people = list(users)
    return [
        row
        for row in waiting(branch)
        if row.work_order.booking.customer.owner in people
        or (hasattr(row, "recovery") and row.recovery.taken_by in people)
    ]


# --- From the door to the word ------------------------------------------------------------------------
def open_at_once(departure: Departure, told: Told, by: User | None, now: datetime) -> None:
    """Told by `workflow` when somebody was seen off: who left unhappy is dealt with at once (R9.3). Managers
    and the owner hear it that second; who speaks to them before the door has it in hand."""
    if departure.mood != Mood.UNHAPPY:
        return
    found, is_new = Recovery.objects.get_or_create(
        departure=departure,
        defaults={
            "branch": departure.work_order.branch,
            "what": (told.what or departure.note)[:300],
            "opened_at": now,
            "answer_by": now + FIRST_ANSWER,
            "taken_by": told.speaks,
            "taken_at": now if told.speaks else None,
        },
    )
    if is_new:
        alarms.left_unhappy(found, by=by, now=now)


def take(departure: Departure, *, by: User, now: datetime) -> Recovery:
    """ "I take it": one named person is responsible from now on (R10.4). A second press changes nothing; from
    a colleague only a manager takes it over (R10.5). Raises `NotTheirs`."""
    with transaction.atomic(), acting(by):
        found = locked(departure, by=by, now=now)
        check_place(by, departure.work_order, FRONT)
        if found.at is not None or found.taken_by_id == by.pk:
            return found
        if found.taken_by_id is not None and not has_place(by, departure.work_order, MANAGERS):
            raise NotTheirs(found.taken_by)
        found.taken_by, found.taken_at = by, now
        found.save(update_fields=["taken_by", "taken_at"])
        note(departure, "recovery_taken", by=by, now=now)
        return found


def first_answer(departure: Departure, *, by: User, now: datetime) -> None:
    """Somebody has spoken with them (R10.4): the clock stops. By who has it in hand, or a manager; said once
    is enough. Who had not taken it has, by speaking."""
    with transaction.atomic(), acting(by):
        found = locked(departure, by=by, now=now)
        check_place(by, departure.work_order, FRONT)
        if found.taken_by_id is not None and found.taken_by_id != by.pk:
            if not has_place(by, departure.work_order, MANAGERS):
                raise NotTheirs(found.taken_by)
        elif found.taken_by_id is None:
            found.taken_by, found.taken_at = by, now
            found.save(update_fields=["taken_by", "taken_at"])
        said = departure.work_order.events.filter(kind=ANSWERED, parameters__departure=departure.pk)
        if not said.exists():
            note(departure, ANSWERED, by=by, now=now)


def locked(departure: Departure, *, by: User | None, now: datetime) -> Recovery:
    """The recovery as it is now; of an old departure it is opened here."""
    Departure.objects.select_for_update(no_key=True, of=("self",)).get(pk=departure.pk)
    open_at_once(departure, Told(), by, now)
    return (
        Recovery.objects.select_for_update(of=("self",)).select_related("taken_by").get(departure=departure)
    )


def note(departure: Departure, kind: str, *, by: User, now: datetime) -> None:
    WorkOrderEvent.objects.create(
        work_order=departure.work_order, actor=by, at=now, kind=kind, parameters={"departure": departure.pk}
    )


def has_place(user: User, order: WorkOrder, among: frozenset[str]) -> bool:
    return Membership.objects.active().filter(user=user, branch=order.branch_id, role__in=among).exists()


def check_place(user: User, order: WorkOrder, among: frozenset[str]) -> None:
    if not has_place(user, order, among):
        raise NotTheirs(None)


def give_word(departure: Departure, *, word: str, by: User, now: datetime) -> Recovery:
    """What was done, and how the customer stands to it, by a manager who answers for it.

    The first word stands; a repeat changes nothing. The order closes if this was the last thing.
    """
    word = word.strip()
    if not word:
        raise ValidationError({"word": _("Say what was done, and how the customer stands to it.")})
    order = departure.work_order
    if not has_place(by, order, MANAGERS):
        raise NotAManager
    with transaction.atomic(), acting(by):
        lock(order)  # before the recovery, as at the door
        said = locked(departure, by=by, now=now)
        if said.at is not None:
            return said
        said.word, said.by, said.at = word, by, now
        said.save(update_fields=["word", "by", "at"])
        note(departure, "recovered", by=by, now=now)
        try_advance(order, by, now)
    return said


def check(order: WorkOrder, now: datetime) -> list[Missing]:
    """The gate before closing."""
    return [
        Missing(
            "unhappy",
            _("They left unhappy; a manager's word is missing."),
            reverse("complaints:word", args=[departure.pk]),
            Doer.MANAGER,
            _("Give a manager's word"),
        )
        for departure in order.departures.all()
        if departure.mood == Mood.UNHAPPY and not has_word(departure)
    ]


def has_word(departure: Departure) -> bool:
    return hasattr(departure, "recovery") and departure.recovery.at is not None


GATE = Gate(
    stage_to=Stage.CLOSED,
    check=check,
    prefetch=("departures__recovery",),
    title=_("Nobody left unhappy without a manager's word"),
)


def of_managers(users: Iterable[User], branch: Branch, now: datetime) -> list[Departure]:
    """The managers' duty. It belongs to all of them, whoever is in."""
    return waiting(branch)


def of_owners(users: Iterable[User], branch: Branch, now: datetime) -> list[Departure]:
    """Those of one's own customers, and those that one has taken (R9.3)."""
    return of_people(users, branch)


def overdue(now: datetime) -> int:
    """The first answer is late (R10.4): managers and who has it in hand hear it once."""
    rows = Recovery.objects.open().filter(answer_by__lte=now, answer_by__gt=now - ONE_DAY)
    said = first_answers(OuterRef("departure__work_order"), OuterRef("departure"))
    late = rows.filter(~Exists(said)).select_related(
        "branch", "taken_by", "departure__work_order__booking__customer__owner"
    )
    return sum(alarms.answer_is_late(row, now=now) for row in late.order_by("answer_by", "pk"))
