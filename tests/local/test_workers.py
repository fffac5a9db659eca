"""Functions run as Lambda runs them: apart, one event at a time, frozen between events, tried again, ended in time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.execution_environment import PAYLOAD_LIMIT_BYTES
from local.guard import Guard
from local.intrinsics import arn
from local.workers import FunctionError, GivenUp, UnknownFunction
from tests.local.benches import bench, function
from tests.local.processes import state_of, until


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as standing:
        yield standing


async def test_a_function_answers_by_name_by_arn_and_by_alias(tmp_path: Path, guard: Guard) -> None:
    """The flow calls the alias's ARN, a tool call the name; both mean the same function."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        answers = [
            await b.workers.invoke(name, {"ñ": [1, None]})
            for name in ("echo", arn("lambda", "function:echo"), arn("lambda", "function:echo:live"))
        ]

    assert answers == [{"ñ": [1, None]}] * 3


async def test_a_function_or_alias_that_the_template_does_not_hold_is_refused(tmp_path: Path, guard: Guard) -> None:
    """A misspelt alias must fail here as it would in AWS."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        with pytest.raises(UnknownFunction, match="nobody"):
            await b.workers.invoke("nobody", {})
        with pytest.raises(UnknownFunction, match="echo:beta"):
            await b.workers.invoke("echo:beta", {})


async def test_a_worker_sees_the_template_s_variables_and_the_way_home_but_not_the_user_s(
    tmp_path: Path, guard: Guard
) -> None:
    """A function must not work here because of something in the developer's shell, least of all real credentials."""
    async with bench(function("environment"), logs=tmp_path, guard=guard) as b:
        seen = await b.workers.invoke("environment", {})

    assert seen["LANGUAGE"] == "es"
    assert seen["HANDOFF_POLICY"] == "policy.json"
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "local"
    assert seen["AWS_CONFIG_FILE"] == seen["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not set(seen) & {"AWS_PROFILE", "AWS_SESSION_TOKEN", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "HTTP_PROXY"}


async def test_the_context_is_lambda_s_with_the_stack_s_clock(tmp_path: Path, guard: Guard) -> None:
    """Powertools and the bot read it; a test that moved the clock moved the function's too."""
    async with bench(function("context"), logs=tmp_path, guard=guard) as b:
        b.clock.advance(1_000)
        seen = await b.workers.invoke(arn("lambda", "function:context:live"), {}, client_context={"custom": {}})
        now = b.clock.now()

    assert seen["aws_request_id"] == "request-1"
    assert seen["function_name"] == "context"
    assert seen["invoked_function_arn"] == arn("lambda", "function:context:live")
    assert seen["memory_limit_in_mb"] == "256"
    assert seen["client_context"] == {"custom": {}}
    assert 5_000 < seen["remaining"] <= 10_000
    assert abs(seen["now"] - now) < 5


async def test_an_idle_worker_is_used_again(tmp_path: Path, guard: Guard) -> None:
    """Warm starts are what customers meet; module state must survive as it does in Lambda."""
    async with bench(function("who_am_i"), logs=tmp_path, guard=guard) as b:
        first, second = [await b.workers.invoke("who_am_i", {}) for _ in range(2)]

    assert first == second


async def test_an_idle_worker_is_frozen(tmp_path: Path, guard: Guard) -> None:
    """What a handler left running must stand still, as in Lambda; otherwise it would work here and fail there."""
    async with bench(function("who_am_i"), logs=tmp_path, guard=guard) as b:
        pid = await b.workers.invoke("who_am_i", {})

        await until(lambda: state_of(pid) == "T")


async def test_events_at_the_same_time_run_in_processes_of_their_own(tmp_path: Path, guard: Guard) -> None:
    """One worker for all would hide every race."""
    (tmp_path / "met").mkdir()
    event = {"folder": str(tmp_path / "met"), "others": 2}
    async with bench(function("meet"), logs=tmp_path, guard=guard) as b:
        pids = await asyncio.gather(b.workers.invoke("meet", event), b.workers.invoke("meet", event))

    assert len(set(pids)) == 2


async def test_beyond_the_pool_events_wait(tmp_path: Path, guard: Guard) -> None:
    """Lambda throttles; it does not lose."""
    async with bench(function("who_am_i"), logs=tmp_path, guard=guard, pool_size=1) as b:
        pids = await asyncio.gather(*(b.workers.invoke("who_am_i", {}) for _ in range(3)))

    assert len(set(pids)) == 1
    assert b.phases() == ["started", "finished"] * 3


async def test_what_a_function_raises_comes_back_as_lambda_says_it(tmp_path: Path, guard: Guard) -> None:
    """Callers read errorType and errorMessage; the trace names the function's own lines only."""
    async with bench(function("refuse"), logs=tmp_path, guard=guard) as b:
        with pytest.raises(FunctionError) as raised:
            await b.workers.invoke("refuse", {})

    payload = raised.value.payload
    assert (payload["errorType"], payload["errorMessage"]) == ("KeyError", "'no such thing'")
    assert "functions.py" in payload["stackTrace"][0]
    assert "worker.py" not in "".join(payload["stackTrace"])


async def test_a_function_that_raised_keeps_its_worker(tmp_path: Path, guard: Guard) -> None:
    """An exception ends the event, not the environment."""
    async with bench(function("refuse"), logs=tmp_path, guard=guard, pool_size=1) as b:
        for _ in range(2):
            with pytest.raises(FunctionError):
                await b.workers.invoke("refuse", {})

    assert (tmp_path / "refuse.log").read_text().count("no such thing") >= 2


async def test_an_answer_that_is_not_json_is_an_error(tmp_path: Path, guard: Guard) -> None:
    """The runtime says so; the worker lives on."""
    async with bench(function("give_a_set"), logs=tmp_path, guard=guard) as b:
        with pytest.raises(FunctionError, match=r"Runtime\.MarshalError: Unable to marshal response"):
            await b.workers.invoke("give_a_set", {})


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (
            "tests.local.no_module.handler",
            r"Runtime\.ImportModuleError: Unable to import module 'tests\.local\.no_module'",
        ),
        ("tests.local.functions.nothing", r"Runtime\.HandlerNotFound: Handler 'nothing' missing"),
    ],
)
async def test_a_module_that_cannot_be_imported_is_said_at_once(
    handler: str, error: str, tmp_path: Path, guard: Guard
) -> None:
    """A broken edit must show in the first invocation, not in a timeout."""
    async with bench(function("echo", handler=handler), logs=tmp_path, guard=guard) as b:
        with pytest.raises(FunctionError, match=error):
            await b.workers.invoke("echo", {})


