"""Everything that can go wrong, as types with fields.

    HandoffError
    ├── InvalidEvent           an event that no code can act on
    ├── InvalidSetting         a setting that stops the start
    ├── ContactNotReady        a message came for a contact that nobody has recorded (yet)
    ├── TurnFailed             some records of an event failed
    ├── ActionFailed           StartBot failed in a way nobody foresaw
    ├── LeaseLost              somebody else answers this contact now
    ├── TurnUnderWay           somebody holds the turn, and may be dead
    ├── FenceClosed            the bot may not speak any more
    ├── IllegalMove            a change of state that the table does not know
    ├── RecordUnavailable      the table did not do what was asked
    ├── FunctionUnavailable    ChatBot could not be handed what it should answer
    ├── QueueUnavailable       a queue of failed events did not do what was asked
    ├── EarlyMessagesUnknown   the transcript cannot be read while joining
    ├── AgentUnavailable       the agent team did not answer
    ├── DeadlineReached        the turn took too long
    └── ChatError              Connect did not do what was asked
        ├── ChatThrottled      Connect is too busy just now
        ├── ConnectionRefused  the bot is no longer in the chat
        ├── AttributesRefused  Connect refused the attributes
        ├── FormatRefused      this contact shows no Markdown
        └── TranscriptRefused  Connect does not show the transcript to the bot

Adapters translate the errors of AWS into these, once, keeping the cause. A message of an error never holds text of the
customer, attribute values or tokens: it ends up in logs.
"""

from __future__ import annotations

import traceback


class HandoffError(Exception):
    """The root: whoever catches this has caught everything this project raises on purpose."""


class InvalidEvent(HandoffError):
    """An event that does not have what every reaction needs; `problem` names the member."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"this event cannot be acted on: {problem}")
        self.problem = problem


class InvalidSetting(HandoffError):
    """A setting is missing or wrong; the message is one line for whoever deploys."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"setting {name}: {problem}")
        self.name = name


class ContactNotReady(HandoffError):
    """No record in state `bot` appeared while waiting; Lambda's retry asks again."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"contact {contact_id} is not recorded as joined")
        self.contact_id = contact_id


class TurnFailed(HandoffError):
    """What ChatBot raises instead of the failure itself, whose message might quote the customer."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(f"{len(kinds)} record(s) failed: {', '.join(kinds)}")


class ActionFailed(HandoffError):
    """What StartBot raises instead of an error of Python, whose message might quote the customer."""

    def __init__(self, action: str, kind: str) -> None:
        super().__init__(f"{action} failed: {kind}")


class LeaseLost(HandoffError):
    """This execution no longer holds the turn; whoever does will finish it."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"the turn of contact {contact_id} is held by somebody else")
        self.contact_id = contact_id


class TurnUnderWay(HandoffError):
    """A message still waits, and whoever holds the turn has renewed it lately: only time tells whether it is alive."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"the turn of contact {contact_id} is held, and its message waits")
        self.contact_id = contact_id


class FenceClosed(HandoffError):
    """A send was stopped before it happened.

    `moot` says that the contact has left the bot, so what was to be said belongs to nobody; otherwise this execution
    only lost its right to speak, and somebody else must finish the turn.
    """

    def __init__(self, reason: str, *, moot: bool) -> None:
        super().__init__(f"not sent: {reason}")
        self.moot = moot


class IllegalMove(HandoffError):
    """A change of state outside the table of `contact`."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a contact does not move from '{before}' to '{after}'")


class RecordUnavailable(HandoffError):
    """The record could not be read or written; `code` is the service's own error code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the record of the contact is unavailable: {code}")
        self.code = code


class FunctionUnavailable(HandoffError):
    """ChatBot could not be handed an event; `code` is the service's own error code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the ChatBot function could not be invoked: {code}")
        self.code = code


class QueueUnavailable(HandoffError):
    """A queue could not be read or written; `code` is the service's own error code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"a queue of failed events is unavailable: {code}")
        self.code = code


class AgentUnavailable(HandoffError):
    """The team did not answer. `code` is the service's own error code, `retryable` whether asking again can help."""

    def __init__(self, code: str, *, retryable: bool) -> None:
        super().__init__(f"the agent team is unavailable: {code}")
        self.code = code
        self.retryable = retryable


class DeadlineReached(HandoffError):
    """The turn used up its time before the agent had finished."""


class ChatError(HandoffError):
    """Connect refused or failed a call. `code` is Connect's own error code.

    `retryable`: it failed inside, or never answered, so that it may have done what was asked; the same call again
    finds out.
    """

    def __init__(self, operation: str, code: str, *, retryable: bool = False) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code
        self.retryable = retryable


class ChatThrottled(ChatError):
    """Connect is called more often than its quota allows: nothing was done, and later it will be."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(operation, code, retryable=True)


class ConnectionRefused(ChatError):
    """The bearer is dead: the bot was disconnected or the chat is over."""


class AttributesRefused(ChatError):
    """The attributes are too large or not acceptable; fewer of them may be."""


class FormatRefused(ChatError):
    """A message in Markdown was not taken, so nothing was said; the same as plain text may be."""


class TranscriptRefused(ChatError):
    """A custom participant may not read this transcript."""


class EarlyMessagesUnknown(HandoffError):
    """What the customer wrote before the bot came cannot be read just now; the flow's next try asks again."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"the early messages of contact {contact_id} cannot be read")


LONGEST_CODE = 64


def explanation_of(failure: AgentUnavailable) -> dict[str, str | bool]:
    """Why a team did not answer, for the log: its code, and where a mistake of ours is to be looked for."""
    cause = failure.__cause__
    where = {"where": description_of(cause)["where"]} if isinstance(cause, Exception) else {}
    return {"code": failure.code[:LONGEST_CODE], "retryable": failure.retryable, **where}


def description_of(failure: Exception) -> dict[str, str]:
    """What an operator needs, for the log. Messages of our own errors are safe; others might quote the customer."""
    frame = traceback.extract_tb(failure.__traceback__)[-1]
    reason = {"reason": str(failure)} if isinstance(failure, HandoffError) else {}
    return {"error": type(failure).__name__, "where": f"{frame.filename}:{frame.lineno}", **reason}
