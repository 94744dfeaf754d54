"""Plan files: YAML to validated values, each knowing its file:line:column, and their JSON Schema."""

from remediate.planfile.beside import names_beside
from remediate.planfile.files import digest_of
from remediate.planfile.load import check, load, schema
from remediate.planfile.values import Expectation, ExpectedVerdict, Loopback, OriginEntry, PlanFile, Target

__all__ = [
    "Expectation",
    "ExpectedVerdict",
    "Loopback",
    "OriginEntry",
    "PlanFile",
    "Target",
    "check",
    "digest_of",
    "load",
    "names_beside",
    "schema",
]
