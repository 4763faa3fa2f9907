"""The grammar is found from a checkout, an editable install, a wheel and an sdist.

Each way is tried in a fresh environment that has the program from there and nowhere else; the libraries it needs are lent by the
environment that runs the tests. Leave these out with `-m "not packaging"`.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]
PARTS = ("symdiff", "grammar", "site", "examples", "tests", "docs", "changes", ".ci")
FILES = ("pyproject.toml", "requirements.lock", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE")
QUESTION = ["max(1 - y*w.phi, 0)", "--wrt", "w", "--no-verify"]
ANSWER = "-[y*w.phi < 1]*y*phi\n"


def run(*command, cwd, **env):
    done = subprocess.run([str(c) for c in command], check=False, cwd=cwd, env=os.environ | env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what the checkout holds, without what earlier builds left."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, copy / file)
    return copy


@pytest.fixture(scope="module")
def built(checkout, tmp_path_factory):
    """The wheel and the sdist."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", out, cwd=checkout)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture
def fresh(tmp_path):
    """An environment with the libraries and without symdiff: a function that runs its Python, `.install` to fill it."""
    home = tmp_path / "venv"
    venv.create(home)
    lent = tmp_path / "lent"
    lent.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "symdiff" not in entry.name and entry.suffix != ".pth":
            (lent / entry.name).symlink_to(entry)

    def python(*arguments):
        return run(home / "bin" / "python", *arguments, cwd=tmp_path, PYTHONPATH=str(lent))

    def install(*what):
        python("-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", *what)

    python.home = home  # type: ignore[attr-defined]
    python.install = install  # type: ignore[attr-defined]
    return python


def test_wheel(fresh, built):
    wheel, _ = built
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "symdiff/grammar/formula.lark",
        "symdiff/grammar/latex.lark",
        "symdiff/syntax/latex_tables.json",
        "symdiff/py.typed",
        "symdiff/__init__.pyi",
    } <= names
    assert {f"symdiff/cli/commands/{name}.py" for name in ("derivative", "graph", "handout")} <= names
    fresh.install(wheel)
    assert str(fresh.home) in fresh("-c", "import symdiff; print(symdiff.__file__)")
    assert fresh("-m", "symdiff", *QUESTION) == ANSWER
    assert fresh(fresh.home / "bin" / "symdiff", *QUESTION) == ANSWER
    assert "</html>" in fresh("-m", "symdiff", "handout", *QUESTION)
    assert fresh("-c", "import symdiff as sd; print(sd.parse('gelu(x) + erf(x)')(x=0.0))") == "0.0\n"  # by SciPy
    assert fresh("-m", "symdiff", "completion", "bash").startswith("_symdiff_completion()")


def test_sdist(fresh, built):
    _, sdist = built
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "grammar/formula.lark",
        "grammar/latex.lark",
        "tests/packaging/test_distribution.py",
        "LICENSE",
        "requirements.lock",
        ".ci/run",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "symdiff/py.typed",
    } <= names
    fresh.install(sdist)
    assert str(fresh.home) in fresh("-c", "import symdiff; print(symdiff.__file__)")
    assert fresh("-m", "symdiff", *QUESTION) == ANSWER


def test_editable(fresh, checkout):
    fresh.install("-e", checkout)
    assert str(checkout) in fresh("-c", "import symdiff; print(symdiff.__file__)")
    assert fresh("-m", "symdiff", *QUESTION) == ANSWER


def test_an_editable_install_reads_the_grammar_of_the_checkout(fresh, checkout, tmp_path):
    """Not a copy that was made when it was installed."""
    mine = tmp_path / "mine"
    shutil.copytree(checkout, mine)
    fresh.install("-e", mine)
    assert fresh("-m", "symdiff", *QUESTION) == ANSWER
    (mine / "grammar" / "formula.lark").write_text("start: NOTHING")
    with pytest.raises(AssertionError):
        fresh("-m", "symdiff", *QUESTION)


def test_checkout(fresh, checkout):
    code = f"import sys; sys.path.insert(0, {str(checkout)!r}); from symdiff.cli import main; sys.exit(main({QUESTION!r}))"
    assert fresh("-c", code) == ANSWER


def test_the_lock_has_every_requirement():
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        Requirement(text)
        for text in project["project"]["dependencies"]
        + project["dependency-groups"]["dev"]
        + project["project"]["optional-dependencies"]["docs"]
    ]
    locked = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        name, found, version = line.partition("==")
        if found and not line.startswith("#"):
            locked.setdefault(name, []).append(version.split()[0])
    for requirement in wanted:
        assert locked.get(requirement.name), requirement
        assert all(requirement.specifier.contains(version) for version in locked[requirement.name]), requirement
