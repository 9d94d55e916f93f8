"""What is said beside the route (R5.3, R5.6): out for a moment, on location, and to who stood alone."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from customers.models import Member
from studio.staff.models import User
from workflow.lines import Line, calm, guests, speaking


def stepping_out(
    members: Sequence[Member], *, had: User, escort: User, place: str = "", language: str | None = None
) -> Line:
    """Who has them asks a colleague to go along, or goes along; nobody is told only where it is."""
    with speaking(language):
        words = {"colleague": escort.spoken_name, "guests": guests(members), "place": place}
        if escort.pk == had.pk:
            return Line("", introduce=come_along(len(members)))
        if place:
            say = _("%(colleague)s, please go along with %(guests)s: %(place)s. Thank you!") % words
        else:
            say = _("%(colleague)s, please go along with %(guests)s. Thank you!") % words
        return Line(say, calm(), introduce=come_along(len(members)))


def come_along(count: int) -> str:
    """The escort to the guests."""
    if count == 1:
        return pgettext("to one person", "Please come with me, I am going along.")
    if count == 2:
        return pgettext("to two people", "Please come with me, I am going along.")
    return pgettext("to several people", "Please come with me, I am going along.")


def coming_back(
    members: Sequence[Member], *, escort: User, takes_over: User, language: str | None = None
) -> Line:
    """The escort brings them back."""
    with speaking(language):
        if escort.pk == takes_over.pk:
            return Line("")
        words = {"colleague": takes_over.spoken_name, "guests": guests(members)}
        say = ngettext(
            "%(colleague)s, %(guests)s is back.", "%(colleague)s, %(guests)s are back.", len(members)
        ) % words  # fmt: skip
        return Line(say, _("Thank you for going along!"))


def on_location(
    members: Sequence[Member], *, had: User, with_user: User, language: str | None = None
) -> Line:
    """They leave for the pictures outdoors; somebody is with them all the way."""
    with speaking(language):
        say, answer = "", ""
        if with_user.pk != had.pk:
            words = {"colleague": with_user.spoken_name, "guests": guests(members)}
            say = _("%(colleague)s, please take %(guests)s along to the location. Thank you!") % words
            answer = calm()
        return Line(say, answer, introduce=all_the_way(len(members)))


def all_the_way(count: int) -> str:
    if count == 1:
        return pgettext("to one person", "We are leaving for the location. I am with you all the way.")
    if count == 2:
        return pgettext("to two people", "We are leaving for the location. I am with you all the way.")
    return pgettext("to several people", "We are leaving for the location. I am with you all the way.")


def after_a_gap(*, count: int, language: str | None = None) -> Line:
    """Who comes first to guests whom somebody left alone: sorry, and no word about the colleague (R10.5)."""
    with speaking(language):
        return Line("", introduce=stood_alone(count))


def stood_alone(count: int) -> str:
    if count == 1:
        return pgettext(
            "to one person", "I am with you now. We are so sorry that you stood alone. What can I do for you?"
        )
    if count == 2:
        return pgettext(
            "to two people", "I am with you now. We are so sorry that you stood alone. What can I do for you?"
        )
    return pgettext(
        "to several people",
        "I am with you now. We are so sorry that you stood alone. What can I do for you?",
    )
