"""The sale (接单): a package at its price of the day, terms, the money that binds it, and the first date."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bookings import add_ons as extras
from bookings import credit_notes, discounts, price_lines, prices, registries, schedule, seasons, till
from bookings.counters import next_number
from bookings.models import (
    AddOn,
    AppointmentKind,
    Booking,
    LineKind,
    PackageItem,
    PackageLook,
    PackageNeed,
    PackageService,
    PackageVersion,
    PaymentKind,
    PriceLine,
    SeasonalPrice,
)
from bookings.price_lines import NotSellable, record
from bookings.retry import retried
from bookings.schedule import Slot
from bookings.till import Money, NotPayable
from customers.models import Customer
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS

__all__ = ["Money", "NotSellable", "accept_terms", "charge_rush", "revise", "sell", "waive_earnest"]

COPIED: tuple[Any, ...] = (PackageLook, PackageItem, PackageService, PackageNeed)


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
    add_ons: Iterable[tuple[AddOn, int]] = (),
    rush: Decimal | None = None,
    discount: Decimal | None = None,
    discount_why: str = "",
    **agreed: Any,
) -> Booking:
    """Sell a package: all of it or nothing. Money or a waiver may come later; the order waits for it.

    The lines come before the money, so that what binds the sale is measured by what it costs (F6); a discount
    beyond the seller's limit is asked for and the price stays until a manager has decided. `agreed` goes to
    the appointment. Raises `NotSellable`, `NotPayable`, `NotBookable`, `SlotTaken`.
    """
    branch = customer.branch
    with transaction.atomic(), acting(by):
        # Locked: nobody changes what the package holds while it is being sold.
        version = on_sale(package_version, branch, on=branch.today(now))
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
        write_price(booking, version, sold_on=branch.today(now), by=by, now=now)
        table = seasons.table_of(version)
        record(booking, "sold", by=by, now=now, package_version=version.pk, seasons=table)
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
                **agreed,
            )
        extras.sell_all(booking, add_ons, by=by, now=now)
        if rush is not None:
            charge_rush(booking, amount=rush, by=by, now=now)
        if discount is not None:
            try:
                discounts.give(booking, amount=discount, why=discount_why, by=by, now=now)
            except NotSellable as refusal:
                raise NotSellable(refusal.messages, DISCOUNT_FIELDS.get(refusal.field, "")) from refusal
        if payment is not None:
            if payment.kind == PaymentKind.BALANCE:
                raise NotPayable(_("Before the sale it is earnest money or a prepayment."), "kind")
            till.take_payment(
                booking, kind=payment.kind, method=payment.method, amount=payment.amount, by=by, now=now
            )
        if waiver.strip():
            booking = waive_earnest(booking, why=waiver, by=by, now=now)
        return Booking.objects.get(pk=booking.pk)


DISCOUNT_FIELDS = {"amount": "discount", "why": "discount_why"}


def write_price(booking: Booking, version: PackageVersion, *, sold_on: date, by: User, now: datetime) -> None:
    """The package at its list price, and the season of the day of the sale. The season of the shoot's day
    follows when the shoot is agreed (`bookings.seasons`)."""
    price = prices.price_on(version, sold_on=sold_on)
    price_lines.write(booking, LineKind.PACKAGE, version.package.names, version.price, by=by, now=now)
    if price.sold is not None and price.by_sale:
        price_lines.write(booking, LineKind.SEASON, price.sold.names, price.by_sale, by=by, now=now)


@retried
def charge_rush(booking: Booking, *, amount: Decimal, by: User, now: datetime) -> PriceLine:
    """The fee for doing in days what takes weeks (F5); one for an order. Raises `NotSellable`."""
    price_lines.check_amount(amount, "rush")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        price_lines.check_open(booking)
        if booking.price_lines.filter(kind=LineKind.RUSH, reversed_by__isnull=True).exists():
            raise NotSellable(_("There is a rush fee on this order already."), "rush")
        if amount + price_lines.total_of(booking) > price_lines.HIGHEST:
            raise NotSellable(_("That is more than any order costs. Check the figures."), "rush")
        label = dict(credit_notes.label_of(LineKind.RUSH))
        line = price_lines.write(booking, LineKind.RUSH, label, amount, by=by, now=now)
        record(booking, "rush_charged", by=by, now=now, line=line.pk)
        registries.tell(booking, by=by, now=now)
        return line


@retried
def waive_rush(line: PriceLine, *, why: str, by: User, now: datetime) -> PriceLine:
    """A manager takes the fee for the rush off again, with a reason. A repeat answers the same reversal."""
    why = price_lines.check_why(why)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(line.booking_id)
        done = PriceLine.objects.filter(reverses=line.pk).first()
        if done is not None:
            return done
        price_lines.check_open(booking)
        if line.kind != LineKind.RUSH:
            raise NotSellable(_("Only a rush fee is taken off here."))
        discounts.check_take_back(booking, line.amount, by=by)
        note = credit_notes.draw(booking, why=why, by=by, now=now) if booking.terms_accepted_at else None
        reversal = price_lines.reverse(line, why=why, by=by, now=now, credit_note=note)
        record(booking, "rush_waived", by=by, now=now, line=reversal.pk)
        registries.tell(booking, by=by, now=now)
        return reversal


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
    """A new version of a package with these `changes` (price, minutes, days; `valid_from` prepares it ahead):
    what was sold stays as it was.

    What it holds and needs, and the seasons that are not over, is copied; it can be changed while the new
    version is unsold.
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
            if field.attname not in {"id", "number", "created_at", "valid_from"}
        }
        version = PackageVersion(**kept | changes, number=newest.number + 1, created_at=now)
        version.full_clean(validate_constraints=False)
        version.save()
        today = package.branch.today(now)
        seasons_left = SeasonalPrice.objects.filter(version=package_version, ends_on__gte=today)
        copy_rows(seasons_left, version)
        for model in COPIED:
            copy_rows(model.objects.filter(version=package_version), version)
        return version


# --- Parts ------------------------------------------------------------------------------------
def copy_rows(rows: QuerySet[Any], version: PackageVersion) -> None:
    copies = list(rows)
    for row in copies:
        row.pk, row.version = None, version
    rows.model._default_manager.bulk_create(copies)


def on_sale(package_version: PackageVersion, branch: Branch, *, on: date) -> PackageVersion:
    """The version, locked; `NotSellable` where the branch does not sell it that day, or sells a newer one."""
    locked = (
        PackageVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("package")
        .get(pk=package_version.pk)
    )
    if locked.package.branch_id != branch.pk or not locked.package.is_active:
        raise NotSellable(_("This package is not on sale here."), "package_version")
    if locked.valid_from is not None and locked.valid_from > on:
        raise NotSellable(_("This price is not valid yet."), "package_version")
    if PackageVersion.objects.valid_on(on).filter(package=locked.package, number__gt=locked.number).exists():
        raise NotSellable(
            _("This package has changed meanwhile. Look at the new price and choose it again."),
            "package_version",
        )
    return locked


def next_order_number(branch: Branch, *, now: datetime) -> str:
    """SH-261122-003: the branch, its day, and the place in the day's sales, without a gap."""
    day = f"{branch.today(now):%y%m%d}"
    return f"{branch.code.upper()}-{day}-{next_number(branch, f'sale-{day}'):03d}"


def is_manager(user: User, branch: Branch) -> bool:
    return Membership.objects.active().filter(user=user, branch=branch, role__in=MANAGERS).exists()
