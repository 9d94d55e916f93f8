"""Sheets signed on paper, for tests: lines as a colleague copies them from the sheet."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from customers.models import Member
from workflow.models import WorkOrder
from workflow.paper_rows import PaperRow

MINUTE = timedelta(minutes=1)


def line(
    order: WorkOrder,
    number: int,
    user: Any,
    department: Any,
    since: datetime,
    until: datetime | None,
    *,
    members: list[Member] | None = None,
    **more: Any,
) -> PaperRow:
    party = tuple(members if members is not None else order.booking.customer.members.all())
    return PaperRow(number, party, department, user, since, until, **more)


def whole_day(shop: SimpleNamespace, order: WorkOrder, start: datetime) -> list[PaperRow]:
    """The route of a shoot of one look, twenty minutes a line."""
    look = order.looks.first()
    hands = [
        (shop.owner, shop.front_desk, None),
        (shop.artist, shop.styling, None),
        (shop.photographer, shop.shooting, look),
        (shop.artist, shop.styling, None),
        (shop.owner, shop.front_desk, None),
    ]
    return [
        line(
            order,
            place + 1,
            user,
            department,
            start + place * 20 * MINUTE,
            start + (place + 1) * 20 * MINUTE,
            look=ticked,
        )
        for place, (user, department, ticked) in enumerate(hands)
    ]


def form_of(lines: list[dict[str, Any]], **whole: Any) -> dict[str, Any]:
    """The form's fields as a browser sends them."""
    data: dict[str, Any] = {
        "form-TOTAL_FORMS": len(lines), "form-INITIAL_FORMS": 0, "form-MIN_NUM_FORMS": 0, "form-MAX_NUM_FORMS": 60,
    }  # fmt: skip
    for number, fields in enumerate(lines):
        data |= {
            f"form-{number}-{name}": value for name, value in {"who": "all", "kind": "with", **fields}.items()
        }
    return data | whole
