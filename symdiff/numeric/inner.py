"""Functions that only code knows: what `stable` puts in the place of formulas that are not computed as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

from symdiff.errors import SymdiffError
from symdiff.expr.node import CALL, Dim, Expr, make
from symdiff.table import TABLE
from symdiff.table.row import CODE, Row, Table

# 1 - w*(1 - 3*w*(1 - 5*w*(…))), w = 1/(2*x^2): ten terms of the asymptotic series, exact to 6e-15 from 10 on.
SERIES = "".join(f"(1 - {k}/(2*#1*#1)*" for k in range(1, 20, 2)) + "1" + ")" * 10

INNER = Table()
INNER.add(
    Row(
        "_adjugate",
        ("A",),
        shape="n n -> n n",
        work="solve",
        numpy="_adjugate",
        jax="_adjugate",
        torch="_adjugate",
        source="A = U S V': adj(A) = det(U) det(V) V adj(S) U', and adj(S) holds the products of the other singular values",
    )
)
for _name, _shape, _what in (
    ("_left", "n n -> n n", "U"),
    ("_right", "n n -> n n", "V"),
    ("_cofactors2", "n n -> n n", "det(U) det(V) times the products of the other singular values, 0 on the diagonal"),
    ("_cofactors3", "n n -> n n n", "the same with three left out, 0 where two are one"),
):
    INNER.add(Row(_name, ("A",), shape=_shape, work="solve", numpy=_name, jax=_name, torch=_name, source=f"A = U diag(s) V': {_what}"))
INNER.add(
    Row(
        "_rownorm2",
        ("x",),
        shape="n -> ",
        numpy="_rownorm2",
        jax="_rownorm2",
        torch="_rownorm2",
        range="y >= 0",
        source="the root of the sum of squares, by rows",
    )
)
INNER.add(
    Row(
        "_erfc_scaled",
        ("x",),
        numpy="_erfc_scaled",
        jax="_erfc_traced",
        torch="_erfc_traced",
        math="_erfc_scaled",
        c=f"(#1 <= 10 ? erfc(#1)*exp(fmax(#1, 0)*fmax(#1, 0)) : {SERIES}/(#1*sqrt({pi!r})))",
        range="y > 0",
        source="erfc(x)*exp(max(x, 0)^2): DLMF 7.12.1 for large x",
    )
)


def row_of(name: str) -> Row:
    """The row of a function, of the table or of these."""
    return INNER[name] if name in INNER else TABLE[name]


def no_spelling(row: Row, target: str) -> SymdiffError:
    """The error that a function has no code for a target, with those that it has code for."""
    others = [f'"{other}"' for other in CODE if getattr(row, other)]
    hint = f"use {', '.join(others[:-1])} or {others[-1]}" if len(others) > 1 else f"use {others[0]}" if others else ""
    return SymdiffError(f"{row.name} has no spelling for the target {target}", hint=hint)


def inner(name: str, x: Expr) -> Expr:
    """One of these functions, whose value has the shape of its argument."""
    return make(CALL, (x,), name, x.shape)


# Entries by their places. The first axes of the array, as many as the name ends with, are those of the index, too. An index counts from 1, and
# where there is no such entry, it takes 0 and puts nothing.
# _take(x, e): x at e, x's other axes behind those of e. _put(g, e): the sum of the g whose index is the place, along a new axis.
# _upto(x, e), _from(x, e): the sum of x along its first axis up to e, or from e on. _dot0(x, w, e), _dot1: the sum of w*_take(x, e) along that axis
# of e; _dots(x, w, d, e) in two directions, the axes of d and e are the first and the second digit of the name read as a binary number.
ARGUMENTS = {"_take": "xe", "_put": "xe", "_upto": "xe", "_from": "xe", "_dot": "xwe", "_dots": "xwde"}
for _kind, _letters in ARGUMENTS.items():
    for _shared in range(4):
        INNER.add(Row(f"{_kind}{_shared}", tuple(_letters), shape="*,  -> ", source="by definition"))


def placed(kind: str, shared: int, args: Sequence[Expr], shape: Sequence[Dim]) -> Expr:
    """One of the functions that take or put entries."""
    return make(CALL, tuple(args), f"{kind}{shared}", tuple(shape))
