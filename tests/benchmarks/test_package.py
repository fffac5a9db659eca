"""The Lambda package stays small, and a cold ChatBot imports what it imports today and nothing more."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.package_size import LIMIT_MB, measure, zipped_mb
from tests.lambdas.chat_bot.test_settings import GOOD
from tests.lambdas.package import deployed
from tests.lambdas.test_imports import loaded_by

THIRD_PARTY = {
    "aws_lambda_powertools",
    "botocore",
    "dateutil",
    "jmespath",
    "six",
    "typing_extensions",
    "urllib3",
}
OURS = {"adapters", "attribute_values", "chat_bot", "conversation", "services"}


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


def test_a_cold_chat_bot_imports_these_packages_and_no_others(tmp_path: Path) -> None:
    """Each package more is compiled in every cold start."""
    modules = loaded_by("lambdas.chat_bot.handler", settings=GOOD["agentcore-runtime"], folder=tmp_path)

    packaged = {path.name.removesuffix(".py") for path in deployed().iterdir() if "-" not in path.name}
    imported = {name.partition(".")[0] for name in modules} & (packaged - {"lambdas"})
    rooms = {name.split(".")[1] for name in modules if name.startswith("lambdas.")}
    assert imported - set(sys.stdlib_module_names) == THIRD_PARTY
    assert rooms == OURS
