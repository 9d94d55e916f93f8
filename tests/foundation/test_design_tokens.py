"""Colours that carry words can be read, in both themes (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text("utf-8")
RULE = re.compile(r"(:root[^{]*)\{([^{}]*)\}")
VALUE = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6});")

GROUNDS = ["paper", "surface", "sunken", "hover"]
WORDS = [
    *[(ink, ground) for ink in ("ink", "ink-soft") for ground in GROUNDS],
    *[("ink-faint", ground) for ground in ("paper", "surface", "sunken")],
    *[("seal", ground) for ground in ("paper", "surface", "seal-tint")],
    *[(kind, f"{kind}-tint") for kind in ("ok", "warn", "bad", "info", "idle")],
    *[(kind, ground) for kind in ("ok", "warn", "bad", "info") for ground in ("paper", "surface")],
    *[("ink", f"{kind}-tint") for kind in ("ok", "warn", "bad", "info", "idle")],
    ("on-button", "button"),
    ("on-button", "button-hover"),
    ("on-seal", "seal-solid"),
    ("on-seal", "seal-solid-hover"),
    ("on-bad", "bad-solid"),
    ("ink", "mark"),
]
EDGES = [("line-strong", "paper"), ("line-strong", "surface"), ("focus", "paper"), ("focus", "surface")]


def themes() -> dict[str, dict[str, str]]:
    rules = [(selector, dict(VALUE.findall(body))) for selector, body in RULE.findall(TOKENS)]
    coloured = [(selector, values) for selector, values in rules if "paper" in values]
    assert len(coloured) == 3
    light, chosen, asked = (values for _selector, values in coloured)
    return {"light": light, "dark": chosen, "dark as the device asks": asked}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_on_their_ground(theme):
    values = themes()[theme]
    faint = {
        f"{ink} on {ground}": round(contrast(values[ink], values[ground]), 2)
        for ink, ground in WORDS
        if contrast(values[ink], values[ground]) < 4.5
    }
    assert not faint


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_can_be_seen(theme):
    values = themes()[theme]
    faint = {
        f"{edge} on {ground}": round(contrast(values[edge], values[ground]), 2)
        for edge, ground in EDGES
        if contrast(values[edge], values[ground]) < 3
    }
    assert not faint


def test_dark_is_the_same_whether_chosen_or_asked_for():
    both = themes()
    assert both["dark"] == both["dark as the device asks"]
    assert set(both["light"]) == set(both["dark"])
