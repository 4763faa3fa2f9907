"""The problem as it is asked: a formula, its variables, equations that they have to obey; and the answer, by the first way that leads to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import DomainError, SymdiffError
from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, OPAQUE, POW, PROD, VAR, Expr
from symdiff.expr.patterns import is_call, is_divisor, is_multiple
from symdiff.expr.walk import bindings, topological, variables
from symdiff.notation import write
from symdiff.printers import written
from symdiff.simplify import simplify
from symdiff.simplify.facts import DEPTH, NONNEGATIVE, POSITIVE, Facts
from symdiff.stationary.algebra import is_zero, plain, sum_of
from symdiff.stationary.found import Found, Point
from symdiff.stationary.kinds import of_solution
from symdiff.stationary.numbers import regular, vanish
from symdiff.stationary.spectral import frame, orthogonal, quotient, sphere
from symdiff.stationary.system import Solution, solutions
from symdiff.table import TABLE

FREE = Form(unconstrained=True)


def stationary(f: Expr, wrt: Sequence[Expr], equations: Sequence[tuple[Expr, Expr]] = ()) -> Found:
    """Where the derivatives of f by these variables are zero; of its Lagrangian, if equations (left and right side) have to hold.

    DomainError for what is no variable, has no gradient that is known, or does not move freely.
    """
    for x in wrt:
        _require_free(f, x, "orthogonal" if not equations else "")
    f, sides = plain(f), [(plain(a), plain(b)) for a, b in equations]
    given, sides = sides, [_squared(a, b) for a, b in sides]
    if not sides and len(wrt) == 1 and "orthogonal" in wrt[0].data[1]:
        return orthogonal(f, wrt[0]) or Found(tuple(wrt), tuple(gradients(f, wrt)))
    for ask in (quotient, sphere, frame):
        found = ask(f, list(wrt), sides)
        if found is not None:
            return found
    multipliers = _multipliers(f, sides)
    lagrangian = with_multipliers(f, sides, multipliers)
    slopes = gradients(lagrangian, wrt)
    first = sorted(range(len(wrt)), key=lambda k: len(wrt[k].shape))  # numbers before vectors before matrices
    unknowns = [*[wrt[k] for k in first], *multipliers]
    system = [*[slopes[k] for k in first], *simplify([build.sub(a, b) for a, b in sides])]
    every = solutions(system, unknowns, multipliers)
    solved = [s for s in every if not outside(f, wrt, s)]
    if solved:
        kinds = [of_solution(f, lagrangian, list(wrt), sides, solution) for solution in solved]
        scales = {nu: build.scale(build.TWO, b) for nu, (a, b), (c, _) in zip(multipliers, given, sides, strict=True) if a is not c}
        return _told(f, wrt, slopes, multipliers, list(zip(solved, kinds, strict=True)), scales)
    if not every:
        by_log = _by_logarithm(f, wrt, sides, multipliers, system, unknowns)
        if by_log:
            return _told(f, wrt, slopes, multipliers, by_log, {})
    if every:
        at = "; ".join(", ".join(f"{x.name} = {_text(s.values[x], f)}" for x in wrt) for s in every)
        words = (f"no point of the formula was found: the gradient is zero at {at}, outside of where it is asked for or has values",)
        return Found(tuple(wrt), tuple(slopes), tuple(multipliers), words=words)
    return _iterate(f, lagrangian, wrt, tuple(multipliers))


def _by_logarithm(
    f: Expr,
    wrt: Sequence[Expr],
    sides: Sequence[tuple[Expr, Expr]],
    multipliers: Sequence[Expr],
    system: Sequence[Expr],
    unknowns: Sequence[Expr],
) -> list[tuple[Solution, str]]:
    """A positive product has its points where the sum of its logarithms has them, of the same kinds; the multipliers are f times as large there."""
    terms = _logarithms(f)
    if f.shape or len(terms) < 2 or Facts().sign(f, DEPTH) != POSITIVE:
        return []
    log = sum_of(terms)
    lagrangian = with_multipliers(log, sides, multipliers)
    slopes = dict(zip(wrt, gradients(lagrangian, wrt), strict=True))
    equations = [slopes.get(x, e) for x, e in zip(unknowns, system, strict=True)]
    found = []
    for solution in solutions(equations, unknowns, multipliers):
        (there,) = replaced([f], {x: solution.values[x] for x in wrt})
        values = {x: build.scale(there, v) if x in multipliers else v for x, v in solution.values.items()}
        dims = [d for x in unknowns for d in x.shape]
        if not outside(f, wrt, solution) and vanish(system, replaced(list(system), values), dims):
            found.append((replace(solution, values=values), of_solution(log, lagrangian, list(wrt), sides, solution)))
    return found


def _logarithms(f: Expr) -> list[Expr]:
    """The logarithm of a product of numbers as terms; numbers that are no letters add nothing."""
    todo, terms = [(build.ONE, f)], list[Expr]()
    while todo:
        power, e = todo.pop()
        if e.op == PROD and not any(e.data[0]) and not e.shape:
            todo += [(power, a) for a in e.args]
        elif is_multiple(e) and e.data[0] > 0:
            todo.append((power, e.args[0]))
        elif e.op == POW:
            todo.append((build.scale(power, e.args[1]), e.args[0]))
        elif e.op != NUM:
            terms.append(build.scale(power, build.call("log", e)))
    return terms


def outside(f: Expr, wrt: Sequence[Expr], solution: Solution) -> bool:
    """Whether a point is surely none of the formula's: not positive as declared, or where a logarithm or a root has no value."""
    rows = [(node, TABLE.names[node.data]) for node in topological([f]) if node.op == CALL]
    limited = [(node.args[0], row.where) for node, row in rows if row.args[0] == "x"]
    limits = [(x, "x > 0" if "positive" in x.data[1] else "x >= 0") for x in wrt if {"positive", "nonnegative"} & set(x.data[1])]
    for node, where in [*limits, *limited]:
        if where not in ("x > 0", "x >= 0") or node.shape:
            continue
        try:
            (below,) = simplify([build.neg(replaced([node], solution.values)[0])])
        except SymdiffError:
            continue
        if Facts().sign(below, DEPTH) >= (NONNEGATIVE if where == "x > 0" else POSITIVE):
            return True
    return False


