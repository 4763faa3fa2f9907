r"""Surfaces to trees: what a run of factors means, with the names and types that are known.

In: what the parser reads, rule by rule. Out: trees of the formula language with their places in the LaTeX.

    f(x)          a call where f is a function, a product where it is a variable; what cannot be told is refused
    \log x        takes the factors behind it, up to a bracket, a function or a sum
    \sum_i …      takes the rest of its run; terms behind it that speak of i belong to it, too
    x_i           an entry where i is an index of a sum or x is known as a vector or matrix, else a name
    |A|, a \cdot b, \|A\|_2, x^T, e^A       mean what the types of their operands say

Whatever stands between brackets has become a tree before the bracket ends, so nothing here recurses over the depth of a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from symdiff.errors import ParseError
from symdiff.syntax.latexsurface import (
    NOTHING,
    PRODUCTS,
    Chain,
    D,
    F,
    Item,
    M,
    Names,
    Part,
    R,
    Run,
    S,
    Surface,
    Typed,
    V,
    alone,
    bare,
    bound_names,
    children,
    complements,
    condition_kind,
    first_sort,
    has_transpose,
    index_name,
    indexed_only,
    indices,
    is_inverse,
    joined,
    lone,
    mentions,
    mentions_any,
    negative,
    numbered,
    value_kind,
)
from symdiff.syntax.latexwords import Token, function_of, refuse
from symdiff.syntax.parse import canonical, number
from symdiff.syntax.steps import is_capital
from symdiff.syntax.tree import Tree
from symdiff.table import BUILT_IN, TABLE
from symdiff.table.operators import COMPARISONS, CONNECTIVES

# letters that are functions where a bracket follows, that are factors there, and that may be either with a sum inside
_LIKELY = frozenset(["f", "g", "h", "phi", "Phi", "Psi", "psi", "F", "G", "H", "varphi", "k", "K", "q", "p", "D", "kappa", "chi"])
_FACTORS = frozenset(
    [
        "lambda",
        "alpha",
        "beta",
        "gamma",
        "eta",
        "epsilon",
        "mu",
        "tau",
        "delta",
        "rho",
        "omega",
        "theta",
        "a",
        "b",
        "c",
        "d",
        "n",
        "m",
        "N",
        "C",
        "I",
        "e",
        "pi",
        "nu",
        "zeta",
    ]
)
_PERHAPS = frozenset(["u", "v", "r", "s", "Q", "L", "J", "P", "T", "E", "S", "R", "U", "V"])
_SIMPLE = frozenset(("number", "name", "word"))
_OF_MATRICES = frozenset(("det", "logdet", "tr", "trace", "diag", "vec", "inv", "softmax", "log_softmax", "logsumexp"))
_TAKES_ALL = frozenset(("det", "logdet", "tr", "trace", "vec"))
_NUMBERS_OF_MATRICES = frozenset(("tr", "trace"))
_TOGETHER = {("log", "det"): "logdet", ("log", "softmax"): "log_softmax", ("log", "gamma"): "lgamma"}
_RELATIONS = {
    "sim": ("a distribution", "give the formula alone"),
    "propto": ("proportionality", "give the right-hand side alone"),
    "approx": ("an approximation", "give the right-hand side alone"),
    "to": ("an arrow", "give the formula alone"),
    "in": ("membership in a set", r"\mathbf{1}[x = y]"),
    "notin": ("membership in a set", r"\mathbf{1}[x \ne y]"),
    "define": ("a definition", "give its right-hand side alone"),
    "order": ("an order of matrices", "give the formula alone"),
}


_CLASSES = frozenset(("y", "c", "t"))  # letters by which papers name the class of an example
_DEEP = 25  # brackets inside brackets that wait to be read


class Builder:
    """One method per rule of the grammar; what it makes of the formula is `tree` of the whole."""

    def __init__(self, text: str, names: Names, tokens: Sequence[Token], given: bool) -> None:
        self.text = text
        self.names = names
        self.given = given
        self.notes: list[str] = []
        self.indices, self.joint = indices(tokens, names)
        self.bare, self.alone = bare(tokens)
        self.numbered = numbered(tokens, self.indices)
        self.unprimed = {
            t.value
            for t, after in zip(tokens, [*tokens[1:], None], strict=True)
            if t.sort == "name" and (after is None or after.sort != "prime")
        }
        for name in {t.value for t in tokens if t.bold} & {
            t.value for t in tokens if t.sort == "name" and not t.bold and t.value in self.alone
        }:
            if not indexed_only(tokens, name):
                self.note(f"`{name}` in bold and `{name}` in plain letters are one variable here")
        self.matrices = any(k in (V, M) for k in names.kinds.values()) or any(
            t.kind == "NORM"
            or (t.kind == "MARK" and "transpose" in t.sort)
            or (t.kind == "ATOM" and t.sort == "function" and t.value in _OF_MATRICES)
            for t in tokens
        )
        self.units: list[tuple[Typed, bool]] = []  # basis vectors, whose sizes are not printed; whether they are rows
        self.unsettled: list[tuple[Typed, str]] = []  # trees that mean something else if their operand is a matrix

    # ------------------------------------------------------------------------------------------------- conditions

    def either(self, a: Surface, sign: Token, b: Surface) -> Run:
        return self.logic("or", a, b)

    def both(self, a: Surface, sign: Token, b: Surface) -> Run:
        return self.logic("and", a, b)

    def logic(self, kind: str, a: Surface, b: Surface) -> Run:
        x, y = self.tree(a), self.tree(b)
        return self.with_free(Typed(kind, (x, y), None, x.start, y.end), a, b)

    def negation(self, sign: Token, a: Surface) -> Run:
        x = self.tree(a)
        return self.with_free(Typed("not", (x,), None, sign.start, x.end), a)

    def with_free(self, tree: Typed, *parts: Surface) -> Run:
        """A tree that remembers the indices of its parts: a run of itself."""
        return self.wrapped(tree, children(*parts))

    def wrapped(self, tree: Typed, free: frozenset[str] = NOTHING) -> Run:
        run = Run([Item("tree", tree, tree.start, tree.end, None, free)])
        run.free = free
        return run

    def plain_value(self, a: Surface) -> Surface:
        return a

    def compare(self, a: Surface, sign: Token, b: Surface) -> Surface:
        if isinstance(a, Chain) and a.kind == "compare":
            return self.joined(a, sign, b)
        return Chain("compare", [("", a, a.start), (sign.value, b, sign.start)], a.start, b.end, children(a, b))

    # ------------------------------------------------------------------------------------------------- sums, products, runs

    def plain_sum(self, a: Surface) -> Surface:
        return a

    def signed(self, sign: Token, a: Surface) -> Surface:
        return Chain("sum", [(sign.value, a, sign.start)], sign.start, a.end, a.free)

    def more(self, a: Surface, sign: Token, b: Surface) -> Surface:
        if not (isinstance(a, Chain) and a.kind == "sum"):
            a = Chain("sum", [("+", a, a.start)], a.start, a.end, a.free)
        return self.joined(a, sign, b)

    def joined(self, a: Chain, sign: Token, b: Surface) -> Chain:
        a.parts.append((sign.value, b, sign.start))
        a.end, a.free, a.depth = b.end, children(a, b), max(a.depth, b.depth)
        return a

    def plain_product(self, run: Run) -> Surface:
        return self.whole(run)

    def times(self, a: Surface, sign: Token, run: Run) -> Surface:
        return self.times_signed(a, sign, None, run)

    def times_signed(self, a: Surface, operator: Token, sign: Token | None, run: Run) -> Surface:
        self.whole(run)
        part: Surface = run
        if sign is not None and sign.value == "-":
            part = Chain("sum", [("-", run, sign.start)], sign.start, run.end, run.free)
        if not (isinstance(a, Chain) and a.kind == "product"):
            a = Chain("product", [("", a, a.start)], a.start, a.end, a.free)
        return self.joined(a, operator, part)

    def run(self, item: Item) -> Run:
        return Run([item])

    def beside(self, run: Run, item: Item) -> Run:
        run.items.append(item)
        run.depth = max(run.depth, item.depth)
        run.end = item.end
        return run

    def whole(self, run: Run) -> Run:
        """A run is complete: the indices that are free in it."""
        free = NOTHING
        for item in reversed(run.items):
            if item.free:
                free = free | item.free
            if item.sort == "big" or (item.sort == "function" and item.scripts):
                free = free - bound_names(item)
        run.free = free
        return run

    # ------------------------------------------------------------------------------------------------- items

    def leaf(self, token: Token) -> Item:
        free = NOTHING
        if token.kind == "ATOM" and token.sort == "name" and token.value in self.indices:
            free = frozenset((token.value,))
        return Item(token.sort, token.value, token.start, token.end, None, free)

    def below(self, item: Item, sign: Token, content: list[Surface], end: Token) -> Item:
        return self.scripted(item, "sub", content, sign, end)

    def above(self, item: Item, sign: Token, content: list[Surface], end: Token) -> Item:
        return self.scripted(item, sign.value or "sup", content, sign, end)

    def scripted(self, item: Item, kind: str, content: list[Surface], sign: Token, end: Token) -> Item:
        if any(x.depth > _DEEP for x in content):
            content = [self.shallow(x) for x in content]
        item.scripts.append((kind, content, sign.start, end.end))
        item.depth = max(item.depth, *[x.depth + 1 for x in content])
        item.end = max(item.end, end.end)
        item.free = children(item, *content)
        return item

    def marked(self, item: Item, mark: Token) -> Item:
        item.scripts.append((mark.sort, mark.value, mark.start, mark.end))
        item.end = mark.end
        return item

    def fraction(self, sign: Token, _1: Token, a: list[Surface], _2: Token, _3: Token, b: list[Surface], end: Token) -> Item:
        self.only(a), self.only(b)
        above, below = a[0], b[0]
        if any(t in ("partial", "nabla") for t in (first_sort(above), first_sort(below))):
            refuse(
                "a derivative inside a formula is not supported",
                sign.start,
                end.end,
                "a derivative in front of the whole formula is the question",
            )
        x, y = self.tree(above), self.tree(below)
        tree = self.divided(x, y, sign.start, max(end.end, y.end))
        return Item("tree", tree, sign.start, tree.end, None, children(above, below))

    def root(self, sign: Token, _1: Token, a: list[Surface], end: Token) -> Item:
        x = self.tree(self.only(a))
        tree = Typed("call", (x,), "sqrt", sign.start, max(end.end, x.end), x.guess)
        self.entrywise_only(tree, "sqrt", r"\sqrt")
        return Item("tree", tree, sign.start, tree.end, None, a[0].free)

    def nth_root(self, sign: Token, _1: Token, n: list[Surface], _2: Token, _3: Token, a: list[Surface], end: Token) -> Item:
        x, order = self.tree(self.only(a)), self.tree(self.only(n))
        stop = max(end.end, x.end)
        if order.kind == "number" and order.value in (2, 3):
            tree = Typed("call", (x,), "sqrt" if order.value == 2 else "cbrt", sign.start, stop, x.guess)
        else:
            one = Typed("number", (), 1, order.start, order.end, S)
            tree = Typed("pow", (x, Typed("div", (one, order), None, order.start, order.end, S)), None, sign.start, stop, x.guess)
        return Item("tree", tree, sign.start, stop, None, children(a[0], n[0]))

    def accent(self, sign: Token, _1: Token, a: list[Surface], end: Token) -> Item:
        inner = self.only(a)
        if not isinstance(inner, Run) or len(inner.items) != 1:
            if sign.value == "bar" or not isinstance(inner, Run):
                refuse("an accent stands over one letter", sign.start, end.end, r"\hat{y}, \bar{x}, \tilde{w}")
            refuse("an accent stands over one letter", sign.start, end.end, r"\hat{y} z")
        item = inner.items[0]
        while item.sort == "group" and not item.value and not item.scripts and len(item.lists) == 1 and lone(item.lists[0]):
            item = item.lists[0].items[0]
        if item.sort not in ("name", "word"):
            refuse("an accent stands over one letter", sign.start, end.end, r"\hat{y}, \bar{x}, \tilde{w}")
        result = Item(item.sort, f"{item.value}_{sign.value}", sign.start, max(end.end, item.end), None, item.free - {item.value})
        result.scripts = item.scripts
        return result

    def group(self, opening: Token, content: list[Surface], closing: Token) -> Item:
        if not opening.value and len(content) == 1 and lone(content[0]):  # {\mathbf{x}}_i
            item = content[0].items[0]
            if item.sort != "tree" or not item.scripts:
                item.start, item.end = opening.start, closing.end
                return item  # type: ignore[no-any-return]
        if any(x.depth > _DEEP for x in content):
            content = [self.shallow(x) for x in content]
        group = Item("group", opening.value, opening.start, closing.end, content, children(*content))
        group.depth = 1 + max([x.depth for x in content])
        return group

    def bars(self, opening: Token, a: Surface, closing: Token) -> Item:
        return self.between("bars", opening, a, closing)

    def norm(self, opening: Token, a: Surface, closing: Token) -> Item:
        return self.between("norm", opening, a, closing)

    def between(self, sort: str, opening: Token, a: Surface, closing: Token) -> Item:
        a = self.shallow(a) if a.depth > _DEEP else a
        item = Item(sort, a, opening.start, closing.end, None, a.free)
        item.depth = a.depth + 1
        return item

    def shallow(self, x: Surface) -> Surface:
        """What is nested deeply becomes a tree at once, so that nothing recurses far; what papers write is read when all of it is known."""
        return x if isinstance(x, Item) else self.wrapped(self.tree(x), x.free)

    def items(self, a: Surface) -> list[Surface]:
        return [a]

    def listed(self, content: list[Surface], sign: Token, a: Surface) -> list[Surface]:
        content.append(a)
        if sign.value not in (",",):
            a_start = Item("separator", sign.value, sign.start, sign.end)
            content.insert(len(content) - 1, a_start)
        return content

    def only(self, content: Sequence[Any]) -> Any:
        if len(content) > 1:
            second = next((x for x in content if isinstance(x, Item)), None)
            if second is not None and second.value in "|‖":
                refuse(
                    f"`{second.value}` is a condition or a divergence here, not a value",
                    second.start,
                    second.end,
                    "give the function a name of its own: p(x)",
                )
            refuse("a list of values has no value of its own", content[0].start, content[-1].end, r"\max(a, b), f(x, y)")
        return content[0]

    # ------------------------------------------------------------------------------------------------- cases

    def rows(self, row: Any) -> list[Any]:
        return [row]

    def next_row(self, rows: list[Any], sign: Token, row: Any) -> list[Any]:
        rows.append(row)
        return rows

    def row(self, a: Surface) -> Any:
        return a, None

    def open_row(self, a: Surface, *rest: Token) -> Any:
        return a, None

    def row_where(self, a: Surface, sign: Token, condition: Surface) -> Any:
        return a, condition

    def cases(self, opening: Token, rows: list[Any], closing: Token) -> Item:
        free = children(*[x for row in rows for x in row if x is not None])
        for _, condition in rows[:-1]:
            if condition is None:
                refuse(
                    "a case without its condition is not the last",
                    opening.start,
                    opening.end,
                    r"x & \text{if } x > 0 \\ 0 & \text{otherwise}",
                )
        value, condition = rows[-1]
        result = self.tree(value)
        conditions = [self.tree(c) for _, c in rows[:-1]]
        if condition is not None:
            last = self.tree(condition)
            if len(rows) == 1:
                refuse("a single case leaves the value open elsewhere", opening.start, closing.end, r"add a row: 0 & \text{otherwise}")
            if len(rows) > 2 or not complements(conditions[0], last):
                self.note("the last of the cases holds wherever the others do not")
        for (value, _), test in zip(reversed(rows[:-1]), reversed(conditions), strict=True):
            branch = self.tree(value)
            result = Typed("call", (test, branch, result), "if", branch.start, max(result.end, test.end), branch.guess or result.guess)
        result.start, result.end = opening.start, closing.end
        return Item("tree", result, opening.start, closing.end, None, free)

    def formula(self, a: Surface) -> Surface:
        return a

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    # ------------------------------------------------------------------------------------------------- to trees

    def tree(self, x: Surface, minus: int = -1) -> Typed:
        """The tree of what was read; minus: where a sign stands in front of it, which belongs to the first factor as in the language."""
        if isinstance(x, Run):
            return self.factors(x.items, minus)
        if isinstance(x, Item):
            refuse(f"`{x.value}` cannot stand here", x.start, x.end)
        if x.kind == "compare":
            return self.comparison(x)
        if x.kind == "sum":
            return self.summed(x)
        return self.multiplied(x, minus)

    def comparison(self, x: Chain) -> Typed:
        result: Typed | None = None
        for (_, a, _), (sign, b, at) in zip(x.parts, x.parts[1:], strict=False):
            if sign not in COMPARISONS:
                said, hint = _RELATIONS.get(sign, ("this relation", ""))
                refuse(f"{said} is no condition on numbers", at, b.start, hint)
            left, right = self.tree(a), self.tree(b)
            found = Typed(sign, (left, right), None, left.start, right.end)
            result = found if result is None else Typed("and", (result, found), None, result.start, found.end)
        assert result is not None
        return result

    def summed(self, x: Chain) -> Typed:
        parts = self.extended(x.parts)
        result: Typed | None = None
        for sign, part, at in parts:
            term = self.tree(part, at if sign == "-" and result is None else -1)
            if result is None:
                result = term
            else:
                guess = joined(result.guess, term.guess)
                result = Typed("sub" if sign == "-" else "add", (result, term), None, result.start, term.end, guess)
        assert result is not None
        return result

    def extended(self, parts: list[tuple[str, Any, int]]) -> list[tuple[str, Any, int]]:
        """Terms behind a sum over an index that speak of the index belong to it."""
        out: list[tuple[str, Any, int]] = []
        k, n = 0, len(parts)
        last: dict[str, int] = {}
        for j, (_, part, _) in enumerate(parts):
            for name in part.free:
                last[name] = j
        while k < n:
            sign, part, at = parts[k]
            run: Any = part if isinstance(part, Run) else part.parts[-1][1] if part.kind == "product" else None
            bigs = [i for i in run.items if i.sort == "big"] if isinstance(run, Run) else []
            big = next((i for i in bigs if any(last.get(name, -1) > k for name in bound_names(i))), None)
            if isinstance(part, Chain) and part.kind == "product":
                opened = next((i for _, p, _ in part.parts if isinstance(p, Run) for i in p.items if i.sort == "big"), None)
                if opened is not None and opened not in bigs:
                    big = None
                    if any(last.get(name, -1) > k for name in bound_names(opened)):
                        refuse(
                            "it is not clear where the sum ends",
                            opened.start,
                            parts[-1][1].end,
                            r"put brackets around its terms: \sum_i ( \ldots )",
                        )
            if big is not None:
                names = bound_names(big)
                stop = max([last.get(name, -1) for name in names], default=-1)
                if stop > k:
                    for _, term, _ in parts[k + 1 : stop + 1]:
                        if not names & term.free:
                            refuse(
                                "it is not clear which of these terms the sum runs over",
                                parts[k][2],
                                parts[stop][1].end,
                                r"put brackets around its terms: \sum_i ( \ldots )",
                            )
                    items = run.items
                    at_big = next(j for j, i in enumerate(items) if i is big)
                    rest = items[at_big + 1 :]
                    if not rest:
                        refuse("the sum has no terms", big.start, big.end)
                    inner = Chain(
                        "sum",
                        [("+", self.whole(Run(rest)), rest[0].start), *parts[k + 1 : stop + 1]],
                        rest[0].start,
                        parts[stop][1].end,
                        NOTHING,
                    )
                    body = Item("group", "(", inner.start, inner.end, [inner], inner.free)
                    run.items = [*items[: at_big + 1], body]
                    run.end = body.end
                    out.append((sign, part, at))
                    k = stop + 1
                    continue
            out.append((sign, part, at))
            k += 1
        return out

    def multiplied(self, x: Chain, minus: int = -1) -> Typed:
        parts = self.under(x.parts)
        if len(parts) == 1:
            return self.tree(parts[0][1], minus)
        (_, first, _), *rest = parts
        result = self.tree(first, minus if rest[0][0] != "dot" else -1)
        for operator, part, at in rest:
            if operator == "div":
                result = self.slashed(result, part, at)
            elif operator == "dot":
                result, minus = self.dotted(result, part, at, minus), -1
            else:
                result = self.operated(operator, result, self.tree(part), at)
        return result

    def under(self, parts: list[tuple[str, Any, int]]) -> list[tuple[str, Any, int]]:
        """Factors joined to a sum by operators belong to it up to the last that speaks of its index."""
        for k, (sign, run, at) in enumerate(parts[:-1]):
            big = next((i for i in run.items if i.sort == "big"), None) if isinstance(run, Run) else None
            if big is None:
                continue
            names = bound_names(big)
            stop = max([j for j in range(k + 1, len(parts)) if names & parts[j][1].free], default=k)
            items = run.items
            at_big = next(j for j, i in enumerate(items) if i is big)
            rest = items[at_big + 1 :]
            if stop == k or not rest:
                return parts
            last = parts[stop][1]
            inner = Chain(
                "product", [("", self.whole(Run(rest)), rest[0].start), *parts[k + 1 : stop + 1]], rest[0].start, last.end, NOTHING
            )
            body = Item("group", "(", rest[0].start, last.end, [inner])
            return [*parts[:k], (sign, self.whole(Run([*items[: at_big + 1], body])), at), *parts[stop + 1 :]]
        return parts

    def dotted(self, a: Typed, part: Surface, at: int, minus: int) -> Typed:
        r"""`a \cdot b c` with numbers c behind: the dot product is that of a and b."""
        if a.guess == V and isinstance(part, Run) and len(part.items) > 1:
            trees = self.resolved(part.items)
            if trees[0].guess == V and all(t.guess == S for t in trees[1:]):
                result = self.operated("dot", a, trees[0], at)
                result = negative(result, minus) if minus >= 0 else result
                for t in trees[1:]:
                    result = self.times_of(result, t)
                return result
            b = trees[0]
            for t in trees[1:]:
                b = self.times_of(b, t)
        else:
            b = self.tree(part)
        result = self.operated("dot", a, b, at)
        return negative(result, minus) if minus >= 0 else result

    def slashed(self, above: Typed, part: Surface, at: int) -> Typed:
        """a/b: of what stands behind b, norms, sums and the like are no part of it; otherwise nobody knows."""
        if isinstance(part, Run) and len(part.items) > 1:
            items = part.items
            second = items[1]
            called = items[0].sort == "function" or (second.sort == "group" and second.value == "(" and self.callee(items[0], second))
            if not called:
                clear = (
                    second.sort in ("big", "norm", "tree", "bars")
                    or (second.sort == "group" and items[0].sort == "number")
                    or has_transpose(items[1:])
                )
                if clear:
                    return self.times_of(self.divided(above, self.factors(items[:1]), above.start, items[0].end), self.factors(items[1:]))
                a, b = self.text[above.start : above.end], self.text[part.start : part.end]
                refuse(
                    "it is not clear where the denominator ends",
                    part.start,
                    part.end,
                    rf"write `\frac{{{a}}}{{{b}}}`" if len(a) + len(b) < 60 else r"write \frac{a}{b c}, or \frac{a}{b} c",
                )
        return self.divided(above, self.tree(part), above.start, part.end)

    def divided(self, a: Typed, b: Typed, start: int, end: int) -> Typed:
        if b.guess in (V, M, R) and a.guess in (V, M, R) and a.guess == b.guess:
            refuse(
                "a quotient of vectors or matrices is not defined",
                start,
                end,
                r"a \oslash b goes entry by entry, A B^{-1} uses the inverse",
            )
        if b.guess == M:
            refuse("one does not divide by a matrix", start, end, r"A^{-1} b uses the inverse")
        return Typed("div", (a, b), None, start, end, a.guess)

    def operated(self, operator: str, a: Typed, b: Typed, at: int) -> Typed:
        start, end = a.start, b.end
        if operator in ("emul", "ediv"):
            return Typed(operator, (a, b), None, start, end, joined(a.guess, b.guess))
        if operator == "dot" and a.guess in (V, "") and b.guess in (V, "") and not (a.kind == "number" or b.kind == "number"):
            return Typed("dot", (a, b), None, start, end, S if V in (a.guess, b.guess) else "")
        if operator == "dot" and a.guess == b.guess == M:
            pass
        elif operator == "times" and a.guess == b.guess == V:
            return Typed("call", (a, b), "cross", start, end, V)
        elif operator == "kron":
            if a.guess == b.guess == V:
                return Typed("call", (a, b), "outer", start, end, M)
            if M in (a.guess, b.guess):
                return Typed("call", (a, b), "kron", start, end, M)
            refuse(
                r"`\otimes` of what is neither two vectors nor matrices", start, end, r"declare the types; x y^\top is the outer product"
            )
        return self.times_of(a, b)

    def times_of(self, a: Typed, b: Typed) -> Typed:
        if a.guess == b.guess == V:
            x, y = self.text[a.start : a.end], self.text[b.start : b.end]
            refuse(
                f"`{x}` and `{y}` are vectors side by side",
                a.start,
                b.end,
                rf"`{x}^\top {y}` is the dot product, `{x} \odot {y}` goes entry by entry, `{x} {y}^\top` is the outer product",
            )
        guess = b.guess if a.guess == S else a.guess if b.guess == S else PRODUCTS.get((a.guess, b.guess), "")
        return Typed("mul", (a, b), None, a.start, b.end, guess)

    # ------------------------------------------------------------------------------------------------- runs

    def factors(self, items: Sequence[Item], minus: int = -1) -> Typed:
        """The product of factors side by side; minus: as for `tree`."""
        first, *rest = self.resolved(items)
        result = negative(first, minus) if minus >= 0 else first
        for tree in rest:
            result = self.times_of(result, tree)
        return result

    def resolved(self, items: Sequence[Item]) -> list[Typed]:
        """The factors of a run, after functions and sums have taken what is theirs. From the right to the left."""
        out: list[tuple[Typed | None, Item]] = []  # trees, or items that are still to become some; the leftmost last
        k = len(items) - 1
        while k >= 0:
            item = items[k]
            if item.sort == "function" and item.value in ("sum", "mean", "prod") and item.scripts and not alone(item):
                out = [self.over(item, out)]
            elif item.sort == "function":
                out.append(self.applied(item, out))
            elif (
                item.sort == "big" and item.value == "prod" and not item.scripts and out and out[-1][0] is None and out[-1][1].value == "("
            ):
                out.append(self.applied(Item("function", "prod", item.start, item.end), out))
            elif item.sort == "big":
                out = [self.over(item, out)]
            elif item.sort == "ones" or (item.sort == "number" and item.value == "1" and self.tests(item, out)):
                out.append(self.one(item, out))
            elif item.sort in ("name", "word") and out and out[-1][0] is None and out[-1][1].sort == "group":
                group = out[-1][1]
                if item.sort == "name" and item.value == "I" and self.is_indicator(item, group):
                    out.pop()
                    out.append((self.iverson(group, item.start), group))
                else:
                    tree = self.called(item, group, k and items[k - 1])
                    if tree is not None:
                        out.pop()
                        out.append((tree, Item("call", "", tree.start, tree.end)))
                        if tree.kind == "call" and tree.value == "" and k:
                            k -= 1
                    else:
                        out.append((self.name(item), item))
            elif item.sort == "group":
                out.append((None, item))
            else:
                tree = self.item(item)
                if item.sort == "number" and k and not (items[k - 1].sort in ("function", "big")):
                    before = items[k - 1]
                    refuse(
                        "a number stands behind a factor",
                        before.start,
                        item.end,
                        rf"write {self.cut(before)}_{self.cut(item)}, {self.cut(before)}^{self.cut(item)} or {self.cut(item)} {self.cut(before)}",
                    )
                out.append((tree, item))
            k -= 1
        return [tree if tree is not None else self.item(item) for tree, item in reversed(out)]

    def cut(self, item: Item) -> str:
        return self.text[item.start : item.end]

    def take(self, out: list[tuple[Typed | None, Item]]) -> Typed:
        tree, item = out.pop()
        return tree if tree is not None else self.item(item)

    def applied(self, function: Item, out: list[tuple[Typed | None, Item]]) -> tuple[Typed, Item]:
        """A function with what it takes of the factors on its right."""
        name, start = function.value, function.start
        subs = [s for s in function.scripts if s[0] == "sub"]
        powers = [s for s in function.scripts if s[0] != "sub"]
        if name == "log" and subs:
            base = self.tree(self.only(subs[0][1]))
            name = {2: "log2", 10: "log10"}.get(base.value if base.kind == "number" else 0, "log")
            if name == "log":
                above, item = self.applied(self.plain(function, "log"), out)
                below = Typed("call", (base,), "log", base.start, base.end, S)
                return Typed("div", (above, below), None, start, above.end, above.guess), item
            subs = []
        if not out:
            refuse(f"`{self.cut(function)}` has no argument", function.start, function.end, rf"{self.cut(function)}(x)")
        tree, item = out[-1]
        scripts: list[tuple[str, Any, int, int]] = []
        rewritten = ""
        if name in ("max", "min") and subs:
            return self.extremum(function, subs, out)
        if tree is None and item.sort == "group":
            out.pop()
            arguments = self.arguments(item, self.cut(function))
            scripts = item.scripts
            end = item.end
            if any(s[0] in ("transpose", "inverse transpose") or is_inverse(s) for s in scripts) and name in _NUMBERS_OF_MATRICES:
                refuse(
                    "it is not clear whether this belongs to the argument or to the value",
                    start,
                    end,
                    rf"write {self.cut(function)}\left( (A)^{{-1}} \right), or \frac{{1}}{{{self.cut(function)}(A)}}",
                )
        else:
            argument = self.gathered(function, name, out)
            end = argument.end
            arguments = [argument]
            inner = argument.value if argument.kind == "call" else ""
            if not powers and (name, inner) in _TOGETHER and not subs:
                rewritten = _TOGETHER[name, inner]
        if rewritten:
            (argument,) = arguments
            result = Typed("call", argument.kids, rewritten, start, end, value_kind(rewritten, argument.kids))
            return result, Item("call", "", start, end)
        result = self.call(name, arguments, start, end)
        for kind, content, at, stop in powers:
            if kind == "sup":
                exponent = self.tree(self.only(content))
                if exponent.kind == "neg" and exponent.kids[0].value == 1:
                    inverse = {
                        "erf": "erfinv",
                        "sin": "arcsin",
                        "cos": "arccos",
                        "tan": "arctan",
                        "sinh": "arcsinh",
                        "cosh": "arccosh",
                        "tanh": "arctanh",
                    }.get(name, "")
                    if name == "erf":
                        result = self.call("erfinv", arguments, start, end)
                        continue
                    refuse(
                        "it is not clear whether this is the inverse function or the reciprocal",
                        function.start,
                        stop,
                        rf"write \{inverse}, or \frac{{1}}{{{self.cut(function).split('^')[0]}(x)}}"
                        if inverse
                        else r"write \frac{1}{f(x)}",
                    )
                result = Typed("pow", (result, exponent), None, start, end, result.guess)
            elif kind == "entrywise":
                result = Typed("epow", (result, self.tree(self.only(content))), None, start, end, result.guess)
            elif kind == "prime":
                refuse(f"the derivative of `{self.cut(function)}` is not written with a prime here", at, stop, "write it out")
            else:
                refuse("a function without its argument has no such script", at, stop)
        for kind, content, at, stop in subs:
            result = self.script(result, (kind, content, at, stop))
        for script in scripts:
            result = self.script(result, script)
        return result, Item("call", "", start, result.end)

    def plain(self, function: Item, name: str) -> Item:
        copy = Item("function", name, function.start, function.end)
        copy.scripts = [s for s in function.scripts if s[0] != "sub"]
        return copy

    def gathered(self, function: Item, name: str, out: list[tuple[Typed | None, Item]]) -> Typed:
        """The argument of a function without brackets."""
        item = out[-1][1]
        result = self.take(out)
        if name in _OF_MATRICES:
            while out and name in _TAKES_ALL:
                result = self.times_of(result, self.take(out))
            return result
        if item.sort not in _SIMPLE:
            if out and name in ("exp",) and item.sort == "tree":
                refuse(
                    f"it is not clear what `{self.cut(function)}` is applied to",
                    function.start,
                    out[0][1].end,
                    rf"put brackets around it: {self.cut(function)}(x)",
                )
            return result
        count = int(item.sort != "number")
        while out and out[-1][1].sort in _SIMPLE:
            follower = out[-1][1]
            count += follower.sort != "number" and follower.value != "pi"
            result = self.times_of(result, self.take(out))
        if out and out[-1][1].sort == "group":
            refuse(
                f"it is not clear what `{self.cut(function)}` is applied to",
                function.start,
                out[-1][1].end,
                rf"put brackets around it: {self.cut(function)}({self.text[result.start : result.end]})",
            )
        if count > 1:
            self.note(
                f"`{self.text[function.start : result.end]}` is read as `{self.cut(function)}({self.text[result.start : result.end]})`"
            )
        return result

    def arguments(self, group: Item, function: str) -> list[Typed]:
        content = group.lists
        if any(isinstance(x, Item) for x in content):
            mark = next(x for x in content if isinstance(x, Item))
            if mark.value in "|‖" and not (mark.value == "‖" and re.search("KL|kl", function)):
                refuse(
                    f"`{mark.value}` is a condition or a divergence here, not a value",
                    mark.start,
                    mark.end,
                    "write the formula out, or give the function its arguments with commas",
                )
            content = [x for x in content if not isinstance(x, Item)]
        if len(content) == 1 and lone(content[0]) and content[0].items[0].sort == "nothing":
            refuse(f"`{function}` has no argument", group.start, group.end)
        return [self.tree(x) for x in content]

    def call(self, name: str, arguments: list[Typed], start: int, end: int) -> Typed:
        if name == "sum" and len(arguments) == 1:
            return Typed("call", tuple(arguments), "sum", start, end, S)
        if len(arguments) == 2 and re.fullmatch(r"(?:D_?)?K_?L", name):
            name = "kl"
        if name == "log_sigmoid" and name not in TABLE:
            inner = Typed("call", tuple(arguments), "sigma", start, end, arguments[0].guess)
            return Typed("call", (inner,), "log", start, end, inner.guess)
        if name in ("max", "min") and len(arguments) == 1 and arguments[0].guess == S and not self.given:
            refuse(f"the {name}imum of one number is that number", start, end, rf"\{name}(0, x)")
        if name in ("var", "std") and arguments[0].guess not in (V, M, R) and not self.given:
            refuse("the variance of a random variable has no formula here", start, end, r"of a declared vector it is that of its entries")
        tree = Typed("call", tuple(arguments), name, start, end, value_kind(name, arguments))
        if name in ("exp", "log", "sqrt"):
            self.entrywise_only(tree, name, "\\" + name)
        if name == "log" and arguments[0].kind == "bars":
            if arguments[0].guess == M:  # also in answers, where bars of a matrix are those of its entries otherwise
                return Typed("call", arguments[0].kids, "logdet", start, end, S)
            self.unsettled.append((tree, "log of bars"))
        return tree

    def entrywise_only(self, tree: Typed, name: str, written: str) -> None:
        """exp, log and sqrt of matrices are matrix functions in papers, and entrywise in the language: both cannot be meant."""
        self.unsettled.append((tree, "matrix function"))

    def extremum(self, function: Item, subs: list[Any], out: list[tuple[Typed | None, Item]]) -> tuple[Typed, Item]:
        r"""`\max_i x_i`: over an index of entries; over variables it is no value of a formula."""
        name, start = function.value, function.start
        ranges, conditions = self.bounds(subs, [s for s in function.scripts if s[0] == "sup"], function)
        if out[-1][0] is None and out[-1][1].sort == "group":
            item = out.pop()[1]
            body = self.arguments(item, self.cut(function))
            if len(body) != 1:
                refuse(f"`{self.cut(function)}` over an index takes one value", item.start, item.end)
            tree, scripts = body[0], item.scripts
        else:
            self.require_clear_end(function, out)
            tree, scripts = self.rest(out), []
        (index, lo, hi), *others = ranges
        if conditions:
            refuse(f"`\\{name}` with a condition is not supported", function.start, function.end, rf"\{name}_{{j}} x_j")
        if others or not mentions(tree, index):
            self.optimisation(function, tree)
        if tree.kind == "index" and len(tree.kids) == 2 and tree.kids[1].kind == "name" and tree.kids[1].value == index and lo is None:
            inner: Typed = tree.kids[0]  # type: ignore[assignment]
        else:
            lo = lo or Typed("number", (), 1, function.start, function.end, S)
            hi = hi or self.extent(tree, index, function)
            inner = Typed("tensor", (lo, hi, tree), (index,), tree.start, tree.end, V)
        result = Typed("call", (inner,), name, start, tree.end, S)
        for script in scripts:
            result = self.script(result, script)
        return result, Item("call", "", start, result.end)

    def optimisation(self, function: Item, tree: Tree) -> NoReturn:
        inner = self.text[tree.start : tree.end]
        refuse(
            f"`\\{function.value}` over variables is an optimisation, not a value",
            function.start,
            function.end,
            f"give the function under it alone: {inner}" if len(inner) < 60 else "give the function under it alone",
        )

    def extent(self, tree: Tree, index: str, function: Item) -> Typed:
        """The size of the axis that an index runs along, from the variable whose entries it counts."""
        stack = [tree]
        while stack:
            t = stack.pop()
            if t.kind == "index" and t.kids[0].kind == "name":
                for k, place in enumerate(t.kids[1:]):
                    if place.kind == "name" and place.value == index:
                        count = len(t.kids) - 1
                        size = "size" if count == 1 and self.names.kinds.get(t.kids[0].value) != M else ("rows", "cols")[k]
                        return Typed("call", (Typed("name", (), t.kids[0].value, t.start, t.end),), size, function.start, function.end, S)
            stack += t.kids
        self.optimisation(function, tree)

    def require_clear_end(self, big: Item, out: list[tuple[Typed | None, Item]]) -> None:
        """A product or maximum over an index ends where its index does: of a factor behind, nobody knows whether it belongs to it."""
        names = bound_names(big)
        tree, item = out[0]
        last = mentions_any(tree, names) if tree is not None else bool(item.free & names)
        row = has_transpose([i for _, i in out]) and (tree is None or tree.guess != S)  # of w_i^\top x both belong to it
        if len(out) > 1 and not last and not row and not self.given:
            refuse(
                "it is not clear where this ends",
                big.start,
                item.end,
                r"put brackets around its factors, or those that do not belong to it in front: c \prod_i x_i",
            )

    def rest(self, out: list[tuple[Typed | None, Item]]) -> Typed:
        result = self.take(out)
        while out:
            result = self.times_of(result, self.take(out))
        return result

    def over(self, big: Item, out: list[tuple[Typed | None, Item]]) -> tuple[Typed, Item]:
        name = big.value
        if not out:
            refuse("the sum has no terms", big.start, big.end)
        subs, sups = [s for s in big.scripts if s[0] == "sub"], [s for s in big.scripts if s[0] == "sup"]
        if not subs:
            running = re.search(r"_\{?([ijkn])\b|([ᵢⱼₖₙ])", self.text[big.end :])
            if running:
                sign = self.text[big.start : big.end].strip()
                refuse(
                    f"the index of `{'Σ' if name == 'sum' else 'Π'}` is missing",
                    big.start,
                    big.end,
                    f"write `{self.text[: big.start].lstrip()}{sign}{running[2] or '_' + running[1]} {self.text[big.end :].lstrip()}`",
                )
            refuse(
                f"the index of `{'Σ' if name == 'sum' else 'Π'}` is missing",
                big.start,
                big.end,
                r"\sum_{i=1}^{n} x_i; the sum of all entries is \mathbf{1}^\top x",
            )
        if name == "prod":
            self.require_clear_end(big, out)
        body = self.rest(out)
        for script in big.scripts:
            if script[0] not in ("sub", "sup"):
                refuse("a sum has a range below and above, nothing else", script[2], script[3])
        ranges, conditions = self.bounds(subs, sups, big)
        for condition in conditions:
            test = Typed("iverson", (condition,), None, condition.start, condition.end, S)
            if name == "prod":
                one = Typed("number", (), 1, body.start, body.end, S)
                body = Typed("call", (condition, body, one), "if", body.start, body.end, body.guess)
            elif name == "mean":
                refuse("a mean with a condition is not supported", big.start, big.end, r"\frac{1}{n} \sum_{i=1}^{n}")
            else:
                body = Typed("mul", (test, body), None, body.start, body.end, body.guess)
        for index, lo, hi in reversed(ranges):
            kids = (body,) if lo is None or hi is None else (lo, hi, body)
            body = Typed("over", kids, (name, index), big.start, body.end, body.guess)
        return body, Item("call", "", big.start, body.end)

    def bounds(self, subs: list[Any], sups: list[Any], big: Item) -> tuple[list[tuple[str, Typed | None, Typed | None]], list[Typed]]:
        r"""The ranges of a sum, (index, from, to), and its conditions: `i=1`, `i`, `i,j`, `1 \le i \le n`, `j \ne i`, `i < j`, `i \in [n]`."""
        where = (subs[0][2], subs[0][3])
        content = [x for x in subs[0][1] if not isinstance(x, Item)]
        upper = sups[0][1] if sups else []
        ranges: list[list[Any]] = []
        conditions: list[Typed] = []
        known: dict[str, list[Any]] = {}

        def enter(name: str, lo: Typed | None = None) -> list[Any]:
            if name in known:
                if lo is not None:
                    known[name][1] = lo
                return known[name]
            entry = [name, lo, None]
            known[name] = entry
            ranges.append(entry)
            return entry

        for k, x in enumerate(content):
            if lone(x) and x.items[0].value == "ldots" and 0 < k == len(content) - 2 and ranges:  # i = 1, …, m
                ranges[-1][2] = self.tree(content[-1])
                break
            if isinstance(x, Run):
                for item in x.items:
                    if item.sort != "name" or (item.scripts and not all(s[0] == "prime" for s in item.scripts)):
                        refuse("this is no index of a sum", item.start, item.end, r"\sum_{i=1}^{n}")
                    enter(index_name(item))
            elif isinstance(x, Chain) and x.kind == "compare":
                self.bound(x, enter, known, conditions)
            else:
                refuse("this is no range of a sum", x.start, x.end, r"\sum_{i=1}^{n}")
        if not ranges:
            refuse("the sum has no index", *where, hint=r"\sum_{i=1}^{n}")
        if upper:
            hi = self.only(upper)
            if isinstance(hi, Run) and hi.items[0].sort == "infinity":
                refuse("an infinite series is not supported", sups[0][2], sups[0][3], "write its value out")
            for entry in ranges:
                entry[2] = self.tree(hi) if entry is ranges[0] or entry[1] is None or True else None
                if entry[1] is None:
                    entry[1] = Typed("number", (), 1, *where, S)
        final: list[tuple[str, Typed | None, Typed | None]] = []
        for name, lo, hi in ranges:
            spread = [t for t in (lo, hi) if t is not None and any(mentions(t, i) for i in self.indices)]
            if spread or (lo is not None and hi is None):
                place = Typed("name", (), name, *where, S)
                if lo is not None and (lo.kind != "number" or lo.value != 1):
                    conditions.append(Typed("ge", (place, lo), None, *where))
                if hi is not None and mentions_any(hi, self.indices):
                    conditions.append(Typed("le", (place, hi), None, *where))
                    hi = None
                lo = Typed("number", (), 1, *where, S) if hi is not None else None
            final.append((name, lo, hi))
        return final, conditions

    def bound(self, x: Chain, enter: Callable[..., list[Any]], known: dict[str, list[Any]], conditions: list[Typed]) -> None:
        parts = x.parts
        signs = [sign for sign, _, _ in parts[1:]]
        first = parts[0][1]
        name = index_name(first.items[0]) if lone(first) and first.items[0].sort == "name" else ""
        if signs == ["eq"] and name:
            enter(name, self.tree(parts[1][1]))
            return
        if signs == ["in"] and name:
            self.set(enter, name, parts[1][1])
            return
        if (
            len(signs) == 3
            and all(s in ("le", "lt") for s in signs)
            and all(lone(parts[k][1]) and parts[k][1].items[0].sort == "name" for k in (1, 2))
        ):
            lo, hi = self.tree(first), self.tree(parts[3][1])
            if signs[0] == signs[2] == "le":  # 1 \le i < j \le n
                for k in (1, 2):
                    entry = enter(index_name(parts[k][1].items[0]))
                    entry[1], entry[2] = lo, hi
                conditions.append(
                    self.comparison(Chain("compare", [("", *parts[1][1:]), parts[2]], parts[1][1].start, parts[2][1].end, NOTHING))
                )
                return
        if len(signs) == 2 and all(s in ("le", "lt") for s in signs):
            middle = parts[1][1]
            inner = index_name(middle.items[0]) if lone(middle) and middle.items[0].sort == "name" else ""
            lo, hi = self.tree(first), self.tree(parts[2][1])
            if inner and not (
                name and name in self.indices and name != inner and first.items[0].value in self.indices and mentions(hi, inner)
            ):
                if name in self.indices:  # i < j < k
                    pass
                entry = enter(inner)
                if signs[0] == "lt":
                    lo = Typed("add", (lo, Typed("number", (), 1, lo.start, lo.end, S)), None, lo.start, lo.end, S)
                    if lo.kids[0].kind == "number":
                        lo = Typed("number", (), lo.kids[0].value + 1, lo.start, lo.end, S)
                if signs[1] == "lt":
                    hi = Typed("sub", (hi, Typed("number", (), 1, hi.start, hi.end, S)), None, hi.start, hi.end, S)
                entry[1], entry[2] = lo, hi
                return
        if len(signs) == 1 and signs[0] in COMPARISONS and signs[0] != "eq" and name:
            second = parts[1][1]
            other = index_name(second.items[0]) if lone(second) and second.items[0].sort == "name" else ""
            enter(name)
            if other in self.joint:
                enter(other)
            conditions.append(self.comparison(x))
            return
        if signs and all(s in COMPARISONS for s in signs):  # i : y_i = 1
            conditions.append(self.comparison(x))
            return
        refuse("this is no range of a sum", x.start, x.end, r"\sum_{i=1}^{n}")

    def set(self, enter: Callable[..., list[Any]], name: str, x: Surface) -> None:
        r"""`i \in [n]` and `i \in \{1, \ldots, n\}` are ranges; other sets are not known."""
        if lone(x) and x.items[0].sort == "group" and not x.items[0].scripts:
            group = x.items[0]
            content = group.lists
            one = Typed("number", (), 1, group.start, group.end, S)
            if group.value == "[" and len(content) == 1:
                entry = enter(name, one)
                entry[2] = self.tree(content[0])
                return
            if (
                group.value == "{"
                and len(content) >= 3
                and lone(content[-2])
                and content[-2].items[0].value == "ldots"
                and lone(content[0])
                and content[0].items[0].value == "1"
            ):
                entry = enter(name, one)
                entry[2] = self.tree(content[-1])
                return
        refuse("a sum over a set is not supported", x.start, x.end, rf"number its elements: \sum_{{{name}=1}}^{{n}}")

    # ------------------------------------------------------------------------------------------------- indicators, ones

    def one(self, item: Item, out: list[tuple[Typed | None, Item]]) -> tuple[Typed, Item]:
        r"""`\mathbf{1}`: an indicator before a condition, else the vector of ones."""
        subs = [s for s in item.scripts if s[0] == "sub"]
        if subs:
            content = subs[0][1]
            inner = content[0]
            while lone(inner) and inner.items[0].sort == "group" and not inner.items[0].scripts and len(inner.items[0].lists) == 1:
                inner = inner.items[0].lists[0]
            if len(content) == 1 and self.is_condition(inner):
                test = self.tree(inner)
                tree = Typed("iverson", (test,), None, item.start, item.end, condition_kind(test))
                for script in item.scripts:
                    if script is not subs[0]:
                        tree = self.script(tree, script)
                return tree, Item("call", "", item.start, item.end)
        elif out and out[-1][0] is None and out[-1][1].sort == "group" and self.holds_condition(out[-1][1]):
            group = out.pop()[1]
            tree = self.iverson(group, item.start)
            return tree, Item("call", "", tree.start, tree.end)
        return self.constant(item, "ones"), item

    def tests(self, item: Item, out: list[tuple[Typed | None, Item]]) -> bool:
        """Is a 1 an indicator: `1[x > 0]`, `1_{x > 0}`?"""
        if item.scripts:
            return item.scripts[0][0] == "sub" and self.is_condition(item.scripts[0][1][0])
        return bool(out) and out[-1][0] is None and out[-1][1].sort == "group" and self.holds_condition(out[-1][1])

    def constant(self, item: Item, name: str) -> Typed:
        sizes: list[Typed] = []
        scripts = list(item.scripts)
        for script in item.scripts:
            if script[0] == "sub":
                scripts.remove(script)
                for x in script[1]:
                    if isinstance(x, Chain) and x.kind == "product" and all(op in ("", "times") for op, _, _ in x.parts):
                        sizes += [self.tree(part) for _, part, _ in x.parts]
                    else:
                        sizes.append(self.tree(x))
        guess = M if name == "eye" or len(sizes) == 2 else V
        tree = (
            Typed("call", tuple(sizes), name, item.start, item.end, guess)
            if sizes
            else Typed("name", (), name, item.start, item.end, guess)
        )
        for script in scripts:
            tree = self.script(tree, script)
        return tree

    def is_condition(self, x: Surface) -> bool:
        if isinstance(x, Run):
            item = x.items[0]
            return (len(x.items) == 1 and item.sort == "tree" and item.value.kind in CONNECTIVES) or (
                len(x.items) == 1 and item.sort == "group" and self.holds_condition(item)
            )
        return isinstance(x, Chain) and x.kind == "compare"

    def holds_condition(self, group: Item) -> bool:
        return len(group.lists) == 1 and self.is_condition(group.lists[0])

    def is_indicator(self, item: Item, group: Item) -> bool:
        return not item.scripts and self.holds_condition(group) and not self.names.find("I")

    def iverson(self, group: Item, start: int) -> Typed:
        inner = group
        while not (isinstance(inner.lists[0], Chain) or inner.lists[0].items[0].sort == "tree"):
            inner = inner.lists[0].items[0]
        test = self.tree(inner.lists[0])
        tree = Typed("iverson", (test,), None, start, group.end, condition_kind(test))
        for script in group.scripts:
            tree = self.script(tree, script)
        return tree

    # ------------------------------------------------------------------------------------------------- single items

    def item(self, item: Item) -> Typed:
        sort = item.sort
        if sort == "number":
            tree = Typed("number", (), number(item.value, item.start), item.start, item.start + len(item.value), S)
            tree.end = max(tree.end, item.start + 1)
        elif sort in ("name", "word"):
            return self.name(item)
        elif sort == "tree":
            tree = item.value
        elif sort == "group":
            return self.grouped(item)
        elif sort == "bars":
            inner = self.tree(item.value)
            if inner.guess == M and not self.given:
                tree = Typed("call", (inner,), "det", item.start, item.end, S)
            else:
                tree = Typed("bars", (inner,), None, item.start, item.end, inner.guess)
                if inner.guess != S and not self.given:
                    self.unsettled.append((tree, "bars"))
            if item.scripts:
                tree.end = item.scripts[0][2]
        elif sort == "norm":
            return self.normed(item)
        elif sort == "zeros":
            return self.constant(item, "zeros")
        elif sort == "ones":
            return self.constant(item, "ones")
        elif sort == "infinity":
            refuse("infinity is no number", item.start, item.end)
        elif sort == "nabla" or sort == "partial":
            refuse(
                "a derivative inside a formula is not supported",
                item.start,
                item.end,
                "a derivative in front of the whole formula is the question",
            )
        elif sort == "reals":
            refuse("the real numbers are no value", item.start, item.end, r"a type is declared by keyword: x=\"vector(n)\"")
        elif sort == "nothing":
            refuse("a value is missing", item.start, max(item.end, item.start + 1))
        elif item.value == "ldots":
            refuse("dots leave out what cannot be guessed", item.start, item.end, r"write a sum over an index: \sum_{i=1}^{n} x_i")
        elif item.value == "top":
            refuse("a transposition is a superscript", item.start, item.end, r"w^\top x")
        else:
            refuse(f"`{self.cut(item)}` cannot stand here", item.start, max(item.end, item.start + 1))
        for script in item.scripts:
            tree = self.script(tree, script)
        return tree

    def grouped(self, item: Item) -> Typed:
        content = item.lists
        if item.value == "<":
            content = [x for x in content if not isinstance(x, Item)]
            if len(content) != 2:
                refuse("an inner product has two operands", item.start, item.end, r"\langle a, b \rangle")
            a, b = self.tree(content[0]), self.tree(content[1])
            frobenius = [s for s in item.scripts if s[0] == "sub" and [p.text for p in self.parts(s[1])] == ["F"]]
            item.scripts = [s for s in item.scripts if s not in frobenius]
            if frobenius or M in (a.guess, b.guess) or (_like_matrix(a) and _like_matrix(b)):
                tree = Typed("call", (Typed("emul", (a, b), None, item.start, item.end, M),), "sum", item.start, item.end, S)
            else:
                tree = Typed("dot", (a, b), None, item.start, item.end, S)
        else:
            ranged = [s for s in item.scripts if s[0] == "sub" and isinstance(s[1][0], Chain) and s[1][0].kind == "compare"]
            if ranged and item.value == "[":
                return self.tensor(item, ranged[0])
            tree = self.tree(self.only(content))
            if item.value == "[" and isinstance(content[0], Chain) and content[0].kind == "compare":
                tree = Typed("iverson", (tree,), None, item.start, item.end, condition_kind(tree))
            elif item.value in "⌊⌈" and item.value:
                tree = Typed("call", (tree,), "floor" if item.value == "⌊" else "ceil", item.start, item.end, tree.guess)
            else:
                tree.start, tree.end = item.start, item.scripts[0][2] if item.scripts else item.end
        for script in item.scripts:
            tree = self.script(tree, script)
        return tree

    def tensor(self, item: Item, script: tuple[str, Any, int, int]) -> Typed:
        r"""`[ x_i ]_{i=1 \ldots n}`: the value with these entries, as answers are printed."""
        names: list[str] = []
        limits: list[Typed] = []
        for x in script[1]:
            ok = isinstance(x, Chain) and x.kind == "compare" and len(x.parts) == 2 and isinstance(x.parts[1][1], Run)
            items = x.parts[1][1].items if ok else []
            dots = [k for k, i in enumerate(items) if i.value == "ldots"]
            if not dots:
                refuse("this is no range", x.start, x.end, r"i=1 \ldots n")
            names.append(index_name(x.parts[0][1].items[0]))
            limits += [self.factors(items[: dots[0]]), self.factors(items[dots[0] + 1 :])]
        body = self.tree(self.only(item.lists))
        return Typed("tensor", (*limits, body), tuple(names), item.start, item.end, {1: V, 2: M}.get(len(names), ""))

    def normed(self, item: Item) -> Typed:
        inner = self.tree(item.value)
        scripts = list(item.scripts)
        which = "2"
        plain = True
        weight: Typed | None = None
        for script in item.scripts:
            kind, content = script[0], script[1]
            if kind == "star":
                which, plain = "*", False
                scripts.remove(script)
            elif kind == "sub":
                scripts.remove(script)
                plain = False
                x = self.only(content)
                word = (
                    "".join([str(i.value) for i in x.items])
                    if isinstance(x, Run) and all(i.sort in ("number", "name", "word", "infinity") and not i.scripts for i in x.items)
                    else "?"
                )
                which = {"infinity": "inf", "Fro": "F", "fro": "F", "max": "max", "op": "op", "HS": "F"}.get(word, word)
                if which not in ("1", "2", "F", "inf", "0", "op", "p", "q", "max"):
                    weight = self.tree(x)
        start, end = item.start, item.end
        stop = scripts[0][2] if scripts else end
        if weight is not None:
            squared = scripts and scripts[0][0] == "sup" and self.tree(self.only(scripts[0][1])).value == 2
            if weight.guess != M or inner.guess == M or (self.given and not squared):
                refuse("this norm is not supported", start, end, r"x^\top A x is the square of the norm that a matrix A gives")
            left = Typed("mul", (Typed("transpose", (inner,), None, inner.start, inner.end, R), weight), None, start, stop, R)
            tree = Typed("mul", (left, inner), None, start, end, S)
            if not squared:
                tree = Typed("call", (tree,), "sqrt", start, stop, S)
            for script in scripts[1:] if squared else scripts:
                tree = self.script(tree, script)
            return tree
        if which == "F" and inner.kind == "index" and len(inner.kids) == 2 and not self.given:
            refuse(
                "matrices that an index numbers are not supported", start, end, r"name them one by one: \|W^{(1)}\|_F^2 + \|W^{(2)}\|_F^2"
            )
        if which == "2" and not plain and inner.guess == M:
            raise spectral(item)
        name = {"1": "norm1", "2": "norm2", "F": "norm2", "inf": "norminf"}.get(which, "")
        if which == "*" and "normnuc" in TABLE:
            name = "normnuc"
        if not name:
            what = {
                "0": "a count of entries that are not zero is not differentiable",
                "*": "the nuclear norm is not supported",
                "op": "the spectral norm is not supported",
            }
            hint = {"*": r"\|A\|_F is the root of the sum of the squares", "0": r"\|x\|_1"}.get(
                which, r"\left( \sum_i |x_i|^p \right)^{1/p}"
            )
            refuse(what.get(which, "this norm is not supported"), start, end, hint)
        if which in ("1", "inf") and inner.guess == M:
            self.note(f"`{self.text[start:end]}` is taken over all entries of the matrix, not as the induced norm")
        tree = Typed("call", (inner,), name, start, stop, S)
        if which == "2" and not plain and inner.guess == "":
            self.unsettled.append((tree, "spectral"))
        elif which == "2" and inner.guess == M and not self.given:
            self.note(rf"`{self.text[start:stop]}` is the Frobenius norm")
        for script in scripts:
            tree = self.script(tree, script)
        return tree

    # ------------------------------------------------------------------------------------------------- names

    def parts(self, content: Sequence[Any]) -> list[Part]:
        """What a script of a name says: labels, and the indices among them."""
        out: list[Part] = []
        for x in content:
            if isinstance(x, Item):
                continue
            if isinstance(x, Run):
                for item in x.items:
                    out += self.part(item)
            elif isinstance(x, Chain) and x.kind in ("sum", "product"):
                out.append(Part(self.flat(x), self.tree(x), bool(x.free), x.start, x.end))
            else:
                refuse("a condition is no index", x.start, x.end, r"\mathbf{1}[x > 0]")
        return out

    def part(self, item: Item) -> list[Part]:
        start, end = item.start, item.end
        if item.sort == "number":
            return [
                Part(item.value, Typed("number", (), int(item.value), start, end, S) if item.value.isdigit() else None, False, start, end)
            ]
        if item.sort in ("name", "word"):
            if not item.scripts:
                bound = item.value in self.indices
                return [Part(item.value, Typed("name", (), self.names.find(item.value) or item.value, start, end, S), bound, start, end)]
            name = index_name(item) if all(s[0] == "prime" for s in item.scripts) else self.flat_item(item)
            bound = name in self.indices
            tree = self.name(item) if not bound else Typed("name", (), name, start, end, S)
            return [Part(name, tree, bound or bool(item.free), start, end)]
        if item.sort == "mark" and item.value in (":", "cdot"):
            return [Part(":", Typed("slice", (), None, start, end), True, start, end)]
        if item.sort == "function":
            return [Part(str(item.value), None, False, start, end)]
        if item.sort == "group" and len(item.lists) == 1:
            return self.parts(item.lists)
        if item.sort == "infinity":
            return [Part("inf", None, False, start, end)]
        if item.sort == "mark":
            return [Part(str(item.value), None, False, start, end)]
        if item.sort == "tree":
            return [Part("?", item.value, bool(item.free), start, end)]
        refuse("this is no index and no label", start, max(end, start + 1), "x_i, x_{i,j}, x_{i+1}, x_{old}")

    def flat(self, x: Surface) -> str:
        """A label such as `t-1` as part of a name."""
        words = [{"-": "minus", "+": "plus", "": ""}.get(sign, "") for sign, _, _ in x.parts]
        if x.kind == "sum" and words[0] == "plus":
            words[0] = ""
        pieces: list[str] = []
        for word, (_, part, _) in zip(words, x.parts, strict=True):
            inner = (
                [self.flat_item(i) for i in part.items]
                if isinstance(part, Run)
                else [self.flat(part)]
                if isinstance(part, Chain)
                else ["?"]
            )
            pieces += [word, *inner]
        return "_".join([p for p in pieces if p])

    def flat_item(self, item: Item) -> str:
        if item.sort in ("name", "word", "number", "function"):
            subs = [p.text for s in item.scripts if isinstance(s[1], list) for p in self.parts(s[1])]
            return "_".join([str(item.value), *subs])
        return "x"

    def name(self, item: Item) -> Typed:
        """A name with its scripts: the variable, or its entry, and what the other scripts do with it."""
        base, start = item.value, item.start
        names = self.names
        if base == "e" and not names.find("e") and item.scripts and item.scripts[0][0] == "sup":
            return self.exponential(item)
        if base == "I" and not names.find("I") and self.matrices:
            return self.constant(item, "eye")
        if base == "e" and self.given and not names.find("e"):
            subs = [s for s in item.scripts if s[0] == "sub"]
            found = self.parts(subs[0][1]) if subs else []
            if len(found) == 1 and found[0].text.isdigit() and not names.find("e", found[0].text):
                tree = Typed("call", (found[0].tree or Typed("number"),), "unit", start, subs[0][3], V)
                self.units.append((tree, any(script[0] == "transpose" for script in item.scripts)))
                for script in item.scripts:
                    if script is not subs[0]:
                        tree = self.script(tree, script)
                return tree
        if base == "delta" and not names.find("delta") and len(item.scripts) == 1 and item.scripts[0][0] == "sub":
            found = self.parts(item.scripts[0][1])
            if len(found) == 2 and any(p.index for p in found):
                a, b = (p.tree for p in found)
                assert a is not None and b is not None
                return Typed("iverson", (Typed("eq", (a, b), None, start, item.end),), None, start, item.end, S)
        labels: list[Part] = []
        indices: list[Part] = []
        others: list[tuple[str, Any, int, int]] = []
        entry_end = item.start + 1
        ordered: list[tuple[str, Any, int, int]] = []  # scripts that stand before a double index: A^{-1}_{ij}
        for script in item.scripts:
            kind, content, at, stop = script
            if kind == "sub":
                found = self.parts(content)
                if (
                    len(found) == 1
                    and found[0].text.isdigit()
                    and len(found[0].text) == 2
                    and not labels
                    and self.kind(base) == M
                    and not names.find(base, found[0].text)
                ):
                    p = found[0]
                    found = [Part(d, Typed("number", (), int(d), p.start, p.end, S), False, p.start, p.end) for d in p.text]
                if len(found) > 1 and others and (any(p.index for p in found) or self.kind(base) == M):
                    ordered, others = others, []
                labels += found
                entry_end = max(entry_end, stop)
            elif kind == "sup" and self.is_label(content):
                inner = self.parts([x for x in content[0].items[0].lists])
                labels = [*inner, *labels]
                entry_end = max(entry_end, stop)
            elif kind == "star" and names.find(base, "star"):
                base = names.find(base, "star")
            elif kind == "star":
                base += "_star"
            elif kind == "prime" and content.isdigit():
                known = names.find(base, "prime")
                if not known and self.kind(base) in (V, M) and content == "1":
                    others.append(("transpose", "", at, stop))
                    self.note(f"the prime of `{self.text[start:stop]}` is read as a transposition")
                elif not known and content == "1" and base not in self.unprimed and not self.given:
                    refuse(
                        "it is not clear what this prime means",
                        start,
                        stop,
                        rf"`{base}^\top` is the transposition, `\tilde{{{base}}}` another variable",
                    )
                else:
                    base = known or f"{base}_{'prime' * int(content)}"
            elif kind == "plus" and names.find(base, "plus"):
                base = names.find(base, "plus")
            else:
                others.append(script)
        if any(p.index for p in labels):
            first = next(k for k, p in enumerate(labels) if p.index)
            own = []
            if (first and self.kind(base) not in (V, M) and not all(p.text.isdigit() for p in labels[:first])) or (
                first and names.find(base, *[p.text for p in labels[:first]])
            ):
                own, labels = labels[:first], labels[first:]
            elif labels[-1].index is False and names.find(base, *[p.text for p in labels if not p.index]):
                own, labels = [p for p in labels if not p.index], [p for p in labels if p.index]
            full = names.find(base, *[p.text for p in own])
            name = full or self.fresh(base, own)
            indices = labels
        else:
            full = names.find(base, *[p.text for p in labels])
            known = self.kind(base)
            if full and names.kinds[full] != F:
                name = full
            elif labels and known in (V, M, R) and not full:
                name = names.find(base)
                indices = labels
            elif not known and not full and base in self.numbered and len(labels) == 1 and _picks(labels[0]):
                name = self.fresh(base, [])
                indices = labels
                self.note(f"`{self.text[start:entry_end]}` is read as an entry of `{name}`, which has an index elsewhere")
            else:
                name = full or self.fresh(base, labels)
                if labels and not known and base in self.alone and not self.given and len(labels) == 1 and labels[0].text.isdigit():
                    self.note(f"`{name}` is a variable of its own; of a declared vector `{base}` it is an entry")
        kind = names.kinds.get(name, "")
        if name == "pi" and not kind:
            kind = S
            if indices:
                refuse(r"`\pi` is the number, which has no entries", start, entry_end, r"name it otherwise, for example `\rho_k`")
        if name.endswith("_bar") and name not in names.kinds and not self.given and name.removesuffix("_bar") in self.bare:
            self.note(rf"`{name}` is a name of its own; for the mean write `\bar{{x}} = \frac{{1}}{{n}} \sum_i x_i;` in front")
        stop = entry_end if indices else (others[0][2] if others else item.end)
        tree = Typed("name", (), name, start, stop, S if kind == D else kind if kind != F else "")
        for script in ordered:
            tree = self.script(tree, script)
        if indices:
            tree = self.entry(tree, indices, start, entry_end)
        for script in others:
            tree = self.script(tree, script)
        return tree

    def kind(self, base: str) -> str:
        known = self.names.find(base)
        return self.names.kinds[known] if known else ""

    def fresh(self, base: str, labels: Sequence[Part]) -> str:
        texts = [p.text for p in labels]
        if any(t == "?" for t in texts):
            p = labels[texts.index("?")]
            refuse("this is no index and no label", p.start, p.end, "x_i, x_{i,j}, x_{i+1}, x_{old}")
        if len(texts) == 1 and texts[0].isdigit() and "_" not in base:
            return canonical(base + texts[0])
        return canonical("_".join([base, *texts]))

    def is_label(self, content: Sequence[Any]) -> bool:
        """Is a superscript `(1)`, `[l]` or `(i)`: part of a name, or an index?"""
        if len(content) != 1 or not lone(content[0]):
            return False
        item = content[0].items[0]
        return bool(item.sort == "group" and item.value in ("(", "[") and not item.scripts and (item.value == "[" or self.short(item)))

    def short(self, group: Item) -> bool:
        x = group.lists[0]
        if isinstance(x, Chain) and x.kind == "sum" and len(x.parts) == 2:
            return all(isinstance(p, Run) and len(p.items) == 1 and p.items[0].sort in ("name", "number") for _, p, _ in x.parts)
        return isinstance(x, Run) and len(x.items) == 1 and x.items[0].sort in ("name", "number", "word") and not x.items[0].scripts

    def is_picked(self, base: str, label: str) -> bool:
        """`z_y` beside `z_j` with the index j of a sum: y, a class, picks an entry, unless it stands anywhere else."""
        if label not in _CLASSES or label in self.indices:
            return False
        found = re.findall(rf"(?<![A-Za-z]){re.escape(base)}\s*_\s*\{{?\s*([A-Za-z])(?![A-Za-z])", self.text)
        return any(i in self.indices for i in found) and len(re.findall(rf"(?<![A-Za-z\\]){label}(?![A-Za-z])", self.text)) == found.count(label)

    def entry(self, tree: Typed, indices: Sequence[Part], start: int, end: int) -> Typed:
        for p in indices:
            if p.tree is None:
                refuse(f"`{p.text}` is no index", p.start, p.end, r"\sum_{i=1}^{n} x_i, x_2")
        kids = [p.tree for p in indices if p.tree is not None]
        left = {V: 1, M: 2, R: 1}.get(tree.guess, -1) - len([k for k in kids if k.kind != "slice"])
        return Typed("index", (tree, *kids), None, start, end, {0: S, 1: V}.get(left, ""))

    def exponential(self, item: Item) -> Typed:
        (_, content, _, end), *rest = item.scripts
        power = self.only(content)
        exponent = self.tree(power)
        if not lone(power) and not self.names.find("i") and "i" not in self.indices and mentions(exponent, "i"):
            refuse(
                "complex numbers are not supported",
                item.start,
                end,
                "a variable i is declared by its type; an angle enters by \\cos and \\sin",
            )
        tree = Typed("call", (exponent,), "exp", item.start, end, exponent.guess)
        self.unsettled.append((tree, "matrix function"))
        for script in rest:
            tree = self.script(tree, script)
        return tree

    # ------------------------------------------------------------------------------------------------- calls

    def callee(self, item: Item, group: Item) -> str:
        """The function that a name in front of a bracket is; "" if it is a factor. ParseError if nobody can tell."""
        if (
            item.sort not in ("name", "word")
            or group.value not in ("(", "[")
            or any(s[0] not in ("sub", "prime", "star") and not (s[0] == "sup" and self.is_label(s[1])) for s in item.scripts)
        ):
            return ""
        base = item.value
        names = self.names
        subs = [p for s in item.scripts if isinstance(s[1], list) and s[0] == "sub" for p in self.parts(s[1])]
        subs += [p for s in item.scripts if s[0] == "sup" for p in self.parts(s[1][0].items[0].lists)]
        full = names.find(base, *[p.text for p in subs])
        kind = names.kinds.get(full, "")
        if kind == F:
            return full
        if kind or self.kind(base) not in ("", F):
            return ""
        if any(p.index for p in subs):
            return "" if base in self.bare else self.fresh(base, [p for p in subs if not p.index]) if False else ""
        name = full or self.fresh(base, subs)
        if base == "D" and "".join([p.text for p in subs]) == "KL":
            return "kl"
        if base == "sigma" and not subs:
            return "sigma"
        if base == "Gamma" and not subs:
            return "gamma"
        if base == "psi" and self.given and not any(s[0] == "sub" for s in item.scripts):
            return "polygamma" if item.scripts else "digamma"
        if item.sort == "word":
            known = function_of(name)
            return known or name
        if group.value == "[":
            return ""
        content = [x for x in group.lists if not isinstance(x, Item)]
        if base in self.bare and not subs:
            return ""
        if len(content) > 1 or len(group.lists) > 1:
            return name
        inner = content[0]
        if base in _LIKELY or (base.split("_")[0] in _LIKELY):
            return name
        sum_of = isinstance(inner, Chain) and inner.kind == "sum"
        if sum_of and base not in _PERHAPS:
            return ""
        if (
            isinstance(inner, Run)
            and base not in _FACTORS
            and len(inner.items) <= 2
            and all(i.sort in ("name", "word", "group") for i in inner.items)
        ):
            return name
        written = self.cut(item)
        refuse(
            f"it is not clear whether `{written}` is a function or a factor here",
            item.start,
            group.end,
            rf"a factor: {written} \cdot ( \ldots ), or declare its type; a function: \operatorname{{{name}}}( \ldots )",
        )

    def called(self, item: Item, group: Item, before: Any) -> Typed | None:
        name = self.callee(item, group)
        if not name:
            return None
        primes = sum(int(s[1]) for s in item.scripts if s[0] == "prime")
        arguments = self.arguments(group, self.cut(item))
        end = group.scripts[0][2] if group.scripts else group.end
        if primes:
            if name in TABLE or name in BUILT_IN:
                refuse(f"the derivative of `{self.cut(item)}` is not written with a prime here", item.start, item.end, "write it out")
            tree = Typed("prime", tuple(arguments), (name, primes), item.start, end)
        elif name == "polygamma":
            order = self.tree(item.scripts[0][1][0].items[0].lists[0])
            tree = Typed("call", (order, *arguments), "polygamma", item.start, end, arguments[0].guess)
        elif name == "digamma":
            tree = Typed("call", tuple(arguments), "digamma", item.start, end, arguments[0].guess)
        elif name in TABLE or name in BUILT_IN:
            tree = self.call(name, arguments, item.start, end)
        else:
            guess = ""
            if len(name) > 1 and name.startswith("D") and name not in self.names.kinds:
                guess = ""
            tree = Typed("call", tuple(arguments), name, item.start, end, guess)
        for script in group.scripts:
            tree = self.script(tree, script)
        return tree

    # ------------------------------------------------------------------------------------------------- scripts of values

    def script(self, tree: Typed, script: tuple[str, Any, int, int]) -> Typed:
        kind, content, at, stop = script
        start, end = tree.start, max(stop, tree.end)
        if kind == "sub":
            return self.entry(tree, self.parts(content), start, end)
        if kind == "transpose":
            if content == "T" and (tree.guess == S or self.names.kinds.get("T") == S):
                return Typed("pow", (tree, Typed("name", (), "T", at, stop, S)), None, start, end, S)
            if content == "T" and not tree.guess and ("T" in self.bare or self.names.kinds.get("T") == D):
                refuse(
                    "it is not clear whether this T is a transposition",
                    at,
                    stop,
                    r"x^\top is the transposition; a power of a declared scalar is one",
                )
            return Typed("transpose", (tree,), None, start, end, {V: R, R: V}.get(tree.guess, tree.guess))
        if kind == "inverse transpose":
            one = Typed("neg", (Typed("number", (), 1, at, stop, S),), None, at, stop, S)
            return Typed("transpose", (Typed("pow", (tree, one), None, start, end, tree.guess),), None, start, end, tree.guess)
        if kind == "entrywise":
            return Typed("epow", (tree, self.tree(self.only(content))), None, start, end, tree.guess)
        if kind == "sup":
            exponent = self.only(content)
            if (
                lone(exponent)
                and exponent.items[0].sort == "group"
                and exponent.items[0].value == "("
                and self.is_label(content)
                and tree.kind not in ("number",)
            ):
                refuse("a number in brackets above is part of a name", at, stop, "W^{(1)}, or without brackets for a power")
            power = self.tree(exponent)
            if power.guess in (V, M):
                refuse("an exponent is a number", at, stop)
            if tree.guess == V:
                written = self.text[tree.start : tree.end]
                refuse(
                    "a vector has no power",
                    start,
                    end,
                    rf"`{written}^{{\odot {self.text[power.start : power.end]}}}` goes entry by entry, `\|{written}\|^2` is the sum of the squares",
                )
            return Typed("pow", (tree, power), None, start, end, tree.guess)
        if kind == "plus":
            zero = Typed("number", (), 0, at, stop, S)
            if tree.guess == M or (not tree.guess and tree.kind == "name" and is_capital(tree.value)):
                if "pinv" in TABLE and not self.given:
                    return Typed("call", (tree,), "pinv", start, end, M)
                refuse(
                    "a plus at a matrix is its pseudo-inverse or its positive part", start, end, r"(X^\top X)^{-1} X^\top, or \max(X, 0)"
                )
            return Typed("call", (zero, tree), "max", start, end, tree.guess)
        if kind == "minus":
            refuse("a minus as a script has several meanings", start, end, r"\max(0, -x) is the negative part")
        if kind == "pinv":
            if "pinv" in TABLE:
                return Typed("call", (tree,), "pinv", start, end, M)
            refuse("the pseudo-inverse is not supported", start, end, r"(X^\top X)^{-1} X^\top")
        if kind == "prime":
            refuse("a prime at a value has several meanings", start, end, r"x^\top is the transposition")
        if kind == "degree":
            refuse("degrees are not supported", start, end, r"\frac{\pi}{180} x")
        refuse("this script has no meaning here", at, stop, "give the value a name of its own")


def _like_matrix(tree: Typed) -> bool:
    """Is a value made of nothing but capitals that nothing else types?"""
    stack: list[Tree] = [tree]
    while stack:
        part = stack.pop()
        if part.kind in ("transpose", "neg", "add", "sub", "mul"):
            stack += part.kids
        elif not isinstance(part, Typed) or (part.guess != M and not (part.kind == "name" and not part.guess and is_capital(part.value))):
            return False
    return True


def _picks(label: Part) -> bool:
    """Does a label pick an entry: the letter of a class, or a number from 1? `w_0` beside `w_j` is an intercept of its own."""
    return (len(label.text) == 1 and label.text.isalpha() and label.tree is not None) or (label.text.isdigit() and label.text != "0")


def spectral(place: Any) -> ParseError:
    return ParseError(
        "this norm of a matrix is its largest singular value, which is not supported",
        span=(place.start, place.end),
        hint=r"the root of the sum of the squares is \|A\|_F",
    )
