"""Credentials that cannot be had: each way of getting them, with the profile and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions
from botocore.exceptions import ClientError, HTTPClientError

from remediate.aws_errors import error_code, to_aws_failure
from remediate.errors import AwsFailure, RemediateError

__all__ = ["explained", "missing", "profile_in_use"]

_SIGN_IN = frozenset(
    {
        "SSOError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "TokenRetrievalError",
        "PendingAuthorizationExpiredError",
        "UnauthorizedException",
    }
)
_MOST = 300
"""Characters of what another program said."""


def profile_in_use(session: Any) -> str:
    """The profile that the botocore session takes; empty where neither option nor environment names one."""
    return str(session.profile or "")


def missing(session: Any) -> AwsFailure:
    """The error for a session that finds no credentials anywhere."""
    profile = profile_in_use(session)
    if profile:
        return AwsFailure(
            f"Profile {profile} has no credentials (NoCredentialsError).",
            code="NoCredentialsError",
            operation="credentials",
            hint=f"`aws configure --profile {profile}` writes access keys into it, and `aws configure sso "
            f"--profile {profile}` sets up a sign-in; `--sandbox` needs no credentials.",
        )
    return AwsFailure(
        "There are no credentials (NoCredentialsError): no profile is named, and neither the environment, "
        "the default profile nor this machine has any.",
        code="NoCredentialsError",
        operation="credentials",
        hint="Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or pass --profile; `--sandbox` needs no credentials.",
    )


@contextmanager
def explained(session: Any) -> Iterator[None]:
    """Turn what goes wrong while the session gets its credentials into `AwsFailure` with a next step."""
    try:
        yield
    except RemediateError:
        raise
    except Exception as error:
        raise _failure(session, error) from error


def _failure(session: Any, error: Exception) -> AwsFailure:
    profile = profile_in_use(session)
    settings: Mapping[str, Any] = session.full_config.get("profiles", {}).get(profile or "default", {})
    whose = f"profile {profile}" if profile else "the default profile"
    option = f" --profile {profile}" if profile else ""
    code = error_code(error) if isinstance(error, ClientError) else type(error).__name__
    said = " ".join(str(error).split())[:_MOST] or code
    if code in _SIGN_IN:
        return _made(
            f"The sign-in of {whose} (IAM Identity Center, SSO) has expired or is not there: {code}: {said}",
            code,
            f"Run `aws sso login{option}`, then this again.",
        )
    if isinstance(error, ClientError) and error.operation_name != "AssumeRoleWithWebIdentity":
        return to_aws_failure(error, f"sts:{error.operation_name} of {whose}")
    if isinstance(error, HTTPClientError | exceptions.ConnectionError):
        return to_aws_failure(error, f"credentials of {whose}")
    # The environment counts only where no profile is named.
    variable = "" if profile else os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    token = variable or settings.get("web_identity_token_file", "")
    if token:
        where = "AWS_WEB_IDENTITY_TOKEN_FILE" if variable else whose
        return _made(
            f"The web identity token file {token} ({where}) gives no credentials: {code}: {said}",
            code,
            "Is the token mounted there and still valid, and does the role's trust policy name its issuer? "
            "Without a token, unset AWS_WEB_IDENTITY_TOKEN_FILE or pass --profile with another profile.",
        )
    if "credential_process" in settings:
        return _made(
            f"The credential_process of {whose} gives no credentials: {code}: {said}",
            code,
            f"Run what `aws configure get credential_process{option}` prints by itself: it must print JSON "
            "with Version 1, AccessKeyId and SecretAccessKey, and end with 0.",
        )
    if code == "NoCredentialsError":
        return missing(session)
    return _made(
        f"The credentials of {whose} cannot be had: {code}: {said}",
        code,
        f"Check {whose} in ~/.aws/config (or AWS_CONFIG_FILE); `aws sts get-caller-identity{option}` should "
        "work, too.",
    )


def _made(message: str, code: str, hint: str) -> AwsFailure:
    return AwsFailure(message, code=code, operation="credentials", hint=hint)
