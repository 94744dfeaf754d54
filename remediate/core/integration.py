"""Tells what stands behind a proxy: a Lambda function, by its ARN, or a server. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:([\w-]+):\d{12}:function:[\w-]+(?::[\w$-]+)?")
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration answers for a method or route. `function` is empty where it is no Lambda function."""

    function: str = ""
    payload: str = "1.0"
    """The format of the event that a function gets."""

    @classmethod
    def of(cls, uri: str, *, variables: Mapping[str, str], payload: str = "1.0") -> Integration:
        """Return the integration of that URI, with the stage's variables in it."""
        resolved = _VARIABLE.sub(lambda match: variables.get(match.group(1), match.group()), uri)
        match = _FUNCTION.search(resolved)
        return cls(match.group() if match else "", payload)

    @property
    def region(self) -> str:
        """The region of the function."""
        match = _FUNCTION.fullmatch(self.function)
        return match.group(1) if match else ""
