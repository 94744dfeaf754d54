"""Finds which distribution is behind a host name: its domain name or one of its aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import LocatedResource
from remediate.services.cloudfront.documents import REGION
from remediate.services.cloudfront.read import distributions, names_of

_NOT_OURS = re.compile(r".*(?:\.|^)(?:s3|execute-api|lambda-url|elb)[.-].*|(?:\d+\.){3}\d+|localhost")
_ID_HOST = re.compile(r"(?P<id>[a-z0-9]+)\.cloudfront\..+", re.IGNORECASE)


def find_by_host(aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
    """By listing the distributions: an alias may have a wildcard. Raises `AwsFailure` if it cannot.

    `ID.cloudfront.…` is taken for the distribution of that id, as emulators name it.
    """
    del path
    name = host.partition(":")[0]
    if _NOT_OURS.fullmatch(name):
        return
    sought = (_ID_HOST.fullmatch(name) or {"id": ""})["id"].upper()
    for distribution in distributions(aws):
        names = names_of(distribution)
        covered = name in names or any(
            alias.startswith("*.") and name.partition(".")[2] == alias[2:] for alias in names
        )
        if covered or names[0] == sought:
            yield LocatedResource(Selector("cloudfront", names[0], REGION))
            return
