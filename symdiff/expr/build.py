"""Constructors: they check shapes and give every written form its one node. Who knows that shapes fit calls `node.make`.

In: nodes and exact numbers. Out: a node "as written": operations and operand order are kept, nothing is simplified
except that a quotient of two numbers is one number. The second half of the module gives the written forms of matrix
notation; each is a PROD with labels numbered in order of appearance, so that a form is recognised by its labels.

A row vector `x'` has shape (1, n) and is written as a PROD that spreads `x` along an axis of length 1.

Long: constructors that stand on one table of forms, FORMS, which has to be seen beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from symdiff.bounds import LIMITS, exceeded
from symdiff.errors import LimitError, ShapeError
from symdiff.expr import dims
from symdiff.expr.node import (
    CALL,
    CALLS,
    CONST,
    DELTA,
    DIM,
    FEW_NUMBERS,
    MINUS,
    NAME,
    NUM,
    OPAQUE,
    PLUS,
    POW,
    PROD,
    RESHAPE,
    SUM,
    TIMES,
    TWO_NUMBERS,
    UNIT,
    VAR,
    VARIABLES,
    Dim,
    Expr,
    Number,
    Shape,
    make,
    rational,
)
from symdiff.expr.patterns import is_call, unspread
from symdiff.table import TABLE

Labels = tuple[int, ...]


# ---------------------------------------------------------------------------------------------- leaves


def num(value: Number) -> Expr:
    """An exact number. LimitError if it has too many digits: arithmetic on it would stall everything else."""
    node = FEW_NUMBERS.get(value) if type(value) is int else None
    if node is not None:
        return node
    value = rational(value)
    if digits_of(value) > LIMITS.digits:
        raise too_long(digits_of(value))
    return make(NUM, (), value)


def digits_of(value: Number) -> int:
    """How many digits a whole number, or the longer part of a quotient, has; give or take one."""
    bits = value.bit_length() if type(value) is int else max(value.numerator.bit_length(), value.denominator.bit_length())
    return bits * 30103 // 100000


def too_long(digits: int, **place: Any) -> LimitError:
    return exceeded("digits", f"a number of {digits} digits", digits, hint="numbers are exact here: use a variable", **place)


ZERO, ONE, MINUS_ONE, TWO = num(0), num(1), num(-1), num(2)
_KEEP = (ZERO, ONE, MINUS_ONE, TWO)


def dim_product(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions as one dimension: whole numbers multiplied, 1 dropped, names sorted, for m*n is n*m."""
    number, rest = 1, []
    for d in dims:
        for part in d if isinstance(d, tuple) else (d,):
            if isinstance(part, int):
                number *= part
            else:
                rest.append(part)
    if not rest:
        return number
    parts = ([number] if number != 1 else []) + sorted(rest)
    return parts[0] if len(parts) == 1 else tuple(parts)


def dim_sum(parts: Iterable[tuple[Dim, int]]) -> Dim:
    """A sum of dimensions with whole coefficients as one dimension; see `dims`."""
    return dims.total(parts)


def sum_terms(d: Dim) -> Mapping[Dim, int] | None:
    """The terms of a dimension that is a sum, with their coefficients, the number as that of 1; None for other dimensions."""
    return dims.terms(d) if dims.is_sum(d) else None


def dim(d: Dim) -> Expr:
    """A dimension as a number of the formula."""
    if isinstance(d, int):
        return num(d)
    if isinstance(d, tuple):
        result = dim(d[0])
        for part in d[1:]:
            result = scale(result, dim(part))
        return result
    if isinstance(d, str) and "/" in d and (n := dims.side(d)) is not None:
        return divide(scale(dim(n), add(dim(n), ONE)), TWO)
    if dims.is_sum(d):
        parts = [(c, dim(atom)) if atom != 1 else (1 if c > 0 else -1, num(abs(c))) for atom, c in dims.terms(d).items()]
        first, *rest = [(1 if c > 0 else -1, x if abs(c) == 1 else scale(num(abs(c)), x)) for c, x in parts]
        result = first[1] if first[0] > 0 else neg(first[1])
        for sign, x in rest:
            result = add(result, x, sign)
        return result
    return make(DIM, (), d)


