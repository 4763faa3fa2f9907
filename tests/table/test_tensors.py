"""Every pull of every row of whole tensors: against differences of its NumPy spelling, in a random direction of the output."""

import numpy as np
import pytest

from symdiff.expr import dims
from symdiff.syntax import template
from symdiff.table import TABLE

ROWS = [row for row in TABLE if row.pull]
SIZES = {"n": 3, "m": 4, "n0": 2, "n1": 3}
STEP = 1e-3


def setting(row, order):
    """Shapes of the arguments and the output, and a point of the domain at which no entries tie."""
    rng = np.random.default_rng(7)
    ins, out = row.core()
    ins = [tuple(f"n{i}" for i in range(order)) if core == ("*",) else core for core in ins]
    shapes = [tuple(int(d) if d.isdigit() else d for d in core) for core in (*ins, out)]
    sizes = [[d if isinstance(d, int) else dims.value(dims.of_text(d), SIZES.__getitem__) for d in shape] for shape in shapes[:-1]]
    at = [rng.uniform(0.3, 2, size) * rng.choice([-1, 1], size) for size in sizes]
    if shapes[0] in (("n", "n"), ("m", "m")):
        at[0] += 4 * np.diag(np.arange(1, len(at[0]) + 1))  # det > 0, eigenvalues positive and apart
    if len(shapes) > 2 and shapes[1] == ("n", "n"):
        at[1] += 4 * np.eye(3)
    return shapes[:-1], shapes[-1], [np.asarray(1.0 if a in row.integer else v) for a, v in zip(row.args, at, strict=True)]


def whole(row, at):
    return [int(v) if a in row.integer else v for a, v in zip(row.args, at, strict=True)]


def gap(row, k, order, tools, pull=None):
    """The largest difference between the pull and the slope of g.f by any entry of the argument."""
    ins, out, at = setting(row, order)
    f = tools.spelled(row.name, "numpy")
    y = np.asarray(f(*whole(row, at)))
    g = np.random.default_rng(8).standard_normal(y.shape)
    values = dict(zip(row.args, at, strict=True), y=y, g=g)
    types = dict(zip(row.args, ins, strict=True), y=out, g=out)
    pulled = np.broadcast_to(tools.evaluate(template(pull or row.pull[k], types), values, SIZES), at[k].shape)

    def moved(entry, h):
        x = at[k].copy()
        x[entry] += h
        return np.sum(g * f(*whole(row, [x if i == k else v for i, v in enumerate(at)])))

    slope = np.empty(at[k].shape)
    for entry in np.ndindex(slope.shape):
        slope[entry] = (8 * (moved(entry, STEP) - moved(entry, -STEP)) - moved(entry, 2 * STEP) + moved(entry, -2 * STEP)) / (12 * STEP)
    return np.max(np.abs(pulled - slope)) / (1 + np.max(np.abs(slope)))


CASES = [
    pytest.param(row, k, order, id=f"{row.name}-{row.args[k]}-{order}")
    for row in ROWS
    for k in range(len(row.pull))
    if row.pull[k] and row.name != "matrix_power"  # the one known for multiples of the identity only, see tests/calculus
    for order in ((1, 2) if row.shape.startswith("*") else (1,))
]


@pytest.mark.parametrize("row, k, order", CASES)
def test_pull_against_differences(row, k, order, tools):
    assert gap(row, k, order, tools) < 1e-8


@pytest.mark.parametrize(
    "name, pull",
    [("softmax", "y .* g"), ("inv", "-y*g*y"), ("det", "g*y*inv(A)"), ("cross", "cross(g, b)"), ("cumsum", "cumsum(g)"), ("mean", "g")],
)
def test_a_wrong_pull_is_seen(name, pull, tools):
    assert gap(TABLE[name], 0, 1, tools, pull) > 1e-3


def gap_of_definition(row, order, tools, define=None):
    ins, _, at = setting(row, order)
    text = template(define or row.define, dict(zip(row.args, ins, strict=True)))
    found = tools.evaluate(text, dict(zip(row.args, at, strict=True)), SIZES)
    return np.max(np.abs(tools.spelled(row.name, "numpy")(*whole(row, at)) - found))


@pytest.mark.parametrize("row", [r for r in ROWS if r.define], ids=lambda row: row.name)
@pytest.mark.parametrize("order", [1, 2])
def test_value_is_that_of_the_definition(row, order, tools):
    assert gap_of_definition(row, order, tools) < 1e-12


# What is taken at ties and at entries that are 0: (row, argument, its adjoint where that of the output is 1).
KINKS = [
    ("norm1", [-2.0, 0.0, 3.0], [-1, 0, 1]),
    ("normp", [0.0, 0.0, 2.0], [0, 0, 1]),
    ("norminf", [-2.0, 2.0, 1.0], [-1, 1, 0]),
    ("norminf", [0.25, -0.5, 0.0], [0, -1, 0]),
    ("max_entries", [2.0, 1.0, 2.0], [1, 0, 1]),
    ("min_entries", [2.0, 1.0, 1.0], [0, 1, 1]),
    ("rowmax", [2.0, 1.0, 2.0], [1, 0, 1]),
    ("rowmin", [2.0, 1.0, 1.0], [0, 1, 1]),
]


def wrong_at_kinks(row, tools, pull=None):
    """The kinks at which the pull is not what is taken there."""
    wrong = []
    for name, at, expected in KINKS:
        if name == row.name:
            x = np.array(at)
            more = dict.fromkeys(row.args[1:], np.asarray(3.0))
            values = {"x": x, "y": np.asarray(tools.spelled(name, "numpy")(x, *more.values())), "g": np.asarray(1.0), **more}
            found = tools.evaluate(template(pull or row.pull[0], {"x": ("n",), "y": (), "g": (), **dict.fromkeys(more, ())}), values, SIZES)
            wrong += [at] * (not np.array_equal(found, expected))
    return wrong


@pytest.mark.parametrize("row", [r for r in ROWS if r.kink], ids=lambda row: row.name)
def test_what_is_taken_at_a_kink(row, tools):
    assert row.name in {name for name, *_ in KINKS}
    assert not wrong_at_kinks(row, tools)


@pytest.mark.parametrize("name", [r.name for r in ROWS if r.shape in ("n -> n", "n -> ")])
def test_rows_of_a_matrix_one_by_one(name, tools):
    f, X = tools.spelled(name, "numpy"), np.random.default_rng(9).standard_normal((2, 3))
    np.testing.assert_allclose(f(X), np.array([f(X[0]), f(X[1])]), rtol=1e-14)


def test_logdet_of_a_negative_determinant_is_no_number(tools):
    with np.errstate(invalid="ignore"):
        assert np.isnan(tools.spelled("logdet", "numpy")(np.diag([1.0, -2.0])))


@pytest.mark.parametrize("name, value", [("softmax", [0.0, 1.0]), ("log_softmax", [-1600.0, 0.0]), ("logsumexp", 800.0)])
def test_no_overflow(name, value, tools):
    np.testing.assert_allclose(tools.spelled(name, "numpy")(np.array([-800.0, 800.0])), value)
