"""Programs and trees as text that parses back, as Unicode that parses back, and as LaTeX, MathML and Typst."""

from __future__ import annotations

from collections.abc import Callable

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.notation.trees import length
from symdiff.notation.unparse import unparse, unparse_program
from symdiff.printers.latex import latex
from symdiff.printers.mathml import mathml
from symdiff.printers.text import text
from symdiff.printers.typst import typst
from symdiff.printers.unicode import unicode
from symdiff.syntax.tree import Program

__all__ = ["FORMS", "latex", "length", "mathml", "text", "typst", "unicode", "written", "written_program"]

FORMS: dict[str, Callable[[Program], str]] = {"text": text, "unicode": unicode, "latex": latex, "mathml": mathml, "typst": typst}


def written(node: Expr, form: str = "text") -> str:
    """The expression in one of FORMS, bindings that it introduces in front. SymdiffError for another form."""
    printer = FORMS.get(form)
    if printer is None:
        raise SymdiffError(f"there is no format {form!r}", hint="formats are " + ", ".join(FORMS))
    return printer(unparse(node))


def written_program(node: Expr) -> str:
    """Declarations, bindings and the expression: a text that parses alone."""
    return text(unparse_program(node))
