"""The table that is printed: one row per scenario."""

import unicodedata
from collections.abc import Sequence

from tests.faults.verdict import Verdict

HEAD = (
    "scenario",
    "due",
    "sent",
    "lost",
    "doubled",
    "unknown",
    "calls",
    "p50",
    "p99",
    "max",
    "recovery",
    "verdict",
)
WIDTHS = (30, 5, 5, 5, 8, 8, 6, 7, 7, 7, 9, 8)


def cells(name: str, verdict: Verdict) -> tuple[str, ...]:
    if verdict.skipped:
        return (name, *["–"] * 10, "SKIPPED")
    return (
        name,
        str(verdict.due),
        str(verdict.sent),
        str(verdict.lost),
        str(verdict.doubled),
        str(verdict.unknown),
        str(verdict.calls),
        *(f"{verdict.late(part):.2f}" for part in (50, 99, 100)),
        "–" if verdict.recovery is None else f"{verdict.recovery:.2f}",
        "passed" if verdict.passed else "FAILED",
    )


def line(words: Sequence[str]) -> str:
    first, *rest = words
    padded = [first + " " * (WIDTHS[0] - width_of(first))]
    padded += [word.rjust(width) for word, width in zip(rest, WIDTHS[1:], strict=True)]
    return " ".join(padded)


def head() -> str:
    return line(HEAD) + "\n" + "─" * (sum(WIDTHS) + len(WIDTHS) - 1)


def row(name: str, verdict: Verdict) -> str:
    return line(cells(name, verdict))


def details(verdict: Verdict, most: int = 5) -> list[str]:
    """Below a row: why it failed, and what else is worth knowing."""
    wrong = verdict.wrong[:most]
    if len(verdict.wrong) > most:
        wrong.append(f"… and {len(verdict.wrong) - most} more")
    skipped = [f"SKIPPED: {verdict.skipped}"] if verdict.skipped else []
    return [f"    {text}" for text in (*skipped, *wrong, *verdict.notes)]


def width_of(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