def _squared(a: Expr, b: Expr) -> tuple[Expr, Expr]:
    """norm2(x) = b with a positive b as x.x = b^2, whose gradient is linear; other equations as they are."""
    if is_call(a, "norm2") and len(a.args[0].shape) == 1 and Facts().sign(b, DEPTH) == POSITIVE:
        return build.dot(a.args[0], a.args[0]), build.power(b, build.TWO)
    return a, b


def _require_free(f: Expr, x: Expr, allowed: str) -> None:
    if not x.name:
        raise DomainError("points are found for variables, not for an entry", hint="the points of the whole variable have that entry, too")
    if x.op != VAR:
        raise DomainError(f"{x.name} is a value of the formula; points are found for variables", hint="a variable that it is computed from")
    if any(node.op == OPAQUE and x in topological([node]) for node in topological([f])):
        raise DomainError(f"{x.name} stands inside a function that is not known", hint="write the function out")
    fixed = ({"orthogonal", "simplex", "onehot", "diagonal", "nonnegative"} - {allowed}) & set(x.data[1])
    if fixed:
        word = min(fixed)
        instead = {"simplex": f'declare it positive, with --subject-to "sum({x.name}) = 1"'}
        raise DomainError(
            f"{x.name} is {word}: where it moves freely is another question", hint=instead.get(word, "declare it without that")
        )


def gradients(f: Expr, wrt: Sequence[Expr]) -> list[Expr]:
    return [plain(answer.expr) for answer in derivatives(f, list(wrt), FREE)]


def _multipliers(f: Expr, sides: Sequence[tuple[Expr, Expr]]) -> list[Expr]:
    """A name for each equation that nothing else has: nu, or nu1, nu2."""
    roots_ = [f, *[side for pair in sides for side in pair]]
    taken = {*variables(roots_), *bindings(roots_)}
    names = ["nu"] if len(sides) == 1 else [f"nu{k + 1}" for k in range(len(sides))]
    while taken & set(names):
        names = [name.replace("nu", "nu_", 1) for name in names]
    return [build.var(name, build.sub(a, b).shape) for name, (a, b) in zip(names, sides, strict=True)]


