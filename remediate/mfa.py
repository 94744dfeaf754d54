"""The code of an MFA device, asked for where a profile's role demands one; never from another thread."""

from __future__ import annotations

import getpass
import sys
import threading
from collections.abc import Callable

from remediate.errors import AwsFailure

NEXT = (
    "Run it in a terminal, or get a session first: `aws sts assume-role` with "
    "--serial-number and --token-code, then set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
    "AWS_SESSION_TOKEN to what it prints."
)


class Prompter:
    """Asks once, at the terminal, before anything else is drawn there."""

    def __init__(self, *, ask: Callable[[str], str] = getpass.getpass) -> None:
        self._ask = ask
        self._answered = False

    def __call__(self, prompt: str) -> str:
        """The code. Raises `AwsFailure` where nobody can be asked, or nobody answers."""
        device = prompt.removeprefix("Enter MFA code for ").strip().rstrip(":")
        if self._answered or threading.current_thread() is not threading.main_thread():
            raise _failure(f"The session that the MFA code of {device} opened has ended.", "Run it again.")
        if sys.stdin is None or not sys.stdin.isatty():
            raise _failure(
                f"The profile asks for the MFA code of {device}, and stdin is not a terminal.", NEXT
            )
        try:
            code = self._ask(prompt).strip()
        except EOFError as error:
            raise _failure(
                f"No MFA code was given for {device}.", "Run it again and type the code."
            ) from error
        if not code:
            raise _failure(f"No MFA code was given for {device}.", "Run it again and type the code.")
        self._answered = True
        return code


def _failure(message: str, hint: str) -> AwsFailure:
    return AwsFailure(message, code="MfaRequired", operation="sts:AssumeRole", hint=hint)
