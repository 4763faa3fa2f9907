"""The target c: compiled without warnings, called through ctypes, equal to NumPy."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from typing import ClassVar

import numpy as np
import pytest

import symdiff as sd
from symdiff.names import leaves
from symdiff.numeric import code, evaluate
from symdiff.numeric.targets.c import C, CWriter

CC = shutil.which("cc")
CASES = [
    ("max(1 - y*w.phi, 0)", "y: scalar; w: vector(3); phi: vector(3)", "w"),
    ("log(1 + exp(-y*w.x)) + lambda/3*norm2(w)^2", "y: scalar; lambda: scalar; w: vector(2); x: vector(2)", "w"),
    ("-y.log_softmax(W*x)", "y: vector(3); W: matrix(3, 2); x: vector(2)", "W"),
    ("logsumexp(x) + std(x) + prod(x) + max(x)", "x: vector(3)", "x"),
    ("0.5*x'*A*x + tr(A*A') - [x[1] > x[2]]*sign(x[1])/2", "x: vector(2); A: matrix(2, 2)", "A"),
    (
        "if(double > 0, double^3, -double)/[double > 0] + atan2(exp, double)^-2 + int^0.7",
        "double: scalar; exp: scalar; int: scalar",
        "double",
    ),
    ("NAN*exp(M_PI) + INFINITY/HUGE_VAL*NAN^2", "NAN: scalar; M_PI: scalar; INFINITY: scalar; HUGE_VAL: scalar", "NAN"),
    ("h = sigma(V*x); (w.h - y)^2", "V: matrix(2, 3); x: vector(3); w: vector(2); y: scalar", "V"),
    ("3/7*huber(r, d) + gelu(r) - softplus(r)*silu(d)", "r: scalar; d: scalar", "r"),
]


def run(expr, values, folder):
    """The value of the C function, compiled with all warnings as errors."""
    text = code([expr], "c")
    (folder / "f.c").write_text(text)
    command = [CC, "-Wall", "-Wextra", "-Werror", "-O2", "-std=c99", "-pedantic", "-shared", "-fPIC", "f.c", "-o", "f.so", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + text
    function = ctypes.CDLL(str(folder / "f.so")).f
    arguments = []
    for name in leaves([expr]):
        array = np.asarray(values[name], dtype=float)
        arguments.append(array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) if array.ndim else ctypes.c_double(float(array)))
    if not expr.shape:
        function.restype = ctypes.c_double
        return function(*arguments)
    out = np.full(expr.shape, np.nan)
    function.restype = None
    function(*arguments, out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
    return out


@pytest.mark.skipif(CC is None, reason="no C compiler")
@pytest.mark.parametrize(("formula", "types", "wrt"), CASES, ids=[str(k) for k in range(len(CASES))])
def test_the_value_and_the_gradient_are_those_of_numpy(formula, types, wrt, tmp_path):
    f = sd.parse(f"{types}; {formula}")
    r = np.random.default_rng(1)
    values = {name: r.uniform(0.2, 2, v.shape) for name, v in f.variables.items()}
    for k, expr in enumerate([f.expr, sd.grad(f, wrt).expr]):
        folder = tmp_path / str(k)
        folder.mkdir()
        np.testing.assert_allclose(run(expr, values, folder), evaluate(expr, values), rtol=1e-12)


def test_it_reads_like_c():
    f = sd.parse("w: vector(2); phi: vector(2); y: scalar; max(1 - y*w.phi, 0)")
    assert code([sd.grad(f, "w").expr], "c", doc="hinge") == (
        "#include <math.h>\n\n/* hinge */\n"
        "void f(double y, const double *w, const double *phi, double *out)\n{\n"
        "    const double t1 = -(double)(y*(w[0]*phi[0] + w[1]*phi[1]) < 1.0)*y;\n"
        "    out[0] = t1*phi[0];\n    out[1] = t1*phi[1];\n}\n"
    )


@pytest.mark.skipif(CC is None, reason="no C compiler")
@pytest.mark.parametrize(
    ("formula", "x", "value"),
    [("sigma(x)", -800.0, 0.0), ("sigma(x)", 800.0, 1.0), ("softplus(x)", 800.0, 800.0), ("softplus(x)", -800.0, 0.0)],
)
def test_edges_of_the_domain(formula, x, value, tmp_path):
    assert run(sd.parse(formula).expr, {"x": x}, tmp_path) == value


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("norm2(x)", "fixed sizes"),
        ("phi(y)", "not a known function"),
        ("A: matrix(2,2); det(A)", "no spelling"),
        ("x: vector(30000); norm2(x)", "terms"),
    ],
)
def test_what_c_cannot_do_is_refused(formula, message):
    with pytest.raises(sd.SymdiffError, match=message):
        code([sd.parse(formula).expr], "c")


def test_a_language_has_its_own_names_for_functions_and_constants():
    class Writer(CWriter):
        renamed: ClassVar = {"fmax": "max", "fabs": "abs", "M_PI": "PI"}

    class Language(C):
        writer = Writer

    f = sd.parse("sinc(x) + softplus(x) + max(x, 1)")
    names = {"fmax", "fabs", "M_PI"}
    assert names <= set(re.findall(r"\w+", C().code([f.expr])))
    assert not names & set(re.findall(r"\w+", Language().code([f.expr])))
