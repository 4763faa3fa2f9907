"""The public functions of `import symdiff as sd`; docs/language.md says what they promise.

Nothing heavy is imported before it is used: a derivative pays for the parser and the engine, not for NumPy or SymPy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Self

from symdiff.bounds import LIMITS
from symdiff.errors import DomainError, ParseError, ShapeError, SymdiffError, UnknownNameError
from symdiff.expr import build, walk
from symdiff.expr.node import CALL, CALLS, DIM, NAME, OP_NAMES, OPAQUE, VAR, Dim, Expr, Shape, at_limit, make
from symdiff.expr.operators import expression, transpose
from symdiff.table import TABLE

if TYPE_CHECKING:
    from symdiff.checking import Verdict
    from symdiff.grading import Grade
    from symdiff.syntax import Parsed
    from symdiff.table import Row
    from symdiff.teach.backward import Backward
    from symdiff.teach.handout import Handout
    from symdiff.teach.numbers import Trace
    from symdiff.teach.picture import Graph
    from symdiff.teach.record import Lesson
    from symdiff.teach.steps import Derivation

Wrt = str | Expr

DOCUMENTED = 1_000  # nodes up to which a compiled function gets a docstring: the formulas of larger ones take longer to write than to compile

# Types, places and notes are kept for this many formulas, the latest ones.
MAX_REMEMBERED = 256
_remembered: OrderedDict[Expr, tuple[Parsed, Callable[[], Parsed]]] = OrderedDict()  # with the reading of the same text with scalars
at_limit.append(_remembered.clear)


# ---------------------------------------------------------------------------------------------- formulas


def parse(text: str, /, given: Expr | None = None, **declarations: str) -> Expr:
    """The formula as an expression, as it was written.

    given: an expression whose types and bindings hold for this text too, so that answers read back.
    declarations: types as in the language, `X="matrix(m, n)", w="positive vector(n)"`.
    ParseError, ShapeError, UnknownNameError with the place in the text; LimitError for texts beyond any use.
    """
    if given is not None and not isinstance(given, Expr):
        raise SymdiffError(f"given is a formula, not {given!r}", hint="a variable called `given` is declared in the text: `given: vector(n)`")
    return parsed(text, given, declarations).expr


def parsed(text: str, given: Expr | None = None, declarations: Mapping[str, str] | Sequence[str] = (), scalars: bool = False) -> Parsed:
    """What the parser knows: the expression with its types, places and notes. Remembered for `parse_of`."""
    from symdiff import syntax

    result = syntax.parse(text, given=given, declarations=declarations, scalars=scalars)
    _remembered.pop(result.expr, None)
    _remembered[result.expr] = result, lambda: parsed(text, given, declarations, scalars=True)
    if len(_remembered) > MAX_REMEMBERED:
        _remembered.popitem(last=False)
    return result


def parse_of(f: Expr) -> Parsed | None:
    """The parse that gave this expression, if it is among the latest ones."""
    known = _remembered.get(f)
    return known[0] if known is not None else None


# ---------------------------------------------------------------------------------------------- derivatives


class Expressions(tuple[Expr, ...]):
    """Several answers that share their work: `fn = answers.compile("numpy")` returns a tuple of values.

    `Expressions([f, g, h])` puts any expressions together. names: what each one is ("w", "V"; the value itself is "value");
    without them they are numbered from 1.
    """

    names: tuple[str, ...]

    def __new__(cls, items: Iterable[Expr], names: Iterable[str] = ()) -> Self:
        self = super().__new__(cls, [expression(x) for x in items])
        self.names = tuple(names) or tuple([str(k) for k in range(1, len(self) + 1)])
        if len(self.names) != len(self):
            raise ValueError(f"there are {len(self)} expressions and {len(self.names)} names")
        return self

    def __str__(self) -> str:
        return "\n".join(f"{name}: {item}" for name, item in zip(self.names, self, strict=True))

    __repr__ = __str__

    def latex(self) -> str:
        lines = [f"{build.var(name).latex()} &: {item.latex()}" for name, item in zip(self.names, self, strict=True)]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def unicode(self) -> str:
        return "\n".join(f"{name}: {item.unicode()}" for name, item in zip(self.names, self, strict=True))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def compile(self, target: str = "numpy") -> Callable[..., tuple[Any, ...]]:
        """One Python function that returns the tuple of values. target: "numpy", "jax", "torch", "math"."""
        result: Callable[..., tuple[Any, ...]] = compile(self, target, several=True)
        return result

    def code(self, target: str = "numpy") -> str:
        """The source text of that function, stand-alone."""
        return code(self, target, several=True)


def grad(f: Expr, wrt: Wrt | Sequence[Wrt], *, layout: str = "denominator", unconstrained: bool = False) -> Any:
    """The gradient of a scalar by a variable, or by a name bound in the formula; it has the shape of the variable.

    For a list of names an Expressions tuple. layout: "numerator" transposes the gradient: a row, a transposed matrix.
    unconstrained: the entries of symmetric, psd and diagonal variables move freely; otherwise the gradient lies within
    their space. ShapeError if f is not a scalar (`jacobian` takes any value), UnknownNameError if a name does not occur.
    Where only conventions make f something other than a scalar, the reading with scalars is taken.
    """
    if layout not in ("numerator", "denominator"):
        raise SymdiffError(f"there is no layout {layout!r}", hint='layout="numerator" or layout="denominator"')
    return _answers(_scalar_reading(f), wrt, unconstrained=unconstrained, numerator=layout == "numerator")


def jacobian(f: Expr, wrt: Wrt | Sequence[Wrt], *, kron: bool = False, unconstrained: bool = False) -> Any:
    """The derivative of any value: the axes of f come first, then those of the variable.

    kron: the matrix d vec(f)/d vec(x) instead, columns stacked; DomainError where it has no form with kron and vec.
    unconstrained: as for `grad`.
    """
    return _answers(f, wrt, kron=kron, unconstrained=unconstrained)


def hessian(f: Expr, wrt: Wrt, other: Wrt | None = None, *, kron: bool = False, unconstrained: bool = False) -> Expr:
    """The second derivative of a scalar: the axes of `wrt` first, then those of `other` (`wrt` again if not given).

    kron: the matrix over vec(wrt) and vec(other) instead, columns stacked; DomainError where it has no form with kron and vec.
    unconstrained: as for `grad`.
    """
    return derivative(_scalar_reading(f), [wrt, wrt if other is None else other], kron=kron, unconstrained=unconstrained)


def derivative(
    f: Expr, wrt: Wrt | Sequence[Wrt], order: int = 1, *, expand: bool = False, kron: bool = False, unconstrained: bool = False
) -> Expr:
    """The derivative of any value and any order: `sd.derivative(f, "x", order=3)`, or one name per order, `["x", "y"]`.

    The axes of f come first, then those of the variables in their order. expand: with f's names written out; kron: the last
    variable's axes stacked to columns; unconstrained: as for `grad`. LimitError for high orders, DomainError for a mixed
    derivative by a name and what it is computed from.
    """
    from symdiff import differentiate

    if order < 1:
        raise DomainError(f"a derivative of order {order}", hint="the order is 1 or more")
    nodes = resolve(f, _several(wrt)) * min(order, LIMITS.order + 1)
    form = differentiate.Form(expand=expand, kron=kron, unconstrained=unconstrained)
    return differentiate.ask(differentiate.derivative, f, nodes, form)


def jvp(f: Expr, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Expr:
    """The derivative of f in the direction v of a variable: the Jacobian times v, of f's shape.

    v: a name (of a new variable of the variable's shape, or of one of the formula), an expression, or a number; nothing is
    differentiated in it. ShapeError if its shape is another one.
    """
    from symdiff import differentiate

    (x,) = resolve(f, [wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return differentiate.ask(differentiate.jvp, f, nodes, differentiate.Form(unconstrained=unconstrained))


def vjp(f: Expr, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Expr:
    """v times the Jacobian, of the variable's shape: what the backward pass makes of an adjoint v of f.

    v: as for `jvp`, of f's shape.
    """
    from symdiff import differentiate

    (x,) = resolve(f, [wrt])
    nodes = [x, _direction(f, v, f.shape, "the value")]
    return differentiate.ask(differentiate.vjp, f, nodes, differentiate.Form(unconstrained=unconstrained))


def hvp(f: Expr, wrt: Wrt, v: Any, *, unconstrained: bool = False) -> Expr:
    """The Hessian of a scalar times v, of the variable's shape; the Hessian itself is not built. v: as for `jvp`."""
    from symdiff import differentiate

    f = _scalar_reading(f)
    (x,) = resolve(f, [wrt])
    nodes = [x, _direction(f, v, x.shape, x.name)]
    return differentiate.ask(differentiate.hvp, f, nodes, differentiate.Form(unconstrained=unconstrained))


def value_and_grad(f: Expr, wrt: Wrt | Sequence[Wrt], *, unconstrained: bool = False) -> Expressions:
    """The value and its gradients as one Expressions tuple: `loss, dw = sd.value_and_grad(f, "w")`."""
    f = _scalar_reading(f)
    nodes = resolve(f, _several(wrt))
    return Expressions([f, *derivatives(f, nodes, unconstrained=unconstrained)], ["value", *[x.name for x in nodes]])


def notes(g: Expr) -> tuple[str, ...]:
    """What an answer assumes: conditions that its formula does not have (`valid where …`), properties of variables that it
    rests on (`uses: A symmetric`), and its convention where there is a choice. () for what is not among the latest answers.
    """
    from symdiff.differentiate import assumptions

    return assumptions(g)


def derivatives(f: Expr, nodes: Sequence[Expr], **form: bool) -> list[Expr]:
    """df/dx for every node, in one sweep; form: expand, kron, unconstrained, numerator, see `differentiate.Form`."""
    from symdiff import differentiate

    return differentiate.derivatives(f, nodes, differentiate.Form(**form))


def _answers(f: Expr, wrt: Wrt | Sequence[Wrt], **form: bool) -> Any:
    nodes = resolve(f, _several(wrt))
    answers = derivatives(f, nodes, **form)
    return answers[0] if isinstance(wrt, str | Expr) else Expressions(answers, [x.name for x in nodes])


def _direction(f: Expr, v: Any, shape: Shape, of: str) -> Expr:
    """v as an expression of this shape, that of the variable or value `of`."""
    from symdiff.syntax.parse import NUMBERS, canonical, checked

    if isinstance(v, str):
        name = canonical(v.strip())
        if name in {*walk.variables([f]), *walk.bindings([f])}:
            (v,) = resolve(f, [name])
        else:
            try:
                v = build.var(checked(v.strip(), None, {*NUMBERS, *walk.functions([f]), *walk.dimensions([f])}), shape)
            except ParseError:
                hint = 'sd.jvp(f, "x", "v"), or an expression in the place of "v"'
                raise UnknownNameError(f"{v!r} cannot be the name of a direction", hint=hint) from None
    direction = expression(v)
    if direction.shape != shape:
        raise ShapeError(f"the direction is a {build.describe(direction.shape)}, but {of} is a {build.describe(shape)}")
    return direction


def _several(wrt: Wrt | Sequence[Wrt]) -> list[Wrt]:
    return [wrt] if isinstance(wrt, str | Expr) else list(wrt)


def _scalar_reading(f: Expr) -> Expr:
    """f, or its reading with scalars; ShapeError if there is none."""
    if not f.shape:
        return f
    known = _remembered.get(f)
    if known is not None and known[0].conventional:
        try:
            again = known[1]().expr
        except SymdiffError:
            again = f
        if not again.shape:
            return again
    raise ShapeError(
        f"the value is a {build.describe(f.shape)}; only a scalar has a gradient",
        hint="sd.jacobian(f, x) gives the derivative of any value; or did you mean sum(…) or norm2(…)^2?",
        text=known[0].text if known else "",
    )


# ---------------------------------------------------------------------------------------------- names


def variables(f: Expr | Iterable[Expr]) -> dict[str, Expr]:
    """Variables and opaque functions by name, in reading order."""
    roots = [f] if isinstance(f, Expr) else list(f)
    found: dict[str, Expr] = {}
    for root in roots:
        for node in walk.preorder(root):
            if node.op == OPAQUE or (not node.args and node.name):
                found.setdefault(node.name, node)
    return found


def resolve(f: Expr, names: Iterable[Wrt]) -> list[Expr]:
    """The variables and bound names of f that are meant, as nodes. UnknownNameError, listing what there is."""
    from symdiff.syntax.parse import canonical

    known: dict[str, Expr] = {}
    twice: set[str] = set()
    for node in walk.preorder(f):
        if node.op in (VAR, NAME) and known.setdefault(node.name, node) is not node:
            twice.add(node.name)
    found = []
    for wanted in names:
        name = wanted.name if isinstance(wanted, Expr) else canonical(wanted.strip())
        meant = known.get(name)
        if name in twice:
            raise UnknownNameError(f"the formula has different variables of the name {name!r}", hint="give each a name of its own")
        if meant is None or (isinstance(wanted, Expr) and wanted is not meant):
            raise _unknown(f, name if isinstance(wanted, str) else repr(wanted))
        found.append(meant)
    return found


def _unknown(f: Expr, name: str) -> SymdiffError:
    if name in walk.functions([f]):
        return DomainError(f"{name} is a function of the formula; derivatives are by variables", hint=what_there_is(f))
    if any(node.op == DIM and name == node.data for node in walk.topological([f])):
        return DomainError(f"{name} is a dimension; derivatives are by variables", hint=what_there_is(f))
    return UnknownNameError(f"{name!r} does not occur in the formula", hint=what_there_is(f))


def what_there_is(f: Expr) -> str:
    """The names that f can be differentiated by, for messages."""

    def some(names: Iterable[str]) -> str:
        words = list(names)
        return ", ".join(words[:20]) + (", …" if len(words) > 20 else "")

    names, bound = some(walk.variables([f])), some(walk.bindings([f]))
    if not names:
        return "the formula has no variables"
    return f"its variables are {names}" + (f" and the names {bound}" if bound else "")


# ---------------------------------------------------------------------------------------------- as text


def printed(f: Expr, form: str = "text") -> str:
    """The expression in one of the printers' forms: text, unicode, latex, mathml, typst; bindings that it introduces in front."""
    from symdiff import printers
    from symdiff.notation.unparse import unparse

    printer = getattr(printers, form, None)
    if not callable(printer):
        raise SymdiffError(f"the format {form} is not in this version")
    result: str = printer(unparse(f))
    return result


def program(f: Expr) -> str:
    from symdiff.notation.unparse import unparse_program
    from symdiff.printers import text as print_text

    return print_text(unparse_program(f))


def representation(f: Expr) -> str:
    """The text, cut where it would fill the screen; never an exception, since debuggers and test reports show it."""
    try:
        full = printed(f)
    except Exception as error:  # noqa: BLE001
        return f"<{OP_NAMES[f.op]} {build.describe(f.shape)}: {type(error).__name__}>"
    return full if len(full) <= 2000 else full[:2000] + " …"


def expand(f: Expr) -> Expr:
    """The same value with every bound name written out, as short as it then gets."""
    from symdiff.notation import write

    return write([f], f, expand=True)[0]


# ---------------------------------------------------------------------------------------------- as a value


def evaluate(f: Expr, values: Mapping[str, Any]) -> Any:
    from symdiff import numeric

    return numeric.evaluate(f, values)


def compile(exprs: Sequence[Expr], target: str = "numpy", *, several: bool = False) -> Callable[..., Any]:
    from symdiff import numeric

    function = numeric.compile(exprs, target, several=several)
    if not function.__doc__ and len(walk.topological(exprs)) <= DOCUMENTED:
        function.__doc__ = _doc(exprs)
    return function


def code(exprs: Sequence[Expr], target: str = "numpy", *, doc: bool = True, several: bool = False) -> str:
    from symdiff import bridges, numeric

    if target == "sympy":
        return bridges.sympy_code(exprs, lambda f: to_sympy(f, {}))
    return numeric.code(exprs, target, doc=_doc(exprs) if doc else "", several=several)


def _doc(exprs: Sequence[Expr]) -> str:
    """What a function computes: the formulas as text, and the shapes of arguments and values."""
    names = exprs.names if isinstance(exprs, Expressions) else [""] * len(exprs)
    texts = [f"{name}: {_brief(e)}" if name else _brief(e) for name, e in zip(names, exprs, strict=True)]
    shapes = [f"{name}: {' '.join([*x.data[1], build.describe(x.shape)])}" for name, x in variables(exprs).items() if x.op == VAR]
    values = ", ".join(build.describe(e.shape) for e in exprs)
    return "\n".join([*texts, "", f"{', '.join(shapes)} -> {values}" if shapes else values])


def _brief(f: Expr) -> str:
    text = representation(f)
    return text if len(text) <= 400 else text[:400] + " …"


def to_sympy(f: Expr, sizes: Mapping[str, int]) -> Any:
    from symdiff.checking.explicit import explicit

    return explicit(f, sizes)


# ---------------------------------------------------------------------------------------------- truth


def verify(f: Expr, wrt: Wrt | Sequence[Wrt], derivative: Expr, *, unconstrained: bool = False, seconds: float | None = None) -> Verdict:
    """Whether `derivative` is the derivative of f, by SymPy on explicit components: independent of how it was made.

    wrt: the variable or bound name; for a derivative of higher order one per order. unconstrained: the derivative is by
    the free entries of symmetric, psd and diagonal variables.
    The verdict's `ok` is True, False (with a counterexample) or None, undecided (with a reason). seconds: for other limits than `sd.limits`.
    """
    from symdiff.checking import verify as compare

    return compare(f, resolve(f, _several(wrt)), derivative, unconstrained=unconstrained, seconds=seconds)


def check(f: Expr, wrt: Wrt | Sequence[Wrt], answer: str | Expr, *, seconds: float | None = None) -> Grade:
    """The mark of a derivative worked out by hand: `sd.check(f, "w", "-y*phi*[y*w.phi < 1]")`.

    wrt: the variable or bound name; for a derivative of higher order one per order. answer: text with f's names, or an
    expression. The grade's `correct` is True, False (with a diagnosis and a counterexample) or None, undecided.
    SymdiffError if the answer is no formula or has names that f lacks.
    """
    from symdiff.grading import grade

    nodes = resolve(f, _several(wrt))
    return grade(f, nodes, derivative(f, nodes), answer, seconds=seconds)


def equals(a: Expr, other: Any) -> bool | None:
    """Whether a and other are the same function, by normal forms, else by verification; None if neither decides."""
    from symdiff.grading import equal

    return equal(a, expression(other))


def rules() -> tuple[Row, ...]:
    """The rows of the table: every function with its local derivative, its domain and its source."""
    return tuple(TABLE)


# ---------------------------------------------------------------------------------------------- numbers, steps, pictures, handouts


def trace(f: Expr, values: Mapping[str, Any], wrt: Wrt | Sequence[Wrt] | None = None) -> Trace:
    """Both passes on the graph of a scalar in numbers: `sd.trace(f, dict(w=[3, 1], phi=[1, 2], y=2), "w")`.

    wrt: all variables if it is not given. UnknownNameError for missing and superfluous values, ShapeError for wrong shapes.
    """
    from symdiff.teach.numbers import trace as numbers

    f = _scalar_reading(f)
    return numbers(_lesson(f, _outside(f) if wrt is None else wrt), values)


def derive(f: Expr, wrt: Wrt | Sequence[Wrt], level: str = "normal", *, verify: bool = True) -> Derivation:
    """The derivation of a scalar's derivative in named steps: graph, edges, paths, sums, rules, answer, check.

    level: "brief", "normal" or "full". verify: with the verification's verdict as the last step.
    """
    from symdiff.teach.steps import derive as steps

    lesson = _lesson(f, wrt)
    return steps(lesson, level, list(_verdicts(lesson).values()) if verify else ())


def backward(f: Expr, wrt: Wrt | Sequence[Wrt], names: str = "delta") -> Backward:
    """The backward pass as straight lines with named adjoints, each used once: `sd.backward(f, ["Q", "K"])`.

    names: how backward values are called, "delta" (`delta_h`), "bar" (`h_bar`) or "grad" (`dh`).
    """
    from symdiff.teach.backward import backward as straight

    return straight(_lesson(f, wrt), names)


def graph(f: Expr, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, shapes: bool = False) -> Graph:
    """The computation graph of a scalar, with a local derivative on every edge: `sd.graph(f, "w").save("hinge.svg")`.

    values: numbers for every variable; then forward and backward values stand beside the boxes. shapes: so do the shapes.
    """
    from symdiff.teach.numbers import trace
    from symdiff.teach.picture import Graph

    lesson = _lesson(f, wrt)
    if values is None:
        return Graph(lesson, shapes=shapes)
    numbers = trace(lesson, values)
    return Graph(lesson, numbers.shown_forward, numbers.shown_backward, shapes=shapes, gains=numbers.shown_gains)


def handout(f: Expr, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, title: str = "", verify: bool = True) -> Handout:
    """Statement, graph, rules, steps, answer, numbers and check on one page: `sd.handout(f, "w").save("hinge.html")`.

    values: numbers for every variable, for a page with both passes in numbers.
    """
    from symdiff.checking import verify as compare
    from symdiff.teach.handout import handout as page
    from symdiff.teach.numbers import trace
    from symdiff.teach.steps import derive

    lesson = _lesson(f, wrt)
    verdicts = {x.name: compare(lesson.formula, [x], g) for x, g in zip(lesson.wrt, lesson.answers, strict=True)} if verify else {}
    numbers = None if values is None else trace(lesson, values)
    return page(lesson, derive(lesson), parse_of(lesson.formula), numbers, verdicts, title)


def _outside(f: Expr) -> list[Wrt]:
    """The variables that do not stand inside the brackets of opaque functions only."""
    closed = {node for node in walk.topological([f]) if node.op == OPAQUE}
    return [node for node in walk.topological([f], closed) if node.op == VAR]


def _verdicts(lesson: Lesson) -> dict[str, Verdict]:
    from symdiff.checking import verify as compare

    return {x.name: compare(lesson.formula, [x], g) for x, g in zip(lesson.wrt, lesson.answers, strict=True)}


def _lesson(f: Expr, wrt: Wrt | Sequence[Wrt]) -> Lesson:
    from symdiff.teach.record import lesson

    f = _scalar_reading(f)
    return lesson(f, resolve(f, _several(wrt)))


# ---------------------------------------------------------------------------------------------- building in Python


def _declared(names: str, shape: Callable[[str], tuple[Dim, ...]]) -> Any:
    from symdiff.syntax.parse import MATRICES, checked

    words = [checked(word, None, MATRICES) for word in names.replace(",", " ").split()]
    if not words:
        raise UnknownNameError("no name given", hint='sd.vectors("w phi")')
    nodes = tuple([build.var(word, shape(words[0])) for word in words])
    return nodes[0] if len(nodes) == 1 else nodes


def scalars(names: str) -> Any:
    """`a, b = sd.scalars("a b")`; one name gives one variable, several give a tuple."""
    return _declared(names, lambda first: ())


symbols = scalars


def vectors(names: str, size: str | int | None = None) -> Any:
    """`w, phi = sd.vectors("w phi", "n")`: vectors of one size; without a size it is that of the first."""
    return _declared(names, lambda first: (f"size({first})" if size is None else _size(size),))


def matrices(names: str, rows: str | int | None = None, cols: str | int | None = None) -> Any:
    """`A, B = sd.matrices("A B", "m", "n")`: matrices of one shape; without sizes they are those of the first."""
    return _declared(
        names, lambda first: (f"rows({first})" if rows is None else _size(rows), f"cols({first})" if cols is None else _size(cols))
    )


def _size(size: str | int) -> Dim:
    from symdiff.syntax.parse import NUMBERS, checked

    if isinstance(size, str):
        return checked(size, None, NUMBERS)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ShapeError(f"a size is a name or a positive whole number, not {size!r}")
    return size


def function(name: str) -> Any:
    """The function of the language with this name, for nodes and numbers (or `pi`). AttributeError if there is none."""
    name = name.rstrip("_")
    if name in _BUILDERS:
        return _BUILDERS[name]
    if name not in TABLE:
        raise AttributeError(f"module 'symdiff' has no attribute {name!r}")
    row = TABLE[name]
    of_one = row.elementwise and len(row.args) == 1 and not row.macro
    of_number = CALLS[row.name]

    def apply(*args: Any) -> Expr:
        if of_one and len(args) == 1 and type(args[0]) is Expr:  # a third of the time of what follows
            shape = args[0].shape
            return make(CALL, args, row.name, shape) if shape else of_number[args]
        return _call(name, [expression(a) for a in args])

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{name}` of the formula language."
    return apply


def function_names() -> list[str]:
    """What `function` finds, spelled as attributes of the module: `max`, `if_`."""
    return [name + "_" * iskeyword(name) for name in (*TABLE.names, *_BUILDERS)]


def _call(name: str, args: list[Expr]) -> Expr:
    """A row of the table applied as a formula applies it: max of one argument and of many, definitions."""
    row = TABLE[name]
    if len(args) == 1 and name in ("max", "min"):
        return build.call(name + "_entries", *args)
    while len(args) > 2 and name in ("max", "min"):
        args[:2] = [build.call(name, *args[:2])]
    if not row.macro:
        return build.call(name, *args)
    if len(args) != len(row.args):
        raise ShapeError(f"{name} takes {len(row.args)} arguments, not {len(args)}")
    from symdiff.syntax import template

    letters = dict(zip(row.args, args, strict=True))
    definition = template(row.define, {letter: a.shape for letter, a in letters.items()})

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return letters[node.name] if node.op == VAR else make(node.op, kids, node.data, node.shape)

    return walk.substitute([definition], put)[definition]


def _constant(value: Any, *sizes: Dim) -> Expr:
    return build.spread(expression(value), sizes)


_BUILDERS: dict[str, Any] = {
    "pi": build.const("pi"),
    "sum": build.total,
    "rowsum": build.rowsum,
    "colsum": build.colsum,
    "tr": build.trace,
    "trace": build.trace,
    "diag": lambda x: build.diag_matrix(x) if len(x.shape) == 1 else build.diag_part(x),
    "dot": build.dot,
    "outer": build.outer,
    "transpose": transpose,
    "vec": build.vec,
    "kron": build.kron,
    "multiply": lambda a, b: build.elementwise(expression(a), expression(b)),
    "divide": lambda a, b: build.divide(expression(a), expression(b)),
    "vector": _constant,
    "matrix": _constant,
    "ones": lambda *sizes: _constant(1, *sizes),
    "zeros": lambda *sizes: _constant(0, *sizes),
    "eye": build.eye,
    "unit": build.unit,
    "size": lambda x: build.dim(build.dim_product(x.shape)),
    "rows": lambda x: build.dim(x.shape[0]),
    "cols": lambda x: build.dim(x.shape[1]),
}
