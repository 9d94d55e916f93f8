"""Whether what a page kept still fits the record as it is by now (F9).

Four answers: nothing has happened to these people since, so it is done as if it were that moment (NOW); the
record says so already (ALREADY); it goes between two things on the record that it does not contradict
(INSERT); or two people say two things (CLASH), which nobody but people can settle.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from workflow import looks
from workflow.handoffs import speaks_for_all
from workflow.late_kept import Kept
from workflow.models import HandOff, HandOffState, LookState, Presence, Stay, StayKind, WorkOrder

OLDEST = timedelta(hours=24)
AHEAD = timedelta(minutes=2)
"""A page's clock follows ours, but not to the second: what lies this little ahead happened now."""


class Fit(Enum):
    NOW = "now"
    ALREADY = "already"
    INSERT = "insert"
    CLASH = "clash"


@dataclass(frozen=True)
class Verdict:
    """`code` says why it clashes, `stood` what is on the record for that moment; `spans` what is put in."""

    fit: Fit
    code: str = ""
    stood: Stay | None = None
    spans: list[tuple[Presence, datetime, datetime | None]] = field(default_factory=list)


NOW, ALREADY = Verdict(Fit.NOW), Verdict(Fit.ALREADY)


def clash(code: str, stood: Stay | None = None) -> Verdict:
    return Verdict(Fit.CLASH, code, stood)


def judge(kept: Kept, order: WorkOrder, *, now: datetime) -> Verdict:
    """The order is locked."""
    if kept.at > now + AHEAD:
        return clash("future")
    if kept.at < now - OLDEST:
        return clash("too_old")
    if kept.kind == "look_shot":
        return look(kept, order)
    there = [of_member(order, member.pk, kept.at) for member in kept.members]
    whose = [one for one in there if one is not None]
    if len(whose) < len(there):
        return clash("not_here")
    found = [JUDGES.get(kept.kind, trip)(kept, one, order, now) for one in whose]
    wrong = next((one for one in found if one.fit == Fit.CLASH), None)
    if wrong is not None:
        return wrong
    fits = {one.fit for one in found}
    if fits == {Fit.ALREADY}:
        return ALREADY
    if Fit.INSERT in fits:
        # Who of them has come so far by now is left where they are.
        if Fit.NOW in fits:
            return clash("moved", whose[0].at_that_time)
        return Verdict(Fit.INSERT, spans=[span for one in found for span in one.spans])
    return NOW


# --- What is on the record ------------------------------------------------------------------------
@dataclass(frozen=True)
class Whereabouts:
    """One member at the moment of a press: the stay of that time, and the one after it."""

    presence: Presence
    at_that_time: Stay
    after: Stay | None

    @property
    def is_untouched(self) -> bool:
        """Nobody has moved them since, and they are still here."""
        return self.after is None and self.presence.left_at is None


def of_member(order: WorkOrder, member: int, at: datetime) -> Whereabouts | None:
    """None: they were not in the house then."""
    rows = (
        Stay.objects.standing()
        .filter(presence__work_order=order, presence__member=member, presence__arrived_at__lte=at)
        .select_related("presence__with_user", "presence__department", "presence__member")
        .select_related("user", "department", "hand_off")
        .order_by("since", "until", "pk")
    )
    mine = list(rows)
    past = [stay for stay in mine if stay.since <= at]
    if not past or (past[-1].until is not None and past[-1].until < at and past[-1] is mine[-1]):
        return None
    here, after = past[-1], mine[len(past) :]
    same = [stay for stay in after if stay.presence_id == here.presence_id]
    return Whereabouts(here.presence, here, same[0] if same else None)


# --- By kind --------------------------------------------------------------------------------------
def look(kept: Kept, order: WorkOrder) -> Verdict:
    assert kept.look is not None
    if kept.look.state == LookState.SHOT:
        return ALREADY
    if kept.look.state == LookState.UNDONE:
        return clash("look_undone")
    return NOW if looks.may_tick(order, kept.look) else clash("over")


