"""`symdiff FORMULA --wrt NAME`: the derivative."""

from __future__ import annotations

import click

from symdiff import __version__
from symdiff.cli.derivation import derived
from symdiff.cli.options import NOTATIONS, Command, at, command, expand, formats, kron, layout, output, question, unconstrained, verify
from symdiff.cli.question import Question, Values

EXAMPLES = """
symdiff "max(1 - y*w.phi, 0)" --wrt w
symdiff "score = w.phi(x); margin = y*score; max(1 - margin, 0)" --wrt w
symdiff "X: matrix(m,n); y: vector(m); sum(log(1 + exp(-y .* (X*w))))" --wrt w
symdiff "norm2(A*x - y)^2" --wrt x --format latex
symdiff "h = sigma(V*phi); residual = w.h - y; residual^2" --wrt w,V
symdiff "w.x + b" -d "w: vector(n)" --wrt w --at x=[1,2]
symdiff "x'*A*y" --hessian x,y
symdiff -f loss.sd --wrt w --format numpy -o gradient.py
"""


class Default(Command):
    """The command without a name: its help shows the others, too."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("symdiff", "FORMULA --wrt NAME [OPTIONS]")
        formatter.write_usage("symdiff", "COMMAND FORMULA [OPTIONS]", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from symdiff.cli.table import COMMANDS

        super().format_options(ctx, formatter)
        with formatter.section("Commands (symdiff COMMAND --help says more)"):
            formatter.write_dl(list(COMMANDS.items()))


@command("symdiff", examples=EXAMPLES, cls=Default)
@question(higher=True, forms=(layout, unconstrained, expand, kron))
@at
@formats("auto", *NOTATIONS, "json", "numpy", "jax", "torch", "sympy")
@verify
@output()
@click.version_option(__version__, message="symdiff %(version)s")
def derivative(question: Question, values: Values, form: str, verify: bool | None, output: str) -> int:
    """Differentiate FORMULA by the variables given with --wrt.

    FORMULA is a formula, the name of a *.sd file, or - for standard input. The answer goes to standard output; types, notes and the
    verification go to standard error. With --at the value of the derivative is printed instead.

    Exit status: 0 fine, 1 the verification refutes the answer, 2 bad input, 3 undecided where --verify was given.
    """
    return derived(question, values, form, verify, output)
