"""Which nodes code is made of: the answers as they are written, or as the sweep leaves them, whichever is less work.

In: written expressions, and the questions that they answer. Out: expressions of the same values. An answer is chosen for the fewest symbols, and
that may trade matrix times vector for matrix times matrix, or compute twice what several answers share; the sweep's own program never
costs more than a small constant times the formula. Where both cost about the same, the written one is taken: what
people compare the code with is the answer. But an answer whose divisors are 0 at points where the formula has a derivative, as the
gradient of prod(rowsum(x*x')) has sum(x), leaves it to the sweep's program, whose products are those of the rules and have their values there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symdiff.differentiate import Answer, Question, derivative, program, undivided
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, POW, SUM, Expr
from symdiff.expr.patterns import has_number_exponent, has_one_factor, is_call, is_call_of, is_divisor
from symdiff.expr.walk import functions, topological, variables
from symdiff.numeric import work
from symdiff.numeric.economy import tidied
from symdiff.numeric.guards import guarded
from symdiff.numeric.stable import stable
from symdiff.numeric.zeros import zeros
from symdiff.simplify import Normalizer
from symdiff.simplify.facts import Facts
from symdiff.table import TABLE
from symdiff.table.groups import PRODUCTS
from symdiff.table.operators import EITHER_OR_BOTH

# Of larger graphs only the number of nodes is compared: to count their work is to write their code.
MAX_NODES = 3_000

# How much dearer the written form may be: about as much; more where the sweep divides by what the simplifier has cancelled, so that there are more
# points at which its program has no value (second derivatives; prod(x)/x[i]), and only another order of work counts.
ABOUT, SECOND, DELICATE = 1.3, 4.0, 20.0
MATRICES = frozenset(("inv", "logdet", "det", "solve", "pinv", "adjugate"))
OF_ALL_BUT_ONE = PRODUCTS | {"cumprod"}  # whose derivatives leave an entry out

Item = tuple[Expr, Answer | None]


def cheapest(items: Sequence[Item]) -> list[Expr]:
    """Expressions of the same values as these, that cost least together."""
    return list(_cheapest(tuple(items)))


@lru_cache(maxsize=64)
def _cheapest(items: tuple[Item, ...]) -> tuple[Expr, ...]:
    written = tuple([expr for expr, _ in items])
    answers = [answer for expr, answer in items if answer is not None and answer.expr is expr]
    if not answers or not (any(node.shape for node in topological(written)) or branches([answer.question.f for answer in answers])):
        return written
    try:
        found = iter(program([answer.question for answer in answers]))
    except SymdiffError:  # the formula had to be simplified before it could be differentiated
        return written
    swept = tuple(tidied([next(found) if answer is not None and answer.expr is expr else expr for expr, answer in items]))
    formulas = [answer.question.f for answer in answers]
    if branches(formulas) and (cut := poles(written, swept, formulas, inside=False)) is not None and cut[1] and not cut[0]:
        return written  # in the sweep's program a condition has come apart from the pole that it cuts off
    fewer = any((left := poles(written, swept, formulas, closed=closed)) is not None and left[1] < left[0] for closed in (True, False))
    if not fewer and any(is_call_of(node, PRODUCTS) for node in topological(swept)):
        return written  # term by term the sweep divides by entries that may be 0: poles that cancel
    if not {*variables(swept), *functions(swept)} <= {*variables(written), *functions(written)}:
        return written  # it would ask for values that cancel
    if exponentials(written, swept, formulas):
        return written  # exp(a)/exp(b) of steps that the simplifier joined
    sizes = [len(topological(exprs)) for exprs in (written, swept)]
    if max(sizes) > MAX_NODES:
        return swept if sizes[1] < sizes[0] else written
    try:
        if fewer:
            return swept if work(swept).price() < DELICATE * (work(written).price() + work(formulas).price()) else written
        mine, other = work(written).price(), work(swept).price()
        if other * dearer([answer.question for answer in answers]) >= mine:
            return written
        return written if other * DELICATE >= mine and riskier(written, swept, formulas) else swept
    except SymdiffError:
        return written


def poles(
    written: Sequence[Expr], swept: Sequence[Expr], formulas: Sequence[Expr], inside: bool = True, closed: bool = True
) -> tuple[set[Expr], set[Expr]] | None:
    """What the written and the swept answers divide by, or take the logarithm of, that the formulas do not, as far as that may have no value.

    None if the written ones do nothing of the kind. What code replaces where it has no value, or where nobody asks for it, does not count;
    inside: what a condition on indices leaves may still be 0, and does. closed: what functions have on the border of their domain counts as a value that
    the formula has, so that 1/sqrt(u) adds nothing to sqrt(u).
    """
    if any(is_call_of(node, MATRICES) for node in topological(formulas)):
        return None  # 1/s[i] may be the inverse of diag(s)
    facts = Facts()
    if not delicate(written, facts) - delicate(formulas, facts) and not branches(formulas):
        return None
    home = Normalizer(keep_names=False)

    def asked(exprs: Sequence[Expr]) -> set[Expr]:
        found = home.run(
            [
                build.power(x, build.num(2)) if is_call(x, "norm2", "rownorm2") else x
                for x in delicate(guarded(zeros(exprs)), facts, inside, closed)
            ]
        )
        return {home.primitive(x.args[0] if has_number_exponent(x) else x)[1] for x in found}  # norm2(w) is 0 where w.w is

    own = asked(formulas) | asked(undivided(formulas))  # as the sweep has them
    return asked(written) - own, asked(swept) - own


def riskier(written: Sequence[Expr], swept: Sequence[Expr], formulas: Sequence[Expr]) -> bool:
    """Whether the swept answers divide by what may be 0, or too small for a double, where neither the written ones nor the values of the formulas do."""
    if fading(swept) - fading(written):
        return True
    if any(is_call_of(node, MATRICES) for node in topological(formulas)):
        return False
    facts, home = Facts(), Normalizer(keep_names=False)

    def asked(exprs: Sequence[Expr], closed: bool = True) -> set[Expr]:
        found = delicate(guarded(zeros(exprs)), facts, closed=closed)
        return {home.primitive(x.args[0] if has_number_exponent(x) else x)[1] for x in home.run(list(found))}

    more = asked(swept)
    return bool(more) and bool(more - asked(written) - asked(formulas, closed=False))


FADING = frozenset(("exp", "softmax", "sigma", "erfc", "sech", "csch"))


def fading(exprs: Sequence[Expr]) -> set[Expr]:
    """What code divides by though it may become too small for a double: exponentials, and softmax and sigma, which have them in front of a limit of 0."""
    found = set()
    for node in topological(stable(zeros(exprs))):
        if is_divisor(node):
            base = node.args[0]
            kept = (
                base.op == SUM
                and any(c > 0 and t.op == NUM for c, t in zip(base.data, base.args, strict=True))
                and all(c > 0 for c in base.data)
            )
            if not kept and any(is_call_of(x, FADING) for x in topological([base])):
                found.add(base)
    return found


def branches(exprs: Sequence[Expr]) -> bool:
    """Whether a condition may cut something off."""
    return any(is_call_of(node, TABLE) and (node.data == "if" or TABLE.names[node.data].relation) for node in topological(exprs))


def exponentials(written: Sequence[Expr], swept: Sequence[Expr], formulas: Sequence[Expr]) -> bool:
    """Whether the swept answers have exponentials that may leave the range, where neither the written ones nor the formulas have any.

    What a largest value or the logarithm of a sum of exponentials is taken from, as in exp(x - max(x)), stays in it.
    """

    def left(exprs: Sequence[Expr]) -> bool:
        return any(is_call(node, "exp", "sinh", "cosh") and not lowered(node.args[0]) for node in topological(exprs))

    return left(swept) and left(stable(zeros(swept))) and not left(stable(zeros([*written, *formulas])))


LARGEST = frozenset(["max", "max_entries", "rowmax", "colmax", "logsumexp", "rowlogsumexp", "collogsumexp", "logaddexp"])


def lowered(x: Expr) -> bool:
    """Whether a largest value, or what is as large, is subtracted in this sum."""
    x = unspread(x)
    return x.op == SUM and any(
        c < 0 and (top := unspread(a)).op == CALL and top.data in LARGEST for a, c in zip(x.args, x.data, strict=True)
    )


def unspread(x: Expr) -> Expr:
    """A node without names, and without what lays it out along further axes."""
    while x.op == NAME or has_one_factor(x):
        x = x.args[0]
    return x


def delicate(exprs: Sequence[Expr], facts: Facts, inside: bool = True, closed: bool = True) -> set[Expr]:
    """The bases of powers that may be negative, and the arguments of functions with a domain that may have no value; closed: also of those with one on its border."""
    found = set()
    for node in topological(exprs):
        if node.op == POW and not (node.args[1].op == NUM and node.args[1].data >= 0) and not facts.nonzero(node.args[0]):
            found.add(node.args[0])
        elif (
            is_call_of(node, TABLE)
            and TABLE.names[node.data].where
            and not TABLE.names[node.data].shape
            and (closed or not TABLE.names[node.data].closed)
        ):
            found.update([a for a in node.args if not facts.positive(a)])
    open_, left = list(found), set()
    while open_:
        x = open_.pop()
        if is_call(x, "if"):  # of conditions on values the code's own are taken for what they are meant to be
            if inside and not variables([x.args[0]]):
                open_ += [a for a in x.args[1:] if not facts.nonzero(a)]
            elif kept_at_some_zeros(x) and not facts.nonzero(x.args[2]):
                left.add(x.args[2])
        elif x.op != NUM:
            left.add(x)
    return left


def kept_at_some_zeros(x: Expr) -> bool:
    """Whether this is if(x == 0, 1, u) of a u that may be 0 elsewhere, too."""
    if unspread(x.args[1]) is not build.ONE:
        return False
    stack = [x.args[0]]
    while stack:
        c = stack.pop()
        if is_call_of(c, EITHER_OR_BOTH):
            stack += c.args
        elif not is_call(c, "eq") or unspread(c.args[1]) is not build.ZERO or c.args[0] is x.args[2]:
            return False
    return True


def dearer(questions: Sequence[Question]) -> float:
    """How much dearer the written answers may be than what the sweep left of these questions."""
    if any(is_call_of(node, OF_ALL_BUT_ONE) for node in topological([question.f for question in questions])):
        return DELICATE
    return SECOND if any(question.kind is derivative and len(question.nodes) > 1 for question in questions) else ABOUT
