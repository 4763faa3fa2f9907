"""A release sets the version everywhere and collects the changes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import symdiff
from tests.release import ROOT, release


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "symdiff").mkdir()
    (tmp_path / "changes").mkdir()
    for name in ("symdiff/__init__.py", "CITATION.cff", "CHANGELOG.md", "changes/README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_release(scratch: Path) -> None:
    (scratch / "changes" / "b.md").write_text("* Second.\n")
    (scratch / "changes" / "a.md").write_text("* First,\n  in two lines.\n")
    before = (scratch / "CHANGELOG.md").read_text(encoding="utf-8")
    assert release("99.1.0", scratch) == ["a.md", "b.md"]
    text = (scratch / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## 99.1.0\n\n* First,\n  in two lines.\n* Second.\n\n## " in text and text.endswith(before.partition("\n## ")[2])
    assert '__version__ = "99.1.0"' in (scratch / "symdiff" / "__init__.py").read_text(encoding="utf-8")
    assert "version: 99.1.0\n" in (scratch / "CITATION.cff").read_text(encoding="utf-8")
    assert [p.name for p in (scratch / "changes").iterdir()] == ["README.md"]


@pytest.mark.parametrize(("version", "changes"), [("0.0.1", "* x"), ("next", "* x"), ("99.0.0", ""), ("99.0.0", "no star")])
def test_what_is_no_release(version: str, changes: str, scratch: Path) -> None:
    if changes:
        (scratch / "changes" / "a.md").write_text(changes)
    kept = {p: p.read_bytes() for p in scratch.rglob("*") if p.is_file()}
    with pytest.raises(ValueError, match=r"version|after|changes"):
        release(version, scratch)
    assert kept == {p: p.read_bytes() for p in scratch.rglob("*") if p.is_file()}


def test_one_version_everywhere() -> None:
    (cited,) = re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    (first,) = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[:1]
    assert cited == first == symdiff.__version__


def test_the_workflow_calls_the_script_that_everybody_runs() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "- run: .ci/run\n" in text
    (oldest,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f'python: ["{oldest}",' in text
