"""The plan file as pydantic models: the one source of its validation and of its JSON Schema.

The services' targets and the channels of notifications are added to it by name, so this file knows
none of them. A new key of the plan file is a field here, and what becomes of it a line in `build`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, SkipJsonSchema
from pydantic_core import core_schema

from remediate.core.channel import ChannelKind
from remediate.core.contest import CORRECTIONS
from remediate.core.guard_table import COUNT, GUARDS, MINIMUM, SHARE
from remediate.core.policy import Option, TargetOptions
from remediate.planfile.schema.fields import (
    Account,
    Age,
    Count,
    Duration,
    GuardCode,
    HeaderName,
    Instant,
    Method,
    Name,
    OneMethod,
    OriginText,
    PageOrigin,
    Region,
    Secret,
    Share,
    State,
    Times,
    Unquoted,
    Url,
    Version,
    Window,
    channel_target,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
UNNAMED = "-"
"""The tag of a target that doesn't name exactly one service, or of a notification's channel."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, protected_namespaces=())


class OriginModel(_Strict):
    """An origin with what is to be known about it."""

    origin: OriginText = Field(
        description="Scheme, host and port as a browser sends them, or a pattern with one *.",
        examples=["https://app.example.com"],
    )
    reason: str | None = Field(None, description="Why it may call; for the people who read the plan.")
    expires: Instant | None = Field(
        None,
        description="The instant after which the origin is no longer desired, with its time zone.",
        examples=["2026-12-01T18:00:00Z"],
    )


def _entry(value: Any) -> Any:
    return {"origin": value} if isinstance(value, str) else value


OriginItem = Annotated[OriginModel, BeforeValidator(_entry, json_schema_input_type=OriginText | OriginModel)]


class AllowModel(_Strict):
    """What the origins may do."""

    methods: list[Method] | None = Field(
        None, min_length=1, description="HTTP methods, upper case; * for all where the service can."
    )
    headers: list[HeaderName] | None = Field(
        None, description="Request headers that a page may set; * for all."
    )
    expose: list[HeaderName] | None = Field(None, description="Response headers that a page may read.")
    credentials: bool | None = Field(None, description="Whether cookies and HTTP authentication are sent.")
    max_age: Age = Field(
        None,
        description="How long a browser may remember a preflight's answer: seconds, or 90s, 10m, 1h. "
        "none on a target takes back what the file says for all.",
        examples=[600, "10m"],
    )


class SharedModel(_Strict):
    """What stands at the top of the file for all targets, or on one target for itself."""

    region: Region | None = Field(None, description="AWS region; else the AWS default chain decides.")
    origins: list[OriginItem] | None = Field(
        None, description="Who may call. An empty list, written out, means nobody."
    )
    allow: AllowModel | None = Field(None, description="What they may do.")
    mode: Literal["merge", "exact"] | None = Field(
        None,
        description="merge (default) never takes anything away from anybody; "
        "exact removes what the plan does not list.",
    )


class TargetModel(SharedModel):
    """One target; each service has a model of its own, made by `Models.of`."""

    SERVICE: ClassVar[str] = ""
    SEVERAL: ClassVar[bool] = False
    """Whether several targets may name the same resource with other origins or another `allow`."""

    also: list[OriginItem] | None = Field(
        None,
        min_length=1,
        description="Who may call besides the origins of the file; `origins` replaces those.",
    )


class _Unnamed(TargetModel):
    # Stands in for a target without a service, so that the rest of it is checked all the same.
    model_config = ConfigDict(extra="ignore")


class ChannelModel(_Strict):
    """One channel of notifications; each kind has a model of its own, made by `Models.of`."""

    KIND: ClassVar[str] = ""

    only: list[Literal["open", "held", "failed"]] | None = Field(
        None,
        min_length=1,
        description="What alone it is told of, and when that is over; everything without it.",
    )


class _UnnamedChannel(ChannelModel):
    model_config = ConfigDict(extra="ignore")


