"""SNS between Connect and Lambda: what a chat publishes, filtered by the template's policy, as true SNS events.

It has no order and no memory, like a standard topic; a test can make it deliver twice, late or in another order by its
switches, and decide the fate of a single event, also of one that a function hands to another. Rule: what the filter
lets through is handed to Lambda's queue; from there on failures are Lambda's to retry.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.sns.utils import FilterPolicyMatcher

from local.clock import Clock
from local.happenings import Happening, ItemAdded
from local.intrinsics import ACCOUNT
from local.template import Subscription
from local.wire import iso8601
from local.workers import contact_of

_FROM_ITEM: Final = ("InitialContactId", "ContactId", "ParticipantRole", "Type", "ContentType")

_EVENT_PREFIX: Final = "application/vnd.amazonaws.connect.event."
KEPT_DELIVERIES: Final = 2_000

Invoke = Callable[[str, Mapping[str, Any]], None]
"""Gives an event to Lambda's queue for the function of this ARN."""
Redrive = Callable[[str, str], None]
"""Puts a text into the SQS queue of this ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one event on its way to Lambda's queue."""

    arrives_after: tuple[float, ...] = (0.0,)
    """Seconds of the stack's clock, one for each time that it arrives; none loses it."""
    after_the_next: bool = False
    """It is overtaken by the next event of its chat, or waits for `arrives_after` if none comes."""


@dataclass(slots=True, kw_only=True)
class Chosen:
    """The event that a fate is for: the `nth` of its kind in a chat from now on. `met` says whether it came."""

    kind: str
    contact_id: str
    fate: Fate
    nth: int = 1
    met: bool = False

    def is_it(self, kind: str, contact_id: str | None) -> bool:
        """Whether this event is the one; called once for each."""
        if self.met or (kind, contact_id) != (self.kind, self.contact_id):
            return False
        self.nth -= 1
        self.met = self.nth == 0
        return self.met


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event that was to be delivered, whatever became of it."""

    kind: str
    contact_id: str | None


@dataclass(slots=True)
class _Overtaken:
    """An event that waits for the next one of its chat."""

    function_arn: str
    event: Mapping[str, Any]
    contact_id: str | None
    has_gone: bool = False


@dataclass(slots=True)
class DeliverySwitches:
    """What SNS may do and a test can make it do. `held` are the deliveries kept back while `hold` is on."""

    copies: int = 1
    """How often each event is delivered, each time with the same body and another MessageId; 0 loses it."""
    delay_seconds: float = 0.0
    """By the stack's clock."""
    refused: bool = False
    """Lambda accepts no event, for good: what the subscription's dead-letter queue is for."""
    hold: bool = False
    held: list[tuple[Subscription, dict[str, Any]]] = field(default_factory=list)
    chosen: list[Chosen] = field(default_factory=list)

    def decide(self, kind: str, fate: Fate, *, contact_id: str, nth: int = 1) -> Chosen:
        """Choose the fate of one event."""
        self.chosen.append(Chosen(kind=kind, contact_id=contact_id, fate=fate, nth=nth))
        return self.chosen[-1]

    def fate_of(self, kind: str, contact_id: str | None) -> Fate | None:
        """The fate chosen for an event that has come; each choice is good for one."""
        found = [chosen for chosen in self.chosen if chosen.is_it(kind, contact_id)]
        return found[0].fate if found else None


