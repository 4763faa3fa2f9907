"""Where the gradient is zero, in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symdiff.api.formulas import Asked, formula, read
from symdiff.arguments import public
from symdiff.errors import ParseError
from symdiff.expr import build
from symdiff.expr.node import Expr
from symdiff.formula import Formula, Wrt


@dataclass(frozen=True)
class Stationary:
    """Where the gradient of a formula is zero.

    variables: by which it is taken. points: checked by putting them into the gradient; a Formula each, or {"mu": Formula, "S": Formula} of several
    variables; () if there is no closed form here. conditions: what must hold for the points to exist and to be the only ones. kinds: of
    each point "minimum", "maximum", "saddle", "minimum where lambda >= 0", or "" where that is not known. multipliers: Lagrange's, of the first
    point. equation: both sides of one that the points obey, where that is all there is (eigenvectors). words: about the points. gradients:
    what is zero, of the Lagrangian under equations. iteration: in the place of a point, the next value of the variable.
    """

    variables: tuple[str, ...]
    points: tuple[Any, ...]
    conditions: tuple[str, ...]
    kinds: tuple[str, ...]
    gradients: tuple[Formula, ...]
    multipliers: Mapping[str, Formula] = field(default_factory=dict)
    equation: tuple[Formula, Formula] | None = None
    words: tuple[str, ...] = ()
    iteration: Formula | None = None

    @property
    def variable(self) -> str:
        """What was solved for: one name, or several with commas between them."""
        return ", ".join(self.variables)

    @property
    def kind(self) -> str:
        """Of all the points; "" if they are not of one kind."""
        return self.kinds[0] if len(set(self.kinds)) == 1 else ""

    @property
    def gradient(self) -> Formula:
        """What is zero at the points; of several variables that by the first, `gradients` has all."""
        return self.gradients[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def lines(self, *, remarks: bool = True) -> list[str]:
        """The points and multipliers, "w = …" each; with conditions and kinds as lines of their own."""
        found = []
        for point, kind in zip(self.points, self.kinds, strict=True):
            values = point if isinstance(point, Mapping) else {self.variable: point}
            several = remarks and kind and not self.kind
            found += [f"{name} = {value}" + (f"  ({kind})" if several else "") for name, value in values.items()]
        if self.equation is not None:
            found.append(f"{self.equation[0]} = {self.equation[1]}")
        if not remarks:
            return found
        found += [f"{name} = {value}" for name, value in self.multipliers.items() if len(self.points) == 1]
        return [*found, *self.conditions, *([self.kind] if self.kind else []), *self.words]

    def __str__(self) -> str:
        if self.points or self.equation is not None:
            return "\n".join(self.lines())
        if self.words:
            return "\n".join(self.words)
        return f"no closed form: iterate {self.variable} <- {self.iteration}" if self.iteration is not None else "no closed form was found"


@public
def stationary_points(f: Asked, wrt: Wrt | Sequence[Wrt], subject_to: str | Sequence[str] = ()) -> Stationary:
    """Where the gradient is zero, in closed form: `sd.stationary_points("norm2(X*w - y)^2", "w")` is w = inv(X'*X)*(X'*y).

    wrt: one variable, or several that are solved for together: ["mu", "S"]. subject_to: equations that the variables obey, "sum(w) = 1"; then the
    points are those of the Lagrangian, f + nu*(left - right).
    For gradients that are linear in the variable (least squares, ridge, means, Newton's step), or become so when they are multiplied by
    powers of it, or between a matrix on both sides (variance, rate, covariance); polynomials of a number; quadratic forms on a sphere
    (eigenvectors); Procrustes' problem. For others `points` is empty, and `iteration` says how to go on. ShapeError unless f is a scalar,
    ParseError for what is no equation.
    """
    from symdiff.stationary import stationary

    f = formula(f)
    f.require_scalar()
    nodes = f.nodes(wrt)
    found = stationary(f.expr, nodes, [_sides(text, f) for text in ([subject_to] if isinstance(subject_to, str) else subject_to)])
    names = tuple(x.name for x in nodes)
    values = [{x.name: Formula(e, f) for x, e in point.values.items()} for point in found.points]
    return Stationary(
        names,
        tuple([at[names[0]] if len(names) == 1 else {name: at[name] for name in names} for at in values]),
        found.conditions,
        tuple([point.kind for point in found.points]),
        tuple([Formula(g, f) for g in found.gradients]),
        {x.name: values[0][x.name] for x in found.multipliers if values},
        None if found.equation is None else (Formula(found.equation[0], f), Formula(found.equation[1], f)),
        found.words,
        None if found.iteration is None else Formula(found.iteration, f),
    )


def _sides(text: str, f: Formula) -> tuple[Expr, Expr]:
    """Both sides of an equation, with the formula's types; declarations may stand in front. ParseError for what is none."""
    *declared, text = text.split(";")
    depth, cut = 0, list[int]()
    for k, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "=" and not depth:
            cut.append(k)
    hint = '"sum(w) = 1": one equation; several are given one by one'
    if any(text[k - 1 : k] in ("<", ">", "!", ":") for k in cut) or (not cut and any(sign in text for sign in "<>≤≥")):
        raise ParseError(f"{text!r} is no equation: inequalities are not solved for here", hint=hint)
    if (
        not cut
        or cut != list(range(cut[0], cut[0] + len(cut)))
        or len(cut) > 2
        or not text[: cut[0]].strip()
        or not text[cut[-1] + 1 :].strip()
    ):
        raise ParseError(f"{text!r} is no equation", hint=hint)
    left, right = text[: cut[0]].strip(), text[cut[-1] + 1 :].strip()
    gap = read(
        "; ".join([*declared, f"({left}) - ({right})"]), f
    )  # sides of one shape, a number beside a vector spread; types of names that only the equation has
    both = [read(side, gap).expr for side in (left, right)]
    return tuple([build.spread(e, gap.expr.shape) if not e.shape and gap.expr.shape else e for e in both])  # type: ignore[return-value]
