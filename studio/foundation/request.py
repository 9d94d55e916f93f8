"""The request as our views see it: what the middleware has put on it, for those who read and check types."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    # Only the names of types: nothing is imported upward when the program runs.
    from studio.staff.models import Branch, Department, Membership, User


class StudioRequest(HttpRequest):
    """A request past all middleware. Behind `@roles` there always is a membership and a branch."""

    htmx: HtmxDetails
    theme: str
    user: "User"
    actor: "User"
    membership: "Membership"
    branch: "Branch"
    screen: "Department | None"
    LANGUAGE_CODE: str
