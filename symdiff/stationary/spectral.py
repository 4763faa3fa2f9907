"""Problems that end at eigenvectors or at a polar factor: quadratic forms on a sphere, their quotients, matrices with orthonormal columns.

In: a formula without names, its variable, the equation that it has to obey. Out: the equation of the points, with words about which of them is the
minimum; of Procrustes' problem the point itself. Each is checked with NumPy's eigenvectors at random data: gradient, equation and order of the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdiff import numeric
from symdiff.differentiate import Form, derivatives, replaced
from symdiff.errors import SymdiffError
from symdiff.expr import build
from symdiff.expr.node import PROD, SUM, Expr
from symdiff.expr.patterns import is_call, is_divisor
from symdiff.expr.walk import topological, variables
from symdiff.notation import write
from symdiff.printers import written
from symdiff.simplify import simplify
from symdiff.simplify.facts import DEPTH, POSITIVE, Facts
from symdiff.stationary.algebra import is_zero, number_of, plain, traced, without_squares
from symdiff.stationary.found import Found, Point
from symdiff.stationary.kinds import never_negative
from symdiff.stationary.numbers import draw, sizes_for
from symdiff.stationary.routes import replaced_nodes

FREE = Form(unconstrained=True)
Sides = Sequence[tuple[Expr, Expr]]


def gradient(f: Expr, x: Expr) -> Expr:
    return simplify([plain(derivatives(f, [x], FREE)[0].expr)])[0]


def matrix_of(f: Expr, x: Expr) -> Expr | None:
    """A with the gradient of f by the vector x being A*x; None where it is nothing of the kind."""
    g = gradient(f, x)
    if x not in topological([g]) or not _vanishes_at_zero(g, x):
        return None
    slope = gradient(g, x)
    return None if x in topological([slope]) else slope


def _vanishes_at_zero(g: Expr, x: Expr) -> bool:
    try:
        return is_zero(simplify(replaced([g], {x: build.spread(build.ZERO, x.shape)}))[0])
    except SymdiffError:
        return False


# ---------------------------------------------------------------------------------------------- vectors


def sphere(f: Expr, wrt: Sequence[Expr], sides: Sides) -> Found | None:
    """A quadratic form where another one has a given value: A*x = lambda*B*x."""
    if len(wrt) != 1 or len(sides) != 1 or len(wrt[0].shape) != 1 or sides[0][0].shape:
        return None
    (x,), ((a, b),) = wrt, sides
    if x in topological([b]):
        a, b = b, a
    if x in topological([b]):
        return None
    if is_call(a, "norm2"):
        a, b = build.dot(a.args[0], a.args[0]) if len(a.args[0].shape) == 1 else build.power(a, build.TWO), build.power(b, build.TWO)
    on = matrix_of(a, x)
    if on is None:
        return None
    try:
        (start,) = simplify(replaced([a], {x: build.spread(build.ZERO, x.shape)}))
    except SymdiffError:
        return None
    (size,) = simplify([build.sub(b, start)])
    short, unit = f, build.dot(x, x)
    if is_zero(simplify([build.sub(a, unit)])[0]):  # w.w inside the formula is the number that it has to be
        (short,) = simplify([f])
        short = without_squares(replaced_nodes([short], {simplify([unit])[0]: size})[0], x, size)
    of = matrix_of(short, x)
    if of is None or Facts().sign(size, DEPTH) != POSITIVE:
        return None
    return _eigen(f, x, of, on, size, None, [(a, b)])


def quotient(f: Expr, wrt: Sequence[Expr], sides: Sides) -> Found | None:
    """Rayleigh's quotient x'*A*x/(x'*B*x): A*x = f*B*x."""
    if len(wrt) != 1 or sides or len(wrt[0].shape) != 1:
        return None
    (x,) = wrt
    (short,) = simplify([f])
    number = number_of(short)  # 3*q is a sum of one term with a coefficient
    if short.op == SUM and number:
        (short,) = simplify([build.scale(build.num(1 / number), short)])
    else:
        number = Fraction(1)
    factors = list(short.args) if short.op == PROD and not short.shape and not any(ls for ls in short.data[0]) else []
    if short.op == PROD and not factors:
        return None
    below = [e for e in factors if is_divisor(e) and x in topological([e])]
    if len(below) != 1:
        return None
    base, exponent = below[0].args
    under = build.power(base, build.num(-exponent.data))
    above = build.num(number)
    for e in factors:
        if e is not below[0]:
            above = build.scale(above, e)
    of, on = matrix_of(above, x), matrix_of(under, x)
    if of is None or on is None:
        return None
    return _eigen(f, x, of, on, None, f, [])


def _eigen(f: Expr, x: Expr, of: Expr, on: Expr, size: Expr | None, value: Expr | None, sides: Sides) -> Found | None:
    """The equation of the eigenvectors: of*x = lambda*on*x, common numbers taken away."""
    up, down = number_of(of), number_of(on)
    of, on = simplify([build.scale(build.num(1 / up), of), build.scale(build.num(1 / down), on)])
    if never_negative(on, Facts()) != []:
        return None
    left, right = build.matvec(of, x), build.matvec(on, x)
    if value is not None:
        value = build.scale(build.num(down / up), value)
    else:
        assert size is not None
        form = build.dot(x, left)
        (norm,) = simplify([build.scale(build.num(2 / down), size)])  # x'*on*x
        value = form if norm is build.ONE else build.divide(form, norm)
    if not _verified(f, x, of, on, value, sides, up / down):
        return None
    if value is not f:
        (value,) = write(simplify([value]), f, expand=True)
    left, right = write(simplify([left, right]), f, expand=True)
    is_unit = is_zero(simplify([build.sub(on, build.eye(x.shape[0]))])[0])
    shown = write([of, on], f, expand=True)
    matrix, other = [written(e) for e in shown]
    inner = f"({matrix})" if shown[0].op == SUM else matrix
    low, high = ("smallest", "largest") if up / down > 0 else ("largest", "smallest")
    words = (
        f"{x.name} is an eigenvector of {matrix}, {written(value)} its eigenvalue" if is_unit
        else f"{x.name} is an eigenvector of inv({other})*{inner}, {written(value)} its eigenvalue",
        f"minimum at the {low} eigenvalue, maximum at the {high}, saddles at those between",
    )  # fmt: skip
    conditions = () if is_unit else (f"{other} has an inverse",)
    return Found((x,), (gradient(f, x),), conditions=conditions, equation=(left, build.scale(value, right)), words=words)


def _verified(f: Expr, x: Expr, of: Expr, on: Expr, value: Expr, sides: Sides, sign: Any) -> bool:
    """At random data every eigenvector makes the gradient of the Lagrangian zero, has `value` as its eigenvalue, and f goes up (down) with these."""
    import numpy as np

    g = gradient(f, x)
    slopes = [gradient(a, x) for a, _ in sides]
    gaps = [build.sub(a, b) for a, b in sides]
    code = [numeric.compile([e]) for e in (f, g, of, on, value, *slopes, *gaps)]
    names = {name: v for name, v in variables([f, g, of, on, value, *slopes, *gaps]).items() if v is not x}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        sizes = sizes_for({**names, x.name: x}, x.shape, (), seed)
        n = sizes[x.shape[0]]
        data = draw(names, sizes, rng)
        try:
            data[x.name] = rng.normal(size=n)
            left, right = [np.asarray(c(data)) for c in code[2:4]]
            values, vectors = np.linalg.eig(np.linalg.solve(right, left))
            if np.abs(values.imag).max() > 1e-9:
                return False
            found = []
            for k in np.argsort(values.real):
                data[x.name] = vectors[:, k].real
                if sides:
                    data[x.name] = data[x.name] * _scale(code[-1], data, x.name)
                slope = np.asarray(code[1](data))
                if sides:
                    if abs(float(code[-1](data))) > 1e-8:
                        return False
                    normal = np.asarray(code[5](data))
                    slope = slope - normal * (slope @ normal) / (normal @ normal)
                if np.abs(slope).max() > 1e-7 * (1 + np.abs(left).max()):
                    return False
                if abs(float(code[4](data)) - values[k].real) > 1e-7 * (1 + abs(values[k].real)):
                    return False
                found.append(float(code[0](data)))
        except (SymdiffError, ValueError, np.linalg.LinAlgError):
            return False
        if not (np.diff(found) * float(sign) > -1e-9).all():
            return False
    return True


def _scale(gap: Any, data: dict[str, Any], name: str) -> float:
    """By how much a vector is stretched so that a quadratic form has its value: gap is c*t^2 - d."""
    at = data[name]
    one, none = float(gap(data)), float(gap({**data, name: 0 * at}))
    return float((-none / (one - none)) ** 0.5)


# ---------------------------------------------------------------------------------------------- matrices with orthonormal columns


def frame(f: Expr, wrt: Sequence[Expr], sides: Sides) -> Found | None:
    """W'*W = eye: a polar factor where f is linear on such matrices (Procrustes), eigenvectors where its gradient is A*W (PCA)."""
    if len(wrt) != 1 or len(sides) != 1 or len(wrt[0].shape) != 2:
        return None
    (x,), ((a, b),) = wrt, sides
    (gap,) = simplify([build.sub(a, b)])
    if not any(
        gap is simplify([build.scale(build.num(s), build.sub(build.matmul(build.transpose(x), x), build.eye(x.shape[1])))])[0]
        for s in (1, -1)
    ):
        return None
    found = orthogonal(f, x)
    if found is not None:
        return found
    g = gradient(f, x)
    if x not in topological([g]) or not _vanishes_at_zero(g, x):
        return None
    slope = gradient(g, x)
    if x in topological([slope]):
        return None
    (left,) = simplify([traced(slope, (0, 1, 2, 1), (0, 2), x.shape[1])])
    if not is_zero(simplify([build.sub(g, build.matmul(left, x))])[0]):
        return None
    number = number_of(left)
    (left,) = simplify([build.scale(build.num(1 / number), left)])
    if not _spans(f, x, left, number):
        return None
    product = build.matmul(left, x)
    inner = build.matmul(build.transpose(x), product)
    product, inner = write(simplify([product, inner]), f, expand=True)
    matrix = written(write([left], f, expand=True)[0])
    low, high = ("smallest", "largest") if number > 0 else ("largest", "smallest")
    words = (
        f"the columns of {x.name} span eigenvectors of {matrix}",
        f"minimum with those of the {low} eigenvalues, maximum with those of the {high}, saddles with others",
    )
    return Found((x,), (g,), equation=(product, build.matmul(x, inner)), words=words)


def _spans(f: Expr, x: Expr, left: Expr, sign: Any) -> bool:
    """At random data the first and last eigenvectors bound what f takes on frames, and are stationary."""
    import numpy as np

    code = [numeric.compile([e]) for e in (f, gradient(f, x), left)]
    names = {name: v for name, v in variables([f, left]).items() if v is not x}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        sizes = sizes_for({**names, x.name: x}, x.shape[:1], x.shape[1:], seed)
        data = draw(names, sizes, rng)
        shape = (sizes[x.shape[0]], sizes[x.shape[1]])
        try:
            data[x.name] = rng.normal(size=shape)
            vectors = np.linalg.eigh(np.asarray(code[2](data)))[1]
            bounds = []
            for columns in (vectors[:, : shape[1]], vectors[:, -shape[1] :]):
                data[x.name] = columns
                slope = np.asarray(code[1](data))
                if np.abs(slope - columns @ (columns.T @ slope)).max() > 1e-7 * (1 + np.abs(slope).max()):
                    return False
                bounds.append(float(code[0](data)))
            for _ in range(10):
                data[x.name] = np.linalg.qr(rng.normal(size=shape))[0]
                if not min(bounds) - 1e-9 <= float(code[0](data)) <= max(bounds) + 1e-9:
                    return False
        except (SymdiffError, ValueError, np.linalg.LinAlgError):
            return False
        if (bounds[1] - bounds[0]) * float(sign) < -1e-9:
            return False
    return True


def orthogonal(f: Expr, x: Expr) -> Found | None:
    """Procrustes: f is linear on matrices with orthonormal columns, and the nearest one is the polar factor."""
    free = build.var(x.name, x.shape)
    (f_free,) = replaced([f], {x: free})
    g = gradient(f_free, free)
    try:
        (there,) = simplify(replaced([g], {free: build.spread(build.ZERO, x.shape)}))
    except SymdiffError:
        return None
    if is_zero(there):
        return None
    (minus,) = simplify([build.neg(there)])
    number = abs(number_of(minus))
    (minus,) = simplify([build.scale(build.num(1 / number), minus)])
    point = build.call("polar", minus)
    if not _is_nearest(f_free, free, g, there, point):
        return None
    (value,) = write(simplify([point]), f, expand=True)
    (most,) = write(simplify([build.call("polar", build.neg(minus))]), f, expand=True)
    condition = f"{written(write([minus], f, expand=True)[0])} has full rank"
    return Found((x,), (g,), points=(Point({x: value}, "minimum"),), conditions=(condition,), words=(f"maximum at {written(most)}",))


def _is_nearest(f: Expr, x: Expr, g: Expr, there: Expr, point: Expr) -> bool:
    """Whether f is linear on such matrices and the point stationary and lowest, at random data."""
    import numpy as np

    code = [numeric.compile([e]) for e in (f, g, there, point)]
    names = {name: v for name, v in variables([f, there]).items() if v.name != x.name}
    same = x.shape[0] == x.shape[1]
    for seed in range(3):
        rng = np.random.default_rng(seed)
        sizes = sizes_for({**names, x.name: x}, x.shape[:1], () if same else x.shape[1:], seed)
        shape = (sizes[x.shape[0]], sizes[x.shape[1]])
        data = draw(names, sizes, rng)
        for name, v in names.items():
            if not v.data[1]:
                data[name] = rng.normal(size=np.shape(data[name]))
        try:
            data[x.name] = np.zeros(shape)
            linear, best = np.asarray(code[2](data)), np.asarray(code[3](data))
            data[x.name] = best
            slope = np.asarray(code[1](data))
            inner = best.T @ slope
            rest = slope - best @ (inner + inner.T) / 2
            if np.abs(rest).max() > 1e-7 * (1 + np.abs(slope).max()):
                return False
            lowest = float(code[0](data))
            offset = lowest - float((linear * best).sum())
            for _ in range(8):
                data[x.name] = np.linalg.qr(rng.normal(size=shape))[0]
                value = float(code[0](data))
                if value < lowest - 1e-9 or abs(value - float((linear * data[x.name]).sum()) - offset) > 1e-8 * (1 + abs(value)):
                    return False
        except (SymdiffError, ValueError, np.linalg.LinAlgError):
            return False
    return True
