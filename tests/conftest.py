"""What holds for all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from local.agent_faces import BACKENDS

# A busy machine is no mistake of the code: examples are not timed.
settings.register_profile("handoff", deadline=None)
settings.register_profile("fuzz-long", deadline=None, max_examples=1_500)
settings.load_profile("handoff")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=BACKENDS, help="run the journeys under this backend only; else under each")
