"""Small questions about written forms, and small forms: transposes, quotients, the chain that a product is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DELTA, NUM, POW, PROD, UNIT, Expr, Number, rational
from symdiff.expr.patterns import has_two_factors, is_call, is_letter, is_multiple, is_squared
from symdiff.simplify.shapes import is_ones, is_zero, split

Labels = tuple[int, ...]


def looked_up(a: Expr, b: Expr) -> Expr | None:
    """C[ids], where a is unit(ids, k) and b a letter."""
    return (
        build.matmul(a, b)
        if is_letter(b) and len(b.shape) == 2 and a.op == CALL and len(a.shape) == 2 and build.one_hot_of(a) is not None
        else None
    )


def constant(x: Expr) -> bool:
    """A number, perhaps spread."""
    return x.op == NUM or is_ones(split(x)[1]) or is_zero(x)


def roots(c: Number, over: list[Expr], under: list[Expr]) -> Number:
    """Written roots of constants put together: sqrt(2)*sqrt(pi) is sqrt(2*pi), and 2/sqrt(2) is sqrt(2). What is left of c."""
    for w in [w for w in under if is_root(w, NUM)]:
        radicand = w.args[0].data
        if (Fraction(c) / radicand).denominator == Fraction(c).denominator:
            c = rational(Fraction(c) / radicand)
            under.remove(w)
            over.insert(0, w)
    for parts in (over, under):
        found = [w for op in (NUM, CONST) for w in parts if is_root(w, op)]
        if len(found) > 1:
            inside = found[0].args[0]
            for w in found[1:]:
                inside = build.scale(inside, w.args[0])
            parts[parts.index(found[0])] = build.call("sqrt", inside)
            parts[:] = [w for w in parts if w not in found]
    return c


def is_root(w: Expr, op: int) -> bool:
    return is_call(w, "sqrt") and w.args[0].op == op


def power_base(x: Expr) -> Expr:
    return x.args[0] if x.op == POW else x


def is_inverse(w: Expr) -> bool:
    return is_call(w, "inv")


def is_power(w: Expr) -> bool:
    """A*A, A*A*A, …: printed as a power of the matrix."""
    if not has_two_factors(w) or w.data != build.FORMS["matmul"]:
        return False
    a, b = w.args
    return a is b or (a.op == PROD and a.data == w.data and a.args[1] is b and is_power(a))


def is_row(w: Expr) -> bool:
    """Whether a written node is a row vector: a transposed vector, or one times matrices."""
    while has_two_factors(w) and w.data == build.FORMS["matmul"]:
        w = w.args[0]
    while is_multiple(w):
        w = w.args[0]
    return build.is_form(w, "row") and w.shape[0] == 1


LEFT_SPINE = {build.FORMS[form] for form in ("matvec", "matmul", "row_vec", "vec_row")}


def pointwise(w: Expr) -> bool:
    """Scaling or an elementwise product, not a diag or an entry."""
    labels, out = w.data
    return all(ls in ((), out) for ls in labels)


def is_transpose(w: Expr) -> bool:
    return build.is_form(w, "transpose")


def transposed(w: Expr) -> Expr:
    """The transpose of a written matrix; a transpose is undone."""
    if is_transpose(w):
        return w.args[0]
    if w.op == DELTA or (build.is_form(w, "diag_matrix") and w.args[1].op == DELTA):
        return w
    if build.is_form(w, "vec_row") and build.is_form(w.args[1], "row"):
        return build.vec_row(w.args[1].args[0], build.row(w.args[0]))  # (x*y')' is y*x'
    return build.transpose(w)


def quotient(over: Sequence[Expr], under: Sequence[Expr]) -> Expr:
    """Written tensors multiplied and divided entry by entry."""
    result: Expr | None = None
    for w in over:
        result = w if result is None else build.elementwise(result, w)
    for w in under:
        inverse = build.power(w, build.MINUS_ONE)
        result = inverse if result is None else build.elementwise(result, inverse)
    assert result is not None
    return result


def unfold(w: Expr) -> list[Expr]:
    """The factors of a written matrix-vector product from the left: A*B*x is A, B, x."""
    parts: list[Expr] = []
    while build.is_form(w, "matvec"):
        parts.insert(0, w.args[1])
        w = w.args[0]
        if parts and build.is_form(w, "matmul"):
            while build.is_form(w, "matmul") and not is_power(w):
                parts.insert(0, w.args[1])
                w = w.args[0]
            break
    return [w, *parts]


def entry_of(x: Expr, unit: Expr) -> Expr:
    """x[i]; of a row or column of A it is A[i,j]."""
    if has_two_factors(x) and x.args[1].op == UNIT:
        matrix, other = x.args
        if x.data == build.FORMS["row_entry"]:
            return build.entry(matrix, other.data, unit.data)
        if x.data == build.FORMS["col_entry"]:
            return build.entry(matrix, unit.data, other.data)
    return build.entry(x, unit.data)


def rows_squared(w: Expr) -> Expr | None:
    """A, where w is written as rowsum(A .^ 2) or colsum(A' .^ 2)."""
    if not build.is_form(w, "rowsum", "colsum") or not is_squared(w.args[0]):
        return None
    inner = w.args[0].args[0]
    return inner if w.data == build.FORMS["rowsum"] else transposed(inner)
