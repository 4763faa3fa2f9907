"""docs/glossary.md is true of the code: what it points at exists, rooms and public names have a line, a class name means one thing."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

import symdiff

ROOT = Path(symdiff.__file__).parent
PAGE = (ROOT.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.partition("## Rooms")[0].splitlines()
    if line.startswith("| ")
][1:]

# Names that two classes have for reasons of their own; the list only gets shorter.
TWICE = {
    "Answer", "Atom", "Builder", "Condition", "Edge", "Entry", "Factor", "Formula", "Latex", "Layout", "Names", "Network", "Question", "Range", "Reading",
    "Rule", "Rules", "Run", "Table", "Text", "Value", "Work", "_Reader",
}  # fmt: skip


@pytest.mark.parametrize(("word", "place"), [(word, place) for word, _, place in WORDS])
def test_what_a_word_points_at_exists(word: str, place: str) -> None:
    (path,) = re.findall(r"^`([\w.]+)`$", place)
    module, _, name = path.rpartition(".")
    try:
        importlib.import_module(f"symdiff.{path}")
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(f"symdiff.{module}"), name), word


def test_every_word_has_one_meaning() -> None:
    words = [word for word, _, _ in WORDS]
    assert len(words) == len(set(words)) > 30
    assert all(len(meaning) > 20 for _, meaning, _ in WORDS)


def test_rooms_and_public_names_have_a_line() -> None:
    for name in symdiff.__all__:
        assert re.search(rf"`{name}`", PAGE) or name == "__version__", name
    for folder in ROOT.iterdir():
        if folder.is_dir() and (folder / "__init__.py").exists() and folder.name != "cli":
            assert f"`{folder.name}`" in PAGE, folder.name


def classes(root: Path) -> Counter[str]:
    return Counter(
        node.name
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )


def test_a_class_name_means_one_thing() -> None:
    twice = {name for name, count in classes(ROOT).items() if count > 1}
    assert twice <= TWICE, "a second class of this name: choose another"


def test_a_second_class_of_a_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class Operator: ...\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("class Operator: ...\n", encoding="utf-8")
    assert classes(tmp_path)["Operator"] == 2
