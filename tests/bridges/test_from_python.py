"""Programs as formulas: values and gradients are those of the program, and what is not read is refused by its line."""

import importlib.util
import inspect

import numpy as np
import pytest

import symdiff as sd
from symdiff.errors import DomainError, ParseError

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from tests.bridges import programs

SIZES = {"m": 5, "k": 3, "n": 4}


def types_of(kinds):
    found = {}
    for name, kind in kinds.items():
        dims = [d for d in kind.split() if d in SIZES]
        found[name] = "vector(m) of label(k)" if "label" in kind else f"{('vector', 'matrix')[len(dims) - 1]}({', '.join(dims)})"
    return found


def values_of(kinds, rng):
    found = {}
    for name, kind in kinds.items():
        words = kind.split()
        x = rng.standard_normal([SIZES[d] for d in words if d in SIZES])
        if "label" in words:
            x = rng.integers(0, SIZES["k"], SIZES["m"])
        for word, change in (("+", lambda z: np.abs(z) + 0.3), ("unit", lambda z: 0.05 + 0.9 / (1 + np.exp(-z))), ("bit", lambda z: (z > 0) * 1.0),
                             ("sign", lambda z: np.where(z > 0, 1.0, -1.0))):  # fmt: skip
            x = change(x) if word in words else x
        found[name] = x
    return found


def differences(f, at, name, h=1e-4):
    """Central differences of fourth order."""
    slope = np.empty(at[name].shape)
    for place in np.ndindex(slope.shape):

        def moved(t, place=place):
            x = at[name].copy()
            x[place] += t
            return float(f(**{**at, name: x}))

        slope[place] = (8 * (moved(h) - moved(-h)) - moved(2 * h) + moved(-2 * h)) / (12 * h)
    return slope


def run(function, at):
    if function.__module__.endswith("programs") and function in [f for f, _ in programs.TORCH]:
        return float(function(**{k: torch.as_tensor(v) for k, v in at.items()}))
    return float(function(**at))


CASES = [pytest.param(f, kinds, id=f"{f.__name__}-{len(kinds)}") for f, kinds in (*programs.TORCH, *programs.SKLEARN)]


@pytest.mark.parametrize(("function", "kinds"), CASES)
def test_value_and_gradients_are_those_of_the_program(function, kinds):
    helpers = "".join(inspect.getsource(g) for g in (programs.isinstance_str, programs.mean_squared_error))
    imports = "import torch, numpy as np\nimport torch.nn.functional as F\nfrom scipy.special import xlogy\n"
    source = imports + helpers + inspect.getsource(function)
    f = sd.from_python(source, **types_of(kinds))
    shown = {name + ("_" if name not in f.types and name + "_" in f.types else ""): name for name in kinds}
    rng = np.random.default_rng(3)
    for _ in range(3):
        at = values_of(kinds, rng)
        given = {new: at[old] + (1 if "label" in kinds[old] else 0) for new, old in shown.items()}
        np.testing.assert_allclose(float(f(**given)), run(function, at), rtol=1e-9, atol=1e-12)
        for new, old in shown.items():
            if "label" not in kinds[old] and new in f.types and kinds[old].split()[-1] not in ("bit", "sign"):
                slope = differences(lambda **a: run(function, a), at, old)
                np.testing.assert_allclose(np.asarray(sd.grad(f, new)(**given), float), slope, rtol=1e-6, atol=1e-7)
    assert ("labels count from 1" in " ".join(f.notes)) == any("label" in kind for kind in kinds.values())


def test_there_are_as_many_as_promised():
    assert len({f for f, _ in programs.TORCH}) >= 25 and len({f for f, _ in programs.SKLEARN}) >= 15


REFUSED = [
    ("def f(x):\n    return np.sort(x)[0]", 2, "np.sort"),
    ("def f(x):\n    y = x\n    y[0] = 3\n    return y.sum()", 3, "only names are assigned to"),
    ("def f(x):\n    while True:\n        pass", 2, "while"),
    ("def f(x):\n    z = open('file')\n    return z", 2, "open"),
    ("def f(x):\n    return __import__('os').system('true')", 2, "not read"),
    ("def f(x):\n    return np.median(x)", 2, "np.median"),
    ("def f(x):\n    return (x[:, None, None]*x[None, :, None]*x).T", 2, "an array of three"),
    ("def f(x):\n    if x.sum() > 0:\n        return 1.0\n    x.foo()\n    return 2.0", 4, "not used"),
    ("def f(x):\n    return np.linalg.norm(np.outer(x, x), 2)", 2, "spectral"),
    ("def f(x):\n    return x[x > 0].sum()", 2, "picked"),
    ("import os\nos.remove('x')\ndef f(x):\n    return x.sum()", 2, "besides functions"),
    ("def f(x, y):\n    return x.sum()", 1, "type of `y`"),
]


