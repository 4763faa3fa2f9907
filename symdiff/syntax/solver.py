"""The solver: sets of kinds, one for every variable, narrowed by relations until nothing changes.

In: variables and relations between them, entered one by one. Out: what is left of every set, or the relation that cannot hold. It knows no
names and no messages. It ends, in linear time, because sets only shrink: a relation is looked at a bounded number of times.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from symdiff.syntax.relations import (
    DIV,
    DOT,
    DOT_OR_SCALE,
    KNOWN,
    MUL,
    OPEN,
    POW_OF_SCALARS,
    SPREAD,
    TRANSPOSE,
    TRANSPOSE_OR_SCALAR,
    Relation,
    S,
    both,
)
from symdiff.syntax.tree import Tree

if TYPE_CHECKING:
    from symdiff.syntax.symbols import Symbol

STRICT = {DOT_OR_SCALE: DOT, TRANSPOSE_OR_SCALAR: TRANSPOSE}


class Solver:
    """masks: the kinds of every variable; variable 0 is that of everything which is certainly a scalar."""

    def __init__(self) -> None:
        self.masks: list[int] = [both(S)]
        self.watch: defaultdict[int, list[int]] = defaultdict(list)  # the open relations of every variable that is not known
        self.relations: list[tuple[Relation, tuple[int, ...], Tree]] = []
        self.open: list[int] = []  # the relations that did not hold for certain when they were entered
        self.sums_and_products: list[tuple[bool, int, int, int]] = []  # of these: is it a sum, the operands, the value
        self.scalings: list[int] = []  # of these, `.` and `'`, which are scaling and nothing where a scalar is certain
        self.results: list[int] = []  # the values of those that were not narrowed before
        self.holds = True  # False as soon as one relation has no row left
        self.twice: set[int] = set()  # relations in which a variable stands twice
        self.trail: list[tuple[int, int]] = []
        self.why: dict[int, int] = {}  # the relation that narrowed a variable last
        self.failed = -1  # the relation that could not hold
        self.sums: dict[int, tuple[int, int]] = {}  # operands of sums and elementwise operations, by the value's variable
        self.beside_numbers: list[tuple[int, Tree]] = []  # what a scalar is added to or multiplied with, and that scalar

    def _new(self, mask: int) -> int:
        self.masks.append(both(mask))
        return len(self.masks) - 1

    def _relation(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        self._watch(relation, variables, tree)
        if self.holds:
            self.holds = self._propagate([len(self.relations) - 1])

    def _watch(self, relation: Relation, variables: tuple[int, ...], tree: Tree) -> None:
        k = len(self.relations)
        self.relations.append((relation, variables, tree))
        self.open.append(k)
        if relation is SPREAD or relation is MUL:
            self.sums_and_products.append((relation is SPREAD, *variables))  # type: ignore[arg-type]  # they have three
        elif relation in STRICT:
            self.scalings.append(k)
        watch, masks = self.watch, self.masks
        for v in variables:
            if masks[v] not in KNOWN:
                watch[v].append(k)
        if (len(variables) > 1 and variables[0] == variables[1]) or (len(variables) > 3 and len(set(variables)) < len(variables)):
            self.twice.add(k)

    def _value(self, relation: Relation, operands: tuple[int, ...], tree: Tree) -> int:
        """A variable for the value. Where the operands are known, it is, too: then nothing is left to narrow or to watch."""
        masks = self.masks
        kinds = tuple([masks[v] for v in operands])
        kind, left = relation.entered.get(kinds) or relation.enter(kinds)
        k, var = len(self.relations), len(masks)
        variables = (*operands, var)
        if kind:
            masks.append(kind)
            self.why[var] = k
            self.relations.append((relation if both(S) in kinds else STRICT.get(relation, relation), variables, tree))
            return var
        mask = left[-1]
        masks.append(mask or OPEN)
        self.results.append(var)
        self._watch(relation, variables, tree)
        if not mask or not self.holds:
            self.holds = False
            return var
        if mask != OPEN:
            self.why[var] = k
        affected: list[int] = []
        if left[:-1] != kinds:
            for v, before, after in zip(operands, kinds, left, strict=False):
                if before != after:
                    affected += [j for j in self.watch[v] if j != k]
                    self.trail.append((v, before))
                    self.why[v] = k
                    masks[v] = after
        if k in self.twice:
            affected.append(k)
        if affected:
            self.holds = self._propagate(affected)
        return var

    def _binary(self, relation: Relation, a: int, b: int, tree: Tree) -> int:
        if relation is MUL or relation is SPREAD:
            if a == 0:
                if b and tree.kids[0].kind != "number":
                    self.beside_numbers.append((b, tree.kids[0]))
                return b
            if b == 0:
                if tree.kids[1].kind != "number":
                    self.beside_numbers.append((a, tree.kids[1]))
                return a
            if a == b and relation is SPREAD:
                return a
        elif relation is DIV and b == 0:
            return a
        elif relation is POW_OF_SCALARS and a == b == 0:
            return 0
        var = self._value(relation, (a, b), tree)
        if relation is SPREAD:
            self.sums[var] = (a, b)
        return var

    def _unary(self, relation: Relation, arg: int, tree: Tree) -> int:
        values = 0
        for row in relation.rows:
            values |= row[1]
        var = 0 if values == S else self._new(values)
        self._relation(relation, (arg, var), tree)
        return var

    def _spread(self, args: list[int], tree: Tree) -> int:
        if len(args) == 2:
            return self._binary(SPREAD, args[0], args[1], tree)
        var, last = args[0], 0  # the argument that the value so far has its kind of
        for k in range(1, len(args)):
            pair = Tree(tree.kind, (tree.kids[last], tree.kids[k]), tree.value, tree.start, tree.end)  # for the messages
            before, var = var, self._binary(SPREAD, var, args[k], pair)
            last = last if var == before else k
        return var

    def _propagate(self, queue: list[int]) -> bool:
        """Narrow until nothing changes, in the candidates that the masks have; False if a relation cannot hold.

        A relation may be looked at once too often: that costs less than to remember which ones wait.
        """
        masks, relations, watch, trail, why = self.masks, self.relations, self.watch, self.trail, self.why
        while queue:
            k = queue.pop()
            relation, variables, _ = relations[k]
            if len(variables) == 3:
                a, b, c = variables
                old: tuple[int, ...] = (masks[a], masks[b], masks[c])
            else:
                old = tuple([masks[v] for v in variables])
            try:
                changes = relation.changes[old]
            except KeyError:
                changes = relation.changed(old)
            if changes is None:
                self.failed = k
                return False
            for place, left in changes:
                v = variables[place]
                trail.append((v, masks[v]))
                masks[v] &= left
                why[v] = k
                for j in watch[v]:
                    if j != k:
                        queue.append(j)
            if changes and k in self.twice:  # in the others nothing more can change, or have become impossible
                queue.append(k)
        return True

    def narrow(self, var: int, mask: int) -> bool:
        """Narrow one variable; taken back, and False, if that clashes."""
        old = self.masks[var]
        if old & mask == old:
            return True
        if not old & mask:
            return False
        mark = len(self.trail)
        self.trail.append((var, old))
        self.masks[var] = old & mask
        if self._propagate([*self.watch.get(var, ())]):
            return True
        while len(self.trail) > mark:
            v, before = self.trail.pop()
            self.masks[v] = before
        return False

    def _start_again(self) -> None:
        """The masks as they were before anything was narrowed."""
        while self.trail:
            v, before = self.trail.pop()
            self.masks[v] = before
        for v in self.results:
            self.masks[v] = OPEN
        self.watch.clear()
        closed = set(range(len(self.relations))).difference(self.open)
        self.why = {self.relations[k][1][-1]: k for k in sorted(closed)}

    def _enter_again(self) -> bool:
        for k in self.open:
            for v in self.relations[k][1]:
                self.watch[v].append(k)
            if not self._propagate([k]):
                return False
        return True

    def _demand(self, strict: list[int], wanted: list[Symbol]) -> None:
        """Narrow by these relations until nothing changes, or until the symbols that are wanted are known.

        They hold: narrower masks passed them.
        """
        masks = self.masks
        affected: list[int] = []
        for k in strict:
            relation, variables, _ = self.relations[k]
            for v, mask in zip(variables, relation.narrowed(tuple([masks[v] for v in variables])), strict=True):
                if masks[v] & mask != masks[v]:
                    masks[v] &= mask
                    self.why[v] = k
                    affected += self.watch.get(v, ())
        if any(masks[s.var] & (masks[s.var] - 1) for s in wanted):
            self._propagate([*strict, *affected])

    def known(self, var: int) -> bool:
        return not self.masks[var] & (self.masks[var] - 1)
