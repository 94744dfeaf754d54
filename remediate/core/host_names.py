"""Host names that AWS gives to what has no CORS settings that are read here, and what can be done. Pure.

What AppSync and Cognito answer was reported by users and is not documented, so it decides no verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostName:
    """What a host name is the name of, what decides CORS there, and what can be done."""

    what: str
    decides: str
    fix: str
    refuses: bool = False
    """Whether no browser is ever let in."""


_AWS = r"\.amazonaws\.com(?:\.cn)?"
_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_NAMES = (
    (
        rf"[a-z0-9]+\.lambda-url\.{_REGION}\.on\.aws",
        HostName(
            "a Lambda function URL",
            "the CORS settings of the function URL answer, and they are not read",
            "Look at them with `aws lambda get-function-url-config --function-name NAME`, and set them there "
            "or in the function's code, not in both: each adds its own header.",
        ),
    ),
    (
        rf"[a-z0-9]+\.appsync-(?:realtime-)?api\.{_REGION}{_AWS}",
        HostName(
            "an AWS AppSync API",
            "AppSync has no CORS setting; users report that it answers `*` to every origin by itself",
            "Where it must be restricted, put a CloudFront distribution in front of it. Where a browser "
            "is refused, look at the status: a wrong path or key is answered without the headers.",
        ),
    ),
    (
        rf"[a-z0-9-]+\.auth(?:-fips)?\.{_REGION}\.amazoncognito\.com",
        HostName(
            "an Amazon Cognito domain",
            "Cognito has no CORS setting; users report that /oauth2/token and /oauth2/userInfo answer "
            "browsers and that /login, /logout and /oauth2/authorize do not",
            "Send the person to /login, /logout and /oauth2/authorize by navigation (location.assign), never "
            "by fetch; call /oauth2/token and /oauth2/userInfo by fetch.",
        ),
    ),
    (
        rf"(?:dualstack\.)?[a-z0-9-]+\.(?:{_REGION}\.elb|elb\.{_REGION}){_AWS}",
        HostName(
            "an Elastic Load Balancing load balancer",
            "its targets send the CORS headers, or the header attributes of its listeners do, and they are "
            "not read",
            "Let the targets answer OPTIONS with 2xx and the headers; for an Application Load Balancer look "
            "at `aws elbv2 describe-listener-attributes`.",
        ),
    ),
    (
        rf"vpce-[a-z0-9-]+\.execute-api\.{_REGION}\.vpce{_AWS}",
        HostName(
            "the name of a VPC endpoint for API Gateway",
            "it needs the header x-apigw-api-id or another Host, and a browser's preflight carries neither",
            "Call the API by https://API-VPCE.execute-api.REGION.amazonaws.com/STAGE, or with private DNS by "
            "its own name.",
            refuses=True,
        ),
    ),
    (
        rf"(?:s3-external-1|s3(?:-fips)?(?:\.dualstack)?(?:[.-]{_REGION})?){_AWS}",
        HostName(
            "Amazon S3's own API, which lists the buckets",
            "it has no CORS: only a bucket has",
            "Put the bucket into the URL, or let a server list the buckets.",
            refuses=True,
        ),
    ),
    (
        rf"[a-z0-9][a-z0-9.-]*{_AWS}",
        HostName(
            "an API of AWS itself",
            "it has no CORS setting, and many of these APIs refuse browsers",
            "Call it from a server, or put an API of your own in front of it.",
        ),
    ),
)
_COMPILED = tuple((re.compile(pattern), name) for pattern, name in _NAMES)
_ACCOUNTS_OWN = re.compile(rf".+\.(?:execute-api|s3|s3-[a-z0-9-]+)\..+|.+\.{_REGION}\.vpce\..+")
"""Names of APIs and buckets: where nothing of the account has that name, nothing more can be said."""


def host_name(host: str) -> HostName | None:
    """Return what AWS named so; None for an API's, a bucket's and any name that AWS did not give."""
    name = host.partition(":")[0]
    for pattern, described in _COMPILED[:-1]:
        if pattern.fullmatch(name):
            return described
    if _ACCOUNTS_OWN.fullmatch(name):
        return None
    return _COMPILED[-1][1] if _COMPILED[-1][0].fullmatch(name) else None


def described_host(host: str) -> str:
    """Return what the host name is and what decides CORS there, as half a sentence; empty where not known."""
    described = host_name(host)
    return f"{host} is {described.what}: {described.decides}" if described else ""
