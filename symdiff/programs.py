"""Which nodes code is made of: the answers as they are written, or as the sweep leaves them, whichever is less work.

In: written expressions, and the questions that they answer. Out: expressions of the same values. An answer is chosen for the fewest symbols, and
that may trade matrix times vector for matrix times matrix, or compute twice what several answers share; the sweep's own program never
costs more than a small constant times the formula. Where both cost about the same, the written one is taken: what
people compare the code with is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symdiff.differentiate import Answer, Question, derivative, program
from symdiff.errors import SymdiffError
from symdiff.expr.node import CALL, Expr
from symdiff.expr.walk import functions, topological, variables
from symdiff.numeric import work
from symdiff.numeric.economy import tidied

# Of larger graphs only the number of nodes is compared: to count their work is to write their code.
MAX_NODES = 3_000

# How much dearer the written form may be: about as much; more where the sweep divides by what the simplifier has cancelled, so that there are more
# points at which its program has no value (second derivatives; prod(x)/x[i]), and only another order of work counts.
ABOUT, SECOND, DELICATE = 1.3, 4.0, 20.0
PRODUCTS = frozenset(("prod", "rowprod", "cumprod"))

Item = tuple[Expr, Answer | None]


def cheapest(items: Sequence[Item]) -> list[Expr]:
    """Expressions of the same values as these, that cost least together."""
    return list(_cheapest(tuple(items)))


@lru_cache(maxsize=64)
def _cheapest(items: tuple[Item, ...]) -> tuple[Expr, ...]:
    written = tuple([expr for expr, _ in items])
    answers = [answer for expr, answer in items if answer is not None and answer.expr is expr]
    if not answers or not any(node.shape for node in topological(written)):
        return written
    try:
        found = iter(program([answer.question for answer in answers]))
    except SymdiffError:  # the formula had to be simplified before it could be differentiated
        return written
    swept = tuple(tidied([next(found) if answer is not None and answer.expr is expr else expr for expr, answer in items]))
    if any(node.op == CALL and node.data in ("prod", "rowprod") for node in topological(swept)):
        return written  # term by term the sweep divides by entries that may be 0: poles that cancel
    if not {*variables(swept), *functions(swept)} <= {*variables(written), *functions(written)}:
        return written  # it would ask for values that cancel
    sizes = [len(topological(exprs)) for exprs in (written, swept)]
    if max(sizes) > MAX_NODES:
        return swept if sizes[1] < sizes[0] else written
    try:
        return swept if work(swept).price() * dearer([answer.question for answer in answers]) < work(written).price() else written
    except SymdiffError:
        return written


def dearer(questions: Sequence[Question]) -> float:
    """How much dearer the written answers may be than what the sweep left of these questions."""
    if any(node.op == CALL and node.data in PRODUCTS for node in topological([question.f for question in questions])):
        return DELICATE
    return SECOND if any(question.kind is derivative and len(question.nodes) > 1 for question in questions) else ABOUT
