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
    """Reads along until something was handed on, so it counts from the beginning of what is kept."""
    _begun: bool = False

    @property
    def rest(self) -> str:
        """What is not complete yet."""
        return self._paragraphs.rest

    def hear(self, text: str) -> list[str]:
        """What is complete now."""
        if self._begun or not self.first_sentence:
            return self._hand_on(self._paragraphs.hear(text))
        end = self._sentence.hear(text)
        if end is None:
            return self._hand_on(self._paragraphs.hear(text))
        # The end may lie in an earlier piece, so the paragraph that it parts is read again.
        heard, self._paragraphs = self.rest + text, Paragraphs()
        complete = self._hand_on(self._paragraphs.hear(heard[:end]))
        if not self._begun:  # else a paragraph ended before it
            complete += self.take()
        return complete + self._hand_on(self._paragraphs.hear(heard[end:]))

    def take(self) -> list[str]:
        """What is kept, complete or not."""
        rest, self._paragraphs, self._sentence = self.rest, Paragraphs(), FirstSentence()
        return self._hand_on([rest] if rest else [])

    def _hand_on(self, complete: list[str]) -> list[str]:
        self._begun = self._begun or any(not piece.isspace() for piece in complete)
        return complete
