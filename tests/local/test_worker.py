"""What a function is given while it runs, apart from processes: its clock, its context, its errors."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

from local.worker import Context, Line, StackClock, import_error_payload, marshal

ROOT = Path(__file__).resolve().parents[2]


def context(clock: StackClock, *, deadline: float) -> Context:
    return Context(
        aws_request_id="r-1",
        function_name="ChatBot",
        function_version="1",
        memory_limit_in_mb="128",
        invoked_function_arn="arn:…",
        log_group_name="/aws/lambda/ChatBot",
        log_stream_name="s",
        client_context=None,
        clock=clock,
        deadline=deadline,
    )


def test_moving_the_clock_wakes_who_sleeps_by_it() -> None:
    """A function that waits for its deadline is not waited for."""
    clock = StackClock()
    before = clock.monotonic()
    sleeping = threading.Thread(target=clock.sleep, args=(3_600,))
    sleeping.start()

    while sleeping.is_alive():
        clock.move_to(clock.monotonic() - before + 3_600)
        sleeping.join(timeout=0.01)

    assert clock.now() > 0
    assert clock.monotonic() - before >= 3_600


def test_the_remaining_time_goes_by_the_clock_and_ends_at_zero() -> None:
    """As Lambda's does."""
    clock = StackClock()
    given = context(clock, deadline=clock.now() + 180)
    early = given.get_remaining_time_in_millis()
    clock.move_to(200)

    assert 170_000 < early <= 180_000
    assert given.get_remaining_time_in_millis() == 0


def test_the_line_ends_when_the_stack_is_gone() -> None:
    """Then the worker ends too."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(theirs)
        ours.sendall(json.dumps({"clockOffset": 1}).encode() + b"\n")
        first = line.receive()
        ours.shutdown(socket.SHUT_RDWR)

        assert (first, line.receive()) == ({"clockOffset": 1}, None)
        line.close()


def test_a_syntax_error_is_named_as_the_runtime_names_it() -> None:
    """It is the commonest broken edit."""
    payload = import_error_payload("lambdas.chat_bot.handler.handler", SyntaxError("invalid syntax"))

    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    assert payload["errorMessage"] == "Syntax error in module 'lambdas.chat_bot.handler': invalid syntax"


def test_an_error_of_the_module_itself_keeps_its_name() -> None:
    """A wrong setting, for example."""
    payload = import_error_payload("json.loads", ValueError("TOPIC_ARN is missing"))

    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "TOPIC_ARN is missing")


def test_an_answer_is_told_as_json_text() -> None:
    """Nothing is null in Lambda as well."""
    assert marshal(None) == {"result": "null"}


def test_the_worker_brings_nothing_but_the_standard_library() -> None:
    """A function must not find more here than in AWS; importing pydantic would go unnoticed."""
    code = (
        "import local.worker, sys; print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    said = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(said.stdout.split()) == {"__main__", "local"}
