"""Indices of sums, and the places that they name in the brackets of an entry.

    x[i], x[i - 1], x[i + 2]                                     an index, perhaps shifted
    x[i + j - 1], x[n + 1 - i], x[2*i], x[n]                     a sum of indices, sizes and numbers
    x[(i - 1)*n + j]                                             two indices that count one axis together, j up to n
    x[floor((r - 1)/n) + 1], x[r - floor((r - 1)/n)*n]           the two parts (i, j) of the index r = (i - 1)*n + j

The parts of an index are indices themselves, so both patterns nest: this is how reshaped values are written by entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from symdiff.syntax.hints import check_size
from symdiff.syntax.tree import Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.operators import CONDITIONS

MAX_NESTING = 8  # patterns inside patterns; nobody merges more axes


Atom = int | str  # the number of an index, or the text of a size; ~k: the size of the axis of index number k
Sum = dict[Atom, int]  # coefficients; that of ONE is the number
ONE = ""


@dataclass(slots=True)
class Index:
    """An index of a sum.

    upper: the tree of the size of its axis, None where the entries fix it. lower, drop: it runs from `lower` to the size minus `drop`.
    total: what it indexes has a value for every number, also outside the range. said: other trees that must be that size.
    parts: the indices that it is made of, where it is used by parts. offset: what the number is above its place on the axis.
    same: an index whose axis it shares. guarded: brackets around the body keep it in its range. perhaps_empty: of a guarded range.
    begins: at this number, where the first ones are no places of the axis. own: the size of its axis, where that is a sum of sizes.
    low, high: the first and the last number, in terms of the indices outside and of sizes, which `sizes` has the trees of; high is None
    where the entries fix it.
    """

    name: str
    span: tuple[int, int]
    upper: Tree | None = None
    lower: int = 1
    drop: int = 0
    total: bool = True
    said: list[Tree] = field(default_factory=list)
    parts: tuple[int, int] | None = None
    offset: int = 0
    same: int | None = None
    guarded: bool = False
    perhaps_empty: bool = False
    begins: int | None = None
    own: Sum | None = None
    low: Sum = field(default_factory=lambda: {ONE: 1})
    high: Sum | None = None
    sizes: dict[Atom, Tree] = field(default_factory=dict)


class Place(NamedTuple):
    """Indices that count one axis together, and what is added to the last; or a sum of indices and sizes.

    sum: of the numbers of the indices, in any other combination than one with coefficient 1; sizes: the trees of the sizes in it.
    """

    indices: tuple[int, ...]
    shift: int = 0
    sum: Sum | None = None
    sizes: dict[Atom, Tree] | None = None
    written: str = ""


class Picked(NamedTuple):
    """An entry that a label picks: the `kid`-th operand of the index."""

    kid: int


def place(tree: Tree, scope: Mapping[str, int], indices: list[Index], depth: int = MAX_NESTING) -> Place | None:
    """The place that a tree names, None if it is none of the patterns. Parts of an index are appended to `indices`."""
    if tree.kind == "name":
        k = scope.get(tree.value, -1)
        return Place((k,), indices[k].offset) if k >= 0 else None
    if not depth or tree.kind not in ("add", "sub"):
        return None
    a, b = tree.kids
    if _whole(b):
        check_size(b.value, (b.start, b.end))
        if tree.kind == "add" and _is_floor(a) and b.value == 1:
            return _part(0, a, scope, indices, depth)
        found = place(a, scope, indices, depth - 1)
        shift = b.value if tree.kind == "add" else -b.value
        return Place(found.indices, found.shift + shift) if found and len(found.indices) == 1 else None
    if tree.kind == "sub" and b.kind == "mul" and _is_floor(b.kids[0]):
        found = _part(1, b.kids[0], scope, indices, depth)
        if found and place(a, scope, indices, depth - 1) == _whole_of(found, indices):
            indices[found.indices[0]].said.append(b.kids[1])
            return found
    elif tree.kind == "add" and a.kind == "mul":
        front, back = _before(a.kids[0], scope, indices, depth), place(b, scope, indices, depth - 1)
        if front and back and not front.shift and not back.shift and len(back.indices) == 1:
            indices[back.indices[0]].said.append(a.kids[1])
            return Place(front.indices + back.indices)
    return None


def leaves(k: int, indices: Sequence[Index]) -> Iterator[int]:
    """The indices that index number k consists of in the end, slowest first."""
    stack = [k]
    while stack:
        k = stack.pop()
        parts = indices[k].parts
        if parts is None:
            yield k
        else:
            stack += reversed(parts)


def _part(which: int, floor: Tree, scope: Mapping[str, int], indices: list[Index], depth: int) -> Place | None:
    """The slow (0) or fast (1) part of the r in `floor((r - 1)/n)`."""
    above, size = floor.kids[0].kids
    whole = _before(above, scope, indices, depth)
    if whole is None or len(whole.indices) != 1 or whole.shift:
        return None
    index = indices[whole.indices[0]]
    if index.parts is None:
        index.parts = (len(indices), len(indices) + 1)
        indices += [Index(index.name, index.span), Index(index.name, index.span, size)]
    else:
        indices[index.parts[1]].said.append(size)
    return Place((index.parts[which],))


def _whole_of(part: Place, indices: Sequence[Index]) -> Place:
    return next(Place((k,)) for k, index in enumerate(indices) if index.parts and part.indices[0] in index.parts)


def _before(tree: Tree, scope: Mapping[str, int], indices: list[Index], depth: int) -> Place | None:
    """The place p of `p - 1`."""
    if tree.kind == "sub" and _whole(tree.kids[1]) and tree.kids[1].value == 1:
        return place(tree.kids[0], scope, indices, depth - 1)
    return None


def _whole(tree: Tree) -> bool:
    return tree.kind == "number" and isinstance(tree.value, int)


def _is_floor(tree: Tree) -> bool:
    return tree.kind == "call" and tree.value == "floor" and len(tree.kids) == 1 and tree.kids[0].kind == "div"


_TOTAL = frozenset(
    (
        "number",
        "name",
        "index",
        "slice",
        "neg",
        "add",
        "sub",
        "mul",
        "emul",
        "dot",
        "iverson",
        "bars",
        "over",
        "tensor",
        "transpose",
        "matmul",
    )
)


def is_total(body: Tree) -> bool:
    """Whether an expression has a finite value and derivative whatever its entries are."""
    stack = [body]
    while stack:
        tree = stack.pop()
        if tree.kind in ("pow", "epow"):
            if not _whole(tree.kids[1]):
                return False
        elif tree.kind == "call":
            row = TABLE.names.get(tree.value)
            if (row is None and tree.value not in BUILT_IN) or (row is not None and (row.where or row.macro)):
                return False
        elif tree.kind == "over" and tree.value[0] == "mean" and len(tree.kids) == 3:
            lo, hi, _ = tree.kids
            if not (_whole(lo) and lo.value == 1 and (hi.kind == "name" or _whole(hi))):  # the mean over no numbers at all
                return False
        elif tree.kind not in _TOTAL and tree.kind not in CONDITIONS:
            return False
        if tree.kind != "index":
            stack += tree.kids
        else:
            stack.append(tree.kids[0])
    return True
