"""What a customer may be told by which way, and on what ground: their last word counts (R2.2)."""

from customers.models import Consent, ConsentScope, Customer, Way

WITHOUT_A_WORD = {
    (ConsentScope.ORDER, Way.PHONE): "order",
    (ConsentScope.ORDER, Way.SMS): "order",
    (ConsentScope.ORDER, Way.EMAIL): "order",
    (ConsentScope.NEWS, Way.PHONE): "visit",
}
"""The ground where they have said nothing: the order itself; the number that they left at their visit."""


def basis_of(customer: Customer, way: str, scope: str = ConsentScope.ORDER) -> str:
    """On what ground the customer may be told this way ("order", "visit", "consent:<id>"); empty: not."""
    if customer.do_not_contact or not customer.is_active:
        return ""
    last = Consent.objects.filter(customer=customer, way=way, scope=scope).order_by("-id").first()
    if last is None:
        return WITHOUT_A_WORD.get((ConsentScope(scope), Way(way)), "")
    return f"consent:{last.pk}" if last.allowed else ""
