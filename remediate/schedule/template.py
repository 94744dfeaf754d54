"""Template files and the quoting of what is put into them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from importlib.resources import files

from remediate.errors import UsageError
from remediate.schedule.facts import Facts

# Only braced, and with a sign that neither shells, YAML, systemd nor CloudFormation use so.
_PLACEHOLDER = re.compile(r"^([ \t]*)@\{([a-z_]+)\}\n|@\{([a-z_]+)\}", re.MULTILINE)
_YAML_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def template(place: str, name: str) -> str:
    """The text of a template file in the folder of a place."""
    return (files("remediate.schedule.places") / place / name).read_text(encoding="utf-8")


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `@{name}` replaced.

    One that has a line for itself stands for whole lines, each indented like it, and for none where
    the value is empty. Raises `KeyError` for a name that `values` lacks.
    """

    def filled(match: re.Match[str]) -> str:
        indent, alone, within = match.groups()
        if within is not None:
            return values[within]
        if not values[alone]:
            return ""
        return "".join(f"{indent}{line}\n" if line else "\n" for line in values[alone].split("\n"))

    return _PLACEHOLDER.sub(filled, text)


def yaml_text(text: str) -> str:
    """A string as a YAML scalar that is this string for every parser, on one line."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _YAML_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def yaml_block(text: str) -> str:
    """A text as a YAML value, in lines of its own where every parser reads them as they stand."""
    plain = text.replace("\n", "").isprintable() and not text.startswith((" ", "\n"))
    if not plain or not text.endswith("\n") or text.endswith("\n\n"):
        return yaml_text(text)
    return "|\n" + "".join(f"  {line}\n" if line else "\n" for line in text[:-1].split("\n"))[:-1]


def shell(words: Iterable[str]) -> str:
    """Words of a command line for a POSIX shell; those that look like options stay arguments."""
    return shlex.join(f"./{word}" if word.startswith("-") else word for word in words)


def inside(facts: Facts) -> tuple[str, ...]:
    """The plans' paths in the repository. Raises `UsageError` for one outside of this folder."""
    outside = [plan for plan in facts.plans if plan.startswith(("/", "../")) or plan == ".."]
    if outside:
        raise UsageError(
            f"These files are not in this folder, so a runner would not find them: {', '.join(outside)}",
            hint="Run this in the root of the repository that holds the plans.",
        )
    return facts.plans
