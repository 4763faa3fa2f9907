"""The rows: one per function. `TABLE` is the cheat sheet that every other part reads; `BUILT_IN` names what needs no row."""

from symdiff.table import elementwise, losses, macros, matrices, tensors, undivided  # noqa: F401  (importing them fills the table)
from symdiff.table.builtin import BUILT_IN
from symdiff.table.own import OwnName
from symdiff.table.row import Row, Table
from symdiff.table.rows import TABLE

__all__ = ["BUILT_IN", "TABLE", "OwnName", "Row", "Table"]