def const(name: str) -> Expr:
    return make(CONST, (), name)


def var(name: str, shape: Sequence[Dim] = (), properties: Iterable[str] = ()) -> Expr:
    """A variable; properties: positive nonnegative symmetric psd diagonal orthogonal onehot simplex."""
    if not shape and not properties:
        return VARIABLES[name, ()]
    return make(VAR, (), (name, tuple(sorted(properties)) if properties else ()), tuple(shape))


def label_size(properties: Iterable[str]) -> Dim | None:
    """How many entries a label with the property `label(k)` tells apart; "" where that is not known, None for what is no label."""
    for word in properties:
        if word == "label":
            return ""
        if isinstance(word, str) and word.startswith("label("):
            return dim_product([int(part) if part.isdigit() else part for part in word[6:-1].split("*")])
    return None


def one_hot(label: Expr, n: Dim) -> Expr:
    """`unit(y, n)` of a label: 1 at the entry that it names, 0 elsewhere; for each label of a vector a row."""
    shape = (*label.shape, n)
    k = len(label.shape)
    out = tuple(range(k + 1))
    count = call("cumsum", spread(ONE, (n,)))
    count = contract((count,), (out[k:],), out, dict(enumerate(shape))) if k else count
    return call("eq", count, contract((label,), (out[:k],), out, dict(enumerate(shape))))


def one_hot_of(e: Expr) -> tuple[Expr, int, Labels] | None:
    """The label of `one_hot`, the axis along which it picks, and the axes of the label; None for other nodes."""
    if e.op != CALL or e.data != "eq":
        return None
    for count, label in (e.args, e.args[::-1]):
        count, along = _view(count)
        if count.op == RESHAPE and count.shape == count.args[0].shape:  # an index that is written as itself
            count = count.args[0]
        label, batch = _view(label)
        is_count = is_call(count, "cumsum") and count.args[0].op == PROD and count.args[0].args in ((), (ONE,))
        fits = len(along) == 1 and along[0] not in batch and len(batch) + 1 == len(e.shape)
        if is_count and fits and is_label(label):
            return label, along[0], batch
    return None


def is_label(e: Expr) -> bool:
    """A label, labels, or some of these: `y`, `y[t - 1]`, `y[1]`."""
    if e.op != PROD:
        return e.op == VAR and label_size(e.data[1]) is not None
    (first, *picks) = e.args
    if first.op != VAR:
        first, picks = e.args[-1], list(e.args[:-1])
    return is_label(first) and all(p.op == UNIT or (is_call(p, "eq") and not _varies(p)) for p in picks)


def _varies(e: Expr) -> bool:
    stack = [e]
    while stack:
        e = stack.pop()
        if e.op == VAR:
            return True
        stack.extend(e.args)
    return False


def _view(e: Expr) -> tuple[Expr, Labels]:
    """What is spread along further axes, also by ones beside it, and its own axes; the node itself else."""
    place: Labels = tuple(range(len(e.shape)))  # the axes of e along which those of what is left lie
    while e.op == PROD:
        labels, out = e.data
        own = [k for k, a in enumerate(e.args) if unspread(a) is not ONE]
        if len(own) != 1:
            break
        ls, inner = labels[own[0]], e.args[own[0]]
        if len(set(ls)) < len(ls) or any(i not in out and d != 1 for i, d in zip(ls, inner.shape, strict=True)):
            break
        where = [place[out.index(i)] if i in out else -1 for i in ls]
        if -1 in where and inner.op != PROD:
            break
        if -1 in where:  # an axis of length 1, as that of a row
            rows, (axis,) = inner.data, [k for k, i in enumerate(where) if i < 0][:1]
            if len(inner.args) != 1 or where.count(-1) != 1 or rows[1][axis] in rows[0][0]:
                break
            where = [where[rows[1].index(i)] for i in rows[0][0]]
            inner = inner.args[0]
        e, place = inner, tuple(where)
    return e, place


def eye(n: Dim) -> Expr:
    return make(DELTA, (), None, (n, n))


