"""The requirement that pip installs where a job runs: a version of an index, a git URL, a wheel. Pure."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from remediate.errors import UsageError
from remediate.schedule.facts import Facts
from remediate.schedule.template import shell

_WITH_PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]*@")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


def checked(requirement: str) -> str:
    """The requirement, where it is one argument of pip's that a file may hold. Raises `UsageError`."""
    text = requirement.strip()
    if not text or not text.isprintable():
        raise UsageError(f"--install {requirement!r} is not a requirement.", hint=_FORMS)
    if text.startswith("-"):
        raise UsageError(f"--install {text}: this is an option of pip, not a requirement.", hint=_FORMS)
    if _WITH_PASSWORD.search(text):
        raise UsageError(
            "--install: the URL has a password, and a recipe is a file that others read.",
            hint="Leave it out; pip takes it from the environment (PIP_INDEX_URL) or from a netrc file.",
        )
    return text


_FORMS = (
    "Write cors-remediate==VERSION, 'cors-remediate @ git+https://HOST/REPOSITORY@REVISION', "
    "or the path or the URL of a wheel."
)


def local_file(facts: Facts) -> str:
    """The path of the wheel or archive, where it is a file and no URL; else empty."""
    text = facts.requirement
    return text if text.endswith(_ARCHIVES) and "://" not in text else ""


def image(facts: Facts) -> str:
    """The image whose pip can install it: the slim one has no git."""
    return "python:3.13" if "git+" in facts.requirement else "python:3.13-slim"


def in_repository(facts: Facts) -> str:
    """The word for pip's command line on a runner that has checked the repository out.

    Raises `UsageError` for a file outside of it.
    """
    path = PurePosixPath(local_file(facts))
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"--install {path}: the file is not in this folder, so a runner would not find it.",
            hint="Put the file into the repository, or give the URL that it can be downloaded from.",
        )
    return shell([facts.requirement])
