"""Groups of functions that several rooms ask for together, with a word for each.

What is known of one function is a column of its row (`scales`, `activation`, `matrix`, …), and a group is read off the rows where it can be. What is
left are pairs whose members no row tells from others: what a room does for one of them it does for the other.
"""

from __future__ import annotations

from symdiff.table.operators import EITHER_OR_BOTH
from symdiff.table.rows import TABLE


def with_rows(name: str) -> frozenset[str]:
    """A function of all entries, and what it is of every row."""
    return frozenset((name, *[row.name for row in TABLE if row.of == name]))


PRODUCTS = with_rows("prod")
LENGTHS = with_rows("norm2")
LARGEST_OR_SMALLEST = frozenset(("max", "min"))  # of two values, entry by entry
EXTREME_ENTRIES = frozenset(row.of for row in TABLE if row.of and row.shared)  # of all entries: max_entries, min_entries
WITHIN_ENTRIES = EXTREME_ENTRIES | {"mean"}  # between the smallest entry and the largest
CLAMPS = LARGEST_OR_SMALLEST | {"relu"}  # relu(x) is max(x, 0)
TIED = frozenset(row.name for row in TABLE if row.shared)  # whose entries may tie: those, of rows, and norminf
LATTICE = LARGEST_OR_SMALLEST | EITHER_OR_BOTH  # joins and meets: f(a, a) is a, in any order, and of more than two by nesting
DEVIATIONS = frozenset(("var", "std"))
SOFTENED = frozenset(("softmax", "log_softmax", "logsumexp"))  # made of the same exponentials
DETERMINANTS = frozenset(("det", "logdet"))
ROUNDED = frozenset(("floor", "ceil", "round"))
LOGARITHM = frozenset(("log", *TABLE["log"].aliases))
ROOTS = frozenset(("sqrt", "cbrt"))
EVEN_AND_ODD_EXPONENTIALS = frozenset(("cosh", "sinh"))
