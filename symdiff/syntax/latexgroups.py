r"""What the rules of the grammar make: conditions, runs, items with scripts, cases; nothing is decided that names or types decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdiff.syntax.latexbase import TreesOfLatex
from symdiff.syntax.latexsurface import (
    NOTHING,
    Chain,
    Item,
    Run,
    S,
    Surface,
    Typed,
    bound_names,
    children,
    complements,
    first_sort,
    lone,
)
from symdiff.syntax.latexwords import Token, refuse

_DEEP = 25  # brackets inside brackets that wait to be read


class Groups(TreesOfLatex):
    """What the rules of the grammar make: conditions, runs, items with scripts, cases; nothing is decided that names or types decide."""

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
        if kind == "sup" and not self.names_it(content):
            for before in item.scripts[-2:]:  # one below may stand between
                if before[0] == "sup" and "}" not in self.text[before[3] : sign.start] and not self.names_it(before[1]):
                    base, inner, outer = (
                        self.text[a:b].lstrip("^") for a, b in ((item.start, before[2]), before[2:], (sign.start, end.end))
                    )
                    inner, outer = (e[1:-1] if e[:1] == "{" else e for e in (inner.strip(), outer.strip()))
                    refuse(
                        "a power of a power has brackets",
                        item.start,
                        end.end,
                        rf"{base}^{{{inner}^{{{outer}}}}}, or ({base}^{{{inner}}})^{{{outer}}}",
                    )
        item.scripts.append((kind, content, sign.start, end.end))
        item.depth = max(item.depth, *[x.depth + 1 for x in content])
        item.end = max(item.end, end.end)
        item.free = children(item, *content)
        return item

    def names_it(self, content: list[Surface]) -> bool:
        """Whether a superscript is part of a name: `(1)`, `old`."""
        return self.is_label(content) or self.remark(content) is not None

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
