"""What the receive control offers on any page that holds it."""

from django import template

from studio.staff.models import Branch, User
from workflow import rotation
from workflow.visits import CAME_BEFORE

register = template.Library()


@register.simple_tag
def may_be_named(branch: Branch) -> list[User]:
    """Whom a visitor can ask for."""
    return rotation.may_be_named(branch)


@register.simple_tag
def came_before() -> tuple[int, ...]:
    """How many minutes ago somebody may have come in."""
    return CAME_BEFORE
