"""The wheel and the sdist in clean environments of the oldest and the newest Python at hand, with what the index gives: as a stranger installs them.

Looked for: `python3.11`, `python3.12`, … on the path, pyenv's versions, and the paths in SYMDIFF_PYTHONS (separated as in PATH). One that is at hand is enough;
which ones they are is in the names of the tests. These install from the network: leave them out with `-m "not packaging"`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUESTION = ["max(1 - y*w.phi, 0)", "--wrt", "w"]
ANSWER = "-[y*w.phi < 1]*y*phi\n"
ASKS = "import sys; v = sys.version_info; import ensurepip, venv; print(v[0], v[1], int(sys.version_info.releaselevel == 'final'), sys.base_prefix)"


def candidates() -> list[str]:
    """Where interpreters may be."""
    found = [path for path in os.environ.get("SYMDIFF_PYTHONS", "").split(os.pathsep) if path]
    found += [path for minor in range(11, 30) if (path := shutil.which(f"python3.{minor}"))]
    found += [str(path) for path in sorted(Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.*/bin/python"))]
    return [*found, sys.executable]


def interpreters() -> dict[str, str]:
    """The oldest and the newest one that the project supports and that can make environments: "3.11": path."""
    found: dict[tuple[int, int], str] = {}
    for path in candidates():
        try:
            done = subprocess.run([path, "-c", ASKS], check=False, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            major, minor, final, _ = done.stdout.split(maxsplit=3)
            if final == "1" and (int(major), int(minor)) >= (3, 11):
                found.setdefault((int(major), int(minor)), path)
    return {f"{major}.{minor}": found[major, minor] for major, minor in sorted({min(found), max(found)})} if found else {}


PYTHONS = interpreters()
# The wheel on the newest, the sdist on the oldest; SYMDIFF_LONG=1 (.ci/long) asks for both on both.
CROSSED = [(version, form) for version in PYTHONS for form in ("wheel", "sdist")]
INSTALLED = CROSSED if os.environ.get("SYMDIFF_LONG") or len(PYTHONS) < 2 else CROSSED[1:3]


def run(*command: object, cwd: Path, **env: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run([str(c) for c in command], check=False, cwd=cwd, env=clean | env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel, the sdist, and the checkout that they are built from."""
    out, copy = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("checkout") / "symdiff"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", "dist"))
    run(sys.executable, "-m", "hatchling", "build", "-d", out, cwd=copy)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist, "checkout": copy}


@pytest.mark.packaging
@pytest.mark.parametrize(("version", "form"), INSTALLED)
def test_a_clean_environment(version: str, form: str, built: dict[str, Path], tmp_path: Path) -> None:
    """The answer with its verification, a page, a gradient as code, a function of SciPy, the types: with what a plain install brings."""
    run(PYTHONS[version], "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    bin = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    run(bin / "python", "-m", "pip", "install", "-q", built[form], cwd=tmp_path)
    assert run(bin / "python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])", cwd=tmp_path).strip() == version
    assert str(tmp_path / "venv") in run(bin / "python", "-c", "import symdiff; print(symdiff.__file__)", cwd=tmp_path)
    assert run(bin / "symdiff", *QUESTION, "--verify", cwd=tmp_path) == ANSWER
    assert run(bin / "python", "-m", "symdiff", *QUESTION, cwd=tmp_path) == ANSWER
    if form == "sdist":
        return
    run(bin / "symdiff", "handout", *QUESTION, "-o", "hinge.html", cwd=tmp_path)
    run(bin / "symdiff", "graph", *QUESTION, "-o", "hinge.png", cwd=tmp_path)
    run(bin / "symdiff", "code", *QUESTION, "-o", "gradient.py", cwd=tmp_path)
    assert run(bin / "python", "-c", "from gradient import f; print(f(w=[3, 1], phi=[1, 2], y=0.1))", cwd=tmp_path) == "[-0.1 -0.2]\n"
    assert (
        run(bin / "python", "-W", "error", "-c", "import symdiff as sd; print(sd.grad('gelu(x) + lgamma(y)', 'x')(x=0.0))", cwd=tmp_path)
        == "0.5\n"
    )
    run(bin / "python", "-W", "error", "-m", "compileall", "-q", next((tmp_path / "venv").rglob("site-packages")) / "symdiff", cwd=tmp_path)


@pytest.mark.packaging
def test_uvx_runs_the_checkout(built: dict[str, Path], tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "tools", cwd=tmp_path)
    bin = tmp_path / "tools" / ("Scripts" if sys.platform == "win32" else "bin")
    run(bin / "python", "-m", "pip", "install", "-q", "uv", cwd=tmp_path)
    assert (
        run(
            bin / "uvx",
            "--python",
            sys.executable,
            "--from",
            ".",
            "symdiff",
            *QUESTION,
            cwd=built["checkout"],
            UV_CACHE_DIR=str(tmp_path / "cache"),
        )
        == ANSWER
    )


def test_an_interpreter_is_found() -> None:
    assert f"3.{sys.version_info.minor}" in PYTHONS or len(PYTHONS) == 2


def test_every_extra_that_a_message_offers_is_one() -> None:
    """And every extra is asked for somewhere, or in the docs."""
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])
    texts = [
        path.read_text(encoding="utf-8") for folder, kind in (("symdiff", "*.py"), ("docs", "*.md")) for path in (ROOT / folder).rglob(kind)
    ]
    offered = {name for text in texts for name in re.findall(r"symdiff-graph\[(\w+)\]", text)}
    assert offered <= extras
    from symdiff.numeric.run import EXTRAS

    assert {*EXTRAS} <= extras
    assert extras <= offered | {*EXTRAS}
