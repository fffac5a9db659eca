"""The histories that are known by name, played step by step; each ends badly once its safeguard is taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from lambdas.conversation.contact import State
from tests.model import agents, broken, record
from tests.model.connect import LOST
from tests.model.functions import Manners
from tests.model.scene import FREEZES_SECONDS, STALLS_SECONDS, Move, Parts, Scene

FREEZE_A_WHILE = FREEZES_SECONDS.index(12.0)
FREEZE_LONG = FREEZES_SECONDS.index(40.0)
FREEZE_SHORTLY = FREEZES_SECONDS.index(3.0)
LONGER_THAN_THE_LEASE = STALLS_SECONDS.index(31.0)
MOST_STEPS = 500


class Script:
    """A scene that is played until something happens."""

    def __init__(self, parts: Parts, manners: Manners | None = None) -> None:
        self.scene = Scene(manners or Manners(), parts)

    def does(self, name: str, who: int = 0, what: int = 0) -> None:
        self.scene.play(Move(name, who, what))

    def goes_until(self, happening: str) -> None:
        """On and on, until this is told anew."""
        told = len(self.scene.judge.story)
        self._goes_while(lambda: not any(happening in what for _, what in self.scene.judge.story[told:]), happening)

    def goes_before(self, operation: str) -> None:
        """On and on, until an execution is about to call this."""
        tasks = self.scene.tasks
        self._goes_while(lambda: all(task.point.operation != operation for task in tasks.ready()), operation)

    def _goes_while(self, missing: Callable[[], bool], what: str) -> None:
        for _ in range(MOST_STEPS):
            if not missing():
                return
            self.does("goes_on")
        raise AssertionError(f"it never came to this: {what}{self.scene.as_told()}")

    def a_bot_joins(self) -> None:
        self.does("begins")
        self.goes_until("sentence: greeting")
        self._goes_while(lambda: bool(self.scene.running), "StartBot is done")

    def customer_writes(self) -> None:
        self.does("customer_writes")

    def comes_to_rest(self) -> list[str]:
        """To the end; what was told on the way."""
        self.scene.comes_to_rest()
        assert self.scene.judge.violation is None, self.scene.as_told()
        return [what for _, what in self.scene.judge.story]


def a_lease_longer_than_the_retry(parts: Parts) -> None:
    """A holder dies; Lambda's next try, a minute later, must find the lease run out, or the customer waits."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_until("takes the turn")
    script.does("execution_dies")

    told = script.comes_to_rest()

    assert any("A1p1" in what for what in told)
    assert "the flow takes the contact back" not in told


def a_duplicate_of_an_answered_id_with_a_dead_holder(parts: Parts) -> None:
    """Any event of the contact looks at the lease, also one that has nothing to say itself."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_until("releases")
    script.customer_writes()
    script.goes_until("takes the turn")
    script.does("execution_dies")
    script.does("time_passes", 0, LONGER_THAN_THE_LEASE)
    script.does("sns_repeats", 0)

    script.goes_until("ChatBot(m1)#1")

    told = script.comes_to_rest()
    assert any(what.startswith("ChatBot(m1)") and what.endswith("takes over") for what in told)


def an_owner_reused_on_retry(parts: Parts) -> None:
    """The retry must not take the dead holder's lease for its own: it would ask again what was half answered."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_until("A1p1")
    script.does("execution_dies")

    told = script.comes_to_rest()

    assert "sentence: partly_heard" in told
    assert not any("asks A2" in what for what in told)


