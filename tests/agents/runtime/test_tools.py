"""Tools over the true wire of Lambda: what fails is a failure and never an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from agents.conversation import ToolCall, ToolFailed
from agents.runtime.tools import PATIENCE, LambdaTools
from agents.script import load_script
from agents.sessions import Session
from agents.team import load_team
from agents.team_source import Loaded
from tests.agents.small_team import write_team
from tests.lambdas.aws_server import AwsServer, Reply, refusal

ARN = "arn:aws:lambda:us-east-1:111122223333:function:LoansTool:live"
INVOKE = r"/2015-03-31/functions/.*LoansTool.*/invocations"
BODY = {"response": {"functionResponse": {"responseBody": {"TEXT": {"body": "{}"}}}}}


@pytest.fixture
def server() -> Iterator[AwsServer]:
    made = AwsServer()
    with made.running():
        yield made


@pytest.fixture
def session(tmp_path: Path) -> Session:
    write_team(tmp_path)
    loaded = Loaded(team=load_team(tmp_path), script=load_script(tmp_path))
    made = Session("session-1", loaded, 0.0, attributes={"contact_id": "contact-1", "turn_id": "turn-1"})
    made.prompt = "renew please"
    made.prompt_attributes = {"language": "en"}
    return made


async def use(server: AwsServer, session: Session, functions: dict[str, str] | None = None) -> str:
    client = boto3.client(
        "lambda",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=PATIENCE,
    )
    team = session.loaded.team
    call = ToolCall(tool=team.tool("renew"), agent=team.collaborators[0], arguments={"card": "C12", "weeks": 2})
    tools = LambdaTools(client, {"LoansTool": ARN} if functions is None else functions)
    return await tools.run(session, call)


def reply(answer: Any, **headers: str) -> Reply:
    return Reply(body=json.dumps(answer).encode(), headers=headers)


async def test_a_tool_gets_the_event_of_an_action_group(server: AwsServer, session: Session) -> None:
    """The same as from Bedrock: one handler serves both."""
    server.answers("POST", INVOKE, reply({**BODY, "sessionAttributes": {"verified": "yes"}}))

    assert await use(server, session) == "{}"

    (request,) = server.asked(INVOKE)
    event = request.json
    assert event.pop("agent")["name"] == "loans"
    assert event == {
        "messageVersion": "1.0",
        "inputText": "renew please",
        "sessionId": "session-1",
        "actionGroup": "loans",
        "function": "renew",
        "parameters": [
            {"name": "card", "type": "string", "value": "C12"},
            {"name": "weeks", "type": "integer", "value": "2"},
        ],
        "sessionAttributes": {"contact_id": "contact-1", "turn_id": "turn-1"},
        "promptSessionAttributes": {"language": "en"},
    }
    assert session.attributes["verified"] == "yes"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            refusal("ResourceNotFoundException", "zanahoria", status=404),
            "could not be called: ResourceNotFoundException",
        ),
        (reply({"errorMessage": "zanahoria"}, **{"X-Amz-Function-Error": "Unhandled"}), "LoansTool failed"),
        (Reply(body=b"zanahoria"), "answered no JSON"),
        (Reply(body=b"[" * 100_000), "answered no JSON"),
        (reply(["zanahoria"]), "in a form of its own"),
        (reply({"response": {"functionResponse": {"responseBody": {}}}}), "in a form of its own"),
        (reply({**BODY, "sessionAttributes": "zanahoria"}), "in a form of its own"),
    ],
)
async def test_what_is_no_answer_is_a_failure(server: AwsServer, session: Session, answer: Reply, said: str) -> None:
    """Named for whoever reads the log, without what the function said."""
    server.answers("POST", INVOKE, answer)

    with pytest.raises(ToolFailed, match=said) as failed:
        await use(server, session)

    assert "zanahoria" not in str(failed.value)


async def test_a_function_that_wants_the_model_prompted_again_has_answered(server: AwsServer, session: Session) -> None:
    """As for Bedrock; only FAILURE ends the answer."""
    body = {"TEXT": {"body": "Which card?"}}
    answers = (
        {"functionResponse": {"responseState": state, "responseBody": body}} for state in ("REPROMPT", "FAILURE")
    )
    server.answers("POST", INVOKE, *(reply({"response": answer}) for answer in answers))

    assert await use(server, session) == "Which card?"
    with pytest.raises(ToolFailed, match="answered FAILURE"):
        await use(server, session)


async def test_a_call_that_failed_is_tried_once_more(server: AwsServer, session: Session) -> None:
    """The tool does nothing twice: contact and turn are in the event."""
    server.answers("POST", INVOKE, refusal("ServiceException", status=500), reply(BODY))

    assert await use(server, session) == "{}"
    assert len(server.asked(INVOKE)) == 2


async def test_a_function_nobody_named_is_a_failure(server: AwsServer, session: Session) -> None:
    """The stack forgot it; nothing is called."""
    with pytest.raises(ToolFailed, match="TOOL_FUNCTIONS has no LoansTool"):
        await use(server, session, {})
