"""What a type checker sees of the package: a user's script is clean, slips in one are found, the stub has every name."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stub

import symdiff as sd

SCRIPT = Path(__file__).parent / "scripts" / "user.py"
ROOT = Path(sd.__file__).parents[1]


SLIPS = {
    'sd.gradient("w.x", "w")': "attr-defined",
    'sd.grad("w.x", "w").compile("nunpy")': "call-overload",
    'sd.grad("w.x", "w", layout="rows")': "call-overload",
    'sd.grad("w.x", ["w"]).latex().foo': "attr-defined",
    'sd.grad("w.x", "w").names': "attr-defined",
    "sd.huber(1)": "call-arg",
    'sd.softmaxx("x")': "attr-defined",
    'sd.parse("w.x").subst(w=2)': "attr-defined",
    "sd.vectors(3)": "arg-type",
    'sd.define("f(x)", 3)': "arg-type",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy, strict, says of two files that use the package as it is installed: the script, and one with slips."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "slips.py").write_text("import symdiff as sd\n" + "\n".join(SLIPS) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "--config-file", os.devnull, str(SCRIPT), "slips.py"],
        check=False, cwd=folder, capture_output=True, text=True, timeout=600, env={**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return (done.stdout + done.stderr).splitlines()


def test_the_stub_has_every_name() -> None:
    if os.environ.get("SYMDIFF_UPDATE"):
        stub.PATH.write_text(stub.text(), encoding="utf-8")
    assert stub.PATH.read_text(encoding="utf-8") == stub.text()
    there = set(re.findall(r"^(?:def (\w+)|from \S+ import \w+ as (\w+)|(\w+): )", stub.text(), re.MULTILINE))
    names = {name for found in there for name in found if name}
    assert names - {"__version__", "load_ipython_extension"} == set(dir(sd)) - {"__version__"}  # IPython asks for the extension by name


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(sd.__file__).parent / "py.typed").exists()


def test_a_users_script_is_typed_linted_and_runs(said: list[str]) -> None:
    assert 50 <= len([line for line in SCRIPT.read_text(encoding="utf-8").splitlines() if line.strip()]) <= 75
    (last,) = [line for line in said if line.startswith(("Found", "Success"))]
    assert last.endswith("in 1 file (checked 2 source files)") and not [line for line in said if "user.py" in line], said
    subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", str(SCRIPT)], check=True, timeout=60)
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], check=False, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr


def test_slips_are_found(said: list[str]) -> None:
    found = dict(re.findall(r"slips\.py:(\d+): error: .*\[([\w-]+)\]", "\n".join(said)))
    assert found == {str(k): code for k, code in enumerate(SLIPS.values(), 2)}


def test_pyright_finds_the_slips_and_nothing_else(tmp_path: Path) -> None:
    """In its strict mode, as basedpyright brings it to where there is no npm."""
    pytest.importorskip("basedpyright")
    shutil.copy(SCRIPT, tmp_path / "user.py")
    (tmp_path / "slips.py").write_text("import symdiff as sd\n" + "\n".join(SLIPS) + "\n", encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "include": ["."]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", "-p", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert {Path(one["file"]).name for one in found} == {"slips.py"}, found
    assert {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"} == {*range(2, len(SLIPS) + 2)}, found


@pytest.mark.parametrize("name", [name for name in dir(sd) if not name.startswith("_")])
def test_every_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(sd, name)
    assert isinstance(thing, sd.Formula) or (inspect.getdoc(thing) or "").strip()


@pytest.mark.parametrize("kind", [sd.Formula, sd.Expressions, sd.Expr])
def test_every_public_method_has_a_docstring(kind: type) -> None:
    for name, member in vars(kind).items():
        if not name.startswith("_") and (callable(member) or isinstance(member, property)):
            assert inspect.getdoc(member), name


def test_help_of_a_function_says_what_it_is_and_its_derivative() -> None:
    import pydoc

    text = pydoc.render_doc(sd.huber, renderer=vars(pydoc)["plaintext"])
    for words in (
        "huber(r, d, /)",
        "if(abs(r) <= d, r .^ 2/2, d .* (abs(r) - d/2))",
        "Derivative by r: clip(r, -d, d)",
        "Where: d > 0",
        "Huber, Robust Estimation",
    ):
        assert words in text
    assert "Adjoint of A" in (inspect.getdoc(sd.det) or "") and "Adjoint of A" in (inspect.getdoc(sd.rowsum) or "")
    assert "leaky_relu(x, a='0.01', /)" in pydoc.render_doc(sd.leaky_relu, renderer=vars(pydoc)["plaintext"])


def test_a_name_that_is_nearly_one_is_offered() -> None:
    for wrong, right in {"gradient": "grad", "sigmoidd": "sigmoid", "register": "define"}.items():
        with pytest.raises(AttributeError, match=rf"did you mean sd\.{right}\?"):
            getattr(sd, wrong)
