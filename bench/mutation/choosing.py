"""Which tests are shown a fault, and in which order."""

import ast
from collections import Counter
from functools import cache

from bench.mutation.faults import Mutant
from bench.mutation.judging import Reach, file_of


def tests_for(mutant: Mutant, reach: Reach, seconds: dict[str, float], kills: Counter[str]) -> list[str]:
    """Return the tests that run the faulty lines, or use what they make; else all that run the module.

    `kills` says how many mutants of the module each test has killed so far.
    """
    lines = set(range(mutant.line, mutant.end + 1)) | _uses(mutant.module, mutant.line)
    at_line = [test for test, found in reach.items() if lines & set(found.get(mutant.module, ()))]
    chosen = at_line or [test for test, found in reach.items() if mutant.module in found]
    # What has killed others comes first; then what goes through much of the module in a short time.
    return sorted(chosen, key=lambda t: (-kills[t], seconds[t] / len(reach[t][mutant.module]) ** 2))


@cache
def _uses(module: str, line: int) -> set[int]:
    """Return the lines that use a name which is the module's own and made in this line, on import."""
    tree = ast.parse(file_of(module).read_text(encoding="utf-8"))
    made: dict[str, ast.stmt] = {}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        made |= {target.id: statement for target in targets if isinstance(target, ast.Name)}
    wanted = {name for name, statement in made.items() if statement.lineno <= line <= _last(statement)}
    if not all(name.startswith("_") for name in wanted):
        return set()  # Other modules use it too.
    uses: set[int] = set()
    while wanted:
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in wanted]
        found = {name.lineno for name in names if isinstance(name.ctx, ast.Load)} - uses
        uses |= found
        wanted = {n for n, made_by in made.items() if found & set(range(made_by.lineno, _last(made_by) + 1))}
    return uses


def _last(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno
