"""Explicit components against sums over indices, and every row of the table in both arithmetics."""

from fractions import Fraction
from itertools import product
from math import prod
from random import Random

import pytest

from symdiff.checking.components import Components, Undecided, Work
from symdiff.checking.fields import Numeric, Symbolic
from symdiff.checking.sampling import choose_sizes, draw, entries
from symdiff.expr import build
from symdiff.expr.node import PROD, Expr
from symdiff.expr.walk import topological, variables
from symdiff.syntax import parse
from symdiff.table import TABLE

SIZES = {"m": 2, "n": 3, "k": 4}
NUMERIC = Numeric(40)


def numbers(f: Expr, values: dict[str, list]) -> list:
    return Components(NUMERIC, SIZES, lambda x: [NUMERIC.number(v) for v in values[x.data[0]]])(f)


def brute(node: Expr, values: dict[str, list[Fraction]]) -> list[Fraction]:
    """A product of variables, all labels in one loop."""
    labels, out = node.data
    size = {label: SIZES[d] for label, d in zip(out, node.shape, strict=True)}
    for factor, ls in zip(node.args, labels, strict=True):
        size |= {label: SIZES[d] for label, d in zip(ls, factor.shape, strict=True)}
    total: dict[tuple[int, ...], Fraction] = {}
    for index in product(*(range(n) for n in size.values())):
        at = dict(zip(size, index, strict=True))
        term = Fraction(1)
        for factor, ls in zip(node.args, labels, strict=True):
            place = 0
            for label, d in zip(ls, factor.shape, strict=True):
                place = place * SIZES[d] + at[label]
            term *= values[factor.data[0]][place]
        key = tuple(at[label] for label in out)
        total[key] = total.get(key, Fraction(0)) + term
    return [total[key] for key in sorted(total)]


def random_product(rng: Random) -> Expr:
    dims = {label: rng.choice(list(SIZES)) for label in range(4)}
    factors, labels = [], []
    for k in range(rng.randint(1, 4)):
        ls = tuple(rng.randrange(4) for _ in range(rng.randint(0, 3)))
        labels.append(ls)
        factors.append(build.var("abcd"[k], tuple(dims[label] for label in ls)))
    out = tuple(rng.sample(range(4), rng.randint(0, 3)))
    return build.contract(factors, labels, out, dims)


@pytest.mark.parametrize("seed", range(60))
def test_products(seed):
    rng = Random(seed)
    node = random_product(rng)
    assert node.op == PROD
    values = {x.data[0]: entries([SIZES[d] for d in x.shape], (), rng, "real") for x in node.args}
    found = numbers(node, values)
    expected = brute(node, values)
    assert len(found) == len(expected) == prod(SIZES[d] for d in node.shape)
    for a, b in zip(found, expected, strict=True):
        assert abs(a - NUMERIC.number(b)) < 1e-30


def test_structure():
    A = build.var("A", ("m", "n"))
    values = {"A": [Fraction(k) for k in range(1, 7)]}
    assert numbers(build.transpose(A), values) == [1, 4, 2, 5, 3, 6]
    assert numbers(build.vec(A), values) == [1, 4, 2, 5, 3, 6]
    assert numbers(build.reshape(A, (("m", "n"),)), values) == [1, 2, 3, 4, 5, 6]
    assert numbers(build.entry(A, 2, None), values) == [4, 5, 6]
    assert numbers(build.eye("m"), values) == [1, 0, 0, 1]
    assert numbers(build.dim(("m", "n")), values) == [6]
    assert numbers(build.kron(build.eye("m"), A), values)[6:12] == [4, 5, 6, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("cumsum(x)", [1, 2, 4], [1, 3, 7]),
        ("norm1(x)", [1, -2, 4], [7]),
        ("norm2(x)", [2, -3, 6], [7]),
        ("norminf(x)", [1, -5, 4], [5]),
        ("max(x)", [1, -5, 4], [4]),
        ("min(x)", [1, -5, 4], [-5]),
        ("mean(x)", [1, -5, 7], [1]),
        ("var(x)", [1, 2, 6], [Fraction(14, 3)]),
        ("var(x, 1)", [1, 2, 6], [7]),
        ("std(x, 1)^2", [1, 2, 6], [7]),
        ("prod(x)", [1, -5, 7], [-35]),
        ("softmax(x)", [0, 0, 0], [Fraction(1, 3)] * 3),
        ("exp(logsumexp(x))", [0, 0, 0], [3]),
        ("exp(log_softmax(x))", [0, 0, 0], [Fraction(1, 3)] * 3),
        ("round(x)", [Fraction(1, 2), Fraction(3, 2), Fraction(-5, 2)], [0, 2, -2]),
        ("floor(x)", [Fraction(1, 2), 2, Fraction(-5, 2)], [0, 2, -3]),
        ("ceil(x)", [Fraction(1, 2), 2, Fraction(-5, 2)], [1, 2, -2]),
        ("sign(x)", [Fraction(1, 2), 0, -3], [1, 0, -1]),
        ("[x >= 0]", [Fraction(1, 2), 0, -3], [1, 1, 0]),
        ("[x > 0 or x == 0]", [Fraction(1, 2), 0, -3], [1, 1, 0]),
        ("if(x > 0, log(x), x)", [1, 0, -3], [0, 0, -3]),
    ],
)
def test_vector_functions(text, x, expected):
    f = parse(f"x: vector(n); {text}").expr
    found = numbers(f, {"x": x})
    assert all(abs(a - NUMERIC.number(b)) < 1e-30 for a, b in zip(found, expected, strict=True))


