"""Every fence of every page is run, or stands in a list with its reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
NOT_RUN: dict[str, dict[str, str]] = {}


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
