"""Explicit components: a written graph becomes, at chosen sizes, flat lists of scalars.

In: nodes, sizes, values for the leaves, and a field: the arithmetic of the scalars (SymPy expressions or numbers of
many digits, see `fields`). Out: for each node its entries in row-major order. This reading of a formula shares nothing
with the sweep, the simplifier or the compiler: products are summed over all label values, functions come from their
definition, never from their derivative. It ends because it visits every node once; the work is counted against a limit.

Long: one operation on components for each kind of node; together they are the whole of the second arithmetic, and are read as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import cache, reduce
from math import isqrt, prod
from random import Random
from time import thread_time
from typing import Any, Protocol

from symdiff.checking.adjugates import ADJUGATE
from symdiff.checking.directions import LENGTH
from symdiff.checking.sampling import size_of
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.build import label_size
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, Expr, Number
from symdiff.expr.walk import topological
from symdiff.table import TABLE
from symdiff.table.row import Row

OPERATIONS, STRIDE = 10_000_000, 20_000
OF_ENTRIES = 8  # operations for each entry of what a function like norm2, max or softmax is taken of

Scalar = Any
Flat = list[Scalar]


class Undecided(Exception):
    """Why nothing can be said: too large, out of time, a function without a definition."""


class Work:
    """Scalar operations that are left, for all that share them, and the thread's time on the processor at which they end.

    The count is what bounds the work, so that the load of the machine decides nothing; the clock is there for what the count does not see, and
    is looked at after every STRIDE operations only: where threads are watched that costs a millisecond.
    """

    __slots__ = ("deadline", "left", "next")

    def __init__(self, left: int = OPERATIONS, deadline: float = float("inf")) -> None:
        self.renew(left, deadline)

    def renew(self, left: int, deadline: float) -> None:
        self.left, self.next, self.deadline = left, left - STRIDE, deadline

    def spend(self, operations: int) -> None:
        self.left -= operations
        if self.left < self.next:
            if self.left < 0:
                raise Undecided("it is too large to be written out in components")
            self.next = self.left - STRIDE
            if thread_time() > self.deadline:
                raise Undecided("the time is up")


class Field(Protocol):
    """The arithmetic of the scalars. Booleans are the scalars 0 and 1; every value is real, or not a number."""

    zero: Scalar
    one: Scalar
    pi: Scalar

    def number(self, value: Number) -> Scalar: ...
    def add(self, terms: Sequence[Scalar]) -> Scalar: ...
    def mul(self, a: Scalar, b: Scalar) -> Scalar: ...
    def power(self, base: Scalar, exponent: Scalar) -> Scalar: ...
    def exp(self, x: Scalar) -> Scalar: ...
    def log(self, x: Scalar) -> Scalar: ...
    def abs(self, x: Scalar) -> Scalar: ...
    def sign(self, x: Scalar) -> Scalar: ...
    def flat(self, name: str, x: Scalar) -> Scalar:
        """floor, ceil or round: constant between its jumps."""
        ...

    def still(self, x: Scalar) -> Scalar:
        """x as a constant: no derivative passes."""
        ...

    def maximum(self, values: Sequence[Scalar]) -> Scalar: ...
    def less(self, a: Scalar, b: Scalar, equal: bool) -> Scalar:
        """[a < b], or [a <= b] with equal."""
        ...

    def same(self, a: Scalar, b: Scalar) -> Scalar: ...
    def differ(self, a: Scalar, b: Scalar) -> Scalar: ...
    def truth(self, x: Scalar) -> Scalar:
        """The bracket that is 0 where x is 0: false, it is strongly zero, whatever it is multiplied by."""
        ...

    def negated(self, x: Scalar) -> Scalar:
        """1 - x, of a bracket."""
        ...

    def plain(self, x: Scalar) -> Scalar:
        """x as a number: its zeros are ordinary ones."""
        ...

    def mark(self, node: Expr | None, counting: bool) -> None:
        """Said before an entry of a node is computed (counting: its comparisons are told apart), or a whole node.

        None: a comparison of whole numbers, indices, sizes or labels, which has no kink.
        """
        ...

    def choose(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar: ...
    def apply(self, name: str, args: Sequence[Scalar]) -> Scalar:
        """The function that SymPy calls `name`."""
        ...

    def admit(self, node: Expr | None, flat: Flat) -> None:
        """Said of a node whose entries are known, None within a definition. Undecided if they are too large to go on with."""
        ...

    def defined(self, x: Scalar) -> bool:
        """Whether x is a number, not the mark of a value that is missing."""
        ...

    def strictly(self) -> AbstractContextManager[None]:
        """Inside, comparisons are taken literally, and not noted."""
        ...

    def det(self, rows: list[Flat]) -> Scalar: ...
    def inv(self, rows: list[Flat]) -> list[Flat]: ...
    def adjugate(self, rows: list[Flat]) -> list[Flat]: ...
    def eigh(self, rows: list[Flat]) -> tuple[Flat, list[Flat]]:
        """Eigenvalues, ascending, and eigenvectors (columns) of a symmetric matrix."""
        ...

    def of_matrix(self, name: str, rows: list[Flat]) -> list[Flat]:
        """exp, log or sqrt of a square matrix."""
        ...

    # singular(rows): the singular values, descending; of fields of numbers alone.
    # largest_size(values), top(values): the largest absolute value, the largest; of doubles.


def own_way(field: Any, name: str) -> Any:
    """What a field may have of its own, for numbers alone: a method, or None."""
    return getattr(field, name, None)


class Components:
    """Entries of nodes over one field, at one choice of sizes and leaves.

    leaf: the entries of a VAR; it is also asked for the nodes in `cut`, which are then not looked into.
    work: scalar operations before Undecided.
    """

    def __init__(
        self,
        field: Field,
        sizes: dict[str, int],
        leaf: Callable[[Expr], Flat],
        cut: frozenset[Expr] = frozenset(),
        *,
        seed: int = 0,
        work: Work | None = None,
        inner: bool = False,
    ) -> None:
        self.field = field
        self.inner = inner  # the definition of a function is computed, not a node of the formula
        self.sizes = sizes
        self.leaf = leaf
        self.cut = cut
        self.seed = seed
        self.work = work or Work()
        self.known: dict[Expr, Flat] = {}
        self.still: set[Expr] = set()  # what is made of indices, sizes, numbers and labels alone

    def __call__(self, root: Expr) -> Flat:
        return self.run(topological([root], self.cut))

    def run(self, order: Sequence[Expr]) -> Flat:
        """The entries of the last of these nodes, which come after their arguments."""
        known = self.known
        for node in order:
            if (node.op == VAR and label_size(node.data[1]) is not None) or (
                node.op not in (VAR, OPAQUE) and self.still.issuperset(node.args)
            ):
                self.still.add(node)
            if node not in known:
                known[node] = self.leaf(node) if node.op == VAR or node in self.cut else self._entries(node)
                self.field.admit(None if self.inner else node, known[node])
        return known[order[-1]]

    def shape(self, node: Expr) -> list[int]:
        return [size_of(d, self.sizes) for d in node.shape]

    def _entries(self, node: Expr) -> Flat:
        field, op = self.field, node.op
        args = [self.known[a] for a in node.args]
        size = prod(self.shape(node))
        self.work.spend(size)
        if op == NUM:
            return [field.plain(field.number(node.data))]  # no bracket: 0*log(x) has no value where the logarithm has none
        if op == DIM:
            return [field.number(size_of(node.data, self.sizes))]
        if op == CONST:
            return [field.pi]
        if op == DELTA:
            n = self.shape(node)[0]
            return [field.one if i == j else field.zero for i in range(n) for j in range(n)]
        if op == UNIT:
            return [field.one if i + 1 == node.data else field.zero for i in range(size)]
        if op in (NAME, RESHAPE):
            return args[0]
        if op == SUM:
            self.work.spend(size * len(args))
            coefs = [field.number(c) for c in node.data]
            return [
                field.add([t if c is field.one else field.mul(c, t) for c, t in zip(coefs, ts, strict=True)])
                for ts in zip(*args, strict=True)
            ]
        if op == PROD:
            return self._product(node, args)
        if op == POW:
            base, exponent = args
            return [field.power(b, e) for b, e in zip(base, exponent if len(exponent) == size else exponent * size, strict=True)]
        if op == OPAQUE:
            return self._opaque(node, args)
        assert op == CALL
        if node.data == ADJUGATE:
            return self._adjugate(args[0])
        if node.data == LENGTH:
            return [self._length(x) for x in args[0]]
        row = TABLE[node.data]
        if not row.elementwise:
            if not self.inner:
                field.mark(node, False)
            return self._tensor(row, node, args)
        result = []
        for xs in zip(*args, strict=True):
            if not self.inner:
                field.mark(None if node in self.still else node, True)
            result.append(self._scalar(row, xs))
        return result

    def _adjugate(self, flat: Flat) -> Flat:
        rows = _square(flat)
        self.work.spend(len(rows) ** 4)
        return [x for row in self.field.adjugate(rows) for x in row]

    def _length(self, x: Scalar) -> Scalar:
        """x, and 1 where it is 0; no symbol is."""
        field = self.field
        nothing = field.defined(x) > field.defined(field.power(x, field.number(-1)))
        return x if nothing is False else field.choose(nothing, field.one, x)

    # ------------------------------------------------------------------------------------------ products

    def _product(self, node: Expr, args: list[Flat]) -> Flat:
        """The Einstein product, from the left: a label is summed over as soon as no later factor has it."""
        labels, out = node.data
        size = dict(zip(out, self.shape(node), strict=True))
        for factor, ls in zip(node.args, labels, strict=True):
            size.update(zip(ls, self.shape(factor), strict=True))
        if not size:
            return [reduce(self.field.mul, [a[0] for a in args])]
        value: Flat = [self.field.one]
        have: tuple[int, ...] = ()
        for k, (entries, ls) in enumerate(zip(args, labels, strict=True)):
            later = set(out).union(*labels[k + 1 :])
            keep = out if k == len(args) - 1 else tuple(label for label in dict.fromkeys(have + ls) if label in later)
            value = self._contract((value, entries), (have, ls), keep, size)
            have = keep
        return value

    def _contract(
        self, factors: tuple[Flat, Flat], labels: tuple[tuple[int, ...], ...], out: tuple[int, ...], size: dict[int, int]
    ) -> Flat:
        field = self.field
        zero, one, add, mul = field.zero, field.one, field.add, field.mul
        inner = tuple(label for label in dict.fromkeys(labels[0] + labels[1]) if label not in out)
        self.work.spend(prod(size[label] for label in out + inner))
        (a, b), (la, lb) = factors, labels
        steps = list(zip(_offsets(inner, la, size), _offsets(inner, lb, size), strict=True))
        result = []
        for i, j in zip(_offsets(out, la, size), _offsets(out, lb, size), strict=True):
            terms = []
            for di, dj in steps:
                x, y = a[i + di], b[j + dj]
                if x is not zero and y is not zero:
                    terms.append(y if x is one else x if y is one else mul(x, y))
            result.append(terms[0] if len(terms) == 1 else add(terms) if terms else zero)
        return result

    # ------------------------------------------------------------------------------------------ functions

    def _scalar(self, row: Row, xs: Sequence[Scalar]) -> Scalar:
        """One entry of an elementwise row."""
        rule = _SCALAR.get(row.name)
        if rule is not None:
            return rule(self.field, *xs)
        if row.sympy.isidentifier():
            return self.field.apply(row.sympy, xs)
        return self.field.plain(self._defined(row, [[x] for x in xs], ((),) * len(xs))[0])

    def _tensor(self, row: Row, node: Expr, args: list[Flat]) -> Flat:
        """A row of whole tensors, for every value of the leading batch axes."""
        rule, shaped = _TENSOR.get(row.name), _SHAPED.get(row.name)
        ins, _ = row.core()
        cores = [
            self.shape(a) if core == ("*",) else self.shape(a)[len(a.shape) - len(core) :] for core, a in zip(ins, node.args, strict=False)
        ]
        counts = [prod(core) for core in cores]
        result: Flat = []
        for k in range(max((len(a) // max(n, 1) for a, n in zip(args, counts, strict=True)), default=1)):
            parts = [a if len(a) == n else a[k * n : (k + 1) * n] for a, n in zip(args, counts, strict=True)]
            self.work.spend(sum(counts) ** 2 if any(len(core) > 1 for core in ins) else OF_ENTRIES * sum(counts))
            if row.name == "matrix_power":
                result += _matrix_power(self.field, _square(parts[0]), parts[1][0])
                continue
            if shaped:
                rows = [[part[i * core[-1] : (i + 1) * core[-1]] for i in range(core[0])] for part, core in zip(parts, cores, strict=True)]
                result += [v for line in shaped(self.field, *rows) for v in line]
                continue
            result += rule(self.field, *parts) if rule else self._defined(row, parts, tuple(tuple(c) for c in cores))
        return result

    def _defined(self, row: Row, args: list[Flat], shapes: tuple[tuple[int, ...], ...]) -> Flat:
        """A row by the definition that the table gives in the formula language."""
        if not row.define:
            raise Undecided(f"the table has no definition of {row.name} that SymPy knows")
        order = _definition(row.define, tuple(zip(row.args, shapes, strict=False)))
        values = dict(zip(row.args, args, strict=False))
        inner = Components(self.field, {}, _leaves(values), seed=self.seed, work=self.work, inner=True)
        return inner.run(order)

    def holds(self, node: Expr) -> bool:
        """Whether the condition of an elementwise row holds at every entry of this call that has a value, for numbers."""
        return all(holds or not self.field.defined(y) for holds, y in zip(self.missing(node), self.known[node], strict=True))

    def missing(self, node: Expr) -> list[Scalar]:
        """For every entry of this call, where its condition holds; of numbers, at one point or at many.

        However small a number is, log has a value there: what is near to a border is not on it.
        """
        row, field = TABLE[node.data], self.field
        order = _definition(f"[{row.where}]", tuple((letter, ()) for letter in (*row.args, "y")))
        found = []
        with field.strictly():
            for entries in zip(*(self.known[a] for a in node.args), self.known[node], strict=True):
                values = {letter: [x] for letter, x in zip((*row.args, "y"), entries, strict=True)}
                found.append(Components(field, {}, _leaves(values), inner=True).run(order)[0])
        return found

    def _opaque(self, node: Expr, args: list[Flat]) -> Flat:
        """A random smooth function in the place of an opaque one: c_k + sum_i a_ki*u_i + sin(sum_i e_ki*u_i).

        a and e are fixed by the seed, c is a variable of its own. The entries after the value's own axes are the
        partial derivatives by the arguments in `by`: those of the sine turn its phase by a quarter each.
        """
        name, by, batch = node.data
        offset = self.leaf(offset_of(node))
        places = prod(self.shape(node)[:batch])
        sizes = [len(flat) // places for flat in args] if places else []
        return [
            y
            for k in range(places)
            for y in self._at_place(name, by, offset, [a[k * n : (k + 1) * n] for a, n in zip(args, sizes, strict=True)])
        ]

    def _at_place(self, name: str, by: Sequence[int], offset: Flat, args: list[Flat]) -> Flat:
        field = self.field
        u = [x for flat in args for x in flat]
        start = [sum(len(flat) for flat in args[:k]) for k in range(len(args))]
        result = []
        for k, c in enumerate(offset):
            rng = Random(f"{self.seed} {name} {k}")
            a, e = ([field.number(_coefficient(rng)) for _ in u] for _ in "ae")
            phase = field.add([field.mul(x, y) for x, y in zip(e, u, strict=True)] or [field.zero])
            wave = field.apply(("sin", "cos")[len(by) % 2], [phase])
            if len(by) % 4 > 1:
                wave = field.mul(field.number(-1), wave)
            choices: list[tuple[int, ...]] = [()]
            for which in by:
                choices = [(*chosen, start[which] + i) for chosen in choices for i in range(len(args[which]))]
            for chosen in choices:
                value = wave
                for i in chosen:
                    value = field.mul(value, e[i])
                if not by:
                    value = field.add([value, c, *[field.mul(x, y) for x, y in zip(a, u, strict=True)]])
                elif len(by) == 1:
                    value = field.add([value, a[chosen[0]]])
                result.append(value)
        return result


def _leaves(values: Mapping[str, Flat]) -> Callable[[Expr], Flat]:
    return lambda x: values[x.data[0]]


def offset_of(node: Expr) -> Expr:
    """The variable that stands for the constant term of the random function in the place of an opaque one."""
    return build.var(f"{node.data[0]}()", build.opaque_shape(node))


def _coefficient(rng: Random) -> Fraction:
    return Fraction(rng.choice((-1, 1)) * rng.randint(3, 15), 16)


def _offsets(labels: Iterable[int], own: tuple[int, ...], size: dict[int, int]) -> list[int]:
    """Where, in a factor with the labels `own`, the entry lies for every value of `labels`, the last running fastest."""
    stride = dict.fromkeys(labels, 0)
    step = 1
    for label in reversed(own):
        if label in stride:
            stride[label] += step
        step *= size[label]
    offsets = [0]
    for label, s in stride.items():
        offsets = [o + s * i for o in offsets for i in range(size[label])]
    return offsets


@cache
def _definition(text: str, types: tuple[tuple[str, tuple[int, ...]], ...]) -> list[Expr]:
    """The nodes of a definition, arguments first."""
    from symdiff.syntax import template

    try:
        return topological([template(text, dict(types))])
    except SymdiffError as error:
        raise Undecided(f"the definition {text!r} does not fit: {error}") from error


# ---------------------------------------------------------------------------------------------- definitions


def _minimum(field: Field, values: Sequence[Scalar]) -> Scalar:
    minus = field.number(-1)
    return field.mul(minus, field.maximum([field.mul(minus, v) for v in values]))


def _not(field: Field, a: Scalar) -> Scalar:
    return field.negated(a)


# Piecewise functions by row name; all other elementwise rows by SymPy's name or by the definition in the table.
_SCALAR: dict[str, Callable[..., Scalar]] = {
    "lt": lambda f, a, b: f.less(a, b, False),
    "le": lambda f, a, b: f.less(a, b, True),
    "gt": lambda f, a, b: f.less(b, a, False),
    "ge": lambda f, a, b: f.less(b, a, True),
    "eq": lambda f, a, b: f.same(a, b),
    "ne": lambda f, a, b: f.differ(a, b),
    "and": lambda f, a, b: f.mul(a, b),
    "or": lambda f, a, b: _not(f, f.mul(_not(f, a), _not(f, b))),
    "not": _not,
    "if": lambda f, c, a, b: f.choose(c, a, b),
    "max": lambda f, a, b: f.maximum([a, b]),
    "min": lambda f, a, b: _minimum(f, [a, b]),
    "exp": lambda f, x: f.exp(x),
    "log": lambda f, x: f.log(x),
    "sqrt": lambda f, x: _sqrt(f, x),
    "abs": lambda f, x: f.abs(x),
    "sign": lambda f, x: f.sign(x),
    "floor": lambda f, x: f.flat("floor", x),
    "ceil": lambda f, x: f.flat("ceil", x),
    "round": lambda f, x: f.flat("round", x),
    "stop_gradient": lambda f, x: f.still(x),
    "sinc": lambda f, x: f.apply("jn", [f.zero, f.mul(f.pi, x)]),
}


def _sqrt(f: Field, x: Scalar) -> Scalar:
    return f.power(x, f.number(Fraction(1, 2)))


def _divide(f: Field, a: Scalar, b: Scalar) -> Scalar:
    return f.mul(a, f.power(b, f.number(-1)))


def _mean(f: Field, x: Flat) -> Scalar:
    return _divide(f, f.add(x), f.number(len(x)))


def _variance(f: Field, x: Flat, less: Sequence[Scalar] = ()) -> Scalar:
    """The mean square distance from the mean; less: what is taken off the count."""
    minus = f.number(-1)
    middle = f.mul(minus, _mean(f, x))
    squares = [f.power(f.add([v, middle]), f.number(2)) for v in x]
    return _divide(f, f.add(squares), f.add([f.number(len(x)), *[f.mul(minus, d) for d in less]]))


def _norm2(f: Field, x: Flat) -> Scalar:
    return _sqrt(f, f.add([f.power(v, f.number(2)) for v in x]))


def _largest_size(f: Field, x: Flat) -> Scalar:
    own = own_way(f, "largest_size")
    return f.maximum([f.abs(v) for v in x]) if own is None else own(x)


def _in_range(f: Field, x: Flat) -> tuple[Scalar | None, Flat]:
    """The largest entry, where doubles are computed with, and the entries without it: exp(750) is none."""
    own = own_way(f, "top")
    top = None if own is None else own(x)
    if top is None:
        return None, x
    minus = f.mul(f.number(-1), top)
    return top, [f.add([v, minus]) for v in x]


def _softmax(f: Field, x: Flat) -> Flat:
    e = [f.exp(v) for v in _in_range(f, x)[1]]
    total = f.add(e)
    return [_divide(f, v, total) for v in e]


def _logsumexp(f: Field, x: Flat) -> Scalar:
    top, rest = _in_range(f, x)
    value = f.log(f.add([f.exp(v) for v in rest]))
    return value if top is None else f.add([top, value])


def _product(f: Field, x: Flat) -> Scalar:
    value = f.one
    for v in x:
        value = f.mul(value, v)
    return value


def _square(x: Flat) -> list[Flat]:
    n = round(len(x) ** 0.5)
    return [x[i * n : i * n + n] for i in range(n)]


def _rows(entries: int) -> int:
    return isqrt(entries)


def _triangle(f: Field, x: Flat) -> Flat:
    """The matrix with these entries in its lower triangle, column by column, row by row."""
    n = next(k for k in range(len(x) + 1) if k * (k + 1) == 2 * len(x))
    left = iter(x)
    place = {(i, j): next(left) for j in range(n) for i in range(j, n)}
    return [place.get((i, j), f.number(0)) for i in range(n) for j in range(n)]


def _duplication(f: Field, n: int) -> Flat:
    """For every entry of a matrix, columns stacked, which of the lower triangle it is."""
    columns = [(i, j) for j in range(n) for i in range(j, n)]
    return [f.number(int(pair in ((i, j), (j, i)))) for j in range(n) for i in range(n) for pair in columns]


def _cross(f: Field, x: Flat, y: Flat) -> Flat:
    minus = f.number(-1)
    return [f.add([f.mul(x[i], y[j]), f.mul(minus, f.mul(x[j], y[i]))]) for i, j in ((1, 2), (2, 0), (0, 1))]


# Rows of whole tensors: the entries of the result from the entries of the arguments.
_TENSOR: dict[str, Callable[..., Flat]] = {
    "softmax": _softmax,
    "log_softmax": lambda f, x: [f.add([v, f.mul(f.number(-1), _logsumexp(f, x))]) for v in x],
    "logsumexp": lambda f, x: [_logsumexp(f, x)],
    "det": lambda f, x: [f.det(_square(x))],
    "logdet": lambda f, x: [f.log(f.det(_square(x)))],
    "inv": lambda f, x: [v for row in f.inv(_square(x)) for v in row],
    "vech": lambda f, x: [row[j] for j in range(_rows(len(x))) for row in _square(x)[j:]],
    "unvech": lambda f, x: _triangle(f, x),
    "duplication_of": lambda f, x: _duplication(f, _rows(len(x))),
    "cumprod": lambda f, x: [_product(f, x[: k + 1]) for k in range(len(x))],
    "cumsum": lambda f, x: [f.add(x[: k + 1]) for k in range(len(x))],
    "cross": _cross,
    "prod": lambda f, x: [_product(f, x)],
    "mean": lambda f, x: [_mean(f, x)],
    "rowmean": lambda f, x: [_mean(f, x)],
    "max_entries": lambda f, x: [f.maximum(x)],
    "min_entries": lambda f, x: [_minimum(f, x)],
    "rowmax": lambda f, x: [f.maximum(x)],
    "rowmin": lambda f, x: [_minimum(f, x)],
    "rowprod": lambda f, x: [_product(f, x)],
    "norm1": lambda f, x: [f.add([f.abs(v) for v in x])],
    "norm2": lambda f, x: [_norm2(f, x)],
    "rownorm2": lambda f, x: [_norm2(f, x)],
    "norminf": lambda f, x: [_largest_size(f, x)],
    "var": lambda f, x, less=(): [_variance(f, x, less)],
    "std": lambda f, x, less=(): [_sqrt(f, _variance(f, x, less))],
    "rowvar": lambda f, x, less=(): [_variance(f, x, less)],
    "rowstd": lambda f, x, less=(): [_sqrt(f, _variance(f, x, less))],
}


# ---------------------------------------------------------------------------------------------- matrices as lists of rows


def _turned(x: list[Flat]) -> list[Flat]:
    return [list(column) for column in zip(*x, strict=True)]


def _times(f: Field, x: list[Flat], y: list[Flat]) -> list[Flat]:
    columns = _turned(y)
    return [[f.add([f.mul(a, b) for a, b in zip(row, column, strict=True)]) for column in columns] for row in x]


def _plus(f: Field, x: list[Flat], y: list[Flat], c: int = 1) -> list[Flat]:
    return [[f.add([a, f.mul(f.number(c), b)]) for a, b in zip(r, s, strict=True)] for r, s in zip(x, y, strict=True)]


def _symmetric(f: Field, x: list[Flat]) -> list[Flat]:
    half = f.number(Fraction(1, 2))
    return [[f.mul(half, v) for v in row] for row in _plus(f, x, _turned(x))]


def _cholesky(f: Field, x: list[Flat]) -> list[Flat]:
    """L with L*L' = x, column by column."""
    a, n = _symmetric(f, x), len(x)
    low = [[f.zero] * n for _ in range(n)]
    minus = f.number(-1)
    for j in range(n):
        for i in range(j, n):
            rest = f.add([a[i][j], *[f.mul(minus, f.mul(low[i][k], low[j][k])) for k in range(j)]])
            low[i][j] = _sqrt(f, rest) if i == j else _divide(f, rest, low[j][j])
    return low


