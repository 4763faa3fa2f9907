"""The sessions of docs/stationary.md say what one gets."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

from symdiff.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "stationary.md"


def test_console(capsys):
    found = re.findall(r"```console\n\$ symdiff ([^\n]*)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    for command, shown in found:
        assert main(shlex.split(command)) == 0
        out, err = capsys.readouterr()
        assert out == shown
        known = (
            ("X'*X + lambda*eye has an inverse", "minimum where lambda >= 0")
            if "lambda" in command
            else ("S has an inverse", "nu = -2/sum(inv(S))", "minimum")
        )
        for line in (*known, "verified: the gradient is zero there"):
            assert line in err


def test_python():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried >= 15 and failed == 0
