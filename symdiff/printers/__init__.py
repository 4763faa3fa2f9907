"""Programs and trees as text that parses back, as Unicode that parses back, and as LaTeX."""

from symdiff.notation.unparse import length
from symdiff.printers.latex import latex
from symdiff.printers.text import text
from symdiff.printers.unicode import unicode

__all__ = ["latex", "length", "text", "unicode"]