def unit(i: int, n: Dim) -> Expr:
    """The i-th basis vector, i counted from 1."""
    if (isinstance(n, int) and not 1 <= i <= n) or i < 1:
        hint = "entries are counted from 1" if i < 1 else f"the last one is {show_dim(n)}"
        raise ShapeError(f"there is no entry {i} in a vector of {show_dim(n)}", hint=hint)
    return make(UNIT, (), i, (n,))


# ---------------------------------------------------------------------------------------------- the operations


def linear(coefs: Sequence[Number], terms: Sequence[Expr]) -> Expr:
    """coefs[0]*terms[0] + …; all terms of one shape."""
    shape = terms[0].shape
    for t in terms:
        if t.shape != shape:
            raise ShapeError(f"a sum of a {describe(shape)} and a {describe(t.shape)}", hint="both of one shape, or one of them a number")
    return make(SUM, tuple(terms), tuple([rational(c) for c in coefs]), shape)


def contract(factors: Sequence[Expr], labels: Sequence[Labels], out: Labels, sizes: dict[int, Dim] | None = None) -> Expr:
    """The Einstein product of the factors; `sizes` gives the dimensions of output labels that no factor has."""
    size = dict(sizes or {})
    for f, ls in zip(factors, labels, strict=True):
        if len(ls) != len(f.shape):
            raise ShapeError(f"{len(ls)} labels for a {describe(f.shape)}")
        for label, d in zip(ls, f.shape, strict=True):
            if size.setdefault(label, d) != d:
                raise ShapeError(
                    f"the dimensions {show_dim(size[label])} and {show_dim(d)} do not fit", hint="sizes that meet are the same"
                )
    if len(set(out)) != len(out):
        raise ShapeError("an output label of a product is repeated")
    return make(PROD, tuple(factors), (tuple([tuple(ls) for ls in labels]), tuple(out)), tuple([size[label] for label in out]))


_OF_NUMBERS: list[tuple[tuple[Labels, ...], Labels]] = [TWO_NUMBERS if k == 2 else (((),) * k, ()) for k in range(32)]


def of_numbers(k: int) -> tuple[tuple[Labels, ...], Labels]:
    """The labels of a product of k numbers."""
    return _OF_NUMBERS[k] if k < 32 else (((),) * k, ())


def power(base: Expr, exponent: Expr) -> Expr:
    """Entry by entry; the exponent has the base's shape or is a scalar."""
    if exponent.shape and exponent.shape != base.shape:
        raise ShapeError(f"a {describe(base.shape)} to the power of a {describe(exponent.shape)}")
    return make(POW, (base, exponent), None, base.shape)


def call(name: str, *args: Expr) -> Expr:
    """A row of the table applied to arguments. Elementwise rows: scalars beside tensors are spread first."""
    row = TABLE.names[name]
    if len(args) == len(row.args) and not row.shape:
        for a in args:
            if a.shape:
                break
        else:
            return CALLS[row.name][args]
    if not len(row.args) - len(row.defaults) <= len(args) <= len(row.args):
        raise ShapeError(f"{row.name} takes {len(row.args)} arguments, not {len(args)}")
    if len(args) < len(row.args):
        args += tuple([num(Fraction(text)) for text in row.defaults[len(args) - len(row.args) :]])
    if row.elementwise:
        args = spread_together(args, row.name)
        shape = args[0].shape if args else ()
    else:
        shape = _core_shape(row.name, args)
    return make(CALL, args, row.name, shape)


def spread_together(args: Sequence[Expr], what: str) -> tuple[Expr, ...]:
    """Spread scalars to the shape of the others; ShapeError if two tensors differ."""
    shape: Shape = ()
    if len(args) == 1:
        return tuple(args)
    for a in args:
        if a.shape:
            if shape and a.shape != shape:
                raise ShapeError(f"{what} of a {describe(shape)} and a {describe(a.shape)}", hint="all of one shape, or numbers")
            shape = a.shape
    if not shape:
        return tuple(args)
    return tuple([a if a.shape else spread(a, shape) for a in args])


