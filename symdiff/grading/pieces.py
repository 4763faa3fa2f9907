"""Pieces of the search for slips: an edge, a term, a number changed, and what such a change is called."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from fractions import Fraction
from random import Random

from symdiff.calculus import derivative
from symdiff.calculus.template import edge, lift
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, POW, PROD, SUM, Expr, Number, make
from symdiff.expr.patterns import is_call, is_call_of, is_elementwise
from symdiff.expr.walk import substitute, topological, variables
from symdiff.grading.changes import (
    INDICATORS,
    NEIGHBOURS,
    RELATIONS,
)
from symdiff.grading.words import Finding, shown, spread_to
from symdiff.table import TABLE

# Slips are tried at every place of graphs up to this size, in sums of so many terms, and so many of one sort.
MAX_NODES, MAX_TERMS, MAX_TRIED, MAX_EXPANDED = 150, 6, 300, 12


def attempted(look: Callable[[], Finding | None]) -> Finding | None:
    """What a look finds. One that raises explains nothing: a slip made in a formula may have no value, or none that is computed."""
    try:
        return look()
    except (SymdiffError, ArithmeticError, LookupError, TypeError, ValueError):
        return None


def unchanged(shape: Sequence[int], rng: Random, drawn: Sequence[Fraction]) -> list[Fraction]:
    return list(drawn)


def one_of_sign(drawn: Sequence[Fraction], rng: Random, sign: int) -> list[Fraction]:
    """The drawn entries, at least one of which has the sign."""
    k = rng.randrange(len(drawn))
    return [sign * abs(v) if i == k else v for i, v in enumerate(drawn)]


class unless_error:
    """Leaves out what has no derivative."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: object) -> bool:
        return isinstance(value, SymdiffError)


def repeated(f: Expr, x: Expr, times: int) -> Expr:
    for _ in range(times):
        (f,) = derivative(f, [x])
    return f


def edge_of(name: str, k: int, args: Sequence[Expr], y: Expr) -> Expr:
    """The local derivative of an elementwise row of the table, at arguments and an output of y's shape."""
    own = tuple(range(len(y.shape)))
    letters = dict(zip((*TABLE[name].args, "y"), (*args, y), strict=True))
    value, labels = lift(edge(name, k), {n: (e, own) for n, e in letters.items()}, dict(enumerate(y.shape)), {})
    return value if labels == own else build.contract([value], [labels], own, dict(enumerate(y.shape)))


def of_edge(node: Expr, k: int, arg: Expr, adjoint: Expr) -> Iterator[tuple[Finding, Expr]]:
    """What may be passed on to the k-th argument of a node by mistake."""
    if arg.shape == node.shape:
        yield ("chain", f"the derivative of `{shown(node)}` by `{shown(arg)}` is missing"), adjoint
    if node.op == POW and k == 1:
        base, exponent = node.args
        lower = build.power(base, build.sub(exponent, build.ONE) if not exponent.shape else build.add(exponent, build.MINUS_ONE))
        wrong = build.elementwise(spread_to(exponent, node), lower)
        sentence = f"the power rule is taken for `{shown(node)}`, but `{shown(exponent)}` stands in the exponent"
        if arg.shape == node.shape:
            yield ("power rule", sentence), build.elementwise(adjoint, wrong)
    if node.op == POW and k == 0 and node.args[1].op == NUM:
        base, exponent = node.args
        for n, words in ((exponent.data, "the exponent is not lowered"), (exponent.data - 2, "the exponent is lowered twice")):
            power = build.spread(build.ONE, node.shape) if n == 0 else base if n == 1 else build.power(base, build.num(n))
            yield (
                ("exponent", f"the power rule for `{shown(node)}` is wrong: {words}"),
                build.linear([exponent.data], [build.elementwise(adjoint, power)]),
            )
    if is_elementwise(node):
        yield from of_function(node, k, arg, adjoint)
    elif is_call(node, "softmax", "log_softmax") and len(node.shape) == 1:
        y = node if node.data == "softmax" else build.call("softmax", arg)
        slope = build.sub(build.ONE, y)
        local = build.elementwise(y, slope) if node.data == "softmax" else slope
        words = f"of the derivative of `{shown(node)}` only the diagonal is taken: it is a full matrix"
        yield ("diagonal", words), build.elementwise(adjoint, local)


