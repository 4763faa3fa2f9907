"""Shifts, windows, labels and running sums in code: what brackets over indices pick is taken from its place, and no matrix of brackets is made.

In and out: expressions of the same values. A bracket `[l == e]`, where e is a whole number made of other indices, of sizes and of labels, and l
is summed over, takes the entry at e, or 0 where there is none: `x[i-1]`, `x[i+j-1]`, `z[y]`. Where l stays and an index of e is summed
over, the bracket puts entries at e, and adds those that meet. `[l <= e]` with l summed over is a sum up to e. These are calls that only code
knows (`inner`); how they are spelled (slices, strided windows, gathers, convolutions) is up to the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symdiff.expr import build
from symdiff.expr.build import ONE, Labels, label_size
from symdiff.expr.node import CALL, DIM, NAME, NUM, PROD, RESHAPE, SUM, VAR, Dim, Expr, Number, make
from symdiff.expr.patterns import has_one_factor, is_call, is_call_of, is_multiple
from symdiff.expr.walk import substitute, topological, unnamed
from symdiff.numeric.comparisons import kept_where
from symdiff.numeric.inner import placed
from symdiff.table.groups import LARGEST_OR_SMALLEST

Factor = tuple[Expr, Labels]
Atom = tuple[Expr, Labels]  # a node, and the axes of another node along which it varies

MAX_FACTORS = 12

SIGNS = {"lt": (1, -1), "le": (1, 0), "gt": (-1, -1), "ge": (-1, 0)}  # side*(l - e) <= shift


def located(exprs: Sequence[Expr]) -> list[Expr]:
    """The expressions with entries taken, put and added up where they stand."""
    if not any(is_index(node) for node in topological(exprs)):
        return list(exprs)

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        made = make(node.op, args, node.data, node.shape) if args else node
        if made.op != PROD or len(made.args) > MAX_FACTORS:
            return made
        opened = without_choices(made)
        found = _Places(made if opened is None else opened).run()
        return found if opened is None or not any(is_bracket(f) for f in (found, *found.args)) else made

    found = substitute(exprs, put)
    return [found[e] for e in exprs]


def without_choices(e: Expr) -> Expr | None:
    """A product with `[j <= i]*x[j]` for `if(j <= i, x[j], 0)`, of which it is the sum over j; None where there is none.

    Each x[j] is in one of the sums at least, and an x[j] without a value in none that the condition keeps it from: sums that run
    from an end on have not met it there.
    """
    labels, out = e.data
    factors: list[Factor] = []
    for f, ls in zip(e.args, labels, strict=True):
        found = kept_where(f)
        inner = None if found is None or len(set(ls)) != 2 else seen_through(found[1])
        if found is None or inner is None:
            factors.append((f, ls))
            continue
        x, own = inner
        if len(own) != 1 or ls[own[0]] in out or not runs_to_the_index(found[0]):
            return None
        factors += [(x, (ls[own[0]],)), (found[0], ls)]
    if len(factors) == len(e.args):
        return None
    return build.contract([f for f, _ in factors], [ls for _, ls in factors], out, dict(zip(out, e.shape, strict=True)))


def runs_to_the_index(test: Expr) -> bool:
    """`[j <= i]` or `[j >= i]`, of indices that run over the same numbers."""
    if not is_call_of(test, SIGNS) or SIGNS[test.data][1] or len(test.shape) != 2 or test.shape[0] != test.shape[1]:
        return False
    left, right = [linear(a, (0, 1)) for a in test.args]
    moved = None if left is None or right is None else left.plus(right, -1)
    return moved is not None and moved.const == 0 and len(moved.terms) == 2 and all(is_index(atom) for atom, _ in moved.terms)


# ---------------------------------------------------------------------------------------------- whole numbers made of indices


@dataclass(frozen=True)
class Linear:
    """Whole numbers: const, plus atoms times whole coefficients."""

    terms: dict[Atom, int]
    const: int

    def plus(self, other: Linear, c: int) -> Linear:
        terms = dict(self.terms)
        for atom, k in other.terms.items():
            terms[atom] = terms.get(atom, 0) + c * k
        return Linear({atom: k for atom, k in terms.items() if k}, self.const + c * other.const)


def linear(node: Expr, axes: Labels) -> Linear | None:
    """A node with whole values, its axes named, as a sum of atoms; None if it may have others."""
    while True:
        if node.op == NAME or (node.op == RESHAPE and node.shape == node.args[0].shape):
            node = node.args[0]
        elif (inner := seen_through(node)) is not None:
            node, own = inner
            axes = tuple([axes[a] for a in own])
        else:
            break
    if node.op == NUM:
        return Linear({}, node.data) if type(node.data) is int else None
    if node.op == SUM:
        total = Linear({}, 0)
        for c, a in zip(node.data, node.args, strict=True):
            part = linear(a, axes)
            if part is None or type(c) is not int:
                return None
            total = total.plus(part, c)
        return total
    return Linear({(node, axes): 1}, 0) if is_whole(node) else None


def is_whole(node: Expr) -> bool:
    """Whether all values are whole numbers, whatever the arguments are."""
    stack = [node]
    while stack:
        node = stack.pop()
        if is_index(node) or node.op == DIM or is_call(node, "floor", "ceil", "round", "sign"):
            continue
        if node.op == VAR and label_size(node.data[1]) is not None:
            continue
        if node.op == NUM:
            if type(node.data) is not int:
                return False
        elif (
            node.op in (NAME, RESHAPE)
            or (node.op == PROD and all(set(ls) <= set(node.data[1]) for ls in node.data[0]))
            or (node.op == SUM and all(type(c) is int for c in node.data))
            or is_call(node, "max", "min", "abs", "clip", "mod", "_take0")
        ):
            stack += node.args
        elif is_call(node, "if"):
            stack += node.args[1:]
        else:
            return False
    return True


def is_index(node: Expr) -> bool:
    """The index of a sum, as a number for each of its values."""
    return is_call(node, "cumsum") and node.args[0].op == PROD and node.args[0].args in ((ONE,), ()) and len(node.shape) == 1


def seen_through(node: Expr) -> tuple[Expr, Labels] | None:
    """What is only turned or spread along further axes, and the axis of the node for each of its own."""
    if not has_one_factor(node):
        return None
    (own,), out = node.data
    if len(set(own)) < len(own) or not set(own) <= set(out):
        return None
    return node.args[0], tuple([out.index(label) for label in own])


# ---------------------------------------------------------------------------------------------- brackets in a product


class _Places:
    """A product, its factors with labels; brackets leave it one by one."""

    def __init__(self, node: Expr) -> None:
        self.node, self.out = node, node.data[1]
        self.size: dict[int, Dim] = dict(zip(self.out, node.shape, strict=True))
        self.factors: list[Factor] = []
        stack = list(zip(node.args, node.data[0], strict=True))[::-1]
        for f, labels in stack:
            self.size.update(zip(labels, f.shape, strict=True))
        kept = {*self.out, *[label for f, labels in stack if not opened(f) for label in labels]}
        picking = any(is_bracket(a) or (a.op == PROD and any(map(is_bracket, a.args))) for a in node.args)
        while stack:
            f, labels = stack.pop()
            inner = seen_through(f)
            if inner is not None and f.args[0].op != NUM and kept >= {label for k, label in enumerate(labels) if k not in inner[1]}:
                stack.append((inner[0], tuple([labels[a] for a in inner[1]])))
            elif is_multiple(f):
                self.factors.append((build.num(f.data[0]), ()))
                stack.append((f.args[0], labels))
            elif (
                f.op == PROD
                and all(set(ls) <= set(f.data[1]) for ls in f.data[0])
                and spans(f)
                and (any(map(is_bracket, f.args)) or (picking and spreads(f)))
            ):
                place = dict(zip(f.data[1], labels, strict=True))
                stack += [(a, tuple([place[label] for label in ls])) for a, ls in zip(f.args, f.data[0], strict=True)][::-1]
            else:
                self.factors.append((f, labels))

    def run(self) -> Expr:
        """The product without the brackets that pick; itself if there are none."""
        changed = False
        while self.step():
            changed = True
        if not changed:
            return self.node
        if len(self.factors) == 1 and self.factors[0][1] == self.out:
            return self.factors[0][0]
        return self.contracted(self.factors, self.out)

    def contracted(self, factors: Sequence[Factor], out: Labels) -> Expr:
        return build.contract([f for f, _ in factors], [ls for _, ls in factors], out, self.size)

    def step(self) -> bool:
        picks_first = sorted(enumerate(self.factors), key=lambda found: unnamed(found[1][0]).data != "eq")
        for k, (f, labels) in picks_first:
            if len(set(labels)) == len(labels) and is_bracket(f) and self.leaves(k, unnamed(f), labels):
                return True
        return any(self.dotted(k) for k in range(len(self.factors)))

    def leaves(self, k: int, bracket: Expr, labels: Labels) -> bool:
        """Whether the k-th factor, a bracket, could be replaced."""
        left, right = (linear(a, tuple(range(len(labels)))) for a in bracket.args)
        if left is None or right is None:
            return False
        difference = left.plus(right, -1)
        axes = [(axis, c) for axis in range(len(labels)) if (c := self.solved(difference, axis))]
        axes.sort(
            key=lambda found: any(g.op == VAR and labels[found[0]] in ls for g, ls in self.factors)
        )  # windows of what is computed: weights are given
        summed = [label for label in labels if label not in self.out]
        for axis, c in axes:
            if labels[axis] not in self.out:
                e, beside = self.value(difference, axis, c, bracket, labels)
                if bracket.data == "eq" and self.take(k, labels[axis], e, beside):
                    return True
                if bracket.data in SIGNS and self.add_up(k, bracket.data, c, labels[axis], e, beside):
                    return True
        for axis, c in axes:
            if labels[axis] in self.out and summed and bracket.data == "eq":
                e, beside = self.value(difference, axis, c, bracket, labels)
                if self.put(k, labels[axis], e, beside):
                    return True
        return False

    @staticmethod
    def solved(difference: Linear, axis: int) -> int:
        """The coefficient, 1 or -1, of the index of this axis, if nothing else varies along it; else 0."""
        found = [(atom, c) for (atom, axes), c in difference.terms.items() if axis in axes]
        return found[0][1] if len(found) == 1 and abs(found[0][1]) == 1 and is_index(found[0][0]) else 0

    def value(self, difference: Linear, axis: int, c: int, bracket: Expr, labels: Labels) -> tuple[Expr, Labels]:
        """e of `[l == e]`, and its labels."""
        rest = {atom: -c * k for atom, k in difference.terms.items() if axis not in atom[1]}
        used = sorted({a for _, axes in rest for a in axes})
        shape = tuple([bracket.shape[a] for a in used])
        parts: list[tuple[Number, Expr]] = []
        for (atom, axes), k in rest.items():
            place = tuple([used.index(a) for a in axes])
            every = tuple(range(len(used)))
            parts.append((k, atom if place == every else build.contract([atom], [place], every, dict(enumerate(shape)))))
        if difference.const or not parts:
            parts.append((1, build.spread(build.num(-c * difference.const), shape)))
        if len(parts) == 1 and parts[0][0] == 1:
            return parts[0][1], tuple([labels[a] for a in used])
        return build.linear([k for k, _ in parts], [a for _, a in parts]), tuple([labels[a] for a in used])

    # ------------------------------------------------------------------------------------------ what takes their place

    def joined(self, chosen: list[int], label: Sequence[int], beside: Labels) -> Factor:
        """The factors with these places as one; it keeps `label`, and what the value or other factors have."""
        own = [self.factors[j] for j in chosen]
        if not own:
            return build.spread(ONE, [self.size[x] for x in label]), tuple(label)
        if len(own) == 1 and len(set(own[0][1])) == len(own[0][1]):
            return own[0]
        others = {*self.out, *beside, *label, *[x for j, (_, ls) in enumerate(self.factors) if j not in chosen for x in ls]}
        labels = tuple(dict.fromkeys([x for _, ls in own for x in ls if x in others]))
        return self.contracted(own, labels), labels

    def replaced(self, gone: Sequence[int], new: Expr, labels: Labels) -> bool:
        self.factors = [f for j, f in enumerate(self.factors) if j not in gone]
        self.factors.append((new, labels))
        return True

    def arranged(self, f: Factor, order: Labels) -> Expr:
        return f[0] if f[1] == order else self.contracted([f], order)

    def take(self, k: int, label: int, e: Expr, beside: Labels) -> bool:
        chosen = [j for j, (_, ls) in enumerate(self.factors) if j != k and label in ls]
        g, labels = self.joined(chosen, [label], beside)
        if labels.count(label) != 1:
            return False
        both = tuple([x for x in beside if x in labels])
        extra = tuple([x for x in beside if x not in labels])
        rest = tuple([x for x in labels if x != label and x not in both])
        whole = self.arranged((g, labels), (*both, label, *rest))
        index = self.arranged((e, beside), (*both, *extra))
        order = (*both, *extra, *rest)
        return self.replaced([*chosen, k], placed("_take", len(both), (whole, index), [self.size[x] for x in order]), order)

    def put(self, k: int, label: int, e: Expr, beside: Labels) -> bool:
        if not beside:
            return False  # one place, which nothing runs over
        gone = [x for x in beside if x not in self.out]
        chosen = [j for j, (_, ls) in enumerate(self.factors) if j != k and any(x in ls for x in gone)]
        g, labels = self.joined(chosen, gone, beside)
        if label in labels or not set(gone) <= set(labels):
            return False
        both = tuple([x for x in beside if x in self.out and x in labels])
        if any(x in self.out and x not in labels for x in beside):
            return False
        rest = tuple([x for x in labels if x not in beside])
        whole = self.arranged((g, labels), (*both, *gone, *rest))
        index = self.arranged((e, beside), (*both, *gone))
        order = (*both, label, *rest)
        return self.replaced([*chosen, k], placed("_put", len(both), (whole, index), [self.size[x] for x in order]), order)

    def add_up(self, k: int, relation: str, c: int, label: int, e: Expr, beside: Labels) -> bool:
        """`[l <= e]` with l summed over: the sum up to e, or from e on."""
        chosen = [j for j, (_, ls) in enumerate(self.factors) if j != k and label in ls]
        g, labels = self.joined(chosen, [label], beside)
        if labels.count(label) != 1 or not set(labels).isdisjoint(beside) or not beside:
            return False
        side, shift = SIGNS[relation]
        side *= c
        rest = tuple([x for x in labels if x != label])
        whole = self.arranged((g, labels), (label, *rest))
        if shift:
            e = build.linear([1, 1], [e, build.spread(build.num(shift * side), e.shape)])
        order = (*beside, *rest)
        return self.replaced([*chosen, k], placed("_upto" if side > 0 else "_from", 0, (whole, e), [self.size[x] for x in order]), order)

    def dotted_twice(self, k: int, x: Expr, d: Expr, e: Expr, first: tuple[int, int], second: tuple[int, int]) -> bool:
        labels = self.factors[k][1]
        pairs = [tuple([labels[axis] for axis in axes]) for axes in (first, second)]
        for j, (w, own) in enumerate(self.factors):
            others = {label for i, (_, ls) in enumerate(self.factors) if i not in (j, k) for label in ls}
            if j == k or len(own) != 2 or len(set(own)) < 2 or others & set(own) or set(own) & set(self.out):
                continue
            gone = [next((label for label in pair if label in own), None) for pair in pairs]
            if None in gone or len(set(own) & set(pairs[0])) != 1 or len(set(own) & set(pairs[1])) != 1:
                continue
            axes = [pair.index(label) for pair, label in zip(pairs, gone, strict=True)]
            kept = tuple([pair[1 - axis] for pair, axis in zip(pairs, axes, strict=True)])
            weights = self.arranged((w, own), tuple([label for label in gone if label is not None]))
            new = placed("_dots", 2 * axes[0] + axes[1], (x, weights, d, e), [self.size[label] for label in kept])
            return self.replaced([j, k], new, kept)
        return False

    def dotted(self, k: int) -> bool:
        """Windows of a vector or a matrix, each times the same weights: a convolution."""
        f, labels = self.factors[k]
        if (found := windows_of_matrix(f)) is not None:
            return self.dotted_twice(k, *found)
        if not is_call(f, "_take0") or len(labels) != 2 or len(f.args[0].shape) != 1 or windows(f.args[1]) is None:
            return False
        for gone in labels:
            with_it = [j for j, (_, ls) in enumerate(self.factors) if gone in ls and j != k]
            if gone in self.out or len(with_it) != 1 or self.factors[with_it[0]][1] != (gone,):
                continue
            axis = labels.index(gone)
            kept = labels[1 - axis]
            weights = self.factors[with_it[0]][0]
            return self.replaced([k, *with_it], placed("_dot", axis, (f.args[0], weights, f.args[1]), (self.size[kept],)), (kept,))
        return False


def windows_of_matrix(f: Expr) -> tuple[Expr, Expr, Expr, tuple[int, int], tuple[int, int]] | None:
    """The matrix, the places along its two axes, and which axes of f are those of the places; None of what is not windows of a matrix."""
    if not is_call(f, "_take0") or len(f.shape) != 4:
        return None
    turned = seen_through(f.args[0])
    if turned is None or len(f.args[0].shape) != 3:
        return None
    inner, order = turned
    if not is_call(inner, "_take0") or len(inner.args[0].shape) != 2 or len(inner.shape) != 3 or order[2] != 0:
        return None
    d, e = inner.args[1], f.args[1]
    if windows(d) is None or windows(e) is None or len(d.shape) != 2 or len(e.shape) != 2:
        return None
    return inner.args[0], d, e, (order[0] + 1, order[1] + 1), (0, 1)


def windows(e: Expr) -> tuple[dict[int, int], Linear] | None:
    """The coefficients, 1 or -1, of the indices of one or two axes, and the rest, which is made of sizes; None of others."""
    found = linear(e, tuple(range(len(e.shape))))
    if found is None or not 1 <= len(e.shape) <= 2:
        return None
    signs = {axes[0]: c for (atom, axes), c in found.terms.items() if axes and is_index(atom)}
    rest = Linear({atom: c for atom, c in found.terms.items() if not atom[1] and atom[0].op == DIM}, found.const)
    if len(signs) != len(e.shape) or len(signs) + len(rest.terms) != len(found.terms) or not all(abs(c) == 1 for c in signs.values()):
        return None
    return signs, rest


def between(bracket: Expr) -> tuple[Linear | None, Linear | None] | None:
    """Where `[i >= low]` or `[i <= high]` of an axis' own index holds: low and high, made of sizes, one of them None; None of other brackets."""
    if not is_call(bracket, *SIGNS) or len(bracket.shape) != 1:
        return None
    left, right = [linear(side, (0,)) for side in bracket.args]
    if left is None or right is None:
        return None
    moved = left.plus(right, -1)
    steps = [c for (atom, axes), c in moved.terms.items() if axes and is_index(atom)]
    rest = Linear({atom: c for atom, c in moved.terms.items() if not atom[1] and atom[0].op == DIM}, moved.const)
    if len(steps) != 1 or abs(steps[0]) != 1 or len(rest.terms) + 1 != len(moved.terms):
        return None
    side, shift = SIGNS[bracket.data]
    if side * steps[0] == 1:
        return None, Linear({}, shift).plus(rest, -side)
    return Linear({}, -shift).plus(rest, side), None


