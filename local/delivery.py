"""SNS between Connect and Lambda: what a chat publishes, filtered by the template's policy, as true SNS events.

It has no order and no memory, like a standard topic; a test can make it deliver twice, late or in another order by its
switches. Rule: what the filter lets through is handed to Lambda's queue; from there on failures are Lambda's to retry.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.sns.utils import FilterPolicyMatcher

from local.clock import Clock
from local.happenings import Happening, ItemAdded
from local.intrinsics import ACCOUNT
from local.template import Subscription
from local.wire import iso8601

_FROM_ITEM: Final = ("InitialContactId", "ContactId", "ParticipantRole", "Type", "ContentType")

Invoke = Callable[[str, Mapping[str, Any]], None]
"""Gives an event to Lambda's queue for the function of this ARN."""


@dataclass(slots=True)
class DeliverySwitches:
    """What SNS may do and a test can make it do. `held` are the deliveries kept back while `hold` is on."""

    copies: int = 1
    """How often each event is delivered, each time with the same body and another MessageId; 0 loses it."""
    delay_seconds: float = 0.0
    """By the stack's clock."""
    hold: bool = False
    held: list[tuple[Subscription, dict[str, Any]]] = field(default_factory=list)


class Delivery:
    """Listens to the chats. `subscriptions` may be replaced when the template changes."""

    def __init__(self, *, invoke: Invoke, clock: Clock, new_id: Callable[[], str], instance_id: str) -> None:
        self._invoke = invoke
        self._clock = clock
        self._new_id = new_id
        self._instance_id = instance_id
        self._late: set[asyncio.Task[None]] = set()
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
            self._invoke(subscription.function_arn, event)

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
        if self.switches.hold:
            self.switches.held.append((subscription, event))
        elif self.switches.delay_seconds:
            late = asyncio.get_running_loop().create_task(self._deliver_late(subscription, event))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        else:
            self._invoke(subscription.function_arn, event)

    async def _deliver_late(self, subscription: Subscription, event: dict[str, Any]) -> None:
        await self._clock.sleep(self.switches.delay_seconds)
        self._invoke(subscription.function_arn, event)


def _passes(subscription: Subscription, attributes: Mapping[str, Mapping[str, str]], message: str) -> bool:
    matcher = FilterPolicyMatcher(dict(subscription.filter_policy), subscription.filter_policy_scope)
    return bool(matcher.matches(dict(attributes), message))
