r"""Names with scripts: entries, names with a subscript, transposes, derivatives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from symdiff.syntax.latexbase import TreesOfLatex
from symdiff.syntax.latexsurface import Chain, D, F, Item, M, Part, R, Run, S, Surface, Typed, V, index_name, lone, mentions
from symdiff.syntax.latexwords import refuse
from symdiff.syntax.parse import canonical

# Words that say which one of several a quantity is, also where they stand as an exponent.
STATES = frozenset(
    [
        "old",
        "new",
        "prev",
        "next",
        "ref",
        "init",
        "train",
        "test",
        "val",
        "valid",
        "pred",
        "true",
        "target",
        "data",
        "obs",
        "model",
        "prior",
        "post",
        "pos",
        "neg",
        "left",
        "right",
        "src",
        "tgt",
        "opt",
        "real",
        "fake",
    ]
)

_CLASSES = frozenset(("y", "c", "t"))  # letters by which papers name the class of an example


Script = tuple[str, Any, int, int]  # its kind, what it holds, its place


class Scripts(NamedTuple):
    """The scripts of a name. base: the name with what belongs to it, a star or a prime. labels: of the name, and indices, as they stand; end: where they end.

    before: scripts in front of a double index, as in `A^{-1}_{ij}`; behind: those that act on what the labels leave.
    """

    base: str
    labels: list[Part]
    before: list[Script]
    behind: list[Script]
    end: int


class NamesToTrees(TreesOfLatex):
    """Names with scripts: entries, names with a subscript, transposes, derivatives."""

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
        known = self.symbol(item)
        if known is not None:
            return known
        scripts = self.sorted_scripts(item)
        name, indices = self.entry_or_name(scripts, item.start)
        kind = self.names.kinds.get(name, "")
        if name == "pi" and not kind:
            kind = S
            if indices:
                refuse(r"`\pi` is the number, which has no entries", item.start, scripts.end, r"name it otherwise, for example `\rho_k`")
        if name.endswith("_bar") and name not in self.names.kinds and not self.given and name.removesuffix("_bar") in self.bare:
            self.note(rf"`{name}` is a name of its own; for the mean write `\bar{{x}} = \frac{{1}}{{n}} \sum_i x_i;` in front")
        stop = scripts.end if indices else (scripts.behind[0][2] if scripts.behind else item.end)
        tree = Typed("name", (), name, item.start, stop, S if kind == D else kind if kind != F else "")
        for script in scripts.before:
            tree = self.script(tree, script)
        if indices:
            tree = self.entry(tree, indices, item.start, scripts.end)
        for script in scripts.behind:
            tree = self.script(tree, script)
        return tree

    def symbol(self, item: Item) -> Typed | None:
        """Letters that are no variables where nothing of the formula has their name: `e^x`, the identity I, the basis vector `e_1`, Kronecker's delta."""
        base = item.value
        if base not in ("e", "I", "delta") or self.names.find(base):
            return None
        if base == "I":
            return self.constant(item, "eye") if self.matrices else None
        if base == "e" and item.scripts and item.scripts[0][0] == "sup":
            return self.exponential(item)
        if base == "e":
            return self.basis_vector(item) if self.given else None
        if len(item.scripts) == 1 and item.scripts[0][0] == "sub":
            found = self.parts(item.scripts[0][1])
            if len(found) == 2 and any(p.index for p in found):
                a, b = (p.tree for p in found)
                assert a is not None and b is not None
                return Typed("iverson", (Typed("eq", (a, b), None, item.start, item.end),), None, item.start, item.end, S)
        return None

    def basis_vector(self, item: Item) -> Typed | None:
        """`e_1` of an answer that is read back."""
        subs = [s for s in item.scripts if s[0] == "sub"]
        found = self.parts(subs[0][1]) if subs else []
        if len(found) != 1 or not found[0].text.isdigit() or self.names.find("e", found[0].text):
            return None
        tree = Typed("call", (found[0].tree or Typed("number"),), "unit", item.start, subs[0][3], V)
        self.units.append((tree, any(script[0] == "transpose" for script in item.scripts)))
        for script in item.scripts:
            if script is not subs[0]:
                tree = self.script(tree, script)
        return tree

    def sorted_scripts(self, item: Item) -> Scripts:
        """What of the scripts is part of the name, what may be indices, and what is done with the value."""
        base = item.value
        labels: list[Part] = []
        before: list[Script] = []
        behind: list[Script] = []
        end = item.start + 1
        for script in item.scripts:
            kind, content, _, stop = script
            if kind == "sub":
                found = self.subscripts(base, content, alone=not labels)
                if len(found) > 1 and behind and (any(p.index for p in found) or self.kind(base) == M):
                    before, behind = behind, []
                labels += found
                end = max(end, stop)
            elif kind == "sup" and self.is_label(content):
                labels = [*self.parts([x for x in content[0].items[0].lists]), *labels]
                end = max(end, stop)
            elif kind == "sup" and (word := self.remark(content)) is not None:
                labels = [word, *labels]
                end = max(end, stop)
                self.note(f"`{self.text[item.start : stop].lstrip('{')}` is a name of its own, not a power")
            elif kind == "star":
                base = self.names.find(base, "star") or f"{base}_star"
            elif kind == "prime" and content.isdigit():
                primed = self.primed(base, script, item.start)
                if primed:
                    base = primed
                else:
                    behind.append(("transpose", "", script[2], stop))
            elif kind == "plus" and self.names.find(base, "plus"):
                base = self.names.find(base, "plus")
            else:
                behind.append(script)
        return Scripts(base, labels, before, behind, end)

    def subscripts(self, base: str, content: Sequence[Any], *, alone: bool) -> list[Part]:
        """The parts of a subscript; `A_{12}` of a matrix is its entry at 1, 2."""
        found = self.parts(content)
        text = found[0].text if len(found) == 1 else ""
        if alone and len(text) == 2 and text.isdigit() and self.kind(base) == M and not self.names.find(base, text):
            p = found[0]
            return [Part(d, Typed("number", (), int(d), p.start, p.end, S), False, p.start, p.end) for d in text]
        return found

    def primed(self, base: str, script: Script, start: int) -> str:
        """The name with its primes; "" where the prime is a transposition."""
        _, content, _, stop = script
        known = self.names.find(base, "prime")
        if known:
            return known
        if self.kind(base) in (V, M) and content == "1":
            self.note(f"the prime of `{self.text[start:stop]}` is read as a transposition")
            return ""
        if content == "1" and base not in self.unprimed and not self.given:
            refuse(
                "it is not clear what this prime means",
                start,
                stop,
                rf"`{base}^\top` is the transposition, `\tilde{{{base}}}` another variable",
            )
        return f"{base}_{'prime' * int(content)}"

    def entry_or_name(self, scripts: Scripts, start: int) -> tuple[str, list[Part]]:
        """The name of the variable, and the indices of its entry."""
        base, labels, names = scripts.base, scripts.labels, self.names
        if any(p.index for p in labels):
            own, indices = self.own_labels(base, labels)
            return names.find(base, *[p.text for p in own]) or self.fresh(base, own), indices
        full = names.find(base, *[p.text for p in labels])
        known = self.kind(base)
        if full and names.kinds[full] != F:
            return full, []
        if labels and known in (V, M, R) and not full:
            return names.find(base), labels
        if not known and not full and base in self.numbered and len(labels) == 1 and _picks(labels[0]):
            name = self.fresh(base, [])
            self.note(f"`{self.text[start : scripts.end]}` is read as an entry of `{name}`, which has an index elsewhere")
            return name, labels
        name = full or self.fresh(base, labels)
        if labels and not known and base in self.alone and not self.given and len(labels) == 1 and labels[0].text.isdigit():
            self.note(f"`{name}` is a variable of its own; of a declared vector `{base}` it is an entry")
        return name, []

    def own_labels(self, base: str, labels: list[Part]) -> tuple[list[Part], list[Part]]:
        """Of labels with an index among them, those that belong to the name, `W` and l in `W_{l,i}`, and the indices."""
        first = next(k for k, p in enumerate(labels) if p.index)
        front, others = labels[:first], [p for p in labels if not p.index]
        unknown = first and self.kind(base) not in (V, M) and not all(p.text.isdigit() for p in front)
        if unknown or (first and self.names.find(base, *[p.text for p in front])):
            return front, labels[first:]
        if labels[-1].index is False and self.names.find(base, *[p.text for p in others]):
            return others, [p for p in labels if p.index]
        return [], labels

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

    def remark(self, content: Sequence[Any]) -> Part | None:
        r"""The label that a superscript in words is, `\theta^{\text{old}}`, `w^{new}`: no power, unless the word is a variable of the formula."""
        if len(content) != 1 or not isinstance(content[0], Run):
            return None
        items = content[0].items
        if any(item.sort not in ("word", "name") or item.scripts for item in items):
            return None
        word, start, end = "".join([str(item.value) for item in items]), items[0].start, items[-1].end
        said = len(items) == 1 and self.text.startswith(("\\text", "\\mbox"), start) and len(word) > 1
        letters = self.text[start:end] == word
        if not (said or (word in STATES and (len(items) == 1 or letters))) or self.names.find(word):
            return None
        return Part(word, None, False, start, end)

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
        return any(i in self.indices for i in found) and len(re.findall(rf"(?<![A-Za-z\\]){label}(?![A-Za-z])", self.text)) == found.count(
            label
        )

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


def _picks(label: Part) -> bool:
    """Does a label pick an entry: the letter of a class, perhaps that of an example as in `s_{y_i}`, or a number from 1? `w_0` beside `w_j` is an intercept."""
    letter = re.fullmatch(r"[^\W\d_](?:_[^\W_])?", label.text)
    return (letter is not None and label.tree is not None and label.tree.kind == "name") or (label.text.isdigit() and label.text != "0")