async def test_a_crash_is_seen_at_once_and_the_next_event_gets_a_fresh_worker(tmp_path: Path, guard: Guard) -> None:
    """`os._exit` or a segfault answers nothing; waiting for the timeout would hide it."""
    async with bench(function("die"), logs=tmp_path, guard=guard) as b:
        for _ in range(2):
            with pytest.raises(FunctionError, match=r"Runtime\.ExitError: .* exit status 3"):
                await b.workers.invoke("die", {})


async def test_a_worker_is_killed_by_the_key_it_signs_with(tmp_path: Path, guard: Guard) -> None:
    """So that a single call can be the last thing it does; its event fails as if the machine had."""
    async with bench(function("hang"), logs=tmp_path, guard=guard) as b:
        running = asyncio.ensure_future(b.workers.invoke("hang", {}))
        await until(lambda: bool(b.workers._running))
        [key] = b.workers._running
        hit = [b.workers.crash_caller("NOBODY"), b.workers.crash_caller(key)]
        with pytest.raises(FunctionError, match=r"Runtime\.ExitError: .* SIGKILL"):
            await running

    assert hit == [False, True]


async def test_a_worker_killed_while_idle_is_not_used(tmp_path: Path, guard: Guard) -> None:
    """Lambda takes environments away whenever it likes."""
    async with bench(function("who_am_i"), logs=tmp_path, guard=guard) as b:
        first = await b.workers.invoke("who_am_i", {})
        os.kill(first, signal.SIGKILL)
        [idle] = b.workers._pools["who_am_i"].idle
        await until(lambda: not idle.is_alive)
        second = await b.workers.invoke("who_am_i", {})

    assert second != first


async def test_at_its_timeout_a_function_is_killed(tmp_path: Path, guard: Guard) -> None:
    """The timeout is the stack's clock's, so that a test need not wait for it."""
    async with bench(function("hang"), logs=tmp_path, guard=guard) as b:
        running = asyncio.ensure_future(b.workers.invoke("hang", {}))
        await b.phase("started")
        await until(lambda: b.workers.invocation_of("WORKER00000000000001") is not None)
        b.clock.advance(10)

        with pytest.raises(FunctionError, match=r"Sandbox\.Timedout: .*Task timed out after 10\.00 seconds"):
            await running


