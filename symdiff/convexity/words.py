"""Nodes as text, in reasons, conditions and constants."""

from __future__ import annotations

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr
from symdiff.notation import write
from symdiff.printers import written

LONG, CUT = 70, " …"  # characters of a node in a reason, and what says that there were more


def text_of(node: Expr) -> str:
    try:
        text = written(node)
    except SymdiffError:
        try:
            text = written(write([node], node)[0])
        except SymdiffError:
            text = repr(node)
    text = " ".join(text.split())
    return text if len(text) <= LONG else text[:LONG] + CUT
