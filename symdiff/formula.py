"""What a user holds: a Formula, the face of an interned node, and Expressions, several of them that share their work.

In: a node, and where it comes from: a text that was read, or a question that it answers; nothing for what was built in
Python. Out: everything that a formula can be asked for, each by the room that does it, imported when it is asked for.
What never changes: a formula's node and its origin. Nothing is remembered about nodes: two texts can mean one node and be
read differently, and one expression can be the answer to two questions with different notes.

Long: the face: each method is a public name with its documentation, and calls a room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast, final, overload

from symdiff.arguments import methods, public
from symdiff.errors import OperandError, RefutedError, SymdiffError, UnknownNameError
from symdiff.expr.node import CALL, FEW_NUMBERS, MINUS, PLUS, POWER, TIMES, VAR, Expr, Shape, make
from symdiff.expr.operators import expression, negative, operate, transpose
from symdiff.expr.patterns import is_call_of
from symdiff.table.operators import INEQUALITIES

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    import jax
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from symdiff.checking import Verdict
    from symdiff.convexity import Curvature
    from symdiff.differentiate import Answer
    from symdiff.grading import Checker, Grade
    from symdiff.numeric.targets import Target
    from symdiff.syntax import Parsed, Reading, TypeInfo
    from symdiff.teach.backward import Backward
    from symdiff.teach.handout import Handout, Section
    from symdiff.teach.numbers import Trace
    from symdiff.teach.picture import Graph
    from symdiff.teach.record import Lesson
    from symdiff.teach.steps import Derivation

if TYPE_CHECKING:
    Array = NDArray[np.float64]  # a value without axes is a float of NumPy's, which has the methods of an array

Code = Literal["numpy", "jax", "torch", "math", "sympy", "c"]

DOCUMENTED = (
    1_000  # nodes up to which a compiled function gets a docstring: the formulas of larger ones take longer to write than to compile
)

CUT = 2_000  # characters of a formula that a session shows


@final
@methods
class Formula:
    """A formula: made by `sd.parse`, by `sd.grad` and its like, by `sd.vectors` and Python's operators.

    expr: the interned node; built twice, it is the same object. Two formulas are equal (`==`, hash) if node and reading are
    the same; `a.equals(b)` asks for equality as functions. Operators mean what they mean in a formula, for formulas and numbers:
    `+ - * / **` and `@`, `.T` for the transpose, `< <= > >=` for Iverson brackets.
    """

    __slots__ = ("__weakref__", "_known", "_notes", "_reading", "answer", "expr")

    expr: Expr
    answer: Answer | None
    _known: Parsed | Reading | Formula | None
    _reading: Reading
    _notes: tuple[str, ...]

    @public
    def __init__(self, expr: Expr, known: Parsed | Reading | Formula | None = None, answer: Answer | None = None) -> None:
        """known: whose reading it is: the parse that gave the node, or the formula that is asked about. answer: what it is an answer to."""
        if type(expr) is not Expr:
            raise OperandError(f"a Formula is made of a node, not of {_named(expr)}", hint='sd.parse("w.x")')
        self.expr = expr
        self._known = known
        self.answer = answer

    # ------------------------------------------------------------------------------------------ what it is

    @property
    def reading(self) -> Reading:
        """The types of its names with their sources, the text, the parser's remarks; of an answer those of its formula."""
        try:
            return self._reading
        except AttributeError:
            if self._known is not None:
                self._reading = self._known.reading
            else:
                from symdiff.syntax.reading import built

                self._reading = built(self.expr)
            return self._reading

    @property
    def types(self) -> Mapping[str, TypeInfo]:
        """The type of every variable that occurs, with its source: "declared", "inferred" or the convention."""
        if self.answer is None:
            return self.reading.types
        from symdiff.syntax.reading import built

        return built(self.expr, self.reading).types

    @property
    def text(self) -> str:
        """What was typed; of anything else the formula as it is written."""
        return str(self) if self.answer is not None else self.reading.text or str(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """Of an answer, what it assumes: conditions that its formula does not have (`valid where …`), properties of variables
        that it rests on (`uses: A symmetric`), its convention where there is a choice. Then the parser's remarks on the formula that was read.
        """
        try:
            return self._notes
        except AttributeError:
            self._notes = (*(self.answer.notes() if self.answer is not None else ()), *self.reading.notes)
            return self._notes

    @property
    def shape(self) -> Shape:
        """The sizes of the axes: numbers, names (`n`), or what stands for them (`size(x)`, `rows(A)`)."""
        return self.expr.shape

    @property
    def name(self) -> str:
        """The name of a variable, a binding or an opaque function; "" of anything else."""
        return self.expr.name

    @property
    def properties(self) -> tuple[str, ...]:
        """What is declared of a variable: "positive", "symmetric", …; () of anything else."""
        return tuple(self.expr.data[1]) if self.expr.op == VAR else ()

    @property
    def variables(self) -> dict[str, Formula]:
        """Variables and opaque functions by name, in reading order."""
        from symdiff.names import leaves

        return {name: _of(node) for name, node in leaves([self.expr]).items()}

    @property
    def known(self) -> list[Expr]:
        """The nodes whose names, types and bindings hold for texts about this formula: its own and its question's."""
        return [self.expr] if self.answer is None else [self.expr, self.answer.question.f, *self.answer.question.nodes]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Formula):
            return NotImplemented
        return self.expr is other.expr and self.types == other.types

    def __hash__(self) -> int:
        return hash(self.expr)

    def __reduce__(self) -> tuple[Any, ...]:
        return Formula, (self.expr, None if self._known is None else self.reading, self.answer)

    def __copy__(self) -> Formula:
        return self

    def __deepcopy__(self, memo: Any) -> Formula:
        return self

    # ------------------------------------------------------------------------------------------ operators

    __array_ufunc__ = None  # NumPy leaves `array * formula` to the formula, which refuses it with a reason

    # Of two numbers, the commonest case by far, the node is looked up at once: a third to a half of the time
    # (`python -m benchmarks --only rosenbrock`).

    def __add__(self, other: Any) -> Formula:
        a = self.expr
        b = other.expr if type(other) is Formula else FEW_NUMBERS.get(other) if type(other) is int else None
        if b is None or b.shape or a.shape:
            return _operate("add", self, other)
        new = _new(Formula)
        new.expr = PLUS[a, b]
        new._known = new.answer = None
        return new

    def __radd__(self, other: Any) -> Formula:
        a = FEW_NUMBERS.get(other) if type(other) is int else None
        if a is None or self.expr.shape:
            return _operate("add", other, self)
        return _of(PLUS[a, self.expr])

    def __sub__(self, other: Any) -> Formula:
        a = self.expr
        b = other.expr if type(other) is Formula else FEW_NUMBERS.get(other) if type(other) is int else None
        if b is None or b.shape or a.shape:
            return _operate("sub", self, other)
        new = _new(Formula)
        new.expr = MINUS[a, b]
        new._known = new.answer = None
        return new

    def __rsub__(self, other: Any) -> Formula:
        a = FEW_NUMBERS.get(other) if type(other) is int else None
        if a is None or self.expr.shape:
            return _operate("sub", other, self)
        return _of(MINUS[a, self.expr])

    def __mul__(self, other: Any) -> Formula:
        a = self.expr
        b = other.expr if type(other) is Formula else FEW_NUMBERS.get(other) if type(other) is int else None
        if b is None or b.shape or a.shape:
            return _operate("mul", self, other)
        new = _new(Formula)
        new.expr = TIMES[a, b]
        new._known = new.answer = None
        return new

    def __rmul__(self, other: Any) -> Formula:
        a = FEW_NUMBERS.get(other) if type(other) is int else None
        if a is None or self.expr.shape:
            return _operate("mul", other, self)
        return _of(TIMES[a, self.expr])

    def __truediv__(self, other: Any) -> Formula:
        return _operate("div", self, other)

    def __rtruediv__(self, other: Any) -> Formula:
        return _operate("div", other, self)

    def __pow__(self, other: Any) -> Formula:
        a = self.expr
        b = other.expr if type(other) is Formula else FEW_NUMBERS.get(other) if type(other) is int else None
        if b is None or b.shape or a.shape:
            return _operate("pow", self, other)
        return _of(POWER[a, b])

    def __rpow__(self, other: Any) -> Formula:
        return _operate("pow", other, self)

    def __matmul__(self, other: Any) -> Formula:
        return _operate("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Formula:
        return _operate("matmul", other, self)

    def __lt__(self, other: Any) -> Formula:
        return _operate("lt", self, other)

    def __le__(self, other: Any) -> Formula:
        return _operate("le", self, other)

    def __gt__(self, other: Any) -> Formula:
        return _operate("gt", self, other)

    def __ge__(self, other: Any) -> Formula:
        return _operate("ge", self, other)

    def __neg__(self) -> Formula:
        return _of(negative(self.expr))

    def __pos__(self) -> Formula:
        return self

    def __bool__(self) -> bool:
        """True, but a TypeError for a condition: `a < b < c` and `if a < b` would drop a part of it silently."""
        if is_call_of(self.expr, INEQUALITIES):
            raise OperandError("a condition on symbols is neither true nor false", hint="use it as a factor, or in sd.if_(c, a, b)")
        return True

    def __abs__(self) -> Formula:
        from symdiff.expr import build

        return _of(build.call("abs", self.expr))

    def __float__(self) -> float:
        """The value of a number without variables. OperandError for any other formula."""
        if self.expr.shape or self.variables:
            raise OperandError(
                f"a formula with {'axes' if self.expr.shape else 'variables'} is not one number", hint="f(x=…) gives its value"
            )
        return float(self())

    def __getitem__(self, index: Any) -> Formula:
        """Entries, counted from 1 as in a formula: `x[1]`, `A[1, 2]`; `A[1]` or `A[1, :]` is a row, `A[:, 2]` a column, as vectors.

        A slice has both its ends: `x[2:5]` are four entries. The error for entries that there are not is that of the formula `x[0]`.
        """
        from symdiff.expr.walk import substitute
        from symdiff.syntax import template

        letter = self.name if self.expr.op == VAR else "x"
        written = template(f"{letter}[{_index(index)}]", {letter: self.expr.shape})
        done = substitute(
            [written],
            lambda node, args: self.expr if node.op == VAR and node.name == letter else make(node.op, args, node.data, node.shape),
        )
        return _of(done[written])

    def __iter__(self) -> Iterator[Formula]:
        """The entries of a vector, the rows of a matrix, of a known size: `a, b = sd.vectors("x", 2)`. OperandError where the size is a name."""
        if not self.expr.shape or not isinstance(self.expr.shape[0], int):
            raise OperandError(
                "this formula has no known number of entries", hint='sd.vectors("x", 3) has three; several variables are sd.vectors("x y")'
            )
        return iter([self[k + 1] for k in range(self.expr.shape[0])])

    def subs(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Formula:
        """The formula with other formulas, texts, numbers or arrays in the place of variables: `f.subs(w="u + v", y=2)`.

        All are replaced at once. Texts are read with the types of this formula; sizes follow the new values. UnknownNameError for a name
        that does not occur, ShapeError for values of another shape.
        """
        from symdiff.constants import substituted
        from symdiff.names import resolve

        given = {**_mapping(values), **named}
        puts: dict[Expr, Expr] = {}
        for name, value in given.items():
            (x,) = resolve(self.expr, [name])
            puts[x] = self._text_for(x, value) if isinstance(value, str) else node_of(value)
        return _of(substituted(self.expr, puts))

    def _text_for(self, x: Expr, text: str) -> Expr:
        """A text in the place of a variable: its new names have the variable's type where they would be numbers otherwise."""
        from symdiff.expr.walk import variables

        node = read_text(text, self).expr
        kind = {1: "vector", 2: "matrix"}.get(len(x.shape))
        if node.shape or kind is None:
            return node
        known = variables(self.known)
        return read_text(text, self, {name: kind for name, y in variables([node]).items() if name not in known and not y.shape}).expr

    @property
    def T(self) -> Formula:
        """The transpose: of a matrix, of a vector (a row), of a row (the vector); a scalar stays. ShapeError for tensors of three axes or more."""
        return _of(transpose(self.expr))

    # ------------------------------------------------------------------------------------------ as text

    def __str__(self) -> str:
        """A formula of the language; `sd.parse(str(g), given=f)` gives g back."""
        return self._written("text")

    def __repr__(self) -> str:
        """The text, cut where it would fill the screen; never an exception, since debuggers and test reports show it."""
        try:
            full = str(self)
        except Exception as error:  # noqa: BLE001
            return f"<{self.expr!r}: {type(error).__name__}>"
        return full if len(full) <= CUT else full[:CUT] + " …"

    def latex(self) -> str:
        """As LaTeX for mathematics mode, without dollars; it needs the package amsmath."""
        return self._written("latex")

    def unicode(self) -> str:
        """As text on one line with the letters and signs of mathematics, `φ₁ᵀx`; `sd.parse` reads it."""
        return self._written("unicode")

    def mathml(self) -> str:
        """As a `<math>` element of MathML Core, for a page."""
        return self._written("mathml")

    def typst(self) -> str:
        """As the content of an equation of Typst, without dollars."""
        return self._written("typst")

    def _written(self, form: str) -> str:
        from symdiff.printers import written

        return written(self.expr, form)

    def program(self) -> str:
        """Declarations, bindings and the expression: a formula that parses alone."""
        from symdiff.printers import written_program

        return written_program(self.expr)

    def expand(self) -> Formula:
        """The same value with every bound name written out, as short as it then gets; an answer to the same question."""
        from dataclasses import replace

        from symdiff.notation import write

        (node,) = write([self.expr], self.expr, expand=True)
        return Formula(node, self._known, None if self.answer is None else replace(self.answer, expr=node))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.unicode())

    # ------------------------------------------------------------------------------------------ as a value

    def __call__(self, values: Mapping[str, Any] | None = None, /, *more: Any, **named: Any) -> Array:
        """The value as a float of NumPy, or as an array: `g(w=[3, 1], phi=[1, 2], y=2)`, or of one dict.

        UnknownNameError if a value is missing, or given to a name that neither the formula nor the question has; ShapeError
        if one does not fit.
        """
        from symdiff import numeric
        from symdiff.printers import written

        if more:
            raise OperandError("values are given by name, or in one dictionary", hint="f(w=[3, 1], y=2), or f({'w': [3, 1], 'y': 2})")
        given = {**_mapping(values), **named}
        self.check_names(given)
        (node,) = nodes_for_code([self])
        return cast("Array", numeric.evaluate(node, given, show=written, given=lost([self], [node])))

    def place_names(self) -> set[str]:
        """What a value can be given to: variables, opaque functions and sizes of the formula, or of the question that it answers."""
        from symdiff.names import places

        return places(self.known) | self.reading.also

    def check_names(self, given: Iterable[str]) -> None:
        """UnknownNameError unless each is a name of the formula, or of the question that it answers."""
        from symdiff.names import what_there_is
        from symdiff.numeric.run import names_of

        known: set[str] = set()
        for name in given:
            known = known or self.place_names()
            if known.isdisjoint(names_of(name)):
                raise UnknownNameError(
                    f"a value for {name!r}, which does not occur in the formula",
                    hint=what_there_is(self.known[0] if self.answer is None else self.answer.question.f),
                )

    @overload
    def compile(self, target: Literal["numpy"] = ..., *, batch: str | Sequence[str] = ...) -> Callable[..., Array]: ...
    @overload
    def compile(self, target: Literal["math"], *, batch: str | Sequence[str] = ...) -> Callable[..., float]: ...
    @overload
    def compile(self, target: Literal["jax"], *, batch: str | Sequence[str] = ...) -> Callable[..., jax.Array]: ...
    @overload
    def compile(self, target: Literal["torch"], *, batch: str | Sequence[str] = ...) -> Callable[..., torch.Tensor]: ...
    def compile(self, target: str = "numpy", *, batch: str | Sequence[str] = ()) -> Callable[..., Any]:
        """A Python function of the variables, by keyword. target: "numpy", "jax", "torch", "math".

        batch: names of variables that have one more axis in front, along which the value has one, too.
        """
        return compiled([self], target, batch=batch)

    def code(self, target: Code = "numpy", *, doc: bool = True, bare: bool = False, batch: str | Sequence[str] = ()) -> str:
        """The source text of the function of `compile`, stand-alone; target "c" and "sympy" too. doc: with its docstring.

        bare: as a lecture writes it, with the arrays as arguments and without checks.
        """
        return source([self], target, doc=doc, bare=bare, batch=batch)

    def to_sympy(self, **sizes: int) -> Any:
        """The explicit components as a SymPy expression, or an array of the formula's shape: `g.to_sympy(n=3)`, a number for every size."""
        from symdiff.bridges import explicit

        return explicit(self.expr, sizes)

    # ------------------------------------------------------------------------------------------ truth

    def equals(self, other: Any) -> bool | None:
        """Whether both are the same function: by their normal forms, else by verification. None if undecided.

        other: a formula, or the text of one with the types of this. ParseError for a text that is none.
        """
        from symdiff.grading import equal

        return equal(self.expr, read_text(other, self).expr if isinstance(other, str) else self._with_my_sizes(other))

    def _with_my_sizes(self, other: Any) -> Expr:
        """The node of another formula; where its variables are this formula's but for the names of their sizes, as in `w.x` and `x.w`, with those of this one."""
        from symdiff.expr.walk import bindings, variables

        node = node_of(other)
        mine, theirs = variables([self.expr]), variables([node])
        shared = [(mine[name], x) for name, x in theirs.items() if name in mine]
        differ = any(a.shape != x.shape for a, x in shared)
        named = all(
            a.data == x.data
            and len(a.shape) == len(x.shape)
            and all(d == e or (type(d) is type(e) is str) for d, e in zip(a.shape, x.shape, strict=True))
            for a, x in shared
        )
        if not isinstance(other, Formula) or not (differ and named) or not theirs.keys().isdisjoint(bindings([self.expr])):
            return node
        sizes: dict[str, str] = {}  # of the other formula, by their names
        for a, x in shared:
            for mine_is, called in zip(a.shape, x.shape, strict=True):
                if type(called) is str and called.isidentifier() and sizes.setdefault(called, str(mine_is)) != str(mine_is):
                    return node
        try:
            again = read_text(re.sub(r"[^\W\d]\w*", lambda m: sizes.get(m[0], m[0]), str(other.expand())), self).expr
        except SymdiffError:
            return node
        read = variables([again])
        same = read.keys() == theirs.keys() and all(len(read[name].shape) == len(x.shape) for name, x in theirs.items())
        return again if same else node

    def verify(self, *, seconds: float | None = None) -> Verdict:
        """Of an answer, whether it is the derivative that its question asks for. SymdiffError for other formulas: `sd.verify(f, wrt, g)`."""
        if self.answer is None:
            raise SymdiffError(
                "this formula is no answer to a question", hint='sd.verify(f, "x", g) asks whether g is the derivative of f by x'
            )
        return self.answer.verify(seconds=seconds)

    def curvature(self, wrt: Wrt | Sequence[Wrt]) -> Curvature:
        """Convex, concave, affine or neither, with reasons; see `sd.curvature`. ShapeError unless the value is a number."""
        from symdiff.calculus.template import written_out
        from symdiff.convexity import curvature

        self.require_scalar()
        (f,) = written_out([self.expr])  # of a function of one's own, the definition has a curvature
        return curvature(f, [x if x.op == VAR else written_out([x])[0] for x in self.nodes(wrt)])

    def checker(
        self, wrt: Wrt | Sequence[Wrt], *, seconds: float | None = None, unconstrained: bool = False, prepared: bool = True
    ) -> Checker:
        """What marks the answers to one question; see `sd.checker`. prepared: for more than one answer."""
        from symdiff import differentiate
        from symdiff.grading import Checker

        nodes = self.nodes(wrt)
        right = differentiate.ask(differentiate.derivative, self.expr, nodes, differentiate.Form(unconstrained=unconstrained))
        made = Checker(self.expr, nodes, right.expr, seconds=seconds, prepared=prepared, unconstrained=unconstrained)
        return made.prepare() if prepared else made

    def check(self, wrt: Wrt | Sequence[Wrt], answer: Any, *, seconds: float | None = None, unconstrained: bool = False) -> Grade:
        """The mark of a derivative worked out by hand; see `sd.check`. ParseError where the answer is no formula."""
        return self.checker(wrt, seconds=seconds, unconstrained=unconstrained, prepared=False)(answer)

    # ------------------------------------------------------------------------------------------ teaching

    def nodes(self, wrt: Wrt | Sequence[Wrt]) -> list[Expr]:
        """The variables and bound names that are meant. UnknownNameError, listing what there is."""
        from symdiff.names import resolve

        return resolve(self.expr, [x.expr if isinstance(x, Formula) else x for x in several(wrt)], self.reading.text)

    def lesson(self, wrt: Wrt | Sequence[Wrt], *, layout: str = "denominator") -> Lesson:
        """The record that pictures, steps, numbers and pages are views of. layout: "numerator", where gradients are rows."""
        from symdiff.teach.record import lesson

        if layout not in ("denominator", "numerator"):
            raise SymdiffError(f"there is no layout {layout!r}", hint='layout="denominator" or layout="numerator"')
        return lesson(self.expr, self.nodes(wrt), numerator=layout == "numerator")

    def require_scalar(self) -> None:
        """ShapeError unless the value is a number, with what would make it one."""
        if not self.expr.shape:
            return
        from symdiff.errors import ShapeError
        from symdiff.expr.build import describe
        from symdiff.syntax.reading import guessed

        raise ShapeError(
            f"the value is a {describe(self.expr.shape)}; only a scalar has a gradient",
            hint="sd.jacobian(f, x) gives the derivative of any value; or did you mean sum(…) or norm2(…)^2?" + guessed(self.reading),
            text=self.reading.text,
        )

    def trace(self, values: Mapping[str, Any], wrt: Wrt | Sequence[Wrt] | None = None, *, layout: str = "denominator") -> Trace:
        """Both passes in numbers; see `sd.trace`. ShapeError unless the value is a number, UnknownNameError for values that are missing."""
        return _traced(self.lesson(self._outside() if wrt is None else wrt, layout=layout), _mapping(values))

    def _outside(self) -> list[Wrt]:
        """The variables that do not stand inside the brackets of opaque functions only."""
        from symdiff.expr import walk
        from symdiff.expr.node import OPAQUE

        closed = {node for node in walk.topological([self.expr]) if node.op == OPAQUE}
        return [_of(node) for node in walk.topological([self.expr], closed) if node.op == VAR]

    def steps(
        self,
        wrt: Wrt | Sequence[Wrt],
        level: str = "normal",
        *,
        verify: bool = True,
        style: str = "paths",
        names: str = "delta",
        layout: str = "denominator",
    ) -> Derivation:
        """The derivation in named steps; see `sd.steps`."""
        from symdiff.teach.steps import derive

        lesson = self.lesson(wrt, layout=layout)
        derive(lesson, level, style=style, names=names)  # a refusal comes before the work of the check
        return derive(lesson, level, list(_verdicts(lesson).values()) if verify else (), style=style, names=names)

    def backward(self, wrt: Wrt | Sequence[Wrt], names: str = "delta", *, layout: str = "denominator") -> Backward:
        """The backward pass as straight lines; see `sd.backward`. ShapeError unless the value is a number."""
        from symdiff.teach.backward import backward
        from symdiff.teach.truth import looked_at

        lesson = self.lesson(wrt, layout=layout)
        looked_at(lesson)
        return backward(lesson, names)

    def graph(
        self, wrt: Wrt | Sequence[Wrt], values: Mapping[str, Any] | None = None, *, shapes: bool = False, layout: str = "denominator",
        across: bool = False, legend: bool = True, plates: bool = True, curvature: bool = False,
    ) -> Graph:  # fmt: skip
        """The computation graph with a local derivative on every edge; see `sd.graph`. UnknownNameError for a variable that does not occur."""
        from symdiff.teach.picture import Graph
        from symdiff.teach.truth import looked_at

        lesson = self.lesson(wrt, layout=layout)
        if curvature:
            from symdiff.calculus.template import written_out
            from symdiff.convexity import node_by_node

            (root,) = written_out([self.expr])
            known = node_by_node(root, self.nodes(wrt), written_out([n.expr for n in lesson.nodes]))
            beside = {n.id: word for n, word in zip(lesson.nodes, known, strict=True) if not n.leaf}
            numbers = None if values is None else _traced(lesson, values)
            if numbers is None:
                looked_at(lesson)
                return Graph(lesson, shapes=shapes, across=across, legend=legend, curvature=beside)
            return Graph(
                lesson,
                numbers.shown_forward,
                numbers.shown_backward,
                shapes=shapes,
                gains=numbers.shown_gains,
                across=across,
                legend=legend,
                curvature=beside,
            )
        if plates and layout == "denominator" and self.reading.program is not None:
            from symdiff.teach.plates import Plates, plate

            found = plate(self.reading, lesson.names)
            if found is not None:
                if values is None:
                    looked_at(lesson)
                else:
                    _traced(lesson, values)  # refuses what does not fit
                return Plates(found, lesson, values, shapes=shapes, across=across, legend=legend)
        if values is None:
            looked_at(lesson)
            return Graph(lesson, shapes=shapes, across=across, legend=legend)
        numbers = _traced(lesson, values)
        return Graph(
            lesson, numbers.shown_forward, numbers.shown_backward, shapes=shapes, gains=numbers.shown_gains, across=across, legend=legend
        )

    def handout(
        self,
        wrt: Wrt | Sequence[Wrt],
        values: Mapping[str, Any] | None = None,
        *,
        title: str = "",
        verify: bool = True,
        optimum: bool = False,
    ) -> Handout:
        """Graph, rules, steps, answer, numbers and check on one page; see `sd.handout`."""
        from symdiff.teach.handout import handout
        from symdiff.teach.steps import derive

        lesson = self.lesson(wrt)
        verdicts = _verdicts(lesson) if verify else {}
        numbers = None if values is None else _traced(lesson, values)
        return handout(lesson, derive(lesson), self.reading, numbers, verdicts, title, [self._optimum(wrt)] if optimum else [])

    def _optimum(self, wrt: Wrt | Sequence[Wrt]) -> Section:
        """The section of a handout on whether descent reaches the optimum."""
        from symdiff.expr import walk
        from symdiff.simplify import simplify
        from symdiff.table import TABLE
        from symdiff.teach.optimum import optimum

        nodes = self.nodes(wrt)
        verdict = self.curvature(wrt)
        alone = {x.name: self.curvature(x) for x in nodes} if verdict.kind in ("neither", "unknown") and len(nodes) > 1 else {}
        (short,) = simplify([self.expr])
        calls = [n for n in walk.topological([short]) if n.op == CALL and not {*nodes}.isdisjoint(walk.topological([n]))]
        return optimum(verdict, alone, kinks=any(TABLE[n.data].kink for n in calls), layers=any(n.shape for n in calls))


Wrt = str | Formula | Expr
if TYPE_CHECKING:
    Operand = Formula | Expr | str | int | float | Fraction | Decimal | Sequence[Any] | NDArray[Any]
else:
    Operand = Any  # the annotation above would load NumPy, which a plain derivative does not need

_new = object.__new__


def _of(node: Expr) -> Formula:
    """The formula of a node that was built: no text, no question."""
    new = _new(Formula)
    new.expr = node
    new._known = new.answer = None
    return new


def node_of(value: Any) -> Expr:
    """The node of a formula, of the text of one, of a number (0.1 is 1/10), of a list or array of numbers. OperandError for anything else."""
    if type(value) is Formula:
        return value.expr
    if isinstance(value, str):
        return read_text(value).expr
    from symdiff.constants import constant, is_array

    if is_array(value):
        return constant(value)
    try:
        return expression(value)
    except TypeError:
        raise OperandError(
            f"{_named(value)} is no formula",
            hint='a formula, its text, a number, a list or array of numbers; a variable is made by sd.scalars("x")',
        ) from None


def _named(value: Any) -> str:
    return "None" if value is None else f"a value of the type {type(value).__name__}"


def read_text(
    text: str,
    known: Formula | None = None,
    declarations: Mapping[str, str] | Sequence[str] = (),
    *,
    latex: bool | None = None,
    asked: bool = False,
    own: Sequence[Any] = (),
) -> Formula:
    """A text as a formula; known: one whose types and bindings hold in it; own: names of functions of one's own. The rest as in `syntax.parse`."""
    from symdiff import syntax
    from symdiff.syntax.reading import beside

    parsed = syntax.parse(text, given=() if known is None else known.known, declarations=declarations, latex=latex, asked=asked, own=own)
    if parsed.program.latex and latex is None:
        from symdiff.printers import written

        parsed.notes.append(f"read as LaTeX: {written(parsed.expr)}")
    return Formula(parsed.expr, parsed if known is None else beside(parsed.expr, parsed.reading, known.reading))


def _mapping(values: Any) -> Mapping[str, Any]:
    """Values by name. OperandError for anything else."""
    if values is None:
        return {}
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise OperandError(f"values are given by name, not as {_named(values)}", hint="f(w=[3, 1], y=2), or f({'w': [3, 1], 'y': 2})")
    return values


def _index(index: Any) -> str:
    """What stands between the brackets."""
    parts = []
    for k in index if isinstance(index, tuple) else (index,):
        if (
            isinstance(k, slice)
            and k.step is None
            and all(end is None or (isinstance(end, int) and not isinstance(end, bool)) for end in (k.start, k.stop))
        ):
            parts.append(":" if k.start is None and k.stop is None else f"{k.start or ''}:{k.stop or ''}")
        elif isinstance(k, int) and not isinstance(k, bool):
            parts.append(str(k))
        else:
            raise OperandError(
                f"an entry is named by whole numbers from 1, not by {k!r}"[:200],
                hint="x[1], A[1, 2], A[1, :]; an index of a sum stands in the text: sum(i, x[i])",
            )
    return ", ".join(parts)


def built(node: Expr) -> Formula:
    """The formula of a node that was made without a text."""
    return _of(node)


def _operate(operator: str, left: Any, right: Any) -> Formula:
    """`left operator right` of formulas, texts that are read beside them, numbers, lists and arrays; NotImplemented (Python's own word for it) for the rest.

    OperandError for what never is an operand.
    """
    left, right = _operand(left, right), _operand(right, left)
    node = operate(operator, left, right)
    return cast(Formula, node) if node is NotImplemented else _of(node)


def _operand(value: Any, other: Any) -> Any:
    """A node of what may stand beside a formula; other things as they are."""
    if type(value) is Formula:
        return value.expr
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return read_text(value, other if isinstance(other, Formula) else None).expr
    if value is None or isinstance(value, complex | dict | set | bytes):
        return node_of(value)
    from symdiff.constants import constant, is_array

    return constant(value) if is_array(value) else value


def several(wrt: Wrt | Sequence[Wrt]) -> list[Wrt]:
    """One name or many as a list. OperandError for what names nothing."""
    if isinstance(wrt, str | Formula | Expr):
        return [wrt]
    given = list(wrt) if isinstance(wrt, Iterable) else None
    if not given or not all(isinstance(x, str | Formula | Expr) for x in given):
        raise OperandError(f"a name, or a list of names, is wanted, not {wrt!r}"[:200], hint='sd.grad(f, "w"), sd.grad(f, ["w", "b"])')
    return given


def _verdicts(lesson: Lesson) -> dict[str, Verdict]:
    """What the verification says of each answer. RefutedError if it refutes one: its steps are not shown."""
    from dataclasses import replace

    from symdiff.checking import verify
    from symdiff.teach.truth import refuted

    answers = replace(lesson, numerator=False).answers  # a transposed one is right if what it is the transpose of is
    found = {x.name: verify(lesson.formula, [x], g) for x, g in zip(lesson.wrt, answers, strict=True)}
    for name, verdict in found.items():
        if verdict.ok is False:
            raise refuted(name, verdict.reason)
    return found


def _traced(lesson: Lesson, values: Mapping[str, Any]) -> Trace:
    """The lesson in numbers, compared with differences of its value."""
    values = _mapping(values)
    from dataclasses import replace

    from symdiff.teach.numbers import trace
    from symdiff.teach.truth import compared

    found = trace(lesson, values)
    try:
        return replace(found, compared=compared(found))
    except RefutedError:  # it may be that doubles have lost their digits on the way
        found = trace(lesson, values, fine=True)
    return replace(found, compared=compared(found))


# ---------------------------------------------------------------------------------------------- several at once


@methods
class Expressions(tuple[Formula, ...]):
    """Several answers that share their work: `fn = answers.compile("numpy")` returns a tuple of values.

    `Expressions([f, g, h])` puts any formulas and numbers together. names: what each one is ("w", "V"; the value itself is "value");
    without them they are numbered from 1.
    """

    names: tuple[str, ...]

    @public
    def __new__(cls, items: Iterable[Any], names: Iterable[str] = ()) -> Self:
        if isinstance(items, str | Mapping) or not isinstance(items, Iterable) or isinstance(names, str) or not isinstance(names, Iterable):
            raise OperandError("expressions are a list of formulas, and their names a list", hint='sd.Expressions([f, g], ["f", "g"])')
        self = super().__new__(cls, [x if isinstance(x, Formula) else _of(node_of(x)) for x in items])
        self.names = tuple(names) or tuple([str(k) for k in range(1, len(self) + 1)])
        if len(self.names) != len(self):
            raise OperandError(f"there are {len(self)} expressions and {len(self.names)} names", hint="one name for each")
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return list(self), self.names

    def __str__(self) -> str:
        return "\n".join(f"{name}: {item}" for name, item in zip(self.names, self, strict=True))

    __repr__ = __str__

    def latex(self) -> str:
        """As LaTeX, a line for each."""
        from symdiff.expr import build
        from symdiff.printers import written

        lines = [f"{written(build.var(name), 'latex')} &: {item.latex()}" for name, item in zip(self.names, self, strict=True)]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def unicode(self) -> str:
        """As text with the letters and signs of mathematics, a line for each."""
        return "\n".join(f"{name}: {item.unicode()}" for name, item in zip(self.names, self, strict=True))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    @overload
    def compile(self, target: Literal["numpy"] = ..., *, batch: str | Sequence[str] = ...) -> Callable[..., tuple[Array, ...]]: ...
    @overload
    def compile(self, target: Literal["math"], *, batch: str | Sequence[str] = ...) -> Callable[..., tuple[float, ...]]: ...
    @overload
    def compile(self, target: Literal["jax"], *, batch: str | Sequence[str] = ...) -> Callable[..., tuple[jax.Array, ...]]: ...
    @overload
    def compile(self, target: Literal["torch"], *, batch: str | Sequence[str] = ...) -> Callable[..., tuple[torch.Tensor, ...]]: ...
    def compile(self, target: str = "numpy", *, batch: str | Sequence[str] = ()) -> Callable[..., tuple[Any, ...]]:
        """One Python function that returns the tuple of values. target: "numpy", "jax", "torch", "math". batch: as for one formula."""
        return compiled(self, target, several=True, batch=batch)

    def code(self, target: Code = "numpy", *, doc: bool = True, bare: bool = False, batch: str | Sequence[str] = ()) -> str:
        """The source text of that function, stand-alone; bare: as a lecture writes it."""
        return source(self, target, doc=doc, several=True, bare=bare, batch=batch)


def compiled(
    formulas: Sequence[Formula], target: str = "numpy", *, several: bool = False, batch: str | Sequence[str] = ()
) -> Callable[..., Any]:
    """A Python function of all the formulas' variables by keyword."""
    from symdiff import numeric
    from symdiff.expr import walk

    nodes = nodes_for_code(formulas, batch)
    names = set[str]().union(*[f.place_names() for f in formulas])
    function = numeric.compile(nodes, target, several=several, given=lost(formulas, nodes), names=names)
    if not function.__doc__ and len(walk.topological(nodes)) <= DOCUMENTED:
        function.__doc__ = _doc(formulas)
    return function


def source(
    formulas: Sequence[Formula],
    target: str = "numpy",
    *,
    doc: bool = True,
    several: bool = False,
    bare: bool = False,
    batch: str | Sequence[str] = (),
) -> str:
    """The text of a function of all the formulas."""
    from symdiff import bridges, numeric
    from symdiff.names import leaves

    way = bridges.target(target)
    nodes = [f.expr for f in formulas] if way.shown else nodes_for_code(formulas, batch, way)
    order, given = list(leaves([f.expr for f in formulas])), lost(formulas, nodes)  # as the answer is read, not as it is computed
    if bare:
        return way.bare(nodes, several=several, given=given, order=order)
    return numeric.code(nodes, way, doc=_doc(formulas) if doc and not way.shown else "", several=several, given=given, order=order)


def nodes_for_code(formulas: Sequence[Formula], batch: str | Sequence[str] = (), target: Target | None = None) -> list[Expr]:
    """Expressions of the formulas' values that are the least work for a machine; over a further axis of the variables in `batch`."""
    nodes = [f.expr for f in formulas]
    if any(f.answer is not None for f in formulas):
        from symdiff.programs import cheapest

        found = cheapest([(f.expr, f.answer) for f in formulas])
        if target is None or target.takes(found):
            nodes = found
    if batch:
        from symdiff.numeric.batches import batched

        nodes = batched(nodes, [batch] if isinstance(batch, str) else batch)
    return nodes


def lost(formulas: Sequence[Formula], nodes: Sequence[Expr]) -> list[Expr]:
    """The variables of the formulas' questions that alone carry a size which an answer needs: `zeros(n)` where b: vector(n) has gone.

    Their values are no arguments that must be given, but their sizes count where they are.
    """
    from symdiff.expr import walk

    own = walk.variables(nodes)
    needed = walk.dimensions(nodes) - _carried(own.values())
    if not needed:
        return []
    others = walk.variables([node for f in formulas for node in (*f.known, *f.reading.unused)])
    return [x for name, x in others.items() if name not in own and needed & _carried([x])]


def _carried(variables: Iterable[Expr]) -> set[str]:
    """The names of sizes that these variables have as an axis."""
    return {d for x in variables for d in x.shape if isinstance(d, str)}


def _doc(formulas: Sequence[Formula]) -> str:
    """What a function computes: the formulas as text, and the shapes of arguments and values."""
    from symdiff.expr.build import describe
    from symdiff.names import leaves

    names = formulas.names if isinstance(formulas, Expressions) else [""] * len(formulas)
    texts = [f"{name}: {_brief(f)}" if name else _brief(f) for name, f in zip(names, formulas, strict=True)]
    known = leaves([f.expr for f in formulas])
    shapes = [f"{name}: {' '.join([*x.data[1], describe(x.shape)])}" for name, x in known.items() if x.op == VAR]
    values = ", ".join(describe(f.shape) for f in formulas)
    return "\n".join([*texts, "", f"{', '.join(shapes)} -> {values}" if shapes else values])


def _brief(f: Formula) -> str:
    text = repr(f)
    return text if len(text) <= 400 else text[:400] + " …"
