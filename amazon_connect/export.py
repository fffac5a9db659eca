"""Fills a flow source: sentences of a language, ARNs of an installation. What comes out is what Connect imports.

`inbound_content` serves the deployment, `inbound_file` the person who imports by hand. Both check the flow first and
raise `FaultyFlow` rather than hand out one that Connect refuses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from amazon_connect.checker import FaultyFlow, check, check_source
from amazon_connect.content import to_content
from amazon_connect.diagram import page
from amazon_connect.flows.inbound import QUEUE, START_BOT, inbound
from amazon_connect.model import Flow, Phrase, Placeholder, Value, fill, leaves
from amazon_connect.phrases import FOLDER, MissingPhrase, load_phrases

COMMITTED_LANGUAGE = "en"
COMMITTED = Path(__file__).resolve().parent / "exported"


def inbound_content(*, language: str, start_bot_arn: str, queue_arn: str, phrases: Path = FOLDER) -> str:
    """The inbound flow's Content for a deployment: one line of pure ASCII.

    The ARNs may be tokens that CloudFormation resolves, so their form is not checked here. Raises `UnknownLanguage`,
    `MissingPhrase` and `FaultyFlow`.
    """
    placeholders = {START_BOT.name: start_bot_arn, QUEUE.name: queue_arn}
    flow = fill_placeholders(inbound_in(language, phrases), placeholders)
    return json.dumps(to_content(flow), separators=(",", ":"))


def inbound_file(*, language: str, placeholders: Mapping[str, str], phrases: Path = FOLDER) -> str:
    """The inbound flow as a file for people: indented, its sentences readable. Placeholders not given stay."""
    flow = fill_placeholders(inbound_in(language, phrases), placeholders)
    if problems := check(flow):
        raise FaultyFlow(tuple(problems))
    return json.dumps(to_content(flow), indent=2, ensure_ascii=False) + "\n"


def inbound_in(language: str, phrases: Path = FOLDER) -> Flow:
    """The inbound flow in a language, checked, its placeholders still open."""
    source = inbound()
    spoken = fill_phrases(source, load_phrases(language, phrases))
    if problems := [*check_source(source), *check(spoken)]:
        raise FaultyFlow(tuple(problems))
    return spoken


def fill_phrases(flow: Flow, sentences: Mapping[str, str]) -> Flow:
    """The flow with sentences in place of phrase keys; raises `MissingPhrase`."""

    def sentence(value: Phrase | Placeholder) -> Value:
        if isinstance(value, Placeholder):
            return value
        if value.key not in sentences:
            raise MissingPhrase(value.key)
        return sentences[value.key]

    return fill(flow, sentence)


def fill_placeholders(flow: Flow, values: Mapping[str, str]) -> Flow:
    """The flow with the given values in place of their placeholders; the others stay."""
    return fill(flow, lambda value: values.get(value.name, value) if isinstance(value, Placeholder) else value)


def open_placeholders(flow: Flow) -> tuple[str, ...]:
    """The names of the placeholders that are still open."""
    values = (leaf for action in flow.actions for leaf in leaves(action.parameters))
    return tuple(sorted({value.name for value in values if isinstance(value, Placeholder)}))


def committed_files() -> Mapping[Path, str]:
    """What belongs into the `exported` folder: the English flow with placeholders, and its picture."""
    return {
        COMMITTED / f"inbound.{COMMITTED_LANGUAGE}.json": inbound_file(language=COMMITTED_LANGUAGE, placeholders={}),
        COMMITTED / "inbound.md": page(inbound_in(COMMITTED_LANGUAGE)),
    }