def _pinv(f: Field, x: list[Flat]) -> list[Flat]:
    t = _turned(x)
    return _times(f, f.inv(_times(f, t, x)), t) if len(x) >= len(t) else _times(f, t, f.inv(_times(f, x, t)))


def _singular(f: Field, x: list[Flat]) -> tuple[list[Flat], Flat, list[Flat]]:
    """U, s, V with x = U*diag(s)*V', of full rank: from the smaller of x'*x and x*x'."""
    if len(x) < len(x[0]):
        u, s, v = _singular(f, _turned(x))
        return v, s, u
    values, v = f.eigh(_times(f, _turned(x), x))
    s = [_sqrt(f, value) for value in values]
    u = [[_divide(f, w, d) for w, d in zip(row, s, strict=True)] for row in _times(f, x, v)]
    return u, s, v


def _nuclear(f: Field, x: list[Flat]) -> Scalar:
    """The sum of the singular values, also of those that are 0: there a kink is noted, since s and -s are the roots of one eigenvalue."""
    own = own_way(f, "singular")
    if own is None:
        return f.add(_singular(f, x)[1])
    largest, *others = own(x)
    minus = f.mul(f.number(-1), largest)
    return f.add([largest, *[f.add([f.maximum([largest, f.add([largest, s])]), minus]) for s in others]])


