"""The examples of docs/numbers-and-steps.md say what the command says."""

import re
import shlex
from pathlib import Path

import pytest

from symdiff.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "numbers-and-steps.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ symdiff ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)


def test_there_are_examples():
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_an_example(command, output, capsys):
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out == output
