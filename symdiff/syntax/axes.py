"""Which axes of operands and values are one: read off the index patterns of constructors."""

from __future__ import annotations

from functools import cache

from symdiff.expr.build import FORMS
from symdiff.syntax.relations import (
    DIAG,
    DOT,
    DOT_OR_SCALE,
    INNER,
    INVERTED,
    MUL,
    OUTER,
    RELATIONS,
    TRANSPOSE,
    M,
    R,
    Relation,
    V,
    forms,
)
from symdiff.table.operators import OPERATORS

_Rule = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def _rule(text: str) -> _Rule:
    """`a1=b0 c0=a0`: which axis of operands a, b and value c is which (two variables: a and c are called a, b)."""
    return tuple((("abc".index(p[0]), int(p[1])), ("abc".index(p[3]), int(p[4]))) for p in text.split())


@cache
def split(rule: _Rule, value: int) -> tuple[_Rule, tuple[tuple[int, int], ...]]:
    """What a rule asks of the operands alone, and where it takes each axis of the value from; () if it does not say all."""
    found: dict[int, tuple[int, int]] = {}
    checks = []
    for left, right in rule:
        if value not in (left[0], right[0]):
            checks.append((left, right))
        elif left[0] == value != right[0] and left[1] not in found:
            found[left[1]] = right
        else:
            return rule, ()
    return tuple(checks), tuple([found[k] for k in range(len(found)) if k in found])


def _rule_of(form: str, kinds: tuple[int, ...]) -> _Rule:
    """The axes that the index pattern of a constructor makes one; of a row, whose first axis has length 1, the second counts alone."""
    labels, out = FORMS[form]
    axes = [ls[1:] if kind == R else ls for ls, kind in zip((*labels, out), kinds, strict=True)]
    first: dict[int, tuple[int, int]] = {}
    equal = []
    for i, ls in enumerate(axes):
        for j, label in enumerate(ls):
            if first.setdefault(label, (i, j)) != (i, j):
                equal.append(((i, j), first[label]) if i == len(labels) else (first[label], (i, j)))
    return tuple(equal)


def _axes_of(kind: str) -> dict[tuple[int, ...], _Rule]:
    return {kinds: _rule_of(form, kinds) for kinds, form in forms(OPERATORS[kind]).items() if form in FORMS}


AXES: dict[Relation, dict[tuple[int, ...], _Rule]] = {
    **{relation: axes for kind, relation in RELATIONS.items() if (axes := _axes_of(kind))},
    INVERTED: {(M,): _rule("a0=a1")},
    DOT: _axes_of("dot"),
    INNER: _axes_of("dot"),
    OUTER: {(V, V, M): _rule_of("outer", (V, V, M))},
    TRANSPOSE: _axes_of("transpose"),
    DIAG: {(V, M): _rule("b0=a0 b1=a0"), (M, V): _rule("a0=a1 b0=a0")},
}

KRONECKER = frozenset(kind for kind, operator in OPERATORS.items() if "kron" in operator.types)

MULTIPLYING = KRONECKER | {"call"}  # vec and kron, not sums of indices

NAMED_AXES = {"rowsum": _rule("b0=a0"), "colsum": _rule("b0=a1"), "tr": _rule("a0=a1"), "trace": _rule("a0=a1")}

SCALES = (MUL, DOT, DOT_OR_SCALE)
