"""Days off (R8.1): asked for with a deputy for each day, granted by a manager, taken back, cut short.

Every function that makes somebody off or present locks the branch first, so that two grants at the same
moment come one after the other, and the second sees the circle that the first has half closed. Whoever
changes who works in the branch takes the same lock: `locked`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.foundation.plain_text import clean
from studio.foundation.templatetags.studio import local_date
from studio.staff.deputies import circle_of, may_stand_in, places_of
from studio.staff.duties import acting_for, deputies_between
from studio.staff.models import Branch, Leave, LeaveDay, LeaveKind, LeaveState, Membership, User
from studio.staff.models.membership import MANAGERS, Role

MOST_DAYS = 60
FARTHEST = timedelta(days=550)


class NotYours(Exception):
    """Only a manager, or the head of the department, decides; only one's own leave is withdrawn."""


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def deputy_field(day: date) -> str:
    """The name of the form field that asks for the deputy of `day`."""
    return f"deputy-{day.isoformat()}"


def locked(branch: Branch) -> Branch:
    """The branch, locked to the end of the transaction: the presence of its people changes one by one."""
    return Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)


# --- Who decides ------------------------------------------------------------------------------
def deciders(leave: Leave, places: Iterable[Membership]) -> set[int]:
    """Who may decide, by id: managers, and for their own people the heads of departments. Nobody decides on
    their own leave while somebody else can."""
    places = list(places)
    own = next((place for place in places if place.user_id == leave.user_id), None)
    department = own.department_id if own else None
    found = {
        place.user_id
        for place in places
        if place.role in MANAGERS
        or (
            place.role == Role.DEPARTMENT_HEAD
            and place.department_id is not None
            and place.department_id == department
        )
    }
    return found - {leave.user_id} or found


def may_decide(place: Membership, leave: Leave) -> bool:
    return place.user_id in deciders(leave, places_of(leave.branch))


def check_decider(leave: Leave, by: User) -> None:
    place = Membership.objects.active().filter(branch=leave.branch_id, user=by).first()
    if place is None or not may_decide(place, leave):
        raise NotYours


# --- Asking -----------------------------------------------------------------------------------
def ask_leave(
    *,
    user: User,
    branch: Branch,
    starts_on: date,
    ends_on: date,
    kind: str = LeaveKind.REST,
    note: str = "",
    deputies: Mapping[date, User],
    by: User,
    now: datetime,
) -> Leave:
    """Ask for days off, with a deputy for each. A `ValidationError` says at each field what is wrong:
    `starts_on`, `ends_on`, `kind`, and `deputy_field(day)` for the deputy of a day."""
    check_span(branch, starts_on, ends_on, now)
    if kind not in LeaveKind.values:
        raise ValidationError({"kind": _("Choose one of these.")})
    with transaction.atomic(), acting(by):
        branch = locked(branch)
        check_free(user, branch, starts_on, ends_on, states=(LeaveState.ASKED, LeaveState.GRANTED))
        check_deputies(user, branch, {day: deputies.get(day) for day in days_of(starts_on, ends_on)})
        return write(
            user=user, branch=branch, starts_on=starts_on, ends_on=ends_on, kind=kind, note=clean(note)[:200],
            deputies=deputies, by=by, now=now,
        )  # fmt: skip


def write(
    *, user: User, branch: Branch, starts_on: date, ends_on: date, kind: str, note: str,
    deputies: Mapping[date, User], by: User, now: datetime,
) -> Leave:  # fmt: skip
    leave = Leave.objects.create(
        branch=branch, user=user, starts_on=starts_on, ends_on=ends_on, kind=kind, note=note,
        asked_by=by, asked_at=now,
    )  # fmt: skip
    LeaveDay.objects.bulk_create(
        LeaveDay(leave=leave, branch=branch, user=user, day=day, deputy=deputies[day])
        for day in days_of(starts_on, ends_on)
    )
    return leave


def check_span(branch: Branch, starts_on: date, ends_on: date, now: datetime) -> None:
    today = branch.today(now)
    if starts_on < today:
        raise ValidationError({"starts_on": _("This day has passed.")})
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day lies before the first.")})
    if starts_on > today + FARTHEST:
        raise ValidationError({"starts_on": _("That is too far ahead: ask again nearer to it.")})
    if (ends_on - starts_on).days >= MOST_DAYS:
        message = _("At most %(most)d days at once.") % {"most": MOST_DAYS}
        raise ValidationError({"ends_on": message})


def check_free(
    user: User,
    branch: Branch,
    first: date,
    last: date,
    *,
    states: tuple[str, ...],
    besides: int | None = None,
) -> None:
    """Nobody is off twice on one day."""
    days = LeaveDay.objects.filter(
        branch=branch, user=user, day__range=(first, last), leave__state__in=states
    )
    # Days that somebody came back on hold no more.
    days = days.exclude(leave__state=LeaveState.GRANTED, is_granted=False).exclude(leave=besides)
    taken = days.order_by("day").first()
    if taken is not None:
        sentence = _("%(name)s is off on %(day)s already, or has asked for it.")
        words = {"name": user.spoken_name, "day": local_date(taken.day)}
        raise ValidationError({"starts_on": sentence % words})


