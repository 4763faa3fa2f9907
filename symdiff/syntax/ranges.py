"""Ranges of index sums: where they begin and end, in terms of the indices outside and of dimensions.

    i=1..n, i=2..n-1            the whole axis, or a part of it that numbers bound
    k=0..n-1, k=-2..2           numbers that are not places: the place is k less an offset
    j=1..i, j=i+1..n            bounds that depend on an index outside: the whole axis, and a bracket keeps j between them
    i=1..n-k+1                  an axis of its own, as long as the range: windows, and every range of a tensor
    k=0..m                      numbers before 1 (or after the size) that no offset brings inside are terms of their own

In: the trees of the bounds. Out: a `Range`, or a ParseError that offers the bracket form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from symdiff.errors import ParseError, ShapeError
from symdiff.expr import dims
from symdiff.expr.build import show_dim
from symdiff.expr.node import Dim
from symdiff.syntax import hints
from symdiff.syntax.places import ONE, Atom, Index, Sum, is_total
from symdiff.syntax.tree import Tree, mentions
from symdiff.table.operators import BELOW, MIRROR, NEGATION

MAX_TERMS = 64  # numbers of a range that are written out as terms of their own
MAX_WRITTEN = 100_000  # trees in all the terms that one formula has written out


@dataclass(slots=True)
class Range:
    """index: the index as it runs over its axis. guards: conditions that keep it in its range, beyond what the index itself says.

    before, after: numbers of the range that are no places of the axis, each with the conditions under which it is in the range.
    count: how many numbers there are, where the index does not say it.
    """

    index: Index
    guards: list[Tree] = field(default_factory=list)
    before: list[tuple[Tree, list[Tree]]] = field(default_factory=list)
    after: list[tuple[Tree, list[Tree]]] = field(default_factory=list)
    count: Tree | None = None


class Guard(NamedTuple):
    """A condition under which an entry counts: it holds there, or it does not; scope: what its names mean."""

    condition: Tree
    holds: bool
    scope: Mapping[str, int]


MOST_FACTORS = 32  # of a product in which brackets are looked for
NO_CONDITIONS: tuple[tuple[Tree, bool], ...] = ()


def guarding(tree: Tree) -> list[Sequence[tuple[Tree, bool]]]:
    """For every kid of a tree the conditions outside of which it does not count: brackets beside it, the condition of its branch."""
    if tree.kind in ("mul", "emul"):
        left, right = tree.kids
        return [_brackets(right), _brackets(left)]
    if tree.kind == "call" and tree.value == "if" and len(tree.kids) == 3:
        return [NO_CONDITIONS, [(tree.kids[0], True)], [(tree.kids[0], False)]]
    return [NO_CONDITIONS] * len(tree.kids)


def _brackets(tree: Tree) -> list[tuple[Tree, bool]]:
    """The conditions of the brackets among the factors of a product."""
    found: list[tuple[Tree, bool]] = []
    stack, factors = [tree], 0
    while stack and factors < MOST_FACTORS:
        tree = stack.pop()
        factors += 1
        if tree.kind == "iverson":
            found.append((tree.kids[0], True))
        elif tree.kind in ("mul", "emul"):
            stack += tree.kids
        elif tree.kind in ("div", "neg"):
            stack.append(tree.kids[0])
    return found


def bounds_of(guard: Guard, k: int, sizes: dict[Atom, Tree]) -> Iterator[tuple[bool, Sum]]:
    """What a condition says of index number k alone: (is it the last number, its value)."""
    conditions = [guard.condition]
    while conditions:
        c = conditions.pop()
        if c.kind == ("and" if guard.holds else "or"):
            conditions += c.kids
        elif c.kind == "not" and guard.holds and c.kids[0].kind in NEGATION:
            conditions.append(Tree(NEGATION[c.kids[0].kind], c.kids[0].kids))
        elif c.kind in NEGATION:
            relation = c.kind if guard.holds else NEGATION[c.kind]
            left, right = [sum_of(kid, guard.scope, sizes) for kid in c.kids]
            total = None if left is None or right is None else _minus(left, right)
            if total is None or abs(total.get(k, 0)) != 1 or any(isinstance(a, int) and a != k for a in total):
                continue
            sign = total.pop(k)
            value = {a: -sign * v for a, v in total.items()}  # index `relation` value
            if sign < 0:
                relation = MIRROR[relation]
            if relation in ("ge", "gt", "eq"):
                yield False, _minus(value, {ONE: -int(relation == "gt")})
            if relation in ("le", "lt", "eq"):
                yield True, _minus(value, {ONE: int(relation == "lt")})
            if relation == "ne" and value == {ONE: 1}:
                yield False, {ONE: 2}


def ranged(
    name: str,
    lo: Tree,
    hi: Tree,
    body: Tree,
    span: tuple[int, int],
    scope: Mapping[str, int],
    indices: Sequence[Index],
    text: str,
    *,
    exact: bool = False,
) -> Range:
    """The range `name=lo..hi` of a body. ParseError where the range cannot be kept, with the bracket form in its hint.

    exact: the axis is as long as the range, wherever a number begins it and sizes end it.

    Long: one decision with all its cases, in the order in which they are tried.
    """
    if lo.kind == "number" and lo.value == 1 and hi.kind == "name" and hi.value not in scope:  # nearly all are
        return Range(Index(name, span, hi, high={hi.value: 1}, sizes={hi.value: hi}))
    sizes: dict[Atom, Tree] = {}
    low, high = sum_of(lo, scope, sizes), sum_of(hi, scope, sizes)

    def refused(what: str) -> ParseError:
        return ParseError(what, span=span, hint=_bracket_form(name, lo, hi, text))

    for bound in (lo, hi):
        if bound.kind == "number" and not _is_whole(bound):
            raise ParseError("a range begins and ends at a whole number", span=(bound.start, bound.end), hint="sum(i=1..n, x[i])")
        if mentions(bound, (name,)):
            raise ParseError(f"the range of `{name}` depends on `{name}`", span=span, hint="give the inner index another name")
    if low is None or high is None:
        bad = lo if low is None else hi
        raise refused(f"a range begins and ends at a sum of indices, whole numbers and sizes, not at `{_text(bad, text)}`")
    first, last = extreme(low, indices, -1, sizes), extreme(high, indices, 1, sizes)
    depends = any(isinstance(a, int) for a in (*low, *high))
    start = first.pop(ONE, 0)
    of_sizes = [a for a in high if a != ONE]
    part = start > 1 or high.get(ONE, 0) < 0
    if (
        not first
        and not depends
        and (exact or len(of_sizes) > 1 or (part and of_sizes and set(high.values()) - {1, high.get(ONE)} == set() and not is_total(body)))
    ):
        return Range(_own_axis(Index(name, span), lo, hi, start, low, high, sizes, refused))
    if first:  # begins at a size: all of them are 1 or more
        if any(c < 0 for c in first.values()) or sum(first.values()) + start < 1:
            raise refused(f"nothing says that `{name}` begins at 1 or later")
        start = 1
        depends = True
    end = last.pop(ONE, 0)
    index = Index(name, span)
    for atom, c in last.items():
        if isinstance(atom, str) and c > 1 and len(last) == 1:  # 2*n is a size, too
            last = {f"{c}*{atom}": 1}
            sizes[f"{c}*{atom}"] = Tree("mul", (_number(c, (hi.start, hi.end)), sizes[atom]), None, hi.start, hi.end)
            break
    less = [a for a, c in last.items() if c < 0]
    if less and len(last) > len(less):  # `n - m + 1` is n or less, for m is 1 or more
        end += sum(last.pop(a) for a in less)
        depends = True
    if len(last) > 1 or any(c != 1 for c in last.values()):
        raise refused(f"`{name}` ends at no size of an axis")
    low_terms = high_terms = 0
    if not last:
        _between_numbers(index, start, end, hi)
    else:
        (atom,) = last
        low_terms, high_terms = _at_places(index, start, end)
        if low_terms + high_terms > MAX_TERMS:
            raise refused(f"`{name}` begins or ends too far outside of the axis")
        if isinstance(atom, int):
            index.same = ~atom
        else:
            index.upper = sizes[atom]
    index.total = depends or (index.lower == 1 and not index.drop) or is_total(body)
    index.guarded = depends
    index.low = {ONE: index.lower + index.offset} if low_terms else low
    index.high = dict(last) if high_terms else high
    index.sizes = sizes
    guards = _guards(name, lo, hi, low, high, index) if depends else []
    made = Range(index, guards)
    at = (lo.start, hi.end)
    made.before = [_term(start + k, name, low, high, guards, indices, sizes, at) for k in range(low_terms)]
    if high_terms:
        size = sizes.get(atom)
        if size is None or depends:
            raise refused(f"`{name}` ends outside of the axis")
        made.after = [(Tree("add", (size, _number(k + 1, at)), None, *at), []) for k in range(high_terms)]
    if depends or low_terms or high_terms:
        made.count = _count(lo, hi, low, high, at)
        shortest = extreme(_minus(high, low), indices, -1, sizes)
        sizes_in = [c for a, c in shortest.items() if a != ONE]
        index.perhaps_empty = any(c < 0 for c in sizes_in) or (not sizes_in and shortest.get(ONE, 0) < 0)
    return made


def _between_numbers(index: Index, start: int, end: int, hi: Tree) -> None:
    """Both ends are whole numbers: the axis is as long as they say."""
    if end < start:
        raise ShapeError(f"the range of `{index.name}` is empty", span=index.span)
    index.offset = start - 1 if start < 1 else 0
    hints.check_size(end - index.offset, index.span)
    index.upper = Tree("number", (), end - index.offset, hi.start, hi.end)
    index.lower = start - index.offset


def _at_places(index: Index, start: int, end: int) -> tuple[int, int]:
    """The numbers from `start` to a size plus `end`, at the places of an axis of that size, moved by an offset if that brings all of them there.

    How many in front of the axis, and behind it, are terms of their own.
    """
    if start < 1:
        index.offset = start - 1
    elif end > 0:
        index.offset = end
    outside = (0, 0)
    if not end <= index.offset <= start - 1:
        index.offset = 0
        index.begins = start
        outside = max(0, 1 - start), max(0, end)
    index.lower = max(start - index.offset, 1)
    index.drop = max(0, index.offset - end)
    return outside


def _own_axis(
    index: Index, lo: Tree, hi: Tree, start: int, low: Sum, high: Sum, sizes: dict[Atom, Tree], refused: Callable[[str], ParseError]
) -> Index:
    """The index with an axis of its own, as long as its range."""
    extent = _minus(high, {ONE: start - 1})
    if not extent or (extent.keys() <= {ONE} and extent[ONE] < 1):
        raise ShapeError(f"the range of `{index.name}` is empty", span=index.span)
    if all(c < 0 for a, c in extent.items() if a != ONE) and extent.get(ONE, 0) < 1:
        raise refused(f"`{index.name}` ends at no size of an axis")
    less = start - 1
    at = (hi.start, hi.end)
    if set(extent) == {ONE}:
        index.upper = _number(hints.check_size(extent[ONE], index.span), at)
    else:
        index.upper = hi if not less else Tree("sub" if less > 0 else "add", (hi, _number(abs(less), at)), None, *at)
        index.own = extent if len(extent) > 1 or any(a == ONE or c != 1 for a, c in extent.items()) else None
    index.offset = less
    index.low, index.high, index.sizes = low, high, sizes
    return index


def guarded(body: Tree, conditions: Sequence[Tree], name: str, span: tuple[int, int]) -> Tree:
    """The body of a sum or product under conditions: 0 or 1 where they do not hold."""
    if not conditions:
        return body
    condition = conditions[0]
    for other in conditions[1:]:
        condition = Tree("and", (condition, other), None, *span)
    if name == "sum" and is_total(body):
        return Tree("emul", (body, Tree("iverson", (condition,), None, *span)), None, *span)
    return Tree("call", (condition, body, Tree("number", (), 0 if name == "sum" else 1, *span)), "if", *span)


def substituted(body: Tree, name: str, value: Tree) -> tuple[Tree, int]:
    """The body with a value in the place of an index, and the number of trees written."""
    order: list[tuple[Tree, bool]] = []
    stack = [(body, True)]
    while stack:
        tree, open_ = stack.pop()
        order.append((tree, open_))
        if tree.kind == "pairs" and name in [kid.value for kid in tree.kids[0].kids]:
            open_ = False
        shadowed = open_ and ((tree.kind == "over" and tree.value[1] == name) or (tree.kind == "tensor" and name in tree.value))
        stack += [(kid, open_ and not (shadowed and kid is tree.kids[-1])) for kid in tree.kids]
    done: list[Tree] = []
    for tree, open_ in reversed(order):
        n = len(tree.kids)
        kids = tuple(done[-n:]) if n else ()
        if n:
            del done[-n:]
        if tree.kind == "name" and tree.value == name and open_:
            done.append(value)
        else:
            done.append(Tree(tree.kind, kids, tree.value, tree.start, tree.end))
    return done[0], len(order)


def as_dims(total: Sequence[tuple[Dim, int]]) -> dict[Dim, int]:
    """A sum of dimensions, each with its coefficient, as one of products of names; whole numbers are the coefficients of 1."""
    return dict(dims.terms(dims.total(total)))


def inside(end: dict[Dim, int], n: Dim, sign: int) -> bool | None:
    """Is the largest (sign 1) or smallest (-1) number of a place one of 1 to n? None where that depends on the sizes."""
    slack = as_dims([*((d, -sign * c) for d, c in end.items()), (n, 1) if sign > 0 else (1, -1)])
    named = [c for d, c in slack.items() if d != 1]
    if sum(slack.values()) >= 0 and all(c > 0 for c in named):  # all sizes are 1 or more
        return True
    return None if any(c > 0 for c in named) else False


def show_sizes(total: Mapping[Dim, int]) -> str:
    """`m + k - 1`: a sum of sizes."""
    text = ""
    for d, c in sorted(total.items(), key=lambda pair: (pair[0] == 1, pair[1] < 0)):
        size = str(abs(c)) if d == 1 else show_dim(d) if abs(c) == 1 else f"{abs(c)}*{show_dim(d)}"
        text += f" {'-' if c < 0 else '+'} {size}" if text else f"{'-' if c < 0 else ''}{size}"
    return text or "0"


# --------------------------------------------------------------------------------------------------- small helpers


def triangular(tree: Tree) -> Tree | None:
    """The n of a size that is written n*(n + 1)/2, a name; None of other texts."""
    if tree.kind != "div" or tree.kids[0].kind != "mul" or tree.kids[1].kind != "number" or tree.kids[1].value != 2:
        return None
    n, more = tree.kids[0].kids
    if n.kind != "name" or more.kind != "add" or more.kids[1].kind != "number" or more.kids[1].value != 1:
        return None
    return n if more.kids[0].kind == "name" and more.kids[0].value == n.value else None


def sum_of(tree: Tree, scope: Mapping[str, int], sizes: dict[Atom, Tree]) -> Sum | None:
    """A bound as a sum of indices, sizes and a number with whole coefficients; None if it is none."""
    result: Sum = {}
    stack = [(tree, 1)]
    while stack:
        tree, times = stack.pop()
        kind = tree.kind
        if kind == "add" or kind == "sub":
            stack += [(tree.kids[1], times if kind == "add" else -times), (tree.kids[0], times)]
            continue
        if kind == "neg":
            stack.append((tree.kids[0], -times))
            continue
        if kind == "div":  # n*(n + 1)/2
            n = triangular(tree)
            if n is None or mentions(n, scope):
                return None
            key = f"{tree.kids[0].kids[0].value}*({tree.kids[0].kids[0].value}+1)/2"
            sizes.setdefault(key, tree)
            result[key] = result.get(key, 0) + times
            continue
        if kind == "mul" and _is_whole(tree.kids[0]) and abs(times) < hints.LARGEST_SIZE:
            stack.append((tree.kids[1], times * tree.kids[0].value))
            continue
        if kind == "mul" and _is_whole(tree.kids[1]) and abs(times) < hints.LARGEST_SIZE:
            stack.append((tree.kids[0], times * tree.kids[1].value))
            continue
        if _is_whole(tree):
            hints.check_size(abs(tree.value), (tree.start, tree.end))
            result[ONE] = result.get(ONE, 0) + times * tree.value
            continue
        if kind == "name" and scope.get(tree.value, -1) >= 0:
            atom: Atom = scope[tree.value]
        else:
            found = _size(tree, scope)
            if found is None:
                return None
            atom = found
            sizes.setdefault(atom, tree)
        result[atom] = result.get(atom, 0) + times
    return {a: c for a, c in result.items() if c}


def _size(tree: Tree, scope: Mapping[str, int]) -> str | None:
    """The text by which a size is known: `n`, `m*n`, `size(x)`."""
    names = []
    stack = [tree]
    while stack:
        tree = stack.pop()
        if tree.kind == "mul":
            stack += tree.kids
        elif tree.kind == "name" and tree.value not in scope:
            names.append(tree.value)
        elif tree.kind == "call" and tree.value in ("size", "rows", "cols") and len(tree.kids) == 1 and tree.kids[0].kind == "name":
            names.append(f"{tree.value}({tree.kids[0].value})")
        elif _is_whole(tree) and tree.value > 0:
            names.append(str(tree.value))
        else:
            return None
    return "*".join(sorted(names))


def _is_whole(tree: Tree) -> bool:
    return tree.kind == "number" and isinstance(tree.value, int)


def extreme(bound: Sum, indices: Sequence[Index], sign: int, sizes: dict[Atom, Tree]) -> Sum:
    """The largest (sign 1) or smallest (-1) value of a sum, its indices at the ends of their own ranges, inner ones first.

    What is left are sizes, and the axes of indices whose ranges the entries fix, as atoms ~k.
    """
    result = dict(bound)
    while True:
        inner = max((a for a in result if isinstance(a, int) and a >= 0), default=-1)
        if inner < 0:
            return {a: c for a, c in result.items() if c}
        c = result.pop(inner)
        index = indices[inner]
        low, high = index.low, index.high
        if high is None:
            root = inner
            while indices[root].same is not None:
                root = indices[root].same  # type: ignore[assignment]
            high = {~root: 1} if indices[root].high is None else indices[root].high
        sizes.update(index.sizes)
        for atom, times in ((high if (c > 0) == (sign > 0) else low) or {}).items():
            result[atom] = result.get(atom, 0) + c * times


def _minus(a: Sum, b: Sum) -> Sum:
    result = dict(a)
    for atom, c in b.items():
        result[atom] = result.get(atom, 0) - c
    return {atom: c for atom, c in result.items() if c}


def _number(value: int, at: tuple[int, int]) -> Tree:
    tree = Tree("number", (), abs(value), *at)
    return Tree("neg", (tree,), None, *at) if value < 0 else tree


def _guards(name: str, lo: Tree, hi: Tree, low: Sum, high: Sum, index: Index) -> list[Tree]:
    """`j > i`, `j <= n - i`: the conditions of the bounds that are not the ends of the axis for certain."""
    found = []
    for bound, kind, strict, step, parts in ((lo, "ge", "gt", "add", low), (hi, "le", "lt", "sub", high)):
        moves = any(isinstance(a, int) or (c < 0 and a != ONE) for a, c in parts.items()) or (kind == "ge" and not set(parts) <= {ONE})
        number = index.upper is not None and _is_whole(index.upper)  # whose axis may turn out to be longer
        if not moves and not (index.lower > 1 if kind == "ge" else index.drop or number):
            continue
        if bound.kind == step and _is_whole(bound.kids[1]) and bound.kids[1].value == 1:
            kind, bound = strict, bound.kids[0]
        at = (bound.start, bound.end)
        found.append(Tree(kind, (Tree("name", (), name, *at), bound), None, *at))
    return found


def _term(
    value: int,
    name: str,
    low: Sum,
    high: Sum,
    guards: Sequence[Tree],
    indices: Sequence[Index],
    sizes: dict[Atom, Tree],
    at: tuple[int, int],
) -> tuple[Tree, list[Tree]]:
    """A number of a range, and those of its guards that may not hold there."""
    number = _number(value, at)
    left = []
    for guard in guards:
        slack = _minus(high, {ONE: value}) if guard.kind in BELOW else _minus({ONE: value}, low)
        least = extreme(slack, indices, -1, sizes)
        one_or_more = all(c > 0 for a, c in least.items() if a != ONE)
        if not one_or_more or sum(least.values()) < 0:
            left.append(substituted(guard, name, number)[0])
    return number, left


def _count(lo: Tree, hi: Tree, low: Sum, high: Sum, at: tuple[int, int]) -> Tree:
    """hi - lo + 1, without the numbers that cancel."""
    if lo.kind == "add" and _is_whole(lo.kids[1]) and lo.kids[1].value == 1:
        return Tree("sub", (hi, lo.kids[0]), None, *at)
    if set(low) <= {ONE}:
        less = low.get(ONE, 0) - 1
        if not less:
            return hi
        return Tree("sub" if less > 0 else "add", (hi, _number(abs(less), at)), None, *at)
    return Tree("add", (Tree("sub", (hi, lo), None, *at), _number(1, at)), None, *at)


def _text(tree: Tree, text: str) -> str:
    return " ".join(text[tree.start : tree.end].split()) if tree.start >= 0 else "…"


def _bracket_form(name: str, lo: Tree, hi: Tree, text: str) -> str:
    """The sum over the whole axis with a bracket that keeps the index between these bounds."""
    conditions = [] if lo.kind == "number" and lo.value == 1 else [f"{name} >= {_text(lo, text)}"]
    return f"keep it inside by a bracket: `sum({name}, [{' and '.join([*conditions, f'{name} <= {_text(hi, text)}'])}]*x[{name}])`"
