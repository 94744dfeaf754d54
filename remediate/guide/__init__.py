"""The manual: one Markdown page a topic, shipped with the package and linked from the README."""

from __future__ import annotations

import re
from importlib.resources import files

_FIRST = ("plan-files", "concepts", "commands")
"""The topics that a new user reads first; the others follow by name."""
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)


def topics() -> dict[str, str]:
    """The title of each page, by its topic, in reading order."""
    names = {
        page.name.removesuffix(".md") for page in files(__package__).iterdir() if page.name.endswith(".md")
    }
    ordered = sorted(names, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return {name: page(name).partition("\n")[0].removeprefix("# ") for name in ordered}


def page(topic: str) -> str:
    """The page as it is read; comments in it are for the tests that check it."""
    return _COMMENT.sub("", files(__package__).joinpath(f"{topic}.md").read_text(encoding="utf-8"))
