"""The sessions of docs/descent.md say what one gets, and the example of the digits is a network that learns."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.cli import main
from symdiff.descent import RULES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "descent.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_console(capsys, monkeypatch):
    found = re.findall(r"```console\n\$ symdiff ([^\n]*)\n(.*?)```", TEXT, re.DOTALL)
    assert found
    monkeypatch.chdir(ROOT)
    for command, shown in found:
        assert main(shlex.split(command)) == 0
        numbers, wanted = [np.array(list(map(float, re.findall(r"-?[\d.]+", text)))) for text in (capsys.readouterr().out, shown)]
        assert numbers == pytest.approx(wanted, rel=1e-12)


def test_python():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried >= 10 and failed == 0


def test_the_rules_of_the_page():
    for rule in RULES.values():
        for line in (rule.step, *(f"{name} = {text}" for name, text in rule.remembers.items())):
            assert f"`{line}`" in TEXT


def test_the_network_of_the_digits_learns():
    """On stand-ins for the digits: ten patterns in noise."""
    rng = np.random.default_rng(0)
    patterns = rng.uniform(size=(10, 64))
    digits = np.repeat(np.arange(10), 30)
    data = {"x": patterns[digits] + 0.2 * rng.normal(size=(300, 64)), "y": np.eye(10)[digits]}
    test = {"x": patterns[digits] + 0.2 * rng.normal(size=(300, 64)), "y": np.eye(10)[digits]}
    f = sd.parse((ROOT / "examples" / "digits" / "network.sd").read_text(encoding="utf-8"))
    run = sd.descend(
        f, ["W1", "b1", "W2", "b2", "W3", "b3"], data, test=test, score="[z.y == max(z)]", method="adam", batch=32, init="he", epochs=20
    )
    assert run.scores[-1] > 0.95 and run.scores[0] < 0.5 and run.losses[-1] < 0.1
