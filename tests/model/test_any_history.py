"""Any history of a chat, made by Hypothesis and judged by the reference model: design rules 1 to 4 and 8.

Each rule is a move of `scene`; between any two calls of any execution anything else may happen. `make soak` plays the
same scene with random moves, a million steps and more.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.model.functions import Manners
from tests.model.scene import Move, Scene

RUNS = 2_000
RULES_A_RUN = 25

ACTS = ("person_comes", "person_writes", "bot_comes_again", "streaming_fails", "customer_bursts", "chat_ends")

who = st.integers(min_value=0, max_value=5)
what = st.integers(min_value=0, max_value=59)


class AnyHistory(RuleBasedStateMachine):
    """A chat in which anything may happen next."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()

    @initialize(manners=st.builds(Manners), early=st.integers(min_value=0, max_value=2))
    def the_chat_begins(self, manners: Manners, early: int) -> None:
        self.scene = Scene(manners)
        for _ in range(early):
            self._plays("customer_writes", 0, 0)
        self._plays("begins", 0, 0)

    @rule(steps=st.integers(min_value=1, max_value=12), who=who)
    def goes_on_a_while(self, steps: int, who: int) -> None:
        for step in range(steps):
            self._plays("goes_on", who + step, 0)

    @rule(what=what, steps=st.integers(min_value=1, max_value=30), who=who)
    def customer_writes_and_all_goes_on(self, what: int, steps: int, who: int) -> None:
        self._plays("customer_writes", 0, what)
        for step in range(steps):
            self._plays("goes_on", who + step, 0)

    @rule(steps=st.integers(min_value=0, max_value=12), who=who, what=what)
    def goes_wrong(self, steps: int, who: int, what: int) -> None:
        for step in range(steps):
            self._plays("goes_on", who + step, 0)
        self._plays("goes_wrong", who, what)

    @rule(who=who, what=what)
    def agent_does(self, who: int, what: int) -> None:
        for step in range(20):
            if any(task.point.operation == "answers" for task in self.scene.tasks.ready()):
                self._plays("agent_does", who, what)
                return
            self._plays("goes_on", who + step, 0)

    @rule(who=who)
    def sns_repeats(self, who: int) -> None:
        self._plays("sns_repeats", who, 0)

    @rule(who=who)
    def execution_dies(self, who: int) -> None:
        self._plays("execution_dies", who, 0)

    @rule(who=who, what=what)
    def execution_freezes(self, who: int, what: int) -> None:
        self._plays("execution_freezes", who, what)

    @rule(who=who, what=what)
    def freezes_before_speaking(self, who: int, what: int) -> None:
        for step in range(20):
            if any(task.point.operation == "SendMessage" for task in self.scene.tasks.ready()):
                break
            self._plays("goes_on", who + step, 0)
        self._plays("freezes_before_speaking", who, what)

    @rule(what=what)
    def time_passes(self, what: int) -> None:
        self._plays("time_passes", 0, what)

    @rule(name=st.sampled_from(ACTS))
    def somebody_else_acts(self, name: str) -> None:
        self._plays(name, 0, 0)

    def _plays(self, name: str, who: int, what: int) -> None:
        if self.scene.judge.violation is None:
            self.scene.play(Move(name, who, what))

    @invariant()
    def every_rule_holds(self) -> None:
        assert self.scene.judge.violation is None, self.scene.as_told()

    def teardown(self) -> None:
        """Nothing goes wrong any more: everything comes to its end, and must have come to a good one."""
        if self.scene.judge.violation is None:
            self.scene.comes_to_rest()
            assert self.scene.judge.violation is None, self.scene.as_told()


def test_every_rule_holds_in_any_history() -> None:
    """Everything is answered, carried to a person or moot; nothing twice, nothing interleaved, nobody in silence."""
    run_state_machine_as_test(AnyHistory, settings=settings(max_examples=RUNS, stateful_step_count=RULES_A_RUN))
