"""What is logged holds no words of a customer, whoever logs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CANARY = "zanahoria"
BEGIN = f"""
import logging, sys, threading, warnings
from agents.runtime import log
log.configure()
words = "{CANARY}"
"""


def logged(code: str) -> list[dict[str, str]]:
    """What a process of its own has written."""
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=True)
    assert CANARY not in done.stdout + done.stderr
    return [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]


@pytest.mark.parametrize(
    "code",
    [
        "logging.getLogger('strands.event_loop').warning('said <%s>', words)",
        "logging.getLogger('botocore').error(words)",
        "logging.getLogger('bedrock_agentcore.app').error(words)",
        "logging.getLogger('asyncio').exception('x', exc_info=ValueError(words))",
        "warnings.warn(words)",
        "threading.Thread(target=lambda: {}[words]).start()",
        "type('T', (), {'__del__': lambda self: {}[words]})()",
    ],
)
def test_nobody_elses_words_are_written(code: str) -> None:
    """The place, and the kind of an error."""
    (line,) = logged(code)

    assert line["level"] in {"WARNING", "ERROR"}


def test_our_own_words_are_written_and_an_error_is_named() -> None:
    """An error's words may be anybody's."""
    (line,) = logged(
        "try: raise KeyError(words)\nexcept KeyError: logging.getLogger('agents.runtime.app').exception('it failed')"
    )

    assert (line["message"], line["error"]) == ("it failed", "KeyError")


def test_a_port_that_is_taken_is_said() -> None:
    """The only thing that uvicorn has to tell whoever starts the program."""
    (line,) = logged("logging.getLogger('uvicorn.error').error('address already in use')")

    assert line["message"] == "address already in use"


def test_what_the_libraries_tell_in_passing_is_not_written() -> None:
    """At INFO, the SDK and Strands tell of every request."""
    assert logged("for name in ('strands', 'bedrock_agentcore.app'): logging.getLogger(name).info(words)") == []
