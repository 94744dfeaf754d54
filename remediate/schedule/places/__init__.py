"""Recipes for a job that runs alone, one folder for each place, found by listing this one. Pure.

A folder holds its template files, readable as what they become, and a module that turns facts into
`{file name: text}`. Places do not know each other.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remediate.schedule.facts import Facts


class PlaceModule(Protocol):
    """The functions and constants of every folder here."""

    FORGETS: bool
    """True where the disk is gone after a pass: then the journal must be in a bucket."""

    INSTALLS: bool
    """True where the recipe installs remediate; else the pass runs the one of this environment."""

    VARIABLES: str
    """A sentence for stderr: where a pass gets the environment variables of the plans, `{names}`."""

    def files(self, facts: Facts) -> Mapping[str, str]:
        """The recipe: file names, each with its text. Pure.

        Raises `UsageError` where the place cannot run these plans as asked.
        """


@cache
def places() -> tuple[str, ...]:
    """The names of all places, as `--on` takes them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))


def place(name: str) -> PlaceModule:
    """The place of that name; its module is imported only now. Raises `KeyError`."""
    if name not in places():
        raise KeyError(name)
    return cast("PlaceModule", import_module(f"{__name__}.{name}"))
