"""InvokeAgentRuntime on this machine, seen through boto3 over HTTP; behind it a small program in its own process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local.activity import Activity
from local.agent_resources import Runtime
from local.agentcore_runtime import AgentCoreRuntime, Host
from local.event_stream import StreamFailure
from local.guard import Guard
from local.intrinsics import arn
from tests.local.processes import state_of
from tests.local.serving import running
from tests.running_stack import eventually

if TYPE_CHECKING:
    from types_boto3_bedrock_agentcore import BedrockAgentCoreClient

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_ARN = arn("bedrock-agentcore", "runtime/team-a1b2c3d4e5")
SESSION = "0c7a9e52-5a0f-4b0e-9d65-1b7f4b3c2a10"


@dataclass
class Face:
    """The running face and a client for it."""

    client: BedrockAgentCoreClient
    agents: AgentCoreRuntime
    activity: Activity
    loop: asyncio.AbstractEventLoop
    variables: dict[str, str]
    cut: list[Any] = field(default_factory=list)

    def begin(self, session: str = SESSION, **what: Any) -> Any:
        """The answer; its body is under `response`."""
        return self.client.invoke_agent_runtime(
            agentRuntimeArn=RUNTIME_ARN,
            runtimeSessionId=session,
            qualifier="DEFAULT",
            contentType="application/json",
            accept="text/event-stream",
            payload=json.dumps(what).encode(),
        )

    def invoke(self, **what: Any) -> bytes:
        """The whole body."""
        with closing(self.begin(**what)["response"]) as body:
            return bytes(body.read())

    def tells(self) -> dict[str, Any]:
        """What the process knows of itself."""
        told: dict[str, Any] = json.loads(self.invoke(do="tell"))
        return told

    def refused(self, **what: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as refusal:
            self.begin(**what)
        response = refusal.value.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    def phases(self) -> list[str]:
        return [entry.facts["phase"] for entry in self.activity.entries() if entry.kind == "invocation"]


@pytest.fixture
def face(tmp_path: Path) -> Iterator[Face]:
    activity = Activity(now=lambda: 0.0)
    runtime = Runtime(name="team", arn=RUNTIME_ARN, environment={"MEMORY_ID": "mind-1", "MODEL": "bedrock:x"})
    variables, cut = {"MODEL": "scripted"}, list[Any]()
    with Guard() as guard:
        host = Host(
            root=ROOT,
            logs=tmp_path,
            guard=guard,
            activity=activity,
            variables=lambda: variables,
            origin=lambda: "http://127.0.0.1:9",
            cut=cut.append,
            program="tests.local.small_runtime",
        )
        agents = AgentCoreRuntime(runtime=lambda: runtime, host=host, contact_of=lambda _: "c-1")
        with running(Starlette(routes=agents.routes())) as (origin, loop):
            session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="local")
            once = Config(retries={"total_max_attempts": 1})
            client = session.client("bedrock-agentcore", endpoint_url=origin, config=once)
            yield Face(client, agents, activity, loop, variables, cut)
            client.close()
            asyncio.run_coroutine_threadsafe(agents.close(), loop).result(timeout=10)


def test_the_program_s_answer_comes_as_it_is(face: Face) -> None:
    """Its bytes, its content type, and the session's id in the header."""
    answer = face.begin(do="stream")
    with closing(answer["response"]) as body:
        said = body.read()

    assert said == b'data: {"text": "1"}\n\ndata: {"text": "2"}\n\ndata: {"text": "3"}\n\n'
    assert answer["contentType"] == "text/event-stream"
    assert (answer["runtimeSessionId"], answer["statusCode"]) == (SESSION, 200)


def gate(folder: Path) -> Path:
    """A pipe: whoever reads it waits until somebody writes."""
    os.mkfifo(folder / "now")
    return folder / "now"


def test_the_answer_streams(face: Face, tmp_path: Path) -> None:
    """What the program says first is read before it says the rest."""
    until = gate(tmp_path)
    with closing(face.begin(do="stream", until=str(until))["response"]) as body:
        lines = body.iter_lines(chunk_size=1)
        first = next(lines)
        until.write_bytes(b"")
        rest = list(lines)

    assert first == b'data: {"text": "1"}'
    assert b'data: {"text": "3"}' in rest


