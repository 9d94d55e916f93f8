"""What is said in the moment of a hand-off, once it is done (R5.3)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Member
from studio.staff.models import User
from workflow.lines import Line, line_for
from workflow.models import HandOff, HandOffState, Look
from workflow.route import looks_of_day, next_look


@dataclass(frozen=True)
class Words:
    """For who took over: what to answer, how to introduce oneself, and what comes next."""

    hand_off: HandOff
    members: list[Member]
    line: Line
    look: Look | None


def of(hand_off: HandOff) -> Words:
    """The words of a hand-off that was taken over, for all who came with it."""
    people = ("work_order__booking__customer__owner", "work_order__branch", "giver", "receiver", "assistant")
    places = ("from_department", "to_department", "member")
    rows = list(
        HandOff.objects.filter(
            work_order=hand_off.work_order_id,
            receiver=hand_off.receiver_id,
            ended_at=hand_off.ended_at,
            state=HandOffState.ACCEPTED,
        )
        .select_related(*people, *places)
        .order_by("member__position", "member_id")
    ) or [hand_off]
    first, order = rows[0], rows[0].work_order
    looks = looks_of_day(order)
    line = line_for(
        from_kind=first.from_department.kind,
        to_kind=first.to_department.kind,
        members=[row.member for row in rows],
        giver=first.giver,
        owner=order.booking.customer.owner,
        receiver_name=first.receiver.spoken_name if first.receiver else "",
        receiver=first.receiver,
        assistant=first.assistant.spoken_name if first.assistant else "",
        looks=looks,
        round=first.round,
    )
    return Words(first, [row.member for row in rows], line, next_look(looks))


def are_many(hand_off: HandOff) -> bool:
    """Whether there is something to say to the guests: in later rounds the courtesies drop."""
    return bool(of(hand_off).line.introduce)


SAID = {
    "accept": gettext_lazy("%(name)s has them now."),
    "together": gettext_lazy("%(name)s has them now."),
    "offer": gettext_lazy("Offered. They stay with you until somebody there takes over."),
    "look_done": gettext_lazy("The look is ticked, and they are on the way to styling."),
    "withdraw": gettext_lazy("Taken back. They are with you as before."),
    "step_out": gettext_lazy("Stepped out, and not alone."),
    "come_back": gettext_lazy("They are back."),
    "location": gettext_lazy("On location, in our care."),
    "location_back": gettext_lazy("They are back."),
    "alone": gettext_lazy("Written down. Who can come hears of it now."),
    "take_care": gettext_lazy("%(name)s has them now."),
}


def said(act: str, user: User) -> str:
    """What the page says after a press."""
    words = SAID.get(act)
    return str(words) % {"name": user.spoken_name} if words is not None else _("Done.")