async def test_a_running_function_s_clock_moves_with_the_stack_s(tmp_path: Path, guard: Guard) -> None:
    """A turn that waits for its deadline is tested by moving the clock while it waits."""
    async with bench(function("nap", timeout_seconds=900.0), logs=tmp_path, guard=guard) as b:
        running = asyncio.ensure_future(b.workers.invoke("nap", {"until": b.clock.now() + 600}))
        await until(lambda: b.workers.invocation_of("WORKER00000000000001") is not None)
        b.clock.advance(601)

        assert await running == "slept"


async def test_what_a_function_prints_goes_to_its_log_and_not_into_its_answer(tmp_path: Path, guard: Guard) -> None:
    """Metrics are printed; the stack's own protocol must not share that channel."""
    async with bench(function("talk"), logs=tmp_path, guard=guard) as b:
        answer = await b.workers.invoke("talk", {"result": 1})

    assert answer == "said"
    assert (tmp_path / "talk.log").read_text() == "{'result': 1}\n"


async def test_a_caller_that_goes_away_does_not_end_the_function(tmp_path: Path, guard: Guard) -> None:
    """Connect stops waiting after 8 s; Lambda goes on, and the record must survive that."""
    async with bench(function("nap"), logs=tmp_path, guard=guard) as b:
        running = asyncio.ensure_future(b.workers.invoke("nap", {"until": b.clock.now() + 0.05}))
        await b.phase("started")
        running.cancel()
        await b.workers.settle()

    assert b.phases() == ["started", "finished"]


async def test_a_call_is_traced_to_its_invocation_by_the_key_that_signed_it(tmp_path: Path, guard: Guard) -> None:
    """Only so can the page say which function of which chat made a call."""
    async with bench(function("nap", timeout_seconds=900.0), logs=tmp_path, guard=guard) as b:
        event = {"sessionAttributes": {"contact_id": "c-1"}, "until": b.clock.now() + 600}
        running = asyncio.ensure_future(b.workers.invoke("nap", event))
        await until(lambda: b.workers.invocation_of("WORKER00000000000001") is not None)
        found = b.workers.invocation_of("WORKER00000000000001")
        b.clock.advance(600)
        await running

        assert found is not None
        assert (found.function.name, found.contact_id) == ("nap", "c-1")
        assert b.workers.invocation_of("WORKER00000000000001") is None


async def test_an_event_is_tried_again_after_one_and_then_two_minutes_and_then_kept(
    tmp_path: Path, guard: Guard
) -> None:
    """Lambda's asynchronous invoke, with the record it sends to the on-failure destination."""
    taken: list[GivenUp] = []
    async with bench(function("refuse"), logs=tmp_path, guard=guard) as b:
        b.workers.destinations.append(taken.append)
        b.workers.invoke_later("refuse", {"Records": []})
        await b.workers.settle()
        b.clock.advance(59)
        await asyncio.sleep(0)
        early = b.phases().count("started")
        b.clock.advance(1)
        await b.phase("failed", times=2)
        await b.workers.settle()
        b.clock.advance(120)
        await b.phase("given_up")

    assert early == 1
    assert b.phases().count("started") == 3
    [given_up] = b.workers.given_up
    assert taken == [given_up]
    assert given_up.destination_arn == arn("sqs", "unanswered")
    assert given_up.record["requestPayload"] == {"Records": []}
    assert given_up.record["requestContext"]["condition"] == "RetriesExhausted"
    assert given_up.record["requestContext"]["approximateInvokeCount"] == 3
    assert given_up.record["responsePayload"]["errorType"] == "KeyError"


async def test_an_event_older_than_its_limit_is_not_tried_again(tmp_path: Path, guard: Guard) -> None:
    """A message nobody would answer any more must not come back."""
    async with bench(function("refuse", maximum_event_age_seconds=100.0), logs=tmp_path, guard=guard) as b:
        b.workers.invoke_later("refuse", {})
        await b.workers.settle()
        b.clock.advance(60)
        await b.phase("given_up")

    assert b.phases().count("started") == 2
    assert b.workers.given_up[0].record["requestContext"]["condition"] == "EventAgeExceeded"


async def test_a_retry_has_the_request_id_of_the_first_try(tmp_path: Path, guard: Guard) -> None:
    """That is why the owner of a lease is never the request id."""
    (tmp_path / "met").mkdir()
    async with bench(function("meet", timeout_seconds=3.0), logs=tmp_path, guard=guard) as b:
        b.workers.invoke_later("meet", {"folder": str(tmp_path / "met"), "others": 9})
        await until(lambda: len(os.listdir(tmp_path / "met")) == 1)
        b.clock.advance(3)
        await b.workers.settle()
        b.clock.advance(60)
        await b.phase("started", times=2)

    assert os.listdir(tmp_path / "met") == ["request-1"]


