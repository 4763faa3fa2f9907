"""One request and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from symdiff.errors import SymdiffError

if TYPE_CHECKING:
    from symdiff.formula import Formula

Result = dict[str, Any]

KEYS = ("formula", "wrt", "do", "answer", "target", "types", "id")
TARGETS = ("numpy", "jax", "torch", "math", "c")


def answer(request: Any) -> Result:
    """The result of a request: its id, formula and variables as it has them, and what was asked for, or "error" with kind, message, span and hint.

    A request that is bad, or a formula that is refused, is an error of this result and of no other.
    """
    named = head(request)
    try:
        return named | _answered(request)
    except SymdiffError as error:
        return named | {"error": _told(error)}
    except RecursionError:
        return named | {"error": {"kind": "LimitError", "message": "the formula nests too deep", "span": None, "hint": ""}}


def head(request: Any) -> Result:
    """What a result repeats of its request, so that it can be told whose it is."""
    return {key: request[key] for key in ("id", "formula", "wrt") if key in request} if isinstance(request, Mapping) else {}


def _told(error: SymdiffError) -> Result:
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "span": list(error.span) if error.span else None,
        "hint": error.hint or "",
    }


def _answered(request: Any) -> Result:
    from symdiff import api

    if not isinstance(request, Mapping):
        raise SymdiffError("a request is an object", hint='{"formula": "w.x", "wrt": "w"}')
    unknown = [key for key in request if key not in KEYS]
    if unknown:
        raise SymdiffError(f"a request has no {unknown[0]!r}", hint="its keys are " + ", ".join(KEYS))
    do = _text(request, "do", "grad")
    if do not in DO:
        raise SymdiffError(f"{do!r} is nothing that can be done", hint="one of " + ", ".join(DO))
    types = request.get("types", {})
    if not isinstance(types, Mapping) or not all(isinstance(t, str) for t in types.values()):
        raise SymdiffError("the types are an object of names and declarations", hint='"types": {"w": "vector(n)"}')
    f = api.parse(_text(request, "formula"), **types)
    wrt = _names(request)
    return {"do": do} | DO[do](f, wrt, request)


def _text(request: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = request.get(key, default)
    if not isinstance(value, str):
        raise SymdiffError(
            f"a request has a text {key!r}" if value is None else f"{key!r} is a text, not {value!r}", hint='{"formula": "w.x", "wrt": "w"}'
        )
    return value


def _names(request: Mapping[str, Any]) -> list[str]:
    """`"w"`, `"w, V"` or `["w", "V"]`."""
    wrt = request.get("wrt")
    if isinstance(wrt, str):
        wrt = wrt.split(",")
    if not isinstance(wrt, Sequence) or not wrt or not all(isinstance(name, str) for name in wrt):
        raise SymdiffError("by which variable?", hint='"wrt": "w", or "wrt": ["w", "V"]')
    return [name.strip() for name in wrt]


def _only(wrt: Sequence[str]) -> str:
    if len(wrt) != 1:
        raise SymdiffError(f"one variable at a time, not {len(wrt)}", hint=f'"wrt": "{wrt[0]}"')
    return wrt[0]


def _shown(g: Formula) -> Result:
    from symdiff.expr.build import show_dim
    from symdiff.expr.walk import bindings
    from symdiff.printers import written

    where = {name: written(node.args[0]) for name, node in bindings([g.expr]).items()}
    return {
        "text": str(g),
        "latex": g.latex(),
        "shape": [d if isinstance(d, int) else show_dim(d) for d in g.shape],
        "notes": list(g.notes),
    } | ({"where": where} if where else {})


def _derivatives(make: Callable[[Formula, str], Formula]) -> Callable[[Formula, list[str], Mapping[str, Any]], Result]:
    return lambda f, wrt, request: {"derivative": {name: _shown(make(f, name)) for name in wrt}}


def _gradient(f: Formula, name: str) -> Formula:
    from symdiff import api

    return api.grad(f, name)


def _jacobian(f: Formula, name: str) -> Formula:
    from symdiff import api

    return api.jacobian(f, name)


def _hessian(f: Formula, wrt: list[str], request: Mapping[str, Any]) -> Result:
    from symdiff import api

    if len(wrt) > 2:
        raise SymdiffError(f"a second derivative is by one or two names, not {len(wrt)}", hint='"wrt": ["x", "y"]')
    return {"derivative": {",".join(wrt): _shown(api.hessian(f, *wrt))}}


def _verified(f: Formula, wrt: list[str], request: Mapping[str, Any]) -> Result:
    """Of an answer that is given, or else of the derivative itself."""
    from symdiff import api

    name = _only(wrt)
    given = request.get("answer")
    g = api.jacobian(f, name) if given is None else api.read(_text(request, "answer"), f)
    verdict = api.verify(f, name, g)
    told = {"ok": verdict.ok, "method": verdict.method, "sizes": dict(verdict.sizes), "points": verdict.points, "reason": verdict.reason}
    return {"answer": str(g), "verified": told}


def _checked(f: Formula, wrt: list[str], request: Mapping[str, Any]) -> Result:
    from symdiff import api

    return {"grade": asdict(api.check(f, _only(wrt), _text(request, "answer")))}


def _code(f: Formula, wrt: list[str], request: Mapping[str, Any]) -> Result:
    from symdiff import api

    target: Any = _text(request, "target", "numpy")
    if target not in TARGETS:
        raise SymdiffError(f"there is no target {target!r}", hint="one of " + ", ".join(TARGETS))
    if len(wrt) == 1:
        return {"target": target, "code": api.jacobian(f, wrt[0]).code(target)}
    return {"target": target, "code": api.grad(f, wrt).code(target)}


DO: dict[str, Callable[[Formula, list[str], Mapping[str, Any]], Result]] = {
    "grad": _derivatives(_gradient),
    "jacobian": _derivatives(_jacobian),
    "hessian": _hessian,
    "verify": _verified,
    "check": _checked,
    "code": _code,
}
