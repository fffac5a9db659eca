"""What `make faults` asks for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-map", action="store_true", help="write the fault map into docs/reliability.md")
