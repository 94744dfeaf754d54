"""The names of the plans whose files lie beside those of a run: nothing else of them is read.

A run may be given one file of a folder. The plans of the other files are not foreign then,
whatever else their files hold, and even where they could not be loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from remediate.planfile import files
from remediate.planfile.validate import rules
from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.tree import MappingNode, Scalar


def names_beside(paths: Iterable[Path]) -> dict[str, Path]:
    """The names and earlier names of the plans in the other files of these files' folders. Never raises.

    Each with the file that has it. A file that cannot be read, or that is no plan, has none.
    """
    given = list(paths)
    own = {os.path.realpath(path) for path in given}
    by_name: dict[str, Path] = {}
    for folder in dict.fromkeys(path.parent for path in given):
        members, _ = files.expand([folder])
        for member in members:
            if os.path.realpath(member) not in own:
                for name in _names(member):
                    by_name.setdefault(name, member)
    return by_name


def _names(path: Path) -> Iterator[str]:
    try:
        node, _ = compose(files.read(path).text)
    except (files.CannotRead, Unreadable):
        return
    # Other YAML files have a `name` too; what has no targets is no plan.
    if not isinstance(node, MappingNode) or "targets" not in node.entries:
        return
    name = node.get("name")
    if isinstance(name, Scalar) and isinstance(name.value, str):
        yield name.value
    yield from (str(item.value) for item in rules.former_names(node))
