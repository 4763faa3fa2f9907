"""Expressions to the source text of one Python function for NumPy, JAX, PyTorch or plain floats.

In: nodes as written; any PROD will do. Out: a stand-alone text. The nodes are visited once, arguments first, and each
becomes a piece of Python; what is used twice, has a name or grows long is assigned to a local first, so that neither
the text nor its nesting grows with the depth of the graph.

A piece may lack axes along which its value is constant: NumPy's broadcasting supplies them where they are needed, and
`ones`, spread scalars and rows cost nothing. Every name in the text is made here from a checked identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import NamedTuple, TypeVar

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.numeric.guards import guarded
from symdiff.numeric.python.pieces import identifier
from symdiff.numeric.python.text import PythonWriter
from symdiff.numeric.stable import stable
from symdiff.numeric.targets import LIBRARIES, Target, find
from symdiff.numeric.work import Work
from symdiff.numeric.zeros import zeros

Made = TypeVar("Made")

# How often a source is written: where different nodes come out alike, they are made one, and the next is written.
PASSES = 4


def code(
    exprs: Sequence[Expr],
    target: str | Target = "numpy",
    *,
    name: str = "f",
    doc: str = "",
    several: bool = False,
    given: Sequence[Expr] = (),
    order: Sequence[str] = (),
) -> str:
    """Stand-alone Python source of a function with the values of `exprs`: one value, or a tuple of several.

    The function takes variables and opaque functions by keyword, or in one dict by their plain names (`lambda` is the
    keyword `lambda_`), and ignores what it does not need; sizes that no argument has are keywords too. Arguments may be
    lists; integers become float64, float32 stays. An opaque `phi(x)` is passed as a function or as its value, its
    derivative as `Dphi`. ValueError and TypeError of the function name the argument that does not fit.

    target: "numpy", "jax", "torch", "math" (scalars only), or "c" (see `targets/c.py`). name: an identifier. doc: the docstring.
    several: a tuple of one value, too. given: more variables, whose sizes and precision count where they are passed: those of a
    formula whose derivative has lost them. order: the parameters' names in the order in which they stand, others behind them.
    SymdiffError where the target has no spelling for a function, or two variables share a name.
    """
    if not name.isidentifier() or iskeyword(name):
        raise SymdiffError(
            f"{name!r} cannot be the name of a Python function", hint="letters, digits and _, not a word of the language: gradient"
        )
    way = target if isinstance(target, Target) else find(target)
    return way.code(exprs, name=name, doc=doc, several=several, given=given, order=order)


def bare_code(exprs: Sequence[Expr], target: str = "numpy", *, name: str = "f", several: bool = False, given: Sequence[Expr] = ()) -> str:
    """The same computation as people write it: arrays of floats are passed in order, nothing is checked or converted.

    Sizes that no argument has come last. SymdiffError where a target has no shorter form.
    """
    return find(target).bare(exprs, name=name, several=several, given=given)


def work(exprs: Sequence[Expr]) -> Work:
    """What the NumPy code of these expressions costs."""
    return LIBRARIES["numpy"].written(exprs, lambda writer: writer.write())[0].work


class Statements(NamedTuple):
    """The inside of a function: its lines, what it returns, the arguments that it reads by their names in the formula.

    with_helpers: puts the helpers that a text calls in front of it. imports: what all of it needs, once the helpers are there.
    """

    imports: Callable[[], list[str]]
    lines: list[str]
    answers: list[str]
    params: dict[str, str]
    with_helpers: Callable[[str], str]


def statements(exprs: Sequence[Expr], target: str, *, given: Sequence[Expr] = ()) -> Statements:
    """The lines that compute the values of exprs from arguments that are arrays of the target already.

    given: more variables that may be arguments, for sizes and precision that the others do not have.
    """
    exprs = guarded(stable(zeros(exprs)))
    writer = PythonWriter(exprs, LIBRARIES[target], "f", ())
    others = {v.data[0]: writer.fresh(identifier(v.data[0])) for v in given if v.data[0] not in writer.params}
    read = dict(writer.params)
    writer.params.update(others)
    for v in given:
        for axis, d in enumerate(v.shape):
            writer.places.setdefault(d, (v.data[0], axis))
    answers = writer.write()
    if writer.kind_used and not read:
        writer.variables = {v.data[0]: v for v in given}
        read = dict(others)
    lines = [*writer.size_lines, *writer.kind_lines(), *writer.lines]
    sized = "\n".join(writer.size_lines)
    read |= {name: p for name, p in others.items() if f"{p}.shape" in sized}

    return Statements(writer.import_lines, lines, [p.text for p in answers], read, writer.with_helpers)
