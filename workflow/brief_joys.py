"""What would please a party today (R9.2, F4, R11.2): read from the days of their lives."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.almanac import month_and_day
from customers.models import Customer, Member, MemberRole

BIRTHDAY_WITHIN = 7
WEDDING_WITHIN = 60
ANNIVERSARY_WITHIN = 14
GROWN_UP_AT = 12
MILESTONES = {30: "month", 100: "hundred"}
MILESTONE_WITHIN = 10


def joys(customer: Customer, members: Iterable[Member], *, day: date) -> list[str]:
    """What to bring up, prepare or wish them on this day; the nearest joy first."""
    people = list(members)
    found = [*weddings(customer, day)]
    for member in people:
        found += of_member(member, day)
    return found


def of_member(member: Member, day: date) -> list[str]:
    born = member.birthday
    if born is None or born > day:
        return children(member, None)
    return [
        *birthday(member, born, day),
        *milestones(member, born, day),
        *children(member, (day - born).days),
    ]


# --- Birthdays ------------------------------------------------------------------------------------
def birthday(member: Member, born: date, day: date) -> list[str]:
    """By our calendar, else by the lunar one, as the older generation keeps it."""
    words = {"name": member.name}
    for away in range(BIRTHDAY_WITHIN + 1):
        other = day + timedelta(days=away)
        if same_day(born, other) and other != born:
            return [coming(_("%(name)s has a birthday today: wish them well first thing.") % words, ngettext(
                "%(name)s has a birthday in %(days)d day.", "%(name)s has a birthday in %(days)d days.", away
            ) % {**words, "days": away}, away)]  # fmt: skip
    lunar = month_and_day(born)
    for away in range(BIRTHDAY_WITHIN + 1):
        if month_and_day(day + timedelta(days=away)) == lunar and (day - born).days > 365:
            return [coming(_("%(name)s has a birthday by the lunar calendar today.") % words, ngettext(
                "%(name)s has a birthday by the lunar calendar in %(days)d day.",
                "%(name)s has a birthday by the lunar calendar in %(days)d days.",
                away,
            ) % {**words, "days": away}, away)]  # fmt: skip
    return []


def same_day(born: date, other: date) -> bool:
    """Who was born on the 29th of February keeps the 28th in the years between."""
    if (born.month, born.day) == (2, 29) and not leap(other.year):
        return (other.month, other.day) == (2, 28)
    return (born.month, born.day) == (other.month, other.day)


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def coming(today: str, soon: str, away: int) -> str:
    return today if away == 0 else soon


# --- Children -------------------------------------------------------------------------------------
def milestones(member: Member, born: date, day: date) -> list[str]:
    """A full month, a hundred days (F4): the next pictures suggest themselves."""
    words = {
        "month": _("%(name)s is a full month old these days."),
        "hundred": _("%(name)s is a hundred days old these days."),
    }
    age = (day - born).days
    return [
        words[name] % {"name": member.name}
        for days, name in MILESTONES.items()
        if abs(age - days) <= MILESTONE_WITHIN
    ]


def children(member: Member, days: int | None) -> list[str]:
    is_child = member.role == MemberRole.CHILD and (days is None or days < GROWN_UP_AT * 366)
    if not is_child:
        return []
    if days is None or days < 366:
        return [
            _("A child comes along (%(name)s): have something small to play with.") % {"name": member.name}
        ]
    return [
        ngettext(
            "A child comes along (%(name)s, %(years)d year old): have something small to play with.",
            "A child comes along (%(name)s, %(years)d years old): have something small to play with.",
            int(days / 365.25),
        )
        % {"name": member.name, "years": int(days / 365.25)}
    ]


# --- The wedding ------------------------------------------------------------------------------------
def weddings(customer: Customer, day: date) -> list[str]:
    wedding = customer.wedding_day
    if wedding is None:
        return []
    away = (wedding - day).days
    if away == 0:
        return [_("Their wedding is today.")]
    if 0 < away <= WEDDING_WITHIN:
        return [
            ngettext(
                "Their wedding is in %(days)d day: wish them joy.",
                "Their wedding is in %(days)d days: wish them joy.",
                away,
            )
            % {"days": away}
        ]
    for near in range(-ANNIVERSARY_WITHIN, ANNIVERSARY_WITHIN + 1):
        other = day + timedelta(days=near)
        years = other.year - wedding.year
        if years > 0 and same_day(wedding, other):
            return [
                ngettext(
                    "They have been married for %(years)d year these days.",
                    "They have been married for %(years)d years these days.",
                    years,
                )
                % {"years": years}
            ]
    return []
