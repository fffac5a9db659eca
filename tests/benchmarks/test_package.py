"""The Lambda package stays small, and until a cold ChatBot asks its agent it imports what it imports today."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.cold_start import SERVICE, loaded_before_the_ask
from benchmarks.package_size import LIMIT_MB, measure, zipped_mb
from tests.lambdas.package import deployed

THIRD_PARTY = {
    "botocore",
    "dateutil",
    "jmespath",
    "six",
    "urllib3",
}
OURS = {"adapters", "attribute_values", "chat_bot", "conversation", "reporting", "services"}


def test_the_package_stays_under_its_limit() -> None:
    """An upload of more than this is a dependency or data that nobody decided on."""
    (figure,) = measure(1)

    assert figure.is_met
    assert 1 < figure.median < LIMIT_MB


def test_a_file_more_is_weighed(tmp_path: Path) -> None:
    """Byte code is left out: it is what running the package here has written."""
    (tmp_path / "code.py").write_bytes(bytes(range(256)) * 4)
    before = zipped_mb(tmp_path)
    (tmp_path / "code.pyc").write_bytes(bytes(range(256)) * 4)

    assert zipped_mb(tmp_path) == before
    (tmp_path / "more.py").write_bytes(bytes(range(256)) * 4)
    assert zipped_mb(tmp_path) > before


@pytest.mark.parametrize("backend", SERVICE)
def test_until_its_first_ask_a_cold_chat_bot_imports_these_packages_and_no_others(backend: str) -> None:
    """Each package more is compiled while a customer waits; Powertools comes when there is something to write."""
    modules = loaded_before_the_ask(backend)

    packaged = {path.name.removesuffix(".py") for path in deployed().iterdir() if "-" not in path.name}
    imported = {name.partition(".")[0] for name in modules} & (packaged - {"lambdas"})
    rooms = {name.split(".")[1] for name in modules if name.startswith("lambdas.")}
    assert imported - set(sys.stdlib_module_names) == THIRD_PARTY
    assert rooms == OURS
