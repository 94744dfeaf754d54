"""Puts functions onto moto's classes; the only way this package changes moto.

moto finds the handler of a request by name on its response class, at every request. A function
set on that class is therefore all it takes, in process and in server mode, and nothing has to
be undone: the state lives in moto's own backends and goes away with them.
"""

from collections.abc import Callable
from typing import Any

Handler = Callable[..., Any]


def patch(owner: type, *functions: Handler, **renamed: Handler) -> None:
    """Make `functions` methods of `owner`, in place of what it has under those names."""
    for function in functions:
        setattr(owner, function.__name__, function)
    for name, function in renamed.items():
        setattr(owner, name, function)


def patch_missing(owner: type, *functions: Handler) -> None:
    """Make `functions` methods of `owner`, unless moto has learnt the operation meanwhile."""
    for function in functions:
        present = getattr(owner, function.__name__, None)
        if present is None or present.__module__ == function.__module__:
            setattr(owner, function.__name__, function)
