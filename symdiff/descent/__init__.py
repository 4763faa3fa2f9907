"""Descent on data: a loss, a method, weights, and what is to be seen on the way.

In: a formula for one example (or with sums over all of them), arrays by name. Out: a Run. The gradient is the one that
`differentiate` gives, in compiled code; the update rules are formulas of the language (`rules.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symdiff.descent.data import read, renamed
from symdiff.descent.outcome import Run, Settings
from symdiff.descent.rules import METHODS, RULES
from symdiff.descent.run import Descent
from symdiff.descent.start import INITS
from symdiff.expr.node import Expr

__all__ = ["INITS", "METHODS", "RULES", "Run", "Settings", "descend", "read", "renamed"]


def descend(
    f: Expr,
    wrt: Sequence[Expr],
    data: Mapping[str, Any],
    settings: Settings,
    *,
    test: Mapping[str, Any] | None = None,
    score: Expr | None = None,
    output: str = "",
    report: Callable[[int, int, float], None] | None = None,
) -> Run:
    """The run of a method on a loss. f is a scalar; data: arrays by name, values of other variables, starts of the weights.

    test: arrays for the same names, whose loss is noted in every epoch. score: another formula of the same names, averaged over the test
    data. output: a file that the run is kept in, and taken up from. report(epoch, epochs, loss) is called at the start of every epoch.
    """
    return Descent(f, wrt, data, settings, test, score, output).run(report)