def _core_shape(name: str, args: Sequence[Expr]) -> Shape:
    ins, out = TABLE[name].core()
    if ins[0] == ("*",):
        return ()
    size: dict[str, Dim] = {}
    batch: Shape = ()
    for core, a in zip(ins, args, strict=False):
        k = len(a.shape) - len(core)
        if k < 0:
            raise ShapeError(f"{name} of a {describe(a.shape)}", hint=f"{name} takes a {describe(('n', 'n')[: len(core)])}")
        if k > 0:
            batch = a.shape[:k]
        for axis, d in zip(core, a.shape[k:], strict=True):
            if axis.isdigit():
                if d != int(axis):
                    raise ShapeError(f"{name} needs a dimension of {axis}, not {show_dim(d)}")
            elif dims.is_sum(axis):  # of a triangle of n rows
                n = dims.side(d)
                if n is None or size.setdefault("n", n) != n:
                    raise ShapeError(f"{name} needs n*(n + 1)/2 entries, not {show_dim(d)}")
            elif size.setdefault(axis, d) != d:
                raise ShapeError(
                    f"{name}: the dimensions {show_dim(size[axis])} and {show_dim(d)} do not fit", hint="sizes that meet are the same"
                )
    return batch + tuple([int(axis) if axis.isdigit() else dims.put(dims.of_text(axis), size) for axis in out])


def opaque(name: str, args: Sequence[Expr], shape: Shape = (), by: tuple[int, ...] = (), batch: int = 0) -> Expr:
    """An opaque function of value shape `shape`, differentiated by the arguments with the indices `by` (from 0).

    batch: so many axes, which all arguments have in front, are those of the places at which it is taken, as in `phi(X[i])`.
    The node's shape is these axes, `shape`, and the arguments' own axes that it is differentiated by.
    """
    full = args[0].shape[:batch] + tuple(shape)
    if batch and any(a.shape[:batch] != full[:batch] for a in args):
        raise ShapeError(f"{name} of a {describe(args[0].shape)} and others of another shape", hint="all of one shape")
    for k in by:
        full += args[k].shape[batch:]
    return make(OPAQUE, tuple(args), (name, by, batch), full)


def opaque_shape(node: Expr) -> Shape:
    """The shape of the value of an opaque function at one place, not differentiated."""
    _, by, batch = node.data
    return node.shape[batch : len(node.shape) - sum([len(node.args[k].shape) - batch for k in by])]


def name(label: str, value: Expr, given: bool = True) -> Expr:
    """`label = value`. given: the formula's own binding; otherwise one that an answer introduced."""
    return make(NAME, (value,), (label, given), value.shape)


def reshape(value: Expr, shape: Sequence[Dim]) -> Expr:
    """The same entries in row-major order under other axes; ShapeError unless the sizes agree factor by factor."""
    shape = tuple(shape)
    if dim_product(value.shape) != dim_product(shape):
        raise ShapeError(f"a {describe(value.shape)} cannot be read as a {describe(shape)}")
    return make(RESHAPE, (value,), None, shape)


def blocks(inner: Shape, outer: Shape) -> list[tuple[range, range]]:
    """The runs of axes that a reshape takes to each other, as short as possible: (m, n, k) and (m*n, k) give (0-1, 0) and (2, 1)."""
    found: list[tuple[range, range]] = []
    i = j = 0
    ends = [dim_product(outer[:k]) for k in range(len(outer) + 1)]
    for k in range(1, len(inner) + 1):
        product = dim_product(inner[:k])
        end = next((e for e in range(j + 1, len(ends)) if ends[e] == product), 0)
        if end:
            found.append((range(i, k), range(j, end)))
            i, j = k, end
    if found and (i < len(inner) or j < len(outer)):  # axes of length 1 at the end
        axes, parts = found.pop()
        found.append((range(axes.start, len(inner)), range(parts.start, len(outer))))
    return found


# ---------------------------------------------------------------------------------------------- written forms

