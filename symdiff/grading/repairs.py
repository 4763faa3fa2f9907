"""Changes of an answer's text that may mend it: a transpose, a product of the other kind, the order of factors.

In: a text. Out: repairs, likeliest first, each with what stands in the text, what belongs there, and the text with it.
These are for answers whose shapes do not fit, which have no expression. The search ends at MAX_REPAIRS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, permutations, product

from symdiff.errors import SymdiffError
from symdiff.syntax.parse import program
from symdiff.syntax.tree import Binding, Tree

# Texts read, places changed, factors put into another order.
MAX_REPAIRS, MAX_PLACES, MAX_FACTORS = 500, 100, 4

# Where a text may be changed: a comment (never), a name, a bracket or a product, each with the transpose behind it.
PRODUCTS = ("*", ".*", "@")
PLACES = re.compile(r"#[^\n]*|[^\W\d]\w*(?!\w*\()['ᵀ]?|\)['ᵀ]?|\.\*|\*(?!\*)|@")


@dataclass(frozen=True)
class Repair:
    """old stands in the text, new belongs there; text: with it."""

    kind: str
    old: str
    new: str
    text: str

    def __str__(self) -> str:
        if self.kind == "missing factor":
            return f"the factor `{self.new}` is missing: right is `{self.text.strip()}`"
        if self.kind == "order":
            return f"the factors of `{self.old}` are in the wrong order: `{self.new}` belongs there"
        return f"`{self.new}` belongs where `{self.old}` stands: right is `{self.text.strip()}`"


def repairs(text: str) -> Iterator[Repair]:
    """A transpose more or less, a product of the other kind, both, two transposes, another order of factors."""
    places = [m for m in islice(PLACES.finditer(text), MAX_PLACES) if not m[0].startswith("#")]
    turned = [(m, m[0][:-1] if m[0][-1] in "'ᵀ" else m[0] + "'") for m in places if m[0] not in PRODUCTS]
    others = [(m, "*" if m[0] == ".*" else ".*") for m in places if m[0] in PRODUCTS]
    for kind, made in (("transposed", turned), ("product", others)):
        for m, new in made:
            yield Repair(kind, m[0], new, text[: m.start()] + new + text[m.end() :])
    yield from orders(text, turns=0)
    for m, new in others:
        for n, last in reversed(turned):
            if m.end() <= n.start():
                yield Repair("product", m[0], new, text[: m.start()] + new + text[m.end() : n.start()] + last + text[n.end() :])
    for (m, new), (n, last) in combinations(turned[:12], 2):
        changed = text[: m.start()] + new + text[m.end() : n.start()] + last + text[n.end() :]
        yield Repair("transposed", text[m.start() : n.end()], new + text[m.end() : n.start()] + last, changed)
    yield from orders(text, turns=2)
    for m in re.finditer(r"(?<=[\w)'])\s*\.(?!\*|/|\^|\d)\s*(?=[\w(])", text):
        yield Repair("product", ".", "*", text[: m.start()] + "*" + text[m.end() :])


def insertions(text: str, matrices: Sequence[str]) -> Iterator[Repair]:
    """A matrix, or its transpose, as a factor in front of a name or a bracket."""
    for m in islice(re.finditer(r"[^\W\d]\w*|\((?<!\w\()", text), MAX_PLACES):
        for name in matrices:
            for factor in (f"{name}'", name):
                changed = f"{text[: m.start()]}{factor}*{text[m.start() :]}"
                yield Repair("missing factor", m[0], factor, changed)


def orders(text: str, turns: int) -> Iterator[Repair]:
    """The factors of a product in another order, up to `turns` of them (but no fewer than one, if there are any) transposed."""
    for chain in _chains(text):
        factors = [text[t.start : t.end] for t in chain]
        start, end = chain[0].start, chain[-1].end
        for order in permutations(range(len(factors))):
            for flips in product((False, True), repeat=len(factors)):
                if (sum(flips) > turns) or (turns and not any(flips)) or (order == tuple(range(len(factors))) and sum(flips) < 2):
                    continue
                new = "*".join(_turned(factors[k]) if flips[k] else factors[k] for k in order)
                yield Repair("order" if not turns else "transposed", text[start:end], new, text[:start] + new + text[end:])


def _chains(text: str) -> Iterator[list[Tree]]:
    """The factors of every product by `*`, longest first, numbers in front left out."""
    try:
        parsed = program(text)
    except SymdiffError:
        return
    stack = [s.value for s in parsed.statements if isinstance(s, Binding)] + ([parsed.body] if parsed.body is not None else [])
    while stack:
        tree = stack.pop()
        if tree.kind in ("mul", "matmul"):
            factors: list[Tree] = []
            rest = tree
            while rest.kind in ("mul", "matmul") and (rest is tree or rest.kids[0].start == rest.start):  # a bracket begins further left
                factors.append(rest.kids[1])
                rest = rest.kids[0]
            factors = [rest, *reversed(factors)]
            stack += factors
            if factors[0].kind == "neg":
                factors[0] = factors[0].kids[0]
            if factors[0].kind == "number":
                del factors[0]
            if 2 <= len(factors) <= MAX_FACTORS:
                yield factors
        else:
            stack += tree.kids


def _turned(factor: str) -> str:
    if factor.endswith(("'", "ᵀ")):
        return factor[:-1]
    return f"{factor}'" if re.fullmatch(r"\w+|\(.*\)", factor, re.DOTALL) else f"({factor})'"
