"""The real program with the real session manager: what it keeps outlives it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk.package import MAIN, TEAM_FOLDER, AgentSources, build_agent_package
from tests.agents.converse_wire import CONVERSE, SENTENCE, blocked_input, says
from tests.agents.runtime.process import RENEWED, ROOT, Aws, Events, Program, answer, aws, program, text_of
from tests.agents.small_team import write_team
from tests.lambdas.aws_server import AwsServer

DONE = {"fetch": '{"status": "done"}'}
CANARY = "zanahoria"


@pytest.fixture
def cloud() -> Iterator[Aws]:
    with aws() as made:
        yield made


@pytest.fixture
def team(tmp_path: Path) -> Path:
    return write_team(tmp_path)


def pending_of(events: Events) -> str:
    pending: str = events[-1]["control"]["pending"]
    return pending


def error_of(events: Events) -> str:
    code: str = events[-1]["error"]["code"]
    return code


def test_what_was_said_outlives_the_process(team: Path, cloud: Aws) -> None:
    """AgentCore ends a microVM when it likes; the customer does not notice."""
    with program(team, cloud) as first:
        assert text_of(first.invoke(text="renew my loan")) == "Which card?"
        first.kill()

    with program(team, cloud) as second:
        events = second.invoke(turnId="turn-2", told={"tier": "gold"}, text="C12")

    assert text_of(events) == "Renewed until Jan 2, 2027."
    assert events[-1] == {"finished": {"usage": None}}
    (event,) = cloud.tool_events
    assert event["sessionAttributes"] == {"tier": "gold", "contact_id": "contact-1", "turn_id": "turn-2"}
    assert (event["function"], event["parameters"]) == (
        "renew",
        [{"name": "card", "type": "string", "value": "C12"}],
    )


def test_a_control_inside_a_collaborator_outlives_the_process(team: Path, cloud: Aws) -> None:
    """It is answered in another process, and the talk goes on there; a second control after that, too."""
    with program(team, cloud) as first:
        asked = first.invoke(text="librarian please, my card is C12")
        assert asked[-1]["control"]["calls"] == [
            {
                "function": "fetch",
                "actionGroup": "people",
                "parameters": {"wish": "Reader said: librarian please, my card is C12", "card": "C12"},
            }
        ]
        first.kill()

    with program(team, cloud) as second:
        events = second.invoke(pending=pending_of(asked), results=DONE)
        assert (text_of(events), events[-1]) == ("Fetched.", {"finished": {"usage": None}})
        assert error_of(second.invoke(pending=pending_of(asked), results=DONE)) == "validationException"
        again = second.invoke(text="librarian please")
        assert pending_of(again) != pending_of(asked)
        assert text_of(second.invoke(pending=pending_of(again), results=DONE)) == "Fetched."
        assert text_of(second.invoke(text="renew C12")) == "Renewed until Jan 2, 2027."


def test_a_control_of_another_process_is_given_up_when_the_customer_writes_on(team: Path, cloud: Aws) -> None:
    """Nobody acted on it; what the customer writes is answered, here and in the next process."""
    with program(team, cloud) as first:
        asked = first.invoke(text="librarian please, my card is C12")
        first.kill()

    with program(team, cloud) as second:
        assert text_of(second.invoke(text="renew please")) == "Renewed until Jan 2, 2027."
        second.kill()

    with program(team, cloud) as third:
        assert error_of(third.invoke(pending=pending_of(asked), results=DONE)) == "validationException"
        assert text_of(third.invoke(text="hello")) == "Welcome to the Old Library."


def test_an_answer_is_kept_by_two_calls_and_the_first_by_three(team: Path, cloud: Aws) -> None:
    """Memory takes five a second for one session."""
    created = []
    with program(team, cloud) as running:
        for text in ("renew C12", "renew C13", "librarian please"):
            running.invoke(text=text)
            created.append(len(cloud.events()))

    assert created == [3, 5, 7]


def test_without_a_memory_sessions_live_in_the_process(team: Path) -> None:
    """Controls are answered there as well; history tells another process what was said."""
    with program(team) as first:
        asked = first.invoke(text="librarian please")
        assert text_of(first.invoke(pending=pending_of(asked), results=DONE)) == "Fetched."
        history = [{"role": "user", "text": "renew my loan"}, {"role": "assistant", "text": "Which card?"}]
        events = first.invoke("session-2", text="hello", history=history)

    assert text_of(events) == "Welcome to the Old Library."


FAILED_TOOLS: list[tuple[Any, str]] = [
    (answer({}, responseState="FAILURE"), ""),
    ({"response": {"functionResponse": {}}}, ""),
    ({"errorMessage": CANARY, "errorType": "KeyError"}, "Unhandled"),
    ([CANARY], ""),
]


def test_a_failed_tool_fails_the_answer_and_no_agent_makes_one_up(team: Path, cloud: Aws) -> None:
    """As Bedrock does; the session goes on. Neither the event nor the log has the customer's words."""
    with program(team, cloud) as running:
        for number, (cloud.tool_answer, cloud.function_error) in enumerate(FAILED_TOOLS):
            events = running.invoke(f"session-{number}", text=f"renew C12 {CANARY}")

            assert [[*event] for event in events] == [["error"]]
            assert error_of(events) == "dependencyFailedException"
            assert CANARY not in str(events)
        cloud.tool_answer, cloud.function_error = answer(RENEWED), ""
        assert text_of(running.invoke("session-0", text="renew C12")) == "Renewed until Jan 2, 2027."
        running.stop()

    for why in ("LoansTool failed", "The function of renew answered FAILURE"):
        assert f"an answer failed: dependencyFailedException: {why}" in running.logs
    assert CANARY not in running.logs


