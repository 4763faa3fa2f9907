"""Formulas as differentiable functions of PyTorch and JAX, whose backward pass is the symbolic derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

from symdiff.differentiate import Form, ask, derivatives, vjp
from symdiff.errors import DomainError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import VAR, Expr
from symdiff.numeric import compile
from symdiff.numeric.source import identifier
from symdiff.programs import cheapest


def _pull(f: Expr, target: str) -> tuple[list[str], Callable[..., Any], Callable[[tuple[str, ...]], Callable[..., tuple[Any, ...]]]]:
    """The names of f's variables, f compiled, and for some names the function (values, g) -> g times the derivatives."""
    known = {node.name: node for node in walk.topological([f]) if node.op == VAR}
    if walk.functions([f]):
        raise DomainError("a function that is not known has no derivative here", hint="declare its value as a variable instead")

    @cache
    def pull(names: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
        free, nodes = Form(unconstrained=True), [known[name] for name in names]
        if not f.shape:
            compiled = compile(cheapest([(g.expr, g) for g in derivatives(f, nodes, free)]), target, several=True)
            return lambda values, g: tuple([g * d for d in compiled(values)])
        weight = "g"
        while weight in known or weight in walk.dimensions([f]):
            weight += "_"
        pulls = [ask(vjp, f, [x, build.var(weight, f.shape)], free) for x in nodes]
        compiled = compile(cheapest([(g.expr, g) for g in pulls]), target, several=True)
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
