"""`make replay`: what the operator sees, and what AWS is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cdk.replay import main
from tests.lambdas.aws_server import AwsServer, Reply, answer, refusal

FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:RescueBot:live"
INVOKED = "/2015-03-31/functions/.*/invocations"
NOTHING = {
    "dry_run": False,
    "read": 0,
    "handed_over": 0,
    "ended": 0,
    "with_a_person": 0,
    "unknown": 0,
    "unreadable": 0,
    "failed": 0,
    "more": False,
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with AwsServer().running() as server:
        server.answers("POST", "/", stack(f"<member><OutputKey>RescueBotArn</OutputKey>{value(FUNCTION)}</member>"))
        yield server


def value(text: str) -> str:
    return f"<OutputValue>{text}</OutputValue>"


def stack(outputs: str) -> Reply:
    """What CloudFormation's query protocol answers."""
    described = f"""<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
      <DescribeStacksResult><Stacks><member><StackName>Handoff</StackName><CreationTime>2026-11-20T10:00:00Z</CreationTime>
      <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>
      <member><OutputKey>FlowName</OutputKey>{value("Handoff inbound chat")}</member>{outputs}
      </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
    return Reply(body=described.encode(), headers={"content-type": "text/xml"})


def replays(server: AwsServer, *counts: dict[str, Any]) -> None:
    server.answers("POST", INVOKED, *(answer(**{**NOTHING, **each}) for each in counts))


def run(server: AwsServer, *arguments: str) -> int:
    return main([*arguments, "--endpoint", server.url])


def asked(server: AwsServer) -> list[Any]:
    return [request.json["replay"] for request in server.asked(INVOKED)]


def test_a_laptop_stack_sees_nothing_of_the_operators_account(aws: AwsServer) -> None:
    """Neither an access key nor a Region is needed for it, and none is sent."""
    replays(aws, {})

    run(aws)

    signed = [request.headers["authorization"] for path in ("/", INVOKED) for request in aws.asked(path)]
    assert all("Credential=local/" in each and "/local/" in each for each in signed)


def test_the_function_is_found_by_the_stacks_output(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """No name has to be known but the stack's."""
    replays(aws, {})

    assert run(aws, "--stack", "Trial") == 0

    assert b"StackName=Trial" in aws.asked("/")[0].body
    (request,) = aws.asked(INVOKED)
    assert FUNCTION.replace(":", "%3A") in request.path.replace(":", "%3A")
    assert capsys.readouterr().out == "handoff: nothing is waiting.\n"


