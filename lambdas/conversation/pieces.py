"""The pieces in which an answer is handed on while it is still being written."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambdas.conversation.paragraphs import Paragraphs
from lambdas.conversation.sentences import FirstSentence


@dataclass(slots=True)
class Pieces:
    """Paragraphs, before them the first sentence if that is wanted; together they are the text, white space and all."""

    first_sentence: bool
    _paragraphs: Paragraphs = field(default_factory=Paragraphs)
    _sentence: FirstSentence = field(default_factory=FirstSentence)
    """Reads along until something was handed on."""
    _read: int = 0
    """Characters that it has read."""
    _begun: bool = False

    @property
    def rest(self) -> str:
        """What is not complete yet."""
        return self._paragraphs.rest

    def hear(self, text: str) -> list[str]:
        """What is complete now."""
        if self._begun or not self.first_sentence:
            return self._hand_on(self._paragraphs.hear(text))
        end, before = self._sentence.hear(text), self._read
        self._read += len(text)
        if end is None:
            return self._hand_on(self._paragraphs.hear(text))
        sentence, more = text[: end - before], text[end - before :]
        complete = self._hand_on(self._paragraphs.hear(sentence))
        if not self._begun:  # else a paragraph ended before it
            complete += self.take()
        return complete + self._hand_on(self._paragraphs.hear(more))

    def take(self) -> list[str]:
        """What is kept, complete or not."""
        rest, self._paragraphs = self.rest, Paragraphs()
        return self._hand_on([rest] if rest else [])

    def _hand_on(self, complete: list[str]) -> list[str]:
        self._begun = self._begun or any(not piece.isspace() for piece in complete)
        return complete
