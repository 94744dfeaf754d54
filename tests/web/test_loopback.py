"""Hosts of the user's own machine: Secure Contexts, section 3.1."""

from __future__ import annotations

import pytest

from remediate.web.loopback import is_loopback_host


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["", "localhost.example", "notlocalhost", "128.0.0.1", "10.0.0.1", "[::2]"])
def test_another_machine(host: str) -> None:
    assert not is_loopback_host(host)