class ExpectModel(_Strict):
    """A proof: evaluated before an apply, probed for real after it."""

    from_: PageOrigin = Field(
        alias="from", description="Origin of the calling page.", examples=["https://app.example.com"]
    )
    to: Url = Field(description="The URL that it calls.", examples=["https://api.example.com/items"])
    verdict: Literal["allowed", "blocked"] = Field(
        description="What the browser must conclude.", examples=["allowed"]
    )
    method: OneMethod = Field("GET", description="Method of the call.")
    headers: list[HeaderName] = Field([], description="Names of the headers that the page sets.")
    credentials: bool = Field(default=False, description="Whether the page sends cookies.")


Level = Literal["refuse", "warn", "info"]
_levels: dict[str, Any] = {
    code.replace("-", "_"): (Level | None, Field(None, alias=code, description=guard.summary))
    for code, guard in GUARDS.items()
}
_Levels: Any = create_model("_Levels", __base__=_Strict, **_levels)


class LevelsModel(_Levels):  # type: ignore[misc]  # one field per guard
    """Each guard with the level that it is to have."""


class ContestedModel(_Strict):
    """How many corrections to the same settings, within how long, make a resource contested."""

    corrections: Times = Field(
        CORRECTIONS,
        description=f"After so many corrections to the same settings it is contested ({CORRECTIONS}).",
        examples=[3],
    )
    within: Window | None = Field(
        None,
        description="Corrections further apart than this are not counted together (1d); at most 30d.",
        examples=["1d"],
    )


class GuardsModel(_Strict):
    """What is refused until a person agrees to it by name; the guide lists the guards."""

    max_changes: Count | None = Field(
        None, description=f"More changed resources than this are too many ({COUNT}).", examples=[20]
    )
    max_share: Share | None = Field(
        None,
        description=f"More than this share of the resources looked at is too many ({SHARE:.0f}%). "
        "With max_changes, both must be exceeded; given alone, each counts alone.",
        examples=["30%"],
    )
    minimum: Count = Field(MINIMUM, description="With fewer resources than this, changes are not counted.")
    never: list[GuardCode] = Field([], description="Guards that --allow must not lift for this plan.")
    levels: LevelsModel | None = Field(None, description="Guards at another level than their own.")
    contested: ContestedModel | None = Field(
        None, description="When passes stop correcting a resource that others change back each time."
    )


class LoopbackModel(_Strict):
    """What the plan demands of origins on the users' own machines: localhost, 127.0.0.1, [::1]."""

    reason: Literal["required"] | None = Field(None, description="Each must say why it is there.")
    longest: Duration | None = Field(
        None,
        description="Each must expire, at most so far from now: 30m, 4h, 2d, 1h30m.",
        examples=["8h"],
    )


class PlanModel(SharedModel):
    """The whole file."""

    version: Version = Field(description="Version of the plan file's format.", examples=[1])
    name: Name = Field(
        description="Names journals, policies and S3 rule IDs that remediate owns.", examples=["webapp"]
    )
    account: Account | None = Field(
        None, description="Refuse to touch any other account; 12 digits, quoted.", examples=["123456789012"]
    )
    state: State | None = Field(
        None,
        description="Where journals are kept: s3://bucket/prefix, or a folder; .remediate beside the file.",
        examples=["s3://ops-state/remediate"],
    )
    heartbeat: Secret | None = Field(
        None,
        description="Where the URL is that each finished pass pings: env:NAME or ssm:/NAME.",
        examples=["env:HEARTBEAT_URL"],
    )
    formerly: list[Name] | None = Field(
        None,
        min_length=1,
        description="Names that the plan had before: what a plan of such a name brought is this plan's.",
        examples=[["old-webapp"]],
    )
    targets: list[Any] = Field(min_length=1, description="The resources that the plan is for.")
    expect: list[ExpectModel] | None = Field(None, description="Optional proofs.")
    guards: GuardsModel | None = Field(None, description="Limits, and what a person must agree to.")
    loopback: LoopbackModel | None = Field(None, description="Rules for origins on loopback.")


@dataclass(frozen=True, slots=True)
class Models:
    """The model of a plan file, of each service's targets in it, and of each kind of channel."""

    plan: type[PlanModel]
    targets: Mapping[str, type[TargetModel]]
    channels: Mapping[str, type[ChannelModel]]

    @classmethod
    def of(
        cls, targets: Mapping[str, Mapping[str, Option]], channels: Mapping[str, ChannelKind] | None = None
    ) -> Models:
        """The models for these services and their target options, and these kinds of channels."""
        services = tuple(
            (kind, tuple(options.items()), isinstance(options, TargetOptions) and options.several)
            for kind, options in targets.items()
        )
        return _models(services, tuple((channels or {}).items()))

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of the plan file, for editors and for checks without remediate."""
        return {
            "$schema": DRAFT,
            **self.plan.model_json_schema(schema_generator=_Generator),
            "title": "remediate plan file",
            "description": "Desired CORS settings of API Gateway, CloudFront and S3.",
        }


@lru_cache(maxsize=8)
def _models(
    services: tuple[tuple[str, tuple[tuple[str, Option], ...], bool], ...],
    kinds: tuple[tuple[str, ChannelKind], ...],
) -> Models:
    models = {kind: _target_model(kind, options, several=several) for kind, options, several in services}
    channels = {kind: _channel_model(kind, channel_kind) for kind, channel_kind in kinds}
    field = Field(
        min_length=1,
        description=PlanModel.model_fields["targets"].description,
        examples=[[{kind: "webapp"}] for kind in list(models)[-1:]],
    )
    target: Any = _one_of(models, SkipJsonSchema[Annotated[_Unnamed, Tag(UNNAMED)]])
    members: Any = {"targets": (list[target], field)}
    if channels:
        channel: Any = _one_of(channels, SkipJsonSchema[Annotated[_UnnamedChannel, Tag(UNNAMED)]])
        notify = Field(None, description="Where to tell of drift: once when it is new, once when it is over.")
        members["notify"] = (list[channel] | None, notify)
    plan = create_model("PlanFile", __base__=PlanModel, **members)
    return Models(plan=plan, targets=models, channels=channels)


def _one_of(models: Mapping[str, type[BaseModel]], unnamed: Any) -> Any:
    """A mapping with exactly one of the names as a key, of that name's model."""

    def pick(value: Any) -> str:
        named = [kind for kind in models if kind in value] if isinstance(value, dict) else []
        return named[0] if len(named) == 1 else UNNAMED

    union: Any = unnamed
    for kind, model in models.items():
        union = union | Annotated[model, Tag(kind)]
    return Annotated[union, Discriminator(pick)]


def _channel_model(kind: str, channel_kind: ChannelKind) -> type[ChannelModel]:
    target = Field(
        description=channel_kind.help,
        examples=["env:NAME" if channel_kind.confidential else channel_kind.example],
    )
    fields: dict[str, Any] = {kind: (channel_target(channel_kind), target)}
    if channel_kind.signs:
        secret = Field(None, description="Where the key of the signature is: env:NAME or ssm:/NAME.")
        fields["secret"] = (Secret | None, secret)
    doc = f"Notifications by {kind}."
    model = create_model(f"{kind.title()}Channel", __base__=ChannelModel, __doc__=doc, **fields)
    model.KIND = kind
    return model


def _target_model(kind: str, options: tuple[tuple[str, Option], ...], *, several: bool) -> type[TargetModel]:
    fields: dict[str, Any] = {
        kind: (
            Unquoted,
            Field(
                description="Id or name of the resource; *, ? and [ab] make it a glob.",
                examples=["webapp"],
            ),
        )
    }
    for name, option in options:
        if option.kind == "choice":
            value: Any = Literal[option.choices]
        else:
            value = Annotated[list[Unquoted], Field(min_length=1)]
        fields[name] = (value | None, Field(None, description=option.help))
    title = "".join(word.title() for word in kind.split("_"))
    model = create_model(f"{title}Target", __base__=TargetModel, __doc__=f"A target of {kind}.", **fields)
    model.SERVICE = kind
    model.SEVERAL = several
    return model


class _Generator(GenerateJsonSchema):
    """No key of a plan file may be null: what is optional is left out."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)
