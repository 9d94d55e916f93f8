"""What people change in a plan by hand: a contact's day or occasion, the end, and taking it back (R2.2)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.names import clean
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow.follow_up_days import Calendar
from workflow.follow_ups import (
    FOLLOWED,
    FollowUpRefused,
    alone_with,
    end_if_nothing_is_left,
    keep_apart,
    locked,
    plan_for,
    planned,
    stop,
    take_off_the_lists,
    tell,
    unused,
)
from workflow.models import ContactState, FollowUp, FollowUpContact, Occasion, StopReason

FURTHEST = timedelta(days=183)
"""How far ahead a contact may be moved."""


def check_day(follow_up: FollowUp, day: date, *, now: datetime, field: str = "due_on") -> None:
    """From tomorrow to the day before the wedding (R2.1); a wish of the customer may fall on a holiday."""
    branch = follow_up.branch
    today = branch.today(now)
    if day <= today:
        raise FollowUpRefused(field, _("Choose a day from tomorrow on."))
    if day > today + FURTHEST:
        raise FollowUpRefused(field, _("That is more than half a year ahead; choose an earlier day."))
    calendar = Calendar.of(follow_up.customer, after=branch.today(follow_up.started_at))
    if not calendar.is_before_the_wedding(day):
        raise FollowUpRefused(field, _("The wedding day comes first; choose a day before it."))


def move(
    follow_up: FollowUp,
    contact: FollowUpContact,
    day: date,
    *,
    by: User | None,
    now: datetime,
    field: str = "due_on",
) -> None:
    """Another day for a planned contact of a locked plan; the ones after it keep their distance."""
    if contact.due_on == day:
        return
    check_day(follow_up, day, now=now, field=field)
    before = follow_up.contacts.filter(number__lt=contact.number).exclude(state=ContactState.DROPPED).last()
    if before is not None and before.state == ContactState.PLANNED and day <= before.due_on:
        raise FollowUpRefused(field, _("The contact before it comes later than that; move that one first."))
    was, contact.due_on = contact.due_on, day
    contact.save(update_fields=["due_on"])
    take_off_the_lists([contact], by=by, now=now)
    tell(
        follow_up, "moved", by=by, now=now, contact=contact.pk, number=contact.number, was=was.isoformat(),
        to=day.isoformat(),
    )  # fmt: skip
    keep_apart(follow_up, contact.number, day, by=by, now=now)


def change_contact(
    contact: FollowUpContact,
    *,
    due_on: date,
    occasion: Occasion | None,
    own_occasion: str = "",
    version: int | None,
    by: User | None,
    now: datetime,
) -> FollowUp:
    """Another day or another occasion; of the library one that this customer has not had."""
    with transaction.atomic(), acting(by):
        follow_up = locked(contact.follow_up, version=version)
        row = follow_up.contacts.select_related("occasion").get(pk=contact.pk)
        if follow_up.stopped_at is not None or row.state != ContactState.PLANNED:
            raise FollowUpRefused("due_on", _("This contact is not planned any more."))
        own_occasion = clean(own_occasion)[:80]
        if (row.occasion, row.own_occasion) != (occasion, own_occasion):
            if occasion is not None and occasion not in [*unused(follow_up.customer), row.occasion]:
                raise FollowUpRefused(
                    "occasion", _("This customer has had this occasion; choose another one.")
                )
            row.occasion, row.own_occasion = occasion, own_occasion
            row.save(update_fields=["occasion", "own_occasion"])
            tell(follow_up, "occasion", by=by, now=now, contact=row.pk, number=row.number)
        move(follow_up, row, due_on, by=by, now=now)
        follow_up.save_version()
    return follow_up


def stop_by_hand(follow_up: FollowUp, *, by: User | None, now: datetime) -> FollowUp:
    """In one press; it can be taken back."""
    return stop(follow_up, reason=StopReason.BY_HAND, by=by, now=now)


def resume(follow_up: FollowUp, *, by: User | None, now: datetime) -> FollowUp:
    """Taken back: exactly what the stop had dropped is planned again. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = locked(follow_up)
        if row.stopped_at is None:
            return row
        check_resumable(row)
        ended = row.events.filter(kind="stopped").order_by("at", "id").last()
        dropped = ended.parameters.get("contacts", []) if ended else []
        row.stopped_at, row.stop_reason = None, ""
        row.save_version("stopped_at", "stop_reason")
        free = {occasion.pk for occasion in unused(row.customer)}
        for contact in row.contacts.filter(pk__in=dropped, state=ContactState.DROPPED):
            if contact.occasion_id not in free:
                contact.occasion = None
            contact.state = ContactState.PLANNED
            contact.save(update_fields=["state", "occasion"])
        tell(row, "resumed", by=by, now=now)
        end_if_nothing_is_left(row, StopReason.ALL_MADE, by=by, now=now)
    return row


def check_resumable(follow_up: FollowUp) -> None:
    customer = follow_up.customer
    if follow_up.stop_reason != StopReason.BY_HAND:
        raise FollowUpRefused("", _("Only a follow-up that was stopped by hand goes on."))
    if customer.do_not_contact or not customer.is_active:
        raise FollowUpRefused("", _("This customer asked not to be contacted, or the file is closed."))
    if FollowUp.objects.running().filter(customer=customer).exists():
        raise FollowUpRefused("", _("Another follow-up runs for this customer by now."))


def begin_again(customer: Customer, *, by: User | None, now: datetime) -> FollowUp:
    """A plan by hand, from the last visit that ended without an order; the running one where there is one."""
    with transaction.atomic(), acting(by):
        alone_with(customer.pk)
        running = FollowUp.objects.running().filter(customer=customer).first()
        visit = customer.visits.filter(outcome__in=FOLLOWED).order_by("-arrived_at", "-id").first()
        made = running or (plan_for(visit, by=by, now=now, again=True) if visit else None)
    if made is None:
        raise FollowUpRefused(
            "",
            _("Nothing to plan: no lost visit, the wedding is near, or they asked us not to call."),
        )
    return made


def next_contact(follow_up: FollowUp) -> FollowUpContact | None:
    """The one that comes next."""
    return planned(follow_up).select_related("occasion").first()
