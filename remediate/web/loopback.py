"""Which hosts are the user's own machine. Pure.

Source: Secure Contexts (https://www.w3.org/TR/secure-contexts/), section 3.1: 127.0.0.0/8, ::1, localhost
and the names under it.
"""

from __future__ import annotations

from ipaddress import ip_address

LOCALHOST = "localhost"


def is_loopback_host(host: str) -> bool:
    """Return whether the host is this machine; an IPv6 address may stand in brackets."""
    name = host.rstrip(".").lower()
    if name == LOCALHOST or name.endswith(f".{LOCALHOST}"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