# form: labels of the factors, output labels. `form_of` names the form of a PROD by looking it up here.
FORMS: dict[str, tuple[tuple[Labels, ...], Labels]] = {
    "scale": (((), ()), ()),  # any two shapes of which one is (); see `scale`
    "transpose": (((0, 1),), (1, 0)),
    "row": (((0,),), (1, 0)),  # x': axis 1 has length 1
    "unrow": (((0, 1),), (1,)),  # the vector of a row: axis 0 has length 1
    "trace": (((0, 0),), ()),
    "diag_part": (((0, 0),), (0,)),
    "total": (((0,),), ()),
    "matrix_total": (((0, 1),), ()),
    "rowsum": (((0, 1),), (0,)),
    "colsum": (((0, 1),), (1,)),
    "spread_vector": (((),), (0,)),
    "spread_matrix": (((),), (0, 1)),
    "dot": (((0,), (0,)), ()),
    "matvec": (((0, 1), (1,)), (0,)),
    "row_vec": (((0, 1), (1,)), ()),  # x'*y: axis 0 has length 1
    "vec_row": (((0,), (1, 2)), (0, 2)),  # x*y': axis 1 has length 1
    "matmul": (((0, 1), (1, 2)), (0, 2)),
    "outer": (((0,), (1,)), (0, 1)),
    "diag_matrix": (((0,), (0, 1)), (0, 1)),  # diag(x): the second factor is DELTA
    "entry": (((0,), (0,)), ()),  # x[i]: the second factor is UNIT
    "row_entry": (((0, 1), (0,)), (1,)),  # A[i,:]: the second factor is UNIT
    "col_entry": (((0, 1), (1,)), (0,)),  # A[:,j]
    "matrix_entry": (((0, 1), (0,), (1,)), ()),  # A[i,j]: the other factors are UNITs
}


_DOT = FORMS["dot"]


def is_form(e: Expr, *forms: str) -> bool:
    """A product that is one of these forms of matrix notation: "transpose", "matmul"."""
    return e.op == PROD and e.data in [FORMS[form] for form in forms]


def neg(x: Expr) -> Expr:
    return num(-x.data) if x.op == NUM else make(SUM, (x,), (-1,), x.shape)


def add(a: Expr, b: Expr, sign: int = 1) -> Expr:
    """a + b, or a - b with sign -1; a scalar beside a tensor is spread."""
    if a.shape != b.shape:
        a, b = spread_together((a, b), "a sum")
    if not a.shape:
        return (PLUS if sign == 1 else MINUS)[a, b]
    return make(SUM, (a, b), (1, sign), a.shape)


def sub(a: Expr, b: Expr) -> Expr:
    return add(a, b, -1)


def scale(a: Expr, b: Expr) -> Expr:
    """The product of two values of which at least one is a scalar, in the order given."""
    if not a.shape and not b.shape:
        return TIMES[a, b]
    la, lb = _range(a), _range(b)
    if a.shape and b.shape:
        raise ShapeError(f"a {describe(a.shape)} times a {describe(b.shape)}", hint="sizes that meet are the same")
    return make(PROD, (a, b), ((la, lb), la or lb), a.shape or b.shape)


def elementwise(a: Expr, b: Expr) -> Expr:
    """a .* b: of one shape, or scaling if one is a scalar."""
    if not a.shape or not b.shape:
        return scale(a, b)
    if a.shape != b.shape:
        raise ShapeError(
            f"an elementwise product of a {describe(a.shape)} and a {describe(b.shape)}", hint="both of one shape, or one of them a number"
        )
    la = _range(a)
    return make(PROD, (a, b), ((la, la), la), a.shape)


def reciprocal(x: Expr) -> Expr:
    return num(Fraction(1) / x.data) if x.op == NUM and x.data else power(x, MINUS_ONE)


def divide(a: Expr, b: Expr) -> Expr:
    """a / b with scalar b, a ./ b else; 1/b is the power b^-1; a quotient of numbers is a number."""
    if a.op == NUM and b.op == NUM and b.data:
        return num(Fraction(a.data) / b.data)
    inverse = power(b, MINUS_ONE)
    if a is ONE:
        return inverse
    return elementwise(a, inverse)


def spread(c: Expr, shape: Sequence[Dim]) -> Expr:
    """The tensor of this shape whose entries are all the scalar c: `vector(c, n)`, `matrix(c, m, n)`."""
    out = tuple(range(len(shape)))
    return make(PROD, (c,), (((),), out), tuple(shape)) if shape else c