def test_what_was_done_is_told_in_plain_words(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    replays(aws, {"read": 5, "handed_over": 1, "ended": 1, "with_a_person": 1, "unknown": 1, "unreadable": 1})

    assert run(aws) == 0

    assert capsys.readouterr().out.splitlines() == [
        "handoff: looked at 5 events.",
        "handoff:       1  handed to ChatBot once more",
        "handoff:       1  deleted, because a person has the chat",
        "handoff:       1  deleted, because the chat is over",
        "handoff:       1  deleted, because the chat is not known (any more)",
        "handoff:       1  not readable: left in the queue, for you to look at",
    ]


def test_a_dry_run_tells_what_would_be_deleted(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """The event holds what a customer wrote; nobody should be surprised that it is gone."""
    replays(aws, {"read": 2, "ended": 1, "with_a_person": 1, "dry_run": True})

    assert run(aws, "--dry-run") == 0

    assert capsys.readouterr().out.splitlines()[1:] == [
        "handoff:       1  to be deleted, because a person has the chat",
        "handoff:       1  to be deleted, because the chat is over",
    ]


def test_an_endpoint_that_is_no_address_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, not in a traceback."""
    assert main(["--endpoint", "foo"]) == 1

    assert "http://127.0.0.1:8080" in capsys.readouterr().err


def test_it_goes_on_until_nothing_more_is_found(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """One call has the function's few seconds; what stays is met by each call and counts once."""
    replays(
        aws,
        {"read": 41, "handed_over": 40, "unreadable": 1, "more": True},
        {"read": 31, "ended": 30, "unreadable": 1},
    )

    assert run(aws, "--limit", "100") == 0

    assert asked(aws) == [{"dry_run": False, "limit": 100}, {"dry_run": False, "limit": 60}]
    assert capsys.readouterr().out.splitlines()[:2] == [
        "handoff: looked at 71 events.",
        "handoff:      40  handed to ChatBot once more",
    ]


@pytest.mark.parametrize(
    "counts",
    [{"read": 3, "failed": 3, "more": True}, {"read": 2, "unreadable": 2, "more": True}, {"more": True}],
    ids=["only failures", "nothing readable", "no time for any"],
)
def test_a_call_that_settles_nothing_is_not_repeated(aws: AwsServer, counts: dict[str, Any]) -> None:
    """It would never end."""
    replays(aws, counts)

    run(aws)

    assert len(asked(aws)) == 1


def test_the_limit_ends_it(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    replays(aws, {"read": 10, "unknown": 10, "more": True})

    assert run(aws, "--limit", "10") == 0

    assert len(asked(aws)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "handoff: there may be more: run it again."


def test_a_dry_run_is_one_call_and_says_that_it_was_one(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    replays(aws, {"dry_run": True, "read": 1, "handed_over": 1, "more": True})

    assert run(aws, "--dry-run") == 0

    assert asked(aws) == [{"dry_run": True, "limit": 1000}]
    assert capsys.readouterr().out.splitlines()[:2] == [
        "handoff: looked at one event (a dry run: nothing was changed).",
        "handoff:       1  to be handed to ChatBot once more",
    ]


def test_what_could_not_be_done_is_a_failure(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """So that a script notices."""
    replays(aws, {"read": 1, "failed": 1})

    assert run(aws) == 1
    assert "not done: left in the queue; RescueBot's log says why" in capsys.readouterr().out


def test_an_error_of_the_function_is_told_in_one_line(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    error = {"errorType": "QueueUnavailable", "errorMessage": "a queue is unavailable: AccessDenied"}
    aws.answers(
        "POST",
        INVOKED,
        Reply(body=json.dumps(error).encode(), headers={"X-Amz-Function-Error": "Unhandled"}),
    )

    assert run(aws) == 1
    assert capsys.readouterr().err == (
        "handoff: RescueBot failed: a queue is unavailable: AccessDenied. "
        "What it had not finished is still in the queues.\n"
    )


def test_a_stack_without_the_output_is_told_in_one_line(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answers("POST", "/", stack(""))

    assert run(aws) == 1
    assert "the stack 'Handoff' has no output RescueBotArn" in capsys.readouterr().err


def test_a_stack_that_is_not_there_is_told_in_one_line(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    body = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
      <Code>ValidationError</Code><Message>Stack with id Handoff does not exist</Message></Error></ErrorResponse>"""
    aws.answers("POST", "/", Reply(status=400, body=body.encode()))

    assert run(aws) == 1
    assert capsys.readouterr().err == (
        "handoff: DescribeStacks: ValidationError: Stack with id Handoff does not exist"
        " (another stack's name is STACK=…)\n"
    )


def test_a_call_that_is_not_allowed_is_told_in_one_line(aws: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answers("POST", INVOKED, refusal("AccessDeniedException", "not authorized to perform it", status=403))

    assert run(aws) == 1
    assert capsys.readouterr().err == "handoff: Invoke: AccessDeniedException: not authorized to perform it\n"


def test_without_a_region_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert main([]) == 1
    assert "are AWS credentials and a Region set?" in capsys.readouterr().err


def test_where_no_laptop_stack_runs_it_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--endpoint", "http://127.0.0.1:9"]) == 1

    assert "is make run running there?" in capsys.readouterr().err


def test_the_usage_is_what_can_be_typed_after_make(capsys: pytest.CaptureFixture[str]) -> None:
    """`make replay --dry-run` would be make's own option, and nothing would be told of the mistake."""
    with pytest.raises(SystemExit):
        main(["--help"])

    usage = capsys.readouterr().out.splitlines()[0]
    assert usage == 'usage: make replay [STACK=…] [ENDPOINT=…] [ARGS="--dry-run --limit …"]'


@pytest.mark.parametrize("limit", ["0", "1001", "-3", "many"])
def test_a_limit_that_cannot_be_right_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--limit", limit])

    assert "must be a whole number from 1 to 1000" in capsys.readouterr().err
