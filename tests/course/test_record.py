"""The record of a problem: every blank has its right answer, and nothing that is refuted or unsure becomes a key."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.course.sheet import Exercise
from symdiff.errors import SymdiffError

LECTURE = sd.sheet(Path(__file__).parents[2] / "examples" / "course" / "sheet.toml")
FORMULA = "score = w.phi; margin = y*score; max(1 - margin, 0)"
AT = {"w": [2, -1], "phi": [2, 1], "y": -1}
EVERYTHING = Exercise(
    "p3", FORMULA, ("w",), at=AT, asks=("edges", "values", "gradient", "check"), points={"gradient": Fraction(2)}, wrong="-y*phi"
)


def test_the_blanks_of_the_hinge_loss() -> None:
    record = EVERYTHING.record
    edges = {b.id: b.text for b in record.blanks if b.ask == "edges"}
    assert edges == {"p3.edge.L.n5": "[1 - margin > 0]", "p3.edge.n5.margin": "-1", "p3.edge.margin.score": "y", "p3.edge.score.w": "phi"}
    values = {b.id: b.value for b in record.blanks if b.ask == "values"}
    assert values == {
        "p3.value.score": 3, "p3.value.margin": -3, "p3.value.n5": 4, "p3.value.L": 4,
        "p3.backward.n5": 1, "p3.backward.margin": -1, "p3.backward.score": 1, "p3.backward.w": [2, 1],
    }  # fmt: skip
    gradient = record.blank("p3.gradient")
    assert (gradient.text, gradient.value, gradient.points) == ("-[margin < 1]*y*phi", [2, 1], 2)
    check = record.blank("p3.check")
    assert check.word == "wrong" and record.grade is not None and "margin < 1" in record.grade.diagnosis
    with pytest.raises(SymdiffError, match=r"nothing to fill in that is called 'p3\.nothing'"):
        record.blank("p3.nothing")


def test_a_right_derivation_is_right() -> None:
    assert Exercise("p", "x^2", ("x",), asks=("check",), wrong="2*x").record.blank("p.check").word == "right"


@pytest.mark.parametrize("problem", LECTURE.problems, ids=lambda p: p.id)
def test_the_lecture(problem: Exercise) -> None:
    """Answers are verified, names of blanks differ, and numbers in the key agree with the answers and with differences of the formula."""
    record = problem.record
    assert record.verdicts and all(v.ok for v in record.verdicts.values())
    ids = [b.id for b in record.blanks]
    assert len(set(ids)) == len(ids) and all(id.startswith(problem.id + ".") for id in ids)
    assert {b.ask for b in record.blanks} == set(problem.asks)
    assert sum((b.points for b in record.blanks), Fraction(0)) == problem.total
    for b in record.blanks:
        if b.ask == "gradient" and problem.at:
            assert b.formula is not None
            assert np.asarray(b.value, dtype=float) == pytest.approx(b.formula(dict(problem.at)))
            start = np.asarray(problem.at[b.name], dtype=float)
            for k in range(start.size):
                step = np.zeros(start.size)
                step[k] = 1e-6
                ends = [float(record.formula({**problem.at, b.name: start + s * step.reshape(start.shape)})) for s in (1, -1)]
                assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(float(np.asarray(b.value, dtype=float).reshape(-1)[k]), abs=1e-4)


def test_words_of_the_lecture() -> None:
    assert {id: LECTURE.problem(id).record.blank(f"{id}.convex").word for id in ("logistic", "convexity")} == {
        "logistic": "convex",
        "convexity": "convex",
    }
    assert {id: LECTURE.problem(id).record.blank(f"{id}.check").word for id in ("hinge", "squared", "softmax")} == dict.fromkeys(
        ("hinge", "squared", "softmax"), "wrong"
    )
    assert LECTURE.problem("convexity").record.blank("convexity.hessian").text == "2*(X'*X + lambda*eye)"


def test_open_numbers_make_no_key() -> None:
    with pytest.raises(SymdiffError, match="the problem has numbers that are to be chosen"):
        _ = Exercise("p", "x^2", ("x",), at={"x": None}).record


def test_what_is_refuted_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from symdiff.course import record
    from symdiff.errors import RefutedError

    g = sd.grad("x^3", "x")
    verdict = sd.verify("x^3", "x", "2*x")
    assert verdict.ok is False
    monkeypatch.setattr(type(g), "verify", lambda self, **options: verdict)
    with pytest.raises(RefutedError, match="the derivative by x is withheld"):
        record.verified(g, "the derivative by x")
