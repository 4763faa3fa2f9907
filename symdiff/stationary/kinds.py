"""Minimum, maximum or saddle: what is known of a point, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from symdiff import convexity, numeric
from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import DELTA, PROD, SUM, Expr
from symdiff.expr.patterns import is_call, is_declared
from symdiff.expr.walk import dimensions, topological, variables
from symdiff.notation import write
from symdiff.printers import written
from symdiff.simplify import simplify
from symdiff.simplify.facts import DEPTH, POSITIVE, Facts
from symdiff.stationary.algebra import plain
from symdiff.stationary.numbers import Condition
from symdiff.stationary.routes import replaced_nodes
from symdiff.stationary.system import Solution

FREE = Form(unconstrained=True)
SHORT = 3  # conditions of a verdict


def of_solution(f: Expr, lagrangian: Expr, wrt: Sequence[Expr], sides: Sequence[tuple[Expr, Expr]], solution: Solution) -> str:
    """What the point is, by the first of these that knows: the second derivative as a sum of psd terms, the curvature of the formula (a convex
    one has its minimum there, under affine equations too), of its Lagrangian with the multipliers' values, of the formula in another variable
    (a variance as 1/u, a covariance as inv(P)), one variable after the other, and a second derivative that is made of numbers.
    """
    if not sides and len(wrt) == 1:
        (x,) = wrt
        if solution.several and not x.shape:
            return at_number(simplify([plain(derivatives(f, [x], FREE)[0].expr)])[0], x, solution.values[x])
        found = _one(f, x, solution.values[x])
        return worded(*found, f) if found else definite(f, wrt, [], solution.values)
    if not sides:
        found = by_curvature(f, wrt) or one_after_the_other(f, solution)
    elif affine(sides, wrt):
        found = by_curvature(f, wrt)
    else:
        (there,) = replaced([lagrangian], {x: value for x, value in solution.values.items() if x not in wrt})
        found = by_curvature(there, wrt)
    return worded(*found, f) if found else definite(lagrangian, wrt, [build.sub(a, b) for a, b in sides], solution.values)


Kind = tuple[str, list[Condition]]  # minimum, maximum or saddle, and the conditions under which it is one


def _one(f: Expr, x: Expr, value: Expr) -> Kind | None:
    """Of one variable that its own gradient was solved for."""
    (g,) = simplify([plain(derivatives(f, [x], FREE)[0].expr)])
    kind, where = kind_of(g, x, value)
    if kind:
        return kind, [(e, ">= 0") for e in where]
    found = [k for k in (by_curvature(f, [x]), in_another_variable(f, x, value)) if k is not None]
    return min(found, key=weakest) if found else None


def weakest(kind: Kind) -> tuple[int, int]:
    """Few conditions before many, `>= 0` before `<= 0`."""
    return len(kind[1]), sum(relation != ">= 0" for _, relation in kind[1])


def by_curvature(f: Expr, wrt: Sequence[Expr]) -> Kind | None:
    """Minimum of a convex formula, maximum of a concave one, with the certificate's conditions on the rest."""
    try:
        convex, concave, *_ = convexity.certificates(f, wrt)
    except SymdiffError:
        return None
    found = [
        (len(known), word, known)
        for word, known in (("minimum", convex), ("maximum", concave))
        if known is not None and len(known) <= SHORT
    ]
    if not found:
        return None
    _, word, known = min(found, key=lambda o: (o[0], sum(relation != ">= 0" for _, relation in o[2]), o[1] != "minimum"))
    return word, sorted(known, key=lambda atom: atom[0].key)


def worded(kind: str, conditions: Sequence[Condition], f: Expr) -> str:
    parts = []
    for node, relation in conditions:
        text = written(write([node], f, expand=True)[0])
        parts.append(f"{text} is psd" if relation == "psd" else f"{text} {relation}")
    return kind + (" where " + " and ".join(dict.fromkeys(parts)) if parts else "")


