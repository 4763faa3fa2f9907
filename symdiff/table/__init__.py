"""The rows: one per function. `TABLE` is the cheat sheet that every other part reads."""

from symdiff.table.row import Row, Table
from symdiff.table.rows import TABLE

__all__ = ["TABLE", "Row", "Table"]
