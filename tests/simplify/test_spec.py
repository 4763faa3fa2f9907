"""After every step of an answer its state is the one that it should be: as written, normal form, as written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symdiff.calculus.sweep import derivative
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, POW, PROD, SUM, Expr, make
from symdiff.expr.walk import variables
from symdiff.notation.answer import write
from symdiff.simplify import Improver, Normalizer, normal_forms
from symdiff.simplify.spec import faults_as_written, faults_of_normal_form
from symdiff.syntax import parse

HERE = Path(__file__).parents[1] / "cases"
CASES = [json.loads(line) for name in ("public", "length") for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_step_of_an_answer_keeps_its_state(case: dict[str, str]) -> None:
    f = parse(case["formula"]).expr
    assert faults_as_written(f) == []
    known = variables([f])
    try:
        found = derivative(f, [known[name] for name in case["wrt"].split(",") if name in known])
    except SymdiffError:
        return  # what has no derivative has no steps
    home = Normalizer()
    normal = normal_forms(home, [f, *found])
    improved = Improver(home).run(normal)
    for step in (normal, improved):
        assert [fault for x in step for fault in faults_of_normal_form(x)] == []
    assert [fault for x in write(found, f) for fault in faults_as_written(x)] == []


X, Y = build.var("x", ()), build.var("y", ())
V, W = build.var("v", ("n",)), build.var("w", ("n",))
ENTRIES = (((0,), (0,)), (0,))


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        (make(SUM, (X, X), (1, 1)), "equal terms"),
        (make(SUM, (X, Y), (1, 0)), "coefficient 0"),
        (make(SUM, tuple(sorted((X, Y), key=lambda x: -x.key)), (1, 1)), "out of order"),
        (make(SUM, (make(SUM, (X, Y), (1, 1)), X), (1, 2)), "a sum in a sum"),
        (make(SUM, (X,), (1,)), "needs no sum"),
        (make(SUM, (X, build.ZERO), (1, 1)), "a term that is 0"),
        (build.scale(build.TWO, X), "a number among factors"),
        (build.scale(make(SUM, (X,), (2,)), Y), "a coefficient among factors"),
        (make(PROD, (V, V), ENTRIES, ("n",)), "equal factors"),
        (make(PROD, (V, build.eye("n")), (((0,), (0, 1)), (1,)), ("n",)), "an identity that renames"),
        (make(PROD, (V, W), (((1,), (1,)), (1,)), ("n",)), "not numbered from 0"),
        (make(POW, (X, build.ONE), None), "a power 0 or 1"),
        (make(POW, (make(POW, (X, Y), None), build.TWO), None), "whole power of a power"),
        (make(POW, (build.call("exp", X), Y), None), "a power of an exponential"),
        (build.call("lt", X, Y), "points back"),
        (build.call("norm2", V), "is an expression"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_a_normal_form_is_seen(planted: Expr, fault: str) -> None:
    assert any(fault in found for found in faults_of_normal_form(planted))


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        (make(SUM, (X, Y), (2, 1)), "no +, - or sign"),
        (make(SUM, (X, Y, X), (1, 1, 1)), "no +, - or sign"),
        (make(SUM, (V, X), (1, 1), ("n",)), "another shape"),
        (make(SUM, (build.TWO,), (-1,)), "is a number"),
        (make(PROD, (X, Y, X), (((), (), ()), ())), "not left-nested"),
        (make(PROD, (V, W), (((0, 1), (0,)), (0,)), ("n",)), "not those of the axes"),
        (make(PROD, (V, W), ENTRIES, ("m",)), "two sizes"),
        (make(CALL, (X, Y), "sin"), "too many or too few"),
        (make(CALL, (X,), "hinge"), "a macro"),
        (make(CALL, (X,), "nonsense"), "a call of no row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_a_written_form_is_seen(planted: Expr, fault: str) -> None:
    assert any(fault in found for found in faults_as_written(planted))


def test_the_states_are_two() -> None:
    f = parse("x: vector(n); a: scalar; 2*a + norm2(x)").expr
    assert faults_of_normal_form(f)
    (normal,) = Normalizer().run([parse("a: scalar; b: scalar; 3*a + 2*b + 1").expr])
    assert not faults_of_normal_form(normal)
    assert faults_as_written(normal)
