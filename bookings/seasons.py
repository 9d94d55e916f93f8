"""The season of the shoot: it holds by the table that the order was sold with, and follows the agreed day.

The table is written down with the sale (in its event, which nobody can change), so seasons that are put up
later touch no order. When the shoot is dated or moved into or out of a season, whoever wished it, a line is
added and the one before it reversed, and the order's history says so; a manager may take it off again by a
discount. A date that is called off changes nothing until the next one is agreed. What discounts have brought
down to nothing stays at nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings import credit_notes, price_lines
from bookings.amounts import NOTHING
from bookings.models import (
    Appointment,
    AppointmentKind,
    AppointmentState,
    Booking,
    BookingEvent,
    LineKind,
    PackageVersion,
    PriceLine,
    SeasonBasis,
)
from studio.foundation.models import in_language
from studio.staff.models import User


@dataclass(frozen=True)
class Term:
    """One season of the shoot as an order was sold with it; `adds` is what it costs more than the list price
    of that sale (negative: less)."""

    pk: int
    names: dict[str, str]
    starts_on: date
    ends_on: date
    adds: Decimal

    @property
    def name(self) -> str:
        return in_language(self.names)


# --- What was agreed ---------------------------------------------------------------------------------
def table_of(version: PackageVersion) -> list[dict[str, Any]]:
    """The seasons of the shoot as they stand now, to be written into the event of the sale."""
    rows = version.seasonal_prices.filter(basis=SeasonBasis.SHOT).order_by("starts_on", "pk")
    return [
        {
            "season": row.pk,
            "names": row.names,
            "from": row.starts_on.isoformat(),
            "until": row.ends_on.isoformat(),
            "price": str(row.price),
        }
        for row in rows
    ]


def terms_of(booking: Booking) -> list[Term]:
    """The seasons that this order was sold with."""
    sold = BookingEvent.objects.filter(booking=booking, kind="sold").order_by("pk").first()
    table = sold.parameters.get("seasons", []) if sold else []
    return [
        Term(
            pk=row["season"],
            names=row["names"],
            starts_on=date.fromisoformat(row["from"]),
            ends_on=date.fromisoformat(row["until"]),
            adds=Decimal(row["price"]) - booking.package_version.price,
        )
        for row in table
    ]


def term_on(terms: list[Term], day: date) -> Term | None:
    return next((term for term in terms if term.starts_on <= day <= term.ends_on), None)


def holding(booking: Booking) -> dict[str, Any]:
    """What holds now, as the last event about it says: `season` (an id or None) and its `lines`."""
    last = BookingEvent.objects.filter(booking=booking, kind="season").order_by("-pk").first()
    return last.parameters if last else {"season": None, "lines": []}


def change_for(booking: Booking, day: date) -> Decimal:
    """What the shoot on `day` would cost more than the order costs now: for the page that asks the day."""
    held = booking.price_lines.filter(pk__in=holding(booking)["lines"], reversed_by__isnull=True)
    now = sum((line.amount for line in held), NOTHING)
    term = term_on(terms_of(booking), day)
    rest = credit_notes.price_of(booking) - credit_notes.damage_of(booking) - now
    return max(term.adds if term else NOTHING, -rest) - now


# --- Following the day -------------------------------------------------------------------------------
def follow_date(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Told when a date was made or moved; the order's row is locked already."""
    booking = appointment.booking
    if (
        booking is None
        or appointment.kind != AppointmentKind.SHOOT
        or appointment.state != AppointmentState.PLANNED
        or not booking.is_open
    ):
        return
    day = appointment.starts_at.astimezone(appointment.branch.zone).date()
    term, before = term_on(terms_of(booking), day), holding(booking)
    if before["season"] == (term.pk if term else None):
        return
    for line in booking.price_lines.filter(pk__in=before["lines"], reversed_by__isnull=True):
        line.booking = booking
        price_lines.reverse(line, why=str(_("The shoot is on another day.")), by=by, now=now)
    price_lines.record(
        booking,
        "season",
        by=by,
        now=now,
        season=term.pk if term else None,
        names=term.names if term else {},
        lines=[line.pk for line in lines_for(booking, term, by=by, now=now)],
    )


def lines_for(booking: Booking, term: Term | None, *, by: User | None, now: datetime) -> list[PriceLine]:
    """The season's line, and what keeps the whole from sinking below nothing where discounts were given."""
    lines = []
    if term is not None and term.adds:
        lines.append(price_lines.write(booking, LineKind.SEASON, term.names, term.adds, by=by, now=now))
    below = credit_notes.damage_of(booking) - credit_notes.price_of(booking)
    if below > 0:
        label = price_lines.in_every_language(_("Never less than nothing"))
        lines.append(price_lines.write(booking, LineKind.SEASON, label, below, by=by, now=now))
    return lines
