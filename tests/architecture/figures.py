"""How large and how tangled the package is: `python -m tests.architecture.figures [FOLDER …]`, a column for each checkout.

Branches are counted by ruff (C901, above 10). A test of a name is a comparison of a node's function, of a call's name or of a target
with a text, wherever it stands outside `table/`.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FILE, FUNCTION, CLASS = 500, 60, 340  # lines beyond which a header says why
TARGETS = {"numpy", "jax", "torch", "math", "c", "sympy"}
Thing = tuple[int, str]  # lines, and where

NODES = {"op"}  # what `x.op == SUM` asks
NAMES = {"data", "name", "value"}  # what `x.data == "if"` asks


def figures(checkout: Path) -> dict[str, str]:
    """The figures of a checkout by what they say."""
    root = checkout / "symdiff"
    files, functions, classes = [], [], []
    operations = names = targets = 0
    for path in sorted(root.rglob("*.py")):
        text, place = path.read_text(encoding="utf-8"), str(path.relative_to(root))
        files.append((text.count("\n"), place))
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                (classes if isinstance(node, ast.ClassDef) else functions).append((lines, f"{place}: {node.name}"))
        for left, texts in compared(tree):
            operations += left in NODES
            outside = not place.startswith("table/")
            names += outside and left in NAMES and bool(texts - TARGETS)
            targets += outside and left in {"name", "target", "form"} and bool(texts & TARGETS)
    shown = {"files": str(len(files))}
    for what, plural, found, most in (
        ("file", "files", files, FILE),
        ("function", "functions", functions, FUNCTION),
        ("class", "classes", classes, CLASS),
    ):
        shown[f"largest {what}"] = "{} ({})".format(*max(found))
        shown[f"{plural} above {most} lines"] = str(sum(lines > most for lines, _ in found))
    shown["tests of an operation (`.op ==`)"] = str(operations)
    shown["tests of a function's name"] = str(names)
    shown["tests of a target's name"] = str(targets)
    branches = complexities(root)
    shown["functions with more than 10 branches"] = str(len(branches))
    shown["most branches of a function"] = str(max(branches, default=0))
    return shown


def compared(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Every comparison of an attribute or a name for equality or membership: which, and the texts that it is compared with.

    `is_call(x, "exp")` is one of `x.data`, and none of `x.op`, which it asks for in a word (`expr/patterns.py`).
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "is_call":
            yield "data", {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            left = node.left.attr if isinstance(node.left, ast.Attribute) else node.left.id if isinstance(node.left, ast.Name) else ""
            yield (
                left,
                {
                    n.value
                    for right in node.comparators
                    for n in ast.walk(right)
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                },
            )


def complexities(root: Path) -> list[int]:
    """By ruff: how many branches each function has that has more than ten."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "C901",
        "--config",
        "lint.mccabe.max-complexity=10",
        "--output-format",
        "json",
        str(root),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    return [int(found["message"].partition("(")[2].partition(" ")[0]) for found in json.loads(done.stdout)]


def main(folders: Sequence[str]) -> None:
    columns = [figures(Path(folder)) for folder in folders or ["."]]
    print("| | " + " | ".join(folders or ["now"]) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for what in columns[0]:
        print(f"| {what} | " + " | ".join(column[what] for column in columns) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
