"""The README's sessions are run: what it shows is what one gets."""

import doctest
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from symdiff.cli import main

README = Path(__file__).parents[2] / "README.md"
SESSION = "".join(re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
STEPS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", SESSION, re.MULTILINE)


def test_there_is_a_session():
    assert len(STEPS) >= 3


@pytest.mark.parametrize(("line", "shown"), STEPS, ids=[line for line, _ in STEPS])
def test_console(line, shown, capsys):
    program, *arguments = shlex.split(line)
    assert program == "symdiff"
    assert main(arguments) == 0
    assert capsys.readouterr().out == shown


def test_python():
    failed, tried = doctest.testfile(str(README), module_relative=False)
    assert tried >= 6
    assert failed == 0


CODE = README.parent / "docs" / "code.md"
BLOCKS = re.findall(r"```python\n(>>> .*?)```", CODE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_of_code():
    """Its sessions one after the other, those of libraries that are not installed left out."""
    names = {}
    for k, block in enumerate(BLOCKS):
        library = re.search(r"^>>> import (torch|jax)$", block, re.MULTILINE)
        if library and importlib.util.find_spec(library[1]) is None:
            continue
        test = doctest.DocTestParser().get_doctest(block, names, f"{CODE.name}, session {k + 1}", str(CODE), 0)
        runner = doctest.DocTestRunner()
        runner.run(test, clear_globs=False)
        names = test.globs
        assert runner.summarize(verbose=False).failed == 0
    assert len(BLOCKS) >= 5
