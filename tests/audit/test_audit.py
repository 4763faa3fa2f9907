"""The comparison with other libraries: it finds what differs, and what is recorded in docs/audit.json is what there is."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from docs.generator.pages import ROOT
from symdiff.table import TABLE
from tests.audit.compare import Audit, Convention, Entry, audit, is_number
from tests.audit.page import alike, page
from tests.audit.peers import TITLES, by_spelling, listed, peer
from tests.audit.questions import LEFT_OUT, adjoint_of, candidates, draws, edges, is_edge, of_row, questions, slope_at, value_at

RECORDED = json.loads((ROOT / "docs" / "audit.json").read_text(encoding="utf-8"))
QUESTIONS = {q.formula: q for q in questions()}
FEW = ("exp(x)", "abs(x)", "max(a, b)", "relu(x)", "xlogy(a, b)", "det(A)", "cholesky(A)", "norm2(x)", "a*b")


def libraries() -> list[str]:
    return [library for library in TITLES if find_spec(library) is not None]


def test_what_is_recorded_is_enough() -> None:
    compared = [e for e in RECORDED["entries"] if e["difference"] is not None]
    assert len(compared) >= 400
    assert {e["library"] for e in compared} == set(TITLES)
    assert len(RECORDED["conventions"]) >= 100
    for e in compared:
        assert e["difference"] < 1e-8 and e["points"] >= 8, e
        if e["difference"] > 1e-11 and e["off"]:
            assert e["off"]["ours"] < 1e-11, e  # who is off is the other


def test_every_row_is_asked_about() -> None:
    asked = {q.name for q in QUESTIONS.values()}
    assert {row.name for row in TABLE} - LEFT_OUT <= asked
    assert {e["function"] for e in RECORDED["entries"]} <= set(QUESTIONS)


def test_the_page_is_that_of_the_data() -> None:
    found = Audit([Entry(**e) for e in RECORDED["entries"]], [Convention(**c) for c in RECORDED["conventions"]], RECORDED["others"], RECORDED["refused"])
    assert (ROOT / "docs" / "audit.md").read_text(encoding="utf-8") == page(found, RECORDED["versions"], RECORDED["made"])


@pytest.mark.parametrize("formula", FEW)
def test_a_comparison_done_again(formula: str) -> None:
    """In small: SymPy at least, and whatever else is installed."""
    found = audit([QUESTIONS[formula]], count=8)
    wanted = {(e["by"], e["library"]): e for e in RECORDED["entries"] if e["function"] == formula and e["library"] in libraries()}
    assert {(e.by, e.library) for e in found.entries} == set(wanted)
    for e in found.entries:
        assert e.difference is not None and e.difference < 1e-11 and e.call == wanted[e.by, e.library]["call"]
    if set(libraries()) == set(TITLES):
        assert [c.at for c in found.conventions] == [c["at"] for c in RECORDED["conventions"] if c["function"] == formula]
    for c in found.conventions:
        recorded = [r for r in RECORDED["conventions"] if (r["function"], r["by"], r["at"]) == (formula, c.by, c.at)]
        assert recorded and {k: v for k, v in recorded[0]["taken"].items() if k in c.taken} == c.taken


def test_our_conventions_are_those_of_the_table() -> None:
    """Where a row says in words what is taken at 0, that is what our code gives."""
    said = 0
    for c in RECORDED["conventions"]:
        if c["says"] == "x = 0: take 0" and c["at"] == "x = 0":
            assert c["taken"]["ours"] == "0", c
            said += 1
    assert said >= 2


# ---------------------------------------------------------------------------------------------- it can fail


@pytest.mark.parametrize(("formula", "wrong"), [("sin(x)", "-cos(x)"), ("sqrt(x)", "1/sqrt(x)"), ("a*b", "a")])
def test_a_wrong_derivative_is_seen(formula: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import symdiff as sd
    from tests.audit import compare

    f = sd.parse(wrong)
    monkeypatch.setattr(compare, "slope_at", lambda q, a, at, plain=False: np.asarray(f({k: v for k, v in at.items() if k in f.variables})))
    found = audit([QUESTIONS[formula]], ["sympy"], count=4)
    assert found.entries and all(e.difference is not None and e.difference > 0.1 for e in found.entries if e.by != "b")


def test_a_function_with_other_values_is_no_peer() -> None:
    q = next(of_row(TABLE["sin"]))
    other = q.__class__("cos", "cos(x)", q.shapes, TABLE["sin"], ("sin",), {})
    found, others = peer("sympy", other, list(draws(other, 6)))
    assert found is None and others == []
    assert [name for name, _ in by_spelling("sympy", q)] == ["sympy.sin"]


@pytest.mark.parametrize(("formula", "points"), [("abs(x)", {"x = 0"}), ("floor(x)", {"x = 0", "x = 1", "x = -1", "x = 2"}), ("exp(x)", set()), ("sqrt(x)", {"x = 0"}), ("arcsin(x)", {"x = 1", "x = -1"}), ("sigma(x)", set())])
def test_kinks_and_ends_are_found(formula: str, points: set[str]) -> None:
    from tests.audit.questions import written

    assert {written(at) for _, at in edges(QUESTIONS[formula])} == points


def test_what_is_smooth_is_no_edge() -> None:
    q = QUESTIONS["det(A)"]
    assert not any(is_edge(q, "A", at) for at in candidates(q))


def test_derivatives_of_values_with_axes_are_weighted() -> None:
    """Against differences of the weighted sum; the weights are all different."""
    q = QUESTIONS["softmax(x)"]
    (at,) = draws(q, 1)
    weights = adjoint_of(q)
    assert len(set(weights)) == len(weights) == 3
    step = np.eye(3) * 1e-6
    rates = [np.sum(weights * (value_at(q, {"x": at["x"] + s}) - value_at(q, {"x": at["x"] - s}))) / 2e-6 for s in step]
    np.testing.assert_allclose(slope_at(q, "x", at), rates, rtol=1e-7)


def test_how_answers_are_written() -> None:
    assert [listed(np.array(v)) for v in (0.0, -0.0, 0.5, np.inf, [1.0, 1.0], [1.0, 0.25], [1.0, 1e-17], [np.nan, np.nan])] == ["0", "0", "0.5", "inf", "1", "[1, 0.25]", "[1, 0]", "nan"]
    assert is_number("0.5") and is_number("[1, 2]") and not is_number("nan") and not is_number("error") and is_number("±inf")
    assert alike(Convention("f", "x", "x = 0", {"ours": "inf", "SymPy": "±inf"}, ""))
    assert not alike(Convention("f", "x", "x = 0", {"ours": "0", "JAX": "0.5"}, ""))
