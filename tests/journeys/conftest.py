"""One stack for all journeys of a backend; every test gets its own customers, and a stack that nothing is wrong with.

Every journey runs under each backend, or under the one that `--backend` names; a module that no backend changes names
its `ONE_BACKEND`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.agent_faces import BACKENDS
from local.settings import StackSettings
from tests.journeys.backstage import Backstage
from tests.journeys.people import Customer, Place
from tests.running_stack import RunningStack, running_stack

StartChat = Callable[..., Customer]
"""Starts a chat: `start_chat(language="es", InitialMessage=…)`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        only = metafunc.config.getoption("backend")
        only = only or getattr(metafunc.module, "ONE_BACKEND", None)
        metafunc.parametrize("backend", [only] if only else BACKENDS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """Where the agents run."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared_stack(backend: str) -> Iterator[RunningStack]:
    """Does not look at the sources by itself: an edit during a test run would only disturb it."""
    with running_stack(StackSettings(port=0, watch=False, backend=backend)) as running:
        yield running


@pytest.fixture
def stack(shared_stack: RunningStack) -> Iterator[RunningStack]:
    """The stack, as it was before the test when the test is over."""
    yield shared_stack
    shared_stack.forget_switches()
    shared_stack.settle()


@pytest.fixture(scope="module")
def shared_place(shared_stack: RunningStack) -> Iterator[Place]:
    found = Place(shared_stack)
    yield found
    found.close()


@pytest.fixture
def place(stack: RunningStack, shared_place: Place) -> Iterator[Place]:
    """Where the chats of a test are; they end with it."""
    yield shared_place
    shared_place.end_chats()


@pytest.fixture
def backstage(stack: RunningStack, place: Place) -> Backstage:
    return Backstage(stack, place)


@pytest.fixture
def start_chat(place: Place) -> StartChat:
    return lambda **members: Customer(place, **members)


@pytest.fixture
def customer(start_chat: StartChat, backstage: Backstage) -> Customer:
    """A customer who writes English and has been greeted; StartBot is done, so that time may be moved."""
    started = start_chat()
    started.is_greeted()
    backstage.calm()
    return started
