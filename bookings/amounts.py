"""What an amount of money is, and the refusals around it: never a float, never smaller than a cent."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings.models.package import AMOUNT

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
HIGHEST = Decimal(10) ** (AMOUNT["max_digits"] - AMOUNT["decimal_places"]) - CENT


@dataclass(frozen=True)
class Money:
    """What a customer pays: as what (定金, 订金, 尾款, 押金), how, and how much."""

    kind: str
    method: str
    amount: Decimal


class NotPayable(ValidationError):
    """Money that can't be taken or given back, and why; `field`: "kind", "method", "amount", "why" or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


def check_amount(amount: Decimal) -> None:
    """`NotPayable` for what is no amount of money; `TypeError` for anything but a Decimal."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"Money is a Decimal, not {type(amount).__name__}.")
    if not amount.is_finite():
        raise NotPayable(_("Enter an amount in figures, like 500 or 1200.50."), "amount")
    if amount <= 0:
        raise NotPayable(_("The amount must be more than nothing."), "amount")
    if amount > HIGHEST:
        raise NotPayable(_("That is more than any order costs. Check the figures."), "amount")
    if amount != amount.quantize(CENT):
        raise NotPayable(_("Two decimals at most: there is nothing smaller than a cent."), "amount")


def reason(why: str, sentence: Any) -> str:
    """`why` without blanks around it; where nothing remains, `NotPayable` with the sentence."""
    if not why.strip():
        raise NotPayable(sentence, "why")
    return why.strip()[:200]
