"""What a day is: its lunar date and solar term, whether it is good for a wedding, a holiday or a make-up
working day, and whether the house keeps other hours. Many customers choose their days by these."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from lunar_python import Solar

from studio.staff.models import Branch, SpecialDay

MONTHS = {"zh-hans": "正二三四五六七八九十冬腊", "zh-hant": "正二三四五六七八九十冬臘"}
DIGITS = "一二三四五六七八九"
TERMS = {
    "立春": gettext_lazy("Start of spring"),
    "雨水": gettext_lazy("Rain water"),
    "惊蛰": gettext_lazy("Awakening of insects"),
    "春分": gettext_lazy("Spring equinox"),
    "清明": gettext_lazy("Clear and bright"),
    "谷雨": gettext_lazy("Grain rain"),
    "立夏": gettext_lazy("Start of summer"),
    "小满": gettext_lazy("Grain buds"),
    "芒种": gettext_lazy("Grain in ear"),
    "夏至": gettext_lazy("Summer solstice"),
    "小暑": gettext_lazy("Minor heat"),
    "大暑": gettext_lazy("Major heat"),
    "立秋": gettext_lazy("Start of autumn"),
    "处暑": gettext_lazy("End of heat"),
    "白露": gettext_lazy("White dew"),
    "秋分": gettext_lazy("Autumn equinox"),
    "寒露": gettext_lazy("Cold dew"),
    "霜降": gettext_lazy("Frost descends"),
    "立冬": gettext_lazy("Start of winter"),
    "小雪": gettext_lazy("Minor snow"),
    "大雪": gettext_lazy("Major snow"),
    "冬至": gettext_lazy("Winter solstice"),
    "小寒": gettext_lazy("Minor cold"),
    "大寒": gettext_lazy("Major cold"),
}

LANGUAGES = {"en": "en_US", "zh-hans": "zh_CN", "zh-hant": "zh_TW"}
WEDDINGS = "嫁娶"
BRIDGE = re.compile(r"substituted from|调休|調休")
"""How the calendar of holidays words a day off that a working weekend makes up for."""


def day_in_chinese(day: int) -> str:
    """初一 to 三十."""
    if day in (10, 20, 30):
        return {10: "初十", 20: "二十", 30: "三十"}[day]
    return ("初", "十", "廿")[day // 10] + DIGITS[day % 10 - 1]


@lru_cache(maxsize=1000)
def month_and_day(day: date) -> tuple[int, int]:
    """Of the lunar calendar; a leap month is negative. Ten thousand reminders speak of the same few days."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return lunar.getMonth(), lunar.getDay()


def lunar_date(day: date) -> str:
    """农历十月十四; in English month and day in figures."""
    lunar_month, lunar_day = month_and_day(day)
    month, leap = abs(lunar_month), lunar_month < 0
    language = get_language() or "en"
    words: dict[str, object] = {"month": month, "day": lunar_day}
    if language in MONTHS:
        words = {"month": MONTHS[language][month - 1], "day": day_in_chinese(lunar_day)}
    if leap:
        return _("Lunar leap month %(month)s, day %(day)s") % words
    return _("Lunar month %(month)s, day %(day)s") % words


def solar_term(day: date) -> str:
    """The solar term that begins on this day, or nothing."""
    term = Solar.fromYmd(day.year, day.month, day.day).getLunar().getJieQi()
    return str(TERMS.get(term, ""))


def short_lunar(day: date) -> str:
    """廿九, or the month on its first day (冬月): one square of a calendar. In English 10/14."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    language = get_language() or "en"
    if language not in MONTHS:
        return f"{abs(lunar.getMonth())}/{lunar.getDay()}"
    if lunar.getDay() == 1:
        leap = {"zh-hans": "闰", "zh-hant": "閏"}[language] if lunar.getMonth() < 0 else ""
        return f"{leap}{MONTHS[language][abs(lunar.getMonth()) - 1]}月"
    return day_in_chinese(lunar.getDay())


@cache
def suits_weddings(day: date) -> bool:
    """宜嫁娶: the traditional almanac calls the day good for a wedding."""
    return WEDDINGS in Solar.fromYmd(day.year, day.month, day.day).getLunar().getDayYi()


@cache
def holidays_of(region: str, year: int, language: str) -> holidays.HolidayBase | None:
    """The public holidays of a year in the reader's language; None for a country that nobody wrote down."""
    wanted = LANGUAGES.get(language, "en_US")
    try:
        found = holidays.country_holidays(region, years=year, language=wanted)
    except NotImplementedError:
        return None
    return found


def holiday(day: date, region: str) -> str:
    """The name of the public holiday, or nothing."""
    known = holidays_of(region, day.year, get_language() or "en")
    name = known.get(day) if known is not None else None
    if not name:
        return ""
    return _("Bridge day off") if BRIDGE.search(name) else str(name)


def is_make_up_day(day: date, region: str) -> bool:
    """A weekend day on which people work, because a bridge day before or after a holiday is off."""
    known = holidays_of(region, day.year, get_language() or "en")
    return known is not None and day in getattr(known, "weekend_workdays", ())


@dataclass(frozen=True)
class Mark:
    """A day with everything that a customer or the house may mind about it."""

    day: date
    lunar: str
    short: str
    term: str
    is_good: bool
    holiday: str
    is_make_up: bool
    special: SpecialDay | None = None

    @property
    def is_closed(self) -> bool:
        return self.special is not None and not self.special.is_open


def marks(branch: Branch, days: Iterable[date]) -> dict[date, Mark]:
    """Each of these days with its marks; one question about the house's special days."""
    days = list(days)
    special = {row.day: row for row in SpecialDay.objects.filter(branch=branch, day__in=days)}
    return {
        day: Mark(
            day=day,
            lunar=lunar_date(day),
            short=short_lunar(day),
            term=solar_term(day),
            is_good=suits_weddings(day),
            holiday=holiday(day, branch.region),
            is_make_up=is_make_up_day(day, branch.region),
            special=special.get(day),
        )
        for day in days
    }
