"""`remediate guide`: the manual, offline."""

from __future__ import annotations

from typing import Annotated

import typer

from remediate.cli import complete


def guide(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC",
            help="A topic; without one, the topics are listed.",
            autocompletion=complete.topics,
        ),
    ] = None,
) -> int:
    """Show a page of the manual. Needs no account and no network."""
    import pydoc
    import sys

    from remediate.errors import UsageError
    from remediate.guide import page, topics
    from remediate.render.terminal import Line, show
    from remediate.text import closest

    titles = topics()
    if topic is None:
        width = max(map(len, titles))
        show(Line(f"  {name:<{width}}  {title}", "", width + 4) for name, title in titles.items())
        show([Line(), Line("Next: remediate guide TOPIC", verbatim=True)])
        return 0
    if topic not in titles:
        guess = closest(topic, titles)
        lead = f"Did you mean {guess}? " if guess else ""
        raise UsageError(f"There is no topic {topic!r}.", hint=f"{lead}`remediate guide` lists the topics.")
    if sys.stdin.isatty() and sys.stdout.isatty():
        pydoc.pager(page(topic))
    else:
        typer.echo(page(topic), nl=False)
    return 0
