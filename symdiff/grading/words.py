"""What the sentences about slips are made of: expressions, constants and sizes as text."""

from __future__ import annotations

from fractions import Fraction

from symdiff.expr import build
from symdiff.expr.node import Expr, make
from symdiff.expr.patterns import has_one_factor, is_found_name
from symdiff.expr.walk import substitute, topological
from symdiff.notation import write
from symdiff.notation.unparse import unparse
from symdiff.printers import text

Finding = tuple[str, str]  # the kind of a slip, and the sentence about it


def text_of(e: Expr) -> str:
    """The expression as text of the language."""
    return str(text(unparse(e)))


def shown(e: Expr) -> str:
    """The text of an expression in one line: names that an answer introduced written out, a spread scalar as the scalar."""

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return kids[0] if is_found_name(node) else make(node.op, kids, node.data, node.shape) if kids else node

    e = substitute([e], rebuild)[e]
    return text_of(e.args[0] if has_one_factor(e) and not e.args[0].shape else e)


def tidy(e: Expr, f: Expr) -> Expr:
    """The expression as short as an answer about f would have it."""
    return write([e], f)[0]


def number(c: Fraction) -> str:
    return str(c) if c.denominator == 1 or c >= 0 else f"({c})"


def constant(c: Fraction) -> str:
    """What is wrong with an answer that is c times the derivative, as the predicate of a sentence."""
    if c == -1:
        return "the sign is wrong"
    wrong = " and the sign is wrong" if c < 0 else ""
    c = abs(c)
    if c.denominator == 1:
        return f"a factor of {c} is too much{wrong}"
    if c.numerator == 1:
        return f"a factor of {c.denominator} is missing{wrong}"
    return f"this is {'-' * bool(wrong)}{c} times the derivative"


def mentions(e: Expr, part: Expr) -> bool:
    return part in set(topological([e]))


def spread_to(e: Expr, like: Expr) -> Expr:
    """A scalar as a tensor of the shape of another expression; anything else as it is."""
    return build.spread(e, like.shape) if like.shape and not e.shape else e


def apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers as text, with six digits, or as many as it takes to tell them apart."""
    for digits in range(6, 18):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts
