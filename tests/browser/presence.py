"""Whether there is a browser: a test without one is skipped and says so, or fails where one must be."""

import os

import pytest

from tests.browser.oracle import find_browser

MISSING = "no Chromium: install it, or name it in REMEDIATE_CHROMIUM"


def needs_browser() -> None:
    """Skip the test without Chromium; fail it where ``REMEDIATE_NEEDS_BROWSER=1`` says that one must be."""
    if find_browser() is not None:
        return
    if os.environ.get("REMEDIATE_NEEDS_BROWSER") == "1":
        pytest.fail(f"{MISSING} (REMEDIATE_NEEDS_BROWSER=1)")
    pytest.skip(MISSING)