async def test_after_a_change_the_next_event_gets_a_fresh_worker(tmp_path: Path, guard: Guard) -> None:
    """An edited sentence or function must be there in the next chat, without a restart."""
    async with bench(function("who_am_i"), logs=tmp_path, guard=guard) as b:
        before = await b.workers.invoke("who_am_i", {})
        b.workers.renew()
        after = await b.workers.invoke("who_am_i", {})

    assert before != after


async def test_an_event_whose_process_cannot_be_started_is_tried_again(tmp_path: Path, guard: Guard) -> None:
    """A machine out of processes, files or disk for a moment must not lose what a customer wrote."""
    (tmp_path / "logs").write_text("in the way of the folder")
    async with bench(function("echo"), logs=tmp_path / "logs", guard=guard) as b:
        b.workers.invoke_later("echo", {})
        await b.workers.settle()
        (tmp_path / "logs").unlink()
        b.clock.advance(60)
        await b.phase("finished")

    assert b.phases() == ["started", "failed", "retrying", "started", "finished"]
    assert b.workers.given_up == []


async def test_an_answer_too_long_for_the_line_is_an_error_and_ends_its_worker(tmp_path: Path, guard: Guard) -> None:
    """What is left in the line would be taken for the answer to the next event."""
    async with bench(function("babble"), logs=tmp_path, guard=guard) as b:
        with pytest.raises(FunctionError, match=r"Sandbox\.Fault: ValueError: "):
            await b.workers.invoke("babble", {"length": 2 * PAYLOAD_LIMIT_BYTES + 1})

        assert await b.workers.invoke("babble", {"length": 1}) == "x"


async def test_an_invocation_that_breaks_otherwise_is_logged(
    tmp_path: Path, guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that JSON cannot hold is a mistake of the stack itself; in the background nobody else would tell."""
    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        b.workers.invoke_later("echo", {"a": {1}})
        await b.workers.settle()

    assert "an invocation broke" in caplog.text
    assert "set is not JSON serializable" in caplog.text


async def test_a_log_has_the_outermost_error_only(tmp_path: Path, guard: Guard) -> None:
    """As Lambda's; what AWS said and the code took care not to repeat would stand there otherwise."""
    async with bench(function("quote"), logs=tmp_path, guard=guard) as b:
        with pytest.raises(FunctionError):
            await b.workers.invoke("quote", {})

    log = (tmp_path / "quote.log").read_text()
    assert "RuntimeError: the chat refused" in log
    assert "in quote" in log
    assert "said by AWS" not in log


async def test_a_warmed_function_has_its_worker_before_the_first_event(tmp_path: Path, guard: Guard) -> None:
    """The first customer should not pay for the imports."""
    async with bench(function("sign"), logs=tmp_path, guard=guard) as b:
        await b.workers.warm("sign")

        assert await b.workers.invoke("sign", {}) == "WORKER00000000000001"


async def test_as_many_workers_as_asked_for_wait_for_events(tmp_path: Path, guard: Guard) -> None:
    """What is measured under load is what they do, not how long they take to start."""
    async with bench(function("sign"), logs=tmp_path, guard=guard) as b:
        await b.workers.warm("sign", idle=2)
        signed = await asyncio.gather(*(b.workers.invoke("sign", {}) for _ in range(2)))

    assert sorted(signed) == ["WORKER00000000000001", "WORKER00000000000002"]


async def test_closing_leaves_no_process_behind(tmp_path: Path, guard: Guard) -> None:
    """Ctrl-C ends every child, frozen or running."""
    async with bench(function("who_am_i"), function("hang"), logs=tmp_path, guard=guard) as b:
        frozen = await b.workers.invoke("who_am_i", {})
        b.workers.invoke_later("hang", {})
        await b.phase("started", times=2)

    with pytest.raises(ProcessLookupError):
        os.kill(frozen, 0)


async def test_nothing_is_settled_while_work_that_belongs_to_an_event_goes_on(tmp_path: Path, guard: Guard) -> None:
    """A test that waits for calm must not look between an event's failure and its rescue."""
    go_on = asyncio.Event()

    async def work() -> None:
        await go_on.wait()

    async with bench(function("echo"), logs=tmp_path, guard=guard) as b:
        b.workers.track(work())
        settling = asyncio.ensure_future(b.workers.settle())
        await asyncio.sleep(0)
        before = settling.done()
        go_on.set()
        await settling

    assert not before
