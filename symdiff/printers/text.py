"""Plain text: a formula of the language itself, which parses back to the same expression."""

from __future__ import annotations

from symdiff.notation.numerals import decimal
from symdiff.printers.layout import Piece, bracketed, render, separated, statements
from symdiff.syntax.tree import Program, Tree
from symdiff.table.operators import OPERATORS

INFIX = {operator.kind: operator.text for operator in OPERATORS.values() if len(operator.least) == 2}


def text(program: Program | Tree) -> str:
    """The program on one line, statements separated by `; `."""
    return Text().write(program)


class Text:
    """How every kind of tree is spelled. Other linear notations override the spellings that differ."""

    infix = INFIX

    def write(self, program: Program | Tree) -> str:
        if isinstance(program, Tree):
            return render(program, self.spell)
        return "; ".join(statements(program, self.write, self.name))

    def name(self, name: str) -> str:
        return name

    def spell(self, t: Tree) -> list[Piece]:
        if t.kind in self.infix:
            return [*self.operand(t, 0), self.infix[t.kind], *self.operand(t, 1)]
        pieces: list[Piece] = getattr(self, "spell_" + t.kind)(t)
        return pieces

    def operand(self, t: Tree, k: int) -> list[Piece]:
        kid = t.kids[k]
        return ["(", kid, ")"] if bracketed(t, k) else [kid]

    def spell_number(self, t: Tree) -> list[Piece]:
        return [decimal(t.value)]

    def spell_name(self, t: Tree) -> list[Piece]:
        return [self.name(t.value)]

    def spell_neg(self, t: Tree) -> list[Piece]:
        return ["-", *self.operand(t, 0)]

    def spell_not(self, t: Tree) -> list[Piece]:
        return ["not ", *self.operand(t, 0)]

    def spell_transpose(self, t: Tree) -> list[Piece]:
        return [*self.operand(t, 0), "'"]

    def spell_iverson(self, t: Tree) -> list[Piece]:
        return ["[", t.kids[0], "]"]

    def spell_listed(self, t: Tree) -> list[Piece]:
        return ["[", *separated(t.kids), "]"]

    def spell_norm(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "norm2"))

    def spell_bars(self, t: Tree) -> list[Piece]:
        return self.spell_call(Tree("call", t.kids, "abs"))

    def spell_call(self, t: Tree) -> list[Piece]:
        return [self.name(t.value), "(", *separated(t.kids), ")"]

    def spell_prime(self, t: Tree) -> list[Piece]:
        function, primes = t.value
        return [self.name(function), "'" * primes, "(", *separated(t.kids), ")"]

    def spell_index(self, t: Tree) -> list[Piece]:
        return [*self.operand(t, 0), "[", *separated(t.kids[1:], ","), "]"]

    def spell_slice(self, t: Tree) -> list[Piece]:
        return [*t.kids[:1], ":", *t.kids[1:]]

    def spell_over(self, t: Tree) -> list[Piece]:
        function, index = t.value
        return [f"{function}({self.name(index)}", *self.range(t.kids[:-1]), ", ", t.kids[-1], ")"]

    def spell_pairs(self, t: Tree) -> list[Piece]:
        return [f"{t.value}(", t.kids[0], ", ", t.kids[1], ")"]

    def spell_tensor(self, t: Tree) -> list[Piece]:
        pieces: list[Piece] = ["tensor("]
        for k, index in enumerate(t.value):
            pieces += (self.name(index), *self.range(t.kids[2 * k : 2 * k + 2]), ", ")
        return [*pieces, t.kids[-1], ")"]

    def range(self, limits: tuple[Tree, ...]) -> list[Piece]:
        return ["=", limits[0], "..", limits[1]] if limits else []
