r"""Sums, products and quotients of what has been read, with the types that are known."""

from __future__ import annotations

from typing import Any

from symdiff.syntax.latexbase import TreesOfLatex
from symdiff.syntax.latexsurface import (
    NOTHING,
    PRODUCTS,
    Chain,
    Item,
    M,
    R,
    Run,
    S,
    Surface,
    Typed,
    V,
    bound_names,
    has_transpose,
    joined,
    negative,
)
from symdiff.syntax.latexwords import refuse
from symdiff.table.operators import COMPARISONS

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


class Terms(TreesOfLatex):
    """Sums, products and quotients of what has been read, with the types that are known."""

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
                    terms = parts[k + 1 : stop + 1]
                    if rest:
                        terms = [("+", self.whole(Run(rest)), rest[0].start), *terms]
                    elif terms[0][0] != "-":  # \sum_i -x_i: the sign in front of the first term
                        refuse("the sum has no terms", big.start, big.end)
                    inner = Chain("sum", terms, terms[0][2], parts[stop][1].end, NOTHING)
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
            called = items[0].sort in ("function", "big") or (
                second.sort == "group" and second.value == "(" and self.callee(items[0], second)
            )
            if not called:
                clear = (
                    second.sort in ("big", "norm", "tree", "bars")
                    or (second.sort in ("group", "function") and items[0].sort == "number")
                    or has_transpose(items[1:])
                )
                if clear:
                    return self.times_of(self.divided(above, self.factors(items[:1]), above.start, items[0].end), self.factors(items[1:]))
                a, b = self.text[above.start : above.end], self.text[part.start : part.end]
                first, rest = self.text[part.start : items[0].end], self.text[items[0].end : part.end].strip()
                refuse(
                    "it is not clear where the denominator ends",
                    part.start,
                    part.end,
                    rf"write `\frac{{{a}}}{{{b}}}`, or `\frac{{{a}}}{{{first}}} {rest}`"
                    if len(a) + len(b) < 60
                    else r"write \frac{a}{b c}, or \frac{a}{b} c",
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
        elif operator == "kron":  # of vectors the outer product, of matrices kron: as the operator's row says, and the types decide
            return Typed("otimes", (a, b), None, start, end, M if M in (a.guess, b.guess) or V == a.guess == b.guess else "")
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
