"""Functions of one's own: rows that travel with the nodes that use them. Nothing is registered in the process.

A call holds the name of its row. The name of a function of one's own is an `OwnName`: it prints as the name does and brings its row with it;
two of the same name are one only if their rows are the same.
"""

from __future__ import annotations

from typing import Any, Self

from symdiff.table.row import Row


class OwnName(str):
    """The name of a function of one's own, with its row."""

    __slots__ = ("_facts", "row")

    row: Row
    _facts: tuple[Any, ...]

    def __new__(cls, row: Row) -> Self:
        self = str.__new__(cls, row.name)
        self._facts = tuple(row)[1:]
        self.row = row._replace(name=self)
        return self

    def __eq__(self, other: object) -> bool:
        return self is other or (type(other) is OwnName and str.__eq__(self, other) and self._facts == other._facts)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((str.__hash__(self), self._facts))

    def __repr__(self) -> str:
        """What structural hashes are made of: the name and the whole row."""
        return f"<{str.__str__(self)}: {self._facts!r}>"

    def __str__(self) -> str:
        return str.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return OwnName, (Row(str(self), *self._facts),)
