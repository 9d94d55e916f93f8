"""The system's Chromium for the browser tests of this folder."""

import os
import shutil
from typing import Any

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # Playwright's loop runs in this thread; the rows are made before a page is opened.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return {**browser_type_launch_args, "executable_path": chromium, "args": ["--no-sandbox"]}
