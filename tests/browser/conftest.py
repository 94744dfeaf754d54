"""One browser for all tests of this folder; without one they are skipped, and say so."""

import pytest

from tests.browser.oracle import BrowserOracle
from tests.browser.presence import needs_browser


@pytest.fixture(scope="session")
def oracle():
    needs_browser()
    with BrowserOracle() as running:
        yield running
