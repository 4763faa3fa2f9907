"""Every edge of every elementwise row, over its own domain: against differences of its NumPy spelling and against SymPy."""

from functools import cache

import numpy as np
import pytest
import sympy

from symdiff.expr.node import CALL, CONST, NUM, POW, PROD, SUM, VAR
from symdiff.expr.walk import topological
from symdiff.syntax import template
from symdiff.table import TABLE

ROWS = [row for row in TABLE if row.edge]
EDGES = [pytest.param(row, k, id=f"{row.name}-{a}") for row in ROWS for k, a in enumerate(row.args) if a not in row.integer]
STEP = 2e-3


def local(row, k, at, tools, edge=None):
    """The edge's text at the points."""
    values = dict(zip(row.args, at, strict=True), y=tools.spelled(row.name, "numpy")(*at))
    return tools.evaluate(template(edge or row.edge[k], dict.fromkeys(values, ())), values)


def difference(f, at, k, h):
    """Central differences of sixth order."""

    def moved(c):
        return np.asarray(f(*[x + c * h if i == k else x for i, x in enumerate(at)]), float)

    return (45 * (moved(1) - moved(-1)) - 9 * (moved(2) - moved(-2)) + (moved(3) - moved(-3))) / (60 * h)


def disagreements(row, k, tools, edge=None):
    """(how many points were judged, at how many the edge is wrong). A point too near a kink or a pole, which shows in
    differences that change with their step, is not judged."""
    at = tools.points(row)
    with np.errstate(all="ignore"):
        f = tools.spelled(row.name, "numpy")
        coarse, fine = difference(f, at, k, STEP), difference(f, at, k, STEP / 2)
        judged = np.abs(coarse - fine) <= 1e-8 * (1 + np.abs(fine))
        wrong = ~(np.abs(local(row, k, at, tools, edge) - fine) <= 1e-7 * (1 + np.abs(fine)))
    return judged.sum(), (judged & wrong).sum()


@pytest.mark.parametrize("row, k", EDGES)
def test_edge_against_differences(row, k, tools):
    judged, wrong = disagreements(row, k, tools)
    assert judged >= 40
    assert wrong == 0


@pytest.mark.parametrize(
    "name, edge",
    [
        ("tanh", "1 + y^2"),
        ("arccot", "1/(1 + x^2)"),
        ("log2", "1/x"),
        ("relu", "1"),
        ("arcsec", "1/(x*sqrt(x^2 - 1))"),
        ("gamma", "digamma(x)"),
    ],
)
def test_a_wrong_edge_is_seen(name, edge, tools):
    assert disagreements(TABLE[name], 0, tools, edge)[1] > 5


@cache
def symbolic(name):
    """The function in SymPy: its own, or its definition by those; with the symbols of its arguments."""
    row = TABLE[name]
    symbols = [sympy.Symbol(a, integer=True, nonnegative=True) if a in row.integer else sympy.Symbol(a, real=True) for a in row.args]
    if row.relation:
        return sympy.Piecewise((1, truth(row, symbols)), (0, True)), symbols
    if row.sympy:
        return getattr(sympy, row.sympy)(*symbols), symbols
    done = {}
    for node in topological([template(row.define, dict.fromkeys(row.args, ()))]):
        args = [done[a] for a in node.args]
        if node.op == NUM:
            done[node] = sympy.Rational(node.data)
        elif node.op == CONST:
            done[node] = sympy.pi
        elif node.op == VAR:
            done[node] = symbols[row.args.index(node.data[0])]
        elif node.op == SUM:
            done[node] = sympy.Add(*[c * a for c, a in zip(node.data, args, strict=True)])
        elif node.op == PROD:
            done[node] = sympy.Mul(*args)
        elif node.op == POW:
            done[node] = sympy.Pow(*args)
        else:
            assert node.op == CALL
            inner, letters = symbolic(node.data)
            done[node] = inner.subs(dict(zip(letters, args, strict=True)), simultaneous=True)
    return done[node], symbols


def truth(row, symbols):
    if row.relation in ("and", "or", "not"):
        symbols = [sympy.Ne(s, 0) for s in symbols]
    return getattr(sympy, row.sympy)(*symbols)