class Delivery:
    """Listens to the chats. `subscriptions` may be replaced when the template changes."""

    def __init__(
        self, *, invoke: Invoke, redrive: Redrive, clock: Clock, new_id: Callable[[], str], instance_id: str
    ) -> None:
        self._invoke = invoke
        self._redrive = redrive
        self._clock = clock
        self._new_id = new_id
        self._instance_id = instance_id
        self._late: set[asyncio.Task[None]] = set()
        self._overtaken: list[_Overtaken] = []
        self.recorded: deque[Delivered] = deque(maxlen=KEPT_DELIVERIES)
        self.subscriptions: tuple[Subscription, ...] = ()
        self.switches = DeliverySwitches()

    def hear(self, happening: Happening) -> None:
        """The listener: publish what was added to a chat to the topics it streams to."""
        if isinstance(happening, ItemAdded):
            for topic_arn in happening.streaming_topics:
                self._publish(topic_arn, happening)

    def release(self, *, order: Callable[[Iterable[Any]], Iterable[Any]] = list) -> None:
        """Stop holding, and deliver what was held; `order` may be `reversed`."""
        self.switches.hold = False
        held, self.switches.held = self.switches.held, []
        for subscription, event in order(held):
            self.deliver(subscription.function_arn, event)

    def deliver(self, function_arn: str, event: Mapping[str, Any]) -> None:
        """Hand an event to Lambda's queue, unless another fate was chosen for it."""
        kind, contact_id = kind_of(event), contact_of(event)
        self.recorded.append(Delivered(kind, contact_id))
        fate = self.switches.fate_of(kind, contact_id) or Fate()
        if fate.after_the_next:
            self._overtaken.append(overtaken := _Overtaken(function_arn, event, contact_id))
            for seconds in fate.arrives_after:
                self._later(seconds, lambda: self._go_on(overtaken))
            return
        for seconds in fate.arrives_after:
            if seconds:
                self._later(seconds, lambda: self._invoke(function_arn, event))
            else:
                self._invoke(function_arn, event)
        for each in [each for each in self._overtaken if each.contact_id == contact_id]:
            self._go_on(each)

    def _go_on(self, overtaken: _Overtaken) -> None:
        if not overtaken.has_gone:
            overtaken.has_gone = True
            self._overtaken.remove(overtaken)
            self._invoke(overtaken.function_arn, overtaken.event)

    async def close(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    def _publish(self, topic_arn: str, added: ItemAdded) -> None:
        message = json.dumps(dict(added.item), ensure_ascii=False)
        attributes = self._attributes(added)
        for subscription in self.subscriptions:
            if subscription.topic_arn == topic_arn and _passes(subscription, attributes, message):
                for _ in range(self.switches.copies):
                    self._deliver(subscription, self._event(subscription, message, attributes))

    def _attributes(self, added: ItemAdded) -> dict[str, dict[str, str]]:
        values = {name: added.item[name] for name in _FROM_ITEM if added.item.get(name)}
        values |= {"InstanceId": self._instance_id, "AccountId": ACCOUNT, "MessageVisibility": added.visibility}
        return {name: {"Type": "String", "Value": str(value)} for name, value in values.items()}

    def _event(
        self, subscription: Subscription, message: str, attributes: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        region = subscription.topic_arn.split(":")[3]
        notification = {
            "Type": "Notification",
            "MessageId": self._new_id(),
            "TopicArn": subscription.topic_arn,
            "Subject": None,
            "Message": message,
            "Timestamp": iso8601(self._clock.now()),
            "SignatureVersion": "1",
            "Signature": "local",
            "SigningCertUrl": f"https://sns.{region}.amazonaws.com/local.pem",
            "UnsubscribeUrl": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe",
            "MessageAttributes": dict(attributes),
        }
        return {
            "Records": [
                {
                    "EventSource": "aws:sns",
                    "EventVersion": "1.0",
                    "EventSubscriptionArn": f"{subscription.topic_arn}:local",
                    "Sns": notification,
                }
            ]
        }

    def _deliver(self, subscription: Subscription, event: dict[str, Any]) -> None:
        if self.switches.refused:
            self._give_up(subscription, event)
        elif self.switches.hold:
            self.switches.held.append((subscription, event))
        elif self.switches.delay_seconds:
            self._later(self.switches.delay_seconds, lambda: self.deliver(subscription.function_arn, event))
        else:
            self.deliver(subscription.function_arn, event)

    def _give_up(self, subscription: Subscription, event: Mapping[str, Any]) -> None:
        """Without a dead-letter queue the event is lost, as in AWS."""
        if subscription.dead_letter_arn is not None:
            [record] = event["Records"]
            self._redrive(subscription.dead_letter_arn, json.dumps(_for_queue(record["Sns"])))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        """By the stack's clock."""

        async def wait() -> None:
            await self._clock.sleep(seconds)
            act()

        late = asyncio.get_running_loop().create_task(wait())
        self._late.add(late)
        late.add_done_callback(self._late.discard)


def kind_of(event: Mapping[str, Any]) -> str:
    """Who did what, as a test names it: `CUSTOMER MESSAGE`, `AGENT participant.joined`; `early` is StartBot's."""
    match event:
        case {"Records": [{"Sns": {"Message": str(message), **rest}}, *_]}:
            item = _object(message)
        case _:
            return "other"
    if "MessageAttributes" not in rest:
        return "early message"  # handed over by a function: SNS would have told its attributes
    what = str(item.get("Type", ""))
    if what == "EVENT":
        what = str(item.get("ContentType", "")).removeprefix(_EVENT_PREFIX)
    return f"{item.get('ParticipantRole', '')} {what}".strip()


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _for_queue(notification: Mapping[str, Any]) -> dict[str, Any]:
    """The notification as SNS writes it into a queue, also of a function's subscription: other names, no empty subject.

    As LocalStack's tests recorded it from AWS (test_redrive_policy_lambda_subscription, recorded 2023-08).
    """
    renamed = {"SigningCertUrl": "SigningCertURL", "UnsubscribeUrl": "UnsubscribeURL"}
    return {renamed.get(name, name): value for name, value in notification.items() if value is not None}


def _passes(subscription: Subscription, attributes: Mapping[str, Mapping[str, str]], message: str) -> bool:
    matcher = FilterPolicyMatcher(dict(subscription.filter_policy), subscription.filter_policy_scope)
    return bool(matcher.matches(dict(attributes), message))
