"""What became of a follow-up call (R2.2): the contact is made and the next one stands, or the plan ends."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from customers.names import clean
from studio.staff.models import User
from workflow import follow_ups
from workflow.follow_up_changes import check_day, move
from workflow.follow_ups import FollowUpRefused
from workflow.models import (
    CallOutcome,
    CallTask,
    ContactChannel,
    ContactState,
    FollowUp,
    FollowUpContact,
    LossReason,
    StopReason,
    Visit,
    VisitEvent,
    VisitOutcome,
)

TALKED = (CallOutcome.INTERESTED, CallOutcome.COMING, CallOutcome.NOT_NOW)
MADE = (*TALKED, CallOutcome.DECIDED, CallOutcome.DO_NOT_CONTACT)
"""With these the contact was made; anything else is a try."""


@dataclass(frozen=True)
class Told:
    """What the form of a follow-up call has beside the outcome (R2.2).

    `next_on` moves the next contact; `reason` and `competitor` say why they decided otherwise.
    """

    said: str = ""
    channel: str = ContactChannel.PHONE
    own_occasion: str = ""
    next_on: date | None = None
    reason: str = ""
    competitor: str = ""


def make(call: CallTask, told: Told, *, by: User, now: datetime) -> None:
    """The contact was made: it is written down and counted, and the next one stands. The call is locked."""
    contact = call.contact
    assert contact is not None
    if call.outcome == CallOutcome.DECIDED:
        Visit.locked(contact.follow_up.visit_id)
    follow_up = planned_still(contact)
    contact.refresh_from_db()
    if call.outcome in TALKED and contact.occasion_id is None and not clean(told.own_occasion):
        raise FollowUpRefused("own_occasion", _("Write down what the call was about."))
    contact.state, contact.outcome, contact.channel = ContactState.MADE, call.outcome, told.channel
    contact.own_occasion = clean(told.own_occasion)[:80] or contact.own_occasion
    contact.said = clean(told.said)[:500]
    contact.made_by, contact.made_at = by, now
    contact.save()
    follow_up.made += 1
    follow_up.save_version("made")
    follow_ups.tell(
        follow_up,
        "made",
        by=by,
        now=now,
        contact=contact.pk,
        number=contact.number,
        outcome=str(call.outcome),
    )
    if call.outcome == CallOutcome.DECIDED:
        tell_the_visit(follow_up, told, by=by, now=now)
        follow_ups.end(follow_up, reason=StopReason.DECIDED, by=by, now=now)
    elif call.outcome != CallOutcome.DO_NOT_CONTACT:
        go_on(follow_up, contact, told, by=by, now=now)


def planned_still(contact: FollowUpContact) -> FollowUp:
    """The plan, locked, where it still runs and this contact is still to be made."""
    follow_up = follow_ups.locked(contact.follow_up)
    here = follow_ups.planned(follow_up).filter(pk=contact.pk).exists()
    if follow_up.stopped_at is not None or not here:
        raise FollowUpRefused(
            "outcome", _("This follow-up has ended meanwhile; the call is no longer needed.")
        )
    return follow_up


def check_planned(call: CallTask) -> None:
    """A try that changes nothing of the plan: the contact must still be one."""
    assert call.contact is not None
    planned_still(call.contact)


def go_on(follow_up: FollowUp, contact: FollowUpContact, told: Told, *, by: User, now: datetime) -> None:
    """The next contact stands, on the day that was agreed or far enough from today; after the last one the
    plan is through."""
    today = follow_up.branch.today(now)
    following = follow_ups.planned(follow_up).first()
    if told.next_on is not None and following is not None:
        move(follow_up, following, told.next_on, by=by, now=now, field="next_on")
    else:
        if told.next_on is not None:
            check_day(follow_up, told.next_on, now=now, field="next_on")
            raise FollowUpRefused("next_on", _("This was the last contact; nothing comes after it."))
        follow_ups.keep_apart(follow_up, contact.number, today, by=by, now=now)
    follow_ups.end_if_nothing_is_left(follow_up, StopReason.ALL_MADE, by=by, now=now)


def tell_the_visit(follow_up: FollowUp, told: Told, *, by: User, now: datetime) -> None:
    """They decided otherwise, and told us why: the visitor log knows it too (R11.4). The visit is locked."""
    visit = Visit.locked(follow_up.visit_id)
    if not told.reason or visit.outcome not in follow_ups.FOLLOWED:
        return
    visit.outcome, visit.loss_reason = VisitOutcome.LOST, LossReason(told.reason)
    visit.competitor = clean(told.competitor)[:60] if told.reason == LossReason.COMPETITOR else ""
    visit.save_version("outcome", "loss_reason", "competitor")
    parameters = {"outcome": str(VisitOutcome.LOST), "reason": told.reason, "follow_up": follow_up.pk}
    VisitEvent.objects.create(visit=visit, actor=by, at=now, kind="ended", parameters=parameters)


def postpone(call: CallTask, moment: datetime, *, by: User, now: datetime) -> None:
    """Not a good moment: the contact goes with its call to the day on which they are called again (R2.2)."""
    contact = call.contact
    assert contact is not None
    follow_up = planned_still(contact)
    day = follow_up.branch.today(moment)
    if day == follow_up.branch.today(now):
        return
    check_day(follow_up, day, now=now, field="again_at")
    FollowUpContact.objects.filter(pk=contact.pk).update(due_on=day)
    follow_ups.tell(
        follow_up, "moved", by=by, now=now, contact=contact.pk, number=contact.number, to=day.isoformat()
    )
    follow_ups.keep_apart(follow_up, contact.number, day, by=by, now=now)
