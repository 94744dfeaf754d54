"""What `--help` shows: commands in groups, arguments and options in the words of a user, and examples."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

GROUPS = {
    "Start": ("init", "explain", "plan", "sandbox", "validate", "schema"),
    "Change": ("apply", "undo", "grant", "revoke", "release", "unlock"),
    "Watch": ("verify", "drift", "status", "snooze", "pause", "schedule", "grants", "history", "iam"),
    "Learn": ("guide", "rule"),
}
"""The commands of each group, in the order of `remediate --help`."""

EXAMPLES = {
    "apply": ("apply --sandbox --yes", "apply plans/webapp.yaml --target 's3/*'"),
    "drift": ("drift --correct --notify sns:arn:aws:sns:eu-west-1:123456789012:ops",),
    "explain": (
        "explain https://api.example.com/items --origin http://localhost:3000 -X POST --sandbox",
        'explain --error "<the text of the browser\'s console>"',
    ),
    "grant": ("grant http://localhost:5173 --for 4h --reason 'the upload page'",),
    "grants": ("grants",),
    "guide": ("guide plan-files",),
    "history": ("history --last 5", "history --drop-older-than 90d"),
    "iam": ("iam --for drift --resolve",),
    "init": ("init --sandbox --out -", "init --from https://app.example.com"),
    "pause": ("pause --for 2h --reason 'a release is under way'", "pause --end"),
    "plan": ("plan --sandbox", "plan plans/webapp.yaml --diff"),
    "release": ("release webapp",),
    "revoke": ("revoke http://localhost:5173 --apply",),
    "rule": ("rule proxy-needs-function",),
    "sandbox": ("sandbox --port 5000",),
    "schedule": ("schedule --on github --out .",),
    "schema": ("schema > plan.schema.json",),
    "snooze": ("snooze s3/uploads --for 8h --reason 'the partner is told'",),
    "status": ("status", "status --json"),
    "undo": ("undo", "undo 0002 --target s3/uploads"),
    "unlock": ("unlock --state s3://ops-state/remediate",),
    "validate": ("validate", "validate plans/webapp.yaml --json"),
    "verify": ("verify plans/webapp.yaml",),
}
"""Command lines that a person can run, by command, without the program's name."""

_TYPE = re.compile(r" ?<([^<>]*)>")
_RANGE = re.compile(r"(\S+)<=x<=(\S+?)(?=[\];])")


class Command(TyperCommand):
    """A command whose help names no types of the implementation, and ends with examples."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library passes it
        """The words behind the command's name: `[OPTIONS] URL [PLAN]...`."""
        return ["[OPTIONS]", *(_usage(param) for param in self.params if _is_argument(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options."""
        params = self.get_params(ctx)
        _write_rows(formatter, "Arguments", [_argument_row(param) for param in params if _is_argument(param)])
        records = (param.get_help_record(ctx) for param in params if not _is_argument(param))
        _write_rows(formatter, "Options", [_option_row(*record) for record in records if record])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the library passes it
        """Write the examples, each in a line of its own that nothing wraps."""
        examples = EXAMPLES.get(self.name or "", ())
        if examples:
            with formatter.section("Examples" if len(examples) > 1 else "Example"):
                for example in examples:
                    formatter.write(f"{'':>{formatter.current_indent}}remediate {example}\n")


class Group(TyperGroup):
    """The program: its commands stand in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, and the options after them."""
        self.format_commands(ctx, formatter)
        records = (param.get_help_record(ctx) for param in self.get_params(ctx))
        _write_rows(formatter, "Options", [_option_row(*record) for record in records if record])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each group; a command of no group stands in a last one."""
        grouped = {name for names in GROUPS.values() for name in names}
        others = tuple(name for name in self.list_commands(ctx) if name not in grouped)
        width = max(map(len, self.commands))
        for title, names in {**GROUPS, "Other commands": others}.items():
            commands = [(name, self.commands[name]) for name in names if name in self.commands]
            rows = [(name.ljust(width), summary(command)) for name, command in commands if not command.hidden]
            _write_rows(formatter, title, rows)


def summary(command: Any) -> str:
    """The first sentence of a command's help, without its full stop."""
    return str(command.help).partition("\n")[0].partition(". ")[0].rstrip(".")


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _name(param: Any) -> str:
    return str(param.metavar or param.name.upper()).strip("[]").removesuffix("]...")


def _usage(param: Any) -> str:
    name = _name(param) if param.required else f"[{_name(param)}]"
    return name if param.nargs == 1 else f"{name}..."


def _argument_row(param: Any) -> tuple[str, str]:
    return _usage(param), param.help or ""


def _option_row(name: str, text: str) -> tuple[str, str]:
    """The row as the library makes it, without the types of the implementation in it."""
    readable = _TYPE.sub(lambda match: f" {match[1]}" if "|" in match[1] else "", name)
    return readable, _RANGE.sub(r"from \1 to \2", text)


def _write_rows(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
