"""What the grammar of LaTeX reads, before it is known what it means: runs of factors, sums, scripts; and what is known of names."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from symdiff.syntax.latexwords import Token
from symdiff.syntax.parse import GREEK
from symdiff.syntax.tree import Tree
from symdiff.table.operators import CONDITIONS, MIRROR, NEGATION

_GREEK = frozenset(GREEK.values())
_TO_NUMBERS = frozenset(
    [
        "sum",
        "mean",
        "prod",
        "norm1",
        "norm2",
        "norm",
        "norminf",
        "normnuc",
        "logsumexp",
        "var",
        "std",
        "dot",
        "det",
        "logdet",
        "tr",
        "trace",
        "size",
        "rows",
        "cols",
        "max_entries",
        "min_entries",
        "cross_entropy",
        "kl",
        "entropy",
        "mse",
    ]
)
_RUNNING = frozenset("ijklpqrsuvab")  # letters that are indices by custom

# S: a scalar, V: a vector, M: a matrix, R: a row; "": not known. F and D of names: a function, a dimension.
S, V, M, R, F, D = "s", "v", "m", "r", "f", "d"
PRODUCTS = {(M, V): V, (M, M): M, (R, V): S, (V, R): M, (R, M): R}


class Typed(Tree):
    """A tree and what is known of its value."""

    __slots__ = ("guess",)

    def __init__(self, kind: str, kids: tuple[Tree, ...] = (), value: Any = None, start: int = -1, end: int = -1, guess: str = "") -> None:
        super().__init__(kind, kids, value, start, end)
        self.guess = guess


class Item:
    """One factor of a run. sort, value: as of its token. lists: what stands between its brackets. scripts: (kind, content, start, end)."""

    __slots__ = ("depth", "end", "free", "lists", "scripts", "sort", "start", "value")

    def __init__(self, sort: str, value: Any, start: int, end: int, lists: Any = None, free: frozenset[str] = frozenset()) -> None:
        self.sort = sort
        self.value = value
        self.start = start
        self.end = end
        self.lists = lists
        self.free = free
        self.depth = 0  # of what stands in its brackets and is still to become a tree
        self.scripts: list[tuple[str, Any, int, int]] = []


class Run:
    __slots__ = ("depth", "end", "free", "items", "start")

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.start = items[0].start
        self.end = items[-1].end
        self.free: frozenset[str] = frozenset()
        self.depth = items[0].depth


class Chain:
    """Runs joined by operators, products by signs, or sums by comparisons: [(sign or operator, part, place)]."""

    __slots__ = ("depth", "end", "free", "kind", "parts", "start")

    def __init__(self, kind: str, parts: list[tuple[str, Any, int]], start: int, end: int, free: frozenset[str]) -> None:
        self.kind = kind
        self.parts = parts
        self.start = start
        self.end = end
        self.free = free
        self.depth = max([part.depth for _, part, _ in parts])


Surface = Any  # Run | Chain | Typed

NOTHING: frozenset[str] = frozenset()


class Names:
    """What is known of names: kinds by canonical name, and the names by their letters and digits."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.kinds = dict(kinds)
        self.by_letters: dict[str, list[str]] = {}
        for name in kinds:
            self.by_letters.setdefault(letters(name), []).append(name)

    def find(self, *parts: str) -> str:
        """The known name of these letters, or ""."""
        found = self.by_letters.get(letters("".join(parts)), [])
        if found:  # `x_i` is not ξ, and ξ not `x_i`
            first = next(p for p in parts if p)
            found = [name for name in found if (name not in _GREEK or first == name) and (first not in _GREEK or name.startswith(first))]
        if len(found) > 1:
            joined = "_".join([p for p in parts if p])
            found = [name for name in found if name == joined] or found
        return found[0] if found else ""


def letters(name: str) -> str:
    return re.sub(r"[^\w]|_", "", name)


def children(*xs: Any) -> frozenset[str]:
    free = NOTHING
    for x in xs:
        if x.free and not x.free <= free:
            free = free | x.free
    return free


class Part:
    """A label or an index in a script."""

    __slots__ = ("end", "index", "start", "text", "tree")

    def __init__(self, text: str, tree: Typed | None, index: bool, start: int, end: int) -> None:
        self.text = text
        self.tree = tree
        self.index = index
        self.start = start
        self.end = end


