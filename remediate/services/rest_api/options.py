"""The options of a REST API's target. Imports nothing but the core: plan files load without boto3."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.core.policy import Option

OPTIONS: Mapping[str, Option] = {
    "stages": Option("strings", "Stages to look at, globs allowed; every stage by default.", ()),
    "paths": Option(
        "strings",
        "Resource paths, globs allowed (`*` within a segment, `**` across); "
        "by default every resource with a method other than OPTIONS.",
        (),
    ),
    "error_responses": Option(
        "choice",
        "add (default): the API's own error responses (gateway responses) carry the origin too; "
        "leave: they stay as they are.",
        default="add",
        choices=("add", "leave"),
    ),
}
