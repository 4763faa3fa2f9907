"""Targets whose text is Python: expressions prepared for machines, then written by the layers of `numeric/python`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from symdiff.calculus.template import written_out
from symdiff.expr.node import Expr
from symdiff.numeric.economy import economical, tidied
from symdiff.numeric.guards import guarded
from symdiff.numeric.narrow import narrowed
from symdiff.numeric.outward import outward
from symdiff.numeric.places import located
from symdiff.numeric.python.library import Library
from symdiff.numeric.python.text import PythonWriter
from symdiff.numeric.python.walk import without_twins
from symdiff.numeric.stable import stable
from symdiff.numeric.targets.helpers import ARGUMENTS, CONSTANTS
from symdiff.numeric.targets.target import Exprs, Names, Target
from symdiff.numeric.zeros import zeros

Made = TypeVar("Made")

# How often a source is written: where different nodes come out alike, they are made one, and the next is written.
PASSES = 4


class PythonTarget(Library, Target):
    """A library for Python."""

    def code(self, exprs: Exprs, *, name: str = "f", doc: str = "", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        return self.written(written_out(exprs), lambda writer: writer.source(doc, several=several), name, given, order)[1]

    def bare(self, exprs: Exprs, *, name: str = "f", several: bool = False, given: Exprs = (), order: Names = ()) -> str:
        return self.written(exprs, lambda writer: writer.bare(several=several), name, given, order)[1]

    def prepared(self, exprs: Sequence[Expr]) -> Sequence[Expr]:
        """The same values in forms that stay in range and make no arrays of zeros."""
        exprs = stable(zeros(exprs), raising=not self.arrays)
        if not self.arrays:
            return guarded(exprs)
        exprs = list(guarded(narrowed(located(economical(exprs)))))
        moved = outward(exprs)
        return tidied(moved) if moved != exprs else exprs

    def written(
        self,
        exprs: Sequence[Expr],
        write: Callable[[PythonWriter], Made],
        name: str = "f",
        given: Sequence[Expr] = (),
        order: Sequence[str] = (),
    ) -> tuple[PythonWriter, Made]:
        """What is written when no two nodes come out alike any more, and who wrote it."""
        exprs = self.prepared(exprs)
        for _ in range(PASSES):
            writer = PythonWriter(exprs, self, name, given, order)
            made = write(writer)
            exprs = without_twins(writer.exprs, writer.twins)
            if exprs == writer.exprs:
                break
            exprs = tidied(exprs)  # where twins became one node, a + b has become a + a
        return writer, made

    def helper_texts(self) -> dict[str, str]:
        return {**ARGUMENTS, **CONSTANTS, **self.helpers_of_its_own}
