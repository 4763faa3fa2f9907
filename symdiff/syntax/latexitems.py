r"""Single items: indicators, ones, brackets, bars, norms."""

from __future__ import annotations

from typing import Any

from symdiff.syntax.latexbase import TreesOfLatex, spectral
from symdiff.syntax.latexsurface import Chain, Item, M, R, Run, S, Surface, Typed, V, condition_kind, index_name, lone
from symdiff.syntax.latexwords import refuse
from symdiff.syntax.parse import number
from symdiff.syntax.scope import is_capital
from symdiff.syntax.tree import Tree
from symdiff.table import TABLE
from symdiff.table.operators import CONNECTIVES


class Items(TreesOfLatex):
    """Single items: indicators, ones, brackets, bars, norms."""

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
            refuse("the real numbers are no value", item.start, item.end, r"a type is declared in front: x \in \mathbb{R}^n; the formula")
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
        order: Typed | None = None
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
                if which in ("p", "q") or (which.isdigit() and which not in ("0", "1", "2")):
                    order = self.tree(x)
                elif which not in ("1", "2", "F", "inf", "0", "op", "max"):
                    weight = self.tree(x)
        start, end = item.start, item.end
        stop = scripts[0][2] if scripts else end
        if order is not None:
            if inner.guess == M and not self.given:
                refuse("this norm of a matrix is not supported", start, end, r"\|A\|_F is the root of the sum of the squares")
            tree = Typed("call", (inner, order), "normp", start, stop, S)
            for script in scripts:
                tree = self.script(tree, script)
            return tree
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
