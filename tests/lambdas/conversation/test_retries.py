"""What is tried again, how often, and how long the pauses are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lambdas.conversation import retries
from lambdas.conversation.effects import Disconnect, Effect, Pause
from lambdas.conversation.errors import (
    AttributesRefused,
    ChatError,
    ChatThrottled,
    ConnectionRefused,
    HandoffError,
    RecordUnavailable,
)
from lambdas.conversation.retries import LEAVING, SPEAKING, Retry, insist, insist_on
from tests.fakes import ManualClock
from tests.stage import Stage

THROTTLED = ChatThrottled("SendMessage", "ThrottlingException")
BROKEN = ChatError("SendMessage", "InternalServerException", retryable=True)
TABLE = {name: value for name, value in vars(retries).items() if isinstance(value, Retry)}
ALMOST_ONE = 0.999


@dataclass
class Call:
    """Fails as it is told, then succeeds."""

    failures: list[HandoffError]
    tried: int = 0

    def __call__(self) -> str:
        self.tried += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def made(call: Call, retry: Retry = SPEAKING, *, seconds: float = 600.0, jitter: float = 0.5) -> ManualClock:
    """The call as StartBot makes it; the clock knows the pauses."""
    clock = ManualClock()
    insist_on(call, retry, clock=clock, random=lambda: jitter, until=clock.now() + seconds)
    return clock


@pytest.mark.parametrize("failure", [THROTTLED, BROKEN, RecordUnavailable("InternalServerError")])
def test_what_may_pass_is_tried_again(failure: HandoffError) -> None:
    """A hiccup is nobody's business."""
    call = Call([failure])

    made(call)

    assert call.tried == 2


@pytest.mark.parametrize(
    "failure",
    [
        ChatError("SendMessage", "ValidationException"),
        ConnectionRefused("SendMessage", "AccessDeniedException"),
        AttributesRefused("UpdateContactAttributes", "InvalidRequestException"),
    ],
)
def test_what_will_not_pass_is_tried_once(failure: ChatError) -> None:
    """The same question gets the same answer."""
    call = Call([failure])

    with pytest.raises(type(failure)):
        made(call)

    assert call.tried == 1


def test_a_call_that_gets_no_answer_is_tried_a_few_times() -> None:
    """Something is broken; Lambda's next try, or a person, does better."""
    call = Call([BROKEN] * 20)

    with pytest.raises(ChatError):
        made(call)

    assert call.tried == SPEAKING.tries


def test_a_throttled_call_is_tried_for_as_long_as_there_is_time() -> None:
    """The quota is there for everybody, and it comes back."""
    call = Call([THROTTLED] * 50)

    assert made(call, seconds=3_600).slept != []
    assert call.tried == 51


def test_no_pause_goes_beyond_the_time_there_is() -> None:
    """Whoever waits for the whole of it needs what is left."""
    call, clock = Call([THROTTLED] * 50), ManualClock()
    until = clock.now() + 20

    with pytest.raises(ChatThrottled):
        insist_on(call, SPEAKING, clock=clock, random=lambda: ALMOST_ONE, until=until)

    assert clock.now() < until


@pytest.mark.parametrize("retry", TABLE.values(), ids=TABLE)
def test_pauses_double_up_to_a_limit_and_chance_shortens_them(retry: Retry) -> None:
    """Without chance all who were refused together would come back together."""
    longest = [retry.pause_seconds(failures, lambda: ALMOST_ONE) for failures in range(1, 12)]

    assert longest[0] == pytest.approx(retry.first_pause_seconds, rel=0.01)
    assert longest[1] == pytest.approx(min(2 * retry.first_pause_seconds, retry.longest_pause_seconds), rel=0.01)
    assert longest[-1] == pytest.approx(retry.longest_pause_seconds, rel=0.01)
    assert retry.pause_seconds(3, lambda: 0.0) == 0.0
    assert retry.pause_seconds(10_000, lambda: ALMOST_ONE) <= retry.longest_pause_seconds


def test_fifty_chats_that_speak_at_once_are_spread_over_the_quota() -> None:
    """Ten a second, fifteen at once: nobody waits much longer than the quota makes them wait."""
    numbers = _chance()
    due = [(0.0, chat, 0) for chat in range(50)]
    left, at, calls, last = 15.0, 0.0, 0, 0.0
    while due:
        due.sort()
        now, chat, failures = due.pop(0)
        left, at, calls = min(15.0, left + (now - at) * 10.0), now, calls + 1
        if left >= 1:
            left, last = left - 1, now
        else:
            due.append((now + SPEAKING.pause_seconds(failures + 1, lambda: next(numbers)), chat, failures + 1))

    assert last < 15  # 3.5 s if somebody told them when
    assert calls < 50 * 5


def test_a_step_of_a_turn_is_tried_again_after_a_pause() -> None:
    """Every try is a step of its own, so that the fence is asked before each and a test can stop between them."""
    steps = insist(Disconnect(), LEAVING, Stage().world(), until=1e12)
    seen: list[Effect[object]] = [next(steps), steps.throw(THROTTLED), next(steps)]

    assert seen == [Disconnect(), Pause(LEAVING.first_pause_seconds / 2), Disconnect()]
    with pytest.raises(StopIteration):
        next(steps)


def _chance() -> Iterator[float]:
    """Numbers that look like chance and are the same in every run."""
    number = 1
    while True:
        number = number * 48_271 % 2_147_483_647
        yield number / 2_147_483_647
