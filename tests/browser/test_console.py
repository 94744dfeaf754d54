"""The browsers' own words about each blocked case, as `remediate explain --error` reads them."""

from urllib.parse import urlsplit

import pytest

from remediate.web.console import read_complaint
from tests.browser.cases import NAMED
from tests.browser.test_differential import bind

pytestmark = pytest.mark.browser

SILENT = {
    "chromium": {
        "answer 407",
        "preflight 407",
        "TRACE is forbidden",
        "to another scheme",
        "to an empty host",
        "to two places",
    },
    "firefox": {"TRACE is forbidden"},
}
"""Cases that fail without a word about CORS: nothing is sent, or the network layer ends the request."""
OF_BOTH_ANSWERS = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "request did not succeed",
)
"""What Firefox says of a preflight's answer and of the request's in the same words."""


def test_what_the_console_says_of_each_blocked_case_is_read(oracle):
    bound = [bind(oracle, named, 20_000 + number) for number, named in enumerate(NAMED)]
    results = oracle.run([each.case for each in bound])
    blocked = [(each, result) for each, result in zip(bound, results, strict=True) if not result.ok]
    complaints = [(each, result, read_complaint(result.console)) for each, result in blocked]
    assert {each.name for each, _, complaint in complaints if complaint is None} == SILENT[oracle.name]
    for each, result, complaint in complaints:
        if complaint is None:
            continue
        assert complaint.browser == oracle.name, result.console
        at_preflight = bool(result.requests) and result.requests[-1].is_preflight
        if oracle.name == "chromium":
            assert (complaint.url, complaint.origin) == (each.case.url, each.request.origin), result.console
        else:
            # Firefox names no origin, and of a redirect the target alone.
            assert complaint.url is not None
            assert urlsplit(complaint.url).path == result.requests[-1].path, result.console
        if oracle.name == "chromium" or not any(word in complaint.cause for word in OF_BOTH_ANSWERS):
            assert complaint.preflight is at_preflight, result.console
        assert each.case.credentials or not complaint.credentials, result.console
