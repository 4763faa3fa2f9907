"""Both passes with numbers: forward values from the leaves up, backward values from the loss down, node by node.

In: a lesson and a value for every letter. Out: the trace, as data, and as tables for a terminal, Markdown, LaTeX, HTML,
CSV and JSON. All numbers come from one compiled function of the sweep's own expressions; nothing is simplified first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from symdiff.arguments import methods
from symdiff.errors import DomainError
from symdiff.expr import build
from symdiff.expr.node import NAME, VAR, Expr, make
from symdiff.expr.walk import substitute
from symdiff.notation.spoken import spoken
from symdiff.notation.unparse import unparse
from symdiff.numeric import compile, evaluate
from symdiff.numeric.run import refuse_singular
from symdiff.printers import text, written
from symdiff.syntax.parse import canonical
from symdiff.syntax.tree import Program
from symdiff.teach.digits import mended
from symdiff.teach.exact import exact
from symdiff.teach.lines import for_every
from symdiff.teach.record import Edge, Lesson, Node, mentions, put
from symdiff.teach.tables import Cell, Table, Value, number, render
from symdiff.teach.values import checked

# Examples that are shown line by line.
MAX_EXAMPLES = 40

# Entries of the variables that are moved one after the other.
MAX_MOVES = 24


class Move(NamedTuple):
    """A small change and what follows, beside the derivative's prediction of the difference.

    through: "edge", one operation done again, or "formula", all of it. changed, entry: the node and the entry `[1,2]` of it.
    """

    through: str
    changed: Program
    entry: str
    moves: Program
    before: float
    after: float
    predicted: float


def _without_properties(f: Expr, x: Expr) -> Expr:
    """f with a variable that may be any of its shape: code of a symmetric one may take it for its transpose."""
    free = build.var(x.data[0], x.shape)
    return substitute([f], lambda node, args: free if node is x else make(node.op, args, node.data, node.shape) if args else node)[f]


@methods
@dataclass(frozen=True)
class Trace:
    """The numbers of a lesson at `values`.

    forward: the value of every node, backward: the derivative of the result by every active node, by id.
    gains: the local derivative of an edge as a number or array; of an edge of form "map" None.
    passed: what every active edge adds to its argument's adjoint. answers: the derivatives that were asked for, by name.
    typed: the values as they were given, fractions as fractions. compared: the variables by which the derivative agrees with central
    differences of the formula's value at this very point.
    """

    lesson: Lesson
    values: Mapping[str, Any]
    forward: Mapping[int, Any]
    backward: Mapping[int, Any]
    gains: Mapping[Edge, Any]
    passed: Mapping[Edge, Any]
    answers: Mapping[str, Any]
    typed: Mapping[str, Any] = field(default_factory=dict, repr=False)
    compared: tuple[str, ...] = field(default=(), repr=False)

    @property
    def value(self) -> Any:
        """The value of the formula: a number, or an array."""
        value = self.forward[self.lesson.top.id]
        return value if self.lesson.top.shape else float(value)

    @cached_property
    def _exact(self) -> dict[Expr, Any]:
        """Values as fractions, where all that leads to them is exact; of the nodes, their adjoints, edges and answers."""
        lesson = self.lesson
        gains = [e.local for e in self.gains if e.local is not None]
        return exact([*[n.expr for n in lesson.nodes], *lesson.adjoints.values(), *lesson.contributions.values(), *gains], self.typed)

    def _best(self, e: Expr | None, value: Any) -> Any:
        """The exact value of e, if it has one that is as near to the computed one as rounding, else that."""
        import numpy as np

        found = None if e is None or value is None else self._exact.get(e)
        if found is not None and np.shape(found) != np.shape(value) and np.size(found) == np.size(value):
            found = np.reshape(found, np.shape(value))  # a row
        if found is None or not np.allclose(np.asarray(found, dtype=float), np.asarray(value), rtol=1e-9, atol=1e-9):
            return value
        return np.asarray(found, dtype=float) if self._in_decimals and all(10**6 % v.denominator == 0 for v in found.flat) else found

    @cached_property
    def _in_decimals(self) -> bool:
        """Whether a value was given as a decimal: then those that decimals say are said so."""
        import numpy as np

        given = [v for value in self.typed.values() if not callable(value) for v in np.asarray(value, dtype=object).reshape(-1).tolist()]
        return any(isinstance(v, float) and not v.is_integer() for v in given)

    @cached_property
    def shown_forward(self) -> dict[int, Any]:
        """Forward values to be shown: fractions where they are exact."""
        return {n.id: self._best(n.expr, self.forward[n.id]) for n in self.lesson.nodes}

    @cached_property
    def shown_backward(self) -> dict[int, Any]:
        """Backward values to be shown: fractions where they are exact."""
        return {k: self._best(self.lesson.adjoints.get(k), v) for k, v in self.backward.items()}

    @cached_property
    def shown_gains(self) -> dict[Edge, Any]:
        """Local derivatives to be shown: fractions where they are exact."""
        return {e: self._best(e.local, v) for e, v in self.gains.items()}

    def _tables(self) -> list[Table]:
        import numpy as np

        lesson = self.lesson
        forward, backward = self.shown_forward, self.shown_backward
        passed = {e: self._best(lesson.contributions.get(e), v) for e, v in self.passed.items()}
        examples = self._examples()
        nodes = [(*_spoken(n), _value(forward[n.id]), _value(backward.get(n.id))) for n in lesson.nodes if n not in examples]
        edges = [
            (
                *_acting(lesson, e),
                *(
                    ("", "")
                    if {lesson.nodes[e.user], lesson.nodes[e.argument]} & set(examples)
                    else (_value(self._beside_the_adjoint(e)), _value(passed.get(e)))
                ),
            )
            for e in lesson.edges
        ]
        sums = []
        for n in lesson.backward:
            paths = lesson.incoming[n.id]
            if len(paths) > 1 and n not in examples:
                terms: list[Cell] = [_value(passed[paths[0]])]
                for e in paths[1:]:
                    negative = np.ndim(self.passed[e]) == 0 and self.passed[e] < 0
                    terms += [" + (" if negative else " + ", _value(passed[e]), ")" if negative else ""]
                sums.append((n.label, tuple(terms), _value(backward[n.id])))
        return [
            Table("Forward and backward", ("name", "operation", "forward", "backward"), tuple(nodes), ("", "", "forward", "backward")),
            *(self._example_tables(examples) if examples else []),
            Table(
                "On the edges",
                ("edge", f"on {lesson.adjoint_name}", "its value", "passed on"),
                tuple(edges),
                ("", "backward", "", "backward"),
            ),
            Table("Sums over paths", ("node", "over its paths", "sum"), tuple(sums), ("", "", "backward")),
        ]

    def _beside_the_adjoint(self, e: Edge) -> Any:
        """The value of what stands on an edge beside the adjoint; None where the adjoint stands inside, or for a letter of another shape."""
        import numpy as np

        lesson, gain = self.lesson, self.shown_gains.get(e)
        effect = lesson.effects.get(e)
        if gain is None or effect is None or effect.body.body is None or lesson.at_entries(e) is not None:
            return None
        if mentions(effect.body.body, lesson.adjoint_name):
            return None
        if e.form == "times":
            turned = bool(lesson.formula.shape) or lesson.numerator
            return None if turned and not lesson.plain(e) else gain
        square = np.asarray(gain, dtype=float)
        if square.ndim != 2 or (square.shape[0] == square.shape[1] and np.array_equal(square, square[0, 0] * np.eye(len(square)))):
            return None  # a number beside the adjoint
        if effect.before == "emul":
            return np.diagonal(gain)
        return np.transpose(gain) if effect.after else gain if lesson.numerator else None

    def _examples(self) -> list[Node]:
        """The nodes that have an entry for every example: along a size that is summed over and that no variable of the question has."""
        import numpy as np

        lesson = self.lesson
        summed = {
            lesson.nodes[e.argument].shape
            for e in lesson.edges
            if not lesson.nodes[e.user].shape and len(lesson.nodes[e.argument].shape) == 1
        }
        given = {n.shape[0] for n in lesson.nodes if n.leaf and not n.wrt and n.shape}
        asked = {d for n in lesson.nodes if n.wrt for d in n.shape}
        size = next((d for (d,) in sorted(summed, key=str) if d in given and d not in asked), None)
        if size is None or lesson.top.shape:
            return []
        found = [n for n in lesson.nodes if n.shape[:1] == (size,) and (len(n.shape) == 1 or (n.leaf and len(n.shape) == 2))]
        rows = len(np.asarray(self.forward[found[0].id]))
        return found if len(found) > 2 and 1 < rows <= MAX_EXAMPLES else []

    def _example_tables(self, nodes: Sequence[Node]) -> list[Table]:
        """A line for every example, the forward and the backward values."""
        import numpy as np

        forward, backward = self.shown_forward, self.shown_backward
        size = len(np.asarray(forward[nodes[0].id]))

        def lines(values: Mapping[int, Any], of: Sequence[Node]) -> tuple[tuple[Cell, ...], ...]:
            columns = [_by_examples(np.asarray(values[n.id]), n) for n in of]
            return tuple([(str(i + 1), *[_value(column[i]) for column in columns]) for i in range(size)])

        moved = [n for n in nodes if n.id in backward]
        tables = [
            Table("Example by example, forward", ("i", *map(_of_one, nodes)), lines(forward, nodes), ("faint", *["forward"] * len(nodes)))
        ]
        if moved:
            tables.append(
                Table(
                    "Example by example, backward",
                    ("i", *map(_of_one, moved)),
                    lines(backward, moved),
                    ("faint", *["backward"] * len(moved)),
                )
            )
        return tables

    def show(self, form: str = "unicode", perturb: float | None = None) -> str:
        """The trace as "text", "unicode", "markdown", "latex", "html", "csv" or "json".

        perturb: with a table of what happens when an input is moved by so much, beside the derivative's prediction.
        """
        if form == "json":
            return json.dumps(self.data(perturb), ensure_ascii=False, indent=2, allow_nan=False)
        return render([*self._tables(), *([self._moves(perturb)] if perturb is not None else [])], form)

    def __str__(self) -> str:
        return self.show("text")

    def _repr_html_(self) -> str:
        return self.show("html")

    def sliders(self) -> Any:
        """The trace with a slider for every number, in a notebook with ipywidgets. SymdiffError without it, and for more than 24 numbers."""
        from symdiff.teach.sliders import sliders

        return sliders(self.typed or self.values, lambda values: trace(self.lesson, values).show("html"))

    def data(self, perturb: float | None = None) -> dict[str, Any]:
        """The trace as plain data: numbers and nested lists; what is not finite as the text "nan", "inf", "-inf"."""
        lesson = self.lesson
        result: dict[str, Any] = {
            "formula": written(lesson.formula),
            "value": _finite(self.forward[lesson.top.id]),
            "nodes": [
                {
                    "id": n.id,
                    "name": n.name,
                    "label": n.text,
                    "rule": n.rule,
                    "shape": [build.show_dim(d) for d in n.shape],
                    "forward": _finite(self.forward[n.id]),
                    "backward": _finite(self.backward.get(n.id)),
                }
                for n in lesson.nodes
            ],
            "edges": [
                {
                    "user": e.user,
                    "argument": e.argument,
                    "rule": e.rule,
                    "local": e.text,
                    "form": e.form,
                    "gain": _finite(self.gains.get(e)),
                    "passed": _finite(self.passed.get(e)),
                }
                for e in lesson.edges
            ],
            "derivative": {
                name: {"text": written(g), "value": _finite(self.answers[name])}
                for name, g in zip(lesson.names, lesson.answers, strict=True)
            },
        }
        if perturb is not None:
            result["perturb"] = [
                {
                    "through": m.through,
                    "changed": text(m.changed) + m.entry,
                    "by": perturb,
                    "moves": text(m.moves),
                    "from": _finite(m.before),
                    "to": _finite(m.after),
                    "predicted": _finite(m.predicted),
                }
                for m in self.moves(perturb)
            ]
        return result

    # ------------------------------------------------------------------------------------------ a small change

    def moves(self, eps: float) -> list[Move]:
        """What happens when something is changed by eps.

        First every edge between two scalars: the argument is moved, the operation is done again. Then every entry of the
        variables, up to MAX_MOVES: the whole formula is. DomainError if eps is 0 or not finite.
        """
        import numpy as np

        if not math.isfinite(eps) or eps == 0:
            raise DomainError(f"a change by {eps} shows nothing", hint="--perturb 0.001")
        lesson = self.lesson
        if lesson.top.shape:
            raise DomainError("what a change moves is shown of a number", hint="sum(…) makes one, or an entry: f[1]")
        found = []
        for e in lesson.edges:
            user, argument = lesson.nodes[e.user], lesson.nodes[e.argument]
            if e.active and not user.shape and not argument.shape:
                before = float(self.forward[user.id])
                after = self._again(user, e.place, eps)
                found.append(Move("edge", argument.label, "", user.label, before, after, float(self.gains[e]) * eps))
        top = lesson.top
        for n in lesson.nodes:
            x = n.expr
            if not n.wrt or x.op != VAR:
                continue  # a bound name: its edges are above
            # Of a symmetric matrix a single entry is moved, too; the answer's projection does not speak of that.
            gradient = np.asarray(self.backward.get(n.id, np.zeros(np.shape(self.forward[n.id]))))
            start = np.array(self.values[x.name], dtype=float)
            if lesson.numerator and gradient.ndim == 2:
                gradient = np.reshape(gradient.T, start.shape)  # a row, or a matrix that is transposed
            formula = _without_properties(lesson.formula, x)
            for index in list(product(*map(range, start.shape)))[:MAX_MOVES]:
                moved = start.copy()
                moved[index] += eps
                after = float(evaluate(formula, {**self.values, x.name: moved}))
                place = f"[{','.join(str(k + 1) for k in index)}]" if index else ""
                predicted = float(np.asarray(gradient)[index]) * eps
                found.append(Move("formula", unparse(x), place, top.label, self.value, after, predicted))
        return found

    def _again(self, user: Node, place: int, eps: float) -> float:
        """The value of an operation with one of its arguments moved."""
        values = dict(self.values)  # for functions and sizes; the operation itself has no letters but ours
        letters: dict[Expr, Expr] = {}
        for e in self.lesson.outgoing[user.id]:
            argument = self.lesson.nodes[e.argument]
            label = f"x{e.place}"
            letters[user.slots[e.place]] = build.var(label, argument.shape)
            values[label] = self.forward[argument.id] + (eps if e.place == place else 0)
        return float(evaluate(put(user.operation, letters), values))

    def _moves(self, eps: float) -> Table:
        rows = [
            (
                m.through,
                (m.changed, m.entry),
                m.moves,
                (_fine(m.before), " → ", _fine(m.after)),
                _fine(m.after - m.before),
                _fine(m.predicted),
            )
            for m in self.moves(eps)
        ]
        return Table(f"A change by {number(eps)}", ("through", "changed", "what moves", "from, to", "moves by", "predicted"), tuple(rows))


def trace(lesson: Lesson, values: Mapping[str, Any], fine: bool = False) -> Trace:
    """Both passes at these values: numbers, lists or arrays by name; a function or value for an opaque function.

    fine: computed in many digits, where doubles lose them on the way (1 - sigma(40) is 0).
    UnknownNameError for missing and superfluous values, ShapeError for shapes that do not fit.
    """
    import numpy as np

    given = checked(lesson.formula, values)
    turned = lesson.laid_out if any(len(n.shape) == 2 for n in lesson.nodes) else lambda g: g  # numbers of a row are those of the vector
    passing = {e: turned(e.raw) for e in lesson.edges if e.raw is not None}
    local = {e: e.local for e in lesson.edges if e.local is not None and e.form != "map"}
    forward = {n.id: n.expr for n in lesson.nodes}
    adjoints = {k: turned(g) for k, g in lesson.raw_adjoints.items()}
    parts: list[dict[Any, Expr]] = [
        forward,
        adjoints,
        local,
        passing,
        dict(zip(lesson.names, map(turned, lesson.raw_answers), strict=True)),
    ]
    every = [x for part in parts for x in part.values()]
    function = compile(every, several=True)
    try:
        with np.errstate(all="ignore"):
            found = iter(function(**given))
    except np.linalg.LinAlgError:
        for x in every:
            refuse_singular(x, given)
        raise
    typed = {name: values[raw] for raw in values if (name := canonical(raw)) in given}
    values_of: list[Any] = [{key: next(found) for key in part} for part in parts]
    for part, numbers in zip(parts, values_of, strict=True):
        numbers |= mended({key: (x, numbers[key]) for key, x in part.items()}, given, fine)
    up, down, gains, passed, answers = values_of
    return Trace(lesson, given, up, down, gains, passed, answers, typed)


def _spoken(n: Node) -> tuple[Cell, Cell]:
    """The name of a node and its operation in the symbols of its arguments."""
    name = n.label if n.leaf or n.shown.op == NAME else ""
    return name, "" if n.leaf else entry_of_operation(n)


def entry_of_operation(n: Node) -> Cell:
    """The operation of a node; of what only entries say, the entry."""
    (operation,), index = spoken([n.formula])
    return (operation, " ", for_every(index)) if index else operation


def _acting(lesson: Lesson, e: Edge) -> tuple[Cell, Cell]:
    """Both ends of an edge, and what it does; by entries where only these say it."""
    shown = lesson.at_entries(e)
    if shown is None:
        return (lesson.nodes[e.user].label, " → ", lesson.nodes[e.argument].label), lesson.effects.get(e, "")
    above, below, body, index = shown
    return (above, " → ", below), (body, " ", for_every(index)) if index else body


def _by_examples(value: Any, n: Node) -> Any:
    """An array whose first axis is the examples; the derivative by a vector is a row in numerator layout."""
    return value.reshape(-1) if len(n.shape) == 1 else value


def _of_one(n: Node) -> str:
    """What a node is for one example: `y[i]`, the body of `tensor(i=1..m, w.X[i] - y[i])`."""
    body = n.label.body
    if body is not None and body.kind == "tensor" and len(body.kids) == 3:
        return text(body.kids[-1])
    return f"{n.text}[i]" if n.label.body is not None and n.label.body.kind == "name" else n.text


def _fine(value: float) -> Value:
    return Value(value, 6)


def _value(value: Any) -> Cell:
    """A cell with the number or array; empty where there is none."""
    import numpy as np

    return "" if value is None else Value(np.asarray(value).tolist())


def _finite(value: Any) -> Any:
    import numpy as np

    def plain(v: Any) -> Any:
        return [plain(x) for x in v] if isinstance(v, list) else v if math.isfinite(v) else number(v)

    return None if value is None else plain(np.asarray(value, dtype=float).tolist())
