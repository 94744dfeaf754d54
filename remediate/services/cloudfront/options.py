"""The options of a distribution's target. Imports nothing but the core: plan files load without boto3."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.core.policy import Option

OPTIONS: Mapping[str, Option] = {
    "paths": Option(
        "strings",
        'behaviors by path pattern; "*" is the default behavior; without it, all of them',
    ),
    "answer": Option(
        "choice",
        "who answers: origin (forward what it needs, key the cache on Origin) or edge (CloudFront "
        "adds the CORS headers)",
        default="origin",
        choices=("origin", "edge"),
    ),
}
