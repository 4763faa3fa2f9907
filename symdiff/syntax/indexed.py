"""Values inside index sums, and the operations on them.

A value with free indices is a product whose factors carry labels, the indices among them: a chain of products becomes
one contraction, an index in brackets only names an axis, a sum only drops a name. Other operations are lifted to the
value itself, whose leading axes are then the free indices in the order in which they were bound. Without free indices
every operation is the one of `build`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symdiff.errors import ParseError
from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import Dim, Expr, Shape
from symdiff.syntax.tree import Tree

_OWN = tuple(range(-1, -9, -1))


class Indexed:
    """A value with free indices: a product of factors, with a label for every axis of each.

    A label is the number of an index, or negative; -1, -2, … are the value's own axes, `order` of them.
    free: the free indices, in the order in which they were bound. summed: other labels than these occur, and are summed.
    """

    __slots__ = ("factors", "free", "labels", "order", "summed")

    def __init__(self, factors: Sequence[Expr], labels: Sequence[Labels], free: Labels, order: int = 0, summed: bool = False) -> None:
        self.factors = factors
        self.labels = labels
        self.free = free
        self.order = order
        self.summed = summed

    @property
    def expr(self) -> Expr:
        """The value with the free indices as leading axes."""
        return self.along(self.free + self.own)

    @property
    def own(self) -> Labels:
        return _OWN[: self.order]

    def along(self, out: Labels, sizes: dict[int, Dim] | None = None) -> Expr:
        """The value with these axes; sizes: of those along which it is constant. Labels are numbered as they appear."""
        if len(self.factors) == 1 and self.labels[0] == out:
            return self.factors[0]
        number: dict[int, int] = {}
        labels = [tuple([number.setdefault(k, len(number)) for k in ls]) for ls in self.labels]
        axes = tuple([number.setdefault(k, len(number)) for k in out])
        return build.contract(self.factors, labels, axes, {number[k]: d for k, d in (sizes or {}).items()})


Value = Expr | Indexed


def indexed(x: Expr, free: Labels) -> Indexed:
    """A value whose leading axes are its free indices."""
    order = len(x.shape) - len(free)
    return Indexed((x,), (free + _OWN[:order],), free, order)


def parts(value: Value) -> tuple[Expr, Labels]:
    return (value, ()) if isinstance(value, Expr) else (value.expr, value.free)


def own_shape(value: Value) -> Shape:
    """The shape without the free indices."""
    x, free = parts(value)
    return x.shape[len(free) :]


def product(labels: Sequence[Labels], out: Labels, args: Sequence[Value]) -> Indexed:
    """The contraction of values by labels for their own axes; some value has free indices.

    A value of one factor joins as that factor, and so do the factors of the first one, where nothing is summed in between.
    """
    name = {k: _OWN[n] for n, k in enumerate(out)}
    for ls in labels:
        for k in ls:
            name.setdefault(k, -1 - len(name))
    factors: list[Expr] = []
    found: list[Labels] = []
    for n, (a, ls) in enumerate(zip(args, labels, strict=True)):
        own = tuple([name[k] for k in ls])
        if isinstance(a, Expr):
            factors.append(a)
            found.append(own)
        elif not a.summed and (len(a.factors) == 1 or (n == 0 and len(name) == len(out))):
            factors += a.factors
            found += [tuple([own[-1 - k] if k < 0 else k for k in these]) for these in a.labels]
        else:
            factors.append(a.expr)
            found.append(a.free + own)
    free = tuple(sorted({k for a in args if isinstance(a, Indexed) for k in a.free}))
    return Indexed(factors, found, free, len(out), len(name) > len(out))


def form(name: str, args: Sequence[Value]) -> Value:
    """A product that `build` has under this name."""
    labels, out = build.FORMS[name]
    closed = closed_of(args)
    return product(labels, out, args) if closed is None else getattr(build, name)(*closed[: len(labels)])


def times(args: Sequence[Value]) -> Value:
    """The elementwise product of two values, or scaling."""
    closed = closed_of(args)
    if closed is not None:
        return build.elementwise(*closed)
    labels = [tuple(range(_order(a))) for a in args]
    return product(labels, max(labels, key=len), args)


def quotient(args: Sequence[Value]) -> Value:
    """a / b entry by entry: a product with the power -1."""
    a, b = args
    if isinstance(a, Expr) and isinstance(b, Expr):
        return build.divide(a, b)
    inverse = elementwise(lambda x: build.power(x, build.MINUS_ONE), [b])
    return inverse if a is build.ONE else times([a, inverse])


def row(value: Value) -> Value:
    """x' of a vector."""
    if isinstance(value, Expr):
        return build.row(value)
    x, free = parts(value)
    long, short = _OWN[:2]
    return indexed(Indexed((x,), ((*free, long),), free).along((*free, short, long), {short: 1}), free)


