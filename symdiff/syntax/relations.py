"""What the operators demand of the kinds of their operands: small relations, one row for every combination there is.

A row holds the kinds of the operands and, last, of the value. Kinds are single bits, so a set of kinds is a mask.

While a formula is entered (kinds.py), a mask holds two such sets, one for each of two readings, both of them candidates:
in the wide one small names may be matrices, in the narrow one they may not. `both` puts them side by side; relations narrow each by itself. To know
the two at once saves a second look at every relation: a third of what the worklist does for a formula of vectors (`python -m benchmarks
--only parsing`).
"""

from __future__ import annotations

from functools import cache
from itertools import product

from symdiff.table import TABLE
from symdiff.table.operators import OPERATORS, Operator

S, V, M, R, T = 1, 2, 4, 8, 16  # scalar, vector, matrix, row, tensor of order three and up
KINDS = {S: "scalar", V: "vector", M: "matrix", R: "row", T: "tensor"}
ANY = S | V | M | R | T
_BY_ORDER = {0: S, 1: V, 2: M}
_BITS = 5
_TWO = 1 << 2 * _BITS  # marks a mask of both candidates


def both(wide: int, narrow: int | None = None) -> int:
    """A mask of both candidates."""
    return wide | (wide if narrow is None else narrow) << _BITS | _TWO


def narrow_candidates(mask: int) -> int:
    return mask >> _BITS & ANY


KNOWN = frozenset([both(k) for k in KINDS])
OPEN = both(ANY)


def kind_of(order: int) -> int:
    return _BY_ORDER.get(order, T)