def test_the_process_has_the_template_s_variables_and_the_laptop_s(face: Face) -> None:
    """Model and team are the laptop's; everything else is what would be deployed."""
    told = face.tells()["environment"]

    assert told["MEMORY_ID"] == "mind-1"
    assert told["MODEL"] == "scripted"
    assert told["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert told["AWS_REGION"] == "local"
    assert told["AWS_ACCESS_KEY_ID"].startswith("RUNTIME")
    assert not set(told) & {"AWS_PROFILE", "AWS_SESSION_TOKEN", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "HTTP_PROXY"}


def test_the_program_is_told_the_session_in_its_header(face: Face) -> None:
    """As AgentCore tells it."""
    assert face.tells()["headers"]["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id".lower()] == SESSION


def test_one_process_answers_everybody(face: Face) -> None:
    """Until it ends or its sources change."""
    assert face.tells()["pid"] == face.tells()["pid"]


def test_a_process_that_died_is_replaced_at_the_next_request(face: Face) -> None:
    """As AgentCore gives a session a new machine."""
    before = face.tells()["pid"]

    refusal = face.refused(do="die")
    after = face.tells()["pid"]

    assert refusal == ("RuntimeClientError", 424)
    assert after != before


def test_a_process_that_dies_in_mid_answer_breaks_the_connection(face: Face) -> None:
    """What had come has come; the caller sees a broken answer and no false end."""
    with closing(face.begin(do="die midway")["response"]) as body:
        lines = body.iter_lines(chunk_size=1)
        first = next(lines)
        eventually(lambda: face.cut)

    assert first == b'data: {"text": "1"}'
    assert face.phases()[-1] == "failed"


def test_a_program_that_refuses_is_the_runtime_s_error(face: Face) -> None:
    """Whatever its status was."""
    assert face.refused(do="refuse") == ("RuntimeClientError", 424)
    assert face.phases() == ["started", "failed"]


def test_a_program_that_does_not_start_is_one_too(face: Face) -> None:
    """And once it starts again, it answers."""
    face.variables["BROKEN"] = "1"
    refusal = face.refused(do="tell")
    del face.variables["BROKEN"]

    assert refusal == ("RuntimeClientError", 424)
    assert face.tells()["pid"]


def test_a_fresh_process_comes_with_changed_sources(face: Face, tmp_path: Path) -> None:
    """What is being answered is finished by the old one, which then ends."""
    old, until = face.tells()["pid"], gate(tmp_path)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(face.invoke, do="stream", until=str(until))
        eventually(lambda: face.phases().count("started") == 2)
        face.loop.call_soon_threadsafe(face.agents.renew)
        new = eventually(lambda: found if (found := face.tells()["pid"]) != old else None)
        until.write_bytes(b"")

        assert b'"3"' in slow.result(timeout=10)
    assert new != old
    eventually(lambda: state_of(old) == "")


def test_the_process_ends_with_the_stack(face: Face) -> None:
    """None is left behind."""
    pid = face.tells()["pid"]

    asyncio.run_coroutine_threadsafe(face.agents.close(), face.loop).result(timeout=10)

    assert state_of(pid) == ""


def test_a_killed_process_is_seen(face: Face) -> None:
    """Whoever killed it."""
    os.kill(face.tells()["pid"], signal.SIGKILL)

    assert eventually(lambda: face.agents.pid is None)
    assert face.tells()["pid"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"agentRuntimeArn": arn("bedrock-agentcore", "runtime/other-a1b2c3d4e5")},
        {"qualifier": "canary"},
    ],
)
def test_an_unknown_runtime_or_endpoint_is_not_found(face: Face, wrong: dict[str, str]) -> None:
    """The template has one of each."""
    asked: Any = {"agentRuntimeArn": RUNTIME_ARN, "runtimeSessionId": SESSION, "payload": b"{}", **wrong}

    with pytest.raises(face.client.exceptions.ResourceNotFoundException):
        face.client.invoke_agent_runtime(**asked)


def test_a_session_id_has_33_to_256_characters(face: Face) -> None:
    """The longest that the service takes is refused by it, the shortest by boto3."""
    assert face.refused(do="tell", session="x" * 257) == ("ValidationException", 400)


def test_a_session_can_be_stopped_once(face: Face) -> None:
    """One that was never there, or has been stopped, is not found."""
    face.tells()

    answer = face.client.stop_runtime_session(agentRuntimeArn=RUNTIME_ARN, runtimeSessionId=SESSION)

    assert (answer["runtimeSessionId"], answer["statusCode"]) == (SESSION, 200)
    with pytest.raises(face.client.exceptions.ResourceNotFoundException):
        face.client.stop_runtime_session(agentRuntimeArn=RUNTIME_ARN, runtimeSessionId=SESSION)


def test_a_failure_in_mid_stream_comes_after_what_was_sent(face: Face) -> None:
    """As an event of our own protocol, and the last one."""
    face.agents.fail_next = lambda _: StreamFailure(code="throttlingException", message="slow down", after_events=2)

    events = [
        json.loads(line.removeprefix("data: ")) for line in face.invoke(do="stream").decode().split("\n\n") if line
    ]

    assert events == [
        {"text": "1"},
        {"text": "2"},
        {"error": {"code": "throttlingException", "message": "slow down"}},
    ]


def test_calls_of_the_process_are_known_as_the_runtime_s(face: Face, tmp_path: Path) -> None:
    """With the chat while it answers one, and with none while it answers nobody or several."""
    key = face.tells()["environment"]["AWS_ACCESS_KEY_ID"]
    idle, until = face.agents.caller_of(key), gate(tmp_path)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(face.invoke, do="stream", until=str(until))
        busy = eventually(
            lambda: found if (found := face.agents.caller_of(key)) != ("AgentCore Runtime", None) else None
        )
        until.write_bytes(b"")
        slow.result(timeout=10)

    assert (idle, busy) == (("AgentCore Runtime", None), ("AgentCore Runtime", "c-1"))
    assert face.agents.caller_of("WORKER1") is None
