"""Variants: friendly through both passes, away from kinks, all different, equally hard, the same for the same seed."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd
from symdiff.course.sheet import Exercise
from symdiff.course.sheetfile import read_sheet
from symdiff.course.values import entries
from symdiff.course.vary import chosen, variants, varied
from symdiff.errors import SymdiffError

LECTURE = sd.sheet(Path(__file__).parents[2] / "examples" / "course" / "sheet.toml")
NUMBERED = [p for p in LECTURE.problems if p.at]
N = 50

# One whose values are no fractions: a neuron.
NEURON = Exercise(
    "neuron",
    "z = w.x + b; a = sigma(z); (a - y)^2",
    ("w", "b"),
    at={"w": [1, -2], "x": [1, 1], "b": 1, "y": 1},
    asks=("edges", "values", "gradient"),
)
KINKED = Exercise("kinked", "u = a*b; abs(u - c) + relu(a - c)", ("a", "b"), at={"a": 3, "b": 1, "c": 1}, asks=("values",))


def shape_of(p: Exercise) -> tuple[int, int, int, int]:
    """Operations, lines, and how many local derivatives and backward values are not 0."""
    trace = p.record.trace
    assert trace is not None
    lesson = trace.lesson
    gains = sum(int(np.count_nonzero(trace.gains[e])) for e in lesson.edges if e.active and trace.gains.get(e) is not None)
    return len(lesson.nodes), len(lesson.edges), gains, sum(int(np.count_nonzero(trace.backward[n.id])) for n in lesson.backward)


@pytest.mark.parametrize("problem", [*NUMBERED, NEURON, KINKED], ids=lambda p: p.id)
def test_fifty_variants(problem: Exercise) -> None:
    found = varied(problem, N, seed=3)
    assert len(found) == N
    assert len({(p.formula, repr(sorted(p.at.items(), key=str))) for p in found}) == N, "two are equal"
    exact = problem is not NEURON
    for p in found:
        trace = p.record.trace
        assert trace is not None
        assert shape_of(p) == shape_of(problem), "harder or easier"
        assert trace.compared, "differences on both sides agree with the derivative: no kink"
        assert all(v.ok for v in p.record.verdicts.values())
        assert all(v != 0 for value in p.at.values() for v in entries(value)), "a trivial zero"
        for b in p.record.blanks:
            for v in entries(b.value) if b.value is not None else ():
                if exact:
                    assert Fraction(v).denominator in (1, 2)
                else:
                    assert v == 0 or abs(float(v)) >= 1e-3


def test_numbers_stay_away_from_kinks() -> None:
    for p in varied(KINKED, N, seed=1):
        a, b, c = (float(p.at[x]) for x in "abc")
        assert a * b != c and a != c
    on_one = varied(
        replace(
            KINKED,
            kink=True,
            at={"a": 1, "b": 2, "c": 1},
            choose={"a": (Fraction(1),), "b": tuple(map(Fraction, (2, 3, 4))), "c": (Fraction(1),)},
        ),
        3,
    )
    assert all(p.at["a"] == p.at["c"] for p in on_one)
    with pytest.raises(SymdiffError, match="no choice of numbers"):
        varied(replace(KINKED, at={"a": 1, "b": 2, "c": 1}, choose={"a": (Fraction(1),), "c": (Fraction(1),)}), 3)


def test_the_same_seed_gives_the_same() -> None:
    sheet = replace(LECTURE, problems=LECTURE.problems[:3])
    first, again, other = variants(sheet, 4, 1), variants(sheet, 4, 1), variants(sheet, 4, 2)
    assert first == again != other
    assert [v.rendered("latex", "key", k) for k, v in enumerate(first)] == [v.rendered("latex", "key", k) for k, v in enumerate(again)]
    hinge = [v.problem("hinge") for v in first]
    assert [sorted(p.at) for p in hinge] == [["v", "x", "y"] if p.wrt == ("v",) and "x" in p.at else sorted(p.at) for p in hinge]


def test_letters_turn_everywhere() -> None:
    p = replace(LECTURE.problem("hinge"), vary={"w": ("v",)}, text="The weights $w$ and the word w; $w.phi$.", choose={})
    turned = next(q for q in varied(p, 20, 1) if q.wrt == ("v",))
    assert (turned.formula, turned.text) == (
        "score = v.phi; margin = y*score; max(1 - margin, 0)",
        "The weights $v$ and the word w; $v.phi$.",
    )
    assert set(turned.at) == {"v", "phi", "y"} and turned.record.blank("hinge.backward.v").value is not None


def test_other_formulas_have_the_same_graph() -> None:
    p = Exercise("p", "b = a^2; b^2", ("a",), at={"a": 2}, asks=("gradient",), vary={"formula": ("b = a^3; b^2",)})
    assert {q.formula for q in varied(p, 6)} == {"b = a^2; b^2", "b = a^3; b^2"}
    with pytest.raises(SymdiffError, match=r"vary: a\^2 has another graph than"):
        varied(replace(p, vary={"formula": ("a^2",)}), 2)


def test_too_few_are_said() -> None:
    with pytest.raises(SymdiffError) as caught:
        varied(Exercise("p", "x^2", ("x",), at={"x": 2}, asks=("values",), source="s.toml", line=3), 7)
    assert caught.value.message == "s.toml, line 3: only 6 such choices of numbers make the values of both passes friendly, 7 are wanted"
    with pytest.raises(SymdiffError, match="0 variants"):
        variants(LECTURE, 0)


def test_open_numbers_are_chosen_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'title = "T"\n[[problem]]\nformula = "(w.x - y)^2"\nwrt = "w"\nat = {w = ["?", 2], x = [1, "?"], y = "?"}\n', encoding="utf-8"
    )
    sheet = read_sheet(path)
    assert sheet.problems[0].open
    (p,) = chosen(sheet, 5).problems
    assert not p.open and p.at["w"][1] == 2 and p.at["x"][0] == 1 and chosen(sheet, 5) == chosen(sheet, 5)
    assert sheet.rendered("markdown") == sheet.chosen().rendered("markdown")


def test_kept_names_keep_their_numbers() -> None:
    p = replace(LECTURE.problem("squared"), keep=("y",))
    assert {q.at["y"] for q in varied(p, 20)} == {2}
