"""Verification, with all imported: is this the gradient? Of the right answer, and of a slip (one coefficient is 3/2 of what it should be).

Both work on explicit components of small sizes. symdiff: `sd.verify`, which decides by algebra where that is exact, else by many
digits at points. SymPy: what a user would do with it, `diff` by every component and `simplify` of every difference, stopped at the
first that is not 0; "undecided" where a difference is 0 and stays another form. SymPy's cache is empty at every start.
"""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Peer, Run, Unable
from benchmarks.tensors import FORMULAS as TENSORS

FORMULAS = {
    "hinge loss": ("max(1 - y*w.phi, 0)", "w"),
    "squared loss": ("(w.phi - y)^2", "w"),
    "four layers": ("h = sigma(a*sigma(b*sigma(c*x))); (w*h - y)^2", "c"),
    **TENSORS,
}
RIGHT, SLIP = "right: ", "slip: "
TASKS = [(kind + formula, 1) for formula in FORMULAS for kind in (RIGHT, SLIP)]
SIZES = (2, 3, 4)


def _case(work: str) -> tuple[Any, str, Any, bool]:
    """The formula, the variable, the answer in question, and whether it is right."""
    import symdiff as sd

    text, x = FORMULAS[work.removeprefix(RIGHT).removeprefix(SLIP)]
    f = sd.parse(text)
    g = sd.grad(f, x)
    return f, x, g if work.startswith(RIGHT) else 1.5 * g, work.startswith(RIGHT)


def symdiff(work: str, size: int) -> Run:
    from sympy.core.cache import clear_cache

    import symdiff as sd

    f, x, answer, right = _case(work)

    def run() -> None:
        clear_cache()
        if sd.verify(f, x, answer).ok is not right:
            raise Unable("wrong")

    return run


def sympy(work: str, size: int) -> Run:
    import sympy as sp
    from sympy.core.cache import clear_cache

    from symdiff.expr.walk import dimensions

    f, x, answer, right = _case(work)
    sizes = dict(zip(sorted(dimensions([f.expr])), SIZES, strict=False))

    def entries(e: Any) -> list[Any]:
        explicit = e.to_sympy(**{name: sizes[name] for name in dimensions([e.expr])})
        return list(sp.flatten(explicit.tolist())) if e.shape else [explicit]

    (value,), wanted, variables = entries(f), entries(answer), entries(f.variables[x])

    def run() -> None:
        clear_cache()
        same = all(sp.simplify(value.diff(v) - w) == 0 for v, w in zip(variables, wanted, strict=True))
        if same is not right:
            raise Unable("undecided")

    return run


PEERS: dict[str, Peer] = {"symdiff": symdiff, "sympy": sympy}