def with_multipliers(f: Expr, sides: Sequence[tuple[Expr, Expr]], multipliers: Sequence[Expr]) -> Expr:
    """f + nu*(left - right), summed over entries and equations."""
    for (a, b), nu in zip(sides, multipliers, strict=True):
        h = build.sub(a, b)
        f = build.add(f, build.scale(nu, h) if not h.shape else build.total(build.elementwise(nu, h)))
    return f


def _told(
    f: Expr,
    wrt: Sequence[Expr],
    slopes: Sequence[Expr],
    multipliers: Sequence[Expr],
    found: Sequence[tuple[Solution, str]],
    scales: Mapping[Expr, Expr],
) -> Found:
    """scales: by what a multiplier of a squared equation is multiplied for that of the equation as it was given."""
    points, conditions = [], list[str]()
    for solution, kind in found:
        scaled = {x: build.scale(scales[x], solution.values[x]) if x in scales else solution.values[x] for x in [*wrt, *multipliers]}
        values = {x: write(simplify([value]), f, expand=True)[0] for x, value in scaled.items()}
        points.append(Point(values, kind))
        own = {x: solution.values[x] for x in multipliers}
        for node, relation in solution.others:
            (node,) = simplify(replaced([node], own))
            conditions += [
                f"{_text(e, f)} {relation}"
                for e in (_needed(node) if relation == "!= 0" else [node])
                if any(n.op == VAR for n in topological([e])) and not _surely(e, relation)
            ]
        for node in solution.inverses:
            conditions += [
                f"{_text(e, f)} has an inverse" if e.shape else f"{_text(e, f)} != 0"
                for e in _needed(node)
                if e.shape or not _surely(e, "!= 0")
            ]
    return Found(tuple(wrt), tuple(slopes), tuple(multipliers), tuple(points), tuple(dict.fromkeys(conditions)))


def _surely(e: Expr, relation: str) -> bool:
    """Whether a number is positive by what is known of its parts, so that nobody needs to be told."""
    return (
        not e.shape
        and e.op != VAR
        and (Facts().sign(e, DEPTH) == POSITIVE if relation in ("> 0", "!= 0") else relation == ">= 0" and Facts().nonnegative(e))
    )


def _needed(node: Expr) -> list[Expr]:
    """What has to be different from 0, or have an inverse, for the value to be so where it is defined: no numbers and sizes, no reciprocals."""
    if is_multiple(node):
        return _needed(node.args[0])
    if is_call(node, "inv"):
        return []
    if node.op == PROD and (not node.shape or any(is_call(a, "inv") and a.shape == node.shape for a in node.args)):
        (labels, _) = node.data
        if all(not ls or a.op == CALL for a, ls in zip(node.args, labels, strict=True)) and (node.shape or not any(labels)):
            return [e for a in node.args for e in _needed(a)]
    if is_divisor(node) and not node.shape:
        return []
    return [node] if any(n.op == VAR for n in topological([node])) else []


def _text(node: Expr, f: Expr) -> str:
    return written(write([node], f, expand=True)[0])


def _iterate(f: Expr, lagrangian: Expr, wrt: Sequence[Expr], multipliers: tuple[Expr, ...] = ()) -> Found:
    """The next value: Newton's step for a number or vector, a step along the gradient for the rest; none for several unknowns at once."""
    slopes = gradients(lagrangian, wrt)
    if len(wrt) > 1 or multipliers:
        return Found(tuple(wrt), tuple(slopes), multipliers)
    (x,), (g,) = wrt, slopes
    downhill = build.sub(x, build.scale(build.var("eta"), write([g], f, expand=True)[0]))
    if len(x.shape) > 1:
        return Found(tuple(wrt), tuple(slopes), iteration=downhill)
    try:
        slope = gradients(g, [x])[0]
        if is_zero(simplify([slope])[0]) or (x.shape and not regular(slope)):
            return Found(tuple(wrt), tuple(slopes), iteration=downhill)
        step = build.divide(g, slope) if not x.shape else build.matvec(build.call("inv", slope), g)
        return Found(tuple(wrt), tuple(slopes), iteration=write([build.sub(x, step)], f, expand=True)[0])
    except SymdiffError:
        return Found(tuple(wrt), tuple(slopes), iteration=downhill)
