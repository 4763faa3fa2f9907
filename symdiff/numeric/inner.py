"""Functions that only code knows: what `stable` puts in the place of formulas that are not computed as they are typed."""

from __future__ import annotations

from math import pi

from symdiff.expr.node import CALL, Expr, make
from symdiff.table import TABLE
from symdiff.table.row import Row, Table

# 1 - w*(1 - 3*w*(1 - 5*w*(…))), w = 1/(2*x^2): ten terms of the asymptotic series, exact to 6e-15 from 10 on.
SERIES = "".join(f"(1 - {k}/(2*#1*#1)*" for k in range(1, 20, 2)) + "1" + ")" * 10

INNER = Table()
INNER.add(
    Row(
        "_adjugate",
        ("A",),
        shape="n n -> n n",
        numpy="_adjugate",
        jax="_adjugate",
        torch="_adjugate",
        source="A = U S V': adj(A) = det(U) det(V) V adj(S) U', and adj(S) holds the products of the other singular values",
    )
)
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
        jax="_erfc_scaled",
        torch="_erfc_scaled",
        math="_erfc_scaled",
        c=f"(#1 <= 10 ? erfc(#1)*exp(fmax(#1, 0)*fmax(#1, 0)) : {SERIES}/(#1*sqrt({pi!r})))",
        range="y > 0",
        source="erfc(x)*exp(max(x, 0)^2): DLMF 7.12.1 for large x",
    )
)

# Entries b + 1 to b + k along an axis; x with b zeros before it and k behind.
for _place, _front, _pad, _tensor_pad in (("", "", "(#2, #3)", "(#2, #3)"), ("0", "", "((#2, #3), (0, 0))", "(0, 0, #2, #3)"), ("1", ":, ", "((0, 0), (#2, #3))", "(#2, #3)")):
    _taken = f"#1[{_front}#2:#2 + #3]"
    INNER.add(Row("_window" + _place, ("x", "b", "k"), shape="n, ,  -> n", integer=("b", "k"), numpy=_taken, jax=_taken, torch=_taken, source="a view"))
    INNER.add(
        Row(
            "_padded" + _place, ("x", "b", "k"), shape="n, ,  -> n", integer=("b", "k"), numpy=f"np.pad(#1, {_pad})", jax=f"jnp.pad(#1, {_pad})",
            torch=f"torch.nn.functional.pad(#1, {_tensor_pad})", source="zeros around it",
        )
    )  # fmt: skip


def row_of(name: str) -> Row:
    """The row of a function, of the table or of these."""
    return INNER[name] if name in INNER else TABLE[name]


def inner(name: str, x: Expr) -> Expr:
    """One of these functions, whose value has the shape of its argument."""
    return make(CALL, (x,), name, x.shape)
