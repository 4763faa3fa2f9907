"""To and from other libraries: formulas as differentiable functions of PyTorch and JAX, and SymPy's expressions as formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, reduce
from keyword import iskeyword
from typing import Any, cast

from symdiff.differentiate import Form, derivatives, vjp
from symdiff.errors import DomainError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import NUM, POW, SUM, VAR, Dim, Expr
from symdiff.numeric import compile
from symdiff.numeric.source import identifier
from symdiff.table import TABLE


def _pull(f: Expr, target: str) -> tuple[list[str], Callable[..., Any], Callable[[tuple[str, ...]], Callable[..., tuple[Any, ...]]]]:
    """The names of f's variables, f compiled, and for some names the function (values, g) -> g times the derivatives."""
    known = {node.name: node for node in walk.topological([f]) if node.op == VAR}
    if walk.functions([f]):
        raise DomainError("a function that is not known has no derivative here", hint="declare its value as a variable instead")

    @cache
    def pull(names: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
        free, nodes = Form(unconstrained=True), [known[name] for name in names]
        if not f.shape:
            compiled = compile(derivatives(f, nodes, free), target, several=True)
            return lambda values, g: tuple([g * d for d in compiled(values)])
        weight = "g"
        while weight in known or weight in walk.dimensions([f]):
            weight += "_"
        compiled = compile([vjp(f, [x, build.var(weight, f.shape)], free) for x in nodes], target, several=True)
        return lambda values, g: cast(tuple[Any, ...], compiled({**values, weight: g}))

    return list(known), compile([f], target), pull


def _checked(names: Sequence[str], values: dict[str, Any]) -> list[Any]:
    missing = [name for name in names if name not in values and identifier(name) not in values]
    if missing:
        raise UnknownNameError(f"the argument {missing[0]} is missing")
    return [values[name] if name in values else values[identifier(name)] for name in names]


def torch_function(f: Expr) -> Callable[..., Any]:
    """f as a function of tensors by keyword whose backward pass is the symbolic derivative (a `torch.autograd.Function`).

    It may be differentiated again, and used under `torch.func`. Entries of symmetric variables count as free.
    """
    names, value, pull = _pull(f, "torch")
    import torch

    class Formula(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*tensors: Any) -> Any:
            return value(dict(zip(names, tensors, strict=True)))

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            wanted = tuple([name for name, needed in zip(names, ctx.needs_input_grad, strict=True) if needed])
            found = dict(zip(wanted, pull(wanted)(dict(zip(names, ctx.saved_tensors, strict=True)), g), strict=True))
            return tuple([found.get(name) for name in names])

    def function(**values: Any) -> Any:
        floats = [v if isinstance(v, torch.Tensor) else torch.as_tensor(v, dtype=torch.float64) for v in _checked(names, values)]
        apply: Callable[..., Any] = Formula.apply
        return apply(*floats)

    return function


def jax_function(f: Expr) -> Callable[..., Any]:
    """f as a function of arrays by keyword whose reverse derivative is the symbolic one (`jax.custom_vjp`).

    It works under `jit`, `vmap` and `grad`. Entries of symmetric variables count as free.
    """
    names, value, pull = _pull(f, "jax")
    import jax
    import jax.numpy as jnp

    @jax.custom_vjp
    def apply(*arrays: Any) -> Any:
        return value(dict(zip(names, arrays, strict=True)))

    def backward(arrays: tuple[Any, ...], g: Any) -> Any:
        found = pull(tuple(names))(dict(zip(names, arrays, strict=True)), g)
        return tuple([d.astype(a.dtype) for d, a in zip(found, arrays, strict=True)])

    apply.defvjp(lambda *arrays: (apply(*arrays), arrays), backward)

    def function(**values: Any) -> Any:
        arrays = [jnp.asarray(v) for v in _checked(names, values)]
        return apply(*[a if jnp.issubdtype(a.dtype, jnp.floating) else a.astype(float) for a in arrays])

    return function


# ---------------------------------------------------------------------------------------------- SymPy


def from_sympy(expression: Any) -> Expr:
    """A SymPy expression as a formula: scalars, and `MatrixSymbol`s with their sums, products, powers, transposes, inverses, entries,
    traces, determinants and identities.

    Symbols are real variables by their names, or sizes where a matrix has them; a matrix of one column stays a matrix.
    DomainError for what the language lacks.
    """
    from sympy import Basic, MatrixSymbol

    if not isinstance(expression, Basic):
        raise DomainError(f"a SymPy expression is wanted, not a {type(expression).__name__}", hint="entries of a Matrix one by one")
    sizes = {s for matrix in expression.atoms(MatrixSymbol) for d in matrix.shape for s in d.free_symbols}
    done: dict[Any, Expr] = {s: build.dim(_name(s.name)) for s in sizes}
    stack = [(expression, False)]
    while stack:
        e, ready = stack.pop()
        if e in done:
            continue
        args = _parts(e)
        if ready or not args:
            done[e] = _converted(e, [done[a] for a in args])
        else:
            stack.append((e, True))
            stack.extend((a, False) for a in args)
    return done[expression]


# SymPy's names of functions that a row spells otherwise, and of its relations.
_ROWS = {row.sympy: row.name for row in TABLE if row.sympy} | {
    "StrictLessThan": "lt",
    "LessThan": "le",
    "StrictGreaterThan": "gt",
    "GreaterThan": "ge",
    "Equality": "eq",
    "Unequality": "ne",
    "Max": "max",
    "Min": "min",
    "Determinant": "det",
    "Inverse": "inv",
}

_LEAVES = ("MatrixSymbol", "Identity", "ZeroMatrix", "OneMatrix")
_OF_FIRST = ("Inverse", "MatPow", "MatrixElement", "HadamardPower", "Heaviside")  # what follows the first argument is a number

# What is written with other operations. Variables are real: conjugates and real parts are the numbers themselves.
_PLAIN: dict[str, Callable[..., Expr]] = {
    "Exp1": lambda: build.call("exp", build.ONE),
    "Transpose": build.transpose,
    "Trace": build.trace,
    "KroneckerProduct": lambda *args: reduce(build.kron, args),
    "HadamardProduct": lambda *args: reduce(build.elementwise, args),
    "MatMul": lambda *args: reduce(_times, args),
    "factorial": lambda x: build.call("gamma", build.add(x, build.ONE)),
    "Mod": lambda x, y: build.sub(x, build.scale(y, build.call("floor", build.divide(x, y)))),
    "conjugate": lambda x: x,
    "re": lambda x: x,
}


def _parts(e: Any) -> Sequence[Any]:
    """What has to be converted before e."""
    kind = e.func.__name__
    if e.is_Atom or kind in _LEAVES:
        return ()
    if kind == "Piecewise":
        return [part for pair in e.args for part in pair.args]
    if any(a.func.__name__ == "Tuple" for a in e.args):  # sums, integrals: the error names them, not a part of them
        raise _lacking(e)
    parts: Sequence[Any] = e.as_ordered_terms() if kind == "Add" else e.args
    return parts[:1] if kind in _OF_FIRST else parts


def _converted(e: Any, args: list[Expr]) -> Expr:
    kind = e.func.__name__
    if e.is_Symbol:
        return build.var(_name(e.name))
    if kind in _LEAVES:
        return _leaf(e, kind, tuple([_size(d) for d in e.shape]))
    if e.is_Rational:
        return build.num(Fraction(int(e.p), int(e.q)))
    if e.is_Float:
        return build.num(Fraction(str(e)))
    if kind in ("BooleanTrue", "BooleanFalse"):
        return build.ONE if kind == "BooleanTrue" else build.ZERO
    if kind == "Pi":
        return build.const("pi")
    if kind in ("Add", "MatAdd"):
        return reduce(_plus, args)
    if kind == "Mul":
        return _product(args)
    if kind in ("Pow", "HadamardPower"):
        return _power(args[0], args[1] if kind == "Pow" else build.num(_whole(e, e.args[1])))
    if kind == "MatPow":
        k = _whole(e, e.args[1])
        power = reduce(build.matmul, args * abs(k))
        return power if k > 0 else build.call("inv", power)
    if kind == "MatrixElement":
        return build.entry(args[0], *[_whole(e, k) + 1 for k in e.args[1:]])
    if kind == "Heaviside" and str(e.args[1]) == "1/2":
        return build.divide(build.add(build.ONE, build.call("sign", *args)), build.TWO)
    if kind == "Piecewise" and args[-1] is build.ONE:
        branches = list(zip(args[0::2], args[1::2], strict=True))
        return reduce(lambda other, branch: build.call("if", branch[1], branch[0], other), reversed(branches[:-1]), branches[-1][0])
    if kind == "polygamma" and args[0] is build.ZERO:
        return build.call("digamma", args[1])
    if kind in _PLAIN:
        return _PLAIN[kind](*args)
    if kind in _ROWS:
        name = _ROWS[kind]
        if len(args) == len(TABLE[name].args):
            return build.call(name, *args)
        if len(args) > 2 and name in ("max", "min", "and", "or"):
            return reduce(lambda a, b: build.call(name, a, b), args)
    raise _lacking(e)


def _leaf(e: Any, kind: str, shape: tuple[Dim, ...]) -> Expr:
    if kind == "MatrixSymbol":
        return build.var(_name(e.name), shape)
    return build.eye(shape[0]) if kind == "Identity" else build.spread(build.ONE if kind == "OneMatrix" else build.ZERO, shape)


def _lacking(e: Any) -> DomainError:
    kind = e.func.__name__
    hint = "end with a branch (…, True)" if kind == "Piecewise" else ""
    return DomainError(f"SymPy's {kind} has no counterpart in the language: {str(e)[:80]}", hint=hint)


def _size(d: Any) -> Dim:
    """A dimension: a number, a symbol, or a product of such."""
    if d.func.__name__ == "Mul":
        return build.dim_product(_size(part) for part in d.args)
    if not (d.is_Integer or d.is_Symbol):
        raise DomainError(f"{d} cannot be the size of a matrix", hint="a number, a symbol or a product of these")
    return int(d) if d.is_Integer else _name(d.name)


def _whole(e: Any, k: Any) -> int:
    """A number of the expression e; powers of matrices are written out."""
    if not k.is_Integer or (k == 0 and e.func.__name__ == "MatPow") or abs(int(k)) > 1000:
        raise _lacking(e)
    return int(k)


def _plus(a: Expr, b: Expr) -> Expr:
    """a + b, or a - c where b is -c."""
    if b.op == SUM and b.data == (-1,):
        return build.sub(a, b.args[0])
    return build.sub(a, build.num(-b.data)) if b.op == NUM and b.data < 0 else build.add(a, b)


def _product(args: list[Expr]) -> Expr:
    """A product of numbers, what divides behind what multiplies, a sign in front."""
    over = [a for a in args if not (a.op == POW and a.args[1] is build.MINUS_ONE)]
    under = [a.args[0] for a in args if a.op == POW and a.args[1] is build.MINUS_ONE]
    negative = len(over) > 1 and over[0] is build.MINUS_ONE
    made = reduce(build.divide, under, reduce(build.scale, over[negative:] or [build.ONE]))
    return build.neg(made) if negative else made


def _times(a: Expr, b: Expr) -> Expr:
    if a is build.MINUS_ONE:
        return build.neg(b)
    return build.matmul(a, b) if a.shape and b.shape else build.scale(a, b)


def _power(base: Expr, exponent: Expr) -> Expr:
    if exponent.op == NUM and exponent.data < 0:
        return build.power(_power(base, build.num(-exponent.data)), build.MINUS_ONE)
    if exponent is build.ONE:
        return base
    return build.call("sqrt", base) if exponent is build.num(Fraction(1, 2)) else build.power(base, exponent)


def _name(name: str) -> str:
    from symdiff.syntax.parse import MATRICES, checked

    return checked(name, None, MATRICES)


def sympy_code(exprs: Sequence[Expr], explicit: Callable[[Expr], Any]) -> str:
    """Python text that builds the values with SymPy, entry by entry. SymdiffError where a size is not a number."""
    import sympy

    values = [explicit(e) for e in exprs]
    symbols = sorted({s for v in values for s in v.free_symbols}, key=lambda s: s.name)
    locals_: dict[Any, str] = {}
    for s in symbols:
        local = identifier(s.name)
        while hasattr(sympy, local) or iskeyword(local) or local in locals_.values():
            local += "_"
        locals_[s] = local
    texts = [sympy.sstr(v.xreplace({s: sympy.Symbol(local) for s, local in locals_.items()})) for v in values]
    used = {"symbols"} if symbols else set()
    used |= {word for text in texts for word in re.findall(r"(?<![\w.])[A-Za-z_]\w*", text) if hasattr(sympy, word)}
    lines = [f"from sympy import {', '.join(sorted(used))}", ""] if used else []
    if symbols:
        lines.append(f"{', '.join(locals_.values())} = symbols({' '.join(s.name for s in symbols)!r})")
    result = texts[0] if len(texts) == 1 else "(\n    " + ",\n    ".join(texts) + ",\n)"
    return "\n".join([*lines, f"f = {result}"]) + "\n"
