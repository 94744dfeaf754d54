"""moto's CloudFormation, with the resource types of the templates that it lacks.

A type that moto does not know is a warning there and then a crash. Each of these hands its
properties, which CloudFormation names as the API does, to moto's own service.

What moto's CloudFormation drops without a word, and so no test sees deployed: the function's
architecture and dead-letter queue, the log group's retention, and of the bucket all but its name
and encryption. The templates' text is asserted for those.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel


class _Made:
    """A resource that exists in moto's own service, and here by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return ""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> _Made:
        assert account_id
        cls.make(resource_name, cloudformation_json["Properties"], region_name)
        return cls(resource_name)

    @classmethod
    def make(cls, _name: str, properties: dict[str, Any], region: str) -> None:
        raise NotImplementedError


class Schedule(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Scheduler::Schedule"

    @classmethod
    def make(cls, _name: str, properties: dict[str, Any], region: str) -> None:
        boto3.client("scheduler", region).create_schedule(**{"Name": _name, **properties})


class Alarm(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_name_type() -> str:
        return "AlarmName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CloudWatch::Alarm"

    @classmethod
    def make(cls, _name: str, properties: dict[str, Any], region: str) -> None:
        boto3.client("cloudwatch", region).put_metric_alarm(**{"AlarmName": _name, **properties})


class BucketPolicy(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::S3::BucketPolicy"

    @classmethod
    def make(cls, _name: str, properties: dict[str, Any], region: str) -> None:
        boto3.client("s3", region).put_bucket_policy(
            Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"])
        )


class QueuePolicy(_Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::SQS::QueuePolicy"

    @classmethod
    def make(cls, _name: str, properties: dict[str, Any], region: str) -> None:
        for queue in properties["Queues"]:
            boto3.client("sqs", region).set_queue_attributes(
                QueueUrl=queue, Attributes={"Policy": json.dumps(properties["PolicyDocument"])}
            )


@cache
def install() -> None:
    """Let moto see these types: it finds them by subclass, and remembers what it found."""
    for remembered in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        remembered.cache_clear()


def deploy(template: str, region: str, name: str = "remediate", **parameters: str) -> dict[str, str]:
    """Deploys it; the outputs."""
    install()
    client = boto3.client("cloudformation", region)
    client.create_stack(
        StackName=name,
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
