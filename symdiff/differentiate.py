"""From a question to its answer: the sweep, the form that is asked for, the way it is written, and what it assumes.

In: a formula, nodes to differentiate by, a Form. Out: an Answer, which is the written expression with its question. What
never changes: all of them, of any order and in any direction, are made by the one sweep; products with vectors differentiate
a number, and no Jacobian is built for them. What an answer assumes is worked out when somebody asks for it (`Answer.notes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from symdiff.bounds import LIMITS, exceeded
from symdiff.calculus import derivative as sweep
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NAME, NUM, POW, PROD, VAR, Expr, Shape, make
from symdiff.expr.patterns import is_call, is_call_of
from symdiff.expr.walk import substitute, topological, unnamed, variables
from symdiff.names import entry_of, shown
from symdiff.notation import write
from symdiff.notation.conditions import MAX_NODES, conditions, needs, words
from symdiff.notation.merged import unvectorised, vectorised
from symdiff.notation.unparse import unparse
from symdiff.printers import text
from symdiff.simplify import Log, Normalizer, simplify
from symdiff.simplify.shapes import is_ones, is_zero
from symdiff.table import TABLE
from symdiff.table.groups import LENGTHS

if TYPE_CHECKING:
    from symdiff.checking import Verdict

# Spaces of matrices that a derivative by a variable with this property stays in.
SPACES = {"symmetric": "symmetric matrices", "psd": "symmetric matrices", "diagonal": "diagonal matrices"}

# Properties of constants: as variables these have no space of their own to stay in.
CONSTANT = {"onehot", "simplex", "orthogonal"}


@dataclass(frozen=True)
class Form:
    """How derivatives are laid out.

    expand: with the formula's names written out. unconstrained: the entries of symmetric, psd and diagonal variables move
    freely. numerator: gradients of scalars are transposed, a row or a transposed matrix. kron: the matrix d vec(f)/d vec(x).
    """

    expand: bool = False
    unconstrained: bool = False
    numerator: bool = False
    kron: bool = False

    def lay_out(self, g: Expr, axes: int, order: int) -> Expr:
        """The derivative g, whose first axes are not those of the variable it was taken by last."""
        if self.kron:
            return vectorised(g, axes)
        if self.numerator and order == 1 and axes == 0 and len(g.shape) in (1, 2):
            return build.row(g) if len(g.shape) == 1 else build.transpose(g)
        return g

    def tensor(self, answer: Expr, f: Expr, nodes: Sequence[Expr]) -> Expr:
        """The derivative, axes of f first, that was laid out as this answer."""
        *others, x = nodes
        if self.kron:
            return unvectorised(answer, f.shape + tuple([d for y in others for d in y.shape]), x.shape)
        if self.numerator and not others and not f.shape and len(x.shape) in (1, 2):
            return build.unrow(answer) if len(x.shape) == 1 else build.transpose(answer)
        return answer

    def remarks(self, f: Expr, nodes: Sequence[Expr]) -> list[str]:
        """What a reader must know of the layout."""
        lines = []
        for x in dict.fromkeys(nodes):
            properties = x.data[1] if x.op == VAR else ()
            word = next((word for word in SPACES if word in properties), "")
            if word and self.unconstrained:
                lines.append(f"{x.name} is {word}: its entries are free here (unconstrained); otherwise within the {SPACES[word]}")
            elif word:
                lines.append(
                    f"{x.name} is {word}: this is the derivative within the {SPACES[word]}; unconstrained takes its entries as free"
                )
        if self.numerator and len(nodes) == 1 and not f.shape and nodes[0].shape:
            lines.append("numerator layout: the gradient is transposed")
        return lines


Made = TypeVar("Made")

# How an answer is made: of a formula, nodes (what it is differentiated by; then the direction, if there is one), a form and a log.
Kind = Callable[[Expr, Sequence[Expr], Form, Log], Expr]


@dataclass(frozen=True)
class Question:
    """What an answer is the answer to."""

    kind: Kind
    f: Expr
    nodes: tuple[Expr, ...]
    form: Form

    def answer(self, values: Mapping[Expr, Expr]) -> Expr:
        """The answer with values in the place of variables of the question."""
        f, *nodes = replaced([self.f, *self.nodes], values)
        return self.kind(f, nodes, self.form, Log())


@dataclass(frozen=True)
class Answer:
    """An answer with its question. unfinished: the budget of simplification was spent, a shorter form may exist."""

    expr: Expr
    question: Question
    unfinished: bool = False

    def verify(self, *, seconds: float | None = None) -> Verdict:
        """Whether it is the derivative that was asked for. SymdiffError for products with a direction."""
        question = self.question
        if question.kind is not derivative:
            raise SymdiffError("a product with a direction is not verified by itself", hint="verify the Jacobian or the Hessian")
        from symdiff.checking import verify

        tensor = question.form.tensor(self.expr, question.f, question.nodes)
        f, nodes = question.f, question.nodes
        if len(nodes) == 1 and nodes[0].op == PROD:  # beside the other entries: alone, a small one is lost in differences of large values
            (x,) = nodes
            (g,) = _derivatives(f, [entry_of(x)[0]], Form(), Log())
            tensor, nodes = build.add(g, _placed(build.sub(tensor, _picked(g, x)), x, len(f.shape))), (entry_of(x)[0],)
        elif any(x.op == PROD for x in nodes):
            f, nodes = with_names(f, nodes)
        return verify(f, nodes, tensor, unconstrained=question.form.unconstrained, seconds=seconds)

    def notes(self) -> tuple[str, ...]:
        """What it assumes, a note each: conditions that its formula does not have, properties used, layout."""
        question = self.question
        wrt = question.nodes if question.kind is derivative else question.nodes[:1]
        brackets = [unparse(c).body for c in conditions(self.expr, question.f, wrt)]
        stated = [text(words(b)) for b in brackets if b is not None]
        used = [f"{x.name} {word}" for x, word in _properties(question)]
        return (
            *(["valid where " + " and ".join(stated)] if stated else []),
            *(["uses: " + ", ".join(used)] if used else []),
            *question.form.remarks(question.f, wrt),
            *(
                ["the budget of simplification was spent: a shorter form may exist; more with the limit `offers`"]
                if self.unfinished
                else []
            ),
        )


# ---------------------------------------------------------------------------------------------- derivatives


def derivatives(f: Expr, nodes: Sequence[Expr], form: Form) -> list[Answer]:
    """df/dx for every node, simplified and written as people write them, axes of f first."""
    log = Log()
    answers = _after_cancelling(lambda f: _derivatives(f, nodes, form, log), f, nodes)
    return [Answer(g, Question(derivative, f, (x,), form), log.exhausted) for x, g in zip(nodes, answers, strict=True)]


def _derivatives(f: Expr, nodes: Sequence[Expr], form: Form, log: Log) -> list[Expr]:
    # A bound name stands for itself only where it is differentiated by; the other derivatives see through it.
    free = list(dict.fromkeys([entry_of(x)[0] for x in nodes if x.op != NAME]))
    raw = dict(zip(free, sweep(f, free, unconstrained=form.unconstrained), strict=True))
    for x in nodes:
        if x.op == NAME:
            raw[x] = sweep(f, [x])[0]
        elif x.op == PROD:
            raw[x] = _picked(raw[entry_of(x)[0]], x)
    return _written([form.lay_out(raw[x], len(f.shape), 1) for x in nodes], f, form, log)


def ask(kind: Kind, f: Expr, nodes: Sequence[Expr], form: Form) -> Answer:
    """One answer, with its question."""
    log = Log()
    return Answer(_after_cancelling(lambda f: kind(f, nodes, form, log), f, nodes), Question(kind, f, tuple(nodes), form), log.exhausted)


def _after_cancelling(make: Callable[[Expr], Made], f: Expr, nodes: Sequence[Expr]) -> Made:
    """make(f), or make of what f simplifies to where f itself has a division by zero on the way, as norm2(x - x)^2 has.

    Names are written out if need be, as in y = x; norm2(y - x), unless one of them is asked. Refused still if what is left has a function of
    constants that may lie outside its domain: log(x - x) is not the constant log(0), log(2 + norm2(x - x)) is log(2).
    """
    try:
        return make(f)
    except DomainError:
        rest = _without_cut_off(f)
        for keep_names in (True,) if any(x.op == NAME for x in nodes) else (True, False):
            try:
                (left,) = simplify([rest], keep_names=keep_names)
            except DomainError:
                break
            if left is f or any(map(_may_lack_value, topological([left]))):
                continue
            with suppress(DomainError):
                return make(left)
        raise


def _may_lack_value(constant: Expr) -> bool:
    """Whether this is a function of constants of which it is not known that they lie inside its domain."""
    if constant.op != CALL or not TABLE[constant.data].where or variables([constant]):
        return False
    needed = list(needs(constant))
    return not needed or not all(map(is_ones, simplify(needed)))


def _without_cut_off(f: Expr) -> Expr:
    """f without what conditions cut off that never hold: the branch of if(0 < s - s, …), what [s < s] multiplies."""
    home = Normalizer(keep_names=False)

    def holds(condition: Expr) -> bool | None:
        with suppress(DomainError):
            (c,) = home.run([condition])
            return False if is_zero(c) else True if is_ones(c) else None
        return None

    def put(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if is_call(node, "if") and (found := holds(kids[0])) is not None:
            return kids[1 if found else 2]
        brackets = [a for a in kids if (x := unnamed(a)).op == CALL and TABLE[x.data].relation] if node.op == PROD else []
        if any(holds(a) is False for a in brackets):
            return build.spread(build.ZERO, node.shape)
        return make(node.op, kids, node.data, node.shape)

    return substitute([f], put)[f]


def derivative(f: Expr, nodes: Sequence[Expr], form: Form, log: Log) -> Expr:
    """The derivative of order len(nodes), by one node after the other.

    LimitError for high orders, since derivatives of products grow with each; DomainError for a mixed derivative by a name and what it is computed from.
    """
    return _written([_raw_derivative(f, nodes, form)], f, form, log)[0]


def _raw_derivative(f: Expr, nodes: Sequence[Expr], form: Form) -> Expr:
    if len(nodes) > LIMITS.order:
        raise exceeded("order", f"a derivative of order {len(nodes)}", len(nodes))
    _require_independent(nodes)
    back = _freed(nodes, form)
    result, *free = replaced([f, *nodes], {x: y for y, x in back.items()})
    for x in free[:-1]:
        (result,) = simplify([_swept(result, x, form)])
    (last,) = replaced([_swept(result, free[-1], form)], back)
    return form.lay_out(last, len(result.shape), len(nodes))


def _swept(f: Expr, x: Expr, form: Form) -> Expr:
    (g,) = sweep(f, [entry_of(x)[0]], unconstrained=form.unconstrained)
    return _picked(g, x) if x.op == PROD else g


def _picked(g: Expr, x: Expr) -> Expr:
    """The derivative by an entry of a variable, from that by the variable, whose axes are g's last ones."""
    base, places = entry_of(x)
    axes = tuple(range(len(g.shape)))
    own = axes[len(g.shape) - len(base.shape) :]
    units = [(build.unit(k, d), (label,)) for k, d, label in zip(places, base.shape, own, strict=True) if k is not None]
    taken = {ls[0] for _, ls in units}
    return build.contract(
        [g, *[u for u, _ in units]], [axes, *[ls for _, ls in units]], tuple([label for label in axes if label not in taken])
    )


