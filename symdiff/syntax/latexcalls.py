r"""Calls, and scripts at values."""

from __future__ import annotations

from typing import Any

from symdiff.syntax.latexbase import TreesOfLatex
from symdiff.syntax.latexsurface import Chain, D, F, Item, M, R, Run, S, Typed, V, lone
from symdiff.syntax.latexwords import function_of, refuse
from symdiff.syntax.scope import is_capital
from symdiff.table import BUILT_IN, TABLE

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


_COUNTING = frozenset("ijklmnt")


class CallsToTrees(TreesOfLatex):
    """Calls, and scripts at values."""

    def counts(self, item: Item) -> bool:
        """Is this what stands in the brackets of an entry: a whole number, an index?"""
        if item.scripts:
            return False
        return (
            item.value.isdigit()
            if item.sort == "number"
            else item.sort == "name" and (item.value in self.indices or item.value in _COUNTING)
        )

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
            if group.start == item.end and all(lone(x) and self.counts(x.items[0]) for x in group.lists):
                end = self.text.find("]", group.start) + 1
                refuse(
                    f"it is not clear whether `{self.text[item.start : end]}` is an entry or a product",
                    item.start,
                    end,
                    rf"an entry is {self.cut(item)}_{{{self.text[group.start + 1 : end - 1].strip()}}}; a product has \cdot, or round brackets",
                )
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

    def script(self, tree: Typed, script: tuple[str, Any, int, int]) -> Typed:
        kind, content, at, stop = script
        start, end = tree.start, max(stop, tree.end)
        if kind == "sub":
            if tree.kind == "index" and tree.guess == S:
                refuse("an entry is a number, which has no entries", start, end, "the whole vector or matrix is its name alone")
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
            if tree.kind == "name" and not self.given:
                written = self.text[tree.start : at].rstrip("_^{ ")
                refuse(
                    f"`{self.text[start:end]}` may be the positive part or a name of its own",
                    start,
                    end,
                    rf"the positive part is `\max(0, {written})`, another variable `\tilde{{{written}}}`",
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
