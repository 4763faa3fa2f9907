"""Numbers in nested lists, and formulas, as a sheet has them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symdiff.formula import Formula
    from symdiff.syntax.tree import Program

# What the numbers of a name are chosen of where the file does not say.
SMALL = tuple([Fraction(k) for k in (-3, -2, -1, 1, 2, 3)])


def entries(value: Any) -> Iterator[Any]:
    """The numbers in nested lists."""
    if isinstance(value, list | tuple):
        for v in value:
            yield from entries(v)
    else:
        yield value


def mapped(value: Any, numbers: Iterator[Any]) -> Any:
    """Nested lists of the same form, with the numbers in the place of the entries."""
    return [mapped(v, numbers) for v in value] if isinstance(value, list | tuple) else next(numbers)


def api_read(text: str) -> Formula:
    """A formula of a sheet."""
    from symdiff import api

    return api.read(text, asked=True)


def claimed(text: str, f: Formula) -> tuple[Program, str]:
    """A derivation that is to be checked, as it is written, and what is wrong with its shapes, "" where they fit.

    That shapes do not fit is a slip that students should find, so such a text is shown as any other. SymdiffError where it cannot be read for another reason.
    """
    from symdiff import api
    from symdiff.errors import ShapeError, SymdiffError
    from symdiff.notation.unparse import unparse
    from symdiff.syntax.parse import program

    try:
        return unparse(api.read(text, f).expr), ""
    except ShapeError as error:
        try:
            return program(text), error.message
        except SymdiffError:
            raise error from None


def number(points: Fraction) -> str:
    """Points as people write them: `2`, `1.5`, `0.667`."""
    return str(points.numerator) if points.denominator == 1 else f"{float(points):.3f}".rstrip("0").rstrip(".")