def in_another_variable(f: Expr, x: Expr, value: Expr) -> Kind | None:
    """A minimum among positive values stays one when x is written as 1/u, exp(u) or inv(P), in which the formula may be convex.

    Nothing but positive x has to be meant: by its declaration, by a logarithm in the formula, or at the point.
    """
    if not x.shape:
        if not (
            "positive" in x.data[1]
            or any(is_call(n, "log") and n.args[0] is x for n in topological([f]))
            or Facts().sign(value, DEPTH) == POSITIVE
        ):
            return None
        instead = [build.divide(build.ONE, build.var("u_", (), ("positive",))), build.call("exp", build.var("u_"))]
    elif len(x.shape) == 2 and x.shape[0] == x.shape[1] and "psd" in x.data[1]:
        instead = [build.call("inv", build.var("u_", x.shape, ("psd",)))]
    else:
        return None
    found = list[Kind]()
    for other in instead:
        (new,) = simplify(replaced_nodes([f], {x: other}))
        own = [v for v in variables([new]).values() if v.name == "u_"]
        kind = by_curvature(new, own) if own else None
        if kind is not None and not any(u in topological([node]) for node, _ in kind[1] for u in own):
            found.append(kind)
    return min(found, key=weakest) if found else None


def one_after_the_other(f: Expr, solution: Solution) -> Kind | None:
    """The minimum over one variable, put in, and then over the next: all of them minima make a minimum; one of each a saddle.

    Conditions are told of the point, where the later variables have their values.
    """
    if not solution.own:
        return None
    kinds, conditions = set[str](), list[Condition]()
    for x, value in solution.order:
        found = _one(f, x, value)
        if found is None:
            return None
        kinds.add(found[0])
        there = simplify(replaced([node for node, _ in found[1]], solution.values))
        conditions += [
            (node, relation)
            for node, (_, relation) in zip(there, found[1], strict=True)
            if relation != ">= 0" or not Facts().nonnegative(node)
        ]
        (f,) = replaced([f], {x: value})
    return (kinds.pop() if len(kinds) == 1 else "saddle"), conditions


def definite(f: Expr, wrt: Sequence[Expr], gaps: Sequence[Expr], point: Mapping[Expr, Expr]) -> str:
    """By the eigenvalues of a second derivative that is made of numbers at the point, along the directions that the equations leave free."""
    import numpy as np

    sizes = [prod(d) for d in ([k for k in x.shape if isinstance(k, int)] for x in wrt)]
    if any(not isinstance(d, int) for x in wrt for d in x.shape):
        return ""

    def by(e: Expr, x: Expr) -> Expr:
        return (
            plain(derivatives(e, [x], Form())[0].expr) if x in variables([e]).values() else build.spread(build.ZERO, (*e.shape, *x.shape))
        )

    rows = [[by(by(f, x), z) for z in wrt] for x in wrt]
    normals = [[by(h, x) for x in wrt] for h in gaps]
    flat = simplify(replaced([e for row in (*rows, *normals) for e in row], point))
    if variables(flat) or dimensions(flat):
        return ""
    try:
        values = [np.asarray(numeric.compile([e])({}), dtype=float) for e in flat]
    except (SymdiffError, ValueError):
        return ""
    n = len(wrt)
    second = np.block([[values[i * n + k].reshape(sizes[i], sizes[k]) for k in range(n)] for i in range(n)])
    if gaps:
        normal = np.block([[values[n * n + i * n + k].reshape(-1, sizes[k]) for k in range(n)] for i in range(len(gaps))])
        _, singular, basis = np.linalg.svd(normal)
        free = basis[int((singular > 1e-9 * singular.max()).sum()) :]
        if len(free) + len(normal) != second.shape[0]:
            return ""  # the equations hold each other up: their gradients are dependent here
        second = free @ second @ free.T
    if not second.size or not np.isfinite(second).all() or not np.abs(second).max():
        return ""
    found = np.linalg.eigvalsh(second)
    low, high = found.min() / np.abs(found).max(), found.max() / np.abs(found).max()
    return "minimum" if low > 1e-9 else "maximum" if high < -1e-9 else "saddle" if low < -1e-9 and high > 1e-9 else ""