def test_a_memory_that_cannot_be_read_fails_the_answer_and_is_no_empty_session(team: Path, cloud: Aws) -> None:
    """Otherwise the customer would be asked everything again."""
    with program(team, cloud) as first:
        first.invoke(text="renew my loan")
        first.kill()
    with program(team, cloud) as second:
        cloud.failing["ListEvents"] = "ThrottledException"
        assert error_of(second.invoke(text=f"C12 {CANARY}")) == "throttlingException"
        cloud.failing.clear()
        assert text_of(second.invoke(text="C12")) == "Renewed until Jan 2, 2027."
        second.stop()

    assert "an answer failed: throttlingException: ListEvents answered ThrottledException" in second.logs
    assert CANARY not in second.logs


def test_an_answer_that_cannot_be_kept_is_given_and_kept_with_the_next_one(team: Path, cloud: Aws) -> None:
    """The customer has it already."""
    with program(team, cloud) as first:
        first.invoke(text="hello")
        cloud.failing["CreateEvent"] = "ServiceQuotaExceededException"
        assert text_of(first.invoke(text=f"renew my loan {CANARY}")) == "Which card?"
        cloud.failing.clear()
        first.invoke(text="hello")
        first.stop()
    assert CANARY not in first.logs
    assert "could not be kept" in first.logs

    with program(team, cloud) as second:
        assert text_of(second.invoke(text="C12")) == "Renewed until Jan 2, 2027."


def test_a_session_that_cannot_be_understood_goes_on_in_the_process_with_the_history(team: Path, cloud: Aws) -> None:
    """A customer is not lost because of what another version has written."""
    with program(team, cloud) as first:
        first.invoke(text="hello")
        first.kill()
    for event in cloud.events():
        event["payload"] = [{"blob": f'"{CANARY}"'}]

    history = [{"role": "user", "text": "renew my loan"}, {"role": "assistant", "text": "Which card?"}]
    with program(team, cloud) as second:
        assert text_of(second.invoke(text="C12", history=history)) == "Renewed until Jan 2, 2027."
        second.stop()

    assert CANARY not in second.logs


