"""Adds behavior of AWS that stock moto lacks, from outside; each module names its source.

`install()` is idempotent and works for moto in process and as a server. An extension leaves
operations alone that a newer moto has learnt.
"""

from __future__ import annotations


def install() -> None:
    """Add them all."""
    from remediate.sandbox.patches import apigateway, apigatewayv2, cloudtrail, s3  # noqa: PLC0415  # moto is loaded only when asked for
    from remediate.sandbox.patches.cloudfront import distributions, policies  # noqa: PLC0415  # moto is loaded only when asked for

    for module in (apigateway, apigatewayv2, distributions, policies, s3, cloudtrail):
        module.install()