def test_matrix_functions():
    values = {"A": [2, 1, 0, 1, 3, 1, 0, 1, 4]}

    def value(text: str) -> list:
        return numbers(parse(f"A: matrix(n,n); {text}").expr, values)

    assert value("det(A)")[0] == pytest.approx(18)
    assert value("exp(logdet(A))")[0] == pytest.approx(18)
    assert [round(float(v), 12) for v in value("A*inv(A)")] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert [float(v) for v in value("rowmax(A)")] == [2, 3, 4]
    assert sum(value("softmax(A)")) == pytest.approx(3)
    x = {"a": [1, 2, 3], "b": [4, 5, 6]}
    assert numbers(parse("a, b: vector(3); cross(a, b)").expr, x) == [-3, 6, -3]


def calls() -> list[Expr]:
    """One call of every row, with variables of shapes that fit."""
    made = []
    for row in TABLE:
        if row.macro or row.name in (
            "vech",
            "unvech",
            "duplication_of",
        ):  # sizes that are triangular numbers: tests/syntax/test_triangles.py
            continue
        if row.elementwise:
            args = [build.num(2) if letter in row.integer else build.var(letter) for letter in row.args]
        else:
            ins, _ = row.core()
            shapes = [("n",) if core == ("*",) else tuple(int(d) if d.isdigit() else d for d in core) for core in ins]
            args = [build.ONE if a in row.integer else build.var(a, s) for a, s in zip(row.args, shapes, strict=True)]
        made.append(build.call(row.name, *args))
    return made


OF_MATRICES = {
    "eigvalsh", "eigvecsh", "normnuc", "polar", "polar_adjoint", "matrix_power", "sqrtm", "solve_sylvester", "expm", "expm_frechet", "logm", "logm_frechet",
}  # fmt: skip


@pytest.mark.parametrize("node", calls(), ids=lambda node: node.data)
def test_both_arithmetics_read_every_row_alike(node):
    """The value of SymPy's expression is the number; so is, away from kinks, that of its derivative by differences."""
    sizes = choose_sizes(topological([node]))
    symbolic = Symbolic()
    leaves = list(variables([node]).values())
    symbols = {x: [symbolic.sympy.Symbol(f"{x.data[0]}{k}") for k in range(prod(sizes.get(d, d) for d in x.shape))] for x in leaves}
    if node.data in OF_MATRICES:  # eigenvalues, and functions that have no formula of the entries
        with pytest.raises(Undecided):
            Components(symbolic, sizes, symbols.__getitem__)(node)
        return
    expressions = Components(symbolic, sizes, symbols.__getitem__)(node)
    compared = 0
    for seed in range(40):
        rng = Random(seed)
        domain = ("real", "positive", "large", "unit", "definite")[seed % 5]
        point = {x: [NUMERIC.number(v) for v in flatten(draw(x, sizes, rng, domain))] for x in leaves}
        found = Components(NUMERIC, sizes, point.__getitem__)(node)
        if not all(NUMERIC.ctx.isfinite(v) for v in found):
            continue
        known = {s: v for x in leaves for s, v in zip(symbols[x], point[x], strict=True)}
        for expression, number in zip(expressions, found, strict=True):
            value = NUMERIC.value(expression, known)
            if NUMERIC.ctx.isfinite(value):
                assert abs(value - number) < 1e-30 * (1 + abs(number))
                compared += 1
    assert compared >= 5


def flatten(value) -> list:
    return [v for part in value for v in flatten(part)] if isinstance(value, list) else [value]


def test_a_row_without_a_definition_is_not_guessed(monkeypatch):
    from symdiff.table.row import Row

    monkeypatch.setitem(TABLE.rows, "mystery", Row("mystery", ("x",), ("1",)))
    monkeypatch.setitem(TABLE.names, "mystery", TABLE.rows["mystery"])
    with pytest.raises(Undecided, match="no definition of mystery"):
        numbers(build.call("mystery", build.var("x")), {"x": [1]})


def test_the_limit_of_work():
    x = build.var("x", ("n",))
    f = build.outer(x, x)
    with pytest.raises(Undecided, match="too large"):
        Components(NUMERIC, {"n": 200}, lambda _: [NUMERIC.one] * 200, work=Work(10_000))(f)


def test_no_global_precision_is_touched():
    import mpmath

    before = mpmath.mp.dps
    Numeric(99)
    assert mpmath.mp.dps == before