def _placed(g: Expr, x: Expr, front: int) -> Expr:
    """A derivative by an entry at its place among zeros: of the shape of that by the variable."""
    base, places = entry_of(x)
    own = tuple(range(front, front + len(base.shape)))
    units = [(build.unit(k, d), (label,)) for k, d, label in zip(places, base.shape, own, strict=True) if k is not None]
    rest = tuple([label for label, k in zip(own, places, strict=True) if k is None])
    return build.contract([g, *[u for u, _ in units]], [(*range(front), *rest), *[ls for _, ls in units]], (*range(front), *own))


def jvp(f: Expr, nodes: Sequence[Expr], form: Form, log: Log) -> Expr:
    """The derivative of f by x in the direction v, of f's shape; nodes: x, v.

    The number sum(u .* f) differentiated by x, paired with v and differentiated by the weight u.
    """
    return _written([_raw_jvp(f, nodes, form)], f, form, log)[0]


def _raw_jvp(f: Expr, nodes: Sequence[Expr], form: Form) -> Expr:
    x, v = nodes
    u, w = _stand_in("u", f.shape), _stand_in("v", x.shape)
    (g,) = sweep(_paired(f, u), [x], unconstrained=form.unconstrained)
    (raw,) = sweep(_paired(g, w), [u])
    return _directed(raw, w, v)


