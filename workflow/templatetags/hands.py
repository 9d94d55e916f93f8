"""What the buttons of a hand-off need wherever they stand."""

from typing import Any

from django import template

from studio.staff.models import Branch
from workflow import tablet

register = template.Library()


@register.simple_tag
def places_of(branch: Branch) -> list[tuple[str, Any]]:
    """Where people step out to: what is kept, and what is read."""
    return tablet.places(branch)
