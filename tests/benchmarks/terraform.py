"""Counts the calls that `terraform plan` and `remediate plan` make for the same REST API."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measuring import calls, counted, environment, run, serving

PROVIDER = "registry.terraform.io/hashicorp/aws"
TIMES = 20
"""At least so many times fewer calls than Terraform."""
PLAN = Path(__file__).with_suffix(".yaml")


def beside_terraform(folder: Path, mirror: Path | None) -> None:
    """Report how many calls each makes, or why that was not measured."""
    terraform = shutil.which("terraform")
    plugins = next(_mirrors(mirror), None)
    if terraform is None or plugins is None:
        missing = "terraform is not on the PATH" if terraform is None else "its AWS provider was not found"
        _not_measured(f"{missing}. Nothing is downloaded; see --terraform-plugins.")
        return
    here = folder / "terraform"
    here.mkdir()
    shutil.copy(Path(__file__).with_suffix(".tf"), here / "main.tf")
    # No registry, no check for a newer version: what is there, or nothing.
    settings = here / "settings.tfrc"
    settings.write_text(
        "disable_checkpoint = true\n"
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins}"\n  }}\n}}\n'
    )
    with serving("moto_server") as endpoint:
        variables = {**environment(endpoint), "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1"}
        for command in (["init"], ["apply", "-auto-approve"], ["plan", "-detailed-exitcode"]):
            calls(endpoint)
            done = subprocess.run(
                [terraform, *command, "-input=false", "-no-color"],
                cwd=here,
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                _not_measured(f"`terraform {command[0]}` failed.\n{done.stderr or done.stdout}")
                return
        theirs = counted(calls(endpoint))
        run(
            [sys.executable, "-m", "remediate", "plan", str(PLAN), "--json", "--quiet"],
            endpoint,
            folder / "output",
        )
        ours = counted(calls(endpoint))
    met = "reached" if theirs >= TIMES * ours else "MISSED"
    print(
        f"\nterraform plan without a change, one REST API of 20 resources: {theirs} calls; "
        f"remediate plan of the same API: {ours}\n"
        f"  {theirs / ours:.0f} times fewer; at least {TIMES}: {met}"
    )


def _not_measured(why: str) -> None:
    print(f"\nTerraform was not measured: {why}")


def _mirrors(named: Path | None) -> Iterator[Path]:
    """Folders with the provider: the one named, then those that Terraform itself looks in."""
    usual = [
        named,
        Path.home() / ".terraform.d/plugins",
        Path.home() / ".local/share/terraform/plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
        Path(os.environ.get("TF_PLUGIN_CACHE_DIR", os.devnull)),
    ]
    for folder in usual:
        if folder is not None and (folder / PROVIDER).is_dir():
            yield folder.resolve()
