"""Trees of a few kinds, taken apart: powers, entries, slices, tensors, ranges written out."""

from __future__ import annotations

from fractions import Fraction

from symdiff.errors import ParseError
from symdiff.expr.node import rational
from symdiff.syntax import hints
from symdiff.syntax.places import ONE, Index, Picked
from symdiff.syntax.ranges import MAX_WRITTEN, Range, guarded, substituted
from symdiff.syntax.scope import Entry, Indices, Scope, is_capital
from symdiff.syntax.tree import Tree
from symdiff.table import Row
from symdiff.table.known import MODULES
from symdiff.table.operators import MIRROR


class KindsOfTrees(Scope):
    """The trees of a few kinds as steps need them."""

    def _bars(self, tree: Tree) -> None:
        self.suspects.append(tree)
        inner = tree.kids[0]
        if inner.kind == "name" and is_capital(inner.value) and inner.value not in self.variables and inner.value not in self.bound:
            self._note(f"`|{inner.value}|` is the absolute value of a number; that of a matrix is `det({inner.value})`")

    def _power(self, tree: Tree) -> Tree:
        """The power, or the transpose that `A^T` is."""
        base, exponent = tree.kids
        below = exponent.kids[0] if exponent.kind == "neg" else exponent
        if below.kind == "name" and below.value == "T" and self.transposing:
            if below is not exponent:
                one = Tree("number", (), 1, exponent.start, exponent.end)
                base = Tree("pow", (base, Tree("neg", (one,), None, exponent.start, exponent.end)), None, tree.start, tree.end)
            made = Tree("transpose", (base,), None, tree.start, tree.end)
            if base.kind == "number" and base.value == 1:
                raise hints.transposed_one(tree)
        else:
            made = tree
            if exponent.kind == "name" or exponent.kind == "pow" or (exponent.kind == "call" and exponent.value == "T"):
                hints.check_transpose(tree, {*self.variables, *self.functions, *self.bound}, self.text, self.notes)
            elif exponent.kind == "number" and base.kind == "name":
                self._layer(tree)
        base = tree.kids[0]
        if base.kind == "name" and base.value == "e":
            self._note_e()
        elif base.kind == "name" and len(base.value) == 2 and base.value[1] == "e" and base.value not in self.variables:
            self._note(
                f"`{base.value}` is one name; the exponential function is `exp(x)`: `{base.value[0]}*exp({self.text[exponent.start : exponent.end]})`"
            )
        return made

    @staticmethod
    def _with_defaults(row: Row, tree: Tree) -> Tree:
        """A call with the last arguments that were left out."""
        missing = row.defaults[len(tree.kids) - len(row.args) :] if len(tree.kids) < len(row.args) else ()
        filled = [Tree("number", (), rational(Fraction(text)), tree.start, tree.end) for text in missing]
        return Tree("call", (*tree.kids, *filled), tree.value, tree.start, tree.end) if filled else tree

    def _tensor(self, tree: Tree, scope: Indices) -> tuple[Tree, Indices]:
        """A tensor with the numbers of its indices, and what its entry sees."""
        *bounds, body = tree.kids
        inside, ks = dict(scope), []
        for i, name in enumerate(tree.value):
            ends = [bound for bound in bounds[2 * i : 2 * i + 2] if bound.kind != "slice"]  # none where the entries fix the range
            made = self._index(name, ends, body, inside, tree, exact=True)
            if made.guards or made.before or made.after or made.index.lower > 1 or made.index.drop:
                raise hints.ragged(name, bounds[2 * i : 2 * i + 2], tree, self.text)
            inside[name] = self._enter(made.index)
            ks.append(inside[name])
        return Tree("tensor", (body,), tuple(ks), tree.start, tree.end), inside

    def _indexed(self, tree: Tree, base: Tree, entries: list[Tree], scope: Indices) -> Tree:
        """An entry: places that are sums of indices are its value, labels its operands."""
        if base.kind == "name":
            self.perhaps_matrices.add(base.value)
            if len(entries) == 1 and entries[0].kind == "number" and is_capital(base.value) and base.value not in self.variables:
                self._note_layer(base.value, entries[0])
        kids, found = [base], list[Entry]()
        for entry in entries:
            if self._is_label(entry, scope) and (self._says_label(entry) or not self._is_word(base)):
                found.append(Picked(len(kids)))
                kids.append(entry)
                self.by_place[entry.kids[0].value if entry.kind == "index" else entry.value] = (entry.start, entry.end)
            else:
                found.append(self._entry(entry, scope, tree))
        return Tree("index", tuple(kids), found, tree.start, tree.end)

    def _dot(self, tree: Tree) -> Tree:
        """The dot, or the transpose that `A.T` is."""
        left, right = tree.kids
        if right.kind == "name" and right.value == "T" and self.transposing:
            return Tree("transpose", (left,), None, tree.start, tree.end)
        if right.kind != "name" or left.kind != "name" or left.value in MODULES:
            hints.check_dot(tree, self.variables, self.bound)
        return tree

    def _sliced(self, base: Tree, entries: list[Tree], tree: Tree) -> Tree:
        """`x[2:5]`: for every axis None, or the trees of its first and last number, both included; entries beside them are taken afterwards."""
        span = (tree.start, tree.end)
        value: list[tuple[Tree, Tree] | None] = []
        for entry in entries:
            if entry.kind != "slice" or not entry.kids:
                value.append(None)
                continue
            low, *high = entry.kids
            if not high:
                raise ParseError(
                    "a slice says where it ends", span=(entry.start, entry.end), hint="both ends are included: `x[2:5]`, `x[2:n]`"
                )
            first, last = (t.value if t.kind == "number" and isinstance(t.value, int) else None for t in (low, high[0]))
            if (first is not None and first < 1) or (first is not None and last is not None and last < first):
                raise ParseError(
                    "a slice begins at 1 or later, and does not end before it begins",
                    span=(entry.start, entry.end),
                    hint="x[2:5], A[1:2,:]",
                )
            for bound in (low, high[0]):
                self._sum_of_sizes(bound)
            value.append((low, high[0]))
        made = Tree("sliced", (base,), tuple(value), *span)
        if all(entry.kind == "slice" for entry in entries):
            return made
        rest = tuple([entry if entry.kind != "slice" else Tree("slice", (), None, entry.start, entry.end) for entry in entries])
        return Tree("index", (made, *rest), None, *span)

    def _written_out(self, tree: Tree, made: Range) -> Tree:
        """A sum or product with the terms of their own that numbers outside of the axis are; a mean as a quotient."""
        name, index = tree.value
        *_, body = tree.kids
        span = (tree.start, tree.end)
        if name == "mean":
            if made.index.perhaps_empty:
                raise hints.mean_of_none(index, span)
            assert made.count is not None
            return Tree("div", (Tree("over", tree.kids, ("sum", index), *span), made.count), None, *span)
        terms = []
        for number, conditions in (*made.before, *made.after):
            term, written = substituted(body, index, number)
            self.written += written
            if self.written > MAX_WRITTEN:
                raise hints.written_out(index, span)
            terms.append(guarded(term, conditions, name, span))
        terms.insert(len(made.before), Tree("over", (body,), (name, index, made), *span))
        result = terms[0]
        for term in terms[1:]:
            result = Tree("add" if name == "sum" else "emul", (result, term), None, *span)
        return result

    def _pairs(self, tree: Tree, scope: Indices) -> Tree:
        """`sum(i < j, …)` as two sums over one axis and a bracket; one sum where the other index is that of a sum outside.

        The sums are entered next, the outer one first.
        """
        condition, body = tree.kids
        span = (tree.start, tree.end)
        names = [kid.value for kid in condition.kids]
        fresh = [name for name in names if scope.get(name, -1) < 0]
        label = next((kid for kid in condition.kids if kid.value in self.labels and kid.value in fresh), None)
        if label is not None and not all(name in self.labels for name in names):  # sum(j != y, …) with a label y
            return self._besides(tree, label, scope)
        for name in fresh:
            self._check_index(name, span)
        if len(fresh) == 2 or fresh[:1] == names[1:]:
            hints.check_pair(condition, self.text)
            self.joint.update({name: (condition.start, condition.end) for name in fresh if name == names[1]})
        if not fresh:
            raise ParseError("both of these are indices of sums outside", span=span, hint="a bracket picks the terms: `[i < j]*…`")
        k = len(self.indices) if len(fresh) == 2 else scope[next(name for name in names if name not in fresh)]
        inner = Index(fresh[-1], span, same=k, guarded=True)
        below = condition.kind if fresh[-1] == names[1] else MIRROR[condition.kind]
        if below in ("lt", "le"):  # the other index is below this one
            inner.low = {k: 1, ONE: 1} if below == "lt" else {k: 1}
        elif below in ("gt", "ge"):
            inner.high = {k: 1, ONE: -1} if below == "gt" else {k: 1}
        body = Tree("over", (body,), (tree.value, fresh[-1], Range(inner, [condition])), *span)
        return Tree("over", (body,), (tree.value, fresh[0], Range(Index(fresh[0], span))), *span) if len(fresh) == 2 else body

    def _besides(self, tree: Tree, label: Tree, scope: Indices) -> Tree:
        """`sum(j != y, …)` and `sum(j=1..n, j != y, …)` with a label y: the sum over the other index, with a bracket."""
        condition, body = tree.kids
        span = (tree.start, tree.end)
        index = next(kid for kid in condition.kids if kid is not label).value
        if scope.get(index, -1) >= 0:
            return guarded(body, [condition], tree.value, span)
        self._check_index(index, span)
        return Tree("over", (body,), (tree.value, index, Range(Index(index, span), [condition])), *span)
