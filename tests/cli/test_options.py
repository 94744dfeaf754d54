"""The common options: declared once, offered by each command with its own defaults."""

from __future__ import annotations

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from remediate.cli import options


def call(command: object, *arguments: str) -> str:
    """The output of a program that has this command alone."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(options.expand(command))  # type: ignore[arg-type]
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output.strip()


def show(name: str, common: options.CommonOptions = options.CommonOptions(concurrency=8)) -> int:
    typer.echo(f"{name}: {common}")
    return 0


def show_less(
    common: Annotated[options.CommonOptions, options.Without("concurrency", "verbose")] = (
        options.CommonOptions(concurrency=8)
    ),
) -> int:
    typer.echo(str(common))
    return 0


def test_each_value_reaches_the_command() -> None:
    given = call(
        show,
        "x",
        "--profile=p",
        "--region=r",
        "--endpoint-url=http://u",
        "--sandbox",
        "--concurrency=3",
        "--timeout=2.5",
        "-qv",
    )
    assert given == (
        "x: CommonOptions(profile='p', region='r', endpoint_url='http://u', sandbox=True, concurrency=3, "
        "timeout=2.5, quiet=True, verbose=True)"
    )


def test_a_command_has_its_own_defaults() -> None:
    assert call(show, "x") == (
        "x: CommonOptions(profile=None, region=None, endpoint_url=None, sandbox=False, concurrency=8, "
        "timeout=60.0, quiet=False, verbose=False)"
    )


def test_an_omitted_option_is_not_offered_and_keeps_its_default() -> None:
    text = call(show_less, "--help")
    assert "--sandbox" in text
    assert "--concurrency" not in text
    assert "--verbose" not in text
    assert "concurrency=8" in call(show_less, "--profile=p")


def test_a_name_that_is_not_an_option_cannot_be_omitted() -> None:
    with pytest.raises(ValueError, match="no common option: verbos"):
        options.Without("verbos")


def test_a_command_without_common_options_stays_as_it_is() -> None:
    def bare(name: str) -> int:
        return len(name)

    assert options.expand(bare) is bare
