"""Access is decided once: each view names its roles, and objects are fetched through the branch."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = TypeVar("View", bound=Callable[..., HttpResponse])


def roles(*allowed: str | Iterable[str]) -> Callable[[View], View]:
    """The view is for these roles of the active membership; everybody else gets 403.

    The set stands on the view as `access`, which the test that walks every route reads.
    """
    names = frozenset(
        str(name) for entry in allowed for name in ([entry] if isinstance(entry, str) else entry)
    )

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            membership = getattr(request, "membership", None)
            if membership is None or membership.role not in names:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = names  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def public(view: View) -> View:
    """The view is for everybody, signed in or not."""
    view.access = "public"  # type: ignore[attr-defined]
    return login_not_required(view)


def signed_in(view: View) -> View:
    """The view is for everybody who is signed in, with or without a place in a branch."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view


def has_role(request: HttpRequest, *allowed: str | Iterable[str]) -> bool:
    """Whether who acts has one of these roles: for a button, never instead of the view's own check."""
    names = {str(name) for entry in allowed for name in ([entry] if isinstance(entry, str) else entry)}
    membership = getattr(request, "membership", None)
    return membership is not None and membership.role in names
