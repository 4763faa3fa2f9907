"""Explanation: why the kinds of a formula do not go together, in the words of the formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symdiff.errors import SymdiffError
from symdiff.expr.build import describe
from symdiff.expr.node import Shape
from symdiff.syntax import hints
from symdiff.syntax.relations import KINDS, POW_OF_SCALARS, RELATIONS, SPREAD, M, T, V, words
from symdiff.syntax.solver import Solver
from symdiff.syntax.tree import ATOM, PRECEDENCE, Tree

if TYPE_CHECKING:
    from symdiff.syntax.symbols import Symbol

ELEMENTWISE = frozenset((*[kind for kind, relation in RELATIONS.items() if relation is SPREAD], "iverson", "bars"))


class Explained(Solver):
    """A solver that says what does not go together. text: of the formula. symbol_of: the names, by their variables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.symbol_of: dict[int, Symbol] = {}

    def kind_error(self) -> SymdiffError:
        relation, variables, tree = self.relations[self.failed]
        n = min(len(tree.kids), len(relation.rows[0]))
        operands = [self._operand(kid, v, tree) for kid, v in zip(tree.kids, variables, strict=False)]
        kinds = [KINDS.get(self.masks[v], "") for v in variables[:n]]
        fit = any(all(k & self.masks[v] for k, v in zip(row[:n], variables, strict=False)) for row in relation.rows)
        reason = ""
        if fit and len(variables) > n:
            demand = self.why.get(variables[-1])
            other = self.relations[demand][2] if demand is not None else tree
            reason = f"`{self._quote(other)}` needs a {words(self.masks[variables[-1]])}"
        elif relation is POW_OF_SCALARS and self.masks[variables[0]] == M:
            reason = "the power of a matrix is a whole number"
        if tree.kind == "entry":
            hint = hints.entry_hint(tree.value, kinds[0], self.text)
        else:
            hint = "" if fit else hints.kind_hint(tree, kinds, [self._factor(kid) for kid in tree.kids[:n]])
        return hints.clash(tree, operands[:n], reason, hint, self.text)

    def _quote(self, tree: Tree) -> str:
        text = " ".join(self.text[tree.start : tree.end].split())
        return text if len(text) <= 40 else text[:39] + "…"

    def _factor(self, tree: Tree) -> str:
        """The text of an operand, in brackets where it needs them beside another operator."""
        text = self._quote(tree)
        return f"({text})" if PRECEDENCE.get(tree.kind, ATOM) < PRECEDENCE["pow"] and not text.startswith("(") else text

    def _operand(self, tree: Tree, var: int, clash: Tree) -> str:
        """`X`, a matrix(m, n) (declared): an operand of what clashes, what it is, and where that comes from."""
        shape = self.shape(var)
        what = describe(shape) if shape and "?" not in shape and self.masks[var] in (V, M, T) else words(self.masks[var])
        symbol = self.symbol_of.get(var)
        source = ""
        if tree.kind in ("name", "call") and symbol is not None and symbol.name == tree.value:
            source = symbol.source.removeprefix("inferred")
        if not source and var in self.why and self.why[var] != self.failed:
            demand = self.relations[self.why[var]][2]
            circular = demand is clash and clash.kind in ELEMENTWISE
            if not circular and (demand.start != tree.start or demand.end != tree.end):
                source = f"because of `{self._quote(demand)}`"
        return f"`{self._quote(tree)}` (a {what}{f', {source}' if source else ''})"

    def shape(self, var: int) -> Shape:
        """The declared shape of a variable, with "?" where it is not known."""
        symbol = self.symbol_of.get(var)
        return tuple([d or "?" for d in symbol.spec]) if symbol is not None and symbol.spec else ()