def transpose(a: Expr) -> Expr:
    """A' of a matrix (for vectors and rows see `row`, `unrow`)."""
    return _form("transpose", a)


def row(x: Expr) -> Expr:
    """x' of a vector: shape (1, n). Equal entries are spread at once, as everywhere."""
    if x.op == PROD and x.data[0] == ((),):
        return spread(x.args[0], (1, *x.shape))
    if len(x.shape) != 1:
        raise ShapeError(f"a row of a {describe(x.shape)}", hint="only matrices have rows")
    return make(PROD, (x,), FORMS["row"], (1, *x.shape))


def unrow(r: Expr) -> Expr:
    """r' of a row: the vector."""
    return _form("unrow", r)


def trace(a: Expr) -> Expr:
    return _form("trace", a)


def diag_part(a: Expr) -> Expr:
    """diag(A) of a square matrix: the vector of its diagonal."""
    return _form("diag_part", a)


def diag_matrix(x: Expr) -> Expr:
    """diag(x) of a vector: the diagonal matrix."""
    return _form("diag_matrix", x, eye(x.shape[0]))


def total(x: Expr) -> Expr:
    """sum(x) over all entries."""
    ls = _range(x)
    return make(PROD, (x,), ((ls,), ()), ())


def rowsum(a: Expr) -> Expr:
    return _form("rowsum", a)


def colsum(a: Expr) -> Expr:
    return _form("colsum", a)


def dot(a: Expr, b: Expr) -> Expr:
    if a.shape == b.shape and len(a.shape) == 1:
        return make(PROD, (a, b), _DOT)
    return _form("dot", a, b)


def matvec(a: Expr, x: Expr) -> Expr:
    return _form("matvec", a, x)


def row_vec(r: Expr, x: Expr) -> Expr:
    """row * vector: a number."""
    return _form("row_vec", r, x)


def vec_row(x: Expr, r: Expr) -> Expr:
    """vector * row: a matrix."""
    return _form("vec_row", x, r)


def matmul(a: Expr, b: Expr) -> Expr:
    """matrix * matrix, row * matrix."""
    return _form("matmul", a, b)


def outer(x: Expr, y: Expr) -> Expr:
    return _form("outer", x, y)


def entry(x: Expr, *index: int | None) -> Expr:
    """x[i], A[i,j], A[i,:], A[:,j] with whole numbers counted from 1; None stands for `:`."""
    index = index + (None,) * (len(x.shape) - len(index))
    units = [unit(i, d) for i, d in zip(index, x.shape, strict=True) if i is not None]
    labels = [(k,) for k, i in enumerate(index) if i is not None]
    return contract((x, *units), (_range(x), *labels), tuple(k for k, i in enumerate(index) if i is None))


def vec(a: Expr) -> Expr:
    """The columns of a matrix stacked: shape (n*m,)."""
    return reshape(transpose(a), (dim_product((a.shape[1], a.shape[0])),))


def kron(a: Expr, b: Expr) -> Expr:
    """The Kronecker product: shape (m*p, n*q)."""
    (m, n), (p, q) = a.shape, b.shape
    blocks = contract((a, b), ((0, 1), (2, 3)), (0, 2, 1, 3))
    return reshape(blocks, (dim_product((m, p)), dim_product((n, q))))


def _form(form: str, *factors: Expr) -> Expr:
    data = FORMS[form]
    lengths, equal, axes = _fit_of(form)
    shapes = [f.shape for f in factors]
    if [len(shape) for shape in shapes] != lengths or any(shapes[i][j] != shapes[k][m] for i, j, k, m in equal):
        return contract(factors, *data)  # which says what does not fit
    return make(PROD, factors, data, tuple([shapes[i][j] for i, j in axes]))


