"""`symdiff code`: the derivative as a function of a library."""

from __future__ import annotations

import click

from symdiff.cli import answers
from symdiff.cli.derivation import derived
from symdiff.cli.options import BY_ENTRIES, CODE, at, command, kron, layout, output, question, unconstrained, verify
from symdiff.cli.question import Question, Values

EXAMPLES = """
symdiff code "sigma(w.x)" --wrt w --target torch
symdiff code "norm2(X*w - y)^2" --wrt w -o gradient.py
symdiff code "x: vector(3); exp(a.x)" --wrt x --target c
symdiff code "w: vector(n); w.x" --wrt w --target sympy --at n=2
"""


@command("code", examples=EXAMPLES)
@question(higher=True, forms=(layout, unconstrained, kron))
@click.option("--target", type=click.Choice(CODE), default="numpy", help="Library of the function.")
@at
@verify
@output("Write the source to FILE.")
def code(question: Question, values: Values, target: str, verify: bool | None, output: str) -> int:
    """Print the derivative as the source of a function.

    The function takes the formula's variables by name and stands alone. SymPy has no arrays of unknown size: --at gives it sizes.
    """
    if target in BY_ENTRIES:
        return derived(question, values, target, verify, output, lambda exprs, form: answers.components(exprs, values.points, source=True))
    return derived(question, values, target, verify, output, answers.printed)