def at_number(g: Expr, x: Expr, value: Expr) -> str:
    """Of a number at a point where the slope is zero: by the sign of the second derivative there."""
    (second,) = simplify(replaced([plain(derivatives(g, [x], Form())[0].expr)], {x: value}))
    facts = Facts()
    for sign, word in ((1, "minimum"), (-1, "maximum")):
        if facts.sign(simplify([build.scale(build.num(sign), second)])[0], DEPTH) == POSITIVE:
            return word
    if variables([second]) or dimensions([second]):
        return ""
    number = float(numeric.compile([second])({}))
    return "minimum" if number > 1e-9 else "maximum" if number < -1e-9 else ""


def affine(sides: Sequence[tuple[Expr, Expr]], wrt: Sequence[Expr]) -> bool:
    """Whether the equations are affine in the variables together."""
    for a, b in sides:
        for x in wrt:
            (h,) = simplify([build.sub(a, b)])
            if x not in topological([h]):
                continue
            slope = plain(derivatives(h, [x], FREE)[0].expr)
            if any(z in topological([slope]) for z in wrt):
                return False
    return True


def kind_of(g: Expr, x: Expr, point: Expr) -> tuple[str, list[Expr]]:
    """Minimum or maximum, by the second derivative: of one sign everywhere, or for a number at the point; and the numbers that must not
    be negative for it. The point is the only one, so that a form which is never negative has its minimum there.
    """
    facts = Facts()
    if not x.shape:
        (second,) = derivatives(g, [x], Form())
        (there,) = simplify(replaced([plain(second.expr)], {x: point}))
        for sign, word in ((1, "minimum"), (-1, "maximum")):
            if facts.sign(simplify([build.scale(build.num(sign), there)])[0], DEPTH) == POSITIVE:
                return word, []
    (slope,) = simplify([plain(derivatives(g, [x], Form(unconstrained=True))[0].expr)])
    if x in topological([slope]):
        return "", []
    for sign, word in ((1, "minimum"), (-1, "maximum")):
        where = never_negative(simplify([build.scale(build.num(sign), slope)])[0], facts)
        if where is not None:
            return word, list(dict.fromkeys(where))
    return "", []


def never_negative(e: Expr, facts: Facts) -> list[Expr] | None:
    """The numbers that must not be negative for this form to be never negative: sums of B'*D*B with D >= 0, of psd matrices and of the
    identity, the axes of a matrix variable in pairs. None where that is not known.
    """
    if e.op == SUM:
        found: list[Expr] = []
        for c, term in zip(e.data, e.args, strict=True):
            inside = never_negative(term, facts) if c > 0 else None
            if inside is None:
                return None
            found += inside
        return found
    order = len(e.shape)
    if e.op == PROD:
        labels, out = e.data
        factors = list(zip(e.args, labels, strict=True))
    else:
        factors, out = [(e, tuple(range(order)))], tuple(range(order))
    half = order // 2
    mirror = dict(zip(out, out[half:] + out[:half], strict=True))
    side = {k: n >= half for n, k in enumerate(out)}
    for a, ls in factors:  # u'*S*u with a psd S between: its two axes are on two sides as well
        if len(ls) == 2 and ls[0] != ls[1] and not side.keys() & set(ls) and _is_psd(a):
            beside = next((side[k] for _, others in factors if ls[0] in others for k in others if k in side), False)
            mirror |= {ls[0]: ls[1], ls[1]: ls[0]}
            side |= {ls[0]: beside, ls[1]: not beside}
    wanted: list[Expr] = []
    while factors:
        a, ls = factors.pop()
        if not any(k in mirror for k in ls):  # a weight along axes that are summed, or a number
            if facts.nonnegative(a):
                continue
            if ls:
                return None
            wanted.append(a)
            continue
        twin = (a, tuple([mirror.get(k, k) for k in ls]))
        if len({side[k] for k in ls if k in side}) == 1 and twin in factors:  # B on both sides
            factors.remove(twin)
        elif not (len(ls) == 2 and mirror.get(ls[0]) == ls[1] and _is_psd(a)):
            return None
    return wanted


def _is_psd(a: Expr) -> bool:
    """Whether a matrix is known to be psd."""
    while is_call(a, "inv"):
        (a,) = a.args
    return a.op == DELTA or is_declared(a, "psd")