@cache
def _fit_of(form: str) -> tuple[list[int], list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    """Orders of the factors of a written form, axes that have to be equal, and the axes of the value: a third of the time of `contract`
    (`python -m benchmarks --only tensors`)."""
    labels, out = FORMS[form]
    place: dict[int, tuple[int, int]] = {}
    equal = []
    for k, ls in enumerate(labels):
        for m, label in enumerate(ls):
            if label in place:
                equal.append((*place[label], k, m))
            place.setdefault(label, (k, m))
    return [len(ls) for ls in labels], equal, [place[label] for label in out]


_RANGES = tuple(tuple(range(k)) for k in range(8))


def _range(x: Expr) -> Labels:
    k = len(x.shape)
    return _RANGES[k] if k < 8 else tuple(range(k))


def commutation(m: Dim, n: Dim) -> Expr:
    """The matrix that takes vec(A) to vec(A') of an m by n matrix A."""
    crossed = contract((eye(m), eye(n)), ((0, 1), (2, 3)), (0, 2, 3, 1))
    return reshape(crossed, (dim_product((m, n)),) * 2)


def duplication(n: Dim) -> Expr:
    """The matrix that takes vech(S) to vec(S) of a symmetric n by n matrix S."""
    return call("duplication_of", eye(n))


def selector(k: Dim, n: Dim, before: Dim = 0) -> Expr:
    """The matrix whose product with a vector of n is its k entries behind the first ones, of which there are `before`."""
    count = call("cumsum", spread(ONE, (n,)))
    columns = contract((count,), ((1,),), (0, 1), {0: k})
    rows = contract((call("cumsum", spread(ONE, (k,))),), ((0,),), (0, 1), {1: n})
    return call("eq", columns, rows if before == 0 else add(rows, dim(before)))


def selected(e: Expr, *, written: bool = False) -> tuple[Dim, Dim, Dim, bool] | None:
    """k, n, what comes before, and whether it is transposed, where this is a `selector` in any order of its terms; None for other nodes.

    written: as index sums are elaborated, where a sum is repeated along an axis, and not its terms.
    """
    turned = False
    while e.op == PROD and e.data == FORMS["transpose"]:
        turned, e = not turned, e.args[0]
    if e.op != CALL or e.data != "eq" or len(e.shape) != 2:
        return None
    offsets: dict[int, list[tuple[Dim, int]]] = {}
    for side in e.args:
        found = _counted(side, written)
        if found is None or found[0] in offsets:
            return None
        offsets[found[0]] = found[1]
    if len(offsets) != 2:
        return None
    before = dim_sum([*offsets[0], *[(d, -c) for d, c in offsets[1]]])  # [i + a == j + b]: j is i + a - b
    k, n = e.shape
    terms = sum_terms(before) if not isinstance(before, int) else {1: before}
    signs = {c > 0 for c in (terms or {before: 1}).values() if c}
    if len(signs) > 1:
        return None
    if not signs:  # which of the two is the part?
        return (n, k, 0, not turned) if _is_less(dim_sum([(n, 1), (k, -1)])) else (k, n, 0, turned)
    if signs == {False}:
        k, n, before, turned = n, k, dim_sum([(before, -1)]), not turned
    if _is_less(dim_sum([(n, 1), (k, -1), (before, -1)])):
        return None  # a shift, not a part
    return k, n, before, turned


def _is_less(d: Dim) -> bool:
    """Whether a sum of dimensions is below 0, as far as its names say: numbers are taken to be small."""
    if isinstance(d, int):
        return d < 0
    terms = sum_terms(d) or {}
    named = [c for part, c in terms.items() if part != 1]
    return bool(named) and all(c < 0 for c in named)


def place_of(e: Expr) -> Dim | None:
    """How many entries come before the 1 of a basis vector, `unit(3, n)` or `[cumsum(ones(n)) == m + 1]`; None for other nodes."""
    if e.op == UNIT:
        return int(e.data) - 1
    if e.op != CALL or e.data != "eq" or len(e.shape) != 1:
        return None
    for count, other in (e.args, e.args[::-1]):
        if is_call(count, "cumsum") and _is_all_ones(count.args[0]) and other.op == PROD and len(other.args) == 1 and not other.data[0][0]:
            d = _as_dim(other.args[0])
            return None if d is None else dim_sum([(d, 1), (1, -1)])
    return None


def _is_all_ones(e: Expr) -> bool:
    return e.op == PROD and (e.args == () or (e.args == (ONE,) and not e.data[0][0]))


def _counted(side: Expr, written: bool) -> tuple[int, list[tuple[Dim, int]]] | None:
    """The axis along which a side of a comparison counts 1, 2, …, and what is added to that."""
    axis, added = -1, list[tuple[Dim, int]]()
    stack: list[tuple[Expr, int, Labels | None]] = [(side, 1, None)]  # None: along the axes of the side
    while stack:
        e, c, turned = stack.pop()
        if e.op == SUM:
            if any(not isinstance(d, int) for d in e.data):
                return None
            stack += [(a, c * int(d), turned) for a, d in zip(e.args, e.data, strict=True)]
            continue
        inner, along = _view(e)
        if written and inner.op == SUM and len(along) == 1 and turned is None:  # ones(k)*(count + 1)'
            stack.append((inner, c, along))
            continue
        if e.op == PROD and e.data == FORMS["vec_row"]:  # ones(k)*count', count*ones(n)'
            left, right = e.args
            if _is_all_ones(left) and right.op == PROD and right.data == FORMS["row"]:
                inner, along = right.args[0], (1,)
            elif _is_all_ones(right):
                inner, along = left, (0,)
            else:
                return None
        if e.op == PROD and not e.args:
            added.append((1, c))
            continue
        if e.op == PROD and len(e.args) == 1 and not e.data[0][0]:
            d = _as_dim(e.args[0])
            if d is None:
                return None
            added.append((d, c))
            continue
        if inner.op == RESHAPE and inner.shape == inner.args[0].shape:
            inner = inner.args[0]
        if inner.op != CALL or inner.data != "cumsum" or len(along) != 1 or axis >= 0 or c != 1:
            return None
        ones = inner.args[0]
        if ones.op != PROD or ones.args not in ((), (ONE,)):
            return None
        axis = along[0] if turned is None else turned[along[0]]
    return (axis, added) if axis >= 0 else None


def _as_dim(e: Expr) -> Dim | None:
    """The dimension that a number of the formula is."""
    if e.op == NUM and isinstance(e.data, int):
        return int(e.data)
    if e.op == DIM:
        found: Dim = e.data
        return found
    if e.op == SUM and all(isinstance(c, int) for c in e.data):
        parts = [_as_dim(a) for a in e.args]
        return None if None in parts else dim_sum([(d, int(c)) for d, c in zip(parts, e.data, strict=True) if d is not None])
    if e.op == PROD and not e.shape:
        parts = [_as_dim(a) for a in e.args]
        return None if None in parts else dim_product([d for d in parts if d is not None])
    return None


def listed(entries: Sequence[Expr]) -> Expr:
    """`[a, b]`: the vector of these numbers, each times its basis vector."""
    n = len(entries)
    return linear([1] * n, [scale(a, unit(i, n)) for i, a in enumerate(entries, 1)])


def listed_entries(e: Expr) -> list[Expr] | None:
    """The numbers of a vector that is written out; None for other nodes."""
    if e.op != SUM or len(e.shape) != 1 or e.shape[0] != len(e.args) or any(c != 1 for c in e.data):
        return None
    for i, a in enumerate(e.args, 1):
        if a.op != PROD or len(a.args) != 2 or a.data != (((), (0,)), (0,)) or a.args[1].op != UNIT or a.args[1].data != i:
            return None
    return [a.args[0] for a in e.args]


# ---------------------------------------------------------------------------------------------- words for people


def show_dim(d: Dim) -> str:
    return dims.show(d)


def describe(shape: Shape) -> str:
    """`scalar`, `vector(n)`, `matrix(m, n)`, `tensor(i, j, k)`: a shape as it is declared."""
    kind = ("scalar", "vector", "matrix")[len(shape)] if len(shape) < 3 else "tensor"
    return kind + ("(" + ", ".join(show_dim(d) for d in shape) + ")" if shape else "")


def describe_type(shape: Shape, properties: Iterable[str]) -> str:
    """`psd matrix(n, n)`, `vector(m) of label(k)`: shape and properties as they are declared."""
    words = list(properties)
    label = next((word for word in words if word.startswith("label")), "")
    if label:
        return f"{describe(shape)} of {label}" if shape else label
    return " ".join([*words, describe(shape)])
