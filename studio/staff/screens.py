"""A screen that stands in a department: everybody there presses on it, and each press says who (R5.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from studio.staff.duties import acting_for, deputies_on
from studio.staff.models import Branch, Department, Membership, User
from studio.staff.models.membership import SERVING

SALT = "studio.staff.screens"
GOOD_FOR_SECONDS = 120


@dataclass(frozen=True)
class Face:
    """A colleague whom one may choose at the screen; without a PIN they sign with their badge only."""

    user: User
    place: Membership

    @property
    def has_pin(self) -> bool:
        return bool(self.user.pin)


def in_today(branch: Branch, *, day: object) -> list[Face]:
    """Everybody who serves in the branch and is not off on the day, in the order of their departments."""
    off = deputies_on(day, branch)  # type: ignore[arg-type]
    places = Membership.objects.active().filter(branch=branch, role__in=SERVING)
    rows = places.select_related("user", "department").order_by("department_id", "user__display_name", "pk")
    return [Face(place.user, place) for place in rows if place.user_id not in off]


def of_department(department: Department, *, day: object) -> list[Face]:
    """Who serves in the department on the day: its colleagues who are in, then who stands in for one who is
    not (R8.1)."""
    branch = department.branch
    off = deputies_on(day, branch)  # type: ignore[arg-type]
    own = Membership.objects.active().filter(branch=branch, department=department, role__in=SERVING)
    away = [place.user for place in own.select_related("user") if place.user_id in off]
    standing_in = {acting_for(user, off).pk for user in away}
    faces = in_today(branch, day=day)
    mine = [face for face in faces if face.place.department_id == department.pk]
    return mine + [face for face in faces if face.user.pk in standing_in and face not in mine]


def people(faces: Iterable[Face]) -> list[User]:
    return [face.user for face in faces]


# --- Signed a moment ago ------------------------------------------------------------------------
def signature(user: User, session: str | None) -> str:
    """Who signed at this screen a moment ago, for the next page of the same press (which party is meant?)."""
    return signing.dumps([user.pk, screen_mark(session)], salt=SALT)


def screen_mark(session: str | None) -> str:
    """Tells one screen from another, and is no way into its session: the page that carries it can be read."""
    return salted_hmac(SALT, session or "").hexdigest()[:32]


def signed_by(signature: str, session: str | None) -> int | None:
    """The id in a signature of this very screen that is not older than two minutes."""
    try:
        pk, where = signing.loads(signature, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    is_here = isinstance(where, str) and constant_time_compare(where, screen_mark(session))
    return pk if is_here and isinstance(pk, int) else None
