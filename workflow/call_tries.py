"""A call that did not come about: when the next try is, and numbers that are wrong (R3.2)."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import contact_wishes, contacts
from customers.models import ContactKind, ContactPoint
from studio.staff.models import Branch
from workflow.call_rules import rules_of
from workflow.models import CallKind, CallTask

FURTHEST = timedelta(days=183)
LAST_HOUR = 22
"""Hours that suit a customer are kept as two hours from a full one, the last of them until midnight."""


class OutcomeRefused(Exception):
    """The outcome can't be recorded as it stands; `field` of the form, and the sentence to say there."""

    def __init__(self, field: str, sentence: object) -> None:
        super().__init__(str(sentence))
        self.field = field
        self.sentence = sentence


def next_try(call: CallTask, now: datetime) -> datetime:
    """After the minutes of the branch's rules, in the hours that suit them, while the appointment still lies
    ahead then."""
    again = after_a_while(call, now)
    suiting = contact_wishes.next_suiting(contact_wishes.wish_of(call.customer), again, call.branch.zone)
    if call.appointment is not None and call.appointment.starts_at <= suiting:
        return again
    return suiting


def after_a_while(call: CallTask, now: datetime) -> datetime:
    """After the shop closes, the next morning, if the appointment lies after that. Who has not ordered
    anything is not rung up again on the same day (R2.1: never pushy)."""
    branch, again = call.branch, now + timedelta(minutes=rules_of(call.branch).again_after_minutes)
    local = timezone.localtime(again, branch.zone)
    is_prospect = call.kind == CallKind.FOLLOW_UP
    if branch.opens_at <= local.time() < branch.closes_at:
        return branch.at(branch.today(now) + timedelta(days=1), local.time()) if is_prospect else again
    day = branch.today(now)
    morning = branch.at(day, branch.opens_at)
    if morning <= now or is_prospect:
        morning = branch.at(day + timedelta(days=1), branch.opens_at)
    if call.appointment is not None and call.appointment.starts_at <= morning:
        return again
    return morning


def checked_moment(call: CallTask, again_at: datetime | None, now: datetime) -> datetime:
    """When the customer asked to be called again: ahead, and before the appointment is over."""
    if again_at is None:
        raise OutcomeRefused("again_at", _("Write down when to call again."))
    if again_at <= now:
        raise OutcomeRefused("again_at", _("This moment has passed; choose a later one."))
    if again_at > now + FURTHEST:
        raise OutcomeRefused("again_at", _("That is more than half a year ahead; choose an earlier moment."))
    if call.appointment is not None and again_at >= call.appointment.starts_at:
        raise OutcomeRefused("again_at", _("The appointment begins before that; choose an earlier moment."))
    return again_at


def hours_around(moment: datetime, branch: Branch) -> tuple[time, time]:
    """The two hours that suit whoever named this moment: 18:30 is between six and eight."""
    hour = timezone.localtime(moment, branch.zone).hour
    return time(hour), time(hour + 2) if hour < LAST_HOUR else time(23, 59)


def mark_wrong(call: CallTask, contact: ContactPoint | None) -> None:
    """The number is kept, marked, and never offered again; the call stays due."""
    numbers = ContactPoint.objects.filter(customer=call.customer_id, kind=ContactKind.PHONE, is_wrong=False)
    wrong = numbers.filter(pk=contact.pk).first() if contact else contact_wishes.first_number(call.customer)
    if wrong is not None:
        wrong.is_wrong = True
        wrong.save(update_fields=["is_wrong"])
        contacts.readdress(call.customer, ContactKind.PHONE)
