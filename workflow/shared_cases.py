"""Shared cases (F1): two consultants served one customer, and the credit of a sale is split between them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import history
from customers.models import Customer
from customers.names import clean
from customers.owners import CannotOwn, check_owner
from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import rotation, serving, visits
from workflow.models import RotationRules, SharedCase, Visit
from workflow.models.visit import HALF_WAY

SENTENCES = {
    "shared": (gettext_lazy("Shared with %(to)s: %(percent)d %% for %(from)s"), "users-round"),
    "share_adjusted": (gettext_lazy("The share of %(from)s is %(percent)d %% now"), "percent"),
    "share_ended": (gettext_lazy("No longer shared with %(to)s"), "user-round"),
}


def open_case(customer: Customer) -> SharedCase | None:
    return SharedCase.objects.open().filter(customer=customer).select_related("first", "second").first()


def agreed_share(branch: Branch) -> int:
    """The first consultant's part in per cent: half, unless the branch agreed otherwise."""
    rules = RotationRules.objects.filter(branch=branch).first() or RotationRules()
    return rules.first_share


def share(
    customer: Customer,
    *,
    second: User,
    first_percent: int | None = None,
    why: str,
    by: User | None,
    now: datetime,
    visit: Visit | None = None,
) -> SharedCase:
    """The owner and `second` share this customer from now on. A repeat with the same one does nothing."""
    why = clean(why)[:200]
    if not why:
        raise ValidationError({"why": _("Say why the case is shared.")})
    percent = checked(agreed_share(customer.branch) if first_percent is None else first_percent)
    with transaction.atomic(), acting(by):
        try:
            check_owner(second, customer.branch)
        except CannotOwn as error:
            raise ValidationError({"second": str(error)}) from None
        row = Customer.locked(customer.pk)
        if row.owner is None:
            raise ValidationError(_("This customer file is closed."))
        if row.owner_id == second.pk:
            raise ValidationError({"second": _("Nobody shares a case with themselves.")})
        if there := open_case(row):
            if there.second_id == second.pk:
                return there
            words = {"name": there.second.display_name}
            raise ValidationError(_("It is shared with %(name)s already: end that first.") % words)
        case = SharedCase.objects.create(
            branch_id=row.branch_id,
            customer=row,
            visit=visit,
            first=row.owner,
            second=second,
            first_percent=percent,
            why=why,
            agreed_by=by,
            agreed_at=now,
        )
        tell(case, "shared", by=by, now=now)
    return case


def checked(percent: int) -> int:
    if not 1 <= percent <= 99:
        raise ValidationError({"first_percent": _("Between 1 and 99 per cent.")})
    return percent


def tell(case: SharedCase, kind: str, *, by: User | None, now: datetime) -> None:
    people = {"from": case.first_id, "to": case.second_id}
    history.tell(case.customer, kind, by=by, now=now, percent=case.first_percent, **people)


def locked(case: SharedCase) -> SharedCase:
    """The case, behind its customer: the order in which every door of ownership locks."""
    Customer.locked(case.customer_id)
    return SharedCase.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)


def adjust(case: SharedCase, *, first_percent: int, by: User, now: datetime) -> SharedCase:
    """A manager agrees another split; it holds for every sale of this case. A repeat does nothing."""
    percent = checked(first_percent)
    with transaction.atomic(), acting(by):
        row = locked(case)
        if row.ended_at is not None:
            raise ValidationError(_("This case is not shared any more."))
        if row.first_percent != percent:
            row.first_percent = percent
            row.save(update_fields=["first_percent"])
            tell(row, "share_adjusted", by=by, now=now)
    return row


def end_share(case: SharedCase, *, by: User | None, now: datetime) -> SharedCase:
    """Sales from now on are the owner's alone; earlier ones stay split. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = locked(case)
        if row.ended_at is None:
            row.ended_at, row.ended_by = now, by
            row.save(update_fields=["ended_at", "ended_by"])
            tell(row, "share_ended", by=by, now=now)
    return row


def agree_half_way(visit: Visit, *, by: User, now: datetime) -> SharedCase | None:
    """“My first consultant, please”: the visit goes to them (or who acts for them), and who has served so far
    shares the case (F1). None where the first one serves already."""
    with transaction.atomic():
        rotation.locked_day(visit.branch, now)
        row = Visit.locked(visit.pk)
        first = serving.asks_for_first(row, now)
        if first is None or row.customer is None:
            return None
        receiver = row.consultant
        why = HALF_WAY
        visits.pass_on(row, to=first, why=why, by=by, now=now)
        return share(row.customer, second=receiver, why=why, by=by, now=now, visit=row)


# --- What other parts are told ---------------------------------------------------------------
def follow_owner(customer: Customer, before: User | None, to: User, by: User | None, now: datetime) -> None:
    """Told by `customers`: with another owner the agreement between the two before is over."""
    if case := open_case(customer):
        end_share(case, by=by, now=now)


def share_after_dispute(
    customer: Customer, second: User, why: str, by: User | None, now: datetime
) -> SharedCase:
    return share(customer, second=second, why=why, by=by, now=now)
