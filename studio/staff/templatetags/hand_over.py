"""The hand-over on pages: what the owner told whoever acts today."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone

from studio.staff.handover import notes_on
from studio.staff.models import Branch

register = template.Library()


@register.filter
def entry(found: Mapping[str, Any], key: str) -> Any:
    """The entry of a mapping by a key that is only known in the template."""
    return found.get(key)


@register.inclusion_tag("staff/_case_note.html")
def case_note(key: str, branch: Branch) -> dict[str, Any]:
    """The note of today's hand-over for one case (R8.1), for the page on which the case is seen to."""
    day = branch.today(timezone.now())
    return {"note": notes_on([key], branch=branch, day=day).get(key)}
