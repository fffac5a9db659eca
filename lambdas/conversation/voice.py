"""What the bot says in a turn, and what was heard of it before.

Speaking is the same everywhere: in parts as the channel takes them, one effect per message, a client token for each. A
contact that refuses Markdown hears the same as plain text, at once and from then on. What was heard is read off the
transcript, once a round; where Connect does not show it, everything counts as heard, because repeating is worse than
leaving out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lambdas.conversation.contact import TurnRecord
from lambdas.conversation.effects import ReadContact, ReadTranscript, Send, SpeakPlainly, Steps
from lambdas.conversation.errors import ChatError, ChatThrottled, FormatRefused
from lambdas.conversation.inbox import Message, remember_refused
from lambdas.conversation.parts import Part, parts_of, together
from lambdas.conversation.phrases import answers_nothing, phrases, refuses
from lambdas.conversation.ports import Said
from lambdas.conversation.retries import READING, SPEAKING, insist
from lambdas.conversation.world import World

LEAVE_TIME_SECONDS = 30.0
"""Kept free at the end of the function's time, for the hand-off."""
READ_WITHIN_SECONDS = 6.0
CLOCKS_DIFFER_SECONDS = 5.0
"""How far Connect's clock and ours may be apart."""


@dataclass(slots=True)
class Voice:
    """A turn that is held: its record as last read or written, and what was said in it."""

    record: TurnRecord
    world: World
    _parts: int = 0
    _speaks_until: float | None = None
    """Epoch seconds: so long a throttled message is tried; `None` for the function's time less what leaving needs."""
    _transcript: tuple[Said, ...] | None = None

    def _say_all(self, texts: Iterable[str]) -> Steps[None]:
        for text in texts:
            yield from self._say(text)

    def _say_phrase(self, key: str) -> Steps[None]:
        yield from self._say(phrases(self.record.language).say(key))

    def _say(self, text: str) -> Steps[None]:
        parts = yield from self._in_parts([text])
        for place, part in enumerate(parts):
            try:
                yield from self._send(self._message(part))
            except FormatRefused:
                yield from SpeakPlainly()
                yield from self._say(together(parts[place:]))
                return

    def _say_if_welcome(self, texts: Sequence[str]) -> Steps[str]:
        """What Connect is too busy to take just now; empty if everything was said."""
        if not texts:
            return ""
        parts = yield from self._in_parts(texts)
        for place, part in enumerate(parts):
            try:
                is_said = yield from self._send_if_welcome(self._message(part))
            except FormatRefused:
                yield from SpeakPlainly()
                return (yield from self._say_if_welcome([together(parts[place:])]))
            if not is_said:
                return together(parts[place:])
        return ""

    def _in_parts(self, texts: Sequence[str]) -> Steps[list[Part]]:
        contact = yield from ReadContact()
        markdown = self.world.rules.markdown
        return [part for text in texts for part in parts_of(text, contact, markdown=markdown)]

    def _message(self, part: Part) -> Send:
        self._parts += 1
        return Send(part.text, self._client_token(part.text), part.content_type)

    def _send_if_welcome(self, send: Send) -> Steps[bool]:
        """False if Connect is too busy to take it just now."""
        try:
            self.record = replace(self.record, heard=(yield from send))
        except ChatThrottled:
            return False
        except ChatError as failure:
            if not failure.retryable:
                raise
            # It may have been heard: from here on only the same message again is safe.
            yield from self._send(send)
        return True

    def _send(self, send: Send) -> Steps[None]:
        until = self._speaks_until or self.world.ends_at - LEAVE_TIME_SECONDS
        heard = yield from insist(send, SPEAKING, self.world, until=until)
        self.record = replace(self.record, heard=heard)

    def _client_token(self, text: str) -> str:
        """Protects one send's own retries: stay, turn, part and text, so that another text is another message.

        A turn is known by its newest message: an older one may come again when it has long been answered.
        """
        asked = self.record.asked()
        turn = asked[-1].key if asked else "handoff"
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{self.record.contact_id}-{self.record.stay}-{turn}-{self._parts}-{fingerprint}"

    def _read_transcript(self) -> Steps[tuple[Said, ...] | None]:
        """Once a round; `None` where Connect does not show it, now or ever: waiting for it would be silence."""
        if self._transcript is None:
            try:
                until = self.world.now() + READ_WITHIN_SECONDS
                self._transcript = yield from insist(ReadTranscript(), READING, self.world, until=until)
            except ChatError:
                return None
        return self._transcript

    def _was_heard(self, asked: Iterable[Message]) -> Steps[bool]:
        """Whether an answer to these was heard, wholly or in part; without a transcript it counts as heard.

        What was said in an earlier round is no answer, though it may have come after a message that waited.
        """
        transcript = yield from self._read_transcript()
        latest = max((message.at for message in asked), default=0.0)
        return transcript is None or _bot_answered_after(latest, _following(self.record.heard, transcript))

    def _is_moot(self, late: Iterable[Message]) -> Steps[bool]:
        """A late message needs no answer if the transcript shows that the bot spoke after it."""
        transcript = yield from self._read_transcript()
        latest = max(message.at for message in late)
        return transcript is not None and _bot_answered_after(latest, transcript)

    def _history(self) -> Steps[tuple[Said, ...]]:
        """The earlier talk, but neither what still waits nor what a guardrail refused."""
        transcript = yield from self._read_transcript()
        left_out = {*(message.id for message in self.record.inbox), *self.record.refused}
        talk = _without_refused(transcript or ())
        return tuple(said for said in talk if said.role != "SYSTEM" and said.id not in left_out)

    def _note_refused(self) -> None:
        """What is asked in this round must not come back as earlier talk."""
        refused = remember_refused(self.record.refused, self.record.asked())
        self.record = replace(self.record, refused=refused)

    def _note_refused_before(self) -> Steps[None]:
        """After a takeover: whoever held the turn may have heard a guardrail, and could not write it down."""
        transcript = yield from self._read_transcript()
        if any(_is_refusal(said) for said in _following(self.record.heard, transcript or ())):
            self._note_refused()

    def _closing_was_heard(self) -> Steps[bool]:
        """After a crash: the closing sentence is said once, and without a transcript it counts as heard."""
        transcript = yield from self._read_transcript()
        sentence = self.record.handoff.sentence if self.record.handoff else None
        earliest = self.record.since - CLOCKS_DIFFER_SECONDS
        return transcript is None or any(
            said.role == "CUSTOM_BOT" and said.text == sentence and said.at >= earliest for said in transcript
        )


def _following(identifier: str, transcript: tuple[Said, ...]) -> tuple[Said, ...]:
    """What came after this message; everything, if the transcript does not show it (any more)."""
    ids = [said.id for said in transcript]
    return transcript[ids.index(identifier) + 1 :] if identifier in ids else transcript


def _is_refusal(said: Said) -> bool:
    return said.role == "CUSTOM_BOT" and refuses(said.text)


def _without_refused(talk: Iterable[Said]) -> Iterator[Said]:
    """Without the bot's refusals and what the customer had written before them.

    The record knows exactly what was refused, but of the last messages only, and not what was said before a crash.
    """
    talk = tuple(talk)
    refused, question, answered = set[str](), list[str](), False
    for said in talk:
        match said.role:
            case "CUSTOMER":
                question = [said.id] if answered else [*question, said.id]
                answered = False
            case "CUSTOM_BOT":
                refused |= {said.id, *question} if _is_refusal(said) else set()
                answered = True
            case "AGENT":
                question = []
    return (said for said in talk if said.id not in refused)


def _bot_answered_after(moment: float, transcript: Iterable[Said]) -> bool:
    return any(said.role == "CUSTOM_BOT" and said.at > moment and not answers_nothing(said.text) for said in transcript)
