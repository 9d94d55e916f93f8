"""What the page of a hand-over needs."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def entry(found: Mapping[str, Any], key: str) -> Any:
    """The entry of a mapping by a key that is only known in the template."""
    return found.get(key)
