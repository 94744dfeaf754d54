"""States what a kind of notification channel takes: one rule for plan files and for options."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediate.errors import UsageError

REFERENCE = r"(env:[A-Za-z_][A-Za-z0-9_]{0,255}|ssm:/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)"
"""A value that stands elsewhere: an environment variable, or a parameter of Systems Manager."""

URL = (
    r"(https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])"
    r"|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\]))"
    r"(:[0-9]{1,5})?([/?][!$%&()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?"
)
"""Where to post: https, or http that does not leave the machine; no user name, no fragment."""


def is_reference(text: str) -> bool:
    """Return whether the text names where the value stands, instead of holding it."""
    return re.fullmatch(REFERENCE, text) is not None


def variable(text: str) -> str:
    """The environment variable that the text refers to; empty where it refers to none."""
    return text.removeprefix("env:") if is_reference(text) and text.startswith("env:") else ""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """The kind tells what a channel is sent to, and how that is written.

    `help` is a sentence for the plan file's schema, `pattern` the regular expression of a target,
    `wanted` names it in a sentence (`the ARN of an SNS topic`), `example` is one.
    """

    help: str
    pattern: str
    wanted: str
    example: str
    refers: bool = False
    """Whether a target may be a reference; its text is shown nowhere then, as it may be a secret."""
    confidential: bool = False
    """Whether whoever reads the target may post: then a plan file must refer to it."""
    signs: bool = False
    """Whether it takes a `secret`, with which what is sent is signed."""

    def written(self, *, in_file: bool) -> str:
        """The regular expression of what may be written: in a plan file, or elsewhere."""
        if not self.refers:
            return self.pattern
        return REFERENCE if in_file and self.confidential else f"{self.pattern}|{REFERENCE}"

    def check(self, text: str, *, in_file: bool = False) -> None:
        """Raises `UsageError` unless the text is a target, or a reference to one."""
        if re.fullmatch(self.written(in_file=in_file), text):
            return
        if in_file and self.confidential:
            raise UsageError(
                "the URL is a secret (whoever reads it can post), so no plan file holds it",
                hint="write where it is: env:NAME for an environment variable, "
                "or ssm:/NAME for a parameter of Systems Manager",
            )
        if self.refers:
            raise UsageError(
                f"this is neither {self.wanted} nor a reference to one",
                hint=f"write it like {self.example}, or env:NAME, or ssm:/NAME",
            )
        raise UsageError(
            f"{text[:80]!r} is not {self.wanted}",
            hint=f"write it like {self.example}",
        )
