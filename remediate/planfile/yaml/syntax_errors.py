"""YAML's syntax errors in words that help: what the parser said, where, and what it usually means."""

from __future__ import annotations

import yaml

from remediate.planfile.validate.diagnostics import Diagnostic
from remediate.planfile.yaml.lines import LINE_END


def diagnostic(error: yaml.MarkedYAMLError, text: str) -> Diagnostic:
    """The error as a diagnostic of the file with this text."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = " ".join(part for part in (error.context, error.problem) if part)
    lines = LINE_END.split(text)
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    hint = _hint(said, rest)
    start = error.context_mark
    if start and ("flow" in said or "quoted" in said):
        hint += f"; it is opened at {start.line + 1}:{start.column + 1}"
    return Diagnostic(line, column, f"not YAML: {said}", hint)


def is_parser_depth_limit(error: yaml.MarkedYAMLError) -> bool:
    """True where the parser met its own limit of nesting: newer builds of libyaml stop at 1000 levels."""
    return "maximum nesting depth" in (error.problem or "")


def _hint(said: str, rest: str) -> str:
    if "alias" in said:
        return 'a value that starts with * must be quoted: "*"'
    if rest.startswith("\t"):
        return "indent with spaces; YAML doesn't allow tabs there"
    if rest[:1] in ("@", "`", "%"):
        return f"a value that starts with {rest[0]} must be quoted"
    if "mapping values are not allowed" in said:
        return "quote a value that contains ': ', and check the indentation"
    if "end of stream" in said or "flow" in said:
        return "a bracket or a quote is not closed"
    return "check indentation, brackets and quotes here and in the line above"
