"""Code that sends CORS headers from a function, in the language of its Lambda runtime. Pure.

Each language is a text file of this folder. A line that begins with `@name|` stands in the code only where
that name is asked for; `@origins@`, `@methods@`, `@headers@` and `@expose@` are replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

LANGUAGES: Mapping[str, str] = {
    "python": "Python",
    "nodejs": "Node.js",
    "go": "Go",
    "provided": "Go",
    "java": "Java",
    "dotnet": ".NET",
    "dotnetcore": ".NET",
    "ruby": "Ruby",
}
"""The language of a runtime by the name that it begins with (Lambda developer guide, "Lambda runtimes")."""

_FILES: Mapping[str, str] = {
    "Python": "python.txt",
    "Node.js": "nodejs.txt",
    "Go": "go.txt",
    "Java": "java.txt",
    ".NET": "dotnet.txt",
    "Ruby": "ruby.txt",
}
_COMMENTS: Mapping[str, str] = {"Python": "#", "Ruby": "#"}
_BRACKETS: Mapping[str, tuple[str, str]] = {"Python": ("(", ",)"), "Ruby": ("[", "]"), "Node.js": ("[", "]")}
USUAL = ("Python", "Node.js")
"""The two languages that are shown where the runtime is not known."""


@dataclass(frozen=True, slots=True)
class NeededHeaders:
    """The CORS headers that a function has to send. `methods` is empty where it answers no preflight."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False


def language_of(runtime: str) -> str:
    """Return the language of a Lambda runtime such as `python3.12`; empty for one that is not known."""
    match = re.match(r"[a-z]+", runtime)
    return LANGUAGES.get(match.group(), "") if match else ""


def snippet(needed: NeededHeaders, language: str, *, payload: str = "1.0") -> str:
    """Return a handler in that language. `payload` is the format of the integration, `1.0` or `2.0`."""
    names = {f"payload{payload.partition('.')[0]}"}
    names |= {
        name
        for name, asked in (
            ("credentials", needed.credentials),
            ("preflight", needed.methods),
            ("requested", needed.methods and needed.headers),
            ("exposed", needed.expose),
        )
        if asked
    }
    before, after = _BRACKETS.get(language, ("", ""))
    texts = {
        "origins": before + ", ".join(json.dumps(origin) for origin in needed.origins) + after,
        "methods": ",".join(needed.methods),
        "headers": ",".join(needed.headers),
        "expose": ",".join(needed.expose),
    }
    text = "\n".join(_lines(_read(_FILES[language]), names))
    return re.sub(r"@(origins|methods|headers|expose)@", lambda match: texts[match.group(1)], text)


def usual_snippets(needed: NeededHeaders, *, payload: str = "1.0") -> str:
    """Return the handler in the languages that most functions are written in, each under its name."""
    return "\n\n".join(
        f"{comment(language)} {language}\n{snippet(needed, language, payload=payload)}" for language in USUAL
    )


def comment(language: str) -> str:
    """Return what a line of comment begins with in that language."""
    return _COMMENTS.get(language, "//")


def plain_headers(needed: NeededHeaders) -> str:
    """Return the headers alone, for a server that is no function."""
    origin = needed.origins[0] if len(needed.origins) == 1 else "<the caller's Origin, if it is listed>"
    lines = [f"Access-Control-Allow-Origin: {origin}", "Vary: Origin"]
    lines += ["Access-Control-Allow-Credentials: true"] if needed.credentials else []
    lines += [f"Access-Control-Expose-Headers: {','.join(needed.expose)}"] if needed.expose else []
    lines += [f"Access-Control-Allow-Methods: {','.join(needed.methods)}"] if needed.methods else []
    if needed.methods and needed.headers:
        lines.append(f"Access-Control-Allow-Headers: {','.join(needed.headers)}")
    return "\n".join(lines)


def _lines(text: str, names: set[str]) -> Iterator[str]:
    for line in text.splitlines():
        marks = re.match(r"(?:@[a-z0-9]+\|)*", line)
        end = marks.end() if marks else 0
        if set(re.findall(r"[a-z0-9]+", line[:end])) <= names:
            yield line[end:]


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