def of_function(node: Expr, k: int, arg: Expr, adjoint: Expr) -> Iterator[tuple[Finding, Expr]]:
    if arg.shape != node.shape:
        return
    name, f = shown(node), node.data
    yield ("chain", f"the value `{name}` stands where its derivative by `{shown(arg)}` belongs"), build.elementwise(adjoint, node)
    yield ("chain", f"`{shown(arg)}` stands where the derivative of `{name}` by it belongs"), build.elementwise(adjoint, arg)
    with unless_error():
        own = edge_of(f, k, node.args, node)
        yield (
            ("chain", f"the derivative of `{name}` by `{shown(arg)}` is multiplied in twice"),
            build.elementwise(adjoint, build.elementwise(own, own)),
        )
        if len(node.args) == 1:
            words = f"in the derivative of `{name}` `{shown(arg)}` stands where `{name}` belongs"
            yield ("chain", words), build.elementwise(adjoint, edge_of(f, k, node.args, arg))
            at_y = edge_of(f, 0, (node,), make(CALL, (node,), f, node.shape))
            words = f"the derivative of `{f}` is taken at `{name}`, not at `{shown(arg)}`"
            yield ("chain", words), build.elementwise(adjoint, at_y)
    for other in NEIGHBOURS.get(f, ()) if len(node.args) == 1 else ():
        if other in TABLE and TABLE[other].elementwise and not TABLE[other].macro and len(TABLE[other].args) == 1:
            y = make(CALL, (arg,), TABLE[other].name, node.shape)
            words = f"the derivative of `{other}` is taken for that of `{f}`"
            for output in (y, node):
                with unless_error():
                    yield ("table", words), build.elementwise(adjoint, edge_of(other, 0, (arg,), output))


def expanded(e: Expr, only: Container[Expr] | None = None) -> list[tuple[Number, Expr]]:
    """The terms of a value with products multiplied out over its sums, or over those of `only`; one term where there are too many."""
    if len(topological([e])) > MAX_NODES:
        return [(1, e)]
    done: list[tuple[Number, Expr]] = []
    stack: list[tuple[Number, Expr]] = [(1, e)]
    while stack:
        c, node = stack.pop()
        if len(stack) + len(done) > MAX_EXPANDED:
            return [(1, e)]
        if node.op == SUM and (len(node.args) == 1 or only is None or node in only):
            stack += [(c * d, a) for d, a in reversed(list(zip(node.data, node.args, strict=True)))]
            continue
        for k, a in enumerate(node.args) if node.op == PROD else ():
            parts = expanded(a, only) if a.op in (SUM, PROD) else []
            if len(parts) > 1 or (parts and parts[0][1] is not a):
                made = [(c * d, make(PROD, (*node.args[:k], part, *node.args[k + 1 :]), node.data, node.shape)) for d, part in parts]
                stack += reversed(made)
                break
        else:
            done.append((c, node))
    return done


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum, each with its coefficient, from the left."""
    found: list[Expr] = []
    stack: list[tuple[int | Fraction, Expr]] = [(1, e)]
    while stack:
        c, node = stack.pop()
        if node.op == SUM:
            stack += [(c * d, a) for d, a in reversed(list(zip(node.data, node.args, strict=True)))]
        else:
            found.append(node if c == 1 else build.linear([c], [node]))
    return found


def indicators_of(root: Expr) -> list[Expr]:
    return [n for n in topological([root]) if is_call_of(n, INDICATORS)][:MAX_TERMS]


def kinks_of(root: Expr) -> list[Expr]:
    """What max, min, relu and abs decide by, as indicators: `[a > b]` of `max(a, b)`."""
    found = []
    for n in topological([root]):
        if is_call(n, "max", "min", "relu", "abs"):
            a, b = (*n.args, build.spread(build.ZERO, n.shape))[:2]
            found.append(build.call("lt" if n.data == "min" else "gt", a, b))
    return found[:MAX_TERMS]


def of_places(e: Expr) -> bool:
    """Whether an indicator is an inequality of indices: `[j <= i]`, as the range `j=1..i` of a sum has it."""
    return not variables([e]) and any(is_call(n, "cumsum") for n in topological([e])) and e.data in RELATIONS


def with_number(root: Expr, old: Number, new: Number) -> Expr:
    """root with the number `new` in the place of `old`, and -new in that of -old, as coefficients too."""
    other = {old: new, -old: -new}

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        if node.op == NUM:
            return build.num(other.get(node.data, node.data))
        if node.op == SUM:
            return build.linear([other.get(c, c) for c in node.data], kids)
        return make(node.op, kids, node.data, node.shape) if kids != node.args else node

    return substitute([root], rebuild)[root]


def replaced(root: Expr, old: Expr, new: Expr) -> Expr:
    """root with one node in place of another."""

    def rebuild(node: Expr, kids: tuple[Expr, ...]) -> Expr:
        return new if node is old else make(node.op, kids, node.data, node.shape) if kids != node.args else node

    return substitute([root], rebuild)[root]