def a_late_human_write_after_a_restart(parts: Parts) -> None:
    """The last write of a hand-off is late, and the bot has come again meanwhile: its new stay stays."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_before("answers")
    script.does("agent_does", 0, agents.FATES.index(agents.CONTROL))
    script.goes_until("disconnects the bot of stay 1")
    script.does("execution_freezes", 0, FREEZE_A_WHILE)
    script.does("bot_comes_again")

    script.comes_to_rest()

    kept = script.scene.stays.record
    assert kept is not None
    assert (kept.state, kept.stay) == (State.BOT, 2)


def a_hand_off_decided_for_an_earlier_stay(parts: Parts) -> None:
    """Its holder slept, another handed off and the bot has come again: the decision is about nothing any more."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_before("answers")
    script.does("agent_does", 0, agents.FATES.index(agents.CONTROL))
    script.goes_before("begin handoff")
    script.does("execution_freezes", 0, FREEZE_LONG)
    script.does("time_passes", 0, LONGER_THAN_THE_LEASE)
    script.does("sns_repeats", 0)
    script.goes_before("answers")
    script.does("agent_does", 0, agents.FATES.index(agents.CONTROL))
    script.goes_until("disconnects the bot of stay 1")
    script.does("bot_comes_again")

    script.comes_to_rest()

    kept = script.scene.stays.record
    assert kept is not None
    assert (kept.state, kept.stay) == (State.BOT, 2)


def a_crash_between_send_and_release(parts: Parts) -> None:
    """All was heard and nothing written down: the next holder reads the transcript and does not say it again."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_before("release")
    script.does("execution_dies")

    told = script.comes_to_rest()

    assert "sentence: partly_heard" in told
    assert not any("asks A2" in what for what in told)


def a_message_before_the_record(parts: Parts) -> None:
    """It is published before StartBot has recorded the bot; its first execution waits, and answers."""
    script = Script(parts, Manners(may_read_transcript=False))
    script.does("begins")
    script.goes_before("become bot")
    script.customer_writes()
    script.does("execution_freezes", 0, FREEZE_SHORTLY)

    told = script.comes_to_rest()

    assert any("A1p1" in what for what in told)
    assert "Lambda tries again later" not in told


def a_lease_that_is_found_again(parts: Parts) -> None:
    """The take had its effect and no answer; tried again after a freeze it finds its own lease, which has run out."""
    script = Script(parts)
    script.a_bot_joins()
    script.customer_writes()
    script.goes_before("take")
    script.does("goes_wrong", 0, record.FATES.index(LOST))
    script.does("execution_freezes", 0, FREEZE_LONG)
    script.goes_until("takes the turn")
    script.customer_writes()

    told = script.comes_to_rest()

    assert "the flow takes the contact back" not in told


Example = Callable[[Parts], None]
EXAMPLES: Mapping[Example, Parts] = {
    a_lease_longer_than_the_retry: Parts(memory=broken.WithLongLease),
    a_duplicate_of_an_answered_id_with_a_dead_holder: Parts(performer=broken.WithoutLookAtTheLease),
    an_owner_reused_on_retry: Parts(performer=broken.WithOwnerReused),
    a_late_human_write_after_a_restart: Parts(memory=broken.WithoutStayNumber),
    a_hand_off_decided_for_an_earlier_stay: Parts(memory=broken.WithTwoHandoffs),
    a_crash_between_send_and_release: Parts(room=broken.WithoutLookAtTheTranscript),
    a_lease_that_is_found_again: Parts(performer=broken.WithLeaseFromNow),
    a_message_before_the_record: Parts(performer=broken.WithoutWaitForTheRecord),
}
"""Each with the system that lacks its safeguard."""


def test_what_chance_may_pass_by_has_an_example_of_its_own() -> None:
    """With the same part broken."""
    played = {example.__name__: parts for example, parts in EXAMPLES.items()}

    assert all(played[example] == broken.BROKEN[safeguard] for safeguard, example in broken.BY_EXAMPLE.items())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_an_example_ends_well(example: Example) -> None:
    """With every safeguard in its place."""
    example(Parts())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_an_example_ends_badly_without_its_safeguard(example: Example) -> None:
    """Else it would prove nothing."""
    with pytest.raises(AssertionError):
        example(EXAMPLES[example])
