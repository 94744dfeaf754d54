"""`remediate schema`: the JSON Schema of a plan file, for editors."""

from __future__ import annotations


def schema() -> int:
    """Print the JSON Schema of the plan file."""
    from remediate.cli.context import print_json
    from remediate.notify import channel_kinds
    from remediate.planfile import schema as plan_schema
    from remediate.services import target_options

    print_json(plan_schema(target_options(), channel_kinds()))
    return 0
