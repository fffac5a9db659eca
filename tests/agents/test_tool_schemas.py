"""Tools and controls in the words of Strands, of a Gateway and of Bedrock: the same parameters, and what each knows."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from agents.team import Team, load_team
from agents.tool_schemas import function_schema, gateway_schema, json_schema
from tests.agents.small_team import write_team


@pytest.fixture
def library(tmp_path: Path) -> Team:
    return load_team(write_team(tmp_path))


def test_strands_and_the_harness_get_types_lengths_and_what_is_required(library: Team) -> None:
    """A length means something for texts only."""
    assert json_schema(library.tool("renew").parameters) == {
        "type": "object",
        "properties": {
            "card": {"type": "string", "description": "The reader's card.", "maxLength": 5},
            "weeks": {"type": "integer", "description": "For how long."},
        },
        "required": ["card"],
    }


def test_a_gateway_gets_no_lengths(library: Team) -> None:
    """Its schema has no member for them and refuses what it does not know."""
    assert gateway_schema(library.tool("renew").parameters) == {
        "type": "object",
        "properties": {
            "card": {"type": "string", "description": "The reader's card."},
            "weeks": {"type": "integer", "description": "For how long."},
        },
        "required": ["card"],
    }


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    assert json_schema({}) == {"type": "object", "properties": {}, "required": []}


def test_bedrock_gets_a_function_with_its_parameters(library: Team) -> None:
    assert function_schema(library.control("fetch")) == {
        "name": "fetch",
        "description": "Fetches the librarian.",
        "parameters": {
            "wish": {"type": "string", "description": "What the reader wants.", "required": True},
            "card": {"type": "string", "description": "The reader's card.", "required": False},
        },
    }


def test_bedrocks_own_model_takes_the_function(library: Team) -> None:
    """Names, types and members as CreateAgentActionGroup has them."""
    model = botocore.session.get_session().get_service_model("bedrock-agent")
    functions = [function_schema(library.tool("renew")), function_schema(library.control("fetch"))]
    request = {
        "agentId": "ABCDE12345",
        "agentVersion": "DRAFT",
        "actionGroupName": "loans",
        "functionSchema": {"functions": functions},
    }

    shape = model.operation_model("CreateAgentActionGroup").input_shape

    assert shape is not None
    assert ParamValidator().validate(request, shape).generate_report() == ""
