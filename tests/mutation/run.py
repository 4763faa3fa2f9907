"""Mutants of the mathematics: python -m tests.mutation.run

Every right side and condition of the rulebook, and every edge, pull, definition and fact of the table, is altered, one slip at a
time, and the checks that the tests generate from these texts have to notice. A mutant that has the original's value
everywhere is none; those that the normal form does not see are listed in EQUAL, each with the reason.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.expr.walk import variables
from symdiff.printers import written
from symdiff.simplify.normal import Normalizer
from symdiff.simplify.rules import RULES
from symdiff.syntax import template
from symdiff.table import TABLE, Row
from tests.mutants import mutants
from tests.simplify import soundness
from tests.table import test_elementwise as elementwise
from tests.table import test_tensors as tensors
from tests.table.conftest import TOOLS

# Mutants that have the original's values, though the normal form does not show it: where and text, then why.
SEAM = "both branches have one value at the seam"
SHIFT = "softmax does not change when all entries grow by the same"
WHOLE = "a whole number has itself below it, whatever part of 1 is added first"
EQUAL = {
    "exp-of-log: a where a >= 0": "both sides are 0 at 0",
    "exp-of-log: a where a != 0": "the left side has no value where a < 0",
    "exp-of-log: a where everywhere": "the left side has no value where a < 0, and both sides are 0 at 0",
    "relu-over-value: [a >= 0]": "the left side has no value at 0",
    "log-of-det: logdet(A')": "a matrix and its transpose have one determinant",
    "logdet, define: log(det(A'))": "a matrix and its transpose have one determinant",
    "arcsech, range: y > 0": "0 is met at 1 only, the border that the row leaves out",
    "leaky_relu, define: if(x >= 0, x, a*x)": SEAM,
    "elu, define: if(x >= 0, x, a*(exp(x) - 1))": SEAM,
    "selu, define: if(x >= 0, 1.0507009873554805*x, 1.7580993408473769*(exp(x) - 1))": SEAM,
    "huber, define: if(abs(r) < d, r^2/2, d*(abs(r) - d/2))": SEAM,
    "selu, edge of x: if(y > 0, 1.0507009873554805, y + 1.7580993408473769)": "y is positive where x is",
    "huber, edge of r: clip(-d, r, d)": "the middle of three numbers, whatever their order, while -d < d",
    "round, define: floor(x + 0.5) - [ceil(x/2 - 0.25) == x/2 - 0.25]": "a whole number has itself below and above it",
    "round, define: floor(x + 0.5) - [floor(x/2) == x/2 - 0.25]": WHOLE,
    "round, define: floor(x + 0.5) - [floor(x/2 + 0.25) == x/2 - 0.25]": WHOLE,
    "round, define: floor(x + 0.5) - [floor((x + 1)/2 - 0.25) == x/2 - 0.25]": WHOLE,
    "log_softmax, pull of x: g - sum(g)*softmax(x + 1)": SHIFT,
    "logsumexp, pull of x: g*softmax(x + 1)": SHIFT,
}


Condition = tuple[tuple[str, str], ...]


class Mutant(NamedTuple):
    """where: the text that was altered, by rule or row; noticed: whether the checks see it."""

    where: str
    kind: str
    text: str
    noticed: Callable[[], bool]


def same(a: Expr, b: Expr) -> bool:
    """Whether the normal form without named rules shows that nothing was changed."""
    try:
        x, y = Normalizer(rules=False).run([a, b])
    except SymdiffError:
        return False
    return x is y


def altered(text: str, types: dict[str, tuple]) -> Iterator[tuple[str, str]]:
    """The text with one slip: kind and text."""
    original = template(text, types)
    letters = tuple(v for v in variables([original]).values())
    for kind, new in mutants(original, letters):
        if not same(original, new):
            yield kind, written(new)


def of_rules() -> Iterator[Mutant]:
    for rule in RULES.all:
        left, right = soundness.sides(rule)
        letters = tuple(v for v in variables([left, right]).values() if not v.shape)
        for kind, new in mutants(right, letters):
            if not same(right, new):
                yield Mutant(
                    rule.name, kind, written(new), lambda left=left, new=new, rule=rule: bool(soundness.unsound(left, new, rule.condition))
                )
        for k, (letter, relation) in enumerate(rule.condition):
            others = [[], [(letter, ">=")], [(letter, "!=")]] if relation == ">" else [[]]
            for other in others:
                condition = (*rule.condition[:k], *other, *rule.condition[k + 1 :])
                shown = " and ".join(f"{a} {r} 0" for a, r in condition) or "everywhere"

                def noticed(left: Expr = left, right: Expr = right, condition: Condition = condition) -> bool:
                    return bool(soundness.unsound(left, right, condition))

                yield Mutant(rule.name, "condition", f"{rule.right_text} where {shown}", noticed)


def of_elementwise(row: Row) -> Iterator[Mutant]:
    for k, edge in enumerate(row.edge):
        if edge:
            for kind, text in altered(edge, dict.fromkeys((*row.args, "y"), ())):

                def noticed(k: int = k, text: str = text) -> bool:
                    return bool(elementwise.disagreements(row, k, TOOLS, text)[1] or elementwise.wrong_at_kinks(row, k, TOOLS, text))

                yield Mutant(f"{row.name}, edge of {row.args[k]}", kind, text, noticed)
    if row.define:
        for kind, text in altered(row.define, dict.fromkeys(row.args, ())):
            yield Mutant(f"{row.name}, define", kind, text, lambda text=text: not elementwise.gap_of_definition(row, TOOLS, text) <= 1e-12)
    yield from of_facts(row)


def of_facts(row: Row) -> Iterator[Mutant]:
    """Claims that go further than the row's own."""
    claims = [("range", stronger) for stronger in tightened(row.range)]
    if len(row.args) == 1 and not row.relation:
        claims += [(name, True) for name in ("odd", "even") if not getattr(row, name)]
        claims += [("increasing", claim) for claim in (True, False) if row.increasing is not claim]
    for name, claim in claims:
        other = row._replace(**({"odd": False, "even": False} if name in ("odd", "even") else {}) | {name: claim})
        yield Mutant(
            f"{row.name}, {name}", "fact", str(claim), lambda other=other, name=name: elementwise.broken_fact(other, TOOLS) == name
        )


