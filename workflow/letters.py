"""Days and times as a customer reads them: in words, in their language, by the branch's clock.

The Chinese calendars stand side by side, because families choose their day by the lunar one.
"""

from datetime import date, datetime
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from django.utils import timezone
from lunar_python import Solar

from studio.staff.models import Branch

LOCALES = {"zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_TW", "en": "en_GB"}
DAYS = {"zh-hans": "M月d日EEEE", "zh-hant": "M月d日 EEEE", "en": "EEEE d MMMM"}
TIMES = {"zh-hans": "ah:mm", "zh-hant": "ah:mm", "en": "HH:mm"}
LUNAR = {"zh-hans": "农历", "zh-hant": "農曆"}
TRADITIONAL = str.maketrans({"闰": "閏", "腊": "臘"})


def locale_of(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, "en_GB"))


def lunar_day(day: date, language: str) -> str:
    """The lunar date in Chinese (农历四月初二), nothing in other languages."""
    if language not in LUNAR:
        return ""
    lunar: Any = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    words = f"{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}"
    if language == "zh-hant":
        words = words.translate(TRADITIONAL)
    return LUNAR[language] + words


def day_in_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """5月18日星期一, 5月18日 星期一, Monday 18 May."""
    day = timezone.localtime(moment, branch.zone).date()
    return format_date(day, DAYS.get(language, DAYS["en"]), locale=locale_of(language))


def time_in_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """上午9:00 in Chinese, 09:00 in English."""
    local = timezone.localtime(moment, branch.zone)
    return format_time(local.time(), TIMES.get(language, TIMES["en"]), locale=locale_of(language))


def lunar_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """The lunar date of the branch's day at `moment`, where the language has one."""
    return lunar_day(timezone.localtime(moment, branch.zone).date(), language)
