"""Whom of the party to ring, when, and how to write to them (R3.2): asked once, kept, and used ever after."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.history import tell
from customers.models import ContactKind, ContactPoint, ContactWish, Customer
from customers.names import clean
from studio.foundation.audit import acting
from studio.staff.models import User

KEPT = ("contact", "from_time", "until_time", "written_way", "note")


def wish_of(customer: Customer) -> ContactWish:
    """What they wish; an empty one, not saved, where nothing was ever said."""
    kept: ContactWish | None = getattr(customer, "contact_wish", None)
    return kept or ContactWish(customer=customer)


def keep(customer: Customer, *, by: User | None, now: datetime, **said: Any) -> ContactWish:
    """Keep what was said: any of `KEPT`; the rest stays as it was. A repeat leaves no trace.

    `ValidationError` at the field, where the number is another file's or the hours are not two in order.
    """
    unknown = set(said) - set(KEPT)
    if unknown:
        raise TypeError(f"keep does not change {sorted(unknown)}")
    with transaction.atomic(), acting(by):
        # The file is locked first, so that two who write the first wish leave one.
        Customer.locked(customer.pk)
        wish = ContactWish.objects.filter(customer=customer).first() or ContactWish(customer=customer)
        if "note" in said:
            said["note"] = clean(said["note"])[:120]
        changed = [name for name, value in said.items() if getattr(wish, name) != value]
        for name in changed:
            setattr(wish, name, said[name])
        check(wish)
        if not changed:
            return wish
        if wish.pk is None:
            wish.save()
        else:
            wish.save_version(*changed)
        tell(customer, "contact_wish", by=by, now=now, fields=sorted(changed))
    return wish


def check(wish: ContactWish) -> None:
    contact = wish.contact
    if contact is not None and (
        contact.customer_id != wish.customer_id or contact.kind != ContactKind.PHONE or contact.is_wrong
    ):
        raise ValidationError({"contact": _("Choose one of their numbers.")})
    if (wish.from_time is None) != (wish.until_time is None):
        missing = "from_time" if wish.from_time is None else "until_time"
        raise ValidationError({missing: _("Give both times, or neither.")})
    if wish.from_time is not None and wish.until_time is not None and wish.until_time <= wish.from_time:
        raise ValidationError({"until_time": _("The end lies after the beginning.")})


def say_whose(customer: Customer, whose: Mapping[int, int | None], *, by: User | None, now: datetime) -> bool:
    """Who of the party answers which number: the ids of numbers with those of members (None: nobody knows).
    What is not the file's own is passed over; whether anything changed."""
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        people = set(row.members.values_list("pk", flat=True))
        changed = False
        for point in row.contact_points.filter(pk__in=list(whose), kind=ContactKind.PHONE):
            member = whose[point.pk]
            if member == point.member_id or (member is not None and member not in people):
                continue
            point.member_id, changed = member, True
            point.save(update_fields=["member"])
        if changed:
            tell(row, "contact_wish", by=by, now=now, fields=["whose"])
    return changed


# --- Used ---------------------------------------------------------------------------------------
def first_number(customer: Customer) -> ContactPoint | None:
    """The number to ring: the one that they named, else the first that is not known to be wrong. Asks nothing
    where `contact_wish` and `contact_points` were fetched along."""
    valid = [
        point
        for point in customer.contact_points.all()
        if point.kind == ContactKind.PHONE and not point.is_wrong
    ]
    named = wish_of(customer).contact_id
    return next((point for point in valid if point.pk == named), valid[0] if valid else None)


def suits(wish: ContactWish, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether they may well be rung at this moment; without a wish, always."""
    if wish.from_time is None or wish.until_time is None:
        return True
    clock = timezone.localtime(moment, zone).time()
    return wish.from_time <= clock < wish.until_time


def next_suiting(wish: ContactWish, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment from this one on that lies in their hours, by the branch's clock."""
    if suits(wish, moment, zone) or wish.from_time is None:
        return moment
    local = timezone.localtime(moment, zone)
    day = local.date() if local.time() < wish.from_time else local.date() + timedelta(days=1)
    return datetime.combine(day, wish.from_time, tzinfo=zone)
