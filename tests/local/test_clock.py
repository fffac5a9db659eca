"""The pace of the stack's clock; that it can be moved is what every journey shows."""

from __future__ import annotations

import asyncio
import threading

import pytest

from local.clock import Clock
from local.worker import StackClock


class Wall:
    """Real time, which a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_it_begins_with_the_wall_and_goes_at_its_own_pace() -> None:
    """Eight seconds of a quarter's pace leave a busy machine thirty-two."""
    wall = Wall()
    clock = Clock(pace=0.25, read_wall=wall)
    began = clock.now()

    wall.seconds += 32

    assert began == pytest.approx(1_800_000_000, abs=0.001)
    assert clock.now() - began == pytest.approx(8, abs=0.001)


def test_a_move_is_not_slowed_down() -> None:
    """A test that moves it says how far."""
    wall = Wall()
    clock = Clock(pace=0.25, read_wall=wall)
    began = clock.now()

    clock.advance(60)

    assert clock.now() - began == pytest.approx(60, abs=0.001)


async def test_who_sleeps_by_it_sleeps_longer() -> None:
    """Or the flow would stop waiting before a function's time is over."""
    clock = Clock(pace=0.5)
    loop = asyncio.get_running_loop()
    began, wall = clock.now(), loop.time()

    await clock.sleep(0.05)

    assert clock.now() - began >= 0.04
    assert loop.time() - wall >= 0.09


def test_a_function_sees_the_stack_s_clock_at_the_stack_s_pace() -> None:
    """Both must agree on what time it is."""
    stack, function = Clock(pace=0.25), StackClock()
    stack.advance(100)

    function.pace = stack.pace
    function.move_to(stack.offset_seconds)

    assert function.now() == pytest.approx(stack.now(), abs=0.05)


def test_a_function_that_waits_for_what_does_not_come_waits_at_that_pace() -> None:
    """Renewals follow the stack's clock."""
    function = StackClock()
    function.pace = 0.5
    began = function.monotonic()

    assert not function.wait(threading.Event(), 0.05)

    assert function.monotonic() - began >= 0.05
