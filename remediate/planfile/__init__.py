"""Plan files: YAML to validated values, each knowing its file:line:column, and their JSON Schema."""

from remediate.planfile.files import digest_of
from remediate.planfile.load import load, schema
from remediate.planfile.values import Expectation, OriginEntry, PlanFile, Target, Verdict

__all__ = ["Expectation", "OriginEntry", "PlanFile", "Target", "Verdict", "digest_of", "load", "schema"]