def _matrix_power(f: Field, x: list[Flat], k: Scalar) -> Flat:
    """x^k for any real k: exp(k*log(x))."""
    scaled = [[f.mul(k, v) for v in row] for row in f.of_matrix("log", x)]
    return [v for row in f.of_matrix("exp", scaled) for v in row]


def _polar(f: Field, x: list[Flat]) -> list[Flat]:
    """U*V' of x = U*diag(s)*V'."""
    u, _, v = _singular(f, x)
    return _times(f, u, _turned(v))


def _polar_adjoint(f: Field, x: list[Flat], g: list[Flat]) -> list[Flat]:
    """The adjoint of the derivative of U*V' by x = U*diag(s)*V', at g."""
    u, s, v = _singular(f, x)
    m = _times(f, _times(f, _turned(u), g), v)
    k = [[_divide(f, f.add([m[i][j], f.mul(f.number(-1), m[j][i])]), f.add([s[i], s[j]])) for j in range(len(s))] for i in range(len(s))]
    over = [[_divide(f, w, d) for w, d in zip(row, s, strict=True)] for row in v]  # V/s
    right = _times(f, _times(f, g, over), _turned(v))
    left = _times(f, [[_divide(f, w, d) for w, d in zip(row, s, strict=True)] for row in u], _times(f, _turned(u), g))
    result = _times(f, _times(f, u, k), _turned(v))
    result = _plus(f, result, _plus(f, right, _times(f, u, _times(f, _turned(u), right)), -1))
    return _plus(f, result, _plus(f, left, _times(f, _times(f, left, v), _turned(v)), -1))


