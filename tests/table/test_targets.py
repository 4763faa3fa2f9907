"""One function, many spellings: they agree on the row's domain, and where exp would overflow."""

import importlib
import shutil
import subprocess

import numpy as np
import pytest

from symdiff.table import TABLE

ROWS = [row for row in TABLE if not row.macro]
ELEMENTWISE = [row for row in ROWS if row.elementwise]
EXTREME = np.array([-800.0, -100.0, -40.0, -1e-9, 1e-9, 40.0, 100.0, 800.0])


def as_target(values, target):
    """Arrays of the target, in double precision."""
    if target == "torch":
        return [importlib.import_module("torch").as_tensor(v) for v in values]
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return [jax.numpy.asarray(v) for v in values]


def settings(row, tools):
    """Arguments: points of the domain for elementwise rows, else one vector, or square matrix, for each."""
    if row.elementwise:
        return [[x[i] for x in tools.points(row, 20)] for i in range(20)] if row.integer else [tools.points(row, 20)]
    rng = np.random.default_rng(3)
    bases = [
        np.zeros(3) if core == ("*",) or len(core) == 1 else np.diag([4.0, 8.0, 12.0]) if core else np.zeros(()) for core in row.core()[0]
    ]
    return [[1 if a in row.integer else base + rng.uniform(1, 2, base.shape) for a, base in zip(row.args, bases, strict=True)]]


def having(rows):
    """Rows with the libraries that have a spelling for them; that the others are meant to have none is asked in test_rows.py."""
    return pytest.mark.parametrize(
        ("row", "target"), [pytest.param(r, t, id=f"{r.name}-{t}") for r in rows for t in ("jax", "torch") if getattr(r, t)]
    )


@having(ROWS)
def test_libraries_agree(row, target, tools):
    pytest.importorskip(target)
    for at in settings(row, tools):
        if row.name == "if" and target == "torch":
            at = [at[0] != 0, *at[1:]]
        expected = tools.spelled(row.name, "numpy")(*[int(v) if a in row.integer else v for a, v in zip(row.args, at, strict=True)])
        args = [int(v) if a in row.integer else x for a, v, x in zip(row.args, at, as_target(at, target), strict=True)]
        np.testing.assert_allclose(np.asarray(tools.spelled(row.name, target)(*args)) * 1.0, expected * 1.0, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", [r for r in ELEMENTWISE if r.math], ids=lambda row: row.name)
def test_scalars_agree(row, tools):
    at = tools.points(row, 20)
    expected = np.asarray(tools.spelled(row.name, "numpy")(*at), float)
    found = [tools.spelled(row.name, "math")(*[float(v) for v in point]) for point in zip(*at, strict=True)]
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12, atol=1e-13)


def extremes(row):
    """Far points that lie in the domain, whatever the other arguments: these are 2 and 3."""
    points = [[x, *(2.0, 3.0)[: len(row.args) - 1]] for x in EXTREME]
    inside = {
        "x > 0": lambda x: x > 0,
        "a > 0 and b > 0": lambda x: x > 0,
        "abs(x) > 1": lambda x: abs(x) > 1,
        "x > 1": lambda x: x > 1,
        "x > -1": lambda x: x > -1,
    }
    keep = inside.get(row.where, lambda x: True)
    return [p for p in points if keep(p[0])]


BOUNDED = ("abs(x) < 1", "x > 0 and x < 1")
FAR = [r for r in ELEMENTWISE if not r.integer and r.relation not in ("and", "or", "not") and r.where not in BOUNDED]


@pytest.mark.parametrize("row", FAR, ids=lambda row: row.name)
def test_far_out(row, tools):
    """No spelling gives nan or an infinity where another has a number; math raises where NumPy overflows."""
    points = extremes(row)
    assert points
    with np.errstate(over="ignore", divide="ignore"):
        y = np.asarray(tools.spelled(row.name, "numpy")(*np.array(points).T), float)
    assert not np.isnan(y).any()
    if row.math:
        for point, expected in zip(points, y, strict=True):
            try:
                found = tools.spelled(row.name, "math")(*map(float, point))
            except OverflowError:
                found = np.inf
                expected = abs(expected)
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-300)


@having(FAR)
def test_far_out_in_libraries(row, target, tools):
    pytest.importorskip(target)
    at = list(np.array(extremes(row)).T)
    if row.name == "if":
        at[0] = at[0] != 0
    with np.errstate(over="ignore", divide="ignore"):
        expected = np.asarray(tools.spelled(row.name, "numpy")(*at), float)
    found = np.asarray(tools.spelled(row.name, target)(*as_target(at, target)), float)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-30)


def test_smooth_steps_keep_their_digits_far_out(tools):
    """exp(-40) and its like are not rounded to nothing: the derivative of a loss needs them."""
    for name, value in [("sigma", np.exp(-40.0)), ("softplus", np.exp(-40.0)), ("silu", -40 * np.exp(-40.0)), ("sech", 2 * np.exp(-40.0))]:
        np.testing.assert_allclose(tools.spelled(name, "numpy")(-40.0), value, rtol=1e-12)
        np.testing.assert_allclose(tools.spelled(name, "math")(-40.0), value, rtol=1e-12)


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_c_agrees(tools, tmp_path):
    rows = [r for r in ELEMENTWISE if r.c]
    lines, expected = [], []
    for row in rows:
        at = [x[:4] for x in tools.points(row, 8)]
        expected += list(np.asarray(tools.spelled(row.name, "numpy")(*at), float) * 1.0)
        for point in zip(*at, strict=True):
            text = row.c if "#" in row.c else f"{row.c}({', '.join(f'#{i + 1}' for i in range(len(point)))})"
            for i, v in enumerate(point):
                text = text.replace(f"#{i + 1}", f"({float(v)!r})")
            lines.append(f'printf("%.17g\\n", (double)({text}));')
    source = tmp_path / "rows.c"
    source.write_text("#include <math.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n")
    subprocess.run(["cc", "-std=gnu11", "-o", tmp_path / "rows", source, "-lm"], check=True)
    out = subprocess.run([tmp_path / "rows"], capture_output=True, text=True, check=True).stdout.split()
    np.testing.assert_allclose(np.array(out, float), expected, rtol=1e-12, atol=1e-13)
    assert len(out) == 4 * len(rows)
