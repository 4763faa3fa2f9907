"""Where a function is asked for by its name outside the table: rooms with a reason for it, how often at most, and no group of functions twice.

What several rooms ask of a function is a column of its row, so that a new function is one row; what they ask of the same pair has a word in
`table/groups.py` or `table/operators.py`. `python -m tests.architecture.test_names [FOLDER …]` counts both for any checkout.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import symdiff
from symdiff.table import TABLE
from tests.architecture.figures import NAMES, compared

ROOT = Path(symdiff.__file__).parent
FUNCTIONS = frozenset(TABLE.names) - {"T"}
ELSEWHERE = ("table", "page")  # the table itself; what stands in a browser for NumPy, whose functions have the same names

# room: how many tests of a name it may have, and why they are no column. A ceiling is lowered when tests went, and not raised for one function.
REASONS = {
    "numeric": (152, "a form that stays in range belongs to one function: log(1 + exp(x)) is softplus(x), det(A)*inv(A) the adjugate"),
    "syntax": (65, "spellings that mean another function or another shape: max of one argument, log of softmax, \\det"),
    "simplify": (55, "a step that no text of a rule can say is about one function: sums, inverses, conditions, products of entries"),
    "notation": (50, "what is written with a sign of its own, or is put together from others: norms, inverses, running sums"),
    "convexity": (40, "the pieces of functions with kinks, and theorems about one function"),
    "checking": (35, "the verification does not read rows, so that it can contradict them"),
    "printers": (20, "signs that no notation of a row can say: roots, fractions, brackets that grow"),
    "grading": (20, "slips that are made with one function, or with a pair"),
    "calculus": (20, "ties of extremes, and derivatives that have a second form"),
    "stationary": (15, "what an equation is solved by: the inverse function"),
    "teach": (15, "names that a lecture gives, and exact values"),
    "bridges": (15, "arguments of libraries that mean another function"),
    "expr": (10, "forms of index arithmetic: running sums of ones, brackets of places"),
    "programs": (10, "which program leaves the range"),
    "descent": (5, "update rules, and losses over examples"),
    "differentiate": (5, "norms and products whose second derivative needs no quotient"),
}
# Groups that stand twice and are none: the two places ask for different things that today have the same members.
TWICE = {frozenset(("gt", "ne")), frozenset(("exp", "sqrt"))}


def names_tested(root: Path) -> Counter[str]:
    """How often each room compares something with the name of a function."""
    found: Counter[str] = Counter()
    for path in root.rglob("*.py"):
        room = path.relative_to(root).parts[0].removesuffix(".py")
        if room not in ELSEWHERE:
            found[room] += sum(
                left in NAMES and bool(texts & FUNCTIONS) for left, texts in compared(ast.parse(path.read_text(encoding="utf-8")))
            )
    return +found


def groups(root: Path) -> Iterator[tuple[frozenset[str], str]]:
    """The groups of functions that something is asked to be in, written out name by name, and where."""
    for path in root.rglob("*.py"):
        place = path.relative_to(root)
        if place.parts[0] in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            members: list[ast.expr] = []
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                members = node.comparators[0].elts if isinstance(node.comparators[0], ast.Tuple | ast.Set | ast.List) else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "is_call":
                members = node.args[1:]
            names = frozenset(m.value for m in members if isinstance(m, ast.Constant) and isinstance(m.value, str))
            if len(names) > 1 and names <= FUNCTIONS:
                yield names, str(place)


def test_rooms_ask_for_functions_by_name_for_a_reason():
    found = names_tested(ROOT)
    too_many = {room: n for room, n in found.items() if n > REASONS.get(room, (0, ""))[0]}
    assert not too_many, f"make it a column of the row (symdiff/table/row.py), or say in this file why not: {too_many}"


def test_no_group_of_functions_is_written_out_twice():
    places: dict[frozenset[str], list[str]] = {}
    for group, place in groups(ROOT):
        places.setdefault(group, []).append(place)
    twice = {" ".join(sorted(group)): at for group, at in places.items() if len(at) > 1 and group not in TWICE}
    assert not twice, f"give it a word in symdiff/table/groups.py: {twice}"


def test_names_and_groups_are_found(tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "rows.py").write_text('name == "exp"\n')
    (tmp_path / "room" / "a.py").write_text(
        'e.data == "exp"\nis_call(e, "max", "min")\ne.data in ("min", "max")\ne.data == "no function"\n'
    )
    (tmp_path / "b.py").write_text('row.name == "exp"\n')
    assert names_tested(tmp_path) == {"room": 3, "b": 1}
    assert [group for group, _ in groups(tmp_path)] == [frozenset(("max", "min"))] * 2


if __name__ == "__main__":
    for folder in sys.argv[1:] or ["."]:
        tests, written = names_tested(Path(folder, "symdiff")), list(groups(Path(folder, "symdiff")))
        again = sum(times for times in Counter(group for group, _ in written).values() if times > 1)
        print(
            f"{folder}: {sum(tests.values())} tests of names, {len(written)} of groups that are written out, {again} of these like another one"
        )
