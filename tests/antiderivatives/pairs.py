"""The pairs of pairs.txt, read, and the numbers at which they are compared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from zlib import crc32

import numpy as np

import symdiff as sd
from symdiff.expr.node import Expr
from symdiff.expr.walk import variables
from symdiff.numeric import compile

POINTS, DRAWS = 8, 400
INTERVALS = [(-3, 3), (0, 1), (-1, 1), (1, 5), (-5, -1)]


class Pair(NamedTuple):
    subject: str
    integrand: str
    antiderivative: str
    positive: tuple[str, ...]

    def parsed(self) -> tuple[Expr, Expr, Expr]:
        """Integrand, antiderivative, and the variable x."""
        types = dict.fromkeys(self.positive, "positive scalar")
        texts = [self.integrand, self.antiderivative, "x"]
        kinds = [{n: t for n, t in types.items() if re.search(rf"\b{n}\b", text)} for text in texts]
        f, F, x = [sd.parse(text, **known).expr for text, known in zip(texts, kinds, strict=True)]
        return f, F, x

    def points(self, f: Expr, *others: Expr) -> Iterator[list[float]]:
        """The values of the expressions at random points at which all of them are numbers."""
        rng = Random(crc32(self.antiderivative.encode()))
        names = sorted(variables([f, *others]))
        functions = [compile([e]) for e in (f, *others)]
        found = 0
        for _ in range(DRAWS):
            point = {name: rng.uniform(0.2, 2.5) * (1 if name in self.positive else rng.choice([1, -1])) for name in names}
            x = rng.uniform(*rng.choice(INTERVALS))
            point["x"] = abs(x) if "x" in self.positive else x
            with np.errstate(all="ignore"):
                values = [float(function(point)) for function in functions]
            if all(map(math.isfinite, values)):
                found += 1
                yield values
            if found == POINTS:
                return


def read() -> list[Pair]:
    pairs, subject = [], ""
    for line in Path(__file__).with_name("pairs.txt").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\D+)\]", line):
            subject = heading[1]
        elif line and not line.startswith("#"):
            integrand, _, rest = line.partition(" => ")
            antiderivative, _, where = rest.partition(" where ")
            positive = tuple(part.removesuffix(" > 0") for part in where.split(" and ")) if where else ()
            pairs.append(Pair(subject, integrand.strip(), antiderivative.strip(), positive))
    return pairs
