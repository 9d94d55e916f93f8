"""Every template compiles, and none carries what the content security policy forbids."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))
FORBIDDEN = re.compile(
    r"""\sstyle=|\son(?:click|change|submit|load|input|keydown)=|\shx-on|["']js:|<style|<script(?![^>]*\ssrc=)"""
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_nothing_inline(name: str) -> None:
    assert FORBIDDEN.search((ROOT / name).read_text()) is None


def test_every_post_form_carries_a_csrf_token() -> None:
    """htmx 2 and plain forms alike: the token stands in each form."""
    form = re.compile(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", re.S | re.I)
    guilty = [
        name
        for name in TEMPLATES
        for block in form.findall((ROOT / name).read_text())
        if "csrf_token" not in block
    ]
    assert guilty == []
