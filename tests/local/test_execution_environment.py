"""The environment variables of a worker; how it runs and ends is told in `test_workers`."""

from __future__ import annotations

from pathlib import Path

from local.execution_environment import FunctionError, variables_of
from tests.local.benches import function


def variables(**changes: str) -> dict[str, str]:
    return variables_of(
        function("ChatBot", environment=changes),
        root=Path("/project"),
        origin="http://127.0.0.1:8080",
        access_key="WORKER1",
        extra={"HANDOFF_POLICY": "/policy.json"},
    )


def test_a_worker_has_lambda_s_own_variables() -> None:
    """Powertools and boto3 read them."""
    given = variables()

    assert given["_HANDLER"] == "tests.local.functions.ChatBot"
    assert given["AWS_LAMBDA_FUNCTION_NAME"] == "ChatBot"
    assert given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert given["LAMBDA_TASK_ROOT"] == given["PYTHONPATH"] == "/project"
    assert given["AWS_ACCESS_KEY_ID"] == "WORKER1"


def test_the_template_s_variables_come_before_lambda_s_and_the_stack_s_before_both() -> None:
    """A template may choose its log level; nobody but the stack says where the policy is."""
    given = variables(TZ=":Europe/Madrid", HANDOFF_POLICY="from the template")

    assert given["TZ"] == ":Europe/Madrid"
    assert given["HANDOFF_POLICY"] == "/policy.json"


def test_an_error_reads_as_one_line() -> None:
    """The page shows it so."""
    error = FunctionError({"errorType": "KeyError", "errorMessage": "'x'", "stackTrace": ["…"]})

    assert str(error) == "KeyError: 'x'"
