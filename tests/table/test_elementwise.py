"""Every edge of every elementwise row, over its own domain: against differences of its NumPy spelling and against SymPy."""

import itertools
import re
from functools import cache

import numpy as np
import pytest
import sympy

from symdiff.expr.node import CALL, CONST, NUM, POW, PROD, SUM, VAR
from symdiff.expr.walk import topological
from symdiff.syntax import template
from symdiff.table import TABLE

ROWS = [row for row in TABLE if row.edge]
EDGES = [
    pytest.param(row, k, id=f"{row.name}-{a}")
    for row in ROWS
    for k, a in enumerate(row.args)
    if a not in row.integer and row.name != "stop_gradient"  # its value changes, and no derivative passes: that is what it is for
]
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
    """(how many points were judged, at how many the edge is wrong): random ones, and whole and half numbers. A point too near a kink or a pole, which shows in
    differences that change with their step, is not judged."""
    at = tools.points(row)
    if not row.kink:
        at = [np.concatenate(pair) for pair in zip(at, special_points(row, tools, border=False), strict=True)]
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
    slope = slope.replace(lambda e: isinstance(e, (sympy.Subs, sympy.Derivative)), lambda e: sympy.S.Zero)  # of floor, between its jumps
    at = tools.points(row, 12)
    edge = np.broadcast_to(local(row, k, at, tools), at[0].shape)
    for i, point in enumerate(zip(*at, strict=True)):
        assert abs(number(slope, symbols, [sympy.Rational(float(v)) for v in point]) - edge[i]) <= 1e-10 * (1 + abs(edge[i]))


# What is taken where the function is not differentiable: (row, point, edges).
KINKS = [
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
    ("clip", [0.0, 1.0, 1.0], [0, 0, 0]),
    ("leaky_relu", [0.0, 0.25], [0.25, 0]),
    ("elu", [0.0, 3.0], [3, 0]),
    ("selu", [0.0], [1.7580993408473769]),
    ("huber", [1.0, 1.0], [1, 0]),
    ("huber", [-1.0, 1.0], [-1, 0]),
    ("floor", [2.0], [0]),
]


def wrong_at_kinks(row, k, tools, edge=None):
    """The kinks at which the k-th edge is not what is taken there."""
    at = [([np.asarray(v) for v in point], edges[k]) for name, point, edges in KINKS if name == row.name]
    return [point for point, expected in at if float(local(row, k, point, tools, edge)) != expected]


@pytest.mark.parametrize("name", sorted({name for name, *_ in KINKS}))
def test_what_is_taken_at_a_kink(name, tools):
    row = TABLE[name]
    assert row.kink or name == "huber"  # huber is smooth there: both sides agree
    assert not [point for k in range(len(row.args)) for point in wrong_at_kinks(row, k, tools)]


# Where arguments are of interest beyond random ones: kinks, ties, borders of domains, largest and smallest values.
SPECIAL = [-2.5, -2.0, -np.pi / 2, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, np.pi / 2, 2.0, 2.5, np.pi]


def special_points(row, tools, special=SPECIAL, border=True):
    """Points of special arguments at which the function has a value, as one array for each argument. border: that of a closed domain too."""
    choices = [[v for v in special if v == int(v) or row.relation not in ("and", "or", "not")] for _ in row.args]
    choices = [[0.0, 1.0] if a == "c" or row.relation in ("and", "or", "not") else c for a, c in zip(row.args, choices, strict=True)]
    choices = [[0.0, 1.0, 2.0] if a in row.integer else c for a, c in zip(row.args, choices, strict=True)]
    at = np.array(list(itertools.product(*choices))).T
    with np.errstate(all="ignore"):
        y = np.asarray(tools.spelled(row.name, "numpy")(*at), float)
        return list(at[:, np.isfinite(y) & ((row.closed and border) or tools.holds(row, at, y))])


def gap_of_definition(row, tools, define=None):
    """How far the definition's text is from the NumPy spelling, at random and at special points."""
    largest = 0
    for at in (tools.points(row), special_points(row, tools)):
        with np.errstate(all="ignore"):
            found = tools.evaluate(template(define or row.define, dict.fromkeys(row.args, ())), dict(zip(row.args, at, strict=True)))
            expected = np.asarray(tools.spelled(row.name, "numpy")(*at), float)
            gap = np.abs(found - expected) / (1 + np.abs(expected))
        largest = max(largest, np.max(np.where(np.isnan(gap), np.inf, gap), initial=0))
    return largest


@pytest.mark.parametrize("row", [r for r in ROWS if r.define], ids=lambda row: row.name)
def test_value_is_that_of_the_definition(row, tools):
    assert gap_of_definition(row, tools) < 1e-12


def in_columns(f):
    return lambda A, *rest: np.array([f(column, *rest) for column in A.T])


