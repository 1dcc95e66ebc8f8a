"""The faults that `make mutation` puts into the rules: each is one change, and none is lost."""

import ast

import pytest

from bench.mutation.faults import mutants


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("x = a < b", {"a <= b"}),
        ("x = a is None", {"a is not None"}),
        ("x = a and b", {"a or b", "a", "b"}),
        ("x = not a", {"a"}),
        ("x = MAX + 4", {"MAX - 4", "5"}),
        ("x = True", {"False"}),
        ("x = [a for a in b if c]", {"[a for a in b]"}),
        ("x = Status.confirmed", {"Status.suggested"}),
        ("x = a.confirmed", set()),
        ("x = any(a)", {"all"}),
        ("x = q.where(a, b)", {"q", "q.where(a)", "q.where(b)"}),
        ("x = f(a, b=c)", {"f(a)"}),
        ("x = (a == b, c)", {"a != b", "(a == b,)", "(c,)"}),
        ("x = 'a message'", set()),
        ("x: int = y", set()),
        ("def f() -> int:\n    'Say.'\n    return g(1)", {"return None", "2"}),
        ("if a:\n    raise B", {"if True", "if False", "pass"}),
        ("class Row:\n    column = field(nullable=True)", set()),
        ("@blp.route('/x', access=Access.editor, created=True)\ndef f(): ...", {"Access.contributor"}),
    ],
)
def test_each_slip_of_the_pen_is_made(source: str, faults: set[str]) -> None:
    assert {mutant.now for mutant in mutants("m", source)} == faults


def test_a_mutant_is_the_module_with_one_fault_and_says_where() -> None:
    source = "def f(a):\n    if a == 1:\n        return g(a)\n    return None\n"
    found = mutants("m", source)
    assert len({mutant.source for mutant in found}) == len(found)
    plain = ast.unparse(ast.parse(source))
    for mutant in found:
        assert mutant.source != plain
        assert 2 <= mutant.line <= 3
        changed = [1 for a, b in zip(plain.split("\n"), mutant.source.split("\n"), strict=False) if a != b]
        assert len(changed) == 1
    assert mutants("m", source) == found


def test_what_changes_nothing_is_no_fault():
    assert not [mutant for mutant in mutants("m", "while True:\n    step()\n") if mutant.now == "while True"]
