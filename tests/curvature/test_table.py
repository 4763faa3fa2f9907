"""The curvature facts of the table, tested by numbers as ranges are: midpoints and steps on the interval of every piece."""

from __future__ import annotations

import numpy as np
import pytest

import symdiff as sd
from symdiff.convexity.ranges import domain
from symdiff.table import TABLE
from symdiff.table.curvature import CURVATURE, OF_LOGARITHM, WITHOUT, Claim, pieces

WHOLE = {name for name in CURVATURE if not TABLE[name].elementwise}
PARAMETERS = {"leaky_relu": (-1, 0, 0.3, 1, 2), "elu": (-1, 0, 0.5, 1, 2), "huber": (0.5, 2), "clip": ((-1, 1), (0, 2)),
              "xlogy": (0.5, 2), "normp": (1, 2, 3.5), "lt": (-0.5, 1), "le": (-0.5, 1), "gt": (-0.5, 1), "ge": (-0.5, 1)}  # fmt: skip
MATRICES = {"rowmax", "rowmin", "rowmean", "rownorm2", "rowvar", "rowstd", "tril", "triu", "trilhalf", "normnuc"}
SHAPES: dict[str, tuple[int, ...]] = {**dict.fromkeys(MATRICES, (3, 4)), "vech": (4, 4), "unvech": (6,)}
SLACK = 1e-9


def violated(name: str, piece: Claim, words: frozenset[str] | None = None, count: list[int] | None = None) -> list[str]:
    """Which of the words the numbers contradict."""
    rng = np.random.default_rng(0)
    row = TABLE[name]
    words = piece.words if words is None else words
    limits = domain(name)
    low, high = max(float(piece.low), -4.0), min(float(piece.high), 4.0)
    if limits is not None:
        low, high = max(low, float(limits.low) + 1e-3), min(high, float(limits.high) - 1e-3)
    bad = set()
    for parameter in PARAMETERS.get(name, ((),)):
        extra = parameter if isinstance(parameter, tuple) else (parameter,)
        if any(not (extra[0] >= bound if relation == ">=" else extra[0] <= bound) for relation, bound in piece.where):
            continue
        several = "joint" in piece.words
        arguments = [f"x{k}" for k in range(len(row.args))] if several else ["x0", *map(str, extra)]
        spelled = "max" if name == "max_entries" else "min" if name == "min_entries" else name
        if name in WHOLE:
            shape = SHAPES.get(name, (5,))
            kind = f"matrix{shape}" if len(shape) == 2 else f"vector({shape[0]})"
            f = sd.parse(f"x0: {kind}; {spelled}({', '.join(arguments)})").compile()
        else:
            f = sd.parse(f"{spelled}({', '.join(arguments)})").compile()
            shape = ()
        letters = [a for a in arguments if a.startswith("x")]
        for _ in range(300):
            a = {x: rng.uniform(low, high, shape) for x in letters}
            b = {x: rng.uniform(low, high, shape) for x in letters}
            above = {x: a[x] + (high - a[x]) * rng.uniform(0, 1, shape) for x in letters}
            fa, fb, fm, fu = [np.asarray(f(**p)) for p in (a, b, {x: (a[x] + b[x]) / 2 for x in letters}, above)]
            slack = SLACK * (1 + abs(fa) + abs(fb))
            if count is not None:
                count[0] += 1
            if words & {"convex", "affine"} and (fm > (fa + fb) / 2 + slack).any():
                bad.add("convex")
            if words & {"concave", "affine"} and (fm < (fa + fb) / 2 - slack).any():
                bad.add("concave")
            if "rising" in words and (fu < fa - slack).any():
                bad.add("rising")
            if "falling" in words and (fu > fa + slack).any():
                bad.add("falling")
    return sorted(bad)


CASES = [(name, piece) for name in CURVATURE for piece in pieces(name)]


@pytest.mark.parametrize(("name", "piece"), CASES, ids=[f"{name}-{k}" for k, (name, _) in enumerate(CASES)])
def test_pieces_hold(name: str, piece: Claim) -> None:
    count = [0]
    assert violated(name, piece, count=count) == []
    assert count[0] >= 300


def test_false_facts_are_caught() -> None:
    """Swapped words are contradicted for every row but those where both hold."""
    opposite = {"convex": "concave", "concave": "convex", "rising": "falling", "falling": "rising"}
    missed = [
        (name, word)
        for name, piece in CASES
        for word in piece.words & set(opposite)
        if not violated(name, piece, frozenset({opposite[word]}))
    ]
    # the pieces of these are straight somewhere: abs on 0..inf
    assert {name for name, _ in missed} <= set(), missed


def test_every_row_exists() -> None:
    assert {*CURVATURE, *OF_LOGARITHM, *WITHOUT} <= {row.name for row in TABLE}


def test_no_row_without_curvature_or_a_reason() -> None:
    """A new row has a curvature, or says why it has none; macros are written out before anything is asked of them."""
    asked = {row.name for row in TABLE if not row.macro}
    assert asked - {*CURVATURE, *WITHOUT} == set()
    assert {*CURVATURE} & {*WITHOUT} == set()
    assert all(WITHOUT.values())


@pytest.mark.parametrize("name", [n for n in OF_LOGARITHM if n != "softmax"])
def test_logarithms(name: str) -> None:
    rng = np.random.default_rng(1)
    f = sd.parse(f"log({name}(x))").compile()
    low = 0.01 if name == "gamma" else -5
    for _ in range(500):
        a, b = rng.uniform(low, 5, 2)
        gap = f(x=(a + b) / 2) - (f(x=a) + f(x=b)) / 2
        if OF_LOGARITHM[name] in ("convex", "affine"):
            assert gap <= 1e-9
        if OF_LOGARITHM[name] in ("concave", "affine"):
            assert gap >= -1e-9
