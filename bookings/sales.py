"""The sale (接单): a package at its price, terms, the money that binds it, and the first date."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import registries, schedule, till
from bookings.models import (
    AppointmentKind,
    Booking,
    BookingEvent,
    PackageItem,
    PackageLook,
    PackageVersion,
    PaymentKind,
    PriceLine,
)
from bookings.retry import retried
from bookings.schedule import Slot
from bookings.till import Money, NotPayable
from customers.models import Customer
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS

__all__ = ["Money", "NotSellable", "accept_terms", "revise", "sell", "waive_earnest"]


class NotSellable(ValidationError):
    """A sale that can't be made, and why; `field`: "package_version", "waiver" or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


@retried
def sell(
    *,
    customer: Customer,
    package_version: PackageVersion,
    by: User,
    now: datetime,
    hopes: str = "",
    payment: Money | None = None,
    waiver: str = "",
    terms_accepted: bool,
    shoot: Slot | None = None,
) -> Booking:
    """Sell a package: all of it or nothing. Money or a waiver may come later; the order waits for it.

    Raises `NotSellable`, `NotPayable`, `NotBookable`, `SlotTaken`.
    """
    branch = customer.branch
    with transaction.atomic(), acting(by):
        # Locked: nobody changes what the package holds while it is being sold.
        version = on_sale(package_version, branch)
        if not customer.is_active:
            raise NotSellable(_("This customer file is closed."))
        booking = Booking.objects.create(
            branch=branch,
            number=next_order_number(branch, now=now),
            customer=customer,
            package_version=version,
            sold_by=by,
            hopes=hopes.strip(),
            created_at=now,
        )
        PriceLine.objects.create(
            booking=booking, label=version.package.names, amount=version.price, by=by, at=now
        )
        record(booking, "sold", by=by, now=now, package_version=version.pk)
        if terms_accepted:
            booking = accept_terms(booking, by=by, now=now)
        if shoot is not None:
            schedule.make_appointment(
                branch=branch,
                customer=customer,
                booking=booking,
                kind=AppointmentKind.SHOOT,
                slot=shoot,
                by=by,
                now=now,
            )
        if payment is not None:
            if payment.kind == PaymentKind.BALANCE:
                raise NotPayable(_("Before the sale it is earnest money or a prepayment."), "kind")
            till.take_payment(
                booking, kind=payment.kind, method=payment.method, amount=payment.amount, by=by, now=now
            )
        if waiver.strip():
            booking = waive_earnest(booking, why=waiver, by=by, now=now)
        return booking


def accept_terms(booking: Booking, *, by: User, now: datetime) -> Booking:
    """The customer accepts the terms. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if booking.terms_accepted_at is None:
            booking.terms_accepted_at = now
            booking.save_version("terms_accepted_at")
            record(booking, "terms_accepted", by=by, now=now)
            registries.tell(booking, by=by, now=now)
        return booking


def waive_earnest(booking: Booking, *, why: str, by: User, now: datetime) -> Booking:
    """A manager lets the order go on without money, for a reason. A repeat does nothing."""
    if not why.strip():
        raise NotSellable(_("Say why no money is taken."), "waiver")
    if not is_manager(by, booking.branch):
        raise NotSellable(_("Only a manager can let an order go on without money."), "waiver")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if not booking.is_open:
            raise NotSellable(_("This order is not open any more."), "waiver")
        if booking.earnest_waived_by_id is None:
            booking.earnest_waived_by, booking.earnest_waived_why = by, why.strip()
            booking.save_version("earnest_waived_by", "earnest_waived_why")
            record(booking, "earnest_waived", by=by, now=now)
            registries.tell(booking, by=by, now=now)
        return booking


def revise(
    package_version: PackageVersion, *, by: User | None, now: datetime, **changes: Any
) -> PackageVersion:
    """A new version of a package with these `changes` (price, minutes, days): what was sold stays as it was.

    Looks and items are copied; while the new version is unsold they can still be changed.
    """
    with transaction.atomic(), acting(by):
        package = package_version.package
        newest = (
            PackageVersion.objects.select_for_update(no_key=True)
            .filter(package=package)
            .order_by("-number")
            .first()
        ) or package_version
        kept = {
            field.attname: getattr(package_version, field.attname)
            for field in PackageVersion._meta.concrete_fields
            if field.attname not in {"id", "number", "created_at"}
        }
        version = PackageVersion(**kept | changes, number=newest.number + 1, created_at=now)
        version.full_clean(validate_constraints=False)
        version.save()
        for model in (PackageLook, PackageItem):
            rows: list[Any] = list(model.objects.filter(version=package_version))
            for row in rows:
                row.pk, row.version = None, version
            model.objects.bulk_create(rows)
        return version


# --- Parts ------------------------------------------------------------------------------------
def on_sale(package_version: PackageVersion, branch: Branch) -> PackageVersion:
    """The version, locked; `NotSellable` where the branch does not sell it, or sells a newer one by now."""
    locked = (
        PackageVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("package")
        .get(pk=package_version.pk)
    )
    if locked.package.branch_id != branch.pk or not locked.package.is_active:
        raise NotSellable(_("This package is not on sale here."), "package_version")
    if PackageVersion.objects.filter(package=locked.package, number__gt=locked.number).exists():
        raise NotSellable(
            _("This package has changed meanwhile. Look at the new price and choose it again."),
            "package_version",
        )
    return locked


def next_order_number(branch: Branch, *, now: datetime) -> str:
    """SH-261122-003: the branch, its day, and the place in the day's sales, without a gap."""
    day = f"{branch.today(now):%y%m%d}"
    return f"{branch.code.upper()}-{day}-{till.next_number(branch, f'sale-{day}'):03d}"


def is_manager(user: User, branch: Branch) -> bool:
    return Membership.objects.active().filter(user=user, branch=branch, role__in=MANAGERS).exists()


def record(booking: Booking, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    BookingEvent.objects.create(booking=booking, actor=by, at=now, kind=kind, parameters=parameters)
