"""The parts together: how the stack starts, what it refuses, what an edit changes, what it leaves behind."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.given_up import GivenUp
from local.queues import BODY_LIMIT_BYTES
from local.settings import ROOT, CannotStart, StackSettings
from local.stack import SYNTHESIZING, Stack
from tests.agents.small_team import write_team
from tests.journeys.people import BOT, Customer, Place
from tests.local.processes import state_of
from tests.running_stack import RunningStack, eventually, running_stack


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "agents" / "store", tmp_path_factory.mktemp("team") / "store"))


@pytest.fixture(scope="module")
def stack(team: Path) -> Iterator[RunningStack]:
    with running_stack(StackSettings(port=0, team=team, watch=False)) as running:
        yield running


@pytest.fixture
def place(stack: RunningStack) -> Iterator[Place]:
    found = Place(stack)
    yield found
    found.close()
    stack.forget_switches()


def notices(stack: RunningStack) -> list[str]:
    entries = stack.call(lambda running: running.activity.entries())
    return [entry.facts["text"] for entry in entries if entry.kind == "notice"]


def get(url: str, **headers: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:  # noqa: S310  (loopback)
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_local_json_is_all_that_a_program_needs(stack: RunningStack) -> None:
    """Endpoint, region, ids, credentials, desk; and what the page says of the team and its model."""
    facts = json.loads(get(f"{stack.origin}/local.json")[1])

    assert facts["endpoint"] == stack.origin
    assert facts["deskUrl"] == f"{stack.origin}/desk"
    assert facts["region"] == "local"
    assert facts["model"] == {"scripted": True, "name": "scripted"}
    assert facts["team"]["name"] == "store"
    assert (facts["backend"], facts["guardrail"]) == ("agentcore-runtime", True)
    assert all(facts[name] for name in ("instanceId", "contactFlowId", "accessKeyId", "secretAccessKey"))


def test_the_functions_of_the_template_run_with_its_variables(stack: RunningStack) -> None:
    """What is deployed and what runs here are one."""
    functions = {each.name: each for each in stack.stack.workers.functions()}

    assert {"StartBot", "ChatBot", "OrdersTool", "TicketsTool"} <= set(functions)
    assert functions["StartBot"].environment["CHAT_BOT_FUNCTION"] == f"{functions['ChatBot'].arn}:live"


def test_what_a_function_s_queue_does_not_take_is_told_aloud(stack: RunningStack) -> None:
    """In AWS such an event is gone without a word; whoever tries it here shall see that."""
    chat_bot = stack.stack.workers.function("ChatBot")
    record = {"requestPayload": "x" * (BODY_LIMIT_BYTES + 1)}
    lost = GivenUp(function=chat_bot.name, destination_arn=chat_bot.on_failure_arn, record=record)

    stack.call(lambda running: [take(lost) for take in running.workers.destinations])

    assert any("an event is lost, it did not get into Failures" in notice for notice in notices(stack))
    assert stack.call(lambda running: running.queues.bodies("Failures")) == []


def test_a_host_or_origin_from_elsewhere_is_refused(stack: RunningStack) -> None:
    """A web page must not reach the chats through a name pointed at this machine."""
    port = stack.origin.rpartition(":")[2]

    assert get(f"http://127.0.0.1:{port}/local.json")[0] == 200
    assert get(f"http://localhost:{port}/local.json")[0] == 403
    assert get(f"{stack.origin}/local.json", Origin="http://elsewhere.example")[0] == 403


def test_an_unknown_operation_is_refused_and_noticed(stack: RunningStack) -> None:
    """Never an empty success."""
    status, _ = get(f"{stack.origin}/contact-flows-summary/i-1", Authorization="AWS4-HMAC-SHA256 Credential=A/b/c/d/e")

    assert status == 404
    assert any("/contact-flows-summary/i-1 is not emulated" in text for text in notices(stack))


def test_every_call_of_a_chat_s_functions_is_shown_with_its_contact(stack: RunningStack, place: Place) -> None:
    """From the first write of StartBot on."""
    customer = Customer(place)
    customer.is_greeted()
    stack.settle()

    entries = stack.call(lambda running: running.activity.entries(contact_id=customer.contact_id))
    calls = {(e.facts["function"], e.facts["operation"]) for e in entries if e.kind == "call"}
    assert {("StartBot", "CreateParticipant"), ("StartBot", "SendMessage")} <= calls


def test_an_edit_of_the_team_counts_for_the_next_chat(stack: RunningStack, place: Place, team: Path) -> None:
    """Without a restart; and one that breaks it is told in one line, and changes nothing."""
    file = team / "demo.yaml"
    written = file.read_text()
    file.write_text(written.replace("status: scheduled", "status: delivered", 1))
    before = len(notices(stack))
    Customer(place)
    edited = notices(stack)[before:]
    file.write_text("orders: 1")
    Customer(place).is_greeted()
    broken = notices(stack)[before + len(edited) :]
    file.write_text(written)

    assert edited == ["the sources changed: the next invocation runs the new ones"]
    assert any("demo.yaml, line 1" in text for text in broken)


def test_every_mistake_of_an_edit_is_told_in_the_feed_and_in_the_terminal(
    stack: RunningStack, place: Place, team: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first is often not the one to begin with; `make run` shows what is logged as a warning."""
    file = team / "team.yaml"
    written = file.read_text()
    file.write_text(written.replace("runs_in: OrdersTool", "runs_in: Nothing"))
    Customer(place)
    stack.settle()
    file.write_text(written)

    mistakes = next(text for text in notices(stack) if text.startswith(f"{file}, line ")).splitlines()
    assert "expected one of the functions below" in mistakes[0] + mistakes[1]
    assert "expected a tool that runs in 'OrdersTool'" in mistakes[0] + mistakes[1]
    assert set(mistakes) <= {each.getMessage() for each in caplog.records if each.levelname == "WARNING"}


