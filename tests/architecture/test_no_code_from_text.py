"""No text of a user becomes code: the package's syntax trees hold none of the calls that could, but for the sites listed here.

A name is refused wherever it stands, called or passed on, as a name, an attribute or an import.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import symdiff

ROOT = Path(symdiff.__file__).parent

BUILTINS = {"eval", "exec", "compile", "__import__", "execfile", "input", "breakpoint"}
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "numexpr", "code", "codeop", "runpy",
           "subprocess", "pty", "ctypes", "cffi", "imp", "socket", "urllib", "http", "requests", "webbrowser", "tempfile", "multiprocessing"}  # fmt: skip
ATTRIBUTES = {"sympify", "parse_expr", "lambdify", "literal_eval", "system", "popen", "spawnl", "spawnv", "execv", "execve", "startfile",
              "run_line_magic", "get_ipython", "import_string", "__reduce__", "__subclasses__", "__globals__", "__code__", "__builtins__"}  # fmt: skip
# Names chosen at run time: `getattr`, `import_module` and friends.
CHOSEN = {"getattr", "setattr", "delattr", "import_module", "globals", "locals", "vars", "attrgetter", "methodcaller"}
NAMES = BUILTINS | CHOSEN
OF_OBJECTS = ATTRIBUTES | {"import_module", "attrgetter", "methodcaller"}

# (file, name): how often, and why it may stand there.
ALLOWED: dict[tuple[str, str], tuple[int, str]] = {
    ("numeric/run.py", "exec"): (
        1,
        "runs the source that numeric/source.py wrote; all names in it are made there from checked identifiers",
    ),
    ("numeric/run.py", "builtins.compile"): (1, "the same"),
    ("__init__.py", "import_module"): (4, "the homes of the public names, a table in the file, symdiff.building and symdiff.notebook"),
    ("__init__.py", "getattr"): (1, "a public name of the table"),
    ("__init__.py", "globals"): (1, "public names are kept once they are looked up"),
    ("cli/commands/practice.py", "input"): (1, "a line of the terminal, as text; Python 3 runs nothing of it"),
    ("cli/registry.py", "import_module"): (1, "the file of a command, by a name of the table in the file"),
    ("cli/registry.py", "getattr"): (1, "the command in it, by the same name"),
    ("bounds.py", "vars"): (9, "the limits by name; unknown names are refused"),
    ("bounds.py", "getattr"): (3, "the same"),
    ("numeric/inner.py", "getattr"): (1, "the columns of a row that name libraries"),
    ("numeric/python/library.py", "getattr"): (1, "the column of a row that a class of ours names"),
    ("numeric/targets/scalars.py", "getattr"): (2, "the same"),
    ("arguments.py", "__code__"): (2, "the names of a function's arguments"),
    ("arguments.py", "vars"): (1, "the methods of a class of ours"),
    ("arguments.py", "setattr"): (1, "the same methods, with what looks at their arguments"),
    ("syntax/lalr.py", "getattr"): (1, "the builder's method for a rule of the grammar"),
    ("syntax/latexparser.py", "getattr"): (1, "the same, for the grammar of LaTeX"),
    ("table/row.py", "getattr"): (1, "a column of the table, where spellings are entered"),
    ("syntax/parse.py", "setattr"): (1, "a method of the builder for every row of the table of operators"),
    ("syntax/elaborate.py", "getattr"): (1, "a constructor of expr.build, named by the table of operators"),
    ("syntax/indexed.py", "getattr"): (1, "a constructor of expr.build, named by the form of a product"),
    ("printers/text.py", "getattr"): (1, "the method for a kind of tree"),
    ("printers/typeset.py", "getattr"): (2, "the method for a kind of tree; a column of the table"),
    ("checking/fields.py", "getattr"): (2, "SymPy's and mpmath's functions of the table's names"),
    ("checking/floats.py", "getattr"): (1, "a function of mpmath's, by the name that the table gives"),
    ("batches/pool.py", "multiprocessing"): (1, "processes that answer pieces of requests by a function of this module"),
    ("grading/constants.py", "__code__"): (1, "the numbers that stand in a function which is marked"),
    ("checking/components.py", "getattr"): (1, "what a field knows of its own, by a fixed name"),
    ("bridges/from_python.py", "getattr"): (5, "fields of Python's syntax trees and of a function, by fixed names"),
    ("bridges/libraries.py", "getattr"): (2, "the kind of numbers in an array, by fixed names"),
    ("teach/picture.py", "getattr"): (1, "a printer's method, by a fixed name"),
    ("cli/commands/page.py", "webbrowser"): (1, "opens the address of the server that this command has started"),
    ("page/serve.py", "http.server"): (1, "files from memory, on this machine only"),
    ("page/serve.py", "urllib.parse"): (1, "the path of a request, which is looked up among these files"),
    ("page/marks.py", "tempfile"): (1, "a sheet that is read as a file, in a browser's memory"),
    ("page/arrays/__init__.py", "getattr"): (3, "the names of NumPy's that this room has, a list in the file"),
    ("page/arrays/__init__.py", "vars"): (3, "the same"),
    ("page/arrays/array.py", "setattr"): (3, "operators of arrays, by a table in the file"),
    ("page/arrays/array.py", "getattr"): (1, "whether a class wants NumPy's operators, by a fixed name"),
    ("page/arrays/functions.py", "setattr"): (1, "methods of arrays by a table in the file"),
    ("page/arrays/functions.py", "getattr"): (4, "methods and operators by tables in the file"),
    ("page/arrays/scalars.py", "setattr"): (3, "operators of numbers, by a table in the file"),
    ("page/arrays/scalars.py", "getattr"): (2, "the same; what only arrays have, of a number"),
    ("page/arrays/special.py", "getattr"): (2, "mpmath's functions and those of checking.floats, by fixed names"),
    ("simplify/graph.py", "attrgetter"): (1, "a field of a node, by a fixed name"),
}


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every suspicious name in a file and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in NAMES:
                yield name, node.lineno
            case ast.Attribute(value=ast.Name(id="builtins" | "__builtins__"), attr=name) if name in BUILTINS:
                yield f"builtins.{name}", node.lineno
            case ast.Attribute(attr=name) if name in OF_OBJECTS:
                yield name, node.lineno
            case ast.Call(func=ast.Attribute(attr="S")):  # SymPy's other name for sympify
                yield "S()", node.lineno
            case ast.Import(names=aliases):
                yield from ((alias.name, node.lineno) for alias in aliases if alias.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=module, names=aliases, level=0):
                if str(module).partition(".")[0] in MODULES:
                    yield str(module), node.lineno
                wanted = ATTRIBUTES | (BUILTINS if module == "builtins" else set())
                yield from ((alias.name, node.lineno) for alias in aliases if alias.name in wanted)
            case ast.keyword(arg="shell" | "allow_pickle") if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                yield f"{node.arg}=", node.value.lineno


def own(tree: ast.Module) -> set[str]:
    """Functions that the file defines or imports from the package under such a name: `api.compile` is not the builtin one."""
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("symdiff")):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


@cache
def suspicious(text: str) -> list[tuple[str, int]]:
    """The names in a file's text that are not its own. Kept: a copy with one line more is looked at again."""
    tree = ast.parse(text)
    mine = own(tree)
    return [(name, line) for name, line in names(tree) if name not in mine or name in ("exec", "eval")]


