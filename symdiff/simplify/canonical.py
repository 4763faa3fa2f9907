"""One numbering of the labels of a product: colour refinement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symdiff.simplify.graph import Factor, Labels


def canonical_order(factors: list[Factor], out: Labels, symmetric: list[bool]) -> tuple[list[int], dict[int, int]]:
    """An order of the factors that does not depend on the order or the labels they came with.

    Colour refinement: a factor's colour comes from its key and the colours of its labels, a label's from the factors it
    meets. Factors that stay alike are told apart by choosing one (they are nearly always symmetric to each other).
    """
    keys = [f.key for f, _ in factors]
    if len(set(keys)) == len(keys) and not any(symmetric):
        return sorted(range(len(factors)), key=keys.__getitem__), {}
    colour = {label: -1 for _, labels in factors for label in labels}
    colour.update({label: k for k, label in enumerate(out)})
    marks = [f.key for f, _ in factors]

    def refine() -> list[int]:
        classes = 0
        while True:
            tints = []
            for n, (_, labels) in enumerate(factors):
                seen = [colour[i] for i in labels]
                tints.append(hash((marks[n], tuple(sorted(seen) if symmetric[n] else seen))))
            count = len(set(tints))
            if count <= classes:
                return tints
            classes = count
            meets: dict[int, list[tuple[int, int]]] = {}
            for n, (_, labels) in enumerate(factors):
                for axis, i in enumerate(labels):
                    meets.setdefault(i, []).append((tints[n], -1 if symmetric[n] else axis))
            for i, who in meets.items():
                colour[i] = hash((colour[i], tuple(sorted(who))))

    tints = refine()
    while True:
        count = Counter(tints)
        tied = [t for n, t in enumerate(tints) if count[t] > 1 and len(factors[n][1]) > 0]
        if not tied:
            break
        chosen = tints.index(min(tied))
        if all(factors[n][1] == factors[chosen][1] for n, t in enumerate(tints) if t == tints[chosen]):
            break
        marks[chosen] = hash((marks[chosen], len(tied)))
        tints = refine()
    return sorted(range(len(factors)), key=lambda n: (factors[n][0].key, tints[n])), colour


def connected(n: int, edges: Sequence[Sequence[int]]) -> list[list[int]]:
    """Connected components of 0..n-1."""
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for who in edges:
        first = root(who[0])
        for other in who[1:]:
            parent[root(other)] = first
    groups: dict[int, list[int]] = {}
    for i in range(n):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())
