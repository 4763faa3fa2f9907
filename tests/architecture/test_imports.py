"""What imports what: the contracts of pyproject.toml hold, catch planted faults, and no import hides from them.

The linter reads `import` statements; what is imported inside functions counts for it too. What it cannot see are modules that are
chosen at run time (`import_module`, `__import__`): only `symdiff/__init__.py` may do that, see test_no_code_from_text.py.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

import symdiff

ROOT = Path(symdiff.__file__).parent
PROJECT = Path(__file__).parents[2]


def modules(root: Path) -> dict[str, Path]:
    """Every file of the package by the name of its module."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(tree: ast.AST, known: Collection[str]) -> Iterator[str]:
    """The package's modules that a file imports, at its top, inside functions and by name; types alone do not count."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            stack += node.orelse
            continue
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases if alias.name in known)
            case ast.ImportFrom(module=str(module), names=aliases, level=0) if module.split(".")[0] == "symdiff":
                for alias in aliases:
                    inner = f"{module}.{alias.name}"
                    yield inner if inner in known else module
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                if name in known:
                    yield name
        stack += ast.iter_child_nodes(node)


@cache
def beneath(text: str, known: frozenset[str]) -> frozenset[str]:
    """What a file's text imports. Kept: of a copy of the package with one line more, only that file is looked at again."""
    return frozenset(imported(ast.parse(text), known))


def circles(root: Path) -> list[set[str]]:
    """The sets of modules that import each other round in a circle, whether at the top or later."""
    known = modules(root)
    below = {name: set(beneath(path.read_text(encoding="utf-8"), frozenset(known))) - {name} for name, path in known.items()}
    below["symdiff"] = set()  # its names are looked up when they are used; it stands above everything
    # What no circle holds can be taken away from the bottom, then from the top.
    for edges in (below, {name: {m for m, under in below.items() if name in under} for name in below}):
        left = set(edges)
        while free := {name for name in left if not edges[name] & left}:
            left -= free
        below = {name: under & left for name, under in below.items() if name in left}
    found, left = [], set(below)
    while left:
        start = next(iter(left))
        forward, backward = {start}, {start}
        while more := {m for name in forward for m in below[name]} - forward:
            forward |= more
        while more := {name for name in below if below[name] & backward} - backward:
            backward |= more
        found.append(forward & backward)
        left -= found[-1]
    return [circle for circle in found if len(circle) > 1]


def test_there_is_no_circle() -> None:
    assert circles(ROOT) == []


def planted(tmp_path: Path, file: str, line: str) -> Path:
    """A copy of the package with one more line in a file."""
    shutil.copytree(ROOT, tmp_path / "symdiff", ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "symdiff" / file, "a", encoding="utf-8") as f:
        f.write(f"\n\n{line}\n")
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "from symdiff.formula import Formula",
        "def f():\n    from symdiff import api\n    return api",
        "import importlib\napi = importlib.import_module('symdiff.api')",
    ],
)
def test_a_planted_circle_is_found(line: str, tmp_path: Path) -> None:
    (found,) = circles(planted(tmp_path, "expr/node.py", line) / "symdiff")
    assert {"symdiff.expr.node", "symdiff.formula"} <= found or {"symdiff.expr.node", "symdiff.api"} <= found


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The import linter on the package in this folder, with the project's contracts."""
    shutil.copy(PROJECT / "pyproject.toml", folder / "pyproject.toml")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    return subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=300, env={"PYTHONPATH": str(folder), "PATH": ""}
    )


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("expr/node.py", "from symdiff import api", "Each room imports only from those below it"),
        ("checking/verdict.py", "from symdiff.simplify import simplify", "The verification knows nothing of the engine that it checks"),
        (
            "checking/components.py",
            "def f():\n    from symdiff.calculus import derivative\n    return derivative",
            "The verification knows nothing",
        ),
        ("numeric/source.py", "from symdiff.notation import write", "Generated code is made from nodes"),
        ("simplify/normal.py", "def f():\n    from symdiff.notation import write\n    return write", "The simplifier does not know"),
        ("syntax/parse.py", "def f():\n    from symdiff import formula\n    return formula", "Nodes, table and syntax know no face"),
    ],
)
def test_contracts_catch_planted_faults(file: str, line: str, contract: str, tmp_path: Path) -> None:
    done = lint(planted(tmp_path, file, line))
    assert done.returncode, done.stdout + done.stderr
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout + done.stderr


def test_contracts_are_kept(tmp_path: Path) -> None:
    """The same command on the package as it is: what the tests above catch is the planted line."""
    shutil.copytree(ROOT, tmp_path / "symdiff", ignore=shutil.ignore_patterns("__pycache__"))
    done = lint(tmp_path)
    assert not done.returncode, done.stdout + done.stderr


def test_every_module_can_be_imported_by_name() -> None:
    """`import symdiff.checking.verdict as v`: no public name stands in the way of a room."""
    lines = ["import sys", "import symdiff as sd", "sd.verify, sd.limits, sd.steps"]
    for name in sorted(modules(ROOT)):
        if name != "symdiff.__main__":
            lines += [f"import {name}", f"assert sys.modules[{name!r}].__name__ == {name!r}"]
        if name.count(".") == 1 and name != "symdiff.__main__":
            lines += [f"import {name} as room", f"assert room is sys.modules[{name!r}], room"]
    lines += ["assert callable(sd.verify) and callable(sd.limits) and callable(sd.parse)"]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=120)