def vjp(f: Expr, nodes: Sequence[Expr], form: Form, log: Log) -> Expr:
    """v contracted with the Jacobian, of x's shape: the derivative of the number sum(v .* f), where v is constant; nodes: x, v."""
    return _written([_raw_vjp(f, nodes, form)], f, form, log)[0]


def _raw_vjp(f: Expr, nodes: Sequence[Expr], form: Form) -> Expr:
    x, v = nodes
    w = _stand_in("v", f.shape)
    (raw,) = sweep(_paired(f, w), [x], unconstrained=form.unconstrained)
    return _directed(raw, w, v)


def hvp(f: Expr, nodes: Sequence[Expr], form: Form, log: Log) -> Expr:
    """The Hessian of a scalar contracted with v, of x's shape: the derivative of the number sum(gradient .* v); nodes: x, v."""
    return _written([_raw_hvp(f, nodes, form)], f, form, log)[0]


def _raw_hvp(f: Expr, nodes: Sequence[Expr], form: Form) -> Expr:
    x, v = nodes
    w = _stand_in("v", x.shape)
    back = _freed([x], form)
    value, free = replaced([f, x], {x: y for y, x in back.items()})
    (g,) = simplify(sweep(value, [free], unconstrained=form.unconstrained))
    (raw,) = replaced(sweep(_paired(g, w), [free], unconstrained=form.unconstrained), back)
    return _directed(raw, w, v)


