"""The form of a row: everything any part of the program needs to know about one function, as plain data.

Texts are formulas of the language itself (see docs/language.md). In them the argument names are those of the
signature, `y` is the output and, in `pull`, `g` is the adjoint that comes down to the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One function.

    name, args: from the signature, `row("atan2(a, b)", …)`.
    edge: for elementwise rows, the local derivative by each argument; "0" where it is zero almost everywhere.
    pull: for rows of whole tensors, the adjoint passed to each argument.
    shape: "" for elementwise rows, else core axes as in NumPy's gufuncs: "n -> n" (softmax), "n n -> " (det),
        "* -> " for functions over all entries of a tensor of any order. Leading axes beyond the core are batch axes.
    where: conditions under which function and rule hold ("x > 0"); "" if everywhere.
    kink: what is taken where the function is not differentiable, in words.
    define: the function by more elementary ones; used by the oracle, never by the sweep.
    integer: arguments that stay whole numbers (polygamma's order) and have no derivative.
    range: bounds on the output ("0 < y < 1"), for the simplifier; increasing: True, False (decreasing) or None.
    odd / even: f(-x) = -f(x) / f(-x) = f(x).
    tex, unicode, typst, mathml: spelling, `#1`, `#2` for arguments (already bracketed where needed); "" = the name set upright.
    numpy, jax, torch, math, sympy, c: spelling as a call target or template with `#1`; "" = derive it from `define`.
    sample: intervals from which tests draw each argument, e.g. ((-3, 3),).
    source: where the rule was checked.
    """

    name: str
    args: tuple[str, ...]
    edge: tuple[str, ...] = ()
    pull: tuple[str, ...] = ()
    shape: str = ""
    where: str = ""
    kink: str = ""
    define: str = ""
    defaults: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()
    range: str = ""
    increasing: bool | None = None
    odd: bool = False
    even: bool = False
    aliases: tuple[str, ...] = ()
    tex: str = ""
    unicode: str = ""
    typst: str = ""
    mathml: str = ""
    numpy: str = ""
    jax: str = ""
    torch: str = ""
    math: str = ""
    sympy: str = ""
    c: str = ""
    sample: tuple[tuple[float, float], ...] = ()
    source: str = ""
    relation: str = ""

    @property
    def elementwise(self) -> bool:
        return not self.shape

    def core(self) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
        """Core axes of every argument and of the output: "n, n -> n" gives ((("n",), ("n",)), ("n",))."""
        left, right = self.shape.split("->")
        return tuple(tuple(part.split()) for part in left.split(",")), tuple(right.split())


class Table:
    """Rows by name and alias. The table only grows: users may add rows, none is changed."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.names: dict[str, str] = {}

    def add(self, row: Row) -> Row:
        for spelling in (row.name, *row.aliases):
            if spelling in self.names:
                raise ValueError(f"the table has a row for {spelling!r} already")
        self.rows[row.name] = row
        for spelling in (row.name, *row.aliases):
            self.names[spelling] = row.name
        return row

    def __getitem__(self, name: str) -> Row:
        return self.rows[self.names[name]]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())
