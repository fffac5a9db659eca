"""The reference model: the rules of `docs` in a page, judged by what happened and not by how.

It knows what the customer wrote and heard, what reached the agents, who held the turn, and who owned the chat. It knows
nothing of the code under test but the sentences it may say. The first rule that does not hold is the `violation`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lambdas.conversation.handoff import OUTCOME, REASON, Handoff
from lambdas.conversation.inbox import Message
from lambdas.conversation.phrases import phrases
from lambdas.conversation.ports import NotTaken, Said, Taken
from tests.fakes import NOON
from tests.model.virtual_time import NEVER, Process

PERSON_WITHIN_SECONDS = 300.0
ROUND_SECONDS = 90.0
SENTENCE_WITHIN_SECONDS = 10.0
FENCE_CLOSES_AFTER_SECONDS = 25.0
"""A holder whose turn was seized learns of it by its next renewal; without one its lease closes the fence."""
HOLDERS_THAT_ASK = 2
"""The first takeover asks again, the second hands off."""

PART = re.compile(r"\bA(\d+)p(\d+)\b")
CLOSING = ("escalate", "end", "agent_unavailable", "not_understood", "deadline", "crashed", "too_many_messages")
CLOSING_LATE = ("too_late", "rescued")
FILLING = ("one_moment", "still_trying")
ABOUT_THE_ANSWER = ("refused", "nothing_to_say")
ABOUT_THE_MESSAGE = ("attachment", "unreadable")


def _sentences(*keys: str) -> dict[str, str]:
    return {phrases("en").say(key): key for key in keys}


CLOSING_SENTENCES = _sentences(*CLOSING, *CLOSING_LATE)
SENTENCES = CLOSING_SENTENCES | _sentences("greeting", "partly_heard", *FILLING, *ABOUT_THE_ANSWER, *ABOUT_THE_MESSAGE)


Hold = tuple["Process | None", int]
"""An execution, and which of the turns it has held."""


@dataclass(slots=True)
class Written:
    """A customer's message."""

    text: str
    at: float
    kind: str
    published: bool
    settled: bool = False
    """Answered, carried to a person, or moot."""
    reached: bool = False
    """An execution has seen it."""
    since: float = NEVER
    """From when somebody could know of it."""
    asked_by: list[Hold] = field(default_factory=list)
    answers: set[int] = field(default_factory=set)
    """Which answers to it were heard, of those whose holder was the holder."""


@dataclass(slots=True)
class Answer:
    """What one question to the agents brought."""

    process: Process | None
    texts: Sequence[str]
    begun: bool = False
    retryable: bool = False
    last_heard: int = 0


@dataclass(slots=True)
class Loss:
    """When an execution lost the turn to another."""

    at: float
    seized: bool


Began = tuple[float, bool]
"""When a call began, and whether its execution had lost the turn by then."""