def _sylvester(f: Field, a: list[Flat], b: list[Flat], q: list[Flat]) -> list[Flat]:
    """X with a*X + X*b = q, as one system of equations for its entries, row by row."""
    m, n = len(a), len(b)
    places = [(i, j) for i in range(m) for j in range(n)]
    system = [[f.add([a[i][k] if j == r else f.zero, b[r][j] if i == k else f.zero]) for k, r in places] for i, j in places]
    flat = _times(f, f.inv(system), [[q[i][j]] for i, j in places])
    return [[flat[i * n + j][0] for j in range(n)] for i in range(m)]


def _frechet(name: str) -> Callable[..., list[Flat]]:
    def rate(f: Field, a: list[Flat], e: list[Flat]) -> list[Flat]:
        n = len(a)
        if (own := own_way(f, "frechet")) is not None:
            return list(own(name, a, e))
        block = [[*r, *s] for r, s in zip(a, e, strict=True)] + [[f.zero] * n + list(r) for r in a]
        return [row[n:] for row in f.of_matrix(name, block)[:n]]

    return rate


# Rows of matrices: the rows of the result from the rows of the arguments.
_SHAPED: dict[str, Callable[..., list[Flat]]] = {
    "cholesky": _cholesky,
    "pinv": _pinv,
    "eigvalsh": lambda f, x: [f.eigh(_symmetric(f, x))[0]],
    "eigvecsh": lambda f, x: f.eigh(_symmetric(f, x))[1],
    "normnuc": lambda f, x: [[_nuclear(f, x)]],
    "polar": _polar,
    "polar_adjoint": _polar_adjoint,
    "solve_sylvester": _sylvester,
    "sqrtm": lambda f, x: f.of_matrix("sqrt", x),
    "expm": lambda f, x: f.of_matrix("exp", x),
    "logm": lambda f, x: f.of_matrix("log", x),
    "expm_frechet": _frechet("exp"),
    "logm_frechet": _frechet("log"),
}
