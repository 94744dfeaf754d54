"""Plan files: YAML to validated values, each knowing its file:line:column, and their JSON Schema."""

from remediate.planfile.beside import names_beside
from remediate.planfile.files import digest_of
from remediate.planfile.load import check, load, schema
from remediate.planfile.values import Expectation, Loopback, OriginEntry, PlanFile, Target, Verdict

__all__ = [
    "Expectation",
    "Loopback",
    "OriginEntry",
    "PlanFile",
    "Target",
    "Verdict",
    "check",
    "digest_of",
    "load",
    "names_beside",
    "schema",
]
