"""What the page asks and is told, without a browser: answers, errors with their places, numbers, marks, practice, hostile texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import symdiff as sd
from symdiff.page import service, views
from symdiff.page.build import examples
from symdiff.teach import glyphs

HINGE = "score = w.phi; margin = y*score; max(1 - margin, 0)"
SHEET = (Path(__file__).parents[2] / "examples" / "course" / "sheet.toml").read_text(encoding="utf-8")


def asked(question: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(service.ask(question, json.dumps(given)))
    return found


@pytest.fixture(autouse=True)
def plain_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures as in a browser, without Typst."""
    from symdiff.page import lettering

    monkeypatch.setattr(glyphs, "lettering", lettering.lettering(lettering.estimate))


ALL = [example for group in examples() for example in group["examples"] if "formula" in example]


@pytest.mark.parametrize("example", ALL, ids=[example["title"] for example in ALL])
def test_every_example_has_every_view(example: dict[str, Any]) -> None:
    given = {"formula": example["formula"], "wrt": example.get("wrt", []), "types": example.get("types", {})}
    found = asked("answer", **given)
    assert "error" not in found and found["answers"], found
    f = views.read(given)
    for answer in found["answers"]:
        again = sd.parse(answer["text"], given=f)
        assert str(again) == answer["text"]
        assert answer["mathml"].startswith("<math") and answer["latex"] and answer["unicode"] and answer["typst"]
    for question in ("graph", "steps", "backward", "code", "numbers"):
        view = asked(question, **{**given, "wrt": found["wrt"], "values": example.get("at", {}) if question == "numbers" else {}})
        assert "error" not in view, (question, view)
    assert asked("verify", **given, answers=[a["text"] for a in found["answers"]], proof=False)["ok"] is True


def test_the_answer_is_the_library_s() -> None:
    found = asked("answer", formula=HINGE, wrt=["w", "phi"])
    assert [a["text"] for a in found["answers"]] == [str(g) for g in sd.grad(HINGE, ["w", "phi"])]
    assert [a["word"] for a in found["answers"]] == ["gradient", "gradient"]
    assert asked("answer", formula="softmax(x)", wrt=["x"])["answers"][0]["word"] == "Jacobian"
    assert asked("answer", formula="x'*A*x", wrt=["x"], order=2)["answers"][0]["text"] == str(sd.hessian("x'*A*x", "x"))
    expanded = asked("answer", formula=HINGE, wrt=["w"], expand=True)["answers"][0]["text"]
    assert "margin" not in expanded
    assert asked("answer", formula="w.x", wrt=["w"], layout="numerator")["answers"][0]["text"] == "x'"


def test_without_a_question_it_is_by_the_weights() -> None:
    assert asked("answer", formula=HINGE)["wrt"] == ["w"]
    assert asked("answer", formula="norm2(A*x - b)^2")["wrt"] == ["x"]
    assert asked("answer", formula=r"\nabla_x \lVert A x - b \rVert^2")["wrt"] == ["x"]


def test_types_that_are_clicked() -> None:
    plain = asked("look", formula="a*b")
    assert [(v["name"], v["type"], v["clicked"]) for v in plain["variables"]] == [("a", "scalar", False), ("b", "scalar", False)]
    clicked = asked("look", formula="a*b", types={"a": "matrix(m, n)", "b": "vector(n)"})
    assert clicked["value"] == "vector(m)" and all(v["clicked"] and v["source"] == "set here" for v in clicked["variables"])
    fixed = asked("look", formula="a: vector(3); a.b")
    assert [(v["name"], v["fixed"]) for v in fixed["variables"]] == [("a", True), ("b", False)]
    assert "error" not in asked("answer", formula="w.x", types={"gone": "matrix(m, n)"})
    assert asked("answer", formula="a + b", types={"a": "vector(2)", "b": "vector(3)"})["error"]["message"]
    assert asked("answer", formula=r"\frac12x^2", types={"x": "vector", "gone": "scalar"})["error"]["message"] == "a vector has no power"
    assert asked("answer", formula="a + b", types={"a": "nonsense"})["error"]["message"]


@pytest.mark.parametrize(
    ("formula", "span"),
    [("max(1 - y*w.phi, 0", [3, 4]), ("2x", [0, 2]), ("𝑥 + 2 + (", None), ("sigmiod(x)", [0, 7]), ("φ*ψ)", [3, 4])],
)
def test_an_error_has_its_place_in_letters_of_javascript(formula: str, span: list[int] | None) -> None:
    error = asked("look", formula=formula)["error"]
    assert error["message"]
    if span is not None:
        assert error["span"] == span
    if error["span"] is not None and not error["where"]:
        start, end = error["span"]
        assert 0 <= start <= end <= service.units(formula)


HOSTILE = [
    "", " ", "#", ";", "=", "<script>alert(1)</script>", "x; </script><img src=x onerror=alert(1)>", '"&<>\'', "a" * 5000, "(" * 3000, "\\frac{", "\\href{javascript:alert(1)}{x}",
    "x\x00y", "\ud800", "𝒳²", "__import__('os')", "x.__class__", "{{7*7}}", "%s%s%s", "x" + "'" * 300, "1e999999", "9^9^9^9^9", "w: matrix(m, n); w.w", "\u202ex*y", "e^x", "x²ᵀ",
]  # fmt: skip


