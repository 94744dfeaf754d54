"""`remediate sandbox`: the embedded AWS as a server that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer


def sandbox(
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")
    ] = 0,
) -> int:
    """Serve an embedded AWS that several commands share.

    Serves on 127.0.0.1 until Ctrl-C, and prints the lines to export.
    """
    import sys

    from remediate.sandbox import serve

    def ready(exports: dict[str, str]) -> None:
        for name, value in exports.items():
            typer.echo(f"export {name}={value}")
        sys.stdout.flush()
        typer.echo("serving; run these lines in another terminal; Ctrl-C ends it", err=True)

    serve(port, ready)
    return 0
