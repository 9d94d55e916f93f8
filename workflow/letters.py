"""Days and times as a customer reads them: in words, in their language, by the branch's clock.

The Chinese calendars stand side by side, because families choose their day by the lunar one.
"""

from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_time
from django.utils import timezone, translation

from bookings.almanac import MONTHS, lunar_date
from studio.staff.models import Branch

LOCALES = {"zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_TW", "en": "en_GB"}
DAYS = {"zh-hans": "M月d日EEEE", "zh-hant": "M月d日 EEEE", "en": "EEEE d MMMM"}
TIMES = {"zh-hans": "ah:mm", "zh-hant": "ah:mm", "en": "HH:mm"}


def locale_of(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, "en_GB"))


def day_in_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """5月18日星期一, 5月18日 星期一, Monday 18 May."""
    day = timezone.localtime(moment, branch.zone).date()
    return format_date(day, DAYS.get(language, DAYS["en"]), locale=locale_of(language))


def time_in_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """上午9:00 in Chinese, 09:00 in English."""
    local = timezone.localtime(moment, branch.zone)
    return format_time(local.time(), TIMES.get(language, TIMES["en"]), locale=locale_of(language))


def lunar_words(moment: datetime, *, branch: Branch, language: str) -> str:
    """农历四月初二: the lunar date of the branch's day at `moment`, in Chinese only."""
    if language not in MONTHS:
        return ""
    with translation.override(language):
        return lunar_date(timezone.localtime(moment, branch.zone).date())