def _freed(nodes: Sequence[Expr], form: Form) -> dict[Expr, Expr]:
    """Variables of these names that lack the properties which moving entries would break, and those they stand for.

    Where y is onehot, y^2 is y, but the derivatives of the two differ: what is simplified in order to be differentiated once
    more must not use it. Of symmetric matrices it may, as long as the derivative stays within their space.
    """
    lost = CONSTANT | (SPACES.keys() if form.unconstrained else set())
    constrained = [x for x in dict.fromkeys(nodes) if x.op == VAR and not lost.isdisjoint(x.data[1])]
    return {build.var(x.name, x.shape, set(x.data[1]) - lost): x for x in constrained}


def _directed(raw: Expr, w: Expr, v: Expr) -> Expr:
    """The derivative with v in the place of w: not before, since nothing may be differentiated in v."""
    return replaced([raw], {w: v})[0]


def program(questions: Sequence[Question]) -> list[Expr]:
    """The answers as the sweep leaves them, before any of it is simplified: what costs least is often not what reads best.

    Gradients of one formula come from one sweep and share its adjoints. DomainError where a formula has to be simplified first.
    """
    made: dict[Question, Expr] = {}
    together: dict[tuple[Expr, bool], list[Question]] = {}
    for question in dict.fromkeys(questions):
        f, *nodes = squared([question.f, *question.nodes])
        if question.kind is hvp or len(question.nodes) > 1:
            f, *nodes = undivided([f, *nodes])
        if question.kind is derivative and len(question.nodes) == 1 and question.nodes[0].op != NAME:
            together.setdefault((f, question.form.unconstrained), []).append(question)
        else:
            made[question] = _RAW[question.kind](f, nodes, question.form)
    for (f, unconstrained), group in together.items():
        raw = sweep(f, [question.nodes[0] for question in group], unconstrained=unconstrained)
        made.update({question: question.form.lay_out(g, len(f.shape), 1) for question, g in zip(group, raw, strict=True)})
    return [made[question] for question in questions]


def squared(roots: Sequence[Expr]) -> list[Expr]:
    """The expressions with even powers of norms as those of the sums of squares that they are, whose derivatives need no norm."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op == POW and is_call_of(args[0], LENGTHS) and node.args[1].op == NUM and node.args[1].data in (2, 4, 6):
            x = args[0].args[0]
            own = tuple(range(len(x.shape)))
            square = build.contract([x, x], [own, own], own[: len(args[0].shape)])
            return square if node.args[1] is build.TWO else build.power(square, build.num(node.args[1].data // 2))
        return make(node.op, args, node.data, node.shape) if args else node

    new = substitute(roots, put)
    return [new[root] for root in roots]


def undivided(roots: Sequence[Expr]) -> list[Expr]:
    """The expressions with products of entries whose second derivatives divide by none of them (`table.undivided`)."""

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if is_call(node, "prod"):
            (x,) = args
            return build.call("_rowprod", x if len(x.shape) == 1 else build.reshape(x, (build.dim_product(x.shape),)))
        if is_call(node, "rowprod", "cumprod"):
            return build.call(f"_{node.data}", *args)
        return make(node.op, args, node.data, node.shape) if args else node

    new = substitute(roots, put)
    return [new[root] for root in roots]


_RAW: dict[Kind, Callable[[Expr, Sequence[Expr], Form], Expr]] = {derivative: _raw_derivative, jvp: _raw_jvp, vjp: _raw_vjp, hvp: _raw_hvp}


def _stand_in(letter: str, shape: Shape) -> Expr:
    return build.var(f" {letter}", shape)  # no formula has a name with a blank


def _paired(a: Expr, b: Expr) -> Expr:
    """The number sum(a .* b)."""
    own = tuple(range(len(a.shape)))
    return build.contract([a, b], [own, own], ())


def _written(raw: Sequence[Expr], f: Expr, form: Form, log: Log) -> list[Expr]:
    return write(raw, f, expand=form.expand, log=log)


def with_names(f: Expr, nodes: Sequence[Expr]) -> tuple[Expr, tuple[Expr, ...]]:
    """The same formula in which the entries among the nodes have names of their own, so that it can be differentiated by these."""
    found: dict[Expr, Expr] = {}
    for x in nodes:
        if x.op == PROD and x not in found:
            base, _ = entry_of(x)
            found[x] = build.name(shown(x), x, False)
            (f,) = replaced([f], {base: build.add(base, _placed(build.sub(found[x], x), x, 0))})
    return f, tuple([found.get(x, x) for x in nodes])


def _require_independent(nodes: Sequence[Expr]) -> None:
    """A mixed derivative by a name and by what its value is computed from has no meaning."""
    for y in dict.fromkeys(nodes):
        below = set(topological([y])) - {y} if y.op == NAME else set()
        for x in nodes:
            if x in below:
                raise DomainError(
                    f"{y.name} is computed from {x.name}: a mixed derivative by both has no meaning", hint="differentiate by variables"
                )


def replaced(roots: Sequence[Expr], values: Mapping[Expr, Expr]) -> list[Expr]:
    """The expressions with values in the place of variables of the same shape."""
    if not values:
        return list(roots)

    def put(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return make(node.op, args, node.data, node.shape) if args else values.get(node, node)

    new = substitute(roots, put)
    return [new[root] for root in roots]


# ---------------------------------------------------------------------------------------------- properties


def _properties(question: Question) -> list[tuple[Expr, str]]:
    """The properties of variables without which the answer would be another one."""
    nodes = topological([question.f])
    declared = [(x, word) for x in nodes if x.op == VAR for word in x.data[1] if not word.startswith("label")]
    if not declared or len(nodes) > MAX_NODES:
        return []
    answer = question.answer({})
    found = []
    for x, word in declared:
        bare = {x: build.var(x.name, x.shape, [other for other in x.data[1] if other != word])}
        if question.answer(bare) is not replaced([answer], bare)[0]:
            found.append((x, word))
    return found