def kept_inside(e: Expr) -> tuple[int | None, Linear | None, Linear] | None:
    """Of a vector `max(min(i, high), low) + rest`: low, high and the rest; None of others."""
    found = linear(e, (0,)) if len(e.shape) == 1 else None
    if found is None:
        return None
    moving = [(atom, c) for (atom, axes), c in found.terms.items() if axes]
    rest = Linear({atom: c for atom, c in found.terms.items() if not atom[1] and atom[0].op == DIM}, found.const)
    if len(moving) != 1 or moving[0][1] != 1 or len(rest.terms) + 1 != len(found.terms):
        return None
    low: int | None = None
    high: Linear | None = None
    node = moving[0][0]
    while is_call_of(node, LARGEST_OR_SMALLEST) and len(node.args) == 2:
        inner, bound = node.args
        found = linear(bound, (0,))
        if found is None or any(axes or atom.op != DIM for atom, axes in found.terms) or (node.data == "max" and found.terms):
            return None
        if node.data == "max" and low is None:
            low = found.const
        elif node.data == "min" and high is None and low is None:
            high = found
        else:
            return None
        while (through := seen_through(inner)) is not None or inner.op == NAME:
            inner = through[0] if through is not None else inner.args[0]
        node = inner
    return (low, high, rest) if is_index(node) and (low is not None or high is not None) else None


def follows(node: Expr) -> bool:
    """Whether the places follow each other, so that the index itself is not needed."""
    kind, shared = node.data[:-1], int(node.data[-1])
    e = node.args[-1]
    if kind in ("_dot", "_dots"):
        return True
    if shared:
        return False
    if kind in ("_upto", "_from"):
        found = windows(e)
        return (
            found is not None and found[0] == {0: 1} and not found[1].terms and found[1].const == 0 and e.shape[0] == node.args[0].shape[0]
        )
    return (kind == "_take" and windows(e) is not None) or kept_inside(e) is not None


def is_bracket(f: Expr) -> bool:
    f = unnamed(f)
    return f.op == CALL and (f.data == "eq" or f.data in SIGNS) and len(f.shape) > 0


def opened(f: Expr) -> bool:
    return f.op == PROD


def spreads(f: Expr) -> bool:
    """An outer product, or another that is larger than each of its factors."""
    return all(len(ls) < len(f.shape) for ls in f.data[0])


def spans(f: Expr) -> bool:
    """Whether every axis of a product is one of a factor."""
    return {label for ls in f.data[0] for label in ls} == set(f.data[1]) and all(len(set(ls)) == len(ls) for ls in f.data[0])
