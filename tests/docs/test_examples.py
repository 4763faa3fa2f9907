"""Every fence of every page is run, or stands in a list with its reason."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

import symdiff as sd
from docs.generator.examples import NEED, of_need
from docs.generator.pages import ROOT, sources
from tests.docs.sessions import Session, fences, renewed

PAGES = ["README.md", *sources()]

# Pages whose fences another test runs or makes.
ELSEWHERE = {
    "CONTRIBUTING.md": "tests/docs/test_recipes.py follows it",
    "docs/code.md": "tests/numeric/test_stability.py compares it with what docs/code.py makes; tests/readme/test_readme.py runs its sessions",
    "docs/from-scratch.md": "tests/docs/test_from_scratch.py runs it as one program",
    "docs/descent.md": "tests/descent/test_docs.py",
    "docs/stationary.md": "tests/stationary/test_docs.py",
    "docs/benchmarks.md": "made by python -m benchmarks",
    "CHANGELOG.md": "shows no sessions",
}

# How fences begin that are not run, and why.
NOT_RUN: dict[str, dict[str, str]] = {
    "README.md": {"apt-get": "installs packages; .ci/run does the same", ".venv/bin": "goes on from there"},
    "docs/index.md": {"python3 -m venv": "installs packages; .ci/run does the same"},
    "docs/architecture.md": {"text ──": "a drawing in letters"},
    "docs/command.md": {"symdiff completion": "writes into files of the home; tests/cli runs it"},
    "docs/course.md": {"sheet.toml, line 12": "a message; tests/course has the messages"},
    "docs/grading.md": {"symdiff practice": "asks on the terminal; tests/course/test_practice.py answers"},
    "docs/language.md": {"x: scalar  ": "declarations side by side; each is read below", "symdiff FORMULA": "how a command is made up"},
    "docs/library.md": {"%%symdiff": "a cell of a notebook; tests/api runs one"},
    "docs/trust.md": {"python -m tests.hostile": "runs for 20 minutes; .ci/long does"},
}


def left_out(page: str, word: str, body: str) -> bool:
    return any(body.startswith(begin) for begin in NOT_RUN.get(page, ()))


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ELSEWHERE])
def test_the_examples_of_a_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    session = Session(tmp_path)
    made = renewed(text, session, lambda word, body: left_out(page, word, body))
    if os.environ.get("SYMDIFF_UPDATE"):
        path.write_text(made, encoding="utf-8")
    else:
        assert made == text
    assert session.ran == sum(not left_out(page, word, body) for word, body in fences(text))


def test_the_declarations_of_the_language() -> None:
    (block,) = [body for _, body in fences((ROOT / "docs" / "language.md").read_text(encoding="utf-8")) if body.startswith("x: scalar  ")]
    declarations = [part for line in block.splitlines() for part in re.split(r" {3,}", line)]
    assert len(declarations) == 8
    for declaration in declarations:
        name = declaration.partition(":")[0].partition(",")[0]
        assert sd.parse(f"{declaration}; {name}").types[name].source == "declared"


NEEDS = list(NEED.finditer((ROOT / "docs" / "writing.md").read_text(encoding="utf-8")))


def test_there_are_many_needs() -> None:
    rows = [line for line in (ROOT / "docs" / "writing.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ") and not line.startswith("| I want")]
    assert len(NEEDS) == len(rows) >= 60


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need["want"])
def test_a_need(need: re.Match[str]) -> None:
    """What is typed gives what the row says, and that reads back."""
    example = of_need(need)
    f = sd.parse(example.formula)
    g = sd.jacobian(f, example.wrt[0])
    assert str(g) == need["get"].replace("\\|", "|")
    assert sd.parse(str(g), given=f).expr is g.expr


def test_what_is_listed_is_there() -> None:
    """No reason outlives what it is a reason for."""
    for page, begins in NOT_RUN.items():
        found = [body for _, body in fences((ROOT / page).read_text(encoding="utf-8"))]
        for begin in begins:
            assert any(body.startswith(begin) for body in found), (page, begin)
    assert set(ELSEWHERE) <= set(PAGES)


@pytest.mark.parametrize(
    ("word", "body", "error"),
    [
        ("console", '$ symdiff "x^2" --wrt x\n3*x\n', "2\\*x"),
        ("console", '$ symdiff "x^2" --wrt x\n2*x\n$ symdiff "x^3" --wrt x\n', "3\\*x"),
        ("sh", 'symdiff "x^2 +" --wrt x\n', "symdiff"),
        ("sh", "ls\n", "nothing"),
        ("python", ">>> import symdiff as sd\n>>> sd.grad('x^2', 'x')\n3*x\n", "Expected"),
        ("python", "sd.grad('x^2', 'x')  # 3*x\n", "3"),
        ("symdiff", "x +\n", "end"),
        ("toml", "a =\n", "value"),
        ("text", "anything\n", "nobody"),
    ],
)
def test_an_example_that_is_not_so_is_found(word: str, body: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYMDIFF_UPDATE", raising=False)
    with pytest.raises((AssertionError, sd.SymdiffError, tomllib.TOMLDecodeError), match=error):
        Session(tmp_path).fence(word, body)
