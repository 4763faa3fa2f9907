"""Acceptance cases: formulas that users bring, each with the derivative's value from elsewhere and the form an expert would write.

own.jsonl holds one case per line: formula, op (grad, jacobian, hessian), wrt, sizes, shapes and domains of the variables, `f` the formula in
PyTorch (null: not needed), `expect` the expert's form (null where there is none worth writing). The oracle is PyTorch's automatic
differentiation of `f` where there is one and PyTorch is installed, else central differences of the compiled formula.
"""

from __future__ import annotations

import importlib.util
import json
import re
import warnings
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import symdiff as sd

CASES = {case["id"]: case for case in map(json.loads, Path(__file__).with_name("own.jsonl").read_text(encoding="utf-8").splitlines())}
TORCH = importlib.util.find_spec("torch") is not None

# What does not work yet, and why; a case that starts to work has to leave this list.
OPEN: dict[str, str] = {}

# Shares of the cases with an expert's form: no longer than it, at most half as long again; and the longest of all.
WITHIN_1, WITHIN_1_5, LONGEST = 0.92, 0.97, 3.9  # the longest: logdet by way of the Cholesky factor


# ---------------------------------------------------------------------------------------------- values


def positive_definite(z):
    return z @ z.T / len(z) + 0.5 * np.eye(len(z))


def one_hot(z):
    return (z == z.max(axis=-1, keepdims=True)) * 1.0


DOMAINS = {
    None: lambda z: z,
    "positive": lambda z: np.abs(z) + 0.5,
    "gt1": lambda z: np.abs(z) + 1.1,
    "big": lambda z: np.abs(z) + 3,
    "half": lambda z: z / 2,
    "small": lambda z: z / 5 if z.shape else np.abs(z) / 5 + 0.05,
    "unit": lambda z: 0.05 + 0.9 / (1 + np.exp(-z)),
    "signunit": lambda z: 0.95 * np.tanh(z),
    "pm1": lambda z: np.where(z > 0, 1.0, -1.0),
    "bit": lambda z: (z > 0) * 1.0,
    "mask01": lambda z: (z > -0.5) * 1.0,
    "onehot": one_hot,
    "prob": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
    "sym": lambda z: (z + z.T) / 2,
    "spd": positive_definite,
    "diag": lambda z: np.diag(np.abs(np.diag(z)) + 0.5),
    "invertible": lambda z: z + 4 * np.eye(len(z)),
    "orthogonal": lambda z: np.linalg.qr(z)[0],
}


def draw(case, k):
    """Values of the variables and sizes of the dimensions, the same on every machine."""
    rng = np.random.default_rng([zlib.crc32(case["id"].encode()), k])
    values = dict(case["dims"])
    for name, dims in case["vars"].items():
        z = rng.standard_normal([case["dims"].get(d, d) for d in dims])
        values[name] = np.asarray(DOMAINS[case["domain"].get(name)](np.asarray(z)), dtype=float)
    for name, function in (case.get("functions") or {}).items():
        values[name] = eval(function["numpy"], {"np": np})
    return values


def with_torch(case, values):
    """The derivative of `f` by automatic differentiation."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # of `torch.eye(n)` in f
    try:
        return _with_torch(torch, case, values)
    finally:
        torch.set_default_dtype(before)


def _with_torch(torch, case, values):
    scope = {"torch": torch}
    for name, value in values.items():
        scope[python_name(name)] = torch.tensor(value) if isinstance(value, np.ndarray) else value
    for name, function in (case.get("functions") or {}).items():
        scope[name] = eval(function["torch"], {"torch": torch})
    *statements, result = case["f"].split(";")
    first, second = python_name(case["wrt"]), python_name(case.get("wrt2") or case["wrt"])

    def f(a, b):
        local = {**scope, first: a, second: b}
        exec("\n".join(s.strip() for s in statements), local)
        return eval(result.strip(), local)

    x, y = scope[first], scope[second]
    if case["op"] != "hessian":
        return torch.func.jacrev(lambda a: f(a, a))(x).numpy()
    if first == second:
        return torch.func.jacrev(torch.func.jacrev(lambda a: f(a, a)))(x).numpy()
    return torch.func.jacrev(torch.func.jacrev(f, argnums=0), argnums=1)(x, y).numpy()


def python_name(name):
    return name + "_" if name == "lambda" else name


def differences(value, name, values, step):
    """Central differences of value(values) by the named variable, the variable's axes last."""
    x = values[name]
    found = []
    for place in np.ndindex(*x.shape):
        moved = []
        for sign in (1, -1):
            there = x.copy()
            there[place] += sign * step
            moved.append(value({**values, name: there}))
        found.append((moved[0] - moved[1]) / (2 * step))
    rest = np.moveaxis(np.array(found), 0, -1)
    return rest.reshape(rest.shape[:-1] + x.shape)


