r"""Runs of factors: which are calls, which are big operators with their bodies, which are products."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from symdiff.syntax.latexbase import OF_MATRICES, TreesOfLatex
from symdiff.syntax.latexsurface import (
    NOTHING,
    Chain,
    Item,
    M,
    R,
    Run,
    S,
    Surface,
    Typed,
    V,
    alone,
    bound_names,
    has_transpose,
    index_name,
    is_inverse,
    lone,
    mentions,
    mentions_any,
    negative,
    value_kind,
)
from symdiff.syntax.latexwords import refuse
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE
from symdiff.table.operators import COMPARISONS

_SIMPLE = frozenset(("number", "name", "word"))

_TAKES_ALL = frozenset(("det", "logdet", "tr", "trace", "vec"))

_NUMBERS_OF_MATRICES = frozenset(("tr", "trace"))

_TOGETHER = {("log", "det"): "logdet", ("log", "softmax"): "log_softmax", ("log", "gamma"): "lgamma"}


class RunsOfFactors(TreesOfLatex):
    """Runs of factors: which are calls, which are big operators with their bodies, which are products."""

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
                        rf"write {self.cut(before)}_{self.cut(item)}, {self.cut(before)}^{self.cut(item)} or {self.cut(item)} {self.cut(before)}"
                        if before.sort in ("name", "word") and not before.scripts
                        else rf"write {self.cut(item)} {self.cut(before)}"
                        if before.sort != "number"
                        else rf"write {self.cut(before)} \cdot {self.cut(item)}",
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
                turned = any(s[0] == "transpose" for s in scripts)
                refuse(
                    "it is not clear whether this belongs to the argument or to the value",
                    start,
                    end,
                    rf"write {self.cut(function)}\left( (A)^\top \right); the value is a number, which has no transpose"
                    if turned
                    else rf"write {self.cut(function)}\left( (A)^{{-1}} \right), or \frac{{1}}{{{self.cut(function)}(A)}}",
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
                        else rf"write \frac{{1}}{{{self.cut(function).split('^')[0]}(x)}}",
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
        if name in OF_MATRICES:
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
            tree = body[0]
            for script in item.scripts:  # as of a sum: in \min_j (a - x_j)^2 the squares are compared
                tree = self.script(tree, script)
        else:
            self.require_clear_end(function, out)
            tree = self.rest(out)
        (index, lo, hi), *others = ranges
        if conditions:
            refuse(f"`\\{name}` with a condition is not supported", function.start, function.end, rf"\{name}_{{j}} x_j")
        if others and all(mentions(tree, name) for name, _, _ in ranges):
            refuse(
                f"`{self.cut(function)}` over several indices is not supported",
                function.start,
                function.end,
                " ".join(rf"\{name}_{{{i}}}" for i, _, _ in ranges) + " in their place",
            )
        if others or not mentions(tree, index):
            self.optimisation(function, tree)
        if tree.kind == "index" and len(tree.kids) == 2 and tree.kids[1].kind == "name" and tree.kids[1].value == index and lo is None:
            inner: Typed = tree.kids[0]  # type: ignore[assignment]
        else:
            if lo is None or hi is None:
                self.require_entries(tree, index, function)
                lo = hi = Typed("slice", (), None, function.start, function.end)
            inner = Typed("tensor", (lo, hi, tree), (index,), tree.start, tree.end, V)
        result = Typed("call", (inner,), name, start, tree.end, S)
        return result, Item("call", "", start, result.end)

    def optimisation(self, function: Item, tree: Tree) -> NoReturn:
        inner = self.text[tree.start : tree.end]
        refuse(
            f"`\\{function.value}` over variables is an optimisation, not a value",
            function.start,
            function.end,
            f"give the function under it alone: {inner}" if len(inner) < 60 else "give the function under it alone",
        )

    def require_entries(self, tree: Tree, index: str, function: Item) -> None:
        """An index without a range counts the entries of a variable, which fix it."""
        stack = [tree]
        while stack:
            t = stack.pop()
            if t.kind == "index" and any(place.kind == "name" and place.value == index for place in t.kids[1:]):
                return
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
