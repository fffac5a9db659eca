"""The register of all chats: finds contacts, publishes items, lets participants in and out, ends chats.

The kernel below the operations (`local/participant_calls.py`, `local/chat.py`); no operation of AWS is here. Rule:
state is changed first and told afterwards, so a listener that calls back finds the new state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypedDict, TypeVar

from local.contact import Contact, Move, Queue, State
from local.happenings import AgentConnected, ContactEnded, Happening, ItemAdded, Listeners, ParticipantLeft
from local.open_points import OpenPoints
from local.participants import Participant, Presence, Role, Step
from local.quotas import Quotas
from local.tokens import Tokens
from local.transcript import CHAT_ENDED, JOINED, LEFT, Author, Item
from local.wire import AwsError, iso8601

ENDS_WITH: Final = {Role.CUSTOMER: "CUSTOMER_DISCONNECT", Role.AGENT: "AGENT_DISCONNECT"}
"""The DisconnectReason when a participant's leaving ends the chat. Source: contact record data model, 2026-11."""

Result = TypeVar("Result")


class Stamp(TypedDict):
    """What every new item gets."""

    item_id: str
    absolute_time: str
    contact_id: str
    initial_contact_id: str


class Register:
    """All chats of one instance, in memory.

    `clock_now` gives seconds since the epoch, `new_id` an unguessable id, `knows_flow` whether a ContactFlowId exists.
    Time limits are looked at whenever a contact is, so nothing here waits.
    """

    def __init__(
        self,
        instance_arn: str,
        clock_now: Callable[[], float],
        new_id: Callable[[], str],
        listeners: Listeners,
        *,
        quotas: bool = False,
        knows_flow: Callable[[str], bool] | None = None,
        open_points: OpenPoints | None = None,
    ) -> None:
        self.instance_arn = instance_arn
        self.instance_id = instance_arn.rpartition("/")[2]
        self.listeners = listeners
        self.default_queue_arn = f"{instance_arn}/queue/{new_id()}"
        self.queues: dict[str, Queue] = {self.default_queue_arn: Queue("BasicQueue")}
        self.open_points = open_points or OpenPoints()
        self._now = clock_now
        self._new_id = new_id
        self._quotas = Quotas(clock_now) if quotas else None
        self._knows_flow = knows_flow or (lambda _: True)
        self._tokens = Tokens(clock_now, new_id)
        self._contacts: dict[str, Contact] = {}
        self._results: dict[tuple[str, str, str], Any] = {}

    def admit(self, operation: str) -> bool:
        """Whether the rate of `operation` allows one more call now; always, when quotas are off."""
        return self._quotas is None or self._quotas.take(operation)

    def _find(self, contact_id: str) -> Contact:
        """The contact, with what time has done to it; raises ResourceNotFoundException."""
        contact = self._contacts.get(contact_id)
        if contact is None:
            raise AwsError("ResourceNotFoundException", "The contact is unknown to this instance")
        self._settle(contact)
        return contact

    def _find_live(self, contact_id: str) -> Contact:
        contact = self._find(contact_id)
        if contact.has_ended:
            raise AwsError("InvalidRequestException", "The contact has ended")
        return contact

    def _settle(self, contact: Contact) -> None:
        """Apply every time limit that has passed."""
        if contact.has_ended:
            return
        now = self._now()
        for participant in contact.participants.values():
            if participant.is_overdue(now):
                participant.move(Step.EXPIRE)
                if participant.role is Role.AGENT:
                    contact.move(Move.RETURN)
        if now >= contact.expires_at:
            self._end(contact, "EXPIRED")

    def _once(self, operation: str, scope: str, client_token: str | None, act: Callable[[], Result]) -> Result:
        """Act once per client token; a repeated call gets the first result, however late (AWS states no window)."""
        if not client_token:
            return act()
        key = (operation, scope, client_token)
        if key not in self._results:
            self._results[key] = act()
        result: Result = self._results[key]
        return result

    def _stamp(self, contact: Contact) -> Stamp:
        return {
            "item_id": self._new_id(),
            "absolute_time": iso8601(self._now()),
            "contact_id": contact.contact_id,
            "initial_contact_id": contact.initial_contact_id,
        }

    def _publish(self, contact: Contact, item: Item, *, is_recorded: bool = True, is_streamed: bool = True) -> Item:
        """Show an item to everyone it is meant for and, unless told otherwise, keep it in the transcript."""
        if is_recorded:
            contact.transcript.add(item)
        contact.updated_at = self._now()
        self._tell(
            ItemAdded(
                contact_id=contact.contact_id,
                item=item.published(),
                visibility=item.visibility,
                streaming_topics=self._topics(contact) if is_streamed else (),
            )
        )
        return item

    def _topics(self, contact: Contact) -> tuple[str, ...]:
        if contact.state is State.WITH_AGENT and not self.open_points.streams_beside_agent:
            return ()
        return tuple(dict.fromkeys(contact.streams.values()))

    def _tell(self, happening: Happening) -> None:
        self.listeners.tell(happening)

    def _invite(self, contact: Contact, role: Role, display_name: str) -> Participant:
        participant = Participant(
            participant_id=self._new_id(), role=role, display_name=display_name, invited_at=self._now()
        )
        contact.participants[participant.participant_id] = participant
        return participant

    def _join(self, contact: Contact, participant: Participant) -> None:
        """Count an admitted participant as connected; an agent who connects removes the custom participant."""
        if participant.presence is Presence.CONNECTED:
            return
        participant.move(Step.CONNECT)
        participant.connected_at = self._now()
        is_agent = participant.role is Role.AGENT
        if is_agent:
            contact.move(Move.ANSWER)
            contact.connected_at = participant.connected_at
        removed = self._remove_custom_participant(contact) if is_agent else None
        self._announce(contact, participant, JOINED)
        if removed:
            self._announce(contact, removed, LEFT)
            self._tell_left(contact, removed)
        if is_agent:
            self._tell(AgentConnected(contact_id=contact.contact_id, display_name=participant.display_name))

    def _remove_custom_participant(self, contact: Contact) -> Participant | None:
        removed = contact.present(Role.CUSTOM_BOT)
        if removed:
            removed.move(Step.LEAVE)
        return removed

    def _leave(self, contact: Contact, participant: Participant) -> None:
        """Disconnect a participant, and end the chat if that one's leaving ends it.

        A customer who leaves an agent ends only the own side, unless the chat was started with
        DisconnectOnCustomerExit: the agent stays until leaving too. `chat.ended` then goes to the customer alone,
        because ChatJS 4 and newer close the session on that item only; whether AWS sends it then is unconfirmed.
        """
        participant.move(Step.LEAVE)
        contact.customer_left = contact.customer_left or participant.role is Role.CUSTOMER
        reason = self._ends_with(contact, participant)
        self._announce(contact, participant, LEFT)
        if reason:
            self._close(contact, reason)
        elif participant.role is Role.CUSTOMER:
            farewell = Item(**self._stamp(contact), type="EVENT", content_type=CHAT_ENDED, visibility="CUSTOMER")
            self._publish(contact, farewell, is_recorded=False, is_streamed=False)
        self._tell_left(contact, participant)
        if reason:
            self._tell(ContactEnded(contact_id=contact.contact_id, reason=reason))

    def _ends_with(self, contact: Contact, leaver: Participant) -> str | None:
        if leaver.role is Role.CUSTOMER and contact.state is State.WITH_AGENT and not contact.disconnects_agent:
            return None
        return ENDS_WITH[Role.CUSTOMER] if contact.customer_left else ENDS_WITH.get(leaver.role)

    def _end(self, contact: Contact, reason: str) -> None:
        self._close(contact, reason)
        self._tell(ContactEnded(contact_id=contact.contact_id, reason=reason))

    def _close(self, contact: Contact, reason: str) -> None:
        """The end, for everybody; listeners are told by the caller."""
        contact.move(Move.END)
        contact.ended_at = self._now()
        contact.end_reason = reason
        self._publish(contact, Item(**self._stamp(contact), type="EVENT", content_type=CHAT_ENDED))

    def _announce(self, contact: Contact, participant: Participant, event: str) -> None:
        author = Author.of(participant)
        self._publish(contact, Item(**self._stamp(contact), type="EVENT", content_type=event, author=author))

    def _tell_left(self, contact: Contact, participant: Participant) -> None:
        self._tell(
            ParticipantLeft(
                contact_id=contact.contact_id,
                participant_id=participant.participant_id,
                role=participant.role.value,
            )
        )
