"""What StartBot does for the flow: join, watch, leave, and count a chat that found nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.adapters.performer import Performer
from lambdas.conversation.contact import State, TurnRecord
from lambdas.conversation.errors import LeaseLost
from lambdas.conversation.handoff import Policy, Reason
from lambdas.conversation.leaving import take_back
from lambdas.conversation.phrases import language_of
from lambdas.conversation.ports import Clock
from lambdas.conversation.stay import Arrival, Reception, join, leave_quietly, watch
from lambdas.conversation.world import Rules, World
from lambdas.start_bot.events import FlowEvent

Report = Callable[[str], None]
LEAVE_SECONDS = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBot:
    """StartBot with everything it needs for one invocation."""

    reception: Reception
    policy: Policy
    language: str
    told_attributes: tuple[str, ...]
    report: Report

    def act(self, event: FlowEvent) -> dict[str, str]:
        """The flow's answer: flat, strings only, as STRING_MAP requires."""
        match event.action:
            case "join":
                return {"status": "joined" if self._join(event) else "failed"}
            case "watch":
                return {"status": watch(event.chat.initial_contact_id, self.reception)}
            case "leave":
                self._leave(event)
                return {"status": "left"}
            case _:
                self.report("ChatsEndedWithoutAPerson")
                return {"status": "counted"}

    def _join(self, event: FlowEvent) -> bool:
        arrival = Arrival(
            chat=event.chat,
            language=language_of(event.attributes.get("language"), event.language_code, self.language),
            subtype=event.subtype,
            told={name: event.attributes[name] for name in self.told_attributes if name in event.attributes},
            initial_message=event.initial_message,
        )
        joined = join(arrival, self.reception)
        self.report("BotJoined" if joined else "BotCouldNotJoin")
        return joined

    def _leave(self, event: FlowEvent) -> None:
        clock = self.reception.clock
        record = self.reception.stays.read(event.chat.initial_contact_id, now=clock.now())
        if record is None or record.state in {State.HUMAN, State.ENDED}:
            return
        if record.state is State.JOINING:
            leave_quietly(record, self.reception)
            return
        try:
            self._take_back(record, event)
        except LeaseLost:
            self._leave(event)  # the contact has moved on since it was read: look again at what is left to do

    def _take_back(self, record: TurnRecord, event: FlowEvent) -> None:
        clock = self.reception.clock
        reason = Reason.UNANSWERED if event.reason == Reason.UNANSWERED.value else Reason.FLOW_ERROR
        world = World(
            rules=Rules(),
            policy=self.policy,
            now=clock.now,
            new_id=self.reception.new_id,
            random=self.reception.random,
            ends_at=clock.now() + LEAVE_SECONDS,
        )
        with self._performer(clock) as performer:
            performer.record = record
            performer.perform(take_back(record, reason, world))

    def _performer(self, clock: Clock) -> Performer:
        reception = self.reception
        return Performer(
            stays=reception.stays,
            room=reception.room,
            clock=clock,
            owner=reception.new_id(),
            random=reception.random,
            may_read_transcript=reception.may_read_transcript,
            report=self.report,
        )