MACROS = {
    "hinge": lambda m: np.maximum(1 - m, 0),
    "squared": lambda r: r * r,
    "logloss": lambda m: np.logaddexp(0, -m),
    "zero_one": lambda m: np.where(m > 0, 0, 1),
    "bce": lambda a, y: -y * np.log(a) - (1 - y) * np.log1p(-a),
    "cross_entropy": lambda p, y: -np.sum(y * np.log(p)),
    "pow": lambda a, b: a**b,
    "colmean": in_columns(np.mean),
    "colmax": in_columns(np.max),
    "colmin": in_columns(np.min),
    "colprod": in_columns(np.prod),
    "colnorm2": in_columns(np.linalg.norm),
    "collogsumexp": in_columns(lambda x: np.log(np.sum(np.exp(x)))),
    "colvar": in_columns(lambda x, d: np.var(x, ddof=d)),
    "colstd": in_columns(lambda x, d: np.std(x, ddof=d)),
    "softmin": lambda x: np.exp(-x) / np.sum(np.exp(-x)),
    "entropy": lambda p: np.sum(-p * np.log(p)),
    "kl": lambda p, q: np.sum(p * (np.log(p) - np.log(q))),
    "mse": lambda a, b: np.mean((a - b) ** 2),
    "adjugate": lambda A: np.linalg.det(A) * np.linalg.inv(A),
    "solve": np.linalg.solve,
}


def gap_of_macro(row, tools, define=None):
    if row.elementwise:
        lo, hi = row.sample[0]
        at = [np.linspace(lo, hi, 25)[1:-1], *[np.linspace(0.1, 2.9, 23)[::-1] for _ in row.args[1:]]]
        sizes, types = {}, dict.fromkeys(row.args, ())
    else:
        rng, sizes = np.random.default_rng(3), {"n": 3, "m": 2, "k": 4}
        cores = [("n",) if core == ("*",) else core for core in row.core()[0]]
        types = dict(zip(row.args, cores, strict=True))
        at = [np.asarray(1.0) if a in row.integer else rng.uniform(0.1, 0.9, [sizes[d] for d in core]) for a, core in types.items()]
    found = tools.evaluate(template(define or row.define, types), dict(zip(row.args, at, strict=True)), sizes)
    return np.max(np.abs(found - MACROS[row.name](*at)))


@pytest.mark.parametrize("row", [r for r in TABLE if r.macro], ids=lambda row: row.name)
def test_meaning_of_a_macro(row, tools):
    assert gap_of_macro(row, tools) < 1e-12


def broken_fact(row, tools):
    """The first of the row's facts that does not hold; "" if all do."""
    f = tools.spelled(row.name, "numpy")
    at = tools.points(row, 200)
    y = np.asarray(f(*at), float)
    if row.range:
        far = np.asarray(f(*special_points(row, tools, [-12.0, 12.0])), float)  # there a value may be rounded to its bound
        near = np.concatenate([y, np.asarray(f(*special_points(row, tools)), float)])
        if not in_range(row.range, near) or not in_range(re.sub("([<>])=?", r"\1=", row.range), far):
            return "range"
    if row.odd or row.even:
        inside = np.abs(at[0]) <= max(-row.sample[0][0], 0)
        if not inside.any():
            return "odd" if row.odd else "even"
        with np.errstate(all="ignore"):
            mirrored = np.asarray(f(-at[0][inside]), float)
        for name, holds, expected in (("odd", row.odd, -y[inside]), ("even", row.even, y[inside])):
            if holds and not np.allclose(mirrored, expected, rtol=1e-12, atol=1e-12):
                return name
    if row.increasing is not None:
        steps = np.diff(y[np.argsort(at[0])])
        if not ((steps > 0).all() if row.increasing else (steps < 0).all()):
            return "increasing"
    return ""


@pytest.mark.parametrize("row", [r for r in ROWS if r.odd or r.even or r.increasing is not None or r.range], ids=lambda row: row.name)
def test_facts_hold(row, tools):
    assert not broken_fact(row, tools)


BOUND = {"pi": np.pi, "-pi": -np.pi, "pi/2": np.pi / 2, "-pi/2": -np.pi / 2}


def in_range(text, y):
    """Whether all values lie in "0 < y <= pi", "y >= 0" or the like; a bound that belongs to it may be missed by rounding."""
    parts = [float(BOUND.get(p, p)) if p not in ("y", "<", "<=", ">", ">=") else p for p in text.split()]
    if parts[0] == "y":
        parts = [parts[2], {">": "<", ">=": "<="}[parts[1]], "y"] if parts[1][0] == ">" else parts
    y = np.asarray(y)
    below, above = (parts[:2] if parts[2:3] == ["y"] else None), parts[parts.index("y") + 1 :]
    low = below is None or (y > below[0] if below[1] == "<" else y >= below[0] - 1e-15).all()
    return bool(low and (not above or (y < above[1] if above[0] == "<" else y <= above[1] + 1e-15).all()))
