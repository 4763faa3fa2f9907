"""Where the boxes of a layered graph stand and how its edges run.

In: the extents of boxes and edge labels, and edges from users to their arguments. Out: positions in which nothing
overlaps. The method is Sugiyama's: layers by longest path from the top, crossings reduced by barycentres, positions by
least squares. Boxes stand in even layers. Every edge owns a slot in each layer that it passes, and its label stands beside
the line in such a slot: within a layer's band all lines are vertical, and between bands there is nothing but lines, so no line
meets a text. Time is linear in the number of slots for each of a bounded number of rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from symdiff.bounds import LIMITS, exceeded

# Rounds of crossing reduction and of placement: many for small graphs, fewer where they take time; slots times rounds are bounded.
ROUNDS = (3, 40)
EFFORT = 40_000
APART = 14.0  # least distance of neighbours in a layer
GAP = 13.0  # least distance of layers
STEEP = 0.2  # layers move apart where lines between them would run flatter than this
PORT = 12.0  # distance of edges at a box, where there is room

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Extent:
    """Room around an anchor: to the left, to the right, and the whole height. dock: half the width and height that edges dock at."""

    left: float
    right: float
    height: float
    dock: Point = (0.0, 0.0)


@dataclass(slots=True)
class Layout:
    """Anchors of boxes and of labels (centre line, vertical centre); the points of each edge, from the user down.

    The points of an edge come in pairs: straight down within a pair, a curve between pairs.
    """

    width: float
    height: float
    boxes: list[Point]
    labels: list[Point]
    edges: list[list[Point]]


def layout(
    boxes: Sequence[Extent], edges: Sequence[tuple[int, int]], labels: Sequence[Extent], spine: Sequence[bool] = (), low: Sequence[int] = ()
) -> Layout:
    """Positions for boxes, and for `edges` (user, argument) of an acyclic graph with one label each; users stand above.

    spine: for each edge, whether it should run straight; at most one of those at the lower end of a box, and at the upper. low: boxes without arguments that stand below all others. LimitError beyond `boxes` places: ten seconds of work, and a picture of this size is a wall.
    """
    slots = _Slots(boxes, edges, labels, spine, low)
    slots.reduce_crossings()
    x = slots.place()
    left = min((x[v] - e.left for v, e in enumerate(slots.extents)), default=0.0)
    x = [a - left for a in x]
    middle = slots.heights(x)
    width = max((x[v] + e.right for v, e in enumerate(slots.extents)), default=0.0)
    lowest = max((middle[layer] + slots.band(layer) / 2 for layer in range(len(slots.layers))), default=0.0)
    at = [(x[v], middle[slots.layer[v]]) for v in range(len(slots.extents))]
    return Layout(width, lowest, at[: len(boxes)], [at[chain[k]] for chain, k in slots.chains], slots.routes(at))


class _Slots:
    """The boxes, and one slot for each layer that an edge passes."""

    def __init__(
        self,
        boxes: Sequence[Extent],
        edges: Sequence[tuple[int, int]],
        labels: Sequence[Extent],
        spine: Sequence[bool] = (),
        low: Sequence[int] = (),
    ) -> None:
        self.edges = list(edges)
        self.straight = list(spine) or [False] * len(self.edges)
        self.extents = list(boxes)
        self.layer = [2 * k for k in _longest(len(boxes), edges)]
        lowest = max([self.layer[v] + 2 for v in range(len(boxes)) if v not in low], default=0)
        for v in low:
            self.layer[v] = max(self.layer[v], lowest)
        size = len(boxes) + sum(self.layer[argument] - self.layer[user] - 1 for user, argument in edges)
        if size > LIMITS.boxes:
            hint = "draw a part of the formula, or write .dot or .mmd for another program"
            raise exceeded("boxes", f"the picture has {size} places for boxes and lines", size, hint=hint)
        self.chains: list[tuple[list[int], int]] = []  # the slots of each edge from above, and which of them has the label
        self.up: list[list[int]] = [[] for _ in boxes]
        self.down: list[list[int]] = [[] for _ in boxes]
        for (user, argument), label in zip(edges, labels, strict=True):
            chain = list(range(self.layer[user] + 1, self.layer[argument]))
            k = len(chain) // 4 * 2
            first = len(self.extents)
            for i, layer in enumerate(chain):
                self.extents.append(label if i == k else Extent(0, 0, 0))
                self.layer.append(layer)
            slots = list(range(first, first + len(chain)))
            self.chains.append((slots, k))
            self.up += [[] for _ in slots]
            self.down += [[] for _ in slots]
            for a, b in zip([user, *slots], [*slots, argument], strict=True):
                self.down[a].append(b)
                self.up[b].append(a)
        self.real = len(boxes)
        self.runs = self._runs()
        self.along = {v for run in self.runs if run[:1] and run[0] < len(boxes) for v in run}
        self.bands: list[float] = []
        self.line: dict[int, float] = {}  # where each run of the spine stands
        self.rounds = min(max(EFFORT // max(1, size), ROUNDS[0]), ROUNDS[1])
        self.layers: list[list[int]] = [[] for _ in range(max(self.layer, default=-1) + 1)]
        for v in self._preorder():
            self.layers[self.layer[v]].append(v)

    def _runs(self) -> list[list[int]]:
        """What should stand in one line: the slots of each edge, with the boxes that edges of the spine join; from above."""
        after = {user: e for e, (user, _) in enumerate(self.edges) if self.straight[e]}
        heads = set(after) - {argument for e, (_, argument) in enumerate(self.edges) if self.straight[e]}
        runs = []
        for head in sorted(heads):
            run = [head]
            while run[-1] in after:
                e = after[run[-1]]
                run += [*self.chains[e][0], self.edges[e][1]]
            runs.append(run)
        return [*runs, *[chain for e, (chain, _) in enumerate(self.chains) if not self.straight[e]]]

    def _preorder(self) -> list[int]:
        """Everything from the top, arguments from left to right: already free of crossings where the graph is a tree."""
        seen: set[int] = set()
        order = []
        stack = [v for v in reversed(range(self.real)) if not self.up[v]]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                order.append(v)
                stack.extend(reversed(self.down[v]))
        return order

    # -------------------------------------------------------------------------------------- order within layers

    def reduce_crossings(self) -> None:
        """Sort layers by the mean place of their neighbours, from above and from below in turn; the best order stays."""
        best, fewest = [list(layer) for layer in self.layers], self._crossings()
        for turn in range(self.rounds):
            if not fewest:
                break
            neighbours = self.down if turn % 2 else self.up
            place: dict[int, float] = {v: k for layer in self.layers for k, v in enumerate(layer)}
            for layer in reversed(self.layers) if turn % 2 else self.layers:
                layer.sort(key=lambda v: _mean([place[n] for n in neighbours[v]], place[v]))
                place.update((v, k) for k, v in enumerate(layer))
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self.layers], crossings
        self.layers = best

    def _crossings(self) -> int:
        count = 0
        for upper, lower in zip(self.layers, self.layers[1:], strict=False):
            place = {v: k for k, v in enumerate(lower)}
            count += _inversions([k for v in upper for k in sorted([place[n] for n in self.down[v]])], len(lower))
        return count

    # -------------------------------------------------------------------------------------- places

    def place(self) -> list[float]:
        """Each vertex near the mean of its neighbours, as far as the order and the extents allow."""
        x = [0.0] * len(self.extents)
        for layer in self.layers:
            self._spread(layer, [0.0] * len(layer), x)
        for turn in range(2 * self.rounds):
            for run in self.runs:
                if len(run) > 1 and run[0] in self.along:  # a straight run: all its boxes have one middle
                    line = sorted([x[v] for v in run])[len(run) // 2]
                    self.line.update(dict.fromkeys(run, line))
            both = turn >= self.rounds
            for layer in reversed(self.layers) if turn % 2 else self.layers:
                self._spread(layer, [self._wish(v, x, both or not turn % 2, both or bool(turn % 2)) for v in layer], x)
        for _ in range(2):  # one edge makes room for another
            self._straighten(x)
        return x

    def _straighten(self, x: list[float]) -> None:
        """Move what belongs in one line into one, as far down as the neighbours leave room for it."""
        left: dict[int, int] = {}
        right: dict[int, int] = {}
        for layer in self.layers:
            for a, b in pairwise(layer):
                right[a], left[b] = b, a
        for chain in self.runs:
            run: list[int] = []
            low, high = -inf, inf
            for v in [*chain, -1]:
                least, most = inf, -inf
                if v >= 0:
                    e = self.extents[v]
                    least = x[left[v]] + self.extents[left[v]].right + APART + e.left if v in left else -inf
                    most = x[right[v]] - self.extents[right[v]].left - APART - e.right if v in right else inf
                if max(low, least) > min(high, most):  # here the line has to bend, or the edge ends
                    wish = sorted(x[u] for u in run)[len(run) // 2] if run else 0.0
                    for u in run:
                        x[u] = min(max(wish, low), high)
                    run, low, high = [], -inf, inf
                run.append(v)
                low, high = max(low, least), min(high, most)

    def _wish(self, v: int, x: list[float], above: bool, below: bool) -> float:
        neighbours = (self.up[v] if above else []) + (self.down[v] if below else [])
        if v in self.line:
            return self.line[v]
        return _mean([x[n] for n in neighbours], x[v])

    def _spread(self, layer: list[int], wishes: list[float], x: list[float]) -> None:
        """Least squares under the order: neighbours that would overlap form a block at its mean wish. Slots of edges weigh more."""
        offset = 0.0
        blocks: list[tuple[float, float, int]] = []  # mean wish less the offset, weight, how many
        offsets = []
        for k, v in enumerate(layer):
            if k:
                offset += self.extents[layer[k - 1]].right + APART + self.extents[v].left
            offsets.append(offset)
            wish, weight, size = wishes[k] - offset, 40.0 if v in self.along else 1.0 if v < self.real else 4.0, 1
            while blocks and blocks[-1][0] > wish:
                other, more, n = blocks.pop()
                wish = (wish * weight + other * more) / (weight + more)
                weight, size = weight + more, size + n
            blocks.append((wish, weight, size))
        k = 0
        for wish, _, size in blocks:
            for _ in range(size):
                x[layer[k]] = wish + offsets[k]
                k += 1

    def band(self, layer: int) -> float:
        """The height of a layer."""
        if not self.bands:
            self.bands = [max(self.extents[v].height for v in own) for own in self.layers]
        return self.bands[layer]

    def heights(self, x: list[float]) -> list[float]:
        """The centre line of every layer, from the top."""
        middle = []
        y = 0.0
        for k, layer in enumerate(self.layers):
            if k:
                widest = max((abs(x[v] - x[n]) for v in layer for n in self.up[v]), default=0.0)
                y += max(GAP, STEEP * widest)
            middle.append(y + self.band(k) / 2)
            y += self.band(k)
        return middle

    def routes(self, at: list[Point]) -> list[list[Point]]:
        """The lines of the edges; those that meet at a box dock side by side, in the order in which they arrive."""
        below, above = self._ports(at, 0), self._ports(at, 1)
        routes = []
        for e, ((user, argument), (chain, _)) in enumerate(zip(self.edges, self.chains, strict=True)):
            x, y = at[user][0] + below[e], at[user][1]
            points = [(x, y + self.extents[user].dock[1]), (x, y + self.band(self.layer[user]) / 2)]
            for v in chain:
                half = self.band(self.layer[v]) / 2
                points += [(at[v][0], at[v][1] - half), (at[v][0], at[v][1] + half)]
            x, y = at[argument][0] + above[e], at[argument][1]
            points += [(x, y - self.band(self.layer[argument]) / 2), (x, y - self.extents[argument].dock[1])]
            routes.append(_merged(points))
        return routes

    def _ports(self, at: list[Point], end: int) -> list[float]:
        meeting: dict[int, list[int]] = {}
        for e, edge in enumerate(self.edges):
            meeting.setdefault(edge[end], []).append(e)
        ports = [0.0] * len(self.edges)
        for box, edges in meeting.items():
            edges.sort(key=lambda e: at[self.chains[e][0][-end]][0])
            dock = self.extents[box].dock[0]
            apart = min(PORT, 2 * dock / len(edges))
            # Straight up or down where the box is wide enough for it; that of the spine in any case.
            straight = [min(max(at[self.chains[e][0][-end]][0] - at[box][0], -dock), dock) for e in edges]
            main = next((k for k, e in enumerate(edges) if self.straight[e]), len(edges) // 2)
            for k in range(main + 1, len(edges)):
                straight[k] = max(straight[k], straight[k - 1] + apart)
            for k in range(main - 1, -1, -1):
                straight[k] = min(straight[k], straight[k + 1] - apart)
            if max(straight) > dock + 1 or min(straight) < -dock - 1:
                straight = [(k - (len(edges) - 1) / 2) * apart for k in range(len(edges))]
            for e, port in zip(edges, straight, strict=True):
                ports[e] = port
        return ports


def _merged(points: list[Point]) -> list[Point]:
    """The points with vertical pieces that continue each other in one."""
    merged = points[:2]
    for start, end in zip(points[2::2], points[3::2], strict=True):
        if start[0] == merged[-1][0]:
            merged[-1] = end
        else:
            merged += (start, end)
    return merged


def _longest(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """How many edges the longest path from the top to each box has."""
    below: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for user, argument in edges:
        below[user].append(argument)
        missing[argument] += 1
    depth = [0] * count
    ready = [v for v in range(count) if not missing[v]]
    for v in ready:
        for w in below[v]:
            depth[w] = max(depth[w], depth[v] + 1)
            missing[w] -= 1
            if not missing[w]:
                ready.append(w)
    return depth


def _mean(values: list[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _inversions(places: list[int], size: int) -> int:
    """How many pairs stand in the wrong order, by a Fenwick tree."""
    tree = [0] * (size + 1)
    count = 0
    for seen, place in enumerate(places):
        k = place + 1
        count += seen
        while k:
            count -= tree[k]
            k &= k - 1
        k = place + 1
        while k <= size:
            tree[k] += 1
            k += k & -k
    return count
