"""Formulas as differentiable functions of PyTorch and JAX, whose backward pass is the symbolic derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from symdiff.bridges.unknown import around
from symdiff.differentiate import Answer, Form, ask, derivatives, jvp, vjp
from symdiff.errors import UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import VAR, Expr
from symdiff.numeric import compile
from symdiff.numeric.python.pieces import identifier
from symdiff.programs import cheapest


class _Parts:
    """A formula compiled for one library: its value, and for some of its variables its derivatives, times a weight or along directions."""

    def __init__(self, f: Expr, target: str) -> None:
        self.f, self.target = f, target
        self.known = {node.name: node for node in walk.topological([f]) if node.op == VAR}
        self.names = list(self.known)
        self.spelled = {identifier(name) for name in self.names}
        self.sizes = walk.dimensions([f])
        self.value = compile([f], target).function
        self.pulls: dict[tuple[str, ...], Callable[..., tuple[Any, ...]]] = {}
        self.pushes: dict[tuple[str, ...], Callable[..., Any]] = {}
        self.moving = tuple([name for name, x in self.known.items() if build.label_size(x.data[1]) is None])

    def stand_in(self, letter: str) -> str:
        """A name that the formula does not have."""
        while letter in self.known or letter in walk.dimensions([self.f]):
            letter += "_"
        return letter

    def compiled(self, found: Sequence[Answer]) -> Callable[..., Any]:
        """The function of these answers. It may need the size of a variable of the formula that they do not have themselves."""
        exprs = cheapest([(g.expr, g) for g in found])
        return compile(exprs, self.target, several=True, given=list(self.known.values())).function

    def pull(self, names: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
        """The function (values, g) -> g times the derivatives by these variables."""
        if names not in self.pulls:
            free, nodes = Form(unconstrained=True), [self.known[name] for name in names]
            if not self.f.shape:
                compiled = self.compiled(derivatives(self.f, nodes, free))
                self.pulls[names] = lambda values, g: tuple([g * d for d in compiled(values)])
            else:
                weight = self.stand_in("g")
                found = [ask(vjp, self.f, [x, build.var(weight, self.f.shape)], free) for x in nodes]
                both = self.compiled(found)
                self.pulls[names] = lambda values, g: both({**values, weight: g})
        return self.pulls[names]

    def push(self, names: tuple[str, ...]) -> Callable[..., Any]:
        """The function (values, directions) -> the derivative along the directions, one for each of these variables."""
        if names not in self.pushes:
            if not self.f.shape:
                pull = self.pull(names)
                self.pushes[names] = lambda values, directions: sum(
                    [(d * v).sum() for d, v in zip(pull(values, 1.0), directions, strict=True)]
                )
            else:
                free = Form(unconstrained=True)
                letters = [self.stand_in(f"v_{name}") for name in names]
                pairs = zip(names, letters, strict=True)
                found = [ask(jvp, self.f, [self.known[name], build.var(letter, self.known[name].shape)], free) for name, letter in pairs]
                each = self.compiled(found)
                self.pushes[names] = lambda values, directions: sum(each({**values, **dict(zip(letters, directions, strict=True))}))
        return self.pushes[names]


def _checked(parts: _Parts, values: dict[str, Any]) -> list[Any]:
    names, hint = parts.names, "the arguments are " + ", ".join(parts.names)
    missing = [name for name in names if name not in values and identifier(name) not in values]
    if missing:
        raise UnknownNameError(f"the argument {missing[0]} is missing", hint=hint)
    for name in values:
        if name not in names and name not in parts.spelled and name not in parts.sizes:
            raise UnknownNameError(f"a value for {name!r}, which does not occur in the formula", hint=hint)
    return [values[name] if name in values else values[identifier(name)] for name in names]


def torch_function(f: Expr) -> Callable[..., Any]:
    """f as a function of tensors by keyword; unknown functions in it are given as functions of tensors, which PyTorch differentiates, or as their values."""
    return around(f, _torch_function)


def _torch_function(f: Expr) -> Callable[..., Any]:
    """f as a function of tensors by keyword whose backward pass is the symbolic derivative (a `torch.autograd.Function`).

    It may be differentiated again, forwards too, and used under `torch.func` and `torch.compile`. Entries of symmetric variables count as free.
    Whole numbers, truth values and what is given in plain Python take the precision of the other arguments.
    """
    parts = _Parts(f, "torch")
    names, value, moving = parts.names, parts.value, parts.moving
    everything = parts.pull(parts.moving)  # made now: a compiler that traces a call cannot derive
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
            found = dict(zip(moving, everything(dict(zip(names, ctx.saved_tensors, strict=True)), g), strict=True))
            return tuple([found.get(name) for name in names])

    class Both(Formula):  # torch.compile takes no function that has a jvp of its own
        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            wanted = tuple([name for name, needed in zip(names, ctx.needs_input_grad, strict=True) if needed])
            found = dict(zip(wanted, parts.pull(wanted)(dict(zip(names, ctx.saved_tensors, strict=True)), g), strict=True))
            return tuple([found.get(name) for name in names])

        @staticmethod
        def jvp(ctx: Any, *directions: Any) -> Any:
            moved = tuple([name for name, v in zip(names, directions, strict=True) if v is not None])
            values = dict(zip(names, ctx.saved_tensors, strict=True))
            return parts.push(moved)(values, [v for v in directions if v is not None])

    def function(**values: Any) -> Any:
        given = [torch.as_tensor(v) if getattr(getattr(v, "dtype", None), "kind", "") == "f" else v for v in _checked(parts, values)]
        kinds = [v.dtype for v in given if isinstance(v, torch.Tensor) and v.is_floating_point()]
        kind = reduce(torch.promote_types, kinds) if kinds else torch.float64
        apply: Callable[..., Any] = Formula.apply if torch.compiler.is_compiling() else Both.apply
        return apply(*[v if isinstance(v, torch.Tensor) else torch.as_tensor(v, dtype=kind) for v in given])

    return function


def jax_function(f: Expr) -> Callable[..., Any]:
    """f as a function of arrays by keyword; unknown functions in it are given as functions of arrays, which JAX differentiates, or as their values."""
    return around(f, _jax_function)


def _jax_function(f: Expr) -> Callable[..., Any]:
    """f as a function of arrays by keyword whose derivative is the symbolic one (`jax.custom_jvp`).

    It works under `jit`, `vmap`, `grad`, `jvp` and `hessian`; only by what is asked for is it differentiated. Entries of symmetric variables
    count as free. Whole numbers, truth values and what is given in plain Python take the precision of the other arguments.
    """
    parts = _Parts(f, "jax")
    names, value = parts.names, parts.value
    import jax
    import jax.numpy as jnp
    from jax.custom_derivatives import SymbolicZero

    @jax.custom_jvp
    def apply(*arrays: Any) -> Any:
        return value(dict(zip(names, arrays, strict=True)))

    def along(arrays: tuple[Any, ...], directions: tuple[Any, ...]) -> tuple[Any, Any]:
        found = apply(*arrays)
        moved = [(name, v) for name, v in zip(names, directions, strict=True) if not isinstance(v, SymbolicZero)]
        if not moved:
            return found, jnp.zeros_like(found)
        rate = parts.push(tuple([name for name, _ in moved]))(dict(zip(names, arrays, strict=True)), [v for _, v in moved])
        return found, rate.astype(found.dtype)

    apply.defjvp(along, symbolic_zeros=True)

    def function(**values: Any) -> Any:
        given = _checked(parts, values)
        # Of 64 bits only where they are switched on: to ask for them otherwise is a warning.
        kinds = [jax.dtypes.canonicalize_dtype(v.dtype) for v in given if hasattr(v, "dtype") and jnp.issubdtype(v.dtype, jnp.floating)]
        kind = jnp.result_type(*kinds) if kinds else jax.dtypes.canonicalize_dtype(float)
        return apply(*[v if hasattr(v, "dtype") and v.dtype in kinds else jnp.asarray(v).astype(kind) for v in given])

    return function
