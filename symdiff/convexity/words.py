"""Nodes as text, in reasons, conditions and constants."""

from __future__ import annotations

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.notation import write
from symdiff.printers import written
from symdiff.simplify.spec import faults_as_written

LONG, CUT = 70, " …"  # characters of a node in a reason, and what says that there were more


def text_of(node: Expr) -> str:
    """A node as written or in normal form; the simplified formula's parts stand among the reasons, too."""
    try:
        text = written(write([node], node)[0] if faults_as_written(node) else node)
    except SymdiffError:
        text = repr(node)
    text = " ".join(text.split())
    return text if len(text) <= LONG else text[:LONG] + CUT
