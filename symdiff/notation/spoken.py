"""Values as people speak of them where matrix notation has no words: by an entry, `r[i,j] = x[i] - x[j]` for every i and j.

In: expressions of one shape, the sides of an equation. Out: a text of each, of the whole where that is mathematics, else of the entry at letters that
are the same in all of them; what only programs have a word for (`tensor(…)`, the numbers of an index) stands in neither. What never changes: values.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

from symdiff.bounds import LIMITS
from symdiff.expr.node import Expr
from symdiff.expr.operators import kind
from symdiff.expr.walk import topological
from symdiff.notation.repeated import fresh_names, names_taken, token_count
from symdiff.notation.trees import postorder
from symdiff.notation.typesetter import EntryBuilder, Typesetter
from symdiff.notation.unparse import SHARE_TOKENS, closed, in_signs, unparse
from symdiff.syntax.tree import Program, Tree

LETTERS = ("i", "j", "k", "l", "p", "q", "r", "s")


def spoken(sides: Sequence[Expr], *, always: bool = False, taken: Sequence[str] = ()) -> tuple[list[Program], tuple[str, ...]]:
    """The sides, and the letters of their entries: none where they are written as a whole. always: by entries in any case."""
    whole = [unparse(e) for e in sides]
    size = len(sides[0].shape)
    rows = any(kind(e) == "row" for e in sides)
    if rows or any(len(e.shape) != size for e in sides) or not (always or any(map(in_program_words, whole))):
        return whole, ()
    orders = [topological([e], closed(e)) for e in sides]
    if sum(token_count(order, False) for order in orders) > min(SHARE_TOKENS, LIMITS.tokens):
        return whole, ()
    used = set(taken).union(*[names_taken(order) for order in orders])
    letters = tuple(islice(fresh_names(LETTERS, used), size))
    return [entry(e, letters, used) for e in sides], letters


def in_program_words(program: Program) -> bool:
    """Whether a text has entries in a bracket, the numbers of an index as a vector, or all differences `x*ones(n)' - ones(n)*x'` in it."""
    if program.body is None:
        return False
    sides = set()
    for t in postorder([program.body]):
        if t.kind == "tensor" or (t.kind == "call" and t.value == "cumsum" and _is_ones(t.kids[0])):
            return True
        if t.kind == "mul" and t.kids[1].kind == "transpose":
            sides |= {k for k, x in enumerate((t.kids[0], t.kids[1].kids[0])) if _is_ones(x)}
    return len(sides) == 2


def _is_ones(t: Tree) -> bool:
    return t.kind == "call" and t.value == "ones"


def entry(e: Expr, letters: Sequence[str], taken: Collection[str] = (), *, typeset: bool = False) -> Program:
    """The text of the entry of e at these letters. taken: what no letter of a sum in it may be."""
    e = in_signs(e) if typeset else e
    order = topological([e], closed(e))
    builder = (Typesetter if typeset else EntryBuilder)(order, False, False, spreads=True)
    builder.fresh_letters = fresh_names(LETTERS, {*taken, *letters})
    program = Program("", [], builder.entry(letters))
    program.statements += builder.bindings.values()
    if not typeset:
        program.typeset = lambda: entry(e, letters, taken, typeset=True)
    return program