def sites(root: Path) -> dict[tuple[str, str], list[int]]:
    """(file, name) with the lines at which the name stands."""
    found: dict[tuple[str, str], list[int]] = {}
    for path in sorted(root.rglob("*.py")):
        for name, line in suspicious(path.read_text(encoding="utf-8")):
            found.setdefault((path.relative_to(root).as_posix(), name), []).append(line)
    return found


def test_no_text_becomes_code() -> None:
    found = sites(ROOT)
    counted = {site: len(lines) for site, lines in found.items()}
    assert counted == {site: count for site, (count, _) in ALLOWED.items()}, found


@pytest.mark.parametrize(
    ("file", "line"), [("numeric/run.py", "exec(text)"), ("expr/node.py", "api = import_module('symdiff.api')"), ("new.py", "eval(text)")]
)
def test_one_more_site_is_found(file: str, line: str, tmp_path: Path) -> None:
    """A second `exec` in a file that may have one, too."""
    shutil.copytree(ROOT, tmp_path / "symdiff", ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "symdiff" / file, "a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    counted = {site: len(lines) for site, lines in sites(tmp_path / "symdiff").items()}
    assert counted != {site: count for site, (count, _) in ALLOWED.items()}


@pytest.mark.parametrize(
    "code",
    [
        "eval(text)",
        "f = exec",
        "import builtins; builtins.eval(text)",
        "compile(text, '', 'eval')",
        "__import__(name)",
        "import pickle",
        "from marshal import loads",
        "import sympy; sympy.sympify(text)",
        "from sympy import sympify",
        "from sympy.parsing.sympy_parser import parse_expr",
        "import subprocess",
        "import os; os.system(text)",
        "import yaml",
        "import numexpr as ne",
        "np.load(path, allow_pickle=True)",
        "getattr(thing, text)",
        "run(text, shell=True)",
        "sympy.S(text)",
    ],
)
def test_the_test_can_fail(code: str) -> None:
    assert list(names(ast.parse(code)))


def test_files_of_values_hold_no_code(tmp_path: Path) -> None:
    """A pickle in the place of a NumPy file is refused, not run."""
    import pickle

    import numpy as np

    import symdiff as sd
    from symdiff.teach.values import read

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "sprung",)  # type: ignore[return-value]

    (tmp_path / "x.npy").write_bytes(pickle.dumps(Trap()))
    np.save(tmp_path / "y.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "z.npz", x=np.array([Trap()], dtype=object))
    f = sd.parse("x*y*z")
    for name in ("x.npy", "y.npy", "z.npz"):
        with pytest.raises(sd.SymdiffError):
            read(str(tmp_path / name), f)
    assert not (tmp_path / "sprung").exists()


def test_the_tables_of_the_parser_are_data_of_the_package() -> None:
    """Nothing is read from a shared temporary folder or the user's home; JSON holds no code."""
    from symdiff.syntax import lalr, latexparser

    for tables in (lalr.TABLES, latexparser.TABLES):
        assert Path(tables).parent == ROOT / "syntax"
        assert Path(tables).suffix == ".json"