def test_blocked_words_are_not_kept(team: Path, cloud: Aws) -> None:
    """A guardrail of Bedrock, over its wire: neither Memory nor another process's model sees them again."""
    bedrock = AwsServer()
    bedrock.answers("POST", CONVERSE, blocked_input(), says("Hello."))
    variables = {"MODEL": "bedrock:a-model", "GUARDRAIL_ID": "g-1", "GUARDRAIL_VERSION": "3"}
    with bedrock.running():
        variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = bedrock.url
        with program(team, cloud, **variables) as first:
            events = first.invoke(text=CANARY)
            first.kill()
        with program(team, cloud, **variables) as second:
            assert text_of(second.invoke(text="hello")) == "Hello."

    assert events == [
        {"text": SENTENCE},
        {"refused": {"reason": "guardrail"}},
        {"finished": {"usage": {"inputTokens": 7, "outputTokens": 5}}},
    ]
    assert CANARY not in str(cloud.events())
    assert CANARY not in str(bedrock.asked(CONVERSE)[1].json["messages"])
    assert CANARY not in first.logs


def test_a_caller_that_hangs_up_finds_the_session_again(team: Path, cloud: Aws) -> None:
    """A bot that ran out of time asks once more; until the first answer has ended it is told so."""
    with program(team, cloud) as running:
        running.hang_up(cloud, text=f"renew C12 {CANARY}")
        assert error_of(running.invoke(text="renew C12")) == "conflictException"
        cloud.tool_may_answer.set()

        events = running.invoke(text="renew C12")
        while "error" in events[-1] and error_of(events) == "conflictException":
            events = running.invoke(text="renew C12")
        assert text_of(events) == "Renewed until Jan 2, 2027."
        running.stop()

    assert CANARY not in running.logs


def test_a_request_that_cannot_be_read_is_an_error_event(team: Path) -> None:
    """Never a hang, and the words are not repeated."""
    with program(team) as running:
        assert error_of(running.invoke(text=" ")) == "validationException"
        assert error_of(running.invoke("x" * 101, text=CANARY)) == "validationException"
        assert running.http.post("/invocations", content=f'{{"{CANARY}').status_code == 400
        running.stop()

    assert "a request was not answered: validationException: 'text' " in running.logs
    assert CANARY not in running.logs


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the whole of 127.0.0.0/8")
def test_the_code_zips_entry_point_listens_to_more_than_this_machine(team: Path, tmp_path: Path) -> None:
    """AgentCore asks from outside; everywhere else nobody else can."""
    main = tmp_path / "main.py"
    main.write_text(MAIN, "utf-8")

    with program(team, start=[str(main)], PYTHONPATH=str(ROOT)) as deployed:
        assert is_heard_at("127.0.0.2", deployed)
    with program(team) as local:
        assert not is_heard_at("127.0.0.2", local)


def test_the_code_zips_own_files_are_all_that_a_deployed_team_needs(tmp_path: Path) -> None:
    """Without the repository, the script, the demo and the tests; the dependencies are those of this Python."""
    sources = AgentSources(agents=ROOT / "agents", team=ROOT / "agents" / "store", requirements=tmp_path / "none.txt")
    sources.requirements.touch()
    package = build_agent_package(sources, tmp_path / "build", install=lambda _, target: target.mkdir())
    bedrock = AwsServer()
    bedrock.answers("POST", CONVERSE, says("Hello."))

    with bedrock.running():
        variables = {"MODEL": "bedrock:a-model", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock.url}
        with program(Path(TEAM_FOLDER), None, start=["-B", str(package / "main.py")], **variables) as deployed:
            assert text_of(deployed.invoke(text="hello")) == "Hello."

    assert {path.name for path in package.iterdir()} == {"agents", "main.py", "team"}
    assert {path.name for path in (package / "team").iterdir()} == {"instructions", "team.yaml"}


def is_heard_at(host: str, running: Program) -> bool:
    try:
        socket.create_connection((host, running.http.base_url.port or 0), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_an_edited_team_serves_the_next_session(team: Path) -> None:
    """As on the laptop: a session that has begun keeps the team it has."""
    with program(team) as running:
        running.invoke(text="hello")
        script = team / "script.en.yaml"
        script.write_text(script.read_text("utf-8").replace("Welcome to", "Come in to"), "utf-8")

        assert text_of(running.invoke(text="hello")) == "Welcome to the Old Library."
        assert text_of(running.invoke("session-2", text="hello")) == "Come in to the Old Library."
