"""Amounts in the capital figures of Chinese receipts, which nobody can turn into others: 壹仟贰佰元整."""

from decimal import Decimal

FIGURES = {"zh-hans": "零壹贰叁肆伍陆柒捌玖", "zh-hant": "零壹貳參肆伍陸柒捌玖"}
SMALL = ("", "拾", "佰", "仟")
LARGE = {"zh-hans": ("", "万", "亿"), "zh-hant": ("", "萬", "億")}


def capitals(amount: Decimal, language: str) -> str:
    """`amount` (not negative, two decimals at most) in capital figures; nothing in other languages."""
    if language not in FIGURES:
        return ""
    figures, cents = FIGURES[language], int(amount * 100)
    whole, (jiao, fen) = cents // 100, divmod(cents % 100, 10)
    words = f"{integer(whole, language)}元" if whole or not cents else ""
    if not jiao and not fen:
        return words + "整"
    if jiao:
        words += figures[jiao] + "角"
    elif whole:
        words += figures[0]
    return words + (figures[fen] + "分" if fen else "整")


def integer(number: int, language: str) -> str:
    """Whole numbers up to 999,999,999,999."""
    figures, large = FIGURES[language], LARGE[language]
    if not number:
        return figures[0]
    words, zero_due = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        figure = number // 10**place % 10
        if figure:
            words += (figures[0] if zero_due else "") + figures[figure] + SMALL[place % 4]
            zero_due = False
        else:
            zero_due = bool(words)
        if place % 4 == 0 and place and number // 10**place % 10_000:
            words += large[place // 4]
    return words
