"""The README's sessions are run: what it shows is what one gets."""

import doctest
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