def tightened(text: str) -> Iterator[str]:
    """Bounds made strict, or moved inwards."""
    parts = text.split()
    for k, part in enumerate(parts):
        if part in ("<=", ">="):
            yield " ".join([*parts[:k], part[0], *parts[k + 1 :]])
        elif part not in ("y", "<", ">"):
            inwards = 0.1 if k == 0 or parts[k - 1][0] == ">" else -0.1
            yield " ".join([*parts[:k], f"{float(elementwise.BOUND.get(part, part)) + inwards:g}", *parts[k + 1 :]])


def of_macro(row: Row) -> Iterator[Mutant]:
    if not row.define:  # made by the elaboration
        return
    plain = 0 if row.elementwise else len(row.args) - len(row.defaults)  # an argument with a default is a number, a capital a matrix
    shapes = {a: () if k >= plain else ("n", "n") if a.isupper() else ("n",) for k, a in enumerate(row.args)}
    for kind, text in altered(row.define, shapes):
        yield Mutant(f"{row.name}, define", kind, text, lambda text=text: not elementwise.gap_of_macro(row, TOOLS, text) <= 1e-12)


def of_tensors(row: Row) -> Iterator[Mutant]:
    orders = (1, 2) if row.shape.startswith("*") else (1,)
    ins, out, _ = tensors.setting(row, 1)
    for k, pull in enumerate(row.pull):
        if not pull:  # nothing is passed on
            continue
        for kind, text in altered(pull, dict(zip(row.args, ins, strict=True)) | {"y": out, "g": out}):

            def noticed(k: int = k, text: str = text) -> bool:
                return any(not tensors.gap(row, k, order, TOOLS, text) <= 1e-8 for order in orders) or bool(
                    tensors.wrong_at_kinks(row, TOOLS, text)
                )

            yield Mutant(f"{row.name}, pull of {row.args[k]}", kind, text, noticed)
    if row.define:
        for kind, text in altered(row.define, dict(zip(row.args, ins, strict=True))):

            def seen(text: str = text) -> bool:
                return any(not tensors.gap_of_definition(row, order, TOOLS, text) <= 1e-12 for order in orders)

            yield Mutant(f"{row.name}, define", kind, text, seen)


def everything() -> Iterator[Mutant]:
    yield from of_rules()
    for row in TABLE:
        yield from of_macro(row) if row.macro else of_elementwise(row) if row.elementwise else of_tensors(row)


def survives(mutant: Mutant) -> bool:
    """Whether no check notices; a text that is no formula here, or has no value, is noticed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return not mutant.noticed()
        except (SymdiffError, ValueError, TypeError, ZeroDivisionError, OverflowError, KeyError):
            return False


def run(step: int = 1) -> tuple[Counter[str], list[str]]:
    """How many mutants were made of each kind of text, one of `step` taken, and the survivors."""
    made: Counter[str] = Counter()
    alive = []
    for mutant in islice(everything(), 0, None, step):
        made[mutant.where.partition(", ")[2].split()[0] if ", " in mutant.where else "rule"] += 1
        if survives(mutant):
            alive.append(f"{mutant.where}: {mutant.text}")
    return made, alive


def main() -> int:
    start = time.monotonic()
    made, alive = run()
    wrong = [text for text in alive if text not in EQUAL]
    for text in alive:
        print(f"{text}   {EQUAL.get(text, 'SURVIVES')}")
    print(f"{sum(made.values())} mutants: {', '.join(f'{n} of {k}' for k, n in made.items())}")
    print(f"{sum(made.values()) - len(alive)} noticed, {len(alive) - len(wrong)} equal to the original, {len(wrong)} survive;", end=" ")
    print(f"{time.monotonic() - start:.0f} s")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
