"""CONTRIBUTING.md's recipes, followed to the letter in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
EDIT = re.compile(
    r"^In `([^`]+)`(?:, (after|instead of) `([^\n]*)`|, (at the end))?:\n\n```\w+\n(.*?)```$|^```console\n(.*?)```$",
    re.MULTILINE | re.DOTALL,
)


def follow(recipe: str, folder: Path) -> int:
    """Make the edits and run the sessions of a recipe; how many there were."""
    steps = 0
    for path, how, anchor, end, text, session in EDIT.findall(recipe):
        steps += 1
        if session:
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
                done = subprocess.run(
                    ["sh", "-c", command.replace("python ", f'"{sys.executable}" ', 1)],
                    check=False, cwd=folder, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
                )  # fmt: skip
                assert done.stdout == shown, f"{command}\n{done.stdout}{done.stderr}"
            continue
        file = folder / path
        if not how and not end:
            assert not file.exists()
            file.write_text(text, encoding="utf-8")
            continue
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        if end:
            lines += ["\n", "\n", text] if text.startswith("def ") else [text]
        else:
            (place,) = (k for k, line in enumerate(lines) if anchor in line)
            lines[place : place + 1] = [lines[place], text] if how == "after" else [text]
        file.write_text("".join(lines), encoding="utf-8")
    return steps


@pytest.mark.parametrize("name", [name for name, text in RECIPES.items() if "```console" in text])
def test_a_recipe(name: str, tmp_path: Path) -> None:
    for part in ("symdiff", "grammar"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    assert follow(RECIPES[name], tmp_path) >= 2


def test_there_is_a_recipe_for_everything() -> None:
    assert {"A function", "A rule", "An operator", "A printer", "A target", "A language", "A command", "A release"} <= set(RECIPES)


def test_a_recipe_that_does_not_work_is_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "symdiff", tmp_path / "symdiff", ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.raises(AssertionError, match=r"no command 'shapse'|hello"):
        follow('```console\n$ python -c "print(1)"; echo hello\n2\n```', tmp_path)
