"""Programs and trees as text that parses back, as Unicode that parses back, and as LaTeX, MathML and Typst."""

from symdiff.notation.unparse import length
from symdiff.printers.latex import latex
from symdiff.printers.mathml import mathml
from symdiff.printers.text import text
from symdiff.printers.typst import typst
from symdiff.printers.unicode import unicode

__all__ = ["latex", "length", "mathml", "text", "typst", "unicode"]
