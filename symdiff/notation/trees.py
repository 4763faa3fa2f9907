"""Trees as answers are written in: leaves, sizes, entries, and how many tokens a reader sees."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from fractions import Fraction

from symdiff.expr import dims
from symdiff.expr.node import Dim, Expr, Number
from symdiff.notation.numerals import in_digits
from symdiff.syntax.tree import Binding, Program, Tree

Index = tuple[Tree, ...]

# Longer sums keep their ranges: sums inside sums would look through the innermost again and again.
MAX_RENUMBERED = 100

# How a node is asked for. SIZED: its text fixes its own size; FIXED: what stands around it does, so that `eye` is enough;
# CONDITION: as a truth value, without the Iverson bracket; VALUE_OF: the value of a node that has a name; KEPT: with the axes
# at which its index is None, as a vector or matrix, or FAILED.
SIZED, FIXED, CONDITION, VALUE_OF, KEPT = range(5)
FAILED = Tree("failed")

# node, how, the entry wanted (None: the whole value), how many index names are taken
Ask = tuple[Expr, int, tuple[Tree | None, ...] | None, int]
Building = Generator[Ask, Tree, Tree]


def length(tree: Tree | Program) -> int:
    """How many tokens a reader sees: identifiers, numbers, operators, `[ ]` and `'`, but no `( ) ,`; declarations are not counted."""
    bindings = [s.value for s in tree.statements if isinstance(s, Binding)] if isinstance(tree, Program) else []
    body = tree.body if isinstance(tree, Program) else tree
    known: dict[int, int] = {}
    trees = [*bindings, *([body] if body else [])]
    for t in postorder(trees):
        known[id(t)] = _own_tokens(t) + sum([known[id(k)] for k in t.kids])
    return 2 * len(bindings) + sum(known[id(t)] for t in trees)


def postorder(trees: Iterable[Tree], most: int | None = None) -> list[Tree]:
    """Every tree below the given ones once, kids first; nothing where there are more than `most`."""
    order: list[Tree] = []
    seen: set[int] = set()
    stack = [(t, False) for t in trees]
    while stack:
        if most is not None and len(seen) > most:
            return []
        t, done = stack.pop()
        if done:
            order.append(t)
        elif id(t) not in seen:
            seen.add(id(t))
            stack.append((t, True))
            stack.extend([(k, False) for k in t.kids])
    return order


def number(value: Number) -> Tree:
    """A number as it is written: decimals where they are short, else a quotient; a minus sign is an operation."""
    size = abs(value)
    sign = (lambda t: Tree("neg", (t,))) if value < 0 else (lambda t: t)
    if isinstance(size, Fraction) and not in_digits(size):
        return Tree("div", (sign(Tree("number", value=size.numerator)), Tree("number", value=size.denominator)))
    return sign(Tree("number", value=size))


def name(label: str) -> Tree:
    return Tree("name", value=label)


def call(function: str, *kids: Tree) -> Tree:
    return Tree("call", kids, function)


def derivative_name(function: str, by: tuple[int, ...]) -> str:
    """`Dphi` for the derivative of phi by its argument, `D12f` for that of f by its first and its second."""
    return f"D{'' if by == (0,) else ''.join([str(k + 1) for k in by])}{function}"


def dim(d: Dim) -> Tree:
    """A dimension as an expression: `n`, `3`, `size(x)`, `m*n`."""
    parts = []
    for part in d if isinstance(d, tuple) else (d,):
        if isinstance(part, int):
            parts.append(number(part))
        elif (n := dims.side(part)) is not None and "/" in part:
            parts.append(Tree("div", (Tree("mul", (dim(n), sum_tree([(1, dim(n)), (1, number(1))]))), number(2))))
        elif dims.is_sum(part):
            parts.append(sum_tree([(c, dim(atom)) for atom, c in dims.terms(part).items()]))
        elif part.endswith(")"):
            function, _, label = part[:-1].partition("(")
            parts.append(call(function, name(label)))
        else:
            parts.append(name(part))
    return chain("mul", parts)


def chain(kind: str, trees: Sequence[Tree]) -> Tree:
    result = trees[0]
    for t in trees[1:]:
        result = Tree(kind, (result, t))
    return result


def _own_tokens(t: Tree) -> int:
    if t.kind in _TWO_TOKENS:
        return 2
    if t.kind == "prime":
        return 1 + int(t.value[1])
    if t.kind == "over":  # the function, and `i = ..` where there is a range
        return 4 if len(t.kids) == 3 else 2
    if t.kind == "tensor":
        return 1 + 3 * len(t.value)
    return 1


_TWO_TOKENS = frozenset(("iverson", "index"))


def renumbered(letter: str, size: Dim, body: Tree) -> tuple[Tree, Tree, Tree]:
    """The range of an index and what runs over it: where the body has nothing of `i` but `i + 1`, the range begins at 2, and `i` stands in the body."""
    order = postorder([body], MAX_RENUMBERED)
    added = [
        t.kids[1].value if t.kind == "add" and t.kids[1].kind == "number" else None
        for t in order
        for k in t.kids
        if k.kind == "name" and k.value == letter
    ]
    if not added or added[0] is None or any(c != added[0] for c in added) or not isinstance(added[0], int):
        return number(1), dim(size), body
    new: dict[int, Tree] = {}
    for t in order:
        if t.kind == "add" and t.kids[0].kind == "name" and t.kids[0].value == letter and t.kids[1].kind == "number":
            new[id(t)] = t.kids[0]
        else:
            new[id(t)] = t if all(new[id(k)] is k for k in t.kids) else Tree(t.kind, tuple([new[id(k)] for k in t.kids]), t.value)
    return number(1 + added[0]), dim(dims.total([(size, 1), (added[0], 1)])), new[id(body)]


def alike(a: Tree, b: Tree) -> bool:
    """Whether two trees have one text."""
    stack = [(a, b)]
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if a.kind != b.kind or a.value != b.value or len(a.kids) != len(b.kids):
            return False
        stack += zip(a.kids, b.kids, strict=True)
    return True


def entry(t: Tree, index: Index | None, what: str = "") -> Tree:
    """t at the index; the entries of a row are those of its vector."""
    if index is None:
        return t
    return Tree("index", (t, *(index[1:] if what == "row" else index)))


def sum_tree(terms: Sequence[tuple[int, Tree]]) -> Tree:
    """`i + j - 1`: letters and sizes with coefficients, what is added first, the number last; the numbers in places such as `i + 1` join it."""
    result: Tree | None = None
    if any(t.kind in ("add", "sub") and t.kids[1].kind == "number" for _, t in terms):
        flat: list[tuple[int, Tree]] = []
        whole = 0
        for c, t in terms:
            if t.kind in ("add", "sub") and t.kids[1].kind == "number":
                whole += c * t.kids[1].value * (1 if t.kind == "add" else -1)
                t = t.kids[0]
            if t.kind == "number":
                whole += c * t.value
            else:
                flat.append((c, t))
        terms = [*flat, (whole, number(1))] if whole else flat
    for c, t in sorted(terms, key=lambda term: (term[1].kind == "number", term[0] < 0)):
        if t.kind == "number":
            t = number(abs(c))
        elif abs(c) != 1:
            t = Tree("mul", (number(abs(c)), t))
        result = Tree("add" if c > 0 else "sub", (result, t)) if result is not None else t if c > 0 else Tree("neg", (t,))
    return result or number(0)
