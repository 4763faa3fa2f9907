"""The public functions of `import symdiff as sd`; docs/language.md says what they promise.

Wherever a formula is taken, its text may stand: `sd.grad("w.x", "w")`. Nothing heavy is imported before it is used: a
derivative pays for the parser and the engine, not for NumPy or SymPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from symdiff.bounds import LIMITS
from symdiff.errors import DomainError, OperandError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import Expr, Shape
from symdiff.formula import Expressions, Formula, Wrt, built, node_of, read_text
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.convexity import Curvature
    from symdiff.descent import Run
    from symdiff.grading import Checker, Grade
    from symdiff.own import Function, Functions
    from symdiff.table import Row
    from symdiff.teach.backward import Backward
    from symdiff.teach.handout import Handout
    from symdiff.teach.numbers import Trace
    from symdiff.teach.picture import Graph
    from symdiff.teach.steps import Derivation

Asked = Formula | Expr | str
Names = list[str] | list[Formula] | list[Expr] | tuple[Wrt, ...]  # no Sequence: a text is one, too
Layout = Literal["denominator", "numerator"]


# ---------------------------------------------------------------------------------------------- formulas


def parse(text: str, /, given: Asked | None = None, functions: Functions = (), **declarations: str) -> Formula:
    """The formula, as it was written, with its reading.

    given: a formula whose types and bindings hold for this text too, so that answers read back. functions: of one's own, made by `sd.define`, or
    the path of a TOML file with some.
    declarations: types as in the language, `X="matrix(m, n)", w="positive vector(n)"`.
    ParseError, ShapeError, UnknownNameError with the place in the text; LimitError for texts beyond any use.
    """
    if given is not None and not isinstance(given, Formula | Expr | str):
        raise OperandError(f"given is a formula, not {given!r}", hint="a variable called `given` is declared in the text: `given: vector(n)`")
    return read(text, given, declarations, functions=functions)


def parse_latex(text: str, /, given: Asked | None = None, functions: Functions = (), **declarations: str) -> Formula:
    """The formula of a text in LaTeX, as papers write it, or in Unicode mathematics as a PDF gives it.

    given, functions, declarations: as for `parse`. Names are compared by their letters and digits: `W^{(1)}` is the declared `W1`.
    ParseError with the place in the LaTeX for what cannot be read with certainty.
    """
    return read(text, given, declarations, latex=True, functions=functions)


def read(
    text: str,
    given: Asked | None = None,
    declarations: Mapping[str, str] | Sequence[str] = (),
    *,
    latex: bool | None = None,
    asked: bool = False,
    functions: Functions = (),
) -> Formula:
    """As `parse`; declarations: {"X": "matrix(m, n)"} or ["X: matrix(m, n)"]. latex: whether the text is LaTeX; None: if it has a command of it.

    asked: a derivative in front of LaTeX is the question (`Formula.reading.question`), not an error.
    """
    if not isinstance(text, str):
        raise OperandError(f"a formula is a text, not {type(text).__name__}", hint='sd.parse("max(1 - y*w.phi, 0)")')
    known = None if given is None else formula(given)
    own: Sequence[Any] = ()
    if functions:
        from symdiff.own import names_of

        own = names_of(functions)
    return read_text(text, known, declarations, latex=latex, asked=asked, own=own)


def formula(f: Asked) -> Formula:
    """What is asked about: a formula, the text of one, a node or a number. SymdiffError for anything else."""
    if isinstance(f, Formula):
        return f
    if isinstance(f, str):
        return read(f)
    if isinstance(f, Expr | int | float):
        return built(node_of(f))
    raise OperandError(f"a formula or its text is wanted, not {type(f).__name__}", hint='sd.grad("w.x", "w"), or sd.parse first')


# ---------------------------------------------------------------------------------------------- derivatives


@overload
def grad(f: Asked, wrt: Wrt, *, layout: Layout = ..., unconstrained: bool = ...) -> Formula: ...
@overload
def grad(f: Asked, wrt: Names, *, layout: Layout = ..., unconstrained: bool = ...) -> Expressions: ...
def grad(f: Asked, wrt: Wrt | Names, *, layout: Layout = "denominator", unconstrained: bool = False) -> Formula | Expressions:
    """The gradient of a scalar by a variable, or by a name bound in the formula; it has the shape of the variable.

    For a list of names an Expressions tuple. layout: "numerator" transposes the gradient: a row, a transposed matrix.
    unconstrained: the entries of symmetric, psd and diagonal variables move freely; otherwise the gradient lies within
    their space. ShapeError if f is not a scalar (`jacobian` takes any value), UnknownNameError if a name does not occur.
    """
    if layout not in ("numerator", "denominator"):
        raise SymdiffError(f"there is no layout {layout!r}", hint='layout="numerator" or layout="denominator"')
    f = formula(f)
    f.require_scalar()
    return _answers(f, wrt, unconstrained=unconstrained, numerator=layout == "numerator")


@overload
def jacobian(f: Asked, wrt: Wrt, *, kron: bool = ..., unconstrained: bool = ...) -> Formula: ...
@overload
def jacobian(f: Asked, wrt: Names, *, kron: bool = ..., unconstrained: bool = ...) -> Expressions: ...
def jacobian(f: Asked, wrt: Wrt | Names, *, kron: bool = False, unconstrained: bool = False) -> Formula | Expressions:
    """The derivative of any value: the axes of f come first, then those of the variable.

    kron: the matrix d vec(f)/d vec(x) instead, columns stacked; where kron and vec have no word for it, by its entries.
    unconstrained: as for `grad`.
    """
    return _answers(formula(f), wrt, kron=kron, unconstrained=unconstrained)


def hessian(f: Asked, wrt: Wrt, other: Wrt | None = None, *, kron: bool = False, unconstrained: bool = False) -> Formula:
    """The second derivative of a scalar: the axes of `wrt` first, then those of `other` (`wrt` again if not given).

    kron: the matrix over vec(wrt) and vec(other) instead, columns stacked; where kron and vec have no word for it, by its entries.
    unconstrained: as for `grad`.
    """
    f = formula(f)
    f.require_scalar()
    return derivative(f, [wrt, wrt if other is None else other], kron=kron, unconstrained=unconstrained)


def derivative(
    f: Asked, wrt: Wrt | Sequence[Wrt], order: int = 1, *, expand: bool = False, kron: bool = False, unconstrained: bool = False
) -> Formula:
    """The derivative of any value and any order: `sd.derivative(f, "x", order=3)`, or one name per order, `["x", "y"]`.

    The axes of f come first, then those of the variables in their order. expand: with f's names written out; kron: the last
    variable's axes stacked to columns; unconstrained: as for `grad`. LimitError for high orders, DomainError for a mixed
    derivative by a name and what it is computed from.
    """
    from symdiff import differentiate

    if not isinstance(order, int) or isinstance(order, bool):
        raise OperandError(f"an order is a whole number, not {order!r}", hint="order=2")
    if order < 1:
        raise DomainError(f"a derivative of order {order}", hint="the order is 1 or more")
    f = formula(f)
    nodes = f.nodes(wrt) * min(order, LIMITS.order + 1)
    form = differentiate.Form(expand=expand, kron=kron, unconstrained=unconstrained)
    return _answered(f, differentiate.ask(differentiate.derivative, f.expr, nodes, form))


def jvp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """The derivative of f in the direction v of a variable: the Jacobian times v, of f's shape.

    v: a name (of a new variable of the variable's shape, or of one of the formula), a formula, or a number; nothing is
    differentiated in it. ShapeError if its shape is another one.
    """
    from symdiff import differentiate

    f = formula(f)
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return _answered(f, differentiate.ask(differentiate.jvp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


def vjp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """v times the Jacobian, of the variable's shape: what the backward pass makes of an adjoint v of f.

    v: as for `jvp`, of f's shape.
    """
    from symdiff import differentiate

    f = formula(f)
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, f.shape, "the value")]
    return _answered(f, differentiate.ask(differentiate.vjp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


def hvp(f: Asked, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Formula:
    """The Hessian of a scalar times v, of the variable's shape; the Hessian itself is not built. v: as for `jvp`."""
    from symdiff import differentiate

    f = formula(f)
    f.require_scalar()
    (x,) = f.nodes([wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return _answered(f, differentiate.ask(differentiate.hvp, f.expr, nodes, differentiate.Form(unconstrained=unconstrained)))


def value_and_grad(f: Asked, wrt: Wrt | Sequence[Wrt], *, unconstrained: bool = False) -> Expressions:
    """The value and its gradients as one Expressions tuple: `loss, dw = sd.value_and_grad(f, "w")`."""
    f = formula(f)
    f.require_scalar()
    gradients = derivatives(f, f.nodes(wrt), unconstrained=unconstrained)
    return Expressions([f, *gradients], ["value", *gradients.names])


def notes(g: Formula) -> tuple[str, ...]:
    """What an answer assumes: `g.notes`."""
    return g.notes


def derivatives(f: Formula, nodes: Sequence[Expr], **form: bool) -> Expressions:
    """df/dx for every node, in one sweep; form: expand, kron, unconstrained, numerator, see `differentiate.Form`."""
    from symdiff import differentiate
    from symdiff.names import shown

    answers = differentiate.derivatives(f.expr, nodes, differentiate.Form(**form))
    return Expressions([_answered(f, answer) for answer in answers], [shown(x) for x in nodes])


def _answers(f: Formula, wrt: Wrt | Names, **form: bool) -> Formula | Expressions:
    answers = derivatives(f, f.nodes(wrt), **form)
    return answers[0] if isinstance(wrt, str | Formula | Expr) else answers


def _answered(f: Formula, answer: Any) -> Formula:
    """An answer about f, with f's reading."""
    return Formula(answer.expr, f, answer)


def _direction(f: Formula, v: Any, shape: Shape, of: str) -> Expr:
    """v as a node of this shape, that of the variable or value `of`."""
    from symdiff.names import resolve
    from symdiff.syntax.parse import NUMBERS, canonical, checked

    node = f.expr
    if isinstance(v, str):
        name = canonical(v.strip())
        if name in {*walk.variables([node]), *walk.bindings([node])}:
            (direction,) = resolve(node, [name])
        else:
            try:
                direction = build.var(checked(v.strip(), None, {*NUMBERS, *walk.functions([node]), *walk.dimensions([node])}), shape)
            except ParseError:
                hint = 'sd.jvp(f, "x", "v"), or a formula in the place of "v"'
                raise UnknownNameError(f"{v!r} cannot be the name of a direction", hint=hint) from None
    else:
        direction = node_of(v)
    if direction.shape != shape:
        raise ShapeError(f"the direction is a {build.describe(direction.shape)}, but {of} is a {build.describe(shape)}")
    return direction


# ---------------------------------------------------------------------------------------------- truth


def verify(
    f: Asked, wrt: Wrt | Sequence[Wrt], derivative: Asked, *, unconstrained: bool = False, seconds: float | None = None
) -> Verdict:
    """Whether `derivative` is the derivative of f, by SymPy on explicit components: independent of how it was made.

    wrt: the variable or bound name; for a derivative of higher order one per order. derivative: a formula, or its text with f's names.
    unconstrained: the derivative is by the free entries of symmetric, psd and diagonal variables.
    The verdict's `ok` is True, False (with a counterexample) or None, undecided (with a reason). seconds: for other limits than `sd.limits`.
    """
    from symdiff.checking import verify as compare

    f = formula(f)
    nodes = f.nodes(wrt)
    g = read(derivative, f) if isinstance(derivative, str) else formula(derivative)
    return compare(f.expr, nodes, g.expr, unconstrained=unconstrained, seconds=seconds)


def check(f: Asked, wrt: Wrt | Sequence[Wrt], answer: Asked | Callable[..., Any], *, seconds: float | None = None) -> Grade:
    """The mark of a derivative worked out by hand: `sd.check(f, "w", "-y*phi*[y*w.phi < 1]")`.

    wrt: the variable or bound name; for a derivative of higher order one per order. answer: text with f's names, a
    formula, or a NumPy function of f's variables (by their names, or in their order), which is marked by numbers.
    The grade's `correct` is True, False (with a diagnosis and a counterexample) or None, undecided.
    SymdiffError if the answer is no formula or has names that f lacks.
    """
    return formula(f).checker(wrt, seconds=seconds, prepared=False)(answer)


def checker(f: Asked, wrt: Wrt | Sequence[Wrt], *, seconds: float | None = None) -> Checker:
    """What marks the answers to one question: `mark = sd.checker(f, "w"); mark("-y*phi")` is a Grade, as that of `check`.

    What does not depend on the answer is done once. `mark(answer, diagnose=False)` leaves out the search for the slip,
    `mark(answer, prove=False)` the proof: numbers decide then.
    """
    return formula(f).checker(wrt, seconds=seconds)


def curvature(f: Asked, wrt: Wrt | Sequence[Wrt]) -> Curvature:
    """Whether a scalar is convex, concave, affine or neither in a variable, or in several together, everything else fixed.

    The result's `kind` is one of these words or "unknown"; `condition`, `reasons`, `counterexample`, `strongly`, `lipschitz`
    and `step` say the rest. ShapeError if f is not a scalar, UnknownNameError if a name does not occur.
    """
    return formula(f).curvature(wrt)


def rules(functions: Functions = ()) -> tuple[Row, ...]:
    """The rows of the table: every function with its local derivative, its domain and its source. functions: of one's own, behind them."""
    from symdiff.own import names_of
    from symdiff.teach.cheatsheet import Rules

    return Rules((*TABLE, *[name.row._replace(name=str(name)) for name in names_of(functions)]))


def define(
    signature: str, value: str, edge: str | Sequence[str] = (), *, where: str = "", kink: str = "", latex: str = "", source: str = ""
) -> Function:
    """A function of one's own: `sd.define("softsign2(x)", "x/sqrt(1 + x^2)", edge="(1 + x^2)^(-3/2)")`, for `sd.parse(text, functions=[…])`.

    signature: name and arguments, numbers without more (the function then works entry by entry), or with their type: "rms(x: vector)".
    value: the definition, a formula of the arguments. edge: the derivative by the argument, one for each if there are several; `y` in it is the
    value of the function. Without it the edges are derived from the definition. where: the condition under which the function has a value, "x > 0".
    kink, source: in words, for the cheat sheet. latex: how it is typeset, `\\operatorname{s}` or with arguments, `\\lfloor #1 \\rfloor`.

    Every edge is compared with the definition at once: SymdiffError, with a counterexample, for one that is not its derivative. ParseError,
    ShapeError, UnknownNameError for texts that are no formulas of the arguments. Nothing is registered in the process.
    """
    from symdiff.own import define

    return define(signature, value, edge, where=where, kink=kink, latex=latex, source=source)


# ---------------------------------------------------------------------------------------------- numbers, steps, pictures, handouts


def trace(f: Asked, values: Mapping[str, Any], wrt: Wrt | Sequence[Wrt] | None = None, *, layout: str = "denominator") -> Trace:
    """Both passes on the graph in numbers: `sd.trace(f, dict(w=[3, 1], phi=[1, 2], y=2), "w")`.

    wrt: all variables if it is not given. UnknownNameError for missing and superfluous values, ShapeError for wrong shapes.
    """
    return formula(f).trace(values, wrt, layout=layout)


def steps(
    f: Asked, wrt: Wrt | Sequence[Wrt], level: str = "normal", *, verify: bool = True, style: str = "paths", names: str = "delta", layout: str = "denominator"
) -> Derivation:
    """The derivation in named steps: graph, edges, paths, sums, rules, answer, check.

    level: "brief", "normal" or "full". verify: with the verification's verdict as the last step. style: "paths", "differential"
    (dL = tr(A'dX), what is read off) or "rules" (of a calculus course, for numbers). names: see `backward`. layout: "numerator", where gradients
    are rows.
    """
    return formula(f).steps(wrt, level, verify=verify, style=style, names=names, layout=layout)


derive = steps


def backward(f: Asked, wrt: Wrt | Sequence[Wrt], names: str = "delta", *, layout: str = "denominator") -> Backward:
    """The backward pass as straight lines with named adjoints, each used once: `sd.backward(f, ["Q", "K"])`.

    names: how backward values are called, "delta" (`delta_h`), "bar" (`h_bar`) or "grad" (`dh`).
    """
    return formula(f).backward(wrt, names, layout=layout)


def graph(
    f: Asked, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, shapes: bool = False, layout: str = "denominator",
    across: bool = False, legend: bool = True, plates: bool = True, curvature: bool = False,
) -> Graph:  # fmt: skip
    """The computation graph, with a local derivative on every edge: `sd.graph(f, "w").save("hinge.svg")`.

    values: numbers for every variable; then forward and backward values stand beside the boxes. shapes: so do the shapes. across: from left to
    right. legend: whether there is one. plates: a sum over an index is the graph of one term in a frame. curvature: beside each box stands whether it is convex, concave or
    affine in the variables (then without frames). layout: "numerator", where gradients are rows.
    """
    return formula(f).graph(wrt, values, shapes=shapes, layout=layout, across=across, legend=legend, plates=plates, curvature=curvature)


def handout(
    f: Asked, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, title: str = "", verify: bool = True, optimum: bool = False
) -> Handout:
    """Statement, graph, rules, steps, answer, numbers and check on one page: `sd.handout(f, "w").save("hinge.html")`.

    values: numbers for every variable, for a page with both passes in numbers. optimum: with a section on whether descent reaches the optimum.
    """
    return formula(f).handout(wrt, values, title=title, verify=verify, optimum=optimum)


# ---------------------------------------------------------------------------------------------- descent


def descend(
    f: Asked,
    wrt: Wrt | Sequence[Wrt],
    data: Mapping[str, Any] | str | Sequence[str],
    *,
    method: str = "sgd",
    step: float | None = None,
    epochs: int = 20,
    batch: int | None = None,
    init: str = "",
    seed: int = 0,
    shuffle: bool = True,
    test: Mapping[str, Any] | str | Sequence[str] | None = None,
    score: Asked | None = None,
    output: str = "",
    target: str = "numpy",
    report: Callable[[int, int, float], None] | None = None,
    **numbers: float,
) -> Run:
    """Weights that make a loss small: `sd.descend(f, "w", {"phi": X, "y": y}, method="adam", batch=32)`; a Run.

    data: arrays by name, or files of them (.csv, .npy, .npz), whose other columns are passed over. A variable whose array has one axis more than the formula says has a
    row in it for each example, and the average over the examples is minimised; without such arrays the formula is the whole loss.
    A value for a name of `wrt` is where it starts. method: "sgd", "momentum", "adagrad", "adam" or "lbfgs"; step, and numbers such as
    mu, beta1, beta2, epsilon, in the place of the method's own. batch: examples for a step; all of them without it. init: "zeros",
    "normal", "xavier" or "he". test: data whose loss is noted in every epoch. score: another formula of the same names, averaged over
    the test data. output: a file that keeps the run; asked again, it goes on from there. target: "numpy", "torch" or "jax".
    report(epoch, epochs, loss) is called at every epoch's start.

    The Run's `stopped` says where and why it diverged, if it did. ShapeError, UnknownNameError for data that do not fit.
    """
    from symdiff import descent
    from symdiff.names import places

    f = formula(f)
    f.require_scalar()
    scored = None if score is None else read(score, f) if isinstance(score, str) else formula(score)
    if scored is not None:
        scored.require_scalar()
    settings = descent.Settings(method, step, epochs, batch, init, seed, shuffle, target, numbers)
    known = places([f.expr] if scored is None else [f.expr, scored.expr])  # a file may have other columns, too
    for what in (data, test):
        if what is not None and not isinstance(what, Mapping | str | Sequence):
            raise OperandError(f"data are arrays by name, or files, not a value of the type {type(what).__name__}", hint='sd.descend(f, "w", {"x": X, "y": y}), or "train.csv"')
    tested = None if test is None else test if isinstance(test, Mapping) else descent.read([test] if isinstance(test, str) else test, known)
    given = data if isinstance(data, Mapping) else descent.read([data] if isinstance(data, str) else data, known)
    return descent.descend(
        f.expr, f.nodes(wrt), given, settings, test=tested, score=None if scored is None else scored.expr, output=output, report=report
    )


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
        return ", ".join(self.variables)

    @property
    def kind(self) -> str:
        """Of all the points; "" if they are not of one kind."""
        return self.kinds[0] if len(set(self.kinds)) == 1 else ""

    @property
    def gradient(self) -> Formula:
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
        return f"no closed form: iterate {self.variable} <- {self.iteration}" if self.iteration is not None else "no closed form was found"


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
    nodes = f.nodes([wrt] if isinstance(wrt, str | Expr | Formula) else list(wrt))
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
    if not cut or cut != list(range(cut[0], cut[0] + len(cut))) or len(cut) > 2 or not text[: cut[0]].strip() or not text[cut[-1] + 1 :].strip():
        raise ParseError(f"{text!r} is no equation", hint=hint)
    left, right = text[: cut[0]].strip(), text[cut[-1] + 1 :].strip()
    gap = read("; ".join([*declared, f"({left}) - ({right})"]), f)  # sides of one shape, a number beside a vector spread; types of names that only the equation has
    both = [read(side, gap).expr for side in (left, right)]
    return tuple([build.spread(e, gap.expr.shape) if not e.shape and gap.expr.shape else e for e in both])  # type: ignore[return-value]


# ---------------------------------------------------------------------------------------------- other libraries


def torch_function(f: Asked) -> Callable[..., Any]:
    """f as a function of tensors by keyword whose backward pass is the symbolic derivative (a `torch.autograd.Function`).

    It may be differentiated again, and used under `torch.func`. Entries of symmetric variables count as free.
    """
    from symdiff import bridges

    return bridges.torch_function(formula(f).expr)


def jax_function(f: Asked) -> Callable[..., Any]:
    """f as a function of arrays by keyword whose reverse derivative is the symbolic one (`jax.custom_vjp`).

    It works under `jit`, `vmap` and `grad`. Entries of symmetric variables count as free.
    """
    from symdiff import bridges

    return bridges.jax_function(formula(f).expr)


def from_sympy(expression: Any) -> Formula:
    """A SymPy expression as a formula: scalars, and `MatrixSymbol`s with their sums, products, powers, transposes, inverses, entries,
    traces, determinants and identities.

    Symbols are real variables by their names, or sizes where a matrix has them. A `MatrixSymbol` of one column is a vector, of one row the transpose
    of a vector, and what has one row and one column is a number: `x.T*A*x`. DomainError for what the language lacks.
    """
    from symdiff import bridges

    return built(bridges.from_sympy(expression))


def from_python(source: str | Callable[..., Any], /, **types: str) -> Formula:
    """What a function of NumPy, PyTorch or JAX computes, as a formula: `sd.from_python(loss, X="matrix(m, n)", y="vector(m)", w="vector(n)")`.

    source: the function, or the text of a program whose last function it is. Its syntax tree is read; nothing of it is run. types: of its arguments,
    as in the language; an argument with a default may do without. Entries and labels count from 1 in the formula; its notes say where that matters.
    DomainError with the line of what is not read, ParseError for what is no program.
    """
    from symdiff import bridges
    from symdiff.syntax.reading import noted

    text, notes = bridges.formula_of(source, types)
    f = parse(text)
    return f if not notes else Formula(f.expr, noted(f.reading, notes))
