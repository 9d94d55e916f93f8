"""The lunar date and solar term of a day: many customers choose their days by them."""

from datetime import date

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from lunar_python import Solar

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


def day_in_chinese(day: int) -> str:
    """初一 to 三十."""
    if day in (10, 20, 30):
        return {10: "初十", 20: "二十", 30: "三十"}[day]
    return ("初", "十", "廿")[day // 10] + DIGITS[day % 10 - 1]


def lunar_date(day: date) -> str:
    """农历十月十四; in English month and day in figures."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    month, leap = abs(lunar.getMonth()), lunar.getMonth() < 0
    language = get_language() or "en"
    words: dict[str, object] = {"month": month, "day": lunar.getDay()}
    if language in MONTHS:
        words = {"month": MONTHS[language][month - 1], "day": day_in_chinese(lunar.getDay())}
    if leap:
        return _("Lunar leap month %(month)s, day %(day)s") % words
    return _("Lunar month %(month)s, day %(day)s") % words


def solar_term(day: date) -> str:
    """The solar term that begins on this day, or nothing."""
    term = Solar.fromYmd(day.year, day.month, day.day).getLunar().getJieQi()
    return str(TERMS.get(term, ""))
