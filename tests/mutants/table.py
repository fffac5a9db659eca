"""The safeguards as `docs/reliability.md` shows them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mutants.mutant import Mutant


def table(mutants: Sequence[Mutant]) -> str:
    """Without times or dates: it changes only if the safeguards do."""
    rows = [f"| {mutant.name} | {mutant.without} | {_test(mutant)} |" for mutant in mutants]
    head = ["| Safeguard | Without it | The test that notices |", "| --- | --- | --- |"]
    told = f"{len(mutants)} safeguards were taken away, one at a time, in a copy of the code; a test noticed each."
    return "\n".join([told, "", *head, *rows])


def _test(mutant: Mutant) -> str:
    file, _, name = mutant.test.partition("::")
    return f"`{name}` in `{file}`"
