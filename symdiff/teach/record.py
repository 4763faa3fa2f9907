"""The lesson: one trace of a formula, of which numbers, steps, pictures and handouts are views.

In: a formula and what it is differentiated by. Out: the graph as a lecturer draws it, a local derivative on every
edge, the adjoint of every node on a path to the variables, the answers and the log of the simplification. What never
changes: the values are those of one reverse sweep (`calculus.Record`) over the formula as written; a local derivative
is the same edge of the same sweep, with symbols in the place of the arguments.

Drawn are operations and letters. A sum of several terms, a product of several numbers is one operation. A number or another constant is part of the operation that uses it (`1 - ·`); so are
a transpose, a spread scalar and the reciprocal in a quotient, unless several operations share it. A binding is a label
beside the node of its value. An opaque `phi(x)` that does not depend on the variables is one leaf.

The value may be a vector or matrix: then adjoints are Jacobians, the value's axes in front. In numerator layout the adjoint of a scalar is
turned: a row for a vector, n x m for an m x n matrix.

Time is linear in the size of the graph; the closed forms of adjoints are made when they are asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from symdiff.calculus import Record, derivative, template, ties
from symdiff.calculus.sweep import within_space
from symdiff.errors import DomainError
from symdiff.expr import build, dims
from symdiff.expr.node import CALL, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, VAR, Dim, Expr, Shape, make
from symdiff.expr.operators import kind, transpose
from symdiff.expr.places import bracket_of
from symdiff.expr.walk import bindings, functions, substitute, topological, variables
from symdiff.notation import write
from symdiff.notation.entangled import RUNNING
from symdiff.notation.factors import hot
from symdiff.notation.forms import form_of, looked_up
from symdiff.notation.pieces import placed_part, selector_among
from symdiff.notation.spoken import in_program_words, spoken
from symdiff.notation.trees import length, postorder
from symdiff.notation.unparse import unparse
from symdiff.printers import latex, text, unicode
from symdiff.printers.text import INFIX
from symdiff.simplify import Log
from symdiff.syntax.tree import Program, Tree
from symdiff.table import TABLE
from symdiff.teach.tables import Effect

# A node without a name is spoken of by its formula, up to this many symbols; a longer one gets a letter with a number.
MAX_LABEL = 14

# Terms of a sum, factors of a product that are one operation; a longer one is several, so that the edges of one are few.
MAX_JOINED = {SUM: 12, PROD: 6}

# Forms of products that are drawn as part of their user.
FOLDED = frozenset(("row", "transpose", "unrow", "spread_vector", "spread_matrix"))

# Names that no formula can have: the places of the arguments, the output, the adjoint that comes down.
_ACTIVATIONS = frozenset(("sigma", "tanh", "relu", "gelu", "silu", "softplus", "elu", "leaky_relu", "mish", "relu6", "selu"))
# What measures a residual.
_MEASURES = frozenset(("square", "squared_norm", "norm2", "norm1", "abs", "huber", "squared"))
SLOT, OUTPUT, ADJOINT, APART = "\ue000", "\ue001", "\ue002", "\ue003"


@dataclass(frozen=True, slots=True)
class Node:
    """One box or letter of the drawn graph.

    id: position in evaluation order, from 0. expr: the node of the formula (a binding's value, without its name).
    shown: how labels speak of it: its name, its formula where that is short, else a letter of its own (`u3 = …`).
    formula: the operation in the symbols of its arguments, `1 - margin`; operation: the same with `slots` for the arguments.
    name: the variable or binding, "" if it has none. rule: the operation or row of the table: "dot", "sum", "max", "sigma";
    "variable", "constant", "function" or "binding" of a leaf.
    active: on a path from the value to what is differentiated by. wrt: it is differentiated by this node.
    """

    id: int
    expr: Expr
    shown: Expr
    name: str
    rule: str
    formula: Expr
    operation: Expr
    slots: tuple[Expr, ...]
    leaf: bool
    active: bool
    wrt: bool

    @property
    def shape(self) -> Shape:
        return self.expr.shape

    @property
    def pattern(self) -> Program:
        """The operation as syntax; its arguments are names that start with `SLOT`."""
        return unparse(self.operation)

    @property
    def label(self) -> Program:
        """How other labels speak of the node, for any printer."""
        return unparse(self.shown)

    @property
    def text(self) -> str:
        return text(self.label)

    @property
    def symbol(self) -> str:
        """What stands in the box, in Unicode: `+`, `·`, `max`, `1 - ·`, `σ`; of a leaf its label."""
        if self.leaf:
            return unicode(self.label)
        ((pattern,), _) = spoken([self.operation])
        body = pattern.body
        assert body is not None
        many = several(body)
        if many:
            return many
        if body.kids and all(_is_slot(k) for k in body.kids):
            if body.kind in INFIX:
                return _SYMBOLS.get(body.kind, INFIX[body.kind].strip())
            if body.kind == "call" and "#" not in (TABLE[body.value].unicode if body.value in TABLE else ""):
                return unicode(body).partition("(")[0]
        return re.sub(SLOT + r"\d*", "·", unicode(pattern))

    @property
    def latex(self) -> str:
        r"""The same for mathematics mode of LaTeX."""
        if self.leaf:
            return latex(self.label)
        return re.sub(r"\\mathrm\{" + SLOT + r"\d*\}", r"{\\cdot}", latex(self.pattern))


_SYMBOLS = {"dot": "·", "emul": "⊙", "ediv": "⊘", "sub": "-"}


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge, from the node that uses a value (`user`) to the value (`argument`), both by id.

    place: which of the user's arguments it is, from 0. rule: the operation or row that the local derivative comes from.
    local: the local derivative in the nodes' own symbols; None where there is none (the order of a polygamma).
    form: how the adjoint of the user is multiplied with it.
        "times": entry by entry (everything if the user is a scalar): adjoint .* local
        "jacobian": local has the axes of the user, then those of the argument: local' * adjoint
        "map": local is what the edge adds to the argument's adjoint, in terms of `Lesson.adjoint_name`, the user's adjoint
    active: on a path to what is differentiated by. raw: what it adds to the argument's adjoint, as the sweep left it.
    """

    user: int
    argument: int
    place: int
    rule: str
    local: Expr | None
    form: str
    active: bool
    raw: Expr | None

    @property
    def label(self) -> Program | None:
        return None if self.local is None else unparse(self.local)

    @property
    def text(self) -> str:
        return "" if self.label is None else text(self.label)


@dataclass(frozen=True)
class Lesson:
    """The trace of `formula` by `wrt`. nodes: in evaluation order, the value last. edges: as the sweep takes them.

    raw_answers: the derivatives, one for each of wrt, before any simplification; raw_adjoints: those by every active node. The axes of a value
    that is no scalar come first. adjoint_name: the letter for a user's adjoint in the local derivatives of form "map".
    numerator: the adjoints that labels and lines speak of, and the answers, are transposed; raw ones are not.
    """

    formula: Expr
    wrt: tuple[Expr, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    raw_answers: tuple[Expr, ...]
    raw_adjoints: dict[int, Expr]
    adjoint_name: str
    numerator: bool = False

    @cached_property
    def _tidied(self) -> tuple[tuple[Expr, ...], Log]:
        log = Log()
        return tuple(write([self.laid_out(g) for g in self.raw_answers], self.formula, log=log)), log

    def laid_out(self, g: Expr) -> Expr:
        """A derivative of the value as this lesson writes it: transposed in numerator layout."""
        return transpose(g) if self.numerator and len(g.shape) in (1, 2) else g

    def adjoint_like(self, n: Node) -> Expr:
        """An expression of the shape that the adjoint of a node has in the layout of the sweep; a row where it is one."""
        return build.spread(build.ZERO, self.formula.shape + n.shape) if self.formula.shape else n.expr

    def column(self, g: Expr) -> Expr:
        """The letter of a row's adjoint: in numerator layout it is the transpose of a vector's letter, that of the column which the adjoint is."""
        return build.row(build.var(str(g.name), g.shape[1:])) if self.numerator and kind(g) == "row" else g

    def turned(self, letters: Sequence[Expr]) -> dict[Expr, Expr]:
        """For numerator layout: what stands for letters of adjoints, the letters of the transposed ones under the same names."""
        found: dict[Expr, Expr] = {}
        for g in letters:
            if self.numerator and len(g.shape) in (1, 2) and kind(g) != "row":
                other = transpose(g)
                found[other] = letter(str(g.name), other)
                found[g] = transpose(found[other])
        return found

    @cached_property
    def programs(self) -> dict[tuple[str, bool], Any]:
        """The backward programs that were made of this lesson, by how they name adjoints (see `backward`)."""
        return {}

    @property
    def seed(self) -> Expr:
        """The derivative of the value by itself: 1, or an identity."""
        k = len(self.formula.shape)
        return (
            build.contract([build.eye(d) for d in self.formula.shape], [(i, k + i) for i in range(k)], tuple(range(2 * k)))
            if k
            else build.ONE
        )

    @property
    def answers(self) -> tuple[Expr, ...]:
        """The derivatives as `sd.grad` gives them, one for each of wrt."""
        return self._tidied[0]

    def in_its_names(self, g: Expr) -> Expr:
        """An answer whose repeated parts have the names that the lesson gave these values."""
        known = {n.expr: n.shown for n in self.nodes if n.shown.op == NAME and not n.leaf}
        new = {}
        for part in topological([g]):
            if part.op == NAME and not part.data[1] and part.args[0] in known:
                new[part] = build.name(str(known[part.args[0]].name), part.args[0], given=False)
        return put(g, new) if new else g

    @cached_property
    def told_answers(self) -> tuple[Expr, ...]:
        """The answers as they stand one below the other: in the lesson's names, and a name of a repeated part has one value in all of them."""
        values: dict[str, Expr] = {n.name: n.args[0] if n.op == NAME else n for n in topological([self.formula]) if n.op in (VAR, NAME)}
        values |= {str(n.shown.name): n.expr for n in self.nodes if n.shown.op == NAME and not n.leaf}
        found = []
        for g in map(self.in_its_names, self.answers):
            renamed: dict[Expr, Expr] = {}
            for part in topological([g]):
                if part.op != NAME or part.data[1]:
                    continue
                value, label = put(part.args[0], renamed) if renamed else part.args[0], str(part.name)
                stem, k = label.rstrip("0123456789"), 1
                while values.setdefault(label, value) is not value:
                    k += 1
                    label = f"{stem}{k}"
                if label != part.name or value is not part.args[0]:
                    renamed[part] = build.name(label, value, given=False)
            found.append(put(g, renamed) if renamed else g)
        return tuple(found)

    @property
    def log(self) -> Log:
        """The simplifications that led to the answers."""
        return self._tidied[1]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple([x.name for x in self.wrt])

    @property
    def top(self) -> Node:
        return self.nodes[-1]

    @property
    def backward(self) -> tuple[Node, ...]:
        """The nodes that have an adjoint, in the order of the backward pass: the value first."""
        return tuple([n for n in reversed(self.nodes) if n.active])

    @cached_property
    def incoming(self) -> dict[int, tuple[Edge, ...]]:
        """The active edges at which an adjoint arrives, by argument: where there are several, the adjoint is their sum."""
        found: dict[int, list[Edge]] = {n.id: [] for n in self.nodes}
        for e in self.edges:
            if e.active:
                found[e.argument].append(e)
        return {k: tuple(v) for k, v in found.items()}

    @cached_property
    def outgoing(self) -> dict[int, tuple[Edge, ...]]:
        """The edges to a node's arguments, from the left."""
        found: dict[int, list[Edge]] = {n.id: [] for n in self.nodes}
        for e in self.edges:
            found[e.user].append(e)
        return {k: tuple(v) for k, v in found.items()}

    def passed(self, e: Edge, above: Expr) -> Expr:
        """What an edge adds to its argument's adjoint if the user's is `above`, before it is simplified; not transposed in either layout."""
        if self.formula.shape:
            return self.lifted(e, above)
        return self.plainly(e, above)

    def lifted(self, e: Edge, above: Expr) -> Expr:
        """The same of a value with axes: `above` has them in front."""
        local = e.local
        assert local is not None
        user, argument = self.nodes[e.user], self.nodes[e.argument]
        sizes = dict(enumerate(self.formula.shape))
        front = tuple(sizes)
        k = len(front)
        own = tuple(range(k, k + len(user.shape)))
        if e.form == "map":
            return _lifted(local, self.adjoint_name, above, sizes, argument.shape)
        if e.form == "jacobian":
            inner = tuple(range(k + len(own), k + len(own) + len(argument.shape)))
            return build.contract([above, local], [front + own, own + inner], front + inner)
        if local is build.ONE and user.shape:
            return above
        inner = own or tuple(range(k, k + len(argument.shape)))
        known = sizes | dict(zip(inner, argument.shape, strict=True))
        return build.contract([above, local], [front + own, inner if local.shape else ()], front + inner, known)

    def plainly(self, e: Edge, above: Expr) -> Expr:
        """The same of a scalar, in the layout of the sweep."""
        local = e.local
        assert local is not None
        user, argument = self.nodes[e.user], self.nodes[e.argument]
        if e.form == "map":
            return put(local, symbols([letter(self.adjoint_name, user.expr)], [above]))
        if e.form == "times":
            if local is build.MINUS_ONE and above is not build.ONE:
                return opposite(above)
            if above is build.MINUS_ONE and local is not build.ONE:
                return opposite(local)
            return local if above is build.ONE else above if local is build.ONE else build.elementwise(above, local)
        if argument.shape:
            return build.matvec(build.transpose(local), above)
        return build.dot(above, local) if len(user.shape) == 1 else build.total(build.elementwise(above, local))

    @cached_property
    def effects(self) -> dict[Edge, Effect]:
        """What every edge does to the adjoint that comes down, operator included: `∘ h ∘ (1 - h)`, `V'·`, `· x'`."""
        other = bool(self.formula.shape) or self.numerator
        jacobians = [e for e in self.edges if e.local is not None and (e.form == "jacobian" or (other and not self.plain(e)))]
        finals = [self.column(letter(self.adjoint_name, self.adjoint_like(self.nodes[e.user]))) for e in jacobians]
        # While they are written, letters of different shapes have different names: a text is read with its names.
        taken = {n.name for n in topological([self.formula]) if n.name} | {self.adjoint_name}
        spelled: dict[Expr, Expr] = {}
        for g in finals:
            if g not in spelled:
                label = fresh(f"{self.adjoint_name}{len(spelled)}", taken)
                taken.add(label)
                spelled[g] = _renamed(g, label)
        letters = [spelled[g] for g in finals]
        raw = [self.laid_out(self.passed(e, g)) for e, g in zip(jacobians, letters, strict=True)]
        written = write(raw, read_with(list(spelled.values()), self.formula))
        pulled = {}
        for e, g, own, x in zip(jacobians, finals, letters, written, strict=True):
            turned = self.turned([g])
            turned = (
                {_renamed(k, str(_name_of(own))) if k.op != VAR else own: v for k, v in turned.items()}
                if turned
                else symbols([_bare(own)], [_bare(g)])
            )
            pulled[e] = put(x, turned)
        found = {}
        for e in self.edges:
            if e.local is None:
                continue
            if e not in pulled and e.form == "times":
                found[e] = Effect("" if self.plain(e) else "emul", unparse(e.local), "")
            else:
                found[e] = _effect(unparse(pulled.get(e, e.local)), self.adjoint_name)
        return found

    def at_entries(self, e: Edge) -> tuple[Program, Program, Program, tuple[str, ...]] | None:
        """An edge by entries, where only these say it: both ends, what it adds to the adjoint of the lower one, the letters of its entry."""
        if e not in self.effects or self.formula.shape or self.numerator or not in_program_words(self.effects[e].body):
            return None
        user, argument = self.nodes[e.user], self.nodes[e.argument]
        g = letter(self.adjoint_name, user.expr)
        below = self.plainly(e, g)
        if e.form == "jacobian":  # a sum over a matrix that takes entries
            (below,) = map(unshared, write([below], read_with([g], self.formula)))
        one = user.shape == argument.shape  # entry by entry
        programs, index = spoken([*([user.shown] if one else []), argument.shown, below], always=True)
        above = programs[0] if one else spoken([user.shown])[0][0]
        return (above, programs[-2], programs[-1], index) if index or not argument.shape else None

    def plain(self, e: Edge) -> bool:
        """Whether an edge multiplies with a number, in whatever layout, or starts at a number."""
        scalar = e.form == "times" and e.local is not None and (not self.nodes[e.user].shape or not e.local.shape)
        return scalar and not ((self.formula.shape or self.numerator) and e.local is not None and e.local.shape)

    @cached_property
    def adjoints(self) -> dict[int, Expr]:
        """The derivative of the value by every active node, simplified, in names of the formula."""
        found = [self.laid_out(g) for g in self.raw_adjoints.values()]
        return dict(zip(self.raw_adjoints, write(found, self.formula), strict=True))

    @cached_property
    def contributions(self) -> dict[Edge, Expr]:
        """What every active edge adds to its argument's adjoint, simplified."""
        raw = {e: self.laid_out(e.raw) for e in self.edges if e.raw is not None}
        return dict(zip(raw, write(list(raw.values()), self.formula), strict=True))


def _effect(program: Program, g: str) -> Effect:
    """A text in g, the adjoint, as what is done to g: what stands in front of it or behind, with the sign between."""
    body = program.body
    if body is not None and not program.statements and body.kind in ("mul", "emul"):
        left, right = body.kids
        operator = "times" if body.kind == "mul" else "emul"
        for own, other in ((left, right), (right, left)):
            if own.kind == "name" and own.value == g and not mentions(other, g):
                typeset = program.typeset
                after = own is right and operator == "times"

                def shown(typeset: Callable[[], Program] | None = typeset, k: int = int(own is left), other: Tree = other) -> Program:
                    made = typeset() if typeset is not None else program
                    kids = made.body.kids if made.body is not None else ()
                    return Program("", [], kids[k] if len(kids) == 2 else other)

                return Effect("" if after else operator, Program("", [], other, shown), "times" if after else "")
    return Effect("", program, "")


def mentions(t: Tree, name: str) -> bool:
    """Whether a name stands in a tree."""
    return any(k.kind == "name" and k.value == name for k in postorder([t]))


def opposite(e: Expr) -> Expr:
    """The negative of an expression, of a negative what it is of."""
    return e.args[0] if e.op == SUM and e.data == (-1,) else build.neg(e)


def unshared(e: Expr) -> Expr:
    """An expression with the parts written out that the simplifier gave a name."""
    names = {n: n.args[0] for n in topological([e]) if n.op == NAME and not n.data[1]}

    def rebuild(n: Expr, args: tuple[Expr, ...]) -> Expr:
        return args[0] if n in names else make(n.op, args, n.data, n.shape) if args else n

    return substitute([e], rebuild)[e] if names else e


def read_with(letters: Sequence[Expr], f: Expr) -> Expr:
    """A formula in which letters stand beside f, for the order in which products are written."""
    parts = [build.total(x.args[0] if x.op == PROD and x.args[0].op == VAR else x) if x.shape else x for x in (*letters, f)]
    return build.linear([1] * len(parts), parts) if letters else f


def lesson(f: Expr, wrt: Sequence[Expr], *, numerator: bool = False, top: str = "", taken: Collection[str] = ()) -> Lesson:
    """The trace of f by the variables and bound names `wrt` (nodes of f, as `api.resolve` finds them).

    numerator: the layout in which the gradient of a scalar is a row. top: how the value is called if it has no name; taken: names that are not
    to be given. DomainError where a function on the way has no derivative.
    """
    return replace(_Drawing(f, tuple(wrt), top, taken).lesson(), numerator=numerator and not f.shape)


def _bare(g: Expr) -> Expr:
    """A letter without the transposition around it."""
    return g.args[0] if g.op == PROD else g


def _name_of(g: Expr) -> str:
    return str(_bare(g).name)


def _renamed(g: Expr, label: str) -> Expr:
    """A letter, or one that is transposed, under another name."""
    if g.op == PROD:
        return transpose(letter(label, g.args[0]))
    return letter(label, g)


class _Same(dict[Any, Any]):
    """Every dimension stands for itself."""

    def __missing__(self, key: Any) -> Any:
        return key


def _lifted(local: Expr, adjoint: str, above: Expr, sizes: dict[int, Dim], argument: Shape) -> Expr:
    """A map of the adjoint, applied to an adjoint with axes in front; names and opaque values are letters to it."""
    leaves: dict[Expr, Expr] = {}
    values: dict[str, tuple[Expr, tuple[int, ...]]] = {}
    front = tuple(sizes)
    for n in topological([local], {x for x in topological([local]) if x.op in (NAME, OPAQUE)}):
        if n.op in (VAR, NAME, OPAQUE):
            mine = n.name == adjoint and n.op != OPAQUE
            leaves[n] = build.var(f"{SLOT}{len(leaves)}", n.shape)
            values[leaves[n].name] = (above, front) if mine else (n, ())
    made, labels = template.lift(topological([put(local, leaves)]), values, sizes, _Same())
    inner = tuple(range(len(front), len(front) + len(argument)))
    return build.contract([made], [labels + inner], front + inner, sizes)


def several(body: Tree) -> str:
    """`+` or `×` of an operation that only adds, or multiplies, more than two arguments; "" of another."""
    for kind_, sign in (("add", "+"), ("mul", "×")):
        t, count = body, 1
        while t.kind == kind_ and _is_slot(t.kids[1]):
            t, count = t.kids[0], count + 1
        if count > 2 and _is_slot(t):
            return sign
    return ""


def _is_slot(t: Tree) -> bool:
    return t.kind == "name" and str(t.value).startswith(SLOT)


def _slot(k: int, a: Expr) -> Expr:
    """The place of the k-th argument a."""
    return letter(f"{SLOT}{k}", a, a.data[1] if a.op == VAR else ())


def letter(label: str, like: Expr, properties: tuple[str, ...] = ()) -> Expr:
    """A letter of the shape of another node; for a row it is the name of a letter, since no variable is a row."""
    made = build.var(label, like.shape, properties)
    return build.name(label, made) if kind(like) == "row" else made


@dataclass(slots=True)
class _Box:
    """A drawn operation: its arguments, the sweep's edge that reaches each, and the operation with slots."""

    arguments: list[Expr]
    reached: list[tuple[Expr, int]]
    slots: list[Expr]
    direct: list[bool]  # the argument is met as it is, or under a reciprocal: not transposed, not spread
    pattern: Expr


class _Drawing:
    def __init__(self, f: Expr, wrt: tuple[Expr, ...], top: str = "", taken: Collection[str] = ()) -> None:
        self.f, self.wrt, self.top, self.given_away = f, wrt, top, taken
        # A bound name stands for itself where it is differentiated by. With a variable below it that is asked for too,
        # the sweep goes on through the name, and its adjoint is found on the way.
        below = set(wrt)
        inside: set[Expr] = set()  # nodes with an element of wrt strictly below
        for node in topological([f]):
            if any(a in inside or a in below for a in node.args):
                inside.add(node)
        self.ends = [x for x in wrt if x not in inside]
        self.above = inside
        self.record = Record()
        derivative(f, self.ends, self.record, unconstrained=True)
        self.active = set(self.record.adjoints)
        order = topological([f], set(self.ends))
        self.varying: set[Expr] = set()
        for node in order:
            if node.op in (VAR, OPAQUE, NAME) or not self.varying.isdisjoint(node.args):
                self.varying.add(node)
        self.leaves = {n for n in order if self.is_leaf(n)}
        self.order = topological([f], self.leaves)
        uses = Counter(a for n in self.order if n not in self.leaves for a in n.args)
        named = {n.args[0] for n in self.order if n.op == NAME and n not in self.leaves}
        folded = {n for n in self.order if n not in self.leaves and n not in named and uses[n] == 1 and n in self.varying and self.folds(n)}
        reciprocals = {
            a
            for n in self.order
            if n.op == PROD and form_of(n) in ("scale", "elementwise")
            for a in n.args[1:]
            if a.op == POW and a.args[1] is build.MINUS_ONE and uses[a] == 1 and a not in named and a.args[0] in self.varying
        }
        # norm2(r)^2 is one operation, whose derivative 2*r needs no norm that may be 0; so is the square of the norms of all rows.
        squared = {
            n.args[0]
            for n in self.order
            if n.op == POW
            and n.args[1] is build.TWO
            and n.args[0].op == CALL
            and n.args[0].data in ("norm2", "sqrt")
            and uses[n.args[0]] == 1
            and n.args[0] in self.varying
        }
        self.blocks = {n for n in self.order if n.op == SUM and n not in self.leaves and blocks(n)}
        parts = {a for n in self.blocks for a in n.args if uses[a] == 1 and a not in named and a in self.varying and _placed(a) is not None}
        self.folded = (folded | reciprocals | squared | parts) - {self.value_of(f)}
        self.joined = self.joins(uses, named)

    def is_leaf(self, n: Expr) -> bool:
        if n.op == VAR or n in self.ends:
            return True
        return (n.op == OPAQUE and n not in self.active and n not in self.above) or (n.op == NAME and n.args[0] not in self.varying)

    def folds(self, n: Expr) -> bool:
        if n.op == CALL:
            return hot(n) is not None  # z[y] of a label
        return n.op == PROD and (n.data[0] == ((),) or form_of(n) in FOLDED or _laid_out(n))

    def joins(self, uses: Mapping[Expr, int], named: set[Expr]) -> set[Expr]:
        """The first operands that are sums in a sum, or products of numbers in one: `a + b` of `a + b + c`."""
        found: set[Expr] = set()
        size: dict[Expr, int] = {}
        for n in self.order:
            if n in self.leaves or n.op not in MAX_JOINED or n not in self.varying or not _joins(n):
                continue
            first = n.args[0]
            size[n] = len(n.args)
            if (
                uses[first] == 1
                and first not in named
                and first in size
                and first.op == n.op
                and first not in self.folded
                and (first in self.blocks) == (n in self.blocks)
                and (n in self.blocks or size[first] < MAX_JOINED[n.op])
            ):
                found.add(first)
                size[n] += size[first] - 1
        return found

    def value_of(self, n: Expr) -> Expr:
        """The node that a chain of names labels."""
        while n.op == NAME and n not in self.leaves:
            n = n.args[0]
        return n

    # ------------------------------------------------------------------------------------------ boxes

    def box(self, u: Expr) -> _Box:
        found = _Box([], [], [], [], u)
        chain = [u]
        while chain[-1].args[0] in self.joined:
            chain.append(chain[-1].args[0])
        inner: Expr | None = None
        for n in reversed(chain):
            inner = self.operands(found, n, inner)
        assert inner is not None
        found.pattern = inner
        return found

    def operands(self, found: _Box, u: Expr, first: Expr | None) -> Expr:
        """One operation with slots in the place of its arguments; first: what stands for its first operand already."""
        args: list[Expr] = [] if first is None else [first]
        for k, a in enumerate(u.args):
            if k == 0 and first is not None:
                continue
            path: list[Expr] = []
            reached = (u, k)
            a = self.value_of(a)
            while a in self.folded:
                path.append(a)
                reached = (a, _carried(a))
                a = self.value_of(a.args[reached[1]])
            if a not in self.varying:
                args.append(u.args[k])
                continue
            slot = rebuilt = _slot(len(found.slots), a)
            for p in reversed(path):
                rebuilt = make(p.op, tuple([rebuilt if i == _carried(p) else x for i, x in enumerate(p.args)]), p.data, p.shape)
            args.append(rebuilt)
            found.arguments.append(a)
            found.reached.append(reached)
            found.slots.append(slot)
            found.direct.append(all(p.op == POW or (p.op == CALL and p.data == "sqrt") for p in path))
        return make(u.op, tuple(args), u.data, u.shape)

    def lesson(self) -> Lesson:
        self.goals = {self.value_of(x) for x in self.wrt}
        self.active |= self.goals  # a variable that no edge reaches has the derivative 0
        drawn = [
            n
            for n in self.order
            if n in self.varying and n not in self.folded and n not in self.joined and (n.op != NAME or n in self.leaves)
        ]
        if not drawn or drawn[-1] is not self.value_of(self.f):  # a constant
            drawn.append(self.value_of(self.f))
        names: dict[Expr, Expr] = {}
        for n in self.order:
            if n.op == NAME and n not in self.leaves:
                names.setdefault(self.value_of(n), n)
        boxes = {n: self.box(n) for n in drawn if n not in self.leaves and n.args}
        locals_ = _local_derivatives(list(dict.fromkeys([(b.pattern, tuple(b.slots), tuple(b.direct)) for b in boxes.values()])))
        shown, formulas = self.labels(drawn, names, boxes)
        number = {n: k for k, n in enumerate(drawn)}
        adjoint_name = fresh("delta", self.taken)
        tied = ties.tied(topological([self.f]))
        adds = {(e.node, e.k): e.contribution for e in self.record.edges}
        edges = []
        for u in reversed(drawn):
            if u not in boxes:
                continue
            b = boxes[u]
            for place, (a, reached, slot) in enumerate(zip(b.arguments, b.reached, b.slots, strict=True)):
                local, form = locals_[b.pattern, slot]
                if u in tied and reached[0] is u:
                    local = ties.local(b.pattern, reached[1], tied[u])
                elif u.op == CALL and reached[0] is u and ties.shares(u):
                    local = ties.shared_local(b.pattern.args[0], letter(OUTPUT, u), u.data) or local
                if local is not None:
                    letters = [*b.slots, letter(OUTPUT, u), letter(ADJOINT, u)]
                    local = put(local, symbols(letters, [*[shown[x] for x in b.arguments], shown[u], letter(adjoint_name, u)]))
                    local = turned_back(local)
                raw = adds.get(reached)
                active = u in self.active and a in self.active
                if active and raw is None:
                    raw = build.spread(build.ZERO, self.f.shape + a.shape)
                edges.append(Edge(number[u], number[a], place, _rule(b.pattern), local, form, active, raw if active else None))
        nodes = []
        for n in drawn:
            label = names.get(n)
            leaf = n not in boxes
            name = label.name if label is not None else n.name if n.op in (VAR, NAME) else ""
            operation, slots = (n, ()) if leaf else (boxes[n].pattern, tuple(boxes[n].slots))
            active = n in self.active
            nodes.append(
                Node(number[n], n, shown[n], name, _rule(operation), formulas.get(n, n), operation, slots, leaf, active, n in self.goals)
            )
        found = self.record.adjoints
        adjoints = {
            number[n]: found[n] if n in found else build.spread(build.ZERO, self.f.shape + n.shape)
            for n in reversed(drawn)
            if n in self.active
        }
        return Lesson(self.f, self.wrt, tuple(nodes), tuple(edges), tuple(self.raw_answers()), adjoints, adjoint_name)

    def raw_answers(self) -> list[Expr]:
        found = self.record.adjoints
        return [within_space(found[x], x) if x in found else build.spread(build.ZERO, self.f.shape + x.shape) for x in self.wrt]

    # ------------------------------------------------------------------------------------------ labels

    def labels(self, drawn: list[Expr], names: dict[Expr, Expr], boxes: dict[Expr, _Box]) -> tuple[dict[Expr, Expr], dict[Expr, Expr]]:
        """How every drawn node is spoken of, and its formula; long ones without a name get u1, u2, … in evaluation order."""
        f = self.f
        self.taken = set(variables([f])) | set(bindings([f])) | set(functions([f]))
        self.taken |= {part for n in self.order for d in n.shape for part in dims.names(d)}
        self.taken |= set(self.given_away)
        self.top = self.top or ("L" if not f.shape else "y" if "y" not in self.taken else "f")
        kinds = self.speak(drawn, names, boxes, {})[2]
        # z1 beside a vector z would look like its first entry.
        others = [c for c in ("u", "v", "q", "t", "c", "k") if c not in self.taken]
        kinds = {n: c if n is drawn[-1] or c not in self.taken or not others else others[0] for n, c in kinds.items()}
        several = Counter(kinds.values())
        letters: dict[Expr, str] = {}
        count: Counter[str] = Counter()
        for n, wanted in kinds.items():
            single = several[wanted] == 1 and wanted != "u"
            while (label := wanted + ("" if single and not count[wanted] else str(count[wanted] + (not single)))) in self.taken:
                count[wanted] += 1
            count[wanted] += 1
            letters[n] = label
            self.taken.add(label)
        shown, formulas, _ = self.speak(drawn, names, boxes, letters)
        return shown, formulas

    def speak(
        self, drawn: list[Expr], names: dict[Expr, Expr], boxes: dict[Expr, _Box], letters: dict[Expr, str]
    ) -> tuple[dict[Expr, Expr], dict[Expr, Expr], dict[Expr, str]]:
        """How nodes are spoken of and their formulas, with these letters; and which nodes want a letter, of which sort."""
        users: dict[Expr, list[Expr]] = {}
        for u, b in boxes.items():
            for a in b.arguments:
                users.setdefault(a, []).append(u)
        wanted: dict[Expr, str] = {}
        shown: dict[Expr, Expr] = {}
        formulas: dict[Expr, Expr] = {}
        price: dict[Expr, int] = {}
        known: dict[Expr, int] = {}
        for n in drawn:
            if n not in boxes:
                shown[n], price[n] = n, 1
                if n.op == OPAQUE:
                    price[n] = length(unparse(n))
                continue
            b = boxes[n]
            formulas[n] = value = put(b.pattern, symbols(b.slots, [shown[a] for a in b.arguments]))
            if n in names:
                shown[n], price[n] = names[n], 1
                continue
            if b.pattern not in known:
                known[b.pattern] = length(unparse(b.pattern))
            price[n] = known[b.pattern] + sum(price[a] - 1 for a in b.arguments)
            sort = self.top if n is drawn[-1] else self.sort(n, [boxes[u].pattern for u in users.get(n, ())])
            lettered = n in self.active and (sort in "rp" or (n.op == CALL and n.data in _ACTIVATIONS and bool(n.shape)))
            if n is drawn[-1] or lettered or price[n] > MAX_LABEL or self.forks(n, boxes, users):
                wanted[n] = sort
                value, price[n] = build.name(letters.get(n, wanted[n]), value), 1
            shown[n] = value
        return shown, formulas, wanted

    def forks(self, n: Expr, boxes: dict[Expr, _Box], users: dict[Expr, list[Expr]]) -> bool:
        """Whether the adjoint of n is used twice, and is not just another's: then it wants a name."""
        if n not in self.active or sum(a in self.active for a in boxes[n].arguments) < 2:
            return False
        above = users.get(n, [])
        return not (len(above) == 1 and above[0].op == SUM and above[0].data[above[0].args.index(n) if n in above[0].args else 0] == 1)

    def sort(self, n: Expr, users: list[Expr]) -> str:
        """The letter that a lecturer would take: r for a residual, z for what a function is taken of, a for its value, p for probabilities."""
        rules = [_rule(u) for u in users]
        if n.op == CALL and n.data in _ACTIVATIONS:
            return "a"
        if n.op == CALL and n.data == "softmax":
            return "p"
        if n.op == SUM and any(rule in _MEASURES for rule in rules):
            return "r"
        if any(
            u.op == CALL and (u.data in ("softmax", "log_softmax", "logsumexp") or (len(u.args) == 1 and TABLE[u.data].elementwise))
            for u in users
        ):
            return "z"
        return "a" if n.op == CALL and len(n.args) == 1 and TABLE[n.data].elementwise else "u"


def fresh(wanted: str, taken: set[str]) -> str:
    """A name that is not taken."""
    k = 0
    while (label := wanted + (str(k) if k else "")) in taken:
        k += 1
    return label


def symbols(slots: Sequence[Expr], values: Sequence[Expr]) -> dict[Expr, Expr]:
    found = dict(zip(slots, values, strict=True))
    return found | {slot.args[0]: value for slot, value in found.items() if slot.args}


def put(e: Expr, symbols: dict[Expr, Expr]) -> Expr:
    """e with nodes in the place of symbols; what the symbols stand for is not walked. A row that is turned twice is the row."""

    def rebuild(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if n in symbols:
            return symbols[n]
        made = make(n.op, args, n.data, n.shape) if args else n
        if made.op == PROD and args[0].op == PROD and form_of(made) == "row" and form_of(args[0]) == "unrow":
            return args[0].args[0]
        return made

    return substitute([e], rebuild)[e]


def turned_back(e: Expr) -> Expr:
    """e without what is transposed twice: where an argument is a transpose, its edge turns it back."""

    def rebuild(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if n.op == PROD and args[0].op == PROD and form_of(n) == form_of(args[0]) == "transpose":
            return args[0].args[0]
        return make(n.op, args, n.data, n.shape) if args and args != n.args else n

    return substitute([e], rebuild)[e]


def _local_derivatives(
    patterns: list[tuple[Expr, tuple[Expr, ...], tuple[bool, ...]]],
) -> dict[tuple[Expr, Expr], tuple[Expr | None, str]]:
    """The local derivative of every pattern by every slot, written, and its form (see Edge)."""
    raw: list[Expr] = []
    keys: list[tuple[Expr, Expr, str]] = []
    found: dict[tuple[Expr, Expr], tuple[Expr | None, str]] = {}
    reading: list[Expr] = [build.ZERO]
    for u, slots, direct in patterns:
        g = letter(ADJOINT, u)
        seeded = build.total(build.elementwise(g, u)) if u.shape else u
        y = letter(OUTPUT, u)
        reading += (build.total(y), seeded)
        for slot, met in zip(slots, direct, strict=True):
            if not u.shape:
                form, value = "times", u
            elif met and slot.shape == u.shape and _entry_by_entry(u):
                form, value = "times", build.total(u)
            elif len(u.shape) + len(slot.shape) <= 2 and not (u.op == CALL and u.data in RUNNING) and not (u.op == SUM and blocks(u)):
                form, value = "jacobian", u
            else:
                form, value = "map", seeded
            try:  # an argument that nobody differentiates by may have no derivative
                (local,) = derivative(value, [slot], unconstrained=True)
            except DomainError:
                found[u, slot] = None, form
                continue
            raw.append(_put_output(local, u, y))
            keys.append((u, slot, form))
    apart = _apart([*raw, *reading])
    together = {v: k for k, v in apart.items()}
    raw, reading = [put(x, apart) for x in raw], [put(x, apart) for x in reading]
    for (u, slot, form), local in zip(keys, write(raw, build.linear([1] * len(reading), reading)), strict=True):
        local = put(local, together)
        if form == "times" and u.shape and local.op == PROD and local.data[0] == ((),):
            local = local.args[0]
        found[u, slot] = local, form
    return found


def _apart(exprs: Sequence[Expr]) -> dict[Expr, Expr]:
    """Other names for letters that stand for arrays of several shapes: a text is read with its names."""
    shapes: dict[str, list[Expr]] = {}
    for n in topological(exprs):
        if n.op == VAR and n not in shapes.setdefault(str(n.name), []):
            shapes[str(n.name)].append(n)
    return {
        v: build.var(f"{name}{APART * k}", v.shape, v.data[1])
        for name, found in shapes.items()
        if name[0] in (SLOT, OUTPUT, ADJOINT)
        for k, v in enumerate(found)
        if k
    }


def _put_output(e: Expr, u: Expr, y: Expr) -> Expr:
    """e with y where the value of the operation itself stands."""
    return put(e, {u: y}) if u.op in (CALL, POW) else e


def blocks(n: Expr) -> bool:
    """Whether a sum puts parts together among zeros: concat, hcat, vcat."""
    while n.op == SUM and all(c == 1 for c in n.data) and all(_placed(t) is not None for t in n.args[1:]):
        if _placed(n.args[0]) is not None:
            return len(n.shape) in (1, 2)
        n = n.args[0]
    return False


def _placed(t: Expr) -> int | None:
    """Which operand of a product is a part that it puts among zeros."""
    if t.op != PROD or len(t.args) != 2:
        return None
    if form_of(t) in ("matvec", "matmul") and (cut := selector_among(t.args)) is not None:
        *_, turned = cut[1]
        along = form_of(t) == "matmul" and cut[0] == 1
        return None if turned == along else 1 - cut[0]
    if t.data == (((), (0,)), (0,)) and build.place_of(t.args[1]) is not None:
        return 0
    place = placed_part(t)
    return None if place is None else int(place[0] == 0)


def _carried(p: Expr) -> int:
    """The operand of a folded operation that its user has as an argument."""
    if p.op != PROD:
        return next(k for k, a in enumerate(p.args) if not _constant(a)) if p.op == CALL else 0
    return next(k for k, a in enumerate(p.args) if bracket_of(a) is None) if len(p.args) > 1 and _laid_out(p) else (_placed(p) or 0)


def _constant(e: Expr) -> bool:
    """Whether nothing of the formula stands in e."""
    return all(n.op not in (VAR, NAME, OPAQUE) and not str(n.name or "").startswith(SLOT) for n in topological([e]))


def _laid_out(n: Expr) -> bool:
    """Whether a product only says at which places entries stand: `x[j]` for every i and j, `x[i + 1]`."""
    values = [(a, ls) for a, ls in zip(n.args, n.data[0], strict=True) if bracket_of(a) is None]
    if len(values) != 1 or form_of(n) or not n.shape or not values[0][0].shape:
        return False
    ((_, labels),) = values
    return len(set(labels)) == len(labels)


def _joins(n: Expr) -> bool:
    """Whether an operation may be one with others of its kind: a sum of two terms, a product of numbers without a quotient."""
    if n.op == SUM:
        return len(n.args) == 2
    return not n.shape and all(not a.shape and not (a.op == POW and a.args[1].op == NUM and a.args[1].data < 0) for a in n.args)


def _entry_by_entry(u: Expr) -> bool:
    if u.op == PROD:
        labels, out = u.data
        return all(ls in (out, ()) for ls in labels)
    return u.op in (SUM, POW) or (u.op == CALL and TABLE[u.data].elementwise)


def _rule(n: Expr) -> str:
    """The operation or row of a node, as the cheat sheet names it."""
    op = n.op
    if op == CALL:
        return "onehot" if hot(n) is not None else str(n.data)
    if op == PROD:
        form = form_of(n)
        if looked_up(n, form) is not None:
            return "entry"
        if form in ("scale", "elementwise"):
            quotient = len(n.args) == 2 and n.args[1].op == POW and n.args[1].args[1] is build.MINUS_ONE
            return "quotient" if quotient else "product"
        return {"": "contraction", "matrix_total": "total"}.get(form, form)
    if op == SUM:
        if len(n.args) == 1:
            return "negative"
        if blocks(n):
            return "concat"
        return "difference" if n.data[1] == -1 and n.args[0].op != SUM else "sum"
    if op == POW:
        exponent = n.args[1]
        if exponent is build.TWO and n.args[0].op == CALL and n.args[0].data == "norm2":
            return "squared_norm"
        if exponent is build.TWO and n.args[0].op == CALL and n.args[0].data == "sqrt":
            return "squared_root"
        if exponent.op == NUM:
            return {2: "square", -1: "reciprocal"}.get(exponent.data, "power")
        return "power"
    return {VAR: "variable", NAME: "binding", OPAQUE: "function", RESHAPE: "reshape"}.get(op, "constant")
