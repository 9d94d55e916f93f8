"""Words matter (R5.3): the fitting line at the moment of a hand-off, in the language of who says it.

The owner hands over "friends of mine"; everybody else says "friends of <owner>", never "mine". Later rounds
drop the courtesies and say what is done and what comes next. Chinese speaks to one person (您), to two
(二位) and to several (各位) in different words, so these lines stand three times in the catalogue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext

from customers.greetings import called
from customers.models import Member, Salutation
from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow.models import Look, LookState


@dataclass(frozen=True)
class Line:
    """`say`: the giver to the receiver; `answer`: what the receiver answers; `assure`: the giver to the
    guests; `introduce`: the receiver to the guests. Empty where that moment has none."""

    say: str
    answer: str = ""
    assure: str = ""
    introduce: str = ""


def speaking(language: str | None) -> translation.override:
    """The sentences inside are in this language; None: the reader's own."""
    return translation.override(language or translation.get_language())


# --- How guests are called ---------------------------------------------------------------------
def listed(names: Iterable[str]) -> str:
    """Names in a row, parted as the language does it."""
    return pgettext("between the names of a list", ", ").join(names)


def guests(members: Iterable[Member], *, language: str | None = None) -> str:
    """How a colleague hears of them: 张先生和李女士; beyond three the first two and how many."""
    with speaking(language):
        # A couple is called as 张先生和李女士: he is named first, she is looked after first.
        party = sorted(members, key=lambda member: member.salutation != Salutation.MR)
        names = [called(member) for member in party]
        if len(names) == 1:
            return names[0]
        if len(names) == 2:
            return _("%(first)s and %(second)s") % {"first": names[0], "second": names[1]}
        if len(names) == 3:
            words = {"first": names[0], "second": names[1], "third": names[2]}
            return _("%(first)s, %(second)s and %(third)s") % words
        words = {"first": names[0], "second": names[1], "count": len(names)}  # type: ignore[dict-item]
        return _("%(first)s, %(second)s and their party of %(count)d") % words


# --- Hand-offs ----------------------------------------------------------------------------------
def line_for(
    *,
    from_kind: str,
    to_kind: str,
    members: Sequence[Member],
    giver: User,
    owner: User | None,
    receiver_name: str = "",
    receiver: User | None = None,
    assistant: str = "",
    looks: Sequence[Look] = (),
    round: int = 1,
    language: str | None = None,
) -> Line:
    """What is said when `giver` brings `members` from one department to another.

    `receiver_name` is whom the giver will find there, where that is known; `receiver` is who takes over
    and introduces themself.
    """
    with speaking(language):
        words = {
            "colleague": receiver_name
            or pgettext("to a colleague whose name is not known", "Dear colleague"),
            "guests": guests(members),
            "owner": owner.spoken_name if owner else "",
        }
        fits = len(members)
        pending = [look for look in looks if look.state == LookState.PENDING]
        introduce = introduction(receiver, to_kind, assistant) if receiver else ""
        if from_kind == to_kind:
            introduce = relief(receiver, giver, fits) if receiver else ""
            return Line(please_look_after(words), calm(), introduce=introduce)
        if to_kind == DepartmentKind.FRONT_DESK:
            return Line(all_done(words, looks), _("Thank you, you have all worked hard!"))
        if to_kind == DepartmentKind.SHOOTING:
            if round > 1 and pending:
                return Line(now_shoot(words, pending[0]), calm())
            return Line(friends_for_pictures(words, fits), calm(), introduce=introduce)
        if from_kind == DepartmentKind.SHOOTING and to_kind == DepartmentKind.STYLING:
            return Line(change(words, looks), calm())
        if from_kind == DepartmentKind.FRONT_DESK and to_kind == DepartmentKind.STYLING:
            mine = owner is not None and giver.pk == owner.pk
            say = my_friends(words, fits) if mine else friends_of_owner(words, fits)
            return Line(say, calm(), assure=assurance(fits), introduce=introduce)
        return Line(please_look_after(words), calm(), introduce=introduce)


def calm() -> str:
    return _("No problem, don't worry!")


def my_friends(words: dict[str, str], count: int) -> str:
    return npgettext(
        "owner to makeup artist",
        "%(colleague)s, this is %(guests)s, a friend of mine. Please take good care of my friend. Thank you!",
        "%(colleague)s, these are %(guests)s, friends of mine. Please take good care of them. Thank you!",
        count,
    ) % words  # fmt: skip


def friends_of_owner(words: dict[str, str], count: int) -> str:
    """A deputy or a colleague brings them: they are the owner's friends, not theirs."""
    if not words["owner"]:
        return please_look_after(words)
    return npgettext(
        "colleague to makeup artist",
        "%(colleague)s, this is %(guests)s, a friend of our %(owner)s. Please take good care. Thank you!",
        "%(colleague)s, these are %(guests)s, friends of our %(owner)s. Please take good care. Thank you!",
        count,
    ) % words  # fmt: skip


def friends_for_pictures(words: dict[str, str], count: int) -> str:
    if not words["owner"]:
        return please_look_after(words)
    return npgettext(
        "makeup artist to photographer",
        "%(colleague)s, this is %(guests)s, a friend of our %(owner)s. Lovely pictures, please. Thank you!",
        "%(colleague)s, these are %(guests)s, friends of our %(owner)s. Lovely pictures, please. Thank you!",
        count,
    ) % words  # fmt: skip


