"""What is handed out is complete: sentences of one language, the given ARNs, nothing open unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amazon_connect.checker import FaultyFlow, check
from amazon_connect.content import from_content
from amazon_connect.export import committed_files, inbound_content, inbound_file, inbound_in, open_placeholders
from amazon_connect.phrases import MissingPhrase, languages, load_phrases

START_BOT_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:start-bot:live"
QUEUE_ARN = "arn:aws:connect:eu-west-1:111122223333:instance/6f0c/queue/9a1b"


@pytest.mark.parametrize("file", [*committed_files()], ids=lambda file: file.name)
def test_the_committed_files_are_up_to_date(file: Path) -> None:
    """If this fails: python -m amazon_connect regenerate."""
    assert file.read_text(encoding="utf-8") == committed_files()[file]


@pytest.mark.parametrize("language", languages())
def test_the_filled_flow_is_sound_in_every_language(language: str) -> None:
    """What a deployment writes and what an admin imports, both."""
    filled = {"START_BOT_ARN": START_BOT_ARN, "QUEUE_ARN": QUEUE_ARN}

    deployed = from_content(inbound_content(language=language, start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN))
    imported = from_content(inbound_file(language=language, placeholders=filled))

    assert deployed == imported
    assert check(deployed) == []
    assert open_placeholders(deployed) == ()


def test_the_flow_speaks_the_language_that_was_asked_for() -> None:
    """Every sentence comes from that language's file."""
    content = inbound_content(language="es", start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN)

    spoken = [
        action["Parameters"]["Text"] for action in json.loads(content)["Actions"] if "Text" in action["Parameters"]
    ]

    assert set(spoken) <= {*load_phrases("es").values()}


def test_the_arns_stand_where_connect_reads_them() -> None:
    """Every Lambda block names the one alias ARN that is associated with the instance."""
    flow = from_content(inbound_content(language="en", start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN))

    functions = {a.parameters["LambdaFunctionARN"] for a in flow.actions if a.type == "InvokeLambdaFunction"}
    queues = {a.parameters["QueueId"] for a in flow.actions if a.type == "UpdateContactTargetQueue"}

    assert (functions, queues) == ({START_BOT_ARN}, {QUEUE_ARN})


def test_deployed_content_is_ascii_and_takes_unresolved_tokens() -> None:
    """CloudFormation fills the ARNs in later, and its templates are safest in ASCII."""
    content = inbound_content(language="es", start_bot_arn="${Token[TOKEN.12]}", queue_arn="${Token[TOKEN.34]}")

    assert content.isascii()
    assert '"QueueId":"${Token[TOKEN.34]}"' in content


def test_numbers_in_parameters_are_written_as_text() -> None:
    """As console exports have them."""
    content = json.loads(inbound_content(language="en", start_bot_arn=START_BOT_ARN, queue_arn=QUEUE_ARN))

    values = [value for action in content["Actions"] for value in action["Parameters"].values()]

    assert not any(isinstance(value, int | float) for value in values)


def test_placeholders_that_are_not_given_stay() -> None:
    """The committed export shows what is to be filled in."""
    flow = from_content(inbound_file(language="en", placeholders={"QUEUE_ARN": QUEUE_ARN}))

    assert open_placeholders(flow) == ("START_BOT_ARN",)


def test_a_wrong_arn_is_refused_before_connect_refuses_it() -> None:
    """A queue's name where its ARN belongs is the usual mistake."""
    with pytest.raises(FaultyFlow, match="QueueId"):
        inbound_file(language="en", placeholders={"QUEUE_ARN": "BasicQueue"})


def test_a_missing_sentence_is_named(tmp_path: Path) -> None:
    """A language that lacks one must not be exported with a hole."""
    (tmp_path / "en.json").write_text('{"flow.welcome": "Hello"}', encoding="utf-8")

    with pytest.raises(MissingPhrase, match=r"flow\."):
        inbound_in("en", tmp_path)


def test_a_sentence_that_connect_refuses_is_named_with_its_block(tmp_path: Path) -> None:
    """Whoever edits sentences learns it before the next chat, not after a deployment."""
    sentences = {**load_phrases("en"), "flow.welcome": "x" * 3_001}
    (tmp_path / "en.json").write_text(json.dumps(sentences), encoding="utf-8")

    with pytest.raises(FaultyFlow, match="'welcome'"):
        inbound_in("en", tmp_path)
