"""PrairieLearn questions: `server.py` is called as PrairieLearn calls it, on right, wrong and unreadable answers."""

from __future__ import annotations

import importlib.util
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from symdiff.cli import main

SMALL = Path(__file__).parent / "small.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("course") / "questions"
    assert main(["sheet", str(SMALL), "--folder", str(made)]) == 0
    return made


def server(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"server_{folder.name}", folder / "server.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(module: Any, **answers: str) -> dict[str, Any]:
    data: dict[str, Any] = {"correct_answers": {}, "submitted_answers": {}, "format_errors": {}, "partial_scores": {}, "params": {}}
    module.generate(data)
    data["submitted_answers"] = data["correct_answers"] | answers
    module.parse(data)
    module.grade(data)
    return data


def test_a_question_is_whole(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["least", "net-1", "square"]
    seen = set()
    for question in folder.iterdir():
        info = json.loads((question / "info.json").read_text(encoding="utf-8"))
        seen.add(uuid.UUID(info["uuid"]))
        assert info["type"] == "v3" and info["title"] and info["topic"] == "Tests"
        page = (question / "question.html").read_text(encoding="utf-8")
        fields = re.findall(r'answers-name="(\w+)"', page)
        assert set(fields) == set(asked(server(question))["correct_answers"]) and len(set(fields)) == len(fields)
        assert "{{" not in page and "}}" not in page
    assert len(seen) == 3
    assert (folder / "square" / "clientFilesQuestion" / "graph.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("name", ["square", "net-1", "least"])
def test_right_answers_have_all_points(folder: Path, name: str) -> None:
    data = asked(server(folder / name))
    assert data["score"] == pytest.approx(1) and not data["format_errors"]
    assert all(part["score"] == 1.0 for part in data["partial_scores"].values())


def test_wrong_answers_have_their_diagnosis(folder: Path) -> None:
    data = asked(server(folder / "least"), least_gradient="A'*(A*x - b)", least_check="right")
    assert data["score"] == pytest.approx(0.5)
    assert "a factor of 2 is missing" in data["partial_scores"]["least_gradient"]["feedback"]
    assert "the derivation is wrong" in data["partial_scores"]["least_check"]["feedback"]


def test_what_cannot_be_read_is_an_error_of_format(folder: Path) -> None:
    data = asked(server(folder / "square"), square_gradient="4*a^", square_value_L="")
    assert set(data["format_errors"]) == {"square_gradient"} and "value is expected" in data["format_errors"]["square_gradient"]
    assert data["partial_scores"]["square_value_L"]["score"] == 0.0
