"""The findings about what a plan file says, whatever is live."""

from __future__ import annotations

from remediate.core.finding import Level
from remediate.core.rules import Rule

DETACHED_ORIGINS = Rule(
    "detached-origins",
    Level.INFO,
    summary="A target repeats the origins of the file beside a temporary one, so it inherits none of them.",
    meaning=(
        "A target with `origins` of its own does not inherit those of the file. Earlier versions of "
        "`remediate grant --target` wrote such a list: the origins that the target inherited, and the "
        "granted one. An origin that was added at the top of the file since then does not reach the "
        "target, also after the grant is over."
    ),
    example=(
        "plan     origins: [https://a.example, https://new.example]\n"
        "target   origins: [https://a.example, http://localhost:3000 for 4h]\n"
        "after    https://new.example is not allowed there"
    ),
    fix=(
        "Move the temporary origins of the target into `also:`, and delete its `origins`. If the target is "
        "to have a list of its own, delete the temporary origins once they are over."
    ),
)
