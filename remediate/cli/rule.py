"""`remediate rule`: what a code means, an example of it, and how to fix or allow it; offline."""

from __future__ import annotations

from typing import Annotated

import typer

from remediate.cli import complete


def rule(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="The code of a guard or finding; without one, all are listed.",
            autocompletion=complete.codes,
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="List every code with its summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Explain the code of a guard or finding. Needs no account and no network."""
    from remediate.core.document import readable
    from remediate.errors import UsageError
    from remediate.render.rule import rule_lines, rule_list_lines, rules_json
    from remediate.render.terminal import show
    from remediate.services import rules
    from remediate.text import closest

    by_code = rules()
    if code is not None and show_all:
        raise UsageError("CODE and --all can't be combined.", hint="`remediate rule --all` lists the codes.")
    if code is not None and code not in by_code:
        guess = closest(code, by_code)
        lead = f"Did you mean {guess}? " if guess else ""
        if not guess and code[:1].isupper():
            lead = "It looks like an error code of AWS, which AWS's API reference explains. "
        raise UsageError(f"There is no rule {code!r}.", hint=f"{lead}`remediate rule` lists all of them.")
    chosen = list(by_code.values()) if code is None else [by_code[code]]
    if as_json:
        typer.echo(readable(rules_json(chosen)))
    else:
        show(rule_list_lines(chosen) if code is None else rule_lines(chosen[0]))
    return 0
