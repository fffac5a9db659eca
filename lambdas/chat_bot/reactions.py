"""What ChatBot does about each record: one straight line from the parsed event to the turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lambdas.adapters.performer import Explain, Performer, Report
from lambdas.adapters.rush import Rush
from lambdas.chat_bot.events import ChatEnded, CustomerSpoke, HumanJoined, Irrelevant, parse
from lambdas.conversation.closing import chat_ended, human_joined
from lambdas.conversation.contact import State, TurnRecord
from lambdas.conversation.effects import EndSession
from lambdas.conversation.handoff import Policy, Reason
from lambdas.conversation.leaving import let_go
from lambdas.conversation.ports import Agents, Clock, Room, Stays
from lambdas.conversation.turn import react
from lambdas.conversation.world import Rules, World

WITH_THE_BOT = frozenset({State.BOT, State.HANDING_OFF})
"""In every other state the bot has left and stopped its streaming."""
WITHOUT_AGENTS = frozenset({Reason.UNANSWERED, Reason.FLOW_ERROR, Reason.RESCUED})
"""Why StartBot and RescueBot hand over, who have no agents whose session they could end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatBot:
    """ChatBot with everything it needs; `new_id` makes unguessable ids."""

    stays: Stays
    room: Room
    agents: Agents
    policy: Policy
    rules: Rules
    may_read_transcript: bool
    new_id: Callable[[], str]
    random: Callable[[], float]
    rush: Rush = field(default_factory=Rush)

    def handle(
        self, record: object, *, clock: Clock, ends_at: float, report: Report, explain: Explain = lambda _: None
    ) -> None:
        """React to one record of an SNS event. `ends_at` (epoch seconds) is when this execution will be stopped."""
        match parse(record):
            case CustomerSpoke(contact_id, message):
                with self._performer(clock, report, explain) as performer:
                    performer.perform(react(contact_id, message, self._world(clock, ends_at)))
            case HumanJoined(contact_id, at):
                self._human_joined(contact_id, at, clock, report)
            case ChatEnded(contact_id):
                self._chat_ended(contact_id, clock, report)
            case Irrelevant():
                report("IrrelevantEvents")

    def _performer(self, clock: Clock, report: Report, explain: Explain = lambda _: None) -> Performer:
        return Performer(
            stays=self.stays,
            room=self.room,
            agents=self.agents,
            clock=clock,
            owner=self.new_id(),
            may_read_transcript=self.may_read_transcript,
            report=report,
            explain=explain,
            rush=self.rush,
            random=self.random,
        )

    def _world(self, clock: Clock, ends_at: float) -> World:
        return World(
            rules=self.rules,
            policy=self.policy,
            now=clock.now,
            new_id=self.new_id,
            random=self.random,
            ends_at=ends_at,
        )

    def _human_joined(self, contact_id: str, at: float, clock: Clock, report: Report) -> None:
        before = human_joined(contact_id, at, self.stays, clock)
        if before is not None and before.state in WITH_THE_BOT:
            with self._performer(clock, report) as performer:
                performer.record = before
                performer.perform(let_go(before))
        elif before is not None and _left_a_session(before):
            self._end_session(before, clock, report)

    def _chat_ended(self, contact_id: str, clock: Clock, report: Report) -> None:
        before = chat_ended(contact_id, self.stays, clock)
        if before is None:
            return
        if before.state is State.BOT:
            report("ChatsEndedWithTheBot")
        if before.state in WITH_THE_BOT or _left_a_session(before):
            self._end_session(before, clock, report)

    def _end_session(self, record: TurnRecord, clock: Clock, report: Report) -> None:
        with self._performer(clock, report) as performer:
            performer.end_session(EndSession(record.session.id))


def _left_a_session(record: TurnRecord) -> bool:
    return record.state is State.HUMAN and record.handoff is not None and record.handoff.reason in WITHOUT_AGENTS