def assurance(count: int) -> str:
    """The owner to the guests, before stepping back."""
    if count == 1:
        return pgettext(
            "to one person", "This is our very best makeup artist: don't worry, and call me any time."
        )
    if count == 2:
        return pgettext(
            "to two people", "This is our very best makeup artist: don't worry, and call me any time."
        )
    return pgettext(
        "to several people", "This is our very best makeup artist: don't worry, and call me any time."
    )


def change(words: dict[str, str], looks: Sequence[Look]) -> str:
    """Shooting floor → styling: what is shot and what comes next; after the last look, makeup off."""
    shot = [look for look in looks if look.state == LookState.SHOT and look.at is not None]
    pending = [look for look in looks if look.state == LookState.PENDING]
    if not pending:
        return _(
            "%(colleague)s, that was all for %(guests)s. Headdress and makeup off, please. Thank you!"
        ) % words  # fmt: skip
    words = {**words, "next": pending[0].name}
    if not shot:
        return _("%(colleague)s, please change %(guests)s into: %(next)s. Thank you!") % words
    last = max(shot, key=lambda look: (look.at, look.position))
    return _(
        "%(colleague)s, %(done)s is shot for %(guests)s. Please change into: %(next)s. Thank you!"
    ) % {**words, "done": last.name}  # fmt: skip


def now_shoot(words: dict[str, str], look: Look) -> str:
    return _("%(colleague)s, now for %(next)s. Thank you!") % {**words, "next": look.name}


def all_done(words: dict[str, str], looks: Sequence[Look]) -> str:
    """Back to the front desk; what was not shot is said at once (F2)."""
    undone = [look.name for look in looks if look.state == LookState.UNDONE]
    if undone:
        return _(
            "%(colleague)s, that is all for today for %(guests)s. Not shot: %(looks)s."
        ) % {**words, "looks": listed(undone)}  # fmt: skip
    if any(look.state == LookState.PENDING for look in looks):
        return please_look_after(words)
    return _("%(colleague)s, everything is shot for %(guests)s.") % words


def please_look_after(words: dict[str, str]) -> str:
    """Somebody relieves a colleague, or a way off the route."""
    return _("%(colleague)s, please look after %(guests)s from here. Thank you!") % words


def relief(user: User, instead_of: User, count: int) -> str:
    """Who relieves a colleague, to the guests: nobody wonders where the first one went (R5.1)."""
    words = {"name": user.display_name, "colleague": instead_of.spoken_name}
    if count == 1:
        return pgettext(
            "to one person", "Hello, I am %(name)s. I look after you from here, for %(colleague)s."
        ) % words  # fmt: skip
    if count == 2:
        return pgettext(
            "to two people", "Hello, I am %(name)s. I look after you from here, for %(colleague)s."
        ) % words  # fmt: skip
    return pgettext(
        "to several people", "Hello, I am %(name)s. I look after you from here, for %(colleague)s."
    ) % words  # fmt: skip


def introduction(user: User, kind: str, assistant: str = "") -> str:
    """The receiver to the guests; assistants are never left out (R5.1)."""
    words = {"name": user.display_name, "assistant": assistant}
    if kind == DepartmentKind.STYLING:
        if assistant:
            return (
                _("Hello, I am %(name)s, your makeup artist, and this is my assistant %(assistant)s.") % words
            )
        return _("Hello, I am %(name)s, your makeup artist.") % words
    if kind == DepartmentKind.SHOOTING:
        if assistant:
            return (
                _("Hello, I am %(name)s, your photographer, and this is my assistant %(assistant)s.") % words
            )
        return _("Hello, I am %(name)s, your photographer.") % words
    return _("Hello, I am %(name)s. I am looking after you now.") % words


# --- Other moments ------------------------------------------------------------------------------
def deputy_line(owner: User, *, count: int, language: str | None = None) -> str:
    """The deputy speaks first: the owner has something to see to, and is never "resting" (R8.2)."""
    with speaking(language):
        words = {"owner": owner.spoken_name}
        if count == 1:
            return pgettext(
                "to one person", "Hello! %(owner)s has something to see to today, so I am here for you."
            ) % words  # fmt: skip
        if count == 2:
            return pgettext(
                "to two people", "Hello! %(owner)s has something to see to today, so I am here for you."
            ) % words  # fmt: skip
        return pgettext(
            "to several people", "Hello! %(owner)s has something to see to today, so I am here for you."
        ) % words  # fmt: skip


def balance_line(*, language: str | None = None) -> str:
    """R4.3: the balance is asked for politely, for the selection, and without a figure."""
    with speaking(language):
        return _("May I ask you to settle the rest when you come to choose your pictures? Thank you!")


def farewell(*, count: int, language: str | None = None) -> str:
    """At the door, every time and without exception (R5.5)."""
    with speaking(language):
        if count == 1:
            return pgettext(
                "to one person",
                "We are so sorry that we did not look after you well enough today. Please forgive us!",
            )
        if count == 2:
            return pgettext(
                "to two people",
                "We are so sorry that we did not look after you well enough today. Please forgive us!",
            )
        return pgettext(
            "to several people",
            "We are so sorry that we did not look after you well enough today. Please forgive us!",
        )