def number(expr, symbols, point):
    return complex(expr.subs(dict(zip(symbols, point, strict=True))).evalf(20))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_value_against_sympy(row, tools):
    expr, symbols = symbolic(row.name)
    at = tools.points(row, 12)
    y = np.asarray(tools.spelled(row.name, "numpy")(*at), float)
    for i, point in enumerate(zip(*at, strict=True)):
        assert abs(number(expr, symbols, [sympy.Rational(float(v)) for v in point]) - y[i]) <= 1e-12 * (1 + abs(y[i]))


@pytest.mark.parametrize("row, k", [p for p in EDGES if p.values[0].edge[p.values[1]] != "0"])
def test_edge_against_sympy(row, k, tools):
    expr, symbols = symbolic(row.name)
    slope = sympy.diff(expr, symbols[k])
    at = tools.points(row, 12)
    edge = np.broadcast_to(local(row, k, at, tools), at[0].shape)
    for i, point in enumerate(zip(*at, strict=True)):
        assert abs(number(slope, symbols, [sympy.Rational(float(v)) for v in point]) - edge[i]) <= 1e-10 * (1 + abs(edge[i]))


@pytest.mark.parametrize(
    "name, at, edges",
    [
        ("relu", [0.0], [0]),
        ("abs", [0.0], [0]),
        ("sign", [0.0], [0]),
        ("step", [0.0], [0]),
        ("max", [2.0, 2.0], [0, 0]),
        ("min", [2.0, 2.0], [0, 0]),
        ("hardtanh", [1.0], [0]),
        ("hardtanh", [-1.0], [0]),
        ("clip", [1.0, 1.0, 2.0], [0, 0, 0]),
        ("clip", [2.0, 1.0, 2.0], [0, 0, 0]),
        ("leaky_relu", [0.0, 0.25], [0.25, 0]),
        ("elu", [0.0, 3.0], [3, 0]),
        ("selu", [0.0], [1.7580993408473769]),
        ("huber", [1.0, 1.0], [1, 0]),
        ("huber", [-1.0, 1.0], [-1, 0]),
        ("floor", [2.0], [0]),
    ],
)
def test_what_is_taken_at_a_kink(name, at, edges, tools):
    row = TABLE[name]
    assert row.kink or name == "huber"  # huber is smooth there: both sides agree
    at = [np.asarray(v) for v in at]
    assert [float(local(row, k, at, tools)) for k in range(len(at))] == edges


@pytest.mark.parametrize("row", [r for r in ROWS if r.odd or r.even or r.increasing is not None or r.range], ids=lambda row: row.name)
def test_facts_hold(row, tools):
    at = tools.points(row, 200)
    f = tools.spelled(row.name, "numpy")
    y = np.asarray(f(*at), float)
    if row.range:
        lo, hi = bounds(row.range)
        assert (y >= lo - 1e-12).all() and (y <= hi + 1e-12).all()
    if row.odd or row.even:
        inside = np.abs(at[0]) <= max(-row.sample[0][0], 0)
        mirrored = np.asarray(f(-at[0][inside]), float)
        assert inside.any()
        np.testing.assert_allclose(mirrored, -y[inside] if row.odd else y[inside], rtol=1e-12, atol=1e-12)
    if row.increasing is not None:
        y = y[np.argsort(at[0])]
        assert (np.diff(y) > 0).all() if row.increasing else (np.diff(y) < 0).all()


def bounds(text):
    """ "0 < y <= pi" as (0, pi); every range is of this form or one half of it."""
    value = {"pi": np.pi, "-pi": -np.pi, "pi/2": np.pi / 2, "-pi/2": -np.pi / 2}
    parts = [part for part in text.split() if part not in ("<", "<=")]
    if parts[0] == "y":
        (sign, limit) = parts[1:] if len(parts) == 3 else ("<", parts[1])
        limit = value.get(limit) if limit in value else float(limit)
        return (limit, np.inf) if sign in (">", ">=") else (-np.inf, limit)
    lo, y, hi = parts
    assert y == "y"
    return tuple(value[p] if p in value else float(p) for p in (lo, hi))