def value_kind(name: str, arguments: Sequence[Tree]) -> str:
    guesses = [a.guess for a in arguments if isinstance(a, Typed)]
    if name in _TO_NUMBERS or (name in ("max", "min") and len(guesses) == 1):
        return S
    if name in ("rowsum", "colsum", "rowmax", "vec", "unit"):
        return V
    if name == "diag":
        return {V: M, M: V}.get(guesses[0], "") if guesses else ""
    if name in ("inv", "kron", "outer"):
        return M
    if name == "transpose":
        return {V: R, R: V}.get(guesses[0], guesses[0])
    if not guesses or any(g == "" for g in guesses):
        return next((g for g in guesses if g in (V, M)), "")
    return next((g for g in guesses if g != S), S)


def condition_kind(test: Tree) -> str:
    """The kind of an indicator: that of what is compared."""
    result, stack = S, [test]
    while stack:
        t = stack.pop()
        if t.kind in CONDITIONS:
            stack += t.kids
        elif isinstance(t, Typed):
            result = joined(result, t.guess)
    return result


def joined(a: str, b: str) -> str:
    return a if a in (V, M, R) else b if b in (V, M, R) else S if a == b == S else ""


def complements(a: Tree, b: Tree) -> bool:
    if a.kind not in NEGATION or b.kind not in NEGATION:
        return False
    negated = NEGATION[a.kind]
    return (negated == b.kind and _same(a.kids, b.kids)) or (MIRROR[negated] == b.kind and _same(a.kids, b.kids[::-1]))


def _same(a: Sequence[Tree], b: Sequence[Tree]) -> bool:
    stack = [*zip(a, b, strict=True)]
    while stack:
        x, y = stack.pop()
        if x.kind != y.kind or x.value != y.value or len(x.kids) != len(y.kids):
            return False
        stack += zip(x.kids, y.kids, strict=True)
    return True


def mentions(tree: Tree, name: str) -> bool:
    return mentions_any(tree, (name,))


def mentions_any(tree: Tree, names: Iterable[str]) -> bool:
    wanted = set(names)
    stack = [tree]
    while stack:
        t = stack.pop()
        if t.kind == "name" and t.value in wanted:
            return True
        stack += t.kids
    return False


def lone(x: Any) -> bool:
    return isinstance(x, Run) and len(x.items) == 1


def first_sort(x: Any) -> str:
    while isinstance(x, Chain):
        x = x.parts[0][1]
    return x.items[0].sort if isinstance(x, Run) else ""


def negative(tree: Typed, at: int) -> Typed:
    return Typed("neg", (tree,), None, at, tree.end, tree.guess)


def has_transpose(items: Sequence[Item]) -> bool:
    return any(s[0] == "transpose" for i in items for s in i.scripts)


def is_inverse(script: tuple[str, Any, int, int]) -> bool:
    if script[0] != "sup":
        return False
    x = script[1][0]
    return isinstance(x, Chain) and x.kind == "sum" and len(x.parts) == 1 and x.parts[0][0] == "-"


def alone(item: Item) -> bool:
    """Has a function of the name of a big operator no index below?"""
    return not any(s[0] == "sub" for s in item.scripts)


def index_name(item: Item) -> str:
    primes = sum(int(s[1]) for s in item.scripts if s[0] == "prime")
    return f"{item.value}_{'prime' * primes}" if primes else str(item.value)


def bound_names(item: Item) -> frozenset[str]:
    """The names in the range of a sum."""
    found = set()
    for kind, content, _, _ in item.scripts:
        if kind == "sub":
            for x in content:
                runs = [x] if isinstance(x, Run) else [p for _, p, _ in x.parts[:2]] if isinstance(x, Chain) else []
                found |= {index_name(i) for r in runs if isinstance(r, Run) for i in r.items if i.sort == "name"}
    return frozenset(found)


# --------------------------------------------------------------------------------------------------- looking ahead


def closed(tokens: Sequence[Token], k: int) -> int:
    """Where the script that begins at k ends."""
    depth = 0
    for j in range(k, len(tokens)):
        kind = tokens[j].kind
        if kind in ("SUB", "SUP", "ARG", "OPTION"):
            depth += 1
        elif kind == "END":
            depth -= 1
            if not depth:
                return j
    return len(tokens) - 1


