"""The handout's section on whether descent reaches the optimum, for the three losses of the lecture and others; and the words beside the boxes."""

from __future__ import annotations

import pytest

import symdiff as sd
from symdiff.cli import main

HEADING = "Does descent reach the optimum?"


def section(text: str, wrt: list[str], **types: str) -> str:
    page = sd.handout(sd.parse(text, **types), wrt, verify=False, optimum=True).show("markdown").replace("\\", "")
    return page[page.index(HEADING) :]


@pytest.mark.parametrize(
    ("text", "wrt", "said", "unsaid"),
    [
        ("max(1 - y*w.phi, 0)", ["w"], ["Yes: the value is convex in w", "let the step shrink"], ["strongly", "Not surely"]),
        ("(w.phi - y)^2", ["w"], ["Yes: the value is convex in w", "L = 2*phi.phi "], ["let the step shrink"]),
        (
            "h = relu(V*phi); r = w.h - y; r^2",
            ["V", "w"],
            ["Not surely: the value is not convex in V, w", "Two points and their midpoint", "In w alone", "several starts"],
            ["Yes", "In V alone"],
        ),
        (
            "norm2(X*w - y)^2 + lambda*w.w",
            ["w"],
            ["Under a condition: the value is convex in w if lambda ≥ 0", "Where m is positive", "m = 2*lambda"],
            [],
        ),
        ("log(1 + exp(-y*w.phi))", ["w"], ["Yes: the value is convex in w"], ["let the step shrink", "L ="]),
        ("x: positive scalar; log(x)", ["x"], ["No: concave in x", "go up instead"], ["Yes"]),
        ("w: vector(n); w.a + 1", ["w"], ["no minimum unless it is constant"], ["Yes"]),
        ("exp(phi(x)) + x^2", ["x"], ["That is open", "phi(x)"], ["Yes", "No:"]),
        ("x: scalar; x^4 - x^2", ["x"], ["Not surely"], ["fixed, it is convex", "in practice"]),
    ],
)
def test_answer(text: str, wrt: list[str], said: list[str], unsaid: list[str]) -> None:
    found = section(text, wrt)
    for words in said:
        assert words in found, found
    for words in unsaid:
        assert words not in found, found


def test_only_if_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert HEADING not in sd.handout("max(1 - y*w.phi, 0)", "w", verify=False).show("html")
    assert main(["handout", "max(1 - y*w.phi, 0)", "--wrt", "w", "--optimum", "--no-verify"]) == 0
    assert HEADING in capsys.readouterr().out


@pytest.mark.parametrize("form", ["html", "markdown", "latex", "typst"])
def test_every_form(form: str) -> None:
    assert "convex" in sd.handout("h = relu(V*phi); (w.h - y)^2", ["V", "w"], verify=False, optimum=True).show(form)


def remarks(text: str, wrt: str, **values: object) -> dict[str, str]:
    drawing = sd.graph(text, wrt, values or None, curvature=True).drawing
    return {box.label.unicode: r.label.unicode for box in drawing.boxes for r in box.remarks if r.kind == "curvature"}


def test_words_beside_the_boxes() -> None:
    assert set(remarks("norm2(X*w - y)^2 + lambda*norm1(w)", "w").values()) == {"affine", "convex", "convex if lambda ≥ 0"}
    assert "neither" in remarks("h = sigma(w.phi); (h - y)^2", "w").values()
    assert "affine" in remarks("h = sigma(w.phi); (h - y)^2", "w").values()
    assert set(remarks("max(1 - y*w.phi, 0)", "w", w=[3.0, 1.0], phi=[1.0, 2.0], y=2.0).values()) == {"affine", "convex"}


def test_no_words_without_asking() -> None:
    drawing = sd.graph("max(1 - y*w.phi, 0)", "w").drawing
    assert not [r for box in drawing.boxes for r in box.remarks if r.kind == "curvature"]


@pytest.mark.parametrize("form", ["svg", "dot", "tikz", "mmd"])
def test_pictures_of_every_form(form: str) -> None:
    assert sd.graph("max(1 - y*w.phi, 0)", "w", curvature=True).rendered(form).decode().count("affine") >= 3
