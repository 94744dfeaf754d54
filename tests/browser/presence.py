"""Whether there is a browser: a test without one is skipped and says so, or fails where one must be."""

import os

import pytest

from tests.browser.oracle import find_browser, variable


def needs_browser(name: str = "chromium") -> None:
    """Skip the test without the browser; with ``REMEDIATE_NEEDS_BROWSER=1`` fail it."""
    if find_browser(name) is not None:
        return
    missing = f"no {name.capitalize()}: install it, or name it in {variable(name)}"
    if os.environ.get("REMEDIATE_NEEDS_BROWSER") == "1":
        pytest.fail(f"{missing} (REMEDIATE_NEEDS_BROWSER=1)")
    pytest.skip(missing)