def acceptance(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """ "I take over", pressed while the offer stood; what became of the offer since decides."""
    row = next(row for row in kept.hand_offs if row.member_id == there.presence.member_id)
    row.refresh_from_db()
    if row.state == HandOffState.OFFERED:
        return NOW if there.is_untouched else clash("moved", there.after or there.at_that_time)
    if row.state == HandOffState.ACCEPTED and row.receiver_id == kept.actor.pk:
        # Pressed again when the network was back: the first press tells the true time.
        before = there.at_that_time
        if there.after is not None and there.after.hand_off_id == row.pk and row.offered_at <= kept.at:
            return Verdict(Fit.INSERT, spans=[(there.presence, max(kept.at, before.since), before.until)])
        return ALREADY
    code = "taken" if row.state == HandOffState.ACCEPTED else "ended"
    return clash(code, there.after or there.at_that_time)


def refusal(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """Returned with a reason, or taken back."""
    row = next(row for row in kept.hand_offs if row.member_id == there.presence.member_id)
    row.refresh_from_db()
    wanted = HandOffState.RETURNED if kept.kind == "return" else HandOffState.WITHDRAWN
    if row.state == HandOffState.OFFERED:
        return NOW
    if row.state == wanted:
        return ALREADY
    return clash(
        "taken" if row.state == HandOffState.ACCEPTED else "ended", there.after or there.at_that_time
    )


def offer(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    assert kept.to is not None
    if there.is_untouched:
        waiting = HandOff.objects.open().filter(member=there.presence.member_id).first()
        if waiting is None:
            return NOW
        return ALREADY if waiting.to_department_id == kept.to.pk else clash("on_the_way", there.at_that_time)
    mine = there.at_that_time.user_id == kept.actor.pk or speaks_for_all(kept.actor, order, now=now)
    if mine and there.after is not None and there.after.department_id == kept.to.pk:
        return ALREADY
    return clash("moved", there.after or there.at_that_time)


def taking(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """Taken where they were brought, both standing together."""
    if there.is_untouched:
        return NOW
    if there.at_that_time.user_id == kept.actor.pk and there.at_that_time.kind != StayKind.STEPPED_OUT:
        return ALREADY
    return clash("moved", there.after or there.at_that_time)


def care(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """Somebody went to who stood alone: that ends the gap, whatever came afterwards."""
    if there.at_that_time.kind != StayKind.ALONE:
        same = there.at_that_time.user_id == kept.actor.pk
        return ALREADY if same else clash("moved", there.at_that_time)
    return NOW if there.is_untouched else inserted(kept, there)


def alone(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """Of oneself one may say so afterwards; of a colleague only while it is still seen."""
    if there.at_that_time.kind == StayKind.ALONE:
        return ALREADY
    if there.is_untouched:
        return NOW
    same = there.at_that_time.user_id == kept.actor.pk
    return inserted(kept, there) if same else clash("moved", there.at_that_time)


def trip(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    """Stepped out, on location, and back: a part of the time of who had them anyway."""
    goes = {"step_out": StayKind.STEPPED_OUT, "location": StayKind.ON_LOCATION}.get(kept.kind, StayKind.WITH)
    if there.is_untouched:
        return NOW
    if there.at_that_time.kind == goes:
        return ALREADY
    same = there.at_that_time.user_id == kept.actor.pk
    return inserted(kept, there) if same else clash("moved", there.at_that_time)


def inserted(kept: Kept, there: Whereabouts) -> Verdict:
    """From the press to whatever is next on the record."""
    since = max(kept.at, there.at_that_time.since)
    return Verdict(Fit.INSERT, spans=[(there.presence, since, there.at_that_time.until)])


def done_and_brought(kept: Kept, there: Whereabouts, order: WorkOrder, now: datetime) -> Verdict:
    ticked = look(kept, order)
    return ticked if ticked.fit == Fit.CLASH else offer(kept, there, order, now)


JUDGES = {
    "accept": acceptance,
    "return": refusal,
    "withdraw": refusal,
    "offer": offer,
    "look_done": done_and_brought,
    "together": taking,
    "take_care": care,
    "alone": alone,
}
