"""Two checkouts are compared answer by answer: what differs is seen, and an error is an answer."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.answers import answers, cases, compare, drawn


def test_everything_that_is_said_is_written_down() -> None:
    found = answers(("square", "norm2(A*x - y)^2", "x", "grad"))
    assert found["x text"] == "2*A'*(A*x - y)"
    assert {"x latex", "x mathml", "x numpy", "x c", "x steps", "reading"} <= found.keys()
    assert found["x c"].startswith("SymdiffError")
    assert "error" in answers(("nothing", "x +", "x", "grad"))


def test_there_are_questions() -> None:
    assert sum(1 for _ in cases()) > 1_000
    assert list(drawn(2)) == list(islice(drawn(3), 2))


def test_a_difference_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    lines = [{"name": "a", "formula": "x", "x text": "1"}, {"name": "b", "formula": "2*x", "x text": "2"}]
    before.write_text("".join(json.dumps(line) + "\n" for line in lines))
    after.write_text(json.dumps(lines[0]) + "\n" + json.dumps(lines[1] | {"x text": "3"}) + "\n")
    assert compare(before, before) == 0
    assert compare(before, after) == 1
    assert "- 2\n  + 3" in capsys.readouterr().out
