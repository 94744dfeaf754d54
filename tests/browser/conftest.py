"""Each browser once for all tests of this folder; without it they are skipped, and say so."""

import pytest

from tests.browser.oracle import BROWSERS, BrowserOracle
from tests.browser.presence import needs_browser


@pytest.fixture(scope="session", params=BROWSERS)
def oracle(request):
    needs_browser(request.param)
    with BrowserOracle(request.param) as running:
        yield running
