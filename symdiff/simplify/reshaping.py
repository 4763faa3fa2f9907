"""Axes merged and split, in normal form: merges are pulled outwards, splits pushed inwards to the leaves.

In: normal forms. Out: equal ones in which RESHAPE stands around a product that knows nothing of the merge, or directly at a leaf.
A merged label r = (i, j) of a product is replaced by i and j at every factor; an identity over m*n, one axis of it split,
is two identities, the other axis merged. It ends because each step replaces a dimension by proper parts of it, or moves a
split from a node to its arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symdiff.expr import build
from symdiff.expr.node import DELTA, POW, PROD, RESHAPE, SUM, Dim, Expr, Shape, make
from symdiff.expr.patterns import has_one_factor, is_elementwise
from symdiff.expr.walk import topological
from symdiff.simplify.shapes import constant_along, split

if TYPE_CHECKING:
    from symdiff.simplify.context import Context, Factor, Labels


def merges(x: Expr) -> tuple[int, Shape] | None:
    """The first axis of a RESHAPE that is made of several, and their dimensions."""
    if x.op == RESHAPE:
        inner = x.args[0].shape
        for axes, parts in build.blocks(inner, x.shape):
            if len(axes) > 1 and len(parts) == 1:
                return parts[0], tuple([inner[k] for k in axes])
    return None


def reshape(home: Context, x: Expr, shape: Shape) -> Expr:
    """The entries of x in row-major order under other axes."""
    if x.op == RESHAPE:
        x = x.args[0]
    if x.shape == shape:
        return x
    if not x.shape or constant_along(x):
        value = home.without_axes(x) if x.shape else x
        return home.product([(value, ())], tuple(range(len(shape))), dict(enumerate(shape)))
    for axes, parts in build.blocks(x.shape, shape):
        if len(axes) == 1 and len(parts) > 1:
            apart = split_axis(home, x, axes[0], tuple([shape[k] for k in parts]))
            if apart is not None:
                return reshape(home, apart, shape)
    if x.op == SUM:
        return home.sum([(c, reshape(home, t, shape)) for c, t in zip(x.data, x.args, strict=True)], shape)
    if has_one_factor(x) and x.args[0].op == SUM and set(x.data[0][0]) == set(x.data[1]):  # with its axes in another order
        inner, ((labels,), out) = x.args[0], x.data
        turned = [(c, home.product([(t, labels)], out, {})) for c, t in zip(inner.data, inner.args, strict=True)]
        return home.sum([(c, reshape(home, t, shape)) for c, t in turned], shape)
    half = x.shape[: len(x.shape) // 2]
    if x.op == PROD and x.shape == half + half and shape == (build.dim_product(half),) * 2 and x is identity(home, half):
        return build.eye(shape[0])
    return make(RESHAPE, (x,), None, shape)


def split_axis(home: Context, x: Expr, axis: int, dims: Shape) -> Expr | None:
    """x with one axis split, if that can be done inside it: through everything entry by entry, down to what is not."""
    shape = x.shape[:axis] + dims + x.shape[axis + 1 :]
    own = tuple(range(len(shape)))
    new: dict[Expr, Expr] = {}
    for node in topological([x], Border()):
        if not pointwise(node):
            found = split_leaf(home, node, axis, dims, shape) if node.shape else node
            if found is None and node is x:
                return None
            new[node] = make(RESHAPE, (node,), None, shape) if found is None else found
            continue
        args = [new[a] for a in node.args]
        if node.op == SUM:
            new[node] = home.sum(list(zip(node.data, args, strict=True)), shape)
        elif node.op == PROD:
            new[node] = home.product([(a, own if a.shape else ()) for a in args], own, dict(enumerate(shape)))
        else:
            new[node] = home.power(*args) if node.op == POW else home.call(node.data, tuple(args), shape)
    return new[x]


def pointwise(x: Expr) -> bool:
    """Whether a tensor is made of others of its shape, and of numbers, entry by entry."""
    if x.op == PROD:
        labels, out = x.data
        return bool(x.shape) and any(labels) and all(not ls or ls == out for ls in labels)
    return bool(x.shape) and (x.op in (SUM, POW) or is_elementwise(x))


class Border:
    """The nodes at which a walk through what is pointwise ends."""

    def __contains__(self, x: object) -> bool:
        return isinstance(x, Expr) and not pointwise(x)


def split_leaf(home: Context, x: Expr, axis: int, dims: Shape, shape: Shape) -> Expr | None:
    """A product of other labels, an identity or a RESHAPE with an axis split; None of what has no inside."""
    if x.op == RESHAPE:
        return reshape(home, x, shape)
    if x.op == PROD:
        labels, out = x.data
        sizes = dict(zip(out, x.shape, strict=True))
        return home.product(*apart(home, list(zip(x.args, labels, strict=True)), out, sizes, out[axis], dims))
    if x.op == DELTA:
        return make(RESHAPE, (identity(home, dims),), None, shape)
    return None


def identity(home: Context, dims: Shape) -> Expr:
    """An identity for every dimension, all first axes in front: over the product of the dimensions it is one identity."""
    k = len(dims)
    return home.product([(build.eye(d), (i, i + k)) for i, d in enumerate(dims)], tuple(range(2 * k)), {})


def apart(
    home: Context, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim], label: int, dims: Shape
) -> tuple[list[Factor], Labels, dict[int, Dim]]:
    """A product with one label replaced by several."""
    first = 1 + max([*out, *sizes, *[i for _, ls in items for i in ls]])
    fresh = tuple(range(first, first + len(dims)))

    def put(labels: Labels) -> Labels:
        return tuple([j for i in labels for j in (fresh if i == label else (i,))])

    factors = []
    for f, ls in items:
        if label in ls:
            f = reshape(home, f, tuple([d for i, whole in zip(ls, f.shape, strict=True) for d in (dims if i == label else (whole,))]))
        factors.append((f, put(ls)))
    return factors, put(out), {**sizes, **dict(zip(fresh, dims, strict=True))}


def product(home: Context, items: Sequence[Factor], out: Labels, sizes: dict[int, Dim]) -> Expr | None:
    """The Einstein product of factors of which one has a merged axis; None if none has."""
    for f, labels in items:
        merge = merges(split(f)[1])
        if merge is not None:
            axis, dims = merge
            known = sizes | {i: d for x, ls in items for i, d in zip(ls, x.shape, strict=True)}
            value = home.product(*apart(home, items, out, sizes, labels[axis], dims))
            return reshape(home, value, tuple([known[i] for i in out]))
    return None


def pulled_out(home: Context, name: str, args: Sequence[Expr], shape: Shape) -> Expr | None:
    """An elementwise function of values merged alike is merged itself."""
    tensors = [a for a in args if a.shape]
    if merges(tensors[0]) is None or any(a.op != RESHAPE or a.args[0].shape != tensors[0].args[0].shape for a in tensors):
        return None
    inner = tuple([a.args[0] if a.shape else a for a in args])
    return reshape(home, home.call(name, inner, tensors[0].args[0].shape), shape)
