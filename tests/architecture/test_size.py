"""How long files, functions and classes may become, what is long for a reason, and that nobody but a target's own class asks for its name.

The figures are those of `figures.py`. A ceiling is lowered when what stands at it has been cut by subject; it is not raised. What is longer than
a reader takes in at once says why, in a line of its docstring (of a command, whose docstring is its help, a comment) that begins with `Long: `.
"""

from __future__ import annotations

import ast
from pathlib import Path

import symdiff
from tests.architecture.figures import FILE as LONG_FILE
from tests.architecture.figures import FUNCTION as LONG_FUNCTION
from tests.architecture.figures import TARGETS, compared

ROOT = Path(symdiff.__file__).parent
FILE, FUNCTION, CLASS = 1_000, 100, 650
FILES, FUNCTIONS = 33, 22  # how many are long for a reason


def too_long(root: Path, file: int, function: int, class_: int) -> list[str]:
    """What is longer than it may be."""
    found = []
    for path in root.rglob("*.py"):
        text, place = path.read_text(encoding="utf-8"), str(path.relative_to(root))
        if text.count("\n") > file:
            found.append(place)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > (class_ if isinstance(node, ast.ClassDef) else function):
                    found.append(f"{place}: {node.name}, {lines} lines")
    return found


def long_ones(root: Path, file: int, function: int) -> tuple[dict[str, bool], dict[str, bool]]:
    """Long files and long functions: whether they say why."""
    files, functions = {}, {}
    for path in root.rglob("*.py"):
        text, place = path.read_text(encoding="utf-8"), str(path.relative_to(root))
        tree = ast.parse(text)
        if text.count("\n") > file:
            files[place] = "Long: " in (ast.get_docstring(tree) or "")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > function:
                functions[f"{place}: {node.name}"] = "Long: " in (ast.get_source_segment(text, node) or "")
    return files, functions


def asked_for(folder: Path) -> list[str]:
    """The files that compare the name of a target with a text."""
    return [
        path.name
        for path in folder.rglob("*.py")
        for left, texts in compared(ast.parse(path.read_text(encoding="utf-8")))
        if left in {"name", "target", "form"} and texts & TARGETS
    ]


def test_nothing_is_longer_than_it_may_be() -> None:
    assert too_long(ROOT, FILE, FUNCTION, CLASS) == []


def test_what_is_long_says_why() -> None:
    files, functions = long_ones(ROOT, LONG_FILE, LONG_FUNCTION)
    silent = [place for place, says in {**files, **functions}.items() if not says]
    assert not silent, f"cut it by subject, or write `Long: ` and why into its docstring: {silent}"
    assert len(files) <= FILES
    assert len(functions) <= FUNCTIONS


def test_no_layer_asks_for_the_name_of_a_target() -> None:
    assert asked_for(ROOT / "numeric") == []


def test_what_is_too_long_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        'class A:\n    def f(self):\n        if self.target.name == "torch":\n            return 1\n', encoding="utf-8"
    )
    assert too_long(tmp_path, 3, 2, 3) == ["a.py", "a.py: A, 4 lines", "a.py: f, 3 lines"]
    assert asked_for(tmp_path) == ["a.py"]
    assert long_ones(tmp_path, 3, 2) == ({"a.py": False}, {"a.py: f": False})
    (tmp_path / "a.py").write_text('"""A.\n\nLong: one walk.\n"""\ndef f():\n    # Long: a list.\n    return 1\n', encoding="utf-8")
    assert long_ones(tmp_path, 3, 2) == ({"a.py": True}, {"a.py: f": True})
