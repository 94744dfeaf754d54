"""Cuts a sorted list into pages, with tokens that survive inserts and deletes between pages."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


class BadTokenError(ValueError):
    """The token is none that `page` gave out."""


def page(
    items: Iterable[Item], key: Callable[[Item], str], size: int, token: str | None
) -> tuple[list[Item], str | None]:
    """Return the page after `token` and the token of the next page, None when this is the last.

    The token names the last item of the page before, so it stays good when items come and go.
    """
    after = _decode(token) if token else None
    rest = sorted((item for item in items if after is None or key(item) > after), key=key)
    cut = rest[:size]
    return cut, _encode(key(cut[-1])) if cut and len(rest) > size else None


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadTokenError(token) from error
