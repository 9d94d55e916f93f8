"""What of an address and of written words may stand on a page."""

from django import template

from studio.foundation.public_links import without_links as hidden

register = template.Library()


@register.filter
def email_masked(address: str) -> str:
    """w…@example.com: enough for who knows it."""
    name, at, host = address.partition("@")
    return f"{name[:1]}…{at}{host}"


@register.filter
def without_links(text: str) -> str:
    """A customer's link is theirs to press: in the words shown to us it has stars."""
    return hidden(text)
