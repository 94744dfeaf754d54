"""The options of a bucket's target. Imports nothing but the core: plan files load without boto3."""

from __future__ import annotations

from remediate.core.policy import TargetOptions

OPTIONS = TargetOptions({}, several=True)
"""Each target becomes a rule of its own, and all keys of a bucket share the rules."""
