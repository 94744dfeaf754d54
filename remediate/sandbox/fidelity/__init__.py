"""What AWS does and stock moto does not, added to moto from outside; each module names its source.

`install()` is idempotent and works for moto in process and as a server. An extension leaves
operations alone that a newer moto has learnt.
"""

from __future__ import annotations


def install() -> None:
    """Add them all."""
    from remediate.sandbox.fidelity import (  # noqa: PLC0415  # moto is loaded only when asked for
        apigateway,
        apigatewayv2,
        cloudfront_distributions,
        cloudfront_policies,
        cloudtrail,
        s3,
    )

    for module in (apigateway, apigatewayv2, cloudfront_distributions, cloudfront_policies, s3, cloudtrail):
        module.install()
