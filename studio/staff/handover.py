"""The hand-over (R8.1): every case of a day off with its details, the owner's notes, the deputy's word.

The lists go to the deputy by themselves on the day, whether the hand-over was accepted or not; the word is
kept because a person has to know before the day begins, and a manager sees where it is missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from studio.foundation.audit import acting
from studio.foundation.plain_text import clean
from studio.staff.duties import Case, acting_for, deputies_between, duties, minds
from studio.staff.leaves import NotYours, locked
from studio.staff.models import Branch, CaseNote, LeaveDay, LeaveState, Membership, User
from studio.staff.models.membership import DEPARTMENTS, MANAGERS, Role

LONGEST_NOTE = 300


@dataclass
class CustomerCases:
    """What there is for one customer on the day, and what to mind first; customer None: of nobody."""

    customer: Any
    minds: list[str] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def cases_on(user: User, *, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Everything that falls to `user` on `day`, from all duties of their role, by time."""
    place = Membership.objects.active().filter(user=user, branch=branch).first()
    if place is None:
        return []
    found = [
        case
        for duty in sorted(duties, key=lambda duty: duty.order)
        if duty.cases is not None and place.role in duty.roles
        for case in duty.cases(user, branch, day, now)
    ]
    last = branch.day_bounds(day)[1]
    return sorted(found, key=lambda case: case.at or last)


def by_customer(cases: Iterable[Case]) -> list[CustomerCases]:
    """The cases under their customers, in the order of each customer's first case."""
    groups: dict[int | None, CustomerCases] = {}
    for case in cases:
        key = case.customer.pk if case.customer is not None else None
        groups.setdefault(key, CustomerCases(case.customer)).cases.append(case)
    known = [key for key in groups if key is not None]
    for mind in minds:
        for key, sentences in (mind(known) if known else {}).items():
            groups[key].minds += sentences
    return list(groups.values())


# --- Who has to do with it ----------------------------------------------------------------------
def acting_on(off: LeaveDay) -> User:
    """Who has the work of this day off: the deputy, or the end of the chain."""
    found = deputies_between(off.day, off.day, off.branch).get(off.day, {})
    # A day that is only asked for stands in nobody's way yet; its deputy's own day off counts already.
    return acting_for(off.deputy, {pk: entry for pk, entry in found.items() if pk != off.user_id})


def may_see(off: LeaveDay, place: Membership) -> bool:
    """Who is off, who stands in, managers, and the head of the department."""
    if place.role in MANAGERS or place.user_id in {off.user_id, off.deputy_id, acting_on(off).pk}:
        return True
    if place.role != Role.DEPARTMENT_HEAD:
        return False
    own = Membership.objects.active().filter(branch=off.branch_id, user=off.user_id, role__in=DEPARTMENTS)
    return own.filter(department=place.department_id).exists()


# --- Notes and the deputy's word ------------------------------------------------------------------
def write_notes(off: LeaveDay, notes: Mapping[str, str], *, by: User, now: datetime) -> list[str]:
    """What the owner tells about each case, by its key; an empty text takes a note away. The last word
    stands.

    The owner writes, and a manager who knows: somebody ill can't. Answers the texts for cases that are no
    longer to be done that day: they are not kept.
    """
    texts = {key: clean(text) for key, text in notes.items()}
    long = [key for key, text in texts.items() if len(text) > LONGEST_NOTE]
    if long:
        sentence = _("At most %(most)d characters.") % {"most": LONGEST_NOTE}
        raise ValidationError(dict.fromkeys(long, sentence))
    if by.pk != off.user_id and not is_manager(by, off):
        raise NotYours
    there = {case.key for case in cases_on(off.user, branch=off.branch, day=off.day, now=now)}
    with transaction.atomic(), acting(by):
        LeaveDay.objects.select_for_update(no_key=True, of=("self",)).get(pk=off.pk)
        before = {note.case: note for note in off.notes.all()}
        for key, text in texts.items():
            note = before.get(key)
            if key not in there or text == (note.text if note else ""):
                continue
            if not text and note:
                note.delete()
            elif note:
                note.text, note.by, note.at = text, by, now
                note.save(update_fields=["text", "by", "at"])
            else:
                CaseNote.objects.create(leave_day=off, case=key, text=text, by=by, at=now)
    return [text for key, text in texts.items() if text and key not in there]


def is_manager(user: User, off: LeaveDay) -> bool:
    return Membership.objects.active().filter(branch=off.branch_id, user=user, role__in=MANAGERS).exists()


def accept(off: LeaveDay, *, by: User, now: datetime, whole: bool = False) -> list[LeaveDay]:
    """“I take over”, in one press: for the day, or for every day of the leave that is `by`'s.

    Only who acts that day; a repeat does nothing.
    """
    with transaction.atomic(), acting(by):
        branch = locked(off.branch)
        days = LeaveDay.objects.filter(leave=off.leave_id, is_granted=True, leave__state=LeaveState.GRANTED)
        if not whole:
            days = days.filter(pk=off.pk)
        rows = list(days.filter(day__gte=branch.today(now)).select_related("user", "deputy", "branch"))
        mine = [row for row in rows if acting_on(row) == by]
        if not mine:
            raise NotYours
        LeaveDay.objects.filter(pk__in=[row.pk for row in mine], accepted_at=None).update(accepted_at=now)
        return mine


def notes_on(keys: Iterable[str], *, branch: Branch, day: date) -> dict[str, CaseNote]:
    """The notes for the cases of a day, by the key of the case: what the owner told whoever acts today."""
    notes = CaseNote.objects.filter(
        leave_day__branch=branch, leave_day__day=day, leave_day__is_granted=True, case__in=list(keys)
    )
    return {note.case: note for note in notes.select_related("by")}


# --- Today ----------------------------------------------------------------------------------------
def coming_up(branch: Branch, now: datetime) -> list[LeaveDay]:
    """Granted days off that somebody must think of now: of today, of tomorrow, and the further days of a
    leave that has begun by then; who acts stands on each as `acting`."""
    today = branch.today(now)
    rows = LeaveDay.objects.filter(
        branch=branch,
        is_granted=True,
        day__gte=today,
        leave__state=LeaveState.GRANTED,
        leave__starts_on__lte=today + timedelta(days=1),
    )
    days = list(rows.select_related("user", "deputy", "leave", "branch").order_by("day", "id"))
    if not days:
        return []
    off_by_day = deputies_between(today, days[-1].day, branch)
    for row in days:
        row.acting = acting_for(row.user, off_by_day[row.day])
    return days
