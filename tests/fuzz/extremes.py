"""Random formulas at arguments where exponentials and squares overflow, underflow or saturate, with values in 60 digits.

The shapes are those people write: norms and directions, contrastive losses, logarithms of sums of exponentials, probit, cross-entropies.
A value is a function of numbers of mpmath, whose exponents have no bounds; its derivative is the central difference there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np

Env = dict[str, Any]
Value = Callable[[Env], Any]

DIGITS = 120
SIZES = {"s": (), "t": (), "u": (3,), "v": (3,), "A": (3, 3), "M": (2, 3)}
HEADER = "s: scalar; t: positive scalar; u, v: vector(n); A: matrix(n, n); M: matrix(m, n); "


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum(p * q for p, q in zip(a, b, strict=True))


def norm(a: Sequence[Any]) -> Any:
    return mp.sqrt(dot(a, a))


def lse(a: Sequence[Any]) -> Any:
    return mp.log(sum(mp.exp(p) for p in a))


def sig(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def times(a: Any, b: Any) -> list[Any]:
    return [dot(row, b) for row in a]


def formula(seed: int) -> tuple[str, Value, str, Env]:
    """A formula, its value, the variable asked, and a point."""
    rng = random.Random(seed)
    large = rng.random() < 0.35
    number, value, point = (sizes if large else saturated)(rng)
    used = [name for name in SIZES if name in point]
    outer = rng.choice(["{}", "{}", "2*({})", "-({})", "({}) + 1", "({})/3"])
    change: Value = {
        "{}": lambda z: z,
        "2*({})": lambda z: 2 * z,
        "-({})": lambda z: -z,
        "({}) + 1": lambda z: z + 1,
        "({})/3": lambda z: z / 3,
    }[outer]
    before, _, last = number.rpartition("; ")
    return HEADER + (f"{before}; " if before else "") + outer.format(last), lambda e: change(value(e)), rng.choice(used), point


def array(rng: random.Random, shape: tuple[int, ...], scale: float) -> Any:
    return np.array([rng.uniform(0.3, 2) * rng.choice([1, -1]) for _ in range(int(np.prod(shape)))]).reshape(shape) * scale


def sizes(rng: random.Random) -> tuple[str, Value, Env]:
    """Norms far beyond the root of the largest float, or below that of the smallest."""
    scale = 10.0 ** rng.choice([-200, -180, -165, 160, 180, 200])
    point = {"u": array(rng, (3,), scale), "v": array(rng, (3,), scale)}
    M = {"M": array(rng, (2, 3), scale)}
    st = {"s": float(array(rng, (), scale)), "t": abs(float(array(rng, (), scale)))}
    k = rng.randint(1, 3)
    ways: list[tuple[str, Value, Env]] = [
        ("norm2(u)", lambda e: norm(e["u"]), point),
        ("norm2(u - v)", lambda e: norm([a - b for a, b in zip(e["u"], e["v"], strict=True)]), point),
        ("norm2(u)/norm2(v)", lambda e: norm(e["u"]) / norm(e["v"]), point),
        ("u.v/(norm2(u)*norm2(v))", lambda e: dot(e["u"], e["v"]) / norm(e["u"]) / norm(e["v"]), point),
        (f"(u/norm2(u))[{k}]", lambda e: e["u"][k - 1] / norm(e["u"]), point),
        (f"u[{k}]/norm2(u)", lambda e: e["u"][k - 1] / norm(e["u"]), point),
        ("(u/norm2(u)).(v/norm2(v))", lambda e: dot(e["u"], e["v"]) / norm(e["u"]) / norm(e["v"]), point),
        ("log(norm2(u))", lambda e: mp.log(norm(e["u"])), point),
        ("norm2(u/norm2(v))", lambda e: norm(e["u"]) / norm(e["v"]), point),
        ("norm2(M)", lambda e: norm([x for row in e["M"] for x in row]), M),
        ("sum(i=1..m, norm2(M[i]))", lambda e: sum(norm(row) for row in e["M"]), M),
        ("sum(rownorm2(M))", lambda e: sum(norm(row) for row in e["M"]), M),
        ("norm2(M[1] - M[2])", lambda e: norm([a - b for a, b in zip(*e["M"], strict=True)]), M),
        ("sum(i=1..m, j=1..m, norm2(M[i] - M[j]))", lambda e: 2 * norm([a - b for a, b in zip(*e["M"], strict=True)]), M),
        ("hypot(s, t)", lambda e: norm([e["s"], e["t"]]), st),
        ("s/hypot(s, t)", lambda e: e["s"] / norm([e["s"], e["t"]]), st),
        ("norm(u, 2)", lambda e: norm(e["u"]), point),
        ("sum(u/norm2(u))", lambda e: sum(e["u"]) / norm(e["u"]), point),
    ]
    return rng.choice(ways)


def saturated(rng: random.Random) -> tuple[str, Value, Env]:
    """Exponentials of arguments of which some are hundreds."""
    scale = rng.choice([1.0, 5.0, 30.0, 200.0])
    temperature = rng.choice([0.005, 0.02, 0.1, 1.0])
    u, v, M, A = array(rng, (3,), 1.0), array(rng, (3,), 1.0), array(rng, (2, 3), 1.0), array(rng, (3, 3), scale)
    t, s = temperature, float(array(rng, (), scale))
    weights = abs(v)
    y = rng.choice([0, 1, 0.3])
    k = rng.randint(1, 3)
    sharp = {"u": u, "v": v, "M": M, "t": t}
    ways: list[tuple[str, Value, Env]] = [
        ("-log(exp(u.v/t)/(exp(u.v/t) + sum(exp(M*u/t))))", lambda e: lse([dot(e["u"], e["v"]) / e["t"], *[x / e["t"] for x in times(e["M"], e["u"])]]) - dot(e["u"], e["v"]) / e["t"], sharp),
        ("-log(exp(u.v/t)/sum(exp(M*u/t)))", lambda e: lse([x / e["t"] for x in times(e["M"], e["u"])]) - dot(e["u"], e["v"]) / e["t"], sharp),
        ("-u.v/t + log(exp(u.v/t) + sum(exp(M*u/t)))", lambda e: lse([dot(e["u"], e["v"]) / e["t"], *[x / e["t"] for x in times(e["M"], e["u"])]]) - dot(e["u"], e["v"]) / e["t"], sharp),
        ("log(exp(u'*A*u/2) + exp(v'*A*v/2))", lambda e: lse([dot(e["u"], times(e["A"], e["u"])) / 2, dot(e["v"], times(e["A"], e["v"])) / 2]), {"u": u, "v": v, "A": A}),
        ("log(sum(exp(u/t)))", lambda e: lse([x / e["t"] for x in e["u"]]), {"u": u, "t": t}),
        ("t*log(sum(exp(u/t)))", lambda e: e["t"] * lse([x / e["t"] for x in e["u"]]), {"u": u, "t": t}),
        ("log(mean(exp(u/t)))", lambda e: lse([x / e["t"] for x in e["u"]]) - mp.log(3), {"u": u, "t": t}),
        ("log(sum(v .* exp(u/t)))", lambda e: mp.log(sum(w * mp.exp(x / e["t"]) for w, x in zip(e["v"], e["u"], strict=True))), {"u": u, "v": weights, "t": t}),
        ("log(v.exp(u/t))", lambda e: mp.log(sum(w * mp.exp(x / e["t"]) for w, x in zip(e["v"], e["u"], strict=True))), {"u": u, "v": weights, "t": t}),
        ("log(t*exp(s) + (1 + t)*exp(-s))", lambda e: mp.log(e["t"] * mp.exp(e["s"]) + (1 + e["t"]) * mp.exp(-e["s"])), {"s": s, "t": t}),
        ("log(0.5*exp(s) + 0.5*exp(t))", lambda e: mp.log((mp.exp(e["s"]) + mp.exp(e["t"])) / 2), {"s": s, "t": abs(s) * 3}),
        ("log(exp(s) + exp(-s))", lambda e: lse([e["s"], -e["s"]]), {"s": s}),
        ("log(1 + exp(s))", lambda e: mp.log1p(mp.exp(e["s"])), {"s": s}),
        ("log(1 + exp(-s/t))", lambda e: mp.log1p(mp.exp(-e["s"] / e["t"])), {"s": s, "t": t}),
        ("log(0.5*erfc(-s/sqrt(2)))", lambda e: mp.log(mp.erfc(-e["s"] / mp.sqrt(2)) / 2), {"s": s}),
        ("log(erfc(s))", lambda e: mp.log(mp.erfc(e["s"])), {"s": s}),
        ("log(0.5*(1 + erf(s/sqrt(2))))", lambda e: mp.log(mp.erfc(-e["s"] / mp.sqrt(2)) / 2), {"s": s}),
        (f"-({y}*log(sigma(s)) + (1 - {y})*log(1 - sigma(s)))", lambda e: mp.log1p(mp.exp(-e["s"])) * y + (1 - y) * mp.log1p(mp.exp(e["s"])), {"s": s}),
        (f"h = sigma(u.v*s); -({y}*log(h) + (1 - {y})*log(1 - h))", lambda e: mp.log1p(mp.exp(-dot(e["u"], e["v"]) * e["s"])) * y + (1 - y) * mp.log1p(mp.exp(dot(e["u"], e["v"]) * e["s"])), {"u": u, "v": v, "s": s}),
        (f"bce(sigma(s), {y})", lambda e: mp.log1p(mp.exp(-e["s"])) * y + (1 - y) * mp.log1p(mp.exp(e["s"])), {"s": s}),
        ("-log(sigma(s))", lambda e: mp.log1p(mp.exp(-e["s"])), {"s": s}),
        ("-log(1/(1 + exp(-s)))", lambda e: mp.log1p(mp.exp(-e["s"])), {"s": s}),
        ("-sum(log(sigma(u/t)))", lambda e: sum(mp.log1p(mp.exp(-x / e["t"])) for x in e["u"]), {"u": u, "t": t}),
        (f"-log(softmax(u/t)[{k}])", lambda e: lse([x / e["t"] for x in e["u"]]) - e["u"][k - 1] / e["t"], {"u": u, "t": t}),
        (f"-log(exp(u[{k}]/t)/sum(exp(u/t)))", lambda e: lse([x / e["t"] for x in e["u"]]) - e["u"][k - 1] / e["t"], {"u": u, "t": t}),
        ("p = softmax(A*u); -v.log(p)", lambda e: -dot(e["v"], [z - lse(times(e["A"], e["u"])) for z in times(e["A"], e["u"])]), {"u": u, "v": weights, "A": A}),
        ("logsumexp(A*u)", lambda e: lse(times(e["A"], e["u"])), {"u": u, "A": A}),
        ("softmax(u/t).v", lambda e: dot([mp.exp(x / e["t"]) for x in e["u"]], e["v"]) / sum(mp.exp(x / e["t"]) for x in e["u"]), {"u": u, "v": v, "t": t}),
        ("sum(exp(u/t) .* v)/sum(exp(u/t))", lambda e: dot([mp.exp(x / e["t"]) for x in e["u"]], e["v"]) / sum(mp.exp(x / e["t"]) for x in e["u"]), {"u": u, "v": v, "t": t}),
        ("exp(s)/(1 + exp(s))", lambda e: sig(e["s"]), {"s": s}),
        ("(exp(s) - exp(-s))/(exp(s) + exp(-s))", lambda e: mp.tanh(e["s"]), {"s": s}),
        ("log(cosh(s))", lambda e: mp.log(mp.cosh(e["s"])), {"s": s}),
        ("sum(i=1..n, log(1 + exp(-v[i]*u[i]/t)))", lambda e: sum(mp.log1p(mp.exp(-a * b / e["t"])) for a, b in zip(e["u"], e["v"], strict=True)), {"u": u, "v": v, "t": t}),
    ]  # fmt: skip
    return rng.choice(ways)


def exact(value: Value, point: Env, name: str) -> tuple[float, np.ndarray]:
    """The value at a point and its derivative by a variable, each rounded once."""
    with mp.workdps(DIGITS):
        env = {k: lifted(v) for k, v in point.items()}
        found = np.empty(SIZES[name])
        size = mp.mpf(float(abs(np.asarray(point[name])).max()))
        h = size * mp.mpf(10) ** -40
        for place in np.ndindex(*SIZES[name]):
            ends = [value({**env, name: moved(env[name], place, step)}) for step in (h, -h)]
            found[place] = float((ends[0] - ends[1]) / (2 * h))
        return float(value(env)), found


def lifted(v: Any) -> Any:
    return [lifted(x) for x in v] if np.ndim(v) else mp.mpf(float(v))


def moved(v: Any, place: tuple[int, ...], step: Any) -> Any:
    if not place:
        return v + step
    return [moved(x, place[1:], step) if k == place[0] else x for k, x in enumerate(v)]