def in_its_space(g, properties):
    """The derivative by a symmetric or diagonal matrix, as a direction in which the matrix stays so."""
    if {"symmetric", "psd"} & set(properties):
        return (g + np.swapaxes(g, -1, -2)) / 2
    return g * np.eye(g.shape[-1]) if "diagonal" in properties else g


def with_differences(case, f, values):
    """The derivative by differences of the compiled formula, and how exact they are."""
    compiled = f.compile()

    def value(v):
        return np.asarray(compiled(v), dtype=float)

    if case["op"] != "hessian":
        return in_its_space(differences(value, case["wrt"], values, 1e-6), f.variables[case["wrt"]].properties), 1e-5
    second = case.get("wrt2") or case["wrt"]
    return differences(lambda v: differences(value, case["wrt"], v, 1e-4), second, values, 1e-4), 1e-4


# ---------------------------------------------------------------------------------------------- the tests

TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|\w+|\.\.|\.[*/^]|[<>=!]=|[^\s(),]")


def length(text):
    """Names, numbers, operators and square brackets; no round brackets, commas or spaces."""
    return len(TOKEN.findall(text))


@cache
def solved(ident):
    """The formula and its derivative."""
    case = CASES[ident]
    f = sd.parse(case["formula"])
    derive = {"grad": sd.grad, "jacobian": sd.jacobian, "hessian": sd.hessian}[case["op"]]
    return f, derive(f, case["wrt"], *([case["wrt2"]] if "wrt2" in case else []))


def params():
    """All cases, the open ones as failures that must stay failures."""
    marks = {ident: [pytest.mark.xfail(strict=True, reason=reason)] for ident, reason in OPEN.items()}
    return [pytest.param(ident, id=ident, marks=marks.get(ident, [])) for ident in CASES]


@pytest.mark.parametrize("ident", params())
def test_case(ident):
    """Right on two draws, and the text of the answer reads back as the answer."""
    case = CASES[ident]
    f, g = solved(ident)
    compiled, alone = g.compile(), sd.parse(g.program()).compile()
    for k in range(2):
        values = draw(case, k)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own, about its functions to come
            want, tolerance = (with_torch(case, values), 1e-7) if TORCH and case["f"] else with_differences(case, f, values)
        got = np.asarray(compiled(values), dtype=float)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * max(1, np.abs(want).max(initial=0)) / 10, err_msg=str(g))
        np.testing.assert_allclose(np.broadcast_to(alone(values), got.shape), got, err_msg=f"{g} reads back as something else")
    assert sd.parse(str(g), given=f) == g


def test_answers_are_as_short_as_an_expert_writes_them():
    ratios = {}
    for ident, case in CASES.items():
        if case["expect"] and ident not in OPEN:
            ratios[ident] = length(str(solved(ident)[1])) / length(case["expect"])
    values = np.array(list(ratios.values()))
    longest = sorted(ratios, key=ratios.get)[-12:]
    report = ", ".join(f"{ident} {ratios[ident]:.2f}" for ident in longest)
    assert np.mean(values <= 1) >= WITHIN_1, report
    assert np.mean(values <= 1.5) >= WITHIN_1_5, report
    assert values.max() <= LONGEST, report


def test_the_cases_cover_the_groups():
    count = {}
    for case in CASES.values():
        count[case["group"]] = count.get(case["group"], 0) + 1
    assert len(CASES) >= 500
    assert (
        min(
            count.get(g, 0)
            for g in ("cookbook", "losses", "networks", "jacobian", "hessian", "statistics", "elementwise", "sums", "scalar-lecture")
        )
        >= 20
    )
