"""PrairieLearn questions: `server.py` is called as PrairieLearn calls it, on right, wrong and unreadable answers."""

from __future__ import annotations

import importlib.util
import json
import re
import uuid
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from symdiff.cli import main
from symdiff.course.export import export
from symdiff.course.sheet import read_sheet

SMALL = Path(__file__).parent / "small.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("course") / "questions"
    assert main(["sheet", str(SMALL), "--folder", str(made)]) == 0
    return made


TAGS = re.compile(r"\{\{[#/]?feedback\.(\w+)\}\}")

# What info.json may have, and must have with a star (apps/prairielearn/src/schemas/infoQuestion.ts: an object with these keys and no others).
INFO = {
    "uuid*": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "type*": "Calculation|MultipleChoice|Checkbox|File|MultipleTrueFalse|v3", "title*": ".+", "topic*": ".+",
    "tags": list, "authors": list, "clientFiles": list, "gradingMethod": "Internal|External|Manual", "singleVariant": bool, "showCorrectAnswer": bool, "partialCredit": bool,
    "options": dict, "comment": str,
}  # fmt: skip
# What elements may have, and must have with a star (the `prepare` of apps/prairielearn/elements/pl-string-input and pl-figure, which raise for others).
ELEMENTS = {
    "pl-string-input": "answers-name* weight correct-answer label aria-label suffix display remove-leading-trailing remove-spaces allow-blank ignore-case placeholder size "
    "show-help-text normalize-to-ascii show-score multiline escape-unicode",
    "pl-figure": "file-name* width type directory inline alt",
    "pl-question-panel": "", "pl-submission-panel": "", "pl-answer-panel": "",
    "p": "", "em": "", "strong": "", "code": "", "small": "",
}  # fmt: skip


def strange(info: dict[str, Any], page: str) -> list[str]:
    """What PrairieLearn refuses of a question."""
    known = {k.rstrip("*"): kind for k, kind in INFO.items()}
    found = [f"info.json has no {k}" for k in info if k not in known] + [
        f"no {k}" for k in INFO if k.endswith("*") and k.rstrip("*") not in info
    ]
    for k, kind in known.items():
        if k in info and not (
            isinstance(info[k], str) and re.fullmatch(kind, info[k]) if isinstance(kind, str) else isinstance(info[k], kind)
        ):
            found.append(f"{k}: {info[k]!r}")
    found += [f"a tag is no text: {t!r}" for t in info.get("tags", []) if not isinstance(t, str)]
    names: list[str] = []
    opened: list[str] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            opened.append(tag)
            if tag not in ELEMENTS:
                found.append(f"no element {tag}")
                return
            given = dict(attrs)
            allowed = ELEMENTS[tag].split()
            found.extend([f"{tag} has no {name}" for name in given if name not in {a.rstrip("*") for a in allowed}])
            found.extend([f"{tag} without {a}" for a in allowed if a.endswith("*") and not given.get(a.rstrip("*"))])
            if tag == "pl-string-input":
                names.append(given.get("answers-name") or "")
                # A blank that is left empty would be an error of format, and the whole answer would not be marked.
                found.extend(["an empty field stops the marking"] * (given.get("allow-blank") != "true"))

        def handle_endtag(self, tag: str) -> None:
            found.extend([f"</{tag}> closes nothing"] * (not opened or opened.pop() != tag))

    Elements().feed(page)
    return found + [f"{n} is there twice" for n in set(names) if names.count(n) > 1] + [f"<{tag}> is open" for tag in opened]


@pytest.mark.parametrize("name", ["small", "kinds"])
def test_questions_are_what_prairielearn_takes(name: str) -> None:
    files = export("prairielearn", [read_sheet(SMALL.parent / f"{name}.toml")])
    assert isinstance(files, dict)
    uuids = []
    for path in files:
        if path.endswith("info.json"):
            info = json.loads(files[path])
            assert strange(info, files[path.replace("info.json", "question.html")].decode()) == []
            uuids.append(info["uuid"])
    assert len(set(uuids)) == len(uuids) >= 3


def test_what_prairielearn_refuses_is_found() -> None:
    files = export("prairielearn", [read_sheet(SMALL)])
    assert isinstance(files, dict)
    info, page = json.loads(files["square/info.json"]), files["square/question.html"].decode()
    assert strange(info, page) == []
    for change in ({"uuid": "1"}, {"type": "v4"}, {"colour": "red"}, {"tags": "a"}, {"tags": [1]}, {"partialCredit": 1}):
        assert strange(info | change, page)
    assert strange({k: v for k, v in info.items() if k != "topic"}, page)
    for old, new in (
        ("allow-blank", "allow-nothing"), (' allow-blank="true"', ""), ("<p>", "<p style='x'>"), ("</p>", ""), ('"square_gradient"', '"square_value_L"'), ('file-name="graph.svg"', ""),
    ):  # fmt: skip
        assert strange(info, page.replace(old, new, 1)), new


def test_fields_have_names_of_their_own() -> None:
    from symdiff.course.export.prairielearn import SERVER, field
    from symdiff.course.record import Blank

    names: dict[str, Any] = {}
    exec(SERVER[SERVER.index("def field") : SERVER.index("def generate")], names)
    blanks = [SimpleNamespace(id=i) for i in ("a-b.edge.a_b.c", "a-b.edge.a.b_c", "a-b.value.a_b", "a-b.gradient")]
    assert (
        [field(cast(Blank, b)) for b in blanks]
        == [names["field"](b) for b in blanks]
        == ["a_b_edge_a__b_c", "a_b_edge_a_b__c", "a_b_value_a__b", "a_b_gradient"]
    )


def server(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"server_{folder.name}", folder / "server.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(module: Any, **answers: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "correct_answers": {},
        "submitted_answers": {},
        "format_errors": {},
        "partial_scores": {},
        "params": {},
        "feedback": {},
    }
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
        assert [m[1] for m in TAGS.finditer(page)] == [f for f in fields for _ in range(3)]
        assert "{{" not in TAGS.sub("", page) and "}}" not in TAGS.sub("", page)
    assert len(seen) == 3
    assert (folder / "square" / "clientFilesQuestion" / "graph.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("name", ["square", "net-1", "least"])
def test_right_answers_have_all_points(folder: Path, name: str) -> None:
    data = asked(server(folder / name))
    assert data["score"] == pytest.approx(1) and not data["format_errors"]
    assert all(part["score"] == 1.0 for part in data["partial_scores"].values())


def test_right_answers_of_every_kind_have_all_points(tmp_path: Path) -> None:
    assert main(["sheet", str(SMALL.parent / "kinds.toml"), "--folder", str(tmp_path / "kinds")]) == 0
    for question in sorted((tmp_path / "kinds").iterdir()):
        data = asked(server(question))
        assert data["score"] == pytest.approx(1) and not data["format_errors"], question.name


def test_wrong_answers_have_their_diagnosis(folder: Path) -> None:
    data = asked(server(folder / "least"), least_gradient="A'*(A*x - b)", least_check="right")
    assert data["score"] == pytest.approx(0.5)
    assert "a factor of 2 is missing" in data["feedback"]["least_gradient"]
    assert "the derivation is wrong" in data["feedback"]["least_check"]


def test_what_cannot_be_read_is_an_error_of_format(folder: Path) -> None:
    data = asked(server(folder / "square"), square_gradient="4*a^", square_value_L="")
    assert set(data["format_errors"]) == {"square_gradient"} and "value is expected" in data["format_errors"]["square_gradient"]
    assert data["partial_scores"]["square_value_L"]["score"] == 0.0