def test_an_edit_of_the_flow_or_the_stack_counts_for_the_next_chat(stack: RunningStack, place: Place) -> None:
    """The template is read again, and what was there before (tables, chats) stays."""
    first = Customer(place)
    first.is_greeted()
    stack.stack._template_files._seen = frozenset()

    second = Customer(place)
    second.is_greeted()
    first.says("Where is my order 10020030? My ID is 12345678-9.")

    first.hears(BOT, "10020030")
    assert notices(stack)[-1] == "the template changed: the next chat runs the new one"


def test_a_synthesis_is_announced_before_somebody_waits_for_it(
    team: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start it is whoever typed the command, after an edit it may be a customer whose chat begins."""
    with running_stack(StackSettings(port=0, team=team, watch=False, build=tmp_path)) as fresh:
        assert notices(fresh)[0] == SYNTHESIZING
    with running_stack(StackSettings(port=0, team=team, watch=False, build=tmp_path)) as known:
        assert SYNTHESIZING not in notices(known)

    assert [each.getMessage() for each in caplog.records if each.levelname == "WARNING"] == [SYNTHESIZING]


def test_a_team_that_cannot_be_read_stops_the_start_with_one_line(tmp_path: Path) -> None:
    """It names the file and the line."""
    (tmp_path / "team.yaml").write_text("name: [")

    with (
        pytest.raises(CannotStart, match=r"team\.yaml, line 1") as stopped,
        running_stack(StackSettings(port=0, team=tmp_path, watch=False)),
    ):
        pass

    assert "\n" not in str(stopped.value)


def test_a_handler_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    """Otherwise every customer who needs it would reach a person, and nobody would be told why."""
    write_team(tmp_path)

    with (
        pytest.raises(CannotStart, match=r"team\.yaml, line 34: expected the file lambdas/tools/loans\.py"),
        running_stack(StackSettings(port=0, team=tmp_path, watch=False)),
    ):
        pass


def test_a_team_without_a_script_stops_the_start_of_the_scripted_model(tmp_path: Path) -> None:
    """Not in the middle of the first chat; a real model needs none."""
    write_team(tmp_path, team_yaml=("lambdas.tools.loans", "lambdas.tools.orders"))
    for script in tmp_path.glob("script*.yaml"):
        script.unlink()

    with (
        pytest.raises(CannotStart, match="'scripted', but this team brings no script"),
        running_stack(StackSettings(port=0, team=tmp_path, watch=False)),
    ):
        pass


def test_what_goes_wrong_with_a_call_is_a_switch(stack: RunningStack, place: Place) -> None:
    """The agent does not answer: the customer is told and reaches a human."""
    customer = Customer(place)
    customer.is_greeted()
    stack.call(lambda running: running.switches.fail(running.agents.operation, "AccessDeniedException", status=403))

    customer.says("Where is my order?")

    customer.hears(BOT, "person")
    assert customer.is_waiting()["attributes"]["handoff_reason"] == "agent_unavailable"


async def test_when_the_stack_ends_so_does_every_child(team: Path) -> None:
    """Workers, frozen or not, and the guard."""
    async with Stack(StackSettings(port=0, team=team, watch=False)) as stack:
        await stack.workers.warm("StartBot")
        pids = [worker._process.pid for pool in stack.workers._pools.values() for worker in pool.idle]
        guard = stack.guard._process

    assert pids
    assert guard is not None
    assert [state_of(pid) for pid in [*pids, guard.pid]] == [""] * (len(pids) + 1)


def test_two_stacks_run_side_by_side(stack: RunningStack, place: Place, team: Path) -> None:
    """Tests beside a stack in use; tables, chats and clocks are apart."""
    with running_stack(StackSettings(port=0, team=team, watch=False)) as other:
        other.advance(3_600)
        Customer(place).is_greeted()

        assert other.call(lambda running: running.chats.contacts()) == []
        assert eventually(lambda: other.call(lambda running: running.clock.offset_seconds)) == 3_600
        assert stack.call(lambda running: running.clock.offset_seconds) == 0
