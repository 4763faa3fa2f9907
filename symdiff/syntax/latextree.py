r"""Surfaces to trees: what a run of factors means, with the names and types that are known.

In: what the parser reads, rule by rule. Out: trees of the formula language with their places in the LaTeX.

    f(x)          a call where f is a function, a product where it is a variable; what cannot be told is refused
    \log x        takes the factors behind it, up to a bracket, a function or a sum
    \sum_i …      takes the rest of its run; terms behind it that speak of i belong to it, too
    x_i           an entry where i is an index of a sum or x is known as a vector or matrix, else a name
    |A|, a \cdot b, \|A\|_2, x^T, e^A       mean what the types of their operands say

Whatever stands between brackets has become a tree before the bracket ends, so nothing here recurses over the depth of a formula.
"""

from __future__ import annotations

from symdiff.syntax.latexbase import spectral
from symdiff.syntax.latexcalls import CallsToTrees
from symdiff.syntax.latexgroups import Groups
from symdiff.syntax.latexitems import Items
from symdiff.syntax.latexnames import NamesToTrees
from symdiff.syntax.latexruns import RunsOfFactors
from symdiff.syntax.latexterms import Terms

__all__ = ["Builder", "spectral"]


class Builder(Groups, Terms, RunsOfFactors, Items, NamesToTrees, CallsToTrees):
    """One method per rule of the grammar; what it makes of the formula is `tree` of the whole."""
