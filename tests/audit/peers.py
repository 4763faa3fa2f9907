"""Derivatives as other libraries define them: PyTorch, JAX, NumPy-autograd, SymPy.

A library has a function if it has one under a name of the row's, or if the table spells the row as one call of it, and if its values are ours. What
differs in value is another function under the same name, and is listed as such; what the table puts together from several calls is no derivative of the library's own.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata, util
from typing import Any

import numpy as np

from tests.audit.questions import Array, Question, adjoint_of, draws, size, value_at

# Where a library keeps its functions.
SPACES = {
    "torch": ("torch", "torch.special", "torch.nn.functional", "torch.linalg"),
    "jax": ("jax.numpy", "jax.scipy.special", "jax.nn", "jax.numpy.linalg", "jax.scipy.linalg", "jax.lax"),
    "autograd": ("autograd.numpy", "autograd.scipy.special", "autograd.numpy.linalg", "autograd.scipy.linalg"),
    "sympy": ("sympy",),
}
# How the table's spellings begin, and what that is here.
PREFIXES = {"torch": {"torch.": "torch."}, "jax": {"jnp.": "jax.numpy.", "jax.": "jax."}, "autograd": {"np.": "autograd.numpy.", "scipy.special.": "autograd.scipy.special."}}
COLUMN = {"torch": "torch", "jax": "jax", "autograd": "numpy", "sympy": "sympy"}
TITLES = {"torch": "PyTorch", "jax": "JAX", "autograd": "autograd", "sympy": "SymPy"}
PACKAGES = {"torch": "torch", "jax": "jax", "autograd": "autograd", "sympy": "sympy"}

ONE_CALL = re.compile(r"^([\w.]+)(?:\(((?:#\d|[\w.]+=(?:-?[\d.]+|#\d|True|False|None)|-?\d[\d.]*|, )*)\))?$")

Call = Callable[..., Any]


def installed() -> list[str]:
    return [library for library in SPACES if util.find_spec(library) is not None]


def versions() -> dict[str, str]:
    return {TITLES[library]: metadata.version(PACKAGES[library]) for library in installed()}


def plain(name: str) -> str:
    return name.replace("_", "")


def lookup(path: str) -> Any:
    """The thing with this dotted name, or None."""
    parts = path.split(".")
    for k in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ImportError:
            continue
        for part in parts[k:]:
            found = getattr(found, part, None)
        return found
    return None


def by_name(library: str, names: tuple[str, ...]) -> Iterator[tuple[str, Call]]:
    """Functions of a library with one of these names, underscores aside."""
    wanted = [plain(name) for name in names]
    found = []
    for space in SPACES[library]:
        try:
            module = importlib.import_module(space)
        except ImportError:
            continue
        for name in dir(module):
            if not name.startswith("_") and not name.endswith("_") and plain(name) in wanted and callable(getattr(module, name)):
                found.append((wanted.index(plain(name)), f"{space}.{name}", getattr(module, name)))
    seen: list[Any] = []
    for _, name, call in sorted(found, key=lambda f: f[0]):
        if not any(call is other for other in seen):
            seen.append(call)
            yield name, call


def by_spelling(library: str, q: Question) -> Iterator[tuple[str, Call]]:
    """What the table writes for a row, if that is one call of the library."""
    if q.row is None:
        return
    match = ONE_CALL.match(getattr(q.row, COLUMN[library]))
    if not match:
        return
    path, inner = match.groups()
    if library == "sympy":
        path = f"sympy.{path}"
    else:
        for prefix, real in PREFIXES[library].items():
            if path.startswith(prefix):
                path = real + path.removeprefix(prefix)
                break
        else:
            return
    function = lookup(path)
    if function is None:
        return
    if not inner:
        yield path, function
        return
    if not re.search(r"#1", inner):
        return
    positional, keywords = [], {}
    for part in inner.split(", "):
        key, sign, value = part.partition("=")
        if sign:
            keywords[key] = value
        else:
            positional.append(part)

    def resolved(text: str, args: tuple[Any, ...]) -> Any:
        if text.startswith("#"):
            return args[int(text[1:]) - 1]
        return {"True": True, "False": False, "None": None}.get(text) if not re.match(r"-?\d", text) else float(text) if "." in text else int(text)

    def call(*args: Any) -> Any:
        return function(*[resolved(p, args) for p in positional], **{k: resolved(v, args) for k, v in keywords.items()})

    shown = re.sub(r"#(\d)", lambda m: q.row.args[int(m[1]) - 1] if q.row else "", inner)
    yield f"{path}({shown})", call


def arguments(q: Question, given: list[Any]) -> list[Any]:
    """All arguments of a row in their order, the whole numbers among them; those that were left out at the end are left out."""
    if q.row is None:
        return given
    rest = iter(given)
    return [q.whole[a] if a in q.whole else next(rest) for a in q.row.args]


class Peer:
    """A function of a library that has our values: its derivative."""

    def __init__(self, library: str, name: str, call: Call, q: Question, short: bool = False) -> None:
        self.library = library
        self.name = name
        self.call = call
        self.q = q
        self.derivatives: dict[str, Any] = {}  # SymPy's, by argument
        self.short = short  # without the whole numbers at the end, as they are by default

    def _args(self, given: list[Any]) -> list[Any]:
        return given if self.short else arguments(self.q, given)

    def value(self, at: dict[str, Array]) -> Array:
        return np.asarray(self._numbers([at[a] for a in self.q.shapes]), float)

    def _numbers(self, given: list[Array]) -> Any:
        if self.library == "torch":
            import torch

            return self.call(*self._args([torch.as_tensor(v, dtype=torch.float64) for v in given])).detach().numpy()
        if self.library == "sympy":
            return float(self._expression(given).evalf(20))
        if self.library == "jax":
            import jax

            return self.call(*self._args([jax.numpy.asarray(v) for v in given]))
        return self.call(*self._args(given))

    def _expression(self, given: list[Any]) -> Any:
        import sympy

        return sympy.sympify(self.call(*self._args([exactly(v) for v in given])))

    def slope(self, a: str, at: dict[str, Array], plain: bool = False) -> Array:
        """The derivative by an argument; of a value with axes that of its entries, each times a weight, or plainly added. Whatever the library raises."""
        k = list(self.q.shapes).index(a)
        given = [at[name] for name in self.q.shapes]
        weights = None if self.q.value.shape == () else adjoint_of(self.q, plain)
        if self.library == "torch":
            import torch

            tensors = [torch.as_tensor(v, dtype=torch.float64).clone().requires_grad_(name == a) for name, v in zip(self.q.shapes, given, strict=True)]
            y = self.call(*self._args(tensors))
            total = y.sum() if weights is None else (y * torch.as_tensor(weights)).sum()
            if not total.requires_grad:
                raise NoDerivative
            (slope,) = torch.autograd.grad(total, tensors[k])
            return slope.numpy()
        if self.library == "jax":
            import jax

            def total_of(x: Any) -> Any:
                y = self.call(*self._args([x if i == k else jax.numpy.asarray(v) for i, v in enumerate(given)]))
                return y if weights is None else (y * weights).sum()

            return np.asarray(jax.grad(total_of)(jax.numpy.asarray(given[k], float)))
        if self.library == "autograd":
            import autograd

            def sum_of(x: Any) -> Any:
                y = self.call(*self._args([x if i == k else v for i, v in enumerate(given)]))
                return y if weights is None else autograd.numpy.sum(y * weights)

            return np.asarray(autograd.grad(sum_of)(np.asarray(given[k], float)))
        return np.asarray(float(self._sympy_slope(a, at)))

    def _sympy_slope(self, a: str, at: dict[str, Array]) -> Any:
        import sympy

        letters = {name: sympy.Symbol(name, real=True) for name in self.q.shapes}
        if a not in self.derivatives:
            self.derivatives[a] = self.call(*self._args(list(letters.values()))).diff(letters[a]).doit()
        derivative = self.derivatives[a]
        if derivative.has(sympy.Derivative, sympy.Subs):
            raise NoDerivative  # it is written, and not worked out
        values = {letters[name]: exactly(v) for name, v in at.items()}
        return derivative.subs(values).doit().evalf(20)

    def shown(self, a: str, at: dict[str, Array]) -> str:
        """The derivative at a point as a text: numbers, or a word for what there is in their place."""
        try:
            if self.library == "sympy":
                found = self._sympy_slope(a, at)
                words = {"nan": "nan", "zoo": "±inf", "oo": "inf", "-oo": "-inf"}
                if str(found) in words:
                    return words[str(found)]
                return number(float(found)) if found.is_real else "no value"
            return listed(self.slope(a, at, plain=True))
        except NoDerivative:
            return "none"
        except Exception:  # noqa: BLE001  whatever a library raises: the page says that it does
            return "error"


def exactly(v: Array) -> Any:
    """A number for SymPy: simple ones as they are, so that it knows 1/2 and 0."""
    import sympy

    return sympy.Rational(float(v)) if float(4 * v).is_integer() else sympy.Float(float(v), 30)


class NoDerivative(Exception):
    """The library gives a value that has no derivative."""


def number(v: float) -> str:
    if np.isnan(v):
        return "nan"
    if np.isinf(v):
        return "inf" if v > 0 else "-inf"
    text = f"{v:.4g}"
    return "0" if text == "-0" else text


def listed(v: Array) -> str:
    """Numbers as a text; one where all are the same. What is rounding beside the largest is 0."""
    v = np.asarray(v, float)
    if v.ndim and np.all(np.isfinite(v)):
        v = np.where(np.abs(v) < 1e-9 * np.max(np.abs(v), initial=0), 0.0, v)
    if v.size and (np.all(np.isnan(v)) or np.all(v == v.flat[0]) or np.allclose(v, v.flat[0], rtol=1e-9, atol=0)):
        v = np.asarray(v.flat[0])
    if v.ndim == 0:
        return number(float(v))
    return "[" + ", ".join(number(float(part)) if part.ndim == 0 else "[" + ", ".join(number(float(e)) for e in part) + "]" for part in v) + "]"


def tried(library: str, q: Question) -> list[tuple[str, Call]]:
    """A library's functions that may be a question's, the likeliest first."""
    spelled, named = list(by_spelling(library, q)), list(by_name(library, q.names)) if library != "sympy" or q.row is None else []
    bare = [f for f in spelled if "(" not in f[0]]
    return [*bare, *[f for f in named if f[0] not in {name for name, _ in bare}], *[f for f in spelled if f not in bare]]


def peer(library: str, q: Question, at: list[dict[str, Array]]) -> tuple[Peer | None, list[str]]:
    """The library's function for a question, and the names of those that have other values at these points."""
    if library == "sympy" and not q.elementwise:
        return None, []
    others = []
    expected = [value_at(q, p) for p in at[:6]]
    for name, call in tried(library, q):
        for short in (False, True) if q.whole and q.row is not None and q.row.defaults else (False,):
            made = Peer(library, name, call, q, short)
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    found = [made.value(p) for p in at[:6]]
            except Exception:  # noqa: BLE001, S112  not a function of these arguments
                continue
            if all(y.shape == z.shape and np.allclose(y, z, rtol=1e-6, atol=1e-9) for y, z in zip(found, expected, strict=True)):
                return made, others
            if name.rpartition(".")[2] in (q.name, *(q.row.aliases if q.row else ())) and name not in others:
                others.append(name)
    return None, others


__all__ = ["COLUMN", "SPACES", "TITLES", "NoDerivative", "Peer", "draws", "installed", "listed", "number", "peer", "size", "versions"]
