"""Programs find what runs here by the stack's outputs, as they do in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local import targets
from local.cloudformation import CloudFormation
from tests.local.serving import running

OUTPUTS = {"RescueBotArn": "arn:rescue", "HowToTry": 'Open "Test chat" & <go>'}


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[Any]:
    face = CloudFormation(outputs=lambda: OUTPUTS, created_at=1_795_170_000.0)
    with running(Starlette(routes=[targets.route({}, query=face.serve)])) as (origin, _):
        client = boto3.client(
            "cloudformation",
            endpoint_url=origin,
            region_name="local",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield client
        client.close()


def test_the_stack_tells_its_outputs(cloudformation: Any) -> None:
    """Whatever characters they hold."""
    [stack] = cloudformation.describe_stacks(StackName="Handoff")["Stacks"]

    assert {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]} == OUTPUTS
    assert (stack["StackStatus"], stack["CreationTime"].isoformat()) == (
        "CREATE_COMPLETE",
        "2026-11-20T10:20:00+00:00",
    )


def test_another_stack_is_not_there(cloudformation: Any) -> None:
    """A misspelt name must fail here as it would in AWS."""
    with pytest.raises(ClientError, match=r"ValidationError.*Stack with id Other does not exist"):
        cloudformation.describe_stacks(StackName="Other")


def test_any_other_action_is_refused_aloud(cloudformation: Any) -> None:
    """Nothing is answered without being done."""
    with pytest.raises(ClientError, match=r"InvalidAction.*DeleteStack is not emulated"):
        cloudformation.delete_stack(StackName="Handoff")