def check_deputies(user: User, branch: Branch, deputies: Mapping[date, User | None]) -> None:
    """On each day the work ends at somebody who may stand in and is there; a circle is refused."""
    places = places_of(branch)
    place = next((one for one in places if one.user_id == user.pk), None)
    if place is None:
        raise ValidationError(_("This colleague has no place in this branch."))
    days = sorted(deputies)
    off_by_day = deputies_between(days[0], days[-1], branch)
    wrong: dict[str, str] = {}
    for day in days:
        deputy, off = deputies[day], off_by_day.get(day, {})
        allowed = {one.user_id for one in may_stand_in(place, places, off)}
        if deputy is None:
            wrong[deputy_field(day)] = _("Choose who stands in on this day.")
        elif deputy.pk not in allowed:
            sentence = _("%(name)s can't stand in here: choose a colleague who does the same work.")
            wrong[deputy_field(day)] = sentence % {"name": deputy.spoken_name}
        elif (circle := circle_of(user, deputy, off)) is not None:
            wrong[deputy_field(day)] = circle.sentence(day)
        elif (last := acting_for(deputy, off)).pk not in {one.user_id for one in places}:
            sentence = _("%(name)s does not work here any more. Choose somebody else.")
            wrong[deputy_field(day)] = sentence % {"name": last.spoken_name}
    if wrong:
        raise ValidationError(wrong)


# --- Deciding ---------------------------------------------------------------------------------
def grant(leave: Leave, *, by: User, now: datetime, version: int | None = None) -> Leave:
    """They may go: on each of the days somebody has their work. A repeat does nothing.

    The deputies are looked at once more: since it was asked for, they may have been granted leave themselves.
    """
    with transaction.atomic(), acting(by):
        branch = locked(leave.branch)
        row = Leave.locked(leave.pk)
        check_decider(row, by)
        if row.state == LeaveState.GRANTED:
            return row
        if row.state != LeaveState.ASKED or (version is not None and row.version != version):
            raise StaleEdit(row)
        if row.ends_on < branch.today(now):
            raise ValidationError(_("These days have passed."))
        make_absent(row, branch=branch, by=by, now=now)
        return row


def make_absent(leave: Leave, *, branch: Branch, by: User, now: datetime) -> None:
    """Grant the days of a leave that is locked, after a last look at who stands in."""
    check_free(
        leave.user, branch, leave.starts_on, leave.ends_on, states=(LeaveState.GRANTED,), besides=leave.pk
    )
    check_deputies(leave.user, branch, {day.day: day.deputy for day in leave.days.select_related("deputy")})
    with acceptance_kept_where_nothing_changes(branch, leave.starts_on, leave.ends_on):
        leave.days.update(is_granted=True)
    leave.state, leave.decided_by, leave.decided_at = LeaveState.GRANTED, by, now
    leave.save_version("state", "decided_by", "decided_at")


def refuse(leave: Leave, *, why: str, by: User, now: datetime, version: int | None = None) -> Leave:
    """No, and why (R5.7). A repeat does nothing."""
    why = clean(why)[:200]
    if not why:
        raise ValidationError({"why": _("Say why not.")})
    with transaction.atomic(), acting(by):
        locked(leave.branch)
        row = Leave.locked(leave.pk)
        check_decider(row, by)
        if row.state == LeaveState.REFUSED:
            return row
        if row.state != LeaveState.ASKED or (version is not None and row.version != version):
            raise StaleEdit(row)
        row.state, row.decided_by, row.decided_at, row.decision_note = LeaveState.REFUSED, by, now, why
        row.save_version("state", "decided_by", "decided_at", "decision_note")
        return row


def withdraw(leave: Leave, *, by: User, now: datetime) -> Leave:
    """Not needed after all, before it began; once it has begun, `come_back`. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        branch = locked(leave.branch)
        row = Leave.locked(leave.pk)
        check_own(row, by)
        if row.state == LeaveState.WITHDRAWN:
            return row
        if row.state == LeaveState.REFUSED:
            raise StaleEdit(row)
        if row.state == LeaveState.GRANTED and row.starts_on <= branch.today(now):
            raise ValidationError(_("These days have begun. Say “back after all” instead."))
        with acceptance_kept_where_nothing_changes(branch, row.starts_on, row.ends_on):
            row.days.update(is_granted=False)
        row.state, row.decided_by, row.decided_at = LeaveState.WITHDRAWN, by, now
        row.save_version("state", "decided_by", "decided_at")
        return row


def check_own(leave: Leave, by: User) -> None:
    """One's own leave, or a manager's business."""
    managers = Membership.objects.active().filter(branch=leave.branch_id, user=by, role__in=MANAGERS)
    if leave.user_id != by.pk and not managers.exists():
        raise NotYours


# --- What was said stays with who said it -------------------------------------------------------
@contextmanager
def acceptance_kept_where_nothing_changes(branch: Branch, first: date, last: date) -> Iterator[None]:
    """“I take over” was said by a person: where another one has the work after this, it was not said."""
    before = acting_people(branch, first, last)
    yield
    after = acting_people(branch, first, last)
    moved = [pk for pk, person in after.items() if before.get(pk) not in {None, person}]
    LeaveDay.objects.filter(pk__in=moved).update(accepted_at=None)


def acting_people(branch: Branch, first: date, last: date) -> dict[int, int]:
    """Who has the work of each day off, by the day's id."""
    found = deputies_between(first, last, branch)
    return {entry.pk: acting_for(entry.user, off).pk for off in found.values() for entry in off.values()}
