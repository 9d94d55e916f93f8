"""The balance due wherever a customer is served (R4.3), for those who take money."""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bookings.balances import balance_of
from bookings.models import Booking, LineKind
from studio.foundation.templatetags.studio import money, state
from studio.staff.models.membership import TAKES_MONEY

register = template.Library()


@register.simple_tag(takes_context=True)
def balance(context: Context, booking: Booking | None) -> SafeString | str:
    """“Balance due ¥4,999” or, where we owe them, “To give back ¥200”; nothing where it is settled, and
    nothing for a role that takes no money. Lists count the balances before (`balances.count`)."""
    request = context.get("request")
    membership: Any = getattr(request, "membership", None)
    if booking is None or membership is None or membership.role not in TAKES_MONEY:
        return ""
    due = balance_of(booking)
    if due == 0:
        return ""
    sentence = _("Balance due %(amount)s") if due > 0 else _("To give back %(amount)s")
    words = sentence % {"amount": money(abs(due), currency_of(booking, request))}
    return format_html('<span class="nowrap">{}</span>', state("warn", words, icon="banknote"))


def currency_of(booking: Booking, request: Any) -> str:
    """The currency of its branch, which nearly always is the branch that the request is in."""
    branch = request.branch if booking.branch_id == request.branch.pk else booking.branch
    return branch.currency


@register.simple_tag
def line_word(kind: str) -> str:
    """The word of a kind of price line, in the reader's language."""
    return str(LineKind(kind).label)
