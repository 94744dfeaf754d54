"""Plan files: YAML to validated values, each knowing its file:line:column, and their JSON Schema."""

from remediate.planfile.load import load, schema
from remediate.planfile.values import Expectation, OriginEntry, PlanFile, Target, Verdict

__all__ = ["Expectation", "OriginEntry", "PlanFile", "Target", "Verdict", "load", "schema"]
