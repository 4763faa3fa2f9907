"""Values at one place of an axis: of three axes, what stands at `h` is a matrix, and has a text in matrix notation, `Q[h]*K[h]'`.

In: a written value, an axis, and the number of the letter that runs along it. Out: the written value at that place, in which letters such as `Q[h]` are
variables of their own, or None where the axis is met in another way than place by place. Products that have no form once an axis is gone are put
together from those that have one. It ends because every node is asked once for an axis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from symdiff.expr import build
from symdiff.expr.build import Labels
from symdiff.expr.node import CALL, DELTA, NAME, NUM, OPAQUE, POW, PROD, SUM, VAR, Dim, Expr, make
from symdiff.expr.patterns import is_call_of, is_letter
from symdiff.expr.walk import topological
from symdiff.notation.entangled import is_count
from symdiff.notation.forms import form_of
from symdiff.table import TABLE

MOST_PLACES = 4  # axes in front of those of a matrix

Place = tuple[Expr, int]
Item = tuple[Expr, Labels]


# From a function of all entries to the one of the entries of each row.
ROWWISE = {row.of: row.name for row in TABLE if row.of}


class Slices:
    """Values at places. leaves: the variables that stand for `Q[h]` or `h`: of what, and for every axis of it the number of a letter, None where it is kept."""

    def __init__(self, is_leaf: Callable[[Expr], bool] = lambda e: False, *, written: bool = True) -> None:
        self.is_leaf = is_leaf
        self.written = written  # products keep forms of matrix notation; in normal form they have none
        self.whole: set[Expr] = set()
        self.known: dict[tuple[Expr, int, int], Expr | None] = {}
        self.leaves: dict[Expr, tuple[Expr, tuple[int | None, ...]]] = {}

    def at(self, e: Expr, axis: int, letter: int = 0) -> Expr | None:
        """The value at the place of a letter on an axis."""
        stack: list[Place] = [(e, axis)]
        while stack:
            node, k = stack[-1]
            if (node, k, letter) in self.known:
                stack.pop()
                continue
            wanted = self.needs(node, k)
            if (
                wanted is None and node is not e and len(node.shape) < 3 and self.leaves.keys().isdisjoint(topological([node]))
            ):  # softmax(z)[i]
                self.whole.add(node)
                wanted = []
            if wanted is None:
                return None
            missing = [(a, j) for a, j in wanted if (a, j, letter) not in self.known]
            if missing:
                stack += missing
                continue
            found = iter([x for a, j in wanted if (x := self.known[a, j, letter]) is not None])
            made = self.made(node, k, letter, found)
            if made is None:
                return None
            self.known[node, k, letter] = made
        return self.known[e, axis, letter]

    def needs(self, e: Expr, axis: int) -> list[Place] | None:
        """The arguments of which a place is asked, with the axis; None where the value at a place is not made of such."""
        if self.stands_alone(e):
            return []
        if e.op in (SUM, POW) or (is_call_of(e, TABLE) and TABLE[e.data].elementwise):
            return [(a, axis) for a in e.args if a.shape]
        if is_call_of(e, TABLE):
            ins, out = TABLE[e.data].core()
            return [(a, axis) for a in e.args if a.shape] if axis < len(e.shape) - len(out) and ("*",) not in ins else None
        if e.op == OPAQUE:
            return [(a, axis) for a in e.args] if axis < e.data[2] else None
        if e.op == PROD:
            return places_of(e, e.data[1][axis])
        return None

    def stands_alone(self, e: Expr) -> bool:
        """Whether an index stands behind the text of a value."""
        return is_letter(e) or e in self.whole or is_count(e) or self.is_leaf(e)

    def made(self, e: Expr, axis: int, letter: int, found: Iterator[Expr]) -> Expr | None:
        shape = e.shape[:axis] + e.shape[axis + 1 :]
        if self.stands_alone(e):
            return self.leaf(e, axis, letter)
        if e.op == PROD:
            return self.without(e, e.data[1][axis], found)
        args = tuple([next(found) if a.shape or e.op == OPAQUE else a for a in e.args])
        data = (e.data[0], e.data[1], e.data[2] - 1) if e.op == OPAQUE else e.data
        return make(e.op, args, data, shape)

    def leaf(self, e: Expr, axis: int, letter: int) -> Expr:
        """A variable for what stands at a place of a letter, a name or a count."""
        of, places = self.leaves.get(e, (e, (None,) * len(e.shape)))
        kept = [k for k, place in enumerate(places) if place is None]
        places = tuple([letter if k == kept[axis] else place for k, place in enumerate(places)])
        name = f"{of.data[0] if is_letter(of) else of.key}\0{places}"
        made = build.var(name, e.shape[:axis] + e.shape[axis + 1 :], of.data[1] if of.op == VAR else ())
        self.leaves[made] = of, places
        return made

    def over(self, e: Expr, deep: AbstractSet[Expr]) -> tuple[Expr, list[Dim]] | None:
        """What is added up in a product that sums over labels which all factors made of three axes have, and how often; nothing else is taken apart.

        deep: the nodes that are made of values with three axes, as `deep_nodes` finds them.
        """
        sizes: list[Dim] = []
        while len(sizes) < MOST_PLACES:
            found = self.over_one(e, deep, len(sizes))
            if found is None:
                return None
            e, size = found
            sizes.append(size)
            order = topological([e], into_names=False)
            deep = deep_nodes(order)
            if not deep:
                taken = [self.leaves[n][0] for n in order if n in self.leaves]
                return (e, sizes) if all(len(of.shape) > 2 or is_count(of) for of in taken) else None
        return None

    def over_one(self, e: Expr, deep: AbstractSet[Expr], letter: int) -> tuple[Expr, Dim] | None:
        """The same for one label, where the axes in front are asked first."""
        if e.op != PROD:
            return None
        large = [ls for a, ls in zip(e.args, e.data[0], strict=True) if a in deep]
        common = set.intersection(*map(set, large)) - set(e.data[1]) if large else set()
        for label in sorted(common, key=lambda label: (sum([ls.index(label) for ls in large]), label)):
            wanted = places_of(e, label)
            if wanted is None:
                continue
            found = [x for a, axis in wanted if (x := self.at(a, axis, letter)) is not None]
            if len(found) == len(wanted) and (made := self.without(e, label, iter(found))) is not None:
                a, axis = wanted[0]
                return made, a.shape[axis]
        return None

    def without(self, e: Expr, label: int, found: Iterator[Expr]) -> Expr | None:
        """A product at one place of a label: with what is found in place of the factors that have it."""
        labels, out = e.data
        items = [
            (next(found), tuple([i for i in ls if i != label])) if label in ls else (a, ls) for a, ls in zip(e.args, labels, strict=True)
        ]
        items = [item for item in items if item[0] is not build.ONE] or items[:1]  # what is left of ones along this axis
        left = tuple([i for i in out if i != label])
        shape = tuple([d for i, d in zip(out, e.shape, strict=True) if i != label])
        if len(items) == 1 and items[0][1] == left:
            return items[0][0]
        made = build.contract([a for a, _ in items], [ls for _, ls in items], left, dict(zip(left, shape, strict=True)))
        if (
            not self.written
            or form_of(made) not in ("", "outer")
            or not items[0][1]
            or len(left) > 2
            or not {*left} <= {i for _, ls in items for i in ls}  # spread along an axis that no factor has
            or any(len(ls) > 2 for _, ls in items)
        ):
            return made
        return put_together(items, left)


def deep_nodes(order: Iterable[Expr]) -> set[Expr]:
    """The nodes that have three axes, or are made of such."""
    found: set[Expr] = set()
    for e in order:
        if len(e.shape) > 2 or (e.op != NAME and not found.isdisjoint(e.args)):
            found.add(e)
    return found


def places_of(e: Expr, label: int) -> list[Place] | None:
    """The factors that have a label, with its axis; None where one has it twice."""
    found = []
    for a, ls in zip(e.args, e.data[0], strict=True):
        if ls.count(label) > 1:
            return None
        if label in ls:
            found.append((a, ls.index(label)))
    return found


# ---------------------------------------------------------------------------------------------- the axis put back


def laid(e: Expr, slices: Slices, letter: int, size: Dim) -> Expr | None:
    """The value at all places of a letter, the axis of the letter in front; None for values that are not made place by place."""
    new: dict[Expr, Expr] = {}
    for node in topological([e], into_names=False):
        if node in slices.leaves and letter in slices.leaves[node][1]:
            made = _leaf_laid(node, slices, letter)
        elif all(new[a] is a for a in (node.args if node.op != NAME else ())):
            made = node
        else:
            made = _node_laid(node, new, size)
        if made is None:
            return None
        new[node] = made
    return new[e] if new[e] is not e else _along(e, size)


def _leaf_laid(node: Expr, slices: Slices, letter: int) -> Expr | None:
    of, places = slices.leaves[node]
    if places.count(letter) != 1:
        return None
    back = tuple([None if k == letter else k for k in places])
    whole = of if not any(k is not None for k in back) else next((x for x, known in slices.leaves.items() if known == (of, back)), None)
    if whole is None:
        return None
    axis = [k for k, place in enumerate(back) if place is None].index(places.index(letter))
    order = (axis, *[k for k in range(len(whole.shape)) if k != axis])
    return whole if not axis else build.contract([whole], [tuple(range(len(order)))], order)


def _along(e: Expr, size: Dim) -> Expr:
    """A value repeated along an axis in front."""
    own = tuple(range(1, 1 + len(e.shape)))
    return build.contract([e], [own], (0, *own), {0: size})


def _node_laid(e: Expr, new: dict[Expr, Expr], size: Dim) -> Expr | None:
    """An operation on arguments of which some have an axis more, in front."""
    varies = [new[a] is not a for a in e.args]
    if e.op == PROD:
        labels, out = e.data
        fresh = 1 + max([i for ls in (*labels, out) for i in ls], default=-1)
        own = [(fresh, *ls) if v else ls for ls, v in zip(labels, varies, strict=True)]
        return build.contract([new[a] for a in e.args], own, (fresh, *out), dict(zip(out, e.shape, strict=True)))
    if e.op == POW and e.args[1].op != NUM:
        return None
    if e.op not in (SUM, POW, CALL, OPAQUE) or (e.op == CALL and e.data not in TABLE):
        return None
    name = e.data
    if (
        e.op == CALL and not TABLE[e.data].elementwise and ("*",) in TABLE[e.data].core()[0]
    ):  # of all entries of a vector: now those of each row
        if e.data not in ROWWISE or any(len(a.shape) != 1 for a, v in zip(e.args, varies, strict=True) if v):
            return None
        name = ROWWISE[e.data]
    # A number beside a vector, such as the d of rowstd(A, d), is one number for all places.
    numbers = e.op == CALL and not TABLE[e.data].elementwise
    alone = [v or e.op == POW or (numbers and not a.shape) for a, v in zip(e.args, varies, strict=True)]
    args = tuple([new[a] if one else _along(a, size) for a, one in zip(e.args, alone, strict=True)])
    data = (e.data[0], e.data[1], e.data[2] + 1) if e.op == OPAQUE else name
    return make(e.op, args, data, (size, *e.shape))


# ---------------------------------------------------------------------------------------------- products of forms


def put_together(items: Sequence[Item], out: Labels) -> Expr | None:
    """A product of vectors and matrices as products of two, in their order; None where the forms do not suffice."""
    front = [a for a, ls in items if not ls]
    rest = [item for item in items if item[1]]
    while len(rest) > 1:
        uses = Counter(i for _, ls in rest for i in set(ls))
        uses.update(out)
        pairs = [(i, j) for j in range(len(rest)) for i in range(j)]
        pair = next(
            (
                (i, j, step)
                for step in (_diagonal, _entry_by_entry, _chained, _weighed, _side_by_side)
                for i, j in pairs
                if step(rest[i], rest[j], uses)
            ),
            None,
        )
        if pair is None:
            return None
        i, j, step = pair
        joined = step(rest[i], rest[j], uses)
        assert joined is not None
        rest = [joined if k == i else item for k, item in enumerate(rest) if k != j]
    value = _summed(*rest[0], out) if rest else build.ONE
    for c in reversed(front):
        value = build.scale(c, value) if value is not None else None
    return value


def _entry_by_entry(a: Item, b: Item, uses: Counter[int]) -> Item | None:
    (x, own), (y, other) = a, b
    if set(own) != set(other) or len(set(own)) != len(own) or len(own) != len(other):
        return None
    return build.elementwise(x, y if own == other else build.transpose(y)), own


def _chained(a: Item, b: Item, uses: Counter[int]) -> Item | None:
    """Two of which one label is summed over that nothing else has."""
    (x, own), (y, other) = a, b
    common = [i for i in own if i in other]
    if len(common) != 1 or uses[common[0]] != 2 or len(set(own)) != len(own) or len(set(other)) != len(other):
        return None
    (label,) = common
    if len(own) == len(other) == 1:
        return build.dot(x, y), ()
    if len(own) == 1:
        return build.matvec(y if other[1] == label else build.transpose(y), x), tuple([i for i in other if i != label])
    left = x if own[1] == label else build.transpose(x)
    ends = tuple([i for i in (*own, *other) if i != label])
    if len(other) == 1:
        return build.matvec(left, y), ends
    return build.matmul(left, y if other[0] == label else build.transpose(y)), ends


def _diagonal(a: Item, b: Item, uses: Counter[int]) -> Item | None:
    """A vector along an axis of an identity: a diagonal matrix."""
    (x, own), (y, other) = (a, b) if len(a[1]) == 1 else (b, a)
    return (build.diag_matrix(x), other) if len(own) == 1 and y.op == DELTA and own[0] in other and other[0] != other[1] else None


def _weighed(a: Item, b: Item, uses: Counter[int]) -> Item | None:
    """A vector along an axis of a matrix."""
    (x, own), (y, other) = (a, b) if len(a[1]) == 1 else (b, a)
    if len(own) != 1 or len(other) != 2 or own[0] not in other or other[0] == other[1]:
        return None
    scale = build.diag_matrix(x)
    return build.matmul(scale, y) if other[0] == own[0] else build.matmul(y, scale), other


def _side_by_side(a: Item, b: Item, uses: Counter[int]) -> Item | None:
    """A column and a row."""
    (x, own), (y, other) = a, b
    return (build.vec_row(x, build.row(y)), (*own, *other)) if len(own) == len(other) == 1 and own != other else None


def _summed(x: Expr, own: Labels, out: Labels) -> Expr | None:
    """A value with the axes that are asked for, the others summed over."""
    if own == out:
        return x
    if len(set(own)) < len(own):
        return build.trace(x) if not out else None
    if not out:
        return build.total(x)
    if len(own) == 2 and len(out) == 1:
        return build.rowsum(x) if out[0] == own[0] else build.colsum(x)
    return build.transpose(x) if own == out[::-1] and len(own) == 2 else None