def markup_of(found: Any, key: str = "") -> Iterator[str]:
    """What the page puts in as markup; everything else becomes text there."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from markup_of(value, name)
    elif isinstance(found, list):
        for value in found:
            yield from markup_of(value, key)
    elif key in ("mathml", "html", "svg", "left", "right"):
        yield found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("question", ["look", "answer", "graph", "steps", "numbers", "check", "practice", "code"])
def test_hostile_texts_are_answered_and_escaped(text: str, question: str) -> None:
    more = {"answer": text} if question == "check" else {"sheet": text} if question == "practice" else {}
    found = asked(
        question, formula=text if question != "check" else "x^2", wrt=[], types={text[:50]: text[:50]} if question == "look" else {}, **more
    )
    for shown in markup_of(found):
        assert "<script" not in shown and "<img" not in shown and "onerror" not in re.sub(r">[^<]*<", "><", shown)
    if "error" in found:
        assert found["error"]["message"] and "Traceback" not in found["error"]["message"]


@pytest.mark.parametrize(
    "given", [{"wrt": ["nothing"]}, {"wrt": ["<b>"]}, {"order": 99}, {"order": "x"}, {"target": "cobol"}, {"level": "?"}, {"style": "?"}]
)
def test_a_question_that_means_nothing_is_an_error(given: dict[str, Any]) -> None:
    question = "code" if "target" in given else "steps" if {"level", "style"} & given.keys() else "answer"
    assert asked(question, **{"formula": HINGE, "wrt": ["w"], **given})["error"]["message"]


def test_names_as_words_of_markup_are_escaped() -> None:
    for question, key in (("steps", "html"), ("graph", "svg"), ("numbers", "html")):
        found = asked(question, formula="max(1 - amp*quot.nbsp, 0) + [amp < quot.nbsp]", wrt=["amp"])
        ElementTree.fromstring(f"<div>{found[key]}</div>")  # well-formed: signs are escaped
        assert "&lt;" in found[key]


def test_numbers_follow_the_values() -> None:
    at = {"w": [2, -1], "phi": [2, 1], "y": -1}
    found = asked("numbers", formula=HINGE, wrt=["w"], values=at)
    assert found["answers"] == [{"name": "w", "text": "[2.0, 1.0]"}] and found["values"] == at
    moved = asked("numbers", formula=HINGE, wrt=["w"], values={**at, "y": 1})
    assert moved["answers"] == [{"name": "w", "text": "[0.0, 0.0]"}] or moved["answers"][0]["text"] != found["answers"][0]["text"]
    assert [e["label"] for e in found["entries"]] == ["w[1]", "w[2]", "φ[1]", "φ[2]", "y"] or len(found["entries"]) == 5
    assert "error" in asked("numbers", formula=HINGE, wrt=["w"], values={"w": "x"})
    sized = asked("numbers", formula="X: matrix(m, n); w: vector(n); norm2(X*w - y)^2", wrt=["w"], sizes={"m": 1, "n": 4})
    assert sized["sizes"] == {"m": 1, "n": 4} and len(sized["values"]["w"]) == 4


@pytest.mark.parametrize(
    ("formula", "types"),
    [
        ("log(x)", {}),
        ("logdet(X)", {"X": "psd matrix(n, n)"}),
        ("p: simplex vector(n); -p.log(p)", {}),
        ("x'*D*x", {"D": "diagonal matrix(n, n)"}),
        ("sqrt(a - b)", {}),
        ("phi(x)^2 + w.phi(x)", {}),
    ],
)
def test_numbers_begin_where_there_is_a_value(formula: str, types: dict[str, str]) -> None:
    found = asked("numbers", formula=formula, types=types)
    assert "error" in found or "nan" not in found["answers"][0]["text"], found


def test_marks() -> None:
    wrong = asked("check", formula=HINGE, wrt=["w"], answer="-y*phi")
    assert wrong["correct"] is False and "indicator" in wrong["text"]
    assert asked("check", formula=HINGE, wrt=["w"], answer="-[margin < 1]*y*phi")["correct"] is True
    assert asked("check", formula=HINGE, wrt=["w"], answer="")["error"]["hint"]
    assert asked("check", formula=HINGE, wrt=["w"], answer="-y*phj")["error"]["message"]
    assert asked("verify", formula=HINGE, wrt=["w"], answers=["-y*phi"])["ok"] is False
    assert asked("verify", formula="w.x", wrt=["w"], layout="numerator", answers=["x'"])["ok"] is True
    assert asked("curvature", formula=HINGE, wrt=["w"])["kind"] == "convex"


def test_practice_goes_through_the_lecture() -> None:
    begun = asked("practice", sheet=SHEET, problem="hinge")
    assert begun["title"] and begun["done"] == 0 and begun["count"] > 3 and begun["prompt"].startswith("edge")
    right = asked(
        "enter", text=sd.sheet(Path(__file__).parents[2] / "examples" / "course" / "sheet.toml").problem("hinge").record.blanks[0].text
    )
    assert right["mark"] == "correct" and right["done"] == 1
    assert asked("enter", text="17")["mark"] == "wrong"
    assert asked("enter", text="?")["reply"]
    told = asked("enter", text="!")
    assert told["done"] == 2
    again = asked("practice", sheet=SHEET, problem="hinge", entries=["!", "!"])
    assert again["done"] == 2
    assert asked("practice", sheet="title = 3")["error"]["message"].startswith("sheet.toml")


def test_a_formula_goes_to_two_dimensions_and_back_unchanged() -> None:
    for formula in ("max(1 - y*w.phi, 0)", HINGE, "norm2(A*x - y)^2", "x'*A*x", "sum(log(1 + exp(-y .* (X*w))))"):
        tex = asked("look", formula=formula)["tex"]
        if tex:
            f = sd.parse(formula)
            types = {name: views.kind_words(words) for name, words in f.reading.described.items()}
            assert sd.parse_latex(tex, **types).equals(f.expand()), formula
    assert asked("look", formula="norm2(A*x - y)^2")["tex"]


def test_an_unknown_question_is_a_defect_of_the_page() -> None:
    with pytest.raises(KeyError):
        service.ask("nothing", "{}")
