"""A guardrail around the call, for a backend that has none of its own (ApplyGuardrail).

What comes from the customer's side is judged before the agent is asked, the earlier talk too; the answer is released
piece by piece after it was judged. A piece is a paragraph, or the first sentence where that is spoken at once, so that
the customer reads while the agent writes and the guardrail sees whole sentences. The rule: nothing unjudged is asked or
spoken; a guardrail that cannot be asked raises.
Shapes: botocore 1.44.5 `bedrock-runtime`, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from lambdas.adapters.guardrails import REFUSED, is_blocked
from lambdas.conversation.pieces import Pieces
from lambdas.conversation.ports import AgentEvent, Refused, Text

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

MOST_PIECE_CHARACTERS = 2_000
"""A longer paragraph is judged in pieces: the customer waits for the whole piece."""
MOST_TOGETHER_CHARACTERS = 10_000
"""Of texts that are judged by one call."""
SENTENCE_END = re.compile(r"[.!?…。！？]['\")\]»”]*\s+|\n")


class Guardrail(Protocol):
    """What a call is wrapped in."""

    def judge_input(self, text: str) -> str | None:
        """The customer's text as the agent may read it, or `None` if it is blocked."""
        ...

    def judge_output(self, text: str) -> str | None: ...

    def release(self) -> Release: ...


class NoGuardrail:
    """Lets everything through as it comes."""

    def judge_input(self, text: str) -> str | None:
        return text

    def judge_output(self, text: str) -> str | None:
        return text

    def release(self) -> Release:
        return Release(self, pieces=None)


NO_GUARDRAIL = NoGuardrail()


@dataclass(frozen=True, slots=True)
class AppliedGuardrail:
    """A guardrail of Amazon Bedrock. Errors are botocore's own."""

    client: BedrockRuntimeClient
    guardrail_id: str
    version: str
    first_sentence: bool = False
    """Whether it is judged alone, because it is spoken at once."""

    def judge_input(self, text: str) -> str | None:
        return self._judge("INPUT", text)

    def judge_output(self, text: str) -> str | None:
        return self._judge("OUTPUT", text)

    def release(self) -> Release:
        return Release(self, Pieces(first_sentence=self.first_sentence))

    def _judge(self, source: Literal["INPUT", "OUTPUT"], text: str) -> str | None:
        judged = self.client.apply_guardrail(
            guardrailIdentifier=self.guardrail_id,
            guardrailVersion=self.version,
            source=source,
            content=[{"text": {"text": text}}],
        )
        if judged["action"] != "GUARDRAIL_INTERVENED":
            return text
        if is_blocked(judged.get("assessments")):
            return None
        return "".join(output.get("text", "") for output in judged.get("outputs", []))


def judge_all(guardrail: Guardrail, texts: Sequence[str]) -> list[str | None]:
    """Each text as the agent may read it, or `None`.

    They are judged together, as the agent will read them, which is one call where nothing is found; only then each
    alone. What is blocked together, though nothing of it is alone, is blocked.
    """
    judged: list[str | None] = []
    for together in _batches(texts):
        whole = "\n".join(together)
        seen = guardrail.judge_input(whole)
        alone = together if seen == whole else [guardrail.judge_input(text) for text in together]
        judged += alone if seen is not None or None in alone else [None] * len(together)
    return judged


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    begin, size = 0, 0
    for end, text in enumerate(texts):
        if end > begin and size + len(text) > MOST_TOGETHER_CHARACTERS:
            yield texts[begin:end]
            begin, size = end, 0
        size += len(text) + 1
    yield texts[begin:]


class Release:
    """The text of one answer on its way out."""

    def __init__(self, guardrail: Guardrail, pieces: Pieces | None) -> None:
        """Without `pieces`, whatever comes goes on at once."""
        self._guardrail = guardrail
        self._pieces = pieces
        self._size = 0
        """Characters of the piece under way."""
        self._begun = False
        self._open = False
        """Something was said of the paragraph under way."""
        self._refused = False

    def hear(self, text: str) -> Iterator[AgentEvent]:
        if self._pieces is None:
            yield from self._judge(text)
            return
        complete = self._pieces.hear(text)
        self._size += len(text) - sum(map(len, complete))
        for piece in complete:
            for part in _parts(piece):
                yield from self._judge(part, is_whole=part == piece and self._is_first(self._pieces))
        if self._size > MOST_PIECE_CHARACTERS:
            *parts, rest = _parts(self._take())
            for part in parts:
                yield from self._judge(part)
            yield from self.hear(rest)

    def _is_first(self, pieces: Pieces) -> bool:
        """Where the first sentence is spoken at once, nobody waits to see what follows it."""
        return pieces.first_sentence and not self._begun

    def begin_paragraph(self) -> Iterator[AgentEvent]:
        """What was said stands alone, and something else follows."""
        if self._open and not self._refused:
            self._open = False
            yield Text("\n\n")

    def finish(self) -> Iterator[AgentEvent]:
        yield from self._judge(self._take())

    def refuse(self) -> Iterator[AgentEvent]:
        """What was not released yet never is."""
        self._take()
        if not self._refused:
            self._refused = True
            yield Refused(REFUSED)

    def _take(self) -> str:
        self._size = 0
        return "".join(self._pieces.take()) if self._pieces else ""

    def _judge(self, piece: str, *, is_whole: bool = False) -> Iterator[AgentEvent]:
        if self._refused:
            return
        if not piece.strip():
            if self._begun and piece:
                yield Text(piece)
            return
        words = piece.strip()
        judged = self._guardrail.judge_output(words)
        if judged is None:
            yield from self.refuse()
        else:
            self._begun = self._open = True
            yield Text(piece.replace(words, judged, 1), is_whole)


def _parts(piece: str) -> Iterator[str]:
    """Of a piece that is too long, each to its last sentence."""
    while len(piece) > MOST_PIECE_CHARACTERS:
        ends = [match.end() for match in SENTENCE_END.finditer(piece, 0, MOST_PIECE_CHARACTERS)]
        cut = ends[-1] if ends else MOST_PIECE_CHARACTERS
        yield piece[:cut]
        piece = piece[cut:]
    yield piece
