"""One setting chooses the model; a model on OpenAI's wire holds the team's conversations, and failures are plain."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from strands.models.bedrock import BedrockModel
from strands.types.exceptions import ContextWindowOverflowException

from agents.bounds import MOST_MODEL_CALLS, MOST_TOOL_USES
from agents.conversation import Answer, Controls, Text, ToolCall, TooManySteps
from agents.models import Guardrail, ModelFailed, ModelSpec, UnusableModel, make_model, parse_model, variables_for
from agents.script import load_script
from agents.scripted import ScriptedModel
from agents.strands_team import build_team
from agents.team import load_team
from tests.agents.small_team import write_team
from tests.openai_wire import Answer as WireAnswer
from tests.openai_wire import Break, OpenAIWire, Raw, Refuse, Say, Use, openai_wire, thinks_with

ROOT = Path(__file__).parents[2]
STORE = ROOT / "agents" / "store"
SECRET = "sk-secret"


# The setting


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("scripted", ModelSpec(kind="scripted")),
        ("bedrock:amazon.nova-pro-v1:0", ModelSpec(kind="bedrock", model="amazon.nova-pro-v1:0")),
        ("openai:gpt-5", ModelSpec(kind="openai", model="gpt-5")),
        ("openai:a/b@c@https://x.test/v2/", ModelSpec(kind="openai", model="a/b@c", url="https://x.test/v2")),
        ("ollama:qwen3:8b", ModelSpec(kind="ollama", model="qwen3:8b")),
        ("ollama:qwen3@http://box:11434", ModelSpec(kind="ollama", model="qwen3", url="http://box:11434/v1")),
        ("ollama:qwen3@http://[::1]:1/api", ModelSpec(kind="ollama", model="qwen3", url="http://[::1]:1/api")),
    ],
)
def test_the_setting_names_provider_model_and_address(text: str, spec: ModelSpec) -> None:
    """Model names hold colons, slashes and at-signs of their own."""
    assert parse_model(text) == spec


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "MODEL begins with ''"),
        ("gpt-5", "MODEL begins with 'gpt-5'"),
        ("Scripted", "MODEL begins with 'Scripted'"),
        ("openai:", "MODEL names no model of openai"),
        ("bedrock: ", "MODEL names no model of bedrock"),
        ("openai:@http://x.test", "MODEL names no model of openai"),
        ("openai:http://x.test/v1", "expected openai:<model>@<base url>"),
        ("ollama:qwen3@http://", "has an address without a host"),
        ("ollama:qwen3@http://box:port", "has an address without a host"),
        (f"openai:gpt@https://me:{SECRET}@x.test/v1", "the key goes to OPENAI_API_KEY"),
        (f"openai:gpt@https://x.test/v1?key={SECRET}", "the key goes to OPENAI_API_KEY"),
    ],
)
def test_a_setting_that_names_nothing_is_told_in_one_line(text: str, told: str) -> None:
    """What was given and what is possible, but never a key that stood in it."""
    with pytest.raises(UnusableModel) as refused:
        parse_model(text)

    assert told in str(refused.value)
    assert "expected" in str(refused.value) or "goes to" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_the_name_that_people_see_has_no_address() -> None:
    """It stands on the page, in reports and in the activity."""
    assert parse_model("openai:gpt-5@https://secret-place.test/v1").name == "openai:gpt-5"
    assert parse_model("scripted").name == "scripted"


def test_a_missing_key_matters_at_openai_only() -> None:
    """Endpoints of one's own need none."""
    with pytest.raises(UnusableModel, match="OPENAI_API_KEY is not set"):
        make_model("openai:gpt-5", None, environment={})

    make_model("openai:gpt-5", None, environment={"OPENAI_API_KEY": SECRET})
    make_model("openai:gpt-5", None, environment={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    make_model("openai:gpt-5@http://127.0.0.1:1/v1", None, environment={})
    make_model("ollama:qwen3", None, environment={})


def test_the_scripted_model_needs_its_script(tmp_path: Path) -> None:
    """A team may come without one; then it needs a model that thinks."""
    script = load_script(write_team(tmp_path))

    assert isinstance(make_model("scripted", script, environment={}), ScriptedModel)
    with pytest.raises(UnusableModel, match="brings no script"):
        make_model("scripted", None, environment={})


def test_the_scripted_model_loads_no_other_client() -> None:
    """It is the default, and each client takes a second and megabytes."""
    program = (
        "import sys; from pathlib import Path; from agents.models import make_model, parse_model\n"
        "assert 'strands' not in sys.modules\n"
        "from agents.script import load_script\n"
        f"make_model('scripted', load_script(Path({str(STORE)!r})), environment={{}})\n"
        "print([name for name in ('openai', 'strands.models.openai', 'httpx2') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


# Bedrock

AWS = {"AWS_REGION": "eu-central-1", "MODEL_AWS_ACCESS_KEY_ID": "AKIDMODEL", "MODEL_AWS_SECRET_ACCESS_KEY": SECRET}


def bedrock(guardrail: Guardrail | None = None, **environment: str) -> BedrockModel:
    model = make_model("bedrock:amazon.nova-pro-v1:0", None, guardrail=guardrail, environment={**AWS, **environment})
    assert isinstance(model, BedrockModel)
    return model


def test_a_bedrock_model_streams_through_the_guardrail_it_was_given() -> None:
    """Without one, none is named."""
    guarded = bedrock(Guardrail(id="gr-1", version="3")).get_config()
    free = bedrock().get_config()

    assert (guarded["guardrail_id"], guarded["guardrail_version"], guarded["streaming"]) == ("gr-1", "3", True)
    assert "guardrail_id" not in free


def test_a_bedrock_model_is_asked_once_and_not_for_longer_than_a_turn() -> None:
    """Whoever asks has a deadline of 120 s and decides whether to ask again."""
    meta: Any = bedrock().client.meta  # botocore's stubs know less of it than is there

    assert meta.config.retries["total_max_attempts"] == 1
    assert meta.config.connect_timeout + meta.config.read_timeout < 120
    assert meta.region_name == "eu-central-1"


def test_a_process_with_other_aws_variables_calls_bedrock_with_the_models_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a laptop the process's own variables lead to the emulated services."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "WORKER")

    client: Any = bedrock(MODEL_AWS_REGION="eu-west-3").client

    assert client.meta.endpoint_url == "https://bedrock-runtime.eu-west-3.amazonaws.com"
    assert client._request_signer._credentials.access_key == "AKIDMODEL"


def test_what_such_a_process_needs_is_handed_to_it() -> None:
    """The key of the chosen provider and nothing else."""
    everything = {**AWS, "OPENAI_API_KEY": SECRET, "HOME": "/x"}

    assert variables_for("scripted", everything) == {}
    assert variables_for("ollama:qwen3", everything) == {}
    assert variables_for("openai:gpt-5", everything) == {"OPENAI_API_KEY": SECRET}
    assert variables_for("bedrock:amazon.nova-pro-v1:0", everything) == {
        "MODEL_AWS_ACCESS_KEY_ID": "AKIDMODEL",
        "MODEL_AWS_SECRET_ACCESS_KEY": SECRET,
        "MODEL_AWS_REGION": "eu-central-1",
    }


def test_bedrock_without_a_region_or_credentials_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither has a default here."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(UnusableModel, match="set AWS_REGION"):
        make_model("bedrock:amazon.nova-pro-v1:0", None, environment={})
    with pytest.raises(UnusableModel, match="no AWS credentials"):
        variables_for("bedrock:amazon.nova-pro-v1:0", {"AWS_REGION": "eu-central-1"})


# The team on OpenAI's wire


RESULTS = {
    "get_order_status": '{"order_number": "10020030", "status": "in_warehouse", "items": []}',
    "open_ticket": '{"status": "opened", "ticket_number": "T-200001"}',
}


class Shop:
    """The store's tools; each answers what was written for it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    async def use(self, call: ToolCall) -> str:
        self.calls.append((call.tool.name, call.arguments))
        return RESULTS[call.tool.name]


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def ask(wire: OpenAIWire, shop: Shop, text: str) -> list[Answer]:
    team = load_team(STORE)
    model = make_model(f"openai:clever@{wire.url}", None, environment={"OPENAI_API_KEY": SECRET})
    conversation = build_team(team, {tool.name: shop.use for tool in team.tools}, model)
    return [answer async for answer in conversation.ask(text, own={"language": "en"})]


def text_of(answers: list[Answer]) -> str:
    return "".join(answer.text for answer in answers if isinstance(answer, Text))


BRIEF = {"input": "Order 10020030, document 12345678-9, answer in English."}
ORDER = {"order_number": "10020030", "identity_document_number": "12345678-9"}


async def test_a_whole_turn_with_a_tool_goes_over_the_wire(shop: Shop) -> None:
    """Supervisor, collaborator, tool and back; the answer comes in pieces."""
    answers: list[WireAnswer] = [
        Use([("orders", BRIEF)]),
        Use([("get_order_status", ORDER)]),
        Say("Your order 10020030 is still in our warehouse."),
        Say("Order 10020030 is in the warehouse – we'll tell you when it leaves. ¡Gracias!"),
    ]
    with openai_wire(answers) as wire:
        said = await ask(wire, shop, "where is 10020030? I am 12345678-9")

    assert shop.calls == [("get_order_status", ORDER)]
    assert text_of(said) == "Order 10020030 is in the warehouse – we'll tell you when it leaves. ¡Gracias!"
    assert len(said) > 3
    assert [request["model"] for request in wire.requests] == ["clever"] * 4
    assert set(wire.keys) == {f"Bearer {SECRET}"}
    assert "in_warehouse" in wire.requests[2]["messages"][-1]["content"]


async def test_ollama_is_spoken_to_as_any_other_and_gets_no_key(shop: Shop) -> None:
    """OpenAI's key is for OpenAI; the path of Ollama's API need not be written."""
    with openai_wire([Say("Hello!")]) as wire:
        team = load_team(STORE)
        host = wire.url.removesuffix("/v1")
        model = make_model(f"ollama:qwen3:8b@{host}", None, environment={"OPENAI_API_KEY": SECRET})
        conversation = build_team(team, {tool.name: shop.use for tool in team.tools}, model)
        said = [answer async for answer in conversation.ask("hello", own={"language": "en"})]

    assert text_of(said) == "Hello!"
    assert [request["model"] for request in wire.requests] == ["qwen3:8b"]
    assert wire.keys == ["Bearer none"]


async def test_a_control_over_the_wire_stops_the_team(shop: Shop) -> None:
    """Text before it has been said by then."""
    told = {"description": "Wants a person.", "order_number": "10020030"}
    answers: list[WireAnswer] = [
        Use([("escalation", {"input": "Wants a person about 10020030."})], text="One moment."),
        Use([("escalate", told)]),
    ]
    with openai_wire(answers) as wire:
        *said, controls = await ask(wire, shop, "a person please, about 10020030")

    assert text_of(said) == "One moment."
    assert isinstance(controls, Controls)
    (call,) = controls.calls
    assert (call.control.name, call.agent.name, call.arguments) == ("escalate", "escalation", told)


async def test_several_tools_at_once_are_all_used(shop: Shop) -> None:
    """Their arguments come torn and mixed."""
    ticket = {"identity_document_number": "12345678-9", "description": "Roto: «no enciende»"}

    def think(asked: Any) -> WireAnswer:
        names = {tool["function"]["name"] for tool in asked["tools"]}
        fresh = asked["messages"][-1]["role"] == "user"
        if "get_order_status" in names:
            return Use([("get_order_status", ORDER)]) if fresh else Say("In the warehouse.")
        if "open_ticket" in names:
            return Use([("open_ticket", ticket)]) if fresh else Say("T-200001.")
        both = Use([("orders", BRIEF), ("tickets", {"input": "Open a ticket."})])
        return both if fresh else Say("Both are done.")

    with openai_wire(think) as wire:
        said = await ask(wire, shop, "where is my order, and open a ticket")

    assert sorted(shop.calls, key=lambda call: call[0]) == [("get_order_status", ORDER), ("open_ticket", ticket)]
    assert text_of(said) == "Both are done."


async def test_arguments_that_are_no_json_reach_the_tool_as_none(shop: Shop) -> None:
    """The tool's own check then tells the model what is missing."""
    torn = '{"order_number": "100'
    answers: list[WireAnswer] = [Use([("orders", BRIEF)]), Use([("get_order_status", torn)]), Say("Which?"), Say("?")]
    with openai_wire(answers) as wire:
        said = await ask(wire, shop, "where is my order")

    assert shop.calls == [("get_order_status", {})]
    assert text_of(said) == "?"


async def test_a_model_as_clever_as_the_script_holds_the_same_conversation_over_the_wire(shop: Shop) -> None:
    """What the wire changes is nothing."""
    with openai_wire(thinks_with(load_script(STORE))) as wire:
        said = await ask(wire, shop, "where is my order 10020030? my id is 12345678-9")

    assert shop.calls == [("get_order_status", ORDER)]
    assert "10020030" in text_of(said)


@pytest.mark.parametrize(
    "step",
    [
        Use([("orders", BRIEF)]),
        Use([("orders", BRIEF), ("tickets", {"input": "Look."}), ("orders", BRIEF)]),
        Use([("a_tool_that_is_not_there", {})]),
    ],
)
async def test_a_model_that_never_comes_to_an_end_is_ended(shop: Shop, step: Use) -> None:
    """Every agent of the team goes on and on; what it costs is bounded."""

    def think(asked: Any) -> WireAnswer:
        names = {tool["function"]["name"] for tool in asked["tools"]}
        return Use([("get_order_status", ORDER)]) if "get_order_status" in names else step

    with openai_wire(think) as wire, pytest.raises(TooManySteps):
        await ask(wire, shop, "where is my order")

    assert len(wire.requests) <= MOST_MODEL_CALLS + len(step.calls)
    assert len(shop.calls) <= MOST_TOOL_USES


async def test_a_model_that_answers_nothing_ends_its_answer(shop: Shop) -> None:
    """The caller, who heard nothing, decides what to do."""
    with openai_wire([Say("")]) as wire:
        said = await ask(wire, shop, "hello?")

    assert text_of(said) == ""
    assert len(wire.requests) == 1


# Failures


async def stream(wire: OpenAIWire) -> AsyncIterator[Any]:
    model = make_model(f"openai:clever@{wire.url}", None, environment={"OPENAI_API_KEY": SECRET})
    async for event in model.stream([{"role": "user", "content": [{"text": "my order"}]}]):
        yield event


@pytest.mark.parametrize(
    ("answer", "told", "retryable"),
    [
        (Refuse(401), "refused the key (401)", False),
        (Refuse(403), "refused the key (403)", False),
        (Refuse(404), "does not have this model", False),
        (Refuse(400), "failed (400)", False),
        (Refuse(429), "too much to do (429)", True),
        (Refuse(500), "failed (500)", True),
        (Refuse(503), "failed (503)", True),
        (Break("half an ans"), "was cut", True),
        (Break("half an ans", cleanly=True), "broke off", True),
        (Raw(b"data: {not json sk-secret my order\n\n"), "something else", False),
        (Raw(b'data: {"error": {"message": "sk-secret my order"}}\n\n'), "in mid-answer", True),
        (Raw(b"data: []\n\ndata: 5\n\ndata: [DONE]\n\n"), "broke off", True),
        (Raw(b"<html>sk-secret</html>", content_type="text/html"), "broke off", True),
        (Raw(b""), "broke off", True),
    ],
)
async def test_a_failure_of_the_endpoint_is_plain_and_says_whether_to_ask_again(
    answer: WireAnswer, told: str, retryable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Endpoints quote keys and prompts; neither may reach a log."""
    caplog.set_level(logging.WARNING)
    with openai_wire([answer]) as wire, pytest.raises(ModelFailed) as failed:
        async for _ in stream(wire):
            pass

    assert told in str(failed.value)
    assert failed.value.retryable == retryable
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    assert len(wire.requests) == 1
    assert all(secret not in caplog.text for secret in (SECRET, "my order"))


async def test_a_conversation_that_is_too_long_can_be_shortened() -> None:
    """Strands knows what to do about it, and gets nothing to quote."""
    too_long = Refuse(400, "sk-secret: maximum context length is 8192 tokens", "context_length_exceeded")
    with openai_wire([too_long]) as wire, pytest.raises(ContextWindowOverflowException) as failed:
        async for _ in stream(wire):
            pass

    assert str(failed.value) == "the conversation is longer than the model can read"


async def test_an_endpoint_that_is_not_there_is_told_as_such() -> None:
    """The usual case with Ollama: nobody started it."""
    with openai_wire([]) as wire:
        pass

    with pytest.raises(ModelFailed, match="cannot be reached"):
        async for _ in stream(wire):
            pass
