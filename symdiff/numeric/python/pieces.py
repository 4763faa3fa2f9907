"""Pieces of Python text, and the texts of names, numbers and lists that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from keyword import iskeyword
from typing import NamedTuple
from unicodedata import normalize

from symdiff.errors import SymdiffError
from symdiff.expr.node import Expr, Number

# How strongly the outermost operator of a piece binds, loosest first. `@` is kept below `*`: the reader should not have
# to know that Python reads `a*B @ x` from the left.
TEST, ADD, MATMUL, MUL, NEG, POWER, ATOM = range(7)

# Python's own parser recurses, and people read about this much in a line.
MAX_DEPTH, MAX_LENGTH, LINE = 20, 96, 110

LETTERS = "ijklmnopqrstuvwxyzabcdefghIJKLMNOPQRSTUVWXYZABCDEFGH"
PLAIN = re.compile(r"-?[\w.]+")


class Piece(NamedTuple):
    """A piece of Python. level: of its outermost operator. axes: the value's axes that the array has, in order.

    kind: "array" of floats (or a scalar of the library), "truth" values, or "number": a plain Python number. What is made of
    indices alone has its own precision: an "index" holds whole numbers, "wide" ones are the library's longest floats.
    """

    text: str
    level: int = ATOM
    axes: tuple[int, ...] = ()
    kind: str = "array"
    depth: int = 0

    def at(self, level: int) -> str:
        """The text, in brackets unless it binds at least as strongly as `level`."""
        return self.text if self.level >= level else f"({self.text})"


class Factor(NamedTuple):
    """A factor of a product: a piece with a label for each of its axes.

    under: the factor is 1/under. inverse: it is the inverse of this matrix. tanh: the factor is 1 - tanh^2, and this the tanh.
    """

    piece: Piece
    labels: tuple[int, ...]
    under: Piece | None = None
    inverse: Piece | None = None
    tanh: Piece | None = None
    node: Expr | None = None


def opaque_name(node: Expr) -> str:
    """`phi` of phi(x), `Dphi` of its derivative, `D1phi`, `D2phi` of the derivatives by each of several arguments."""
    name, by, _ = node.data
    return "".join(["D" if len(node.args) == 1 else f"D{k + 1}" for k in by]) + str(name)


def identifier(name: str) -> str:
    """A Python identifier for a name of the formula: the name itself wherever that is possible."""
    name = re.sub(r"\W", "_", normalize("NFKC", name))
    if not name.isidentifier():
        name = "_" + name
    return name + "_" if iskeyword(name) or name == "__debug__" else name


def listed_names(names: Iterable[str]) -> str:
    """A tuple of texts."""
    texts = [quoted(name) for name in names]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def decimal(piece: Piece) -> Piece:
    """A whole number in digits with a point behind it."""
    return piece._replace(text=f"{piece.text}.0") if re.fullmatch(r"-?\d+", piece.text) else piece


def is_plain(text: str) -> bool:
    """Nothing is gained by a local for this: a name, the transpose of one, a number."""
    return PLAIN.fullmatch(text) is not None


def stripped(text: str) -> str:
    """A text without brackets around all of it."""
    while text.startswith("(") and text.endswith(")"):
        depths = list(accumulate([(letter == "(") - (letter == ")") for letter in text]))
        if depths.index(0) < len(text) - 1 or "," in text:  # two brackets, or a tuple
            break
        text = text[1:-1]
    return text


def literal(value: Number) -> tuple[str, int]:
    """An exact number as Python, and how it binds: whole numbers and short decimals as they are, else p/q, all correctly rounded."""
    sign = NEG if value < 0 else ATOM
    if type(value) is int and abs(value) <= 1 << 53:
        return str(value), sign
    try:
        rounded = float(value)
    except OverflowError:
        return ("-inf" if value < 0 else "inf"), sign
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) <= 1 << 53:
        text = repr(rounded)
        if len(text) > 8 or Fraction(text) != value:
            return f"{value.numerator}/{value.denominator}", MUL
    return repr(rounded), sign


def spec(inputs: Sequence[Sequence[int]], output: Sequence[int]) -> str:
    """The subscripts of an einsum, letters in order of appearance."""
    letter = dict(zip(dict.fromkeys([label for ls in inputs for label in ls]), LETTERS, strict=False))
    if any(label not in letter for ls in inputs for label in ls):
        raise SymdiffError(f"a product of more than {len(LETTERS)} axes")
    return ",".join("".join(letter[s] for s in ls) for ls in inputs) + "->" + "".join(letter[s] for s in output)


def listed(front: str, items: Sequence[str], back: str, indent: int) -> str:
    """`front` items, commas between, `back` and a line end; lines are broken between items."""
    pad = " " * indent
    lines, line = [], pad + front
    for k, item in enumerate(items):
        piece = item + (", " if k < len(items) - 1 else back)
        if len(line) + len(piece) > LINE and line.strip():
            lines.append(line.rstrip())
            line = pad + "    "
        line += piece
    return "\n".join([*lines, line if items else line + back]) + "\n"