def total(value: Value) -> Value:
    """The sum over all entries."""
    if isinstance(value, Expr):
        return build.total(value)
    return Indexed(value.factors, value.labels, value.free, 0, True)


def elementwise(operation: Callable[..., Expr], args: Sequence[Value]) -> Value:
    """An elementwise operation: on the factors themselves where these carry the same labels, else spread along all indices.

    Scalars without indices are spread by `build`.
    """
    closed = closed_of(args)
    if closed is not None:
        return operation(*closed)
    first = next(a for a in args if isinstance(a, Indexed))
    labels = first.labels[0]
    if len(set(labels)) == len(labels) and all(_is_view(a, labels) for a in args):
        x = operation(*[a if isinstance(a, Expr) else a.factors[0] for a in args])
        return Indexed((x,), (labels,), first.free, first.order)
    pairs = [parts(a) for a in args]
    free = tuple(sorted({k for _, f in pairs for k in f}))
    core = max((x.shape[len(f) :] for x, f in pairs), key=len)
    own = _OWN[: len(core)]
    sizes = {k: d for x, f in pairs for k, d in zip(f, x.shape, strict=False)} | dict(zip(own, core, strict=True))
    aligned = [Indexed((x,), (f + own[: len(x.shape) - len(f)],), f).along(free + own, sizes) if x.shape else x for x, f in pairs]
    return indexed(operation(*aligned), free)


def row_by_row(operation: Callable[..., Expr], args: Sequence[Value]) -> Value:
    """A function of whole vectors or matrices that takes further axes in front: the free indices."""
    return at_places(lambda batch, *xs: operation(*xs), args)


def at_places(operation: Callable[..., Expr], args: Sequence[Value]) -> Value:
    """The same, of an operation that is told first how many axes these are."""
    closed = closed_of(args)
    if closed is not None:
        return operation(0, *closed)
    pairs = [parts(a) for a in args]
    free = tuple(sorted({k for _, f in pairs for k in f}))
    sizes = {k: d for x, f in pairs for k, d in zip(f, x.shape, strict=False)}
    aligned = []
    for x, f in pairs:
        own = _OWN[: len(x.shape) - len(f)]
        aligned.append(Indexed((x,), (f + own,), f).along(free + own, sizes))
    return indexed(operation(len(free), *aligned), free)


def closed_of(args: Sequence[Value]) -> list[Expr] | None:
    """The values, if none has free indices."""
    closed = [a for a in args if isinstance(a, Expr)]
    return closed if len(closed) == len(args) else None


def _is_view(a: Value, labels: Labels) -> bool:
    """A scalar without indices, or one factor with these labels."""
    if isinstance(a, Expr):
        return not a.shape
    return len(a.factors) == 1 and not a.summed and a.labels[0] == labels


def _order(a: Value) -> int:
    return len(a.shape) if isinstance(a, Expr) else a.order


def closed(value: Value, tree: Tree | None = None) -> Expr:
    if isinstance(value, Expr):
        return value
    raise ParseError(
        "this may not depend on an index yet",
        span=(tree.start, tree.end) if tree else None,
        hint="outside of the sum, or written entry by entry",
    )
