"""Pages of the docs: sessions run, links lead somewhere, every decision is listed, what a notebook or a file shows is what it is."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from symdiff.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "changes" / "README.md"]


def test_the_page_of_the_library() -> None:
    failed, tried = doctest.testfile(str(ROOT / "docs" / "library.md"), module_relative=False)
    assert tried >= 10
    assert failed == 0


def test_the_functions_of_its_toml_are_functions(tmp_path: Path) -> None:
    import symdiff as sd

    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "library.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert [row.source for row in sd.rules(tmp_path / "mine.toml")[-2:]] == ["sd.define", "Hill (1910)"]


def test_the_file_of_the_page_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = re.findall(
        r"```symdiff hinge.sd\n(# The hinge loss.*?)```", (ROOT / "docs" / "command.md").read_text(encoding="utf-8"), re.DOTALL
    )
    path = tmp_path / "hinge.sd"
    path.write_text(text, encoding="utf-8")
    assert main([str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == "-[y*w.phi < 1]*y*phi\n" and "at the point of the file: [-0.1, -0.2]" in err
    assert main(["trace", str(path)]) == 0 and "-0.1" in capsys.readouterr().out
    assert main(["graph", str(path)]) == 0 and "backward" in capsys.readouterr().out
    assert main([str(path), "--wrt", "y"]) == 0 and capsys.readouterr().out == "-[y*w.phi < 1]*w.phi\n"
    assert main([str(path), "--at", "w=[1,1]", "--at", "phi=[1,2]", "--at", "y=0.1"]) == 0 and capsys.readouterr().out == "[-0.1, -0.2]\n"
    path.write_text("# wrt: w\n# wrt: y\ny*w.phi", encoding="utf-8")
    assert main([str(path)]) == 2 and "two lines `# wrt:`" in capsys.readouterr().err
    path.write_text('# wrt: w\n# at: {"w": [3, 1], "phi": [1, 2], "y": 0.5}\ny*w.phi', encoding="utf-8")
    assert main([str(path)]) == 0 and "at the point of the file: [0.5, 1.0]" in capsys.readouterr().err
    path.write_text("# at: w=\ny*w.phi", encoding="utf-8")
    assert main([str(path), "--wrt", "w"]) == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        path, _, part = target.partition("#")
        file = page.parent / path if path else page
        if path == "docs/glossary.md":
            continue
        assert file.exists(), target
        if part and file.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, target


def test_the_decisions_that_are_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {p.name for p in folder.glob("*.md")} - {"README.md"}
    for name in listed:
        assert "**Decided.**" in (folder / name).read_text(encoding="utf-8")