def indices(tokens: Sequence[Token], names: Names, fixed: Container[str] = ()) -> tuple[frozenset[str], frozenset[str]]:
    """The names that sums run over; and those among them that only stand on the right of `i < j` or `i \\ne j`, so that they run, too.

    fixed: names that do not run, as they stand outside of such a sum.
    """
    found: set[str] = set()
    right: set[str] = set()
    for k, token in enumerate(tokens[:-1]):
        big = token.kind == "ATOM" and (
            token.sort == "big" or (token.sort == "function" and token.value in ("max", "min", "mean", "sum", "prod"))
        )
        ranged = token.kind == "CLOSE" and token.value == "]"
        if (big or ranged) and tokens[k + 1].kind in ("SUB", "SUP"):
            j = k + 1
            while j < len(tokens) and tokens[j].kind in ("SUB", "SUP"):
                stop = closed(tokens, j)
                if tokens[j].kind == "SUB":
                    inside = tokens[j + 1 : stop]
                    if ranged and not any(t.kind == "COMPARE" for t in inside):
                        break
                    _ranged(inside, found, right)
                j = stop + 1
    joint = {name for name in right - found if name in _RUNNING and name not in fixed and not names.find(name)}
    return frozenset(found | joint), frozenset(joint)


def _ranged(inside: Sequence[Token], found: set[str], right: set[str]) -> None:
    """The indices among the tokens below a sum: all names before `=` and `\\in`, in chains the middle one, the left one of `i < j`."""
    piece: list[Token] = []
    dots = False
    for token in [*inside, Token("SEPARATOR", ",", 0, 0)]:
        if token.kind != "SEPARATOR":
            piece.append(token)
            continue
        signs = [k for k, t in enumerate(piece) if t.kind == "COMPARE"]
        names = [(k, _primed(piece, k)) for k, t in enumerate(piece) if t.kind == "ATOM" and t.sort == "name"]
        if dots:  # the m of i = 1, …, m
            pass
        elif not signs:
            found.update(name for _, name in names)
        elif len(signs) in (2, 3):
            found.update(name for k, name in names if signs[0] < k < signs[-1])
        elif piece[signs[0]].value in ("eq", "in"):
            found.update(name for k, name in names if k < signs[0])
        else:
            first = [name for k, name in names if k < signs[0]][:1]
            found.update(first)
            if piece[signs[0]].value != "ne" or names[-1][1] > first[0]:  # `\sum_{j \ne i}` says which i is left out
                right.update([name for k, name in names if k > signs[0]][:1])
        dots = len(piece) == 1 and piece[0].value == "ldots"
        piece = []
        if token.value in (":", "|"):  # a condition follows
            break


def _primed(piece: Sequence[Token], k: int) -> str:
    after = piece[k + 1] if k + 1 < len(piece) else None
    count = int(after.value) if after is not None and after.kind == "MARK" and after.sort == "prime" else 0
    return f"{piece[k].value}_{'prime' * count}" if count else piece[k].value


def bare(tokens: Sequence[Token]) -> tuple[set[str], set[str]]:
    """Letters that stand somewhere without a bracket behind them, so that these are variables; and those without a subscript or a label."""
    bare, alone = set(), set()
    for k, token in enumerate(tokens):
        if token.kind == "ATOM" and token.sort == "name":
            j = k + 1
            if j >= len(tokens) or tokens[j].kind not in ("SUB", "SUP"):
                alone.add(token.value)
            while j < len(tokens) and (tokens[j].kind in ("SUB", "SUP", "MARK")):
                if tokens[j].kind == "MARK" and "transpose" in tokens[j].sort:
                    break
                j = (closed(tokens, j) if tokens[j].kind != "MARK" else j) + 1
            while j < len(tokens) and tokens[j].kind in ("END", "CLOSE") and not tokens[j].value and tokens[j].start <= token.end + 1:
                j += 1  # \\mathbf{f}(x)
            if j >= len(tokens) or tokens[j].kind != "OPEN" or tokens[j].value != "(":
                bare.add(token.value)
    return bare, alone


def numbered(tokens: Sequence[Token], indices: Container[str]) -> set[str]:
    """The names with a lone running index below somewhere: vectors, or matrices by rows, so that `x_k` and `x_1` are entries of them, too."""
    found = set()
    for k in range(len(tokens) - 3):
        name, below, index = tokens[k : k + 3]
        lone = (
            name.kind == "ATOM" and name.sort == "name" and below.kind == "SUB" and index.sort == "name" and closed(tokens, k + 1) == k + 3
        )
        if lone and index.value in indices and index.value != name.value:
            found.add(name.value)
    return found


def indexed_only(tokens: Sequence[Token], name: str) -> bool:
    """Does a name in plain letters stand with a subscript or a label only: an entry of the one in bold?"""
    plain = [k for k, t in enumerate(tokens) if t.sort == "name" and t.value == name and not t.bold]
    return all(k + 1 < len(tokens) and tokens[k + 1].kind in ("SUB", "SUP") for k in plain)
