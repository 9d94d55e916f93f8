"""What changes while somebody is off (R8.1): back earlier, ill without warning, another deputy."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff import leaves
from studio.staff.deputies import propose
from studio.staff.duties import deputies_on
from studio.staff.models import Branch, Leave, LeaveDay, LeaveKind, LeaveState, Membership, User
from studio.staff.models.membership import MANAGERS


def come_back(leave: Leave, *, by: User, now: datetime) -> Leave:
    """Back after all: from now on they work again, and the days from today on hold no more."""
    with transaction.atomic(), acting(by):
        branch = leaves.locked(leave.branch)
        row = Leave.locked(leave.pk)
        leaves.check_own(row, by)
        today = branch.today(now)
        if row.back_at is not None:
            return row
        if row.state != LeaveState.GRANTED or not row.starts_on <= today <= row.ends_on:
            raise StaleEdit(row)
        with leaves.acceptance_kept_where_nothing_changes(branch, today, row.ends_on):
            row.days.filter(day__gte=today).update(is_granted=False)
        row.back_at = now
        row.save_version("back_at")
        return row


def off_today(who: str, *, branch: Branch, now: datetime) -> LeaveDay | None:
    """The day off that a colleague (by the id typed) has today already: a second press leads there."""
    if not (who.isascii() and who.isdigit() and len(who) < 12):
        return None
    return LeaveDay.objects.on(branch.today(now)).filter(branch=branch, user_id=int(who)).first()


def fall_ill(*, user: User, branch: Branch, by: User, now: datetime, deputy: User | None = None) -> Leave:
    """Sudden illness: a manager in one step, for today, granted at once. The second press does nothing.

    Without `deputy` the colleague with the least to do stands in.
    """
    today = branch.today(now)
    with transaction.atomic(), acting(by):
        branch = leaves.locked(branch)
        if not Membership.objects.active().filter(branch=branch, user=by, role__in=MANAGERS).exists():
            raise leaves.NotYours
        off = deputies_on(today, branch)
        if user.pk in off:
            return Leave.objects.get(pk=off[user.pk].leave_id)
        deputy = deputy or propose(user, branch=branch, day=today, now=now, off=off)
        if deputy is None:
            raise ValidationError({"deputy": _("Nobody who could stand in is there today.")})
        check_deputies_today(user, branch, deputy, today)
        leave = leaves.write(
            user=user, branch=branch, starts_on=today, ends_on=today, kind=LeaveKind.ILLNESS, note="",
            deputies={today: deputy}, by=by, now=now,
        )  # fmt: skip
        leaves.make_absent(Leave.locked(leave.pk), branch=branch, by=by, now=now)
        return Leave.objects.get(pk=leave.pk)


def check_deputies_today(user: User, branch: Branch, deputy: User, day: date) -> None:
    """`check_deputies` of one day, its sentence at the field `deputy`."""
    try:
        leaves.check_deputies(user, branch, {day: deputy})
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        raise ValidationError({"deputy": error.messages}) from None


def change_deputy(off: LeaveDay, *, to: User, by: User, now: datetime) -> LeaveDay:
    """Somebody else stands in on one day that is not over; the former one's word that they took over is gone.

    For managers, heads and the colleague themself. A repeat does nothing.
    """
    with transaction.atomic(), acting(by):
        branch = leaves.locked(off.branch)
        row = LeaveDay.objects.select_related("user", "deputy", "leave__branch").get(pk=off.pk)
        if row.leave.user_id != by.pk:
            leaves.check_decider(row.leave, by)
        if row.deputy_id == to.pk:
            return row
        if row.day < branch.today(now) or row.leave.state not in {LeaveState.ASKED, LeaveState.GRANTED}:
            raise ValidationError({"deputy": _("This day is over, or was taken back.")})
        check_deputies_today(row.user, branch, to, row.day)
        with leaves.acceptance_kept_where_nothing_changes(branch, row.day, row.day):
            LeaveDay.objects.filter(pk=row.pk).update(deputy=to)
        row.deputy = to
        return row