class Judge:
    """Told of everything, in order."""

    def __init__(self, *, sees_transcript: bool) -> None:
        self.violation: str | None = None
        self.counts: Counter[str] = Counter()
        self.story: list[tuple[float, str]] = []
        self.now = NOON
        self._sees_transcript = sees_transcript
        self._written: dict[str, Written] = {}
        self._names: dict[str, str] = {}
        """The text of each message by its id: what is no text for the bot has one for us."""
        self._answers: dict[int, Answer] = {}
        self._roots: dict[int, int] = {}
        """A resumed answer is part of the one that returned the control."""
        self._asked_last: dict[Process | None, int] = {}
        self._holder: Process | None = None
        self._losses: dict[Process, Loss] = {}
        self._stays: dict[Process, int] = {}
        self._held: Counter[Process | None] = Counter()
        self._took_over: set[Hold] = set()
        self._bot_owns_the_chat = False
        self._stay = 0
        self._handoffs: Counter[int] = Counter()
        self._closings: Counter[int] = Counter()
        self._greetings: Counter[int] = Counter()
        self._attributes_stand: set[int] = set()
        self._attributes_refused = False
        self._speaking = 0
        self._spoken: set[int] = set()
        self._failing: dict[Process, float] = {}
        self._filled: dict[Process, set[str]] = {}
        """What an execution has said to fill the silence, in the round under way."""
        self._gone: set[int] = set()
        """The stays whose bot was disconnected."""
        self._bot_is_asked = False
        """The flow waits for a bot to join, or has one."""
        self._people: set[int] = set()
        """The stays in which a person came."""
        self._person_within = PERSON_WITHIN_SECONDS
        """A watch that could not read the transcript judges by the record alone, and looks again a round later."""
        self._orphaned: tuple[float, float] | None = None
        """Since when nobody lives who holds the turn, and how long that may last."""
        self._disturbed = False
        """Something went wrong in this chat that is nobody's fault; before that, nothing may fail."""
        self._agent_was_slow = False

    # ---- telling

    def violated(self, rule: str) -> None:
        if self.violation is None:
            self.violation = rule
            self._tell(f"VIOLATION: {rule}")

    def happened(self, what: str, times: int = 1) -> None:
        self.counts[what] += times
        self._tell(what)

    def _tell(self, what: str) -> None:
        self.story.append((self.now, what))

    def told(self, what: str) -> None:
        """For the story only."""
        self._tell(what)

    def trouble(self, process: Process | None, operation: str, fate: str) -> None:
        """A call met a fate that is not its execution's fault."""
        self.counts[f"a call is {fate}"] += 1
        self._tell(f"{_name(process)}: {operation}: {fate}")
        if fate == "refused":
            self._attributes_refused = True
        if operation == "GetTranscript" and _name(process).startswith("StartBot watch"):
            self._person_within += ROUND_SECONDS
        self._excuse(process)

    def disturbed(self) -> None:
        """Something outside goes wrong, like a lost event: from now on failures are allowed."""
        self._disturbed, self._orphaned = True, None

    def hindered(self, process: Process, how: str) -> None:
        """An execution dies or is frozen."""
        self._tell(f"{process.name} {how}")
        self._excuse(process)

    def _excuse(self, process: Process | None) -> None:
        self.disturbed()
        if process is not None:
            process.troubled = True
            self._failing.pop(process, None)

    def failed(self, process: Process, retry_within: float | None) -> None:
        """An execution has died or raised; if it held the turn, another must go on within this time."""
        if not self._disturbed and self._bot_owns_the_chat:
            self.violated(f"{process.name} failed, though nothing had gone wrong")
        holds = process is self._holder and self._stays.get(process) == self._stay and self._stay not in self._gone
        if retry_within is not None and holds and self._bot_owns_the_chat:
            self._orphaned = (self.now, retry_within)

    # ---- the customer, the flow and people

    def customer_wrote(self, text: str, said: Said, kind: str, *, published: bool, carried: bool) -> None:
        since = said.at if self._sees_transcript else NEVER
        self._written[text] = Written(text, said.at, kind, published, settled=carried, since=since)
        self._names[said.id] = text
        self.happened(f"customer writes {kind}")
        self._tell(f"customer: {text}{'' if published else ' (not streamed)'}{' (to a person)' if carried else ''}")

    def bot_asked(self) -> None:
        """The flow wants a bot in the chat."""
        self._bot_is_asked = True

    def queued(self) -> None:
        """The flow has the customer: what waited is carried to a person."""
        self.happened("contact goes to a queue")
        self._all_settled()

    def flow_takes_back(self) -> None:
        self.happened("the flow takes the contact back")
        if not self._disturbed and not self._agent_was_slow:
            self.violated("the flow had to take the contact back, though nothing had gone wrong")

    def human_joined(self) -> None:
        self.happened("a person joins")
        self._people.add(self._stay)
        self._all_settled()

    def chat_ended(self, how: str) -> None:
        self.happened(f"chat ended by {how}")
        if any(not written.settled for written in self._written.values()):
            self.happened("chat ended with something unanswered")
        self._all_settled()

    def _all_settled(self) -> None:
        self._failing.clear()
        self._bot_owns_the_chat = self._bot_is_asked = False
        self._orphaned = None
        for written in self._written.values():
            written.settled = True

    def unsettled(self) -> list[Written]:
        """What somebody must still care for, and could know of."""
        return [w for w in self._written.values() if not w.settled and (self._sees_transcript or w.reached)]

    def time_is(self, now: float) -> None:
        self.now = now
        for written in self.unsettled():
            if now - written.since > self._person_within:
                self.violated(f"'{written.text}' has had no answer and no person for five minutes")
        if self._orphaned is not None and now - self._orphaned[0] > self._orphaned[1]:
            self.violated("nobody has gone on with the turn of an execution that died")
        for process, since in self._failing.items():
            if now - since > SENTENCE_WITHIN_SECONDS:
                self.violated(f"no sentence within ten seconds after the agent failed {process.name}")

    # ---- the turn

    def stay_began(self, stay: int) -> None:
        if stay != self._stay:
            self._stay, self._bot_owns_the_chat = stay, self._bot_is_asked
            if not self._bot_is_asked:
                self.happened("a bot joins so late that nobody waits for it any more")
            self.happened("a first stay" if stay == 1 else "a later stay")

    def message_reached(self, message: Message, taken: Taken | NotTaken) -> None:
        """An execution has brought this message to the record."""
        written = self._written.get(self._names.get(message.id, message.text))
        if written is not None and taken.record is not None and message in taken.record.inbox:
            written.reached = True
            written.since = min(written.since, self.now)

    def turn_taken(self, process: Process | None, stay: int) -> None:
        self._hold(process, stay, seized=False)
        self._tell(f"{_name(process)} takes the turn")

    def turn_taken_over(self, process: Process | None, stay: int) -> None:
        self._hold(process, stay, seized=False)
        self._took_over.add((process, self._held[process]))
        self.happened("a turn is taken over")
        if not self._disturbed:
            self.violated("a turn was taken over, though nothing had gone wrong")
        self._tell(f"{_name(process)} takes over")

    def _hold(self, process: Process | None, stay: int, *, seized: bool) -> None:
        if self._holder is not None and self._holder is not process:
            new_stay = self._stays.get(self._holder) != stay  # the flow has let the bot come again
            self._losses[self._holder] = Loss(self.now, seized or new_stay)
            self._failing.pop(self._holder, None)
        self._holder, self._orphaned = process, None
        self._held[process] += not seized
        if process is not None:
            self._losses.pop(process, None)
            self._stays[process] = stay
            self._filled.pop(process, None)

    def turn_released(self, process: Process | None) -> None:
        self._tell(f"{_name(process)} releases")
        if self._holder is process:
            self._holder = None

    def round_finished(self, process: Process | None) -> None:
        self.happened("messages that waited get their round")
        if process is not None:
            self._filled.pop(process, None)
        self._tell(f"{_name(process)} goes round")

    def handoff_begun(self, process: Process | None, stay: int, handoff: Handoff) -> None:
        self._hold(process, stay, seized=True)
        self._handoffs[stay] += 1
        self.happened(f"hand-off: {handoff.reason.value}")
        if self._handoffs[stay] > 1:
            self.violated(f"stay {stay} was handed off twice")

    def bot_became_human(self, process: Process | None, stay: int) -> None:
        """A stay of the bot has ended in the record."""
        by_bot = not _name(process).startswith("StartBot")  # which may give up joining
        if by_bot and self._bot_owns_the_chat and not self._handoffs[stay] and stay not in self._people:
            self.violated(f"{_name(process)} ended stay {stay}, in which nobody had taken the chat from the bot")

    def attributes_set(self, process: Process | None, attributes: Mapping[str, str]) -> None:
        self._tell(f"{_name(process)} sets {', '.join(sorted(attributes))}")
        if {OUTCOME, REASON} <= attributes.keys() and process is not None:
            self._attributes_stand.add(self._stays.get(process, self._stay))

    def streaming_stopped(self) -> None:
        self._tell("streaming stops")

    def bot_disconnected(self, process: Process | None, participant: str, attributes: Mapping[str, str]) -> None:
        stay = _stay_of(participant)
        self._gone.add(stay)
        self._orphaned = None
        self._tell(f"{_name(process)} disconnects the bot of stay {stay}")
        stands = stay in self._attributes_stand and {OUTCOME, REASON} <= attributes.keys()
        is_read = not _name(process).startswith("StartBot join")  # which tells the flow itself that it has failed
        if is_read and self._handoffs[stay] and not stands and not self._attributes_refused:
            self.violated("the bot left before the attributes of its hand-off stood")

    # ---- the agents

    def agent_asked(self, process: Process | None, number: int, texts: Sequence[str], began: Began) -> None:
        self._tell(f"{_name(process)} asks A{number}: {', '.join(texts)}")
        self._answers[number] = Answer(process, texts)
        self._roots[number] = number
        crossing = self._crosses(process, began, "asked the agent")
        order = [int(text.lstrip("m")) for text in texts if text in self._written]
        if len(order) != len(texts) or order != sorted(order):
            self.violated(f"A{number} was asked something else than what was written, in order: {texts}")
        for text in texts:
            if not crossing and text in self._written:
                self._asked(process, self._written[text])
        self._asked_last[process] = number

    def _asked(self, process: Process | None, written: Written) -> None:
        earlier, hold = written.asked_by, (process, self._held[process])
        if written.answers:
            self.violated(f"'{written.text}' was asked again, though something of its answer had been heard")
        if hold in earlier:
            last = self._answers[self._asked_last[process]]
            if not last.retryable or last.begun or earlier.count(hold) > 1:
                self.violated(f"'{written.text}' was asked again by the same execution")
            self.happened("the agent is asked once more")
        elif earlier and hold not in self._took_over:
            self.violated(f"'{written.text}' was asked again without a takeover")
        elif earlier:
            self.happened("the agent is asked again after a takeover")
        earlier.append(hold)
        if len(set(earlier)) > HOLDERS_THAT_ASK:
            self.violated(f"'{written.text}' was asked by {len(set(earlier))} executions")

    def agent_resumed(self, process: Process | None, number: int, texts: Sequence[str]) -> None:
        self._answers[number] = Answer(process, texts, begun=True)
        self._roots[number] = self._roots[self._asked_last[process]]
        self.happened("a control is answered and the agent goes on")

    def agent_is_slow(self) -> None:
        self.happened("agent takes long")
        self._agent_was_slow = True

    def agent_answers(self, process: Process | None, number: int) -> None:
        self._answers[self._roots[number]].begun = True

    def agent_failed(self, process: Process | None, how: str, *, retryable: bool = False) -> None:
        self.happened(f"agent {how}")
        self._agent_was_slow = self._agent_was_slow or how == "hangs"
        if process in self._asked_last:
            self._answers[self._asked_last[process]].retryable = retryable
        if self._bot_owns_the_chat and process is not None and not process.troubled and process is self._holder:
            self._failing[process] = self.now

    # ---- what was heard

    def send_begins(self, process: Process | None) -> Began:
        return self.now, process is not None and process in self._losses

    def _crosses(self, process: Process | None, began: Began, what: str) -> bool:
        """Whether somebody else has the turn by now; what began when that could be known must not happen at all."""
        loss = self._losses.get(process) if process is not None else None
        if loss is None:
            return False
        moment, had_lost = began
        if had_lost and (not loss.seized or moment - loss.at > FENCE_CLOSES_AFTER_SECONDS):
            self.violated(f"{_name(process)} {what}, though it had lost the turn")
        self.happened("a send crosses a hand-over" if loss.seized else "a call crosses a takeover")
        return True

    def bot_said(self, process: Process | None, participant: str, text: str, began: Began) -> None:
        self._tell(f"{_name(process)} says: {SENTENCES.get(text, text)}")
        stay = _stay_of(participant)
        crossing = self._crosses(process, began, "spoke")
        if process is not None and self._stays.get(process, stay) != stay:
            self.violated(f"{process.name} of stay {self._stays[process]} spoke with the token of stay {stay}")
        if self._closings[stay] and not crossing:
            self.violated("the bot spoke after its closing sentence")
        self._failing.clear()
        parts = [(int(number), int(part)) for number, part in PART.findall(text)]
        if parts:
            self._heard_parts(parts, crossing=crossing)
        elif text in SENTENCES:
            self._heard_sentence(SENTENCES[text], process, stay, crossing=crossing)
        else:
            self.violated(f"the bot said what nobody gave it: {text!r}")

    def _heard_parts(self, parts: Iterable[tuple[int, int]], *, crossing: bool) -> None:
        for number, part in parts:
            answer, root = self._answers[number], self._roots[number]
            if part <= answer.last_heard:
                self.violated(f"A{number}p{part} was heard again or out of order")
            answer.last_heard = part
            self._settle(answer.texts)
            if crossing:
                continue
            if root != self._speaking:
                self._spoken.add(self._speaking)
                self._speaking = root
                self.happened("an answer is heard")
            if root in self._spoken:
                self.violated(f"A{root} was spoken between the parts of another answer")
            for written in (self._written[text] for text in answer.texts):
                written.answers.add(root)
                if len(written.answers) > 1:
                    self.violated(f"'{written.text}' was answered twice")

    def _heard_sentence(self, key: str, process: Process | None, stay: int, *, crossing: bool) -> None:
        self.happened(f"sentence: {key}")
        if key == "greeting":
            self._greetings[stay] += 1
            if self._greetings[stay] > 1:
                self.violated("the bot greeted twice")
        elif key in ABOUT_THE_MESSAGE:
            self._settle(w.text for w in self._written.values() if w.kind == key and w.reached)
        elif key in ABOUT_THE_ANSWER and process in self._asked_last:
            self._settle(self._answers[self._asked_last[process]].texts)
        elif key in FILLING and process is not None:
            filled = self._filled.setdefault(process, set())
            if key in filled:
                self.violated(f"'{key}' was said twice in a round")
            filled.add(key)
        elif key == "partly_heard":
            self._settle(w.text for w in self._written.values() if w.reached)
        elif text_closes(key) and not crossing:
            self._closings[stay] += 1
            if self._closings[stay] > 1:
                self.violated("the closing sentence was said twice")

    def _settle(self, texts: Iterable[str]) -> None:
        for text in texts:
            if text in self._written:
                self._written[text].settled = True


def text_closes(key: str) -> bool:
    return key in CLOSING or key in CLOSING_LATE


def _name(process: Process | None) -> str:
    return process.name if process is not None else "beside"


def _stay_of(participant: str) -> int:
    return int(participant.rsplit("-", 2)[1])
