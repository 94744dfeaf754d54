"""Which domain names anybody can have a name under: the public suffix list, with its private section."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

SPECIAL = frozenset({"example", "home.arpa", "internal", "invalid", "local", "localhost", "test"})
"""Names that nobody can register (RFC 6761, 6762 and 8375; ICANN, "internal", 2024)."""


@cache
def _known() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  # 80 ms, and only wildcards need it

    # A top-level domain that is not listed yet counts as a suffix: the list's own default rule.
    return PublicSuffixList(accept_unknown=True, only_icann=False)


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can have a name right under the domain: `com`, `co.uk`, `vercel.app`."""
    return domain not in SPECIAL and bool(_known().is_public(domain))
