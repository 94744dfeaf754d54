"""One browser for all tests of this folder; without one they are skipped, and say so."""

import pytest
from oracle import BrowserOracle, find_browser


@pytest.fixture(scope="session")
def oracle():
    if find_browser() is None:
        pytest.skip("no Chromium: install it, or name it in REMEDIATE_CHROMIUM")
    with BrowserOracle() as running:
        yield running
