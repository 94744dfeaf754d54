"""Errors of AWS and of the way to it as sentences, each with a next step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from remediate.answers import UNUSABLE
from remediate.errors import AwsFailure

__all__ = ["DENIED", "HINTS", "error_code", "to_aws_failure"]

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "Forbidden",
        "403",
        "UnauthorizedOperation",
        "NotAuthorized",
    }
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_CLOCK_TEXT = ("signature expired", "signature not yet current", "certificate is not yet valid")
"""What AWS, and TLS, say of a clock that is minutes or years off: in lower case, beside other codes."""
NOT_THE_KEYS = frozenset(
    {"InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)
REPEAT = (
    "Run it again. If it stays so, something between here and AWS changes answers: check proxies, "
    "--endpoint-url and AWS_ENDPOINT_URL."
)
HINTS: Mapping[str, str] = {
    UNUSABLE: REPEAT,
    "FlexibleChecksumError": REPEAT,
    "IncompleteReadError": REPEAT,
    "ResponseStreamingError": REPEAT,
    "ClientLibraryError": "REMEDIATE_TRACEBACK=1 shows where the AWS client library (botocore) raised this.",
    "NoCredentialsError": "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or pass --profile; "
    "`--sandbox` needs no credentials.",
    "PartialCredentialsError": "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    "NoRegionError": "Set `region:` in the plan file or AWS_REGION, or pass --region.",
    "EndpointConnectionError": "Is the endpoint up and the region's name right? "
    "Check --endpoint-url or AWS_ENDPOINT_URL, and --region.",
    "ConnectTimeoutError": "Check --endpoint-url or AWS_ENDPOINT_URL, proxies and the network.",
    "AnswerTimeoutError": "Run it again. Check proxies and the network; `--timeout SECONDS` gives each "
    "request more time.",
    "ProfileNotFound": "`aws configure list-profiles` lists the profiles there are.",
    "InvalidRegionError": "A region looks like eu-west-1; check `region:` and --region.",
    "SSOTokenLoadError": "Run `aws sso login` and try again.",
    "UnauthorizedSSOTokenError": "Run `aws sso login` and try again.",
    "TokenRetrievalError": "Run `aws sso login` and try again.",
}


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's error code, or botocore's class name where no answer came."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "Unknown")
    return type(error).__name__


def to_aws_failure(error: ClientError | BotoCoreError, doing: str) -> AwsFailure:
    """The error as a sentence with a next step. `doing` names the call: `s3:GetBucketCors of uploads`."""
    code = error_code(error)
    operation = doing.split(" ", 1)[0]
    if code in _CLOCK or any(text in str(error).lower() for text in _CLOCK_TEXT):
        hint = (
            f"The clock of this machine says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, and AWS takes only "
            "requests within minutes of its own time. Set the clock (`timedatectl set-ntp true`), and run it "
            "again."
        )
    elif code in DENIED and "MultiFactorAuthentication" in str(error):
        hint = "Run it again with the code that the MFA device shows then; each code counts once."
    elif code in DENIED:
        hint = f"The credentials lack {operation}, or a resource policy denies it."
    elif code in EXPIRED:
        hint = "The credentials have expired: get new ones and run this again."
    elif code in NOT_THE_KEYS:
        hint = "AWS does not know these credentials: check AWS_PROFILE and the access keys."
    else:
        hint = HINTS.get(code, "")
    if code == "NoRegionError":
        said = "No AWS region is set, so nothing can be looked for there."
    elif isinstance(error, ClientError):
        said = str(error.response.get("Error", {}).get("Message") or code)
    else:
        said = str(error)
    return AwsFailure(f"{doing}: {code}: {said}", code=code, operation=operation, hint=hint)
