"""The list of safeguards fits the code, and the document tells of exactly these.

That each is noticed when it is gone is what `make mutants` shows.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.mutants.bench import changed
from tests.mutants.mutant import Mutant
from tests.mutants.safeguards import SAFEGUARDS
from tests.mutants.table import table
from tests.mutants.warm import ROOT
from tests.reliability_document import section

each_safeguard = pytest.mark.parametrize("mutant", SAFEGUARDS, ids=lambda mutant: mutant.name)


@each_safeguard
def test_a_safeguard_is_found_in_the_code(mutant: Mutant) -> None:
    """Its text stands there exactly once, and without it the file is still Python."""
    without = changed((ROOT / mutant.file).read_text(encoding="utf-8"), mutant)
    assert mutant.new != mutant.old
    if mutant.file.endswith(".py"):
        ast.parse(without)


@each_safeguard
def test_the_test_that_must_notice_is_there(mutant: Mutant) -> None:
    file, _, name = mutant.test.partition("::")
    assert name in _tests_of(file)


def test_no_two_safeguards_have_one_name() -> None:
    assert [name for name, times in Counter(mutant.name for mutant in SAFEGUARDS).items() if times > 1] == []


def test_a_text_that_stands_twice_is_refused() -> None:
    """A change that hit another place would prove something else."""
    with pytest.raises(LookupError, match="2 times"):
        changed(SAFEGUARDS[0].old * 2, SAFEGUARDS[0])


def test_the_document_tells_of_exactly_these_safeguards() -> None:
    assert section("mutants") == table(SAFEGUARDS), "run 'make mutants'"


def test_the_document_shows_one_row_for_each() -> None:
    """A character that ends a cell would hide the rest of the row."""
    rows = [line for line in section("mutants").splitlines() if line.startswith("|")][2:]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


@cache
def _tests_of(file: str) -> frozenset[str]:
    parsed = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in parsed.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )
