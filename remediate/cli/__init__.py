"""The `remediate` command: options in, workflow called, output printed, exit code out; no logic.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import typer

from remediate.cli import (
    apply,
    drift,
    explain,
    grants,
    guide,
    history,
    iam,
    init,
    plan,
    release,
    rule,
    sandbox,
    schedule,
    schema,
    snooze,
    status,
    validate,
    verify,
)
from remediate.cli.help import Command, Group
from remediate.cli.interrupts import HINT, Interrupts
from remediate.cli.options import expand
from remediate.cli.streams import echo_json, guard, printed
from remediate.errors import PlanFileError, Problem, RemediateError, unexpected

# click's root error, which newer Typers carry inside: bad usage is exit 1 here, 2 means differences.
_BadUsage: type[Exception] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="remediate",
    help="Plan, apply and prove CORS across API Gateway, CloudFront and S3.",
    invoke_without_command=True,
    cls=Group,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for _command in (
    init.init,
    plan.plan,
    apply.apply,
    drift.drift,
    status.status,
    snooze.snooze,
    snooze.pause,
    explain.explain,
    verify.verify,
    grants.grant,
    grants.grants,
    grants.revoke,
    history.history,
    history.undo,
    history.unlock,
    release.release,
    iam.iam,
    schedule.schedule,
    validate.validate,
    schema.schema,
    rule.rule,
    guide.guide,
    sandbox.sandbox,
):
    app.command(cls=Command)(expand(_command))


def _version(is_requested: bool) -> None:
    if is_requested:
        from importlib.metadata import version

        typer.echo(f"remediate {version('cors-remediate')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", help="Print the version.", is_eager=True, callback=_version
    ),
) -> None:
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(1)


def _as_json(
    code: int,
    message: str,
    hint: str,
    document: Mapping[str, Any] | None = None,
    problems: Sequence[Problem] = (),
) -> None:
    """Print the error as a document where `--json` was given, with the results so far if there are any.

    `problems` are those of plan files, each as an object. A document that was printed already stays the
    only one.
    """
    if "--json" not in sys.argv or printed():
        return
    from remediate.core.document import readable

    alone = {"format": "remediate.error/1"}
    details: dict[str, Any] = {"message": message, "hint": hint, "exit_code": code}
    if problems:
        details["problems"] = [problem.as_json() for problem in problems]
    error = {"error": details}
    echo_json(readable({**(document or alone), **error}))


def main() -> None:
    """Run the command line and exit with the code that the README documents."""
    # Most objects of a run live as long as the run: collecting at every 700 objects costs 5% of its time.
    gc.set_threshold(50_000, 50, 100)
    guard()
    with Interrupts() as interrupts:
        try:
            code = _run()
        except (BrokenPipeError, SystemExit) as end:
            if isinstance(end, SystemExit) and not end.code:
                raise  # what a shell asked for to complete a word was printed
            # The reader of stdout closed it (`| head`): Typer and Rich exit with 1 then, and nothing else
            # exits below here. The exit code is the one that SIGPIPE would have given.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 141  # 128 and the number of SIGPIPE, which Windows lacks
        if code == 130:
            sys.stderr.write("interrupted\n")
            sys.stderr.flush()
            with suppress(OSError, RemediateError):
                _as_json(interrupts.code, "interrupted", HINT)
                sys.stdout.flush()
            # Calls may still hang in their threads; there is nothing to wait for.
            os._exit(interrupts.code)
    sys.exit(code)


def _ended(aborted: typer.Abort) -> int:
    """Report that the command-line library aborted the command, and give the exit code."""
    from remediate.render.terminal import print_error

    cause = aborted.__cause__
    if isinstance(cause, KeyboardInterrupt):
        return 130
    wrong = (
        unexpected("remediate", cause)
        if isinstance(cause, Exception)
        else RemediateError(
            "The command was aborted.", hint="Run it again; `remediate history` lists the runs."
        )
    )
    print_error(wrong.message, wrong.hint)
    _as_json(wrong.exit_code, wrong.message, wrong.hint)
    return wrong.exit_code


def _run() -> int:
    """Run the command, print its error and give the exit code. Raises `BrokenPipeError`."""
    try:
        return app(prog_name="remediate", standalone_mode=False, windows_expand_args=False) or 0
    except _BadUsage as error:
        from remediate.render.terminal import print_error

        context = getattr(error, "ctx", None)
        command = context.command_path if context else "remediate"
        message = error.format_message()  # type: ignore[attr-defined]
        message = message if message.endswith(("?", ".")) else f"{message}."
        hint = f"`{command} --help` lists the arguments and options."
        print_error(message, hint)
        _as_json(1, message, hint)
        return 1
    except typer.Abort as aborted:
        return _ended(aborted)
    except RemediateError as error:
        from remediate.render.terminal import print_error

        first, *more = error.lines
        print_error(first, error.hint, more)
        problems = error.problems if isinstance(error, PlanFileError) else ()
        _as_json(error.exit_code, error.message, error.hint, error.document, problems)
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("REMEDIATE_TRACEBACK"):
            raise
        from remediate.render.terminal import print_error

        wrong = unexpected("remediate", error)
        print_error(wrong.message, wrong.hint)
        _as_json(wrong.exit_code, wrong.message, wrong.hint)
        return wrong.exit_code
