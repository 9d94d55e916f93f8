"""What every page must be in a browser: no wider than its window (R9.6 on a phone), and readable for everybody."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a theme may break and another keep
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTLED_SECONDS = 10.0  # a page is laid out anew some time after its window has changed
FITS = """(width) => {
    const root = document.documentElement;
    return root.scrollWidth <= root.clientWidth && (width === null || window.innerWidth === width);
}"""
TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    const clipped = (it) => it && (getComputedStyle(it).overflowX !== "visible" || clipped(it.parentElement));
    const named = (it) => it.tagName.toLowerCase() + (it.id && "#" + it.id)
        + [...it.classList].map((one) => "." + one).join("") + " " + Math.round(it.getBoundingClientRect().right);
    return [window.innerWidth + ":", ...[...document.body.querySelectorAll("*")]
        .filter((it) => it.getBoundingClientRect().right > room + 0.5 && !clipped(it.parentElement))
        .map(named).slice(0, 8)];
}"""
COMPLAINTS = """async (options) => {
    const found = await axe.run(options);
    return {
        passes: found.passes.length,
        violations: found.violations.map(({id, nodes}) => [id, nodes.map(({target, html}) => target + " " + html)]),
    };
}"""


def too_wide(page: Page, *widths: int) -> list[str]:
    """What does not fit into the window: as it is, or as wide as each of `widths`. An empty list when all does."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        if wrong := fitted(page, width):
            return wrong
    return [] if widths else fitted(page, None)


def fitted(page: Page, width: int | None) -> list[str]:
    until = time.monotonic() + SETTLED_SECONDS
    while not page.evaluate(FITS, width):
        if time.monotonic() > until:
            return list(page.evaluate(TOO_WIDE))
        page.wait_for_timeout(50)
    return []


def complaints(page: Page, standards: Sequence[str] = STANDARDS, **options: Any) -> list[Any]:
    """What axe finds wrong with the page: each rule with the places that break it."""
    return complaints_by(page, {"type": "tag", "values": list(standards)}, **options)


def complaints_in_both_themes(page: Page) -> list[Any]:
    """A theme changes colours and nothing else: in the dark one axe looks at these."""
    in_theme(page, "light")
    found = complaints(page)
    in_theme(page, "dark")
    found += [("dark", *one) for one in complaints_by(page, {"type": "rule", "values": COLOURS})]
    in_theme(page, "light")
    return found


def in_theme(page: Page, theme: Literal["light", "dark"]) -> None:
    """Colours are the new ones when the page has been drawn, for even the shortest change takes a picture."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )
    wait_until(page, "document.getAnimations().every((one) => one.playState !== 'running')")


def complaints_by(page: Page, run_only: dict[str, Any], /, **options: Any) -> list[Any]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked = {
        "runOnly": run_only,
        "resultTypes": ["violations"],
        "preload": {
            "assets": ["media"]
        },  # stylesheets are fetched once more for a rule that is none of these
        **options,
    }
    with drawn_whole(page):
        found = page.evaluate(COMPLAINTS, asked)
    assert found["passes"], "axe has looked at nothing"
    return list(found["violations"])


@contextmanager
def drawn_whole(page: Page) -> Iterator[None]:
    """The window is as high as the page: what one scrolls out from under a fixed bar is not too small to press."""
    size = page.viewport_size
    assert size is not None
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    yield
    page.set_viewport_size(size)


def wait_until(page: Page, question: str, argument: Any = None, seconds: float = 30.0) -> None:
    """Until the page answers with something. Playwright's own way asks from within the page, where the policy
    allows no words to become a program."""
    until = time.monotonic() + seconds
    while not page.evaluate(question, argument):
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {question}"
        page.wait_for_timeout(30)


def drafted(page: Page, words: str) -> None:
    """Until what was typed is kept: a draft is written a quarter of a second after the last key."""
    wait_until(page, "(words) => Object.values(localStorage).join().includes(words)", words)
