"""Amazon Connect in virtual time: what really happened in the chat, and the bot's port to it.

Calls of the bot may be throttled (nothing happened), fail before or after they had their effect, or be answered late.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lambdas.conversation.errors import (
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    FormatRefused,
    TranscriptRefused,
)
from lambdas.conversation.ports import Chat, Connection, ContentType, Said
from tests.model.judge import Began, Judge
from tests.model.virtual_time import WELL, Process, Tasks

Answer = TypeVar("Answer")

CONTACT = "contact"
CHAT = Chat(instance_id="instance", contact_id=CONTACT, initial_contact_id=CONTACT)
TOKEN_LIVES_SECONDS = 86_400.0

THROTTLED, FAILED, LOST, LATE, REFUSED = "throttled", "failed", "done, but its answer lost", "answered late", "refused"
CALL_FATES = (THROTTLED, FAILED, LOST, LATE)
ATTRIBUTES_FATES = (*CALL_FATES, REFUSED)


@dataclass
class Connect:
    """The chat itself. Its clock never shows the same millisecond twice."""

    tasks: Tasks
    publish: Callable[[Said, str], None]
    """Told each item that is published, with its content type, while the chat is streamed."""
    items: list[Said] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    streaming: bool = False
    participants: dict[str, str] = field(default_factory=dict)
    """Participant token by client token."""
    bearers: dict[str, str] = field(default_factory=dict)
    """The participant of each connection token that is accepted."""
    ended: bool = False
    _sent: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    def number(self) -> int:
        self._number += 1
        return self._number

    def add(self, role: str, text: str, *, attachment: bool = False, content_type: str = "text/plain") -> Said:
        last = self.items[-1].at if self.items else 0.0
        at = max(round(self.tasks.now, 3), round(last + 0.001, 3))
        shown = "" if attachment else content_type
        said = Said(id=f"item-{self.number()}", at=at, role=role, text=text, content_type=shown, attachment=attachment)
        self.items.append(said)
        if self.streaming and role == "CUSTOMER":
            self.publish(said, "")
        return said

    def announce(self, role: str, content_type: str) -> None:
        """An event of the chat, which is published but stands in no transcript of ours."""
        said = Said(
            id=f"event-{self.number()}", at=round(self.tasks.now, 3), role=role, text="", content_type=content_type
        )
        if self.streaming:
            self.publish(said, content_type)

    def send(self, text: str, client_token: str, content_type: str) -> tuple[str, bool]:
        """The id of the message, and whether it is new."""
        if client_token in self._sent:
            return self._sent[client_token], False
        said = self.add("CUSTOM_BOT", text, content_type=content_type)
        self._sent[client_token] = said.id
        return said.id, True


@dataclass
class VirtualRoom:
    """The port `Room`."""

    connect_: Connect
    tasks: Tasks
    judge: Judge
    shows_transcript: bool
    shows_markdown: bool = True
    streaming_fails: bool = False
    """For the next StartContactStreaming, which runs in a real thread: its fate cannot be decided on the way."""
    _streamed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _joining: set[Process | None] = field(default_factory=set)

    def start_streaming(self, chat: Chat, *, topic_arn: str, client_token: str) -> str:
        try:
            if self.streaming_fails:
                raise ChatError("StartContactStreaming", "InvalidRequestException")
            self.connect_.streaming = not self.connect_.ended
            return "stream"
        finally:
            self._streamed.release()

    def stop_streaming(self, chat: Chat, streaming_id: str) -> None:
        self._call("StopContactStreaming", self._stop_streaming)

    def _stop_streaming(self) -> None:
        self.connect_.streaming = False
        self.judge.streaming_stopped()

    def create_participant(self, chat: Chat, *, name: str, client_token: str) -> str:
        # The thread beside asks for streaming: it is waited for, so that the same decisions give the same history.
        if self.tasks.process not in self._joining:
            self._joining.add(self.tasks.process)
            self._streamed.acquire(timeout=10)
        return self._call("CreateParticipant", lambda: self._create(client_token))

    def _create(self, client_token: str) -> str:
        self._require(not self.connect_.ended, "CreateParticipant")
        token = f"participant-{client_token}"
        return self.connect_.participants.setdefault(client_token, token)

    def connect(self, participant_token: str) -> Connection:
        return self._call("CreateParticipantConnection", lambda: self._connect(participant_token))

    def _connect(self, participant_token: str) -> Connection:
        known = participant_token in self.connect_.participants.values()
        self._require(known and not self.connect_.ended, "CreateParticipantConnection")
        token = f"connection-{self.connect_.number()}"
        self.connect_.bearers[token] = participant_token
        return Connection(token=token, expires_at=self.tasks.now + TOKEN_LIVES_SECONDS)

    def send(self, token: str, text: str, *, client_token: str, content_type: ContentType = "text/plain") -> str:
        began = self.judge.send_begins(self.tasks.process)
        return self._call("SendMessage", lambda: self._send(token, text, client_token, content_type, began))

    def _send(self, token: str, text: str, client_token: str, content_type: ContentType, began: Began) -> str:
        participant = self._participant(token, "SendMessage")
        if content_type == "text/markdown" and not self.shows_markdown:
            self.judge.happened("Markdown is refused")
            raise FormatRefused("SendMessage", "ValidationException")
        identifier, is_new = self.connect_.send(text, client_token, content_type)
        if is_new:
            self.judge.bot_said(self.tasks.process, participant, text, began)
        return identifier

    def show_typing(self, token: str) -> None:
        self._call("SendEvent", lambda: self._typed(token))

    def _typed(self, token: str) -> None:
        self._participant(token, "SendEvent")

    def disconnect(self, token: str) -> None:
        self._call("DisconnectParticipant", lambda: self._disconnect(token))

    def _disconnect(self, token: str) -> None:
        participant = self._participant(token, "DisconnectParticipant")
        for bearer in [b for b, p in self.connect_.bearers.items() if p == participant]:
            del self.connect_.bearers[bearer]
        self.judge.bot_disconnected(self.tasks.process, participant, self.connect_.attributes)

    def transcript(self, token: str, chat: Chat) -> tuple[Said, ...]:
        return self._call("GetTranscript", lambda: self._transcript(token))

    def _transcript(self, token: str) -> tuple[Said, ...]:
        if not self.shows_transcript or token not in self.connect_.bearers:
            raise TranscriptRefused("GetTranscript", "AccessDeniedException")
        return tuple(self.connect_.items[-100:])

    def set_attributes(self, chat: Chat, attributes: Mapping[str, str]) -> None:
        self._call("UpdateContactAttributes", lambda: self._set_attributes(attributes))

    def _set_attributes(self, attributes: Mapping[str, str]) -> None:
        self.connect_.attributes.update(attributes)
        self.judge.attributes_set(self.tasks.process, attributes)

    # ---- what a call may meet

    def _call(self, operation: str, effect: Callable[[], Answer]) -> Answer:
        fate = self.tasks.stop_at("connect", operation)
        if fate == WELL:
            return effect()
        self.judge.trouble(self.tasks.process, operation, fate)
        if fate == THROTTLED:
            raise ChatThrottled(operation, "ThrottlingException")
        if fate == FAILED:
            raise ChatError(operation, "InternalServerException", retryable=True)
        if fate == REFUSED:
            raise AttributesRefused(operation, "InvalidParameterException")
        if fate == LOST:
            with contextlib.suppress(FormatRefused):
                effect()
            raise ChatError(operation, "ReadTimeoutError", retryable=True)
        answer = effect()
        self.tasks.stop_at("connect", f"answer of {operation}")
        return answer

    def _participant(self, token: str, operation: str) -> str:
        if token not in self.connect_.bearers:
            raise ConnectionRefused(operation, "AccessDeniedException")
        return self.connect_.bearers[token]

    def _require(self, holds: bool, operation: str) -> None:
        if not holds:
            raise ChatError(operation, "InvalidRequestException")
