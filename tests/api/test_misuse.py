"""Every public name, called with what does not fit: the error is a SymdiffError with a hint, never one of Python's own from inside.

CALLS has a call for each name of `sd.__all__` and each public method of what these give; each of its arguments is replaced by every
value of BAD. A call may also work: many a value means something somewhere.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import symdiff as sd

F = "y*w.phi"
POINT = {"w": [3.0, 1.0], "phi": [1.0, 2.0], "y": 0.5}
f = sd.parse(F)
g = sd.grad(f, "w")
square = sd.parse("x^2")

BAD: dict[str, Any] = {
    "None": None, "3": 3, "2.5": 2.5, "True": True, "empty": "", "open": "((", "words": "no such", "bytes": b"x^2", "[]": [], "[None]": [None], "[3]": [3],
    "{}": {}, "{a: 1}": {"a": 1}, "{3: 4}": {3: 4}, "()": (), "object": object(), "function": lambda: 0, "nan": float("nan"), "array": np.array([1, 2]),
    "letters": np.array(["a"]), "set": {1, 2}, "1j": 1j, "inf": float("inf"), "-1": -1, "10^400": 10**400, "q": sd.parse("q"), "node": sd.parse("q").expr,
    "module": sd, "type": int,
}  # fmt: skip

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def _used(*args: Any, **named: Any) -> None:
    with sd.limits(*args, **named):
        pass


def _answered(*args: Any, **named: Any) -> None:
    list(sd.batch(*args, **named))


def calls() -> dict[str, Call]:
    """A call that works, for every name."""
    found: dict[str, Call] = {
        "backward": (sd.backward, (F, "w", "delta"), {"layout": "numerator"}),
        "batch": (_answered, ([{"formula": "x^2", "wrt": "x", "do": "grad"}],), {}),
        "check": (sd.check, ("x^2", "x", "2*x"), {"seconds": 5.0}),
        "checker": (sd.checker, ("x^2", "x"), {"seconds": 5.0}),
        "curvature": (sd.curvature, ("x^2", "x"), {}),
        "define": (sd.define, ("twice(x)", "2*x", "2"), {"where": "", "kink": "", "latex": "", "source": ""}),
        "derivative": (sd.derivative, (F, "w", 1), {"expand": False, "kron": False, "unconstrained": False}),
        "derive": (sd.derive, ("x^2", "x", "brief"), {"verify": False}),
        "descend": (
            sd.descend, ("(w.x - y)^2", "w", {"x": np.eye(2), "y": [1.0, 2.0]}),
            {"method": "sgd", "step": 0.1, "epochs": 1, "batch": 1, "init": "zeros", "seed": 0, "shuffle": True, "test": None, "score": None, "target": "numpy", "report": None},
        ),
        "from_python": (sd.from_python, ("def f(x):\n    return x*x\n",), {"x": "scalar"}),
        "from_sympy": (sd.from_sympy, (sympy.Symbol("x") ** 2,), {}),
        "grad": (sd.grad, (F, "w"), {"layout": "numerator", "unconstrained": False}),
        "graph": (sd.graph, (F, "w", POINT), {"shapes": True, "layout": "denominator", "across": False, "legend": True, "plates": True, "curvature": False}),
        "handout": (sd.handout, ("x^2", "x", {"x": 1.0}), {"title": "", "verify": False, "optimum": False}),
        "hessian": (sd.hessian, ("x^2*y", "x", "y"), {"kron": False, "unconstrained": False}),
        "hvp": (sd.hvp, ("x^2*y", "x", "v"), {"unconstrained": False}),
        "jacobian": (sd.jacobian, (F, "w"), {"kron": False, "unconstrained": False}),
        "jax_function": (sd.jax_function, (F,), {}),
        "jvp": (sd.jvp, (F, "w", "v"), {"unconstrained": False}),
        "limits": (_used, (), {"seconds": 5}),
        "matrices": (sd.matrices, ("A", 2, 2), {}),
        "notes": (sd.notes, (g,), {}),
        "parse": (sd.parse, (F,), {"given": None, "functions": (), "w": "vector(n)"}),
        "parse_latex": (sd.parse_latex, ("x^2",), {"given": None, "functions": (), "x": "scalar"}),
        "rules": (sd.rules, ((),), {}),
        "scalars": (sd.scalars, ("x",), {}),
        "stationary_points": (sd.stationary_points, ("(x - a)^2", "x", ()), {}),
        "steps": (sd.steps, ("x^2", "x", "brief"), {"verify": False, "style": "paths", "names": "delta", "layout": "denominator"}),
        "symbols": (sd.symbols, ("x",), {}),
        "torch_function": (sd.torch_function, (F,), {}),
        "trace": (sd.trace, (F, POINT, "w"), {"layout": "denominator"}),
        "value_and_grad": (sd.value_and_grad, (F, "w"), {"unconstrained": False}),
        "vectors": (sd.vectors, ("x", 3), {}),
        "verify": (sd.verify, ("x^2", "x", "2*x"), {"unconstrained": False, "seconds": 5.0}),
        "vjp": (sd.vjp, (F, "w", "v"), {"unconstrained": False}),
        "Expressions": (sd.Expressions, ([f], ["a"]), {}),
        "Formula": (sd.Formula, (f.expr,), {}),
        "sheet": (sd.sheet, ("no_such.toml",), {}),
        "grade_class": (sd.grade_class, ("no_such.toml", "none.csv"), {}),
    }  # fmt: skip
    both = sd.value_and_grad(f, "w")
    of_formula: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "subs": ((), {"y": 2}), "latex": ((), {}), "unicode": ((), {}), "mathml": ((), {}), "typst": ((), {}), "program": ((), {}), "expand": ((), {}),
        "compile": (("numpy",), {"batch": ()}), "code": (("numpy",), {"doc": True, "bare": False, "batch": ()}), 
        "equals": ((F,), {}), "curvature": (("w",), {}), "check": (("w", "y*phi"), {"seconds": 5.0}), "checker": (("w",), {"seconds": 5.0, "prepared": False}),
        "trace": ((POINT, "w"), {"layout": "denominator"}), "steps": (("w", "brief"), {"verify": False, "style": "paths", "names": "delta", "layout": "denominator"}),
        "backward": (("w", "delta"), {"layout": "denominator"}), "graph": (("w", POINT), {"shapes": False, "layout": "denominator", "across": True, "legend": True, "plates": True}),
        "handout": (("w",), {"title": "", "verify": False, "optimum": False}),
    }  # fmt: skip
    found |= {f"Formula.{name}": (getattr(f, name), *given) for name, given in of_formula.items()}
    found |= {
        "Formula.verify": (sd.grad("x^2", "x").verify, (), {"seconds": 5.0}),
        "Formula.to_sympy": (square.to_sympy, (), {}),
        "Formula()": (g, (POINT,), {}),
        "Formula(w=)": (g, (), dict(POINT)),
        "Formula[]": (f.variables["w"].__getitem__, (1,), {}),
        "Formula +": (f.__add__, (1,), {}),
        "Formula @": (f.variables["w"].__matmul__, (f.variables["phi"],), {}),
        "Formula <": (f.__lt__, (1,), {}),
        "Expressions.compile": (both.compile, ("numpy",), {"batch": ()}),
        "Expressions.code": (both.code, ("numpy",), {"doc": True, "bare": False, "batch": ()}),
        "compiled": (g.compile(), (), dict(POINT)),
        "compiled math": (square.compile("math"), (), {"x": 1.0}),
        "compiled several": (both.compile(), (POINT,), {}),
        "max": (sd.max, ("x", 1), {}), "huber": (sd.huber, ("x", 1), {}), "norm2": (sd.norm2, (f.variables["w"],), {}), "if_": (sd.if_, (f > 0, 1, 0), {}),
        "sum": (sd.sum, (f.variables["w"],), {}), "eye": (sd.eye, (2,), {}), "unit": (sd.unit, (1, 2), {}), "vector": (sd.vector, (1, 2), {}),
        "matrix": (sd.matrix, (1, 2, 2), {}), "ones": (sd.ones, (2,), {}), "concat": (sd.concat, (f.variables["w"], f.variables["phi"]), {}), "det": (sd.det, (np.eye(2),), {}),
        "Graph.svg": (sd.graph("x^2", "x").svg, (), {}), "Derivation.show": (sd.steps("x^2", "x", verify=False).show, ("text",), {}),
        "Backward.show": (sd.backward("x^2", "x").show, ("text",), {}), "Trace.show": (sd.trace("x^2", {"x": 1.0}).show, ("text",), {}),
        "Handout.show": (sd.handout("x^2", "x", verify=False).show, ("html",), {}),
        "Checker()": (sd.checker("x^2", "x"), ("2*x",), {"diagnose": False, "prove": False}),
    }  # fmt: skip
    return found


CALLS = calls()
NOT_CALLED = {"Expr", "__version__"} | {
    name for name in sd.__all__ if isinstance(getattr(sd, name), type) and issubclass(getattr(sd, name), Exception)
}


def test_every_public_name_has_a_call() -> None:
    assert set(sd.__all__) - NOT_CALLED <= set(CALLS)
    for kind in (sd.Formula, sd.Expressions):
        own = {name for name, member in vars(kind).items() if inspect.isfunction(member) and not name.startswith("_")}
        inner = {"place_names", "check_names", "nodes", "lesson", "require_scalar", "latex", "unicode"}
        assert {f"{kind.__name__}.{name}" for name in own - inner} <= set(CALLS)


# What is taken at its word: so many epochs would be done, and what a function of the caller's does is the caller's.
NOT_REFUSED = {("epochs", "10^400"), ("report", "function"), ("report", "type")}
# Methods with a name of Python's are called by Python.
OPERATORS = {"Formula[]", "Formula +", "Formula @", "Formula <"}


def bad_calls(name: str) -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """The call with each of its arguments replaced, one missing, one too many, one of another name."""
    _, args, named = CALLS[name]
    for what, value in BAD.items():
        for k in range(len(args)):
            yield f"argument {k + 1} is {what}", (*args[:k], value, *args[k + 1 :]), named
        for key in named:
            if (key, what) not in NOT_REFUSED:
                yield f"{key} is {what}", args, {**named, key: value}
    if name in OPERATORS:
        return
    yield "no_such_keyword", args, {**named, "no_such_keyword": 3}
    yield "one less", args[:-1], {}
    yield "many more", (*args, 1, 2, 3, 4, 5, 6, 7, 8), named


@pytest.mark.parametrize("name", CALLS)
def test_what_does_not_fit_is_said_with_a_hint(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    function, args, named = CALLS[name]
    if name not in ("sheet", "grade_class"):
        function(*args, **named)
    wrong: list[str] = []
    refused = 0
    for what, given, options in bad_calls(name):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(*given, **options)
        except sd.SymdiffError as error:
            refused += 1
            if not error.hint and error.span is None:
                wrong.append(f"{what}: no hint: {error}")
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{what}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(line[:200] for line in wrong)
    assert refused >= (0 if name in OPERATORS else 2)
    assert not list(tmp_path.iterdir())
