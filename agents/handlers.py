"""Whether the handlers that a team names are there.

Agents import no Lambda code, so nothing is imported here: the source is looked at. The rule: a handler that does not
exist is told to whoever edits the team, with file and line, and never to a customer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from agents.team import TEAM_FILE, Function, Team
from agents.yaml_source import InvalidTeam, Problem, Source, read_source

HANDLERS = Path("lambdas", "tools")
"""Below the project's folder; the form of `handler` in a team file lets it be nowhere else."""


def check_handlers(team: Team, folder: Path, *, root: Path) -> None:
    """Raises `InvalidTeam` with every function of the team in `folder` whose handler `root` does not hold."""
    source = read_source(folder / TEAM_FILE)
    problems = [
        problem
        for position, function in enumerate(team.functions)
        for problem in _problems(position, function, source, root)
    ]
    if problems:
        raise InvalidTeam(problems)


def _problems(position: int, function: Function, source: Source, root: Path) -> Iterator[Problem]:
    module, _, name = function.handler.rpartition(".")
    file = Path(*module.split(".")).with_suffix(".py")
    place = ("functions", position, "handler")
    try:
        program = ast.parse((root / file).read_bytes())
    except FileNotFoundError:
        yield source.problem(place, f"expected the file {file} of '{function.handler}' to exist")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        yield source.problem(place, f"expected {file} to be Python, but line {line} is not: {error.args[0]}")
    else:
        if not {name, "*"} & set(_defined(program)):
            yield source.problem(place, f"expected a function '{name}' in {file}, which defines none")


def _defined(node: ast.AST) -> Iterator[str]:
    """The names that a module has once it is imported; `*` where it takes all of another's."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=own):
                yield own or name
            case ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda() | ast.AnnAssign(value=None):
                pass
            case _:
                yield from _defined(child)
