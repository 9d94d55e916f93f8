"""The shared case where people look for it: beside the owner, and on the ownership page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.owners import owners_of
from customers.registries import Panel
from studio.staff.models.membership import FRONT
from workflow import shared_cases
from workflow.shared_forms import AdjustForm, ShareForm


def owner_notes(customer: Customer, now: datetime) -> Iterable[str]:
    """The source `shared_cases` of what stands below the owner."""
    case = shared_cases.open_case(customer)
    if case is None:
        return []
    words = {"name": case.second.display_name}
    return [_("Shared with %(name)s: the credit of a sale is split.") % words]


def context(customer: Customer, now: datetime) -> dict[str, Any]:
    case = shared_cases.open_case(customer)
    candidates = owners_of(customer.branch).exclude(pk=customer.owner_id or 0)
    share = shared_cases.agreed_share(customer.branch)
    adjusted = {"first_percent": case.first_percent} if case else None
    return {
        "case": case,
        "rest": 100 - case.first_percent if case else 0,
        "fresh_share_form": ShareForm(candidates=candidates, initial={"first_percent": share}),
        "fresh_adjust_form": AdjustForm(initial=adjusted),
    }


PANEL = Panel(
    title=gettext_lazy("Shared case"),
    template="workflow/shared_case.html",
    context=context,
    roles=frozenset(FRONT),
    order=20,
)
