"""Derivatives: of any order, by any of a formula's names, along directions, with the value beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from symdiff.api.formulas import Asked, Layout, Names, formula
from symdiff.arguments import public
from symdiff.bounds import LIMITS
from symdiff.errors import DomainError, OperandError, ParseError, ShapeError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import Expr, Shape
from symdiff.formula import Expressions, Formula, Wrt, node_of


@overload
def grad(f: Asked, wrt: Wrt, *, layout: Layout = ..., unconstrained: bool = ...) -> Formula: ...
@overload
def grad(f: Asked, wrt: Names, *, layout: Layout = ..., unconstrained: bool = ...) -> Expressions: ...
@public
def grad(f: Asked, wrt: Wrt | Names, *, layout: Layout = "denominator", unconstrained: bool = False) -> Formula | Expressions:
    """The gradient of a scalar by a variable, or by a name bound in the formula; it has the shape of the variable.

    For a list of names an Expressions tuple. layout: "numerator" transposes the gradient: a row, a transposed matrix.
    unconstrained: the entries of symmetric, psd and diagonal variables move freely; otherwise the gradient lies within
    their space. ShapeError if f is not a scalar (`jacobian` takes any value), UnknownNameError if a name does not occur.
    """
    f = formula(f)
    f.require_scalar()
    return _answers(f, wrt, unconstrained=unconstrained, numerator=layout == "numerator")


@overload
def jacobian(f: Asked, wrt: Wrt, *, kron: bool = ..., unconstrained: bool = ...) -> Formula: ...
@overload
def jacobian(f: Asked, wrt: Names, *, kron: bool = ..., unconstrained: bool = ...) -> Expressions: ...
@public
def jacobian(f: Asked, wrt: Wrt | Names, *, kron: bool = False, unconstrained: bool = False) -> Formula | Expressions:
    """The derivative of any value: the axes of f come first, then those of the variable.

    kron: the matrix d vec(f)/d vec(x) instead, columns stacked; where kron and vec have no word for it, by its entries.
    unconstrained: as for `grad`.
    """
    return _answers(formula(f), wrt, kron=kron, unconstrained=unconstrained)


@public
def hessian(f: Asked, wrt: Wrt, other: Wrt | None = None, *, kron: bool = False, unconstrained: bool = False) -> Formula:
    """The second derivative of a scalar: the axes of `wrt` first, then those of `other` (`wrt` again if not given).

    kron: the matrix over vec(wrt) and vec(other) instead, columns stacked; where kron and vec have no word for it, by its entries.
    unconstrained: as for `grad`.
    """
    f = formula(f)
    f.require_scalar()
    return derivative(f, [wrt, wrt if other is None else other], kron=kron, unconstrained=unconstrained)


@public
def derivative(
    f: Asked, wrt: Wrt | Sequence[Wrt], order: int = 1, *, expand: bool = False, kron: bool = False, unconstrained: bool = False
) -> Formula:
    """The derivative of any value and any order: `sd.derivative(f, "x", order=3)`, or one name per order, `["x", "y"]`.

    The axes of f come first, then those of the variables in their order. expand: with f's names written out; kron: the last
    variable's axes stacked to columns; unconstrained: as for `grad`. LimitError for high orders, DomainError for a mixed
    derivative by a name and what it is computed from.
    """
    from symdiff import differentiate

    if not isinstance(order, int) or isinstance(order, bool):
        raise OperandError(f"an order is a whole number, not {order!r}", hint="order=2")
    if order < 1:
        raise DomainError(f"a derivative of order {order}", hint="the order is 1 or more")
    f = formula(f)
    nodes = f.nodes(wrt) * min(order, LIMITS.order + 1)
    form = differentiate.Form(expand=expand, kron=kron, unconstrained=unconstrained)
    return _answered(f, differentiate.ask(differentiate.derivative, f.expr, nodes, form))


@public
def jvp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """The derivative of f in the direction v of a variable: the Jacobian times v, of f's shape.

    v: a name (of a new variable of the variable's shape, or of one of the formula), a formula, or a number; nothing is
    differentiated in it. ShapeError if its shape is another one.
    """
    from symdiff import differentiate

    f = formula(f)
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return _answered(f, differentiate.ask(differentiate.jvp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


@public
def vjp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """v times the Jacobian, of the variable's shape: what the backward pass makes of an adjoint v of f.

    v: as for `jvp`, of f's shape.
    """
    from symdiff import differentiate

    f = formula(f)
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, f.shape, "the value")]
    return _answered(f, differentiate.ask(differentiate.vjp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


@public
def hvp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """The Hessian of a scalar times v, of the variable's shape; the Hessian itself is not built. v: as for `jvp`."""
    from symdiff import differentiate

    f = formula(f)
    f.require_scalar()
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return _answered(f, differentiate.ask(differentiate.hvp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


@public
def value_and_grad(f: Asked, wrt: Wrt | Sequence[Wrt], *, unconstrained: bool = False) -> Expressions:
    """The value and its gradients as one Expressions tuple: `loss, dw = sd.value_and_grad(f, "w")`."""
    f = formula(f)
    f.require_scalar()
    gradients = derivatives(f, f.nodes(wrt), unconstrained=unconstrained)
    return Expressions([f, *gradients], ["value", *gradients.names])


def derivatives(f: Formula, nodes: Sequence[Expr], **form: bool) -> Expressions:
    """df/dx for every node, in one sweep; form: expand, kron, unconstrained, numerator, see `differentiate.Form`."""
    from symdiff import differentiate
    from symdiff.names import shown

    answers = differentiate.derivatives(f.expr, nodes, differentiate.Form(**form))
    return Expressions([_answered(f, answer) for answer in answers], [shown(x) for x in nodes])


def _answers(f: Formula, wrt: Wrt | Names, **form: bool) -> Formula | Expressions:
    answers = derivatives(f, f.nodes(wrt), **form)
    return answers[0] if isinstance(wrt, str | Formula | Expr) else answers


def _answered(f: Formula, answer: Any) -> Formula:
    """An answer about f, with f's reading."""
    return Formula(answer.expr, f, answer)


def _direction(f: Formula, v: Any, shape: Shape, of: str) -> Expr:
    """v as a node of this shape, that of the variable or value `of`."""
    from symdiff.names import resolve
    from symdiff.syntax.parse import NUMBERS, canonical, checked

    node = f.expr
    if isinstance(v, str):
        name = canonical(v.strip())
        if name in {*walk.variables([node]), *walk.bindings([node])}:
            (direction,) = resolve(node, [name])
        else:
            try:
                direction = build.var(checked(v.strip(), None, {*NUMBERS, *walk.functions([node]), *walk.dimensions([node])}), shape)
            except ParseError:
                hint = 'sd.jvp(f, "x", "v"), or a formula in the place of "v"'
                raise UnknownNameError(f"{v!r} cannot be the name of a direction", hint=hint) from None
    else:
        direction = node_of(v)
    if direction.shape != shape:
        raise ShapeError(
            f"the direction is a {build.describe(direction.shape)}, but {of} is a {build.describe(shape)}",
            hint="a direction has the shape of what it is a direction of",
        )
    return direction