@pytest.mark.parametrize(("source", "line", "words"), REFUSED)
def test_what_is_not_read_is_refused_by_its_line(source, line, words):
    with pytest.raises(DomainError) as caught:
        sd.from_python(source, x="vector(n)")
    assert caught.value.message.startswith(f"line {line}: ") and words in caught.value.message
    assert caught.value.span is not None and caught.value.text[: caught.value.span[0]].count("\n") == line - 1


def test_no_program():
    with pytest.raises(ParseError):
        sd.from_python("def f(x:", x="vector(n)")


def test_nothing_is_run(tmp_path):
    mark = tmp_path / "ran"
    source = f"def f(x):\n    open({str(mark)!r}, 'w').close()\n    return x.sum()"
    with pytest.raises(DomainError):
        sd.from_python(source, x="vector(n)")
    assert not mark.exists()


READ = [
    ("def f(x):\n    return sum(x[i]**2 for i in range(n))", {"x": "vector(n)"}, None),
    ("f = lambda x, a=2.0: a*np.sum(x**2)", {"x": "vector(n)"}, "2*sum(x .^ 2)"),
    (
        "def f(x):\n    total = 0\n    for i in range(len(x) - 1):\n        total += (x[i + 1] - x[i])**2\n    return total",
        {"x": "vector(n)"},
        "sum(i=1..n-1, (x[i+1] - x[i])^2)",
    ),
    ("def f(t):\n    if t > 0:\n        return t**2\n    return -t", {"t": "scalar"}, "if(t > 0, t^2, -t)"),
    ("def f(t):\n    y = t\n    if t > 1:\n        y = 2*t\n    return y**2", {"t": "scalar"}, "if(t > 1, 2*t, t)^2"),
    ("def f(X, b):\n    return np.sum(np.tanh(X + b))", {"X": "matrix(m, n)", "b": "vector(n)"}, "sum(tanh(X + ones(m)*b'))"),
    ("def f(X):\n    return np.sum(X - X.mean(axis=1, keepdims=True))", {"X": "matrix(m, n)"}, "sum(X - rowmean(X)*ones(n)')"),
    ("def f(X):\n    return np.sum((X / X.sum(axis=0))**2)", {"X": "matrix(m, n)"}, "sum((X ./ (ones(m)*colsum(X)')) .^ 2)"),
    ("def f(x):\n    return x[-1]*x[0]", {"x": "vector(4)"}, "x[4]*x[1]"),
    ("def f(A):\n    return jnp.trace(jnp.linalg.inv(A))", {"A": "matrix(n, n)"}, "tr(inv(A))"),
]


@pytest.mark.parametrize(("source", "types", "formula"), READ)
def test_what_is_read(source, types, formula):
    if formula is None:
        with pytest.raises(DomainError):
            sd.from_python(source, **types)
        return
    f = sd.from_python(source, **types)
    assert f.equals(sd.parse(formula, **types))


def test_a_function_of_this_process():
    assert importlib.util.find_spec("torch")
    f = sd.from_python(programs.ridge, X="matrix(m, n)", y="vector(m)", w="vector(n)")
    assert str(sd.grad(f, "w")) == "X'*r + w/5"


def test_greek_letters_keep_their_names() -> None:
    """`gamma` and `sigma` are functions of the language in front of a bracket alone."""
    f = sd.from_python(
        "def discounted(r, gamma, sigma):\n    total = 0\n    for t in range(len(r)):\n        total += gamma**t * r[t]\n    return total*sigma\n",
        r="vector(n)", gamma="scalar", sigma="scalar",
    )  # fmt: skip
    assert set(f.types) == {"r", "gamma", "sigma"}
    assert sd.verify(f, "gamma", sd.grad(f, "gamma")).ok
    assert set(sd.parse(f.program()).types) == set(f.types)