class Relation:
    """Rows of kinds; what sets of kinds it narrows is kept with it, since to hash the rows every time took a fifth of the typing
    (`python -m benchmarks --only parsing`).

    By the masks of the variables, all of one candidate or all of both: kept: what is left (`narrowed`); changes: where that is
    less (`changed`). entered: by the masks of the operands, the value and what is left (`enter`).
    """

    __slots__ = ("changes", "entered", "kept", "rows")

    def __init__(self, *rows: tuple[int, ...]) -> None:
        self.rows = rows
        self.kept: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.changes: dict[tuple[int, ...], tuple[tuple[int, int], ...] | None] = {}
        self.entered: dict[tuple[int, ...], tuple[int, tuple[int, ...]]] = {}

    def enter(self, kinds: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """For operands of these kinds, in both candidates, that of the value, 0 where one is not known or does not fit; and what is left of all."""
        found = self.entered.get(kinds)
        if found is None:
            left = self.narrowed((*kinds, OPEN))
            known = all(mask in KNOWN for mask in kinds) and left[:-1] == kinds
            found = self.entered[kinds] = left[-1] if known else 0, left
        return found

    def narrowed(self, masks: tuple[int, ...]) -> tuple[int, ...]:
        """The kinds that occur in a row of the relation within these sets; all 0 if there is none."""
        found = self.kept.get(masks)
        if found is None and max(masks) >= _TWO:
            wide, narrow = (self.narrowed(tuple([m >> shift & ANY for m in masks])) for shift in (0, _BITS))
            found = tuple(map(both, wide, narrow)) if wide[0] and narrow[0] else (0,) * len(masks)
            self.kept[masks] = found
        elif found is None:
            rows = [row for row in self.rows if all(kind & mask for kind, mask in zip(row, masks, strict=True))]
            found = self.kept[masks] = tuple([sum({row[k] for row in rows}) for k in range(len(masks))])
        return found

    def changed(self, masks: tuple[int, ...]) -> tuple[tuple[int, int], ...] | None:
        """The places that these sets are narrowed at, and what is left there; None if no row is left."""
        left = self.narrowed(masks)
        found = tuple([(k, left[k]) for k in range(len(masks)) if left[k] != masks[k]]) if left[0] else None
        self.changes[masks] = found
        return found


related = cache(Relation)

Kinds = tuple[int, ...]

_SCALED = (*[(S, k, k) for k in (V, M, R, T)], *[(k, S, k) for k in (V, M, R, T)])
_NAMED: dict[str, tuple[Kinds, ...]] = {
    "entries": (*[(k, k, k) for k in (S, V, M, R, T)], *_SCALED),
    "scaling": ((S, S, S), *_SCALED),
    "by a number": tuple([(k, S, k) for k in (S, V, M, R, T)]),
}
_LETTERS = {"S": S, "V": V, "M": M, "R": R, "T": T}


def forms(operator: Operator) -> dict[Kinds, str]:
    """The kinds that an operator takes and gives, and the constructor that makes the value; "" for entries, scaling and the like."""
    found: dict[Kinds, str] = {}
    for part in operator.types.split("; "):
        left, _, right = part.partition(" -> ")
        if right:
            kind, _, maker = right.partition(" ")
            found[tuple([_LETTERS[word] for word in (*left.split(), kind)])] = maker
        else:
            found |= dict.fromkeys(_NAMED[part], "")
    return found


@cache
def _relation(types: str) -> Relation:
    return Relation(*next(forms(operator) for operator in OPERATORS.values() if operator.types == types))


# Operators with the same words in the table share a relation: those that go entry by entry are one.
RELATIONS: dict[str, Relation] = {operator.kind: _relation(operator.types) for operator in OPERATORS.values()}
SPREAD, MUL, DIV, MATMUL, POW = (RELATIONS[kind] for kind in ("add", "mul", "div", "matmul", "pow"))
DOT_OR_SCALE, TRANSPOSE_OR_SCALAR = RELATIONS["dot"], RELATIONS["transpose"]
DOT = Relation(*[row for row in DOT_OR_SCALE.rows if S not in row[:2]])
TRANSPOSE = Relation(*[row for row in TRANSPOSE_OR_SCALAR.rows if S not in row])
POW_OF_SCALARS = Relation((S, S, S))
INVERTED = Relation((S,), (M,))
ALIKE = Relation(*[(k, k) for k in (S, V, M, R, T)])
ENTRIES = Relation((V, S), (M, S), (R, S), (T, S))
SQUARE = Relation((M, M))
DETERMINANT = Relation((M, S))
DIAG = Relation((V, M), (M, V))
REDUCE = Relation((M, V))
ROWS = Relation((M, S), (R, S))
OUTER = Relation((V, V, M))
INNER = Relation((V, V, S))
KRON = Relation((V, V, V), (M, M, M), (R, M, M), (M, R, M), (R, R, M), (V, R, M), (R, V, M))
# What concat, hcat and vcat take, and what they give.
JOINED = {"concat": (S | V, V), "hcat": (V | M, M), "vcat": (R | M, M)}


@cache
def joined(name: str, numbers: tuple[bool, ...]) -> Relation:
    """Of concat, hcat or vcat. numbers: which operands of concat are certainly numbers; the others are vectors."""
    takes, gives = JOINED[name]
    if name == "concat":
        return Relation((*[S if number else V for number in numbers], gives))
    kinds = [k for k in KINDS if k & takes]
    if len(numbers) > 5:  # more in one are all matrices
        return Relation((M,) * len(numbers) + (gives,))
    return Relation(*[(*row, gives) for row in product(kinds[::-1] if name == "hcat" else kinds, repeat=len(numbers))])


# value, argument, derivative of an opaque function
DERIVATIVE = Relation((S, S, S), (S, V, V), (S, M, M), (V, S, V), (M, S, M), (V, V, M), (V, M, T), (M, V, T), (M, M, T))


BUILT_IN_RELATIONS: dict[str, Relation] = {
    "sum": ENTRIES,
    "max": ENTRIES,
    "min": ENTRIES,
    "size": ENTRIES,
    "rows": ROWS,
    "cols": ROWS,
    "rowsum": REDUCE,
    "colsum": REDUCE,
    "tr": DETERMINANT,
    "trace": DETERMINANT,
    "diag": DIAG,
    "dot": INNER,
    "outer": OUTER,
    "transpose": TRANSPOSE,
    "vec": REDUCE,
    "kron": KRON,
}


@cache
def row_relation(name: str) -> Relation:
    """Argument and value of a row of the table with one tensor argument; leading axes beyond the core are a batch."""
    (core, *_), out = TABLE[name].core()
    if core == ("*",):
        return ENTRIES
    pairs = [(kind_of(len(core)), kind_of(len(out)))]
    if len(core) == 1:
        pairs.append((M, kind_of(1 + len(out))))
        if len(out) == 1:
            pairs.append((R, R))
        elif name.startswith("row"):  # of the one row of a row: a vector of one entry
            pairs.append((R, V))
    return related(*pairs)


def words(mask: int) -> str:
    """A set of kinds in words."""
    return " or ".join(word for kind, word in KINDS.items() if kind & mask) or "value"
