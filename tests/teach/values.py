"""Values of nodes by a walk of their own: products by einsum, sums, powers; functions, one call at a time, by the code that numbers use.

What was computed is remembered, since the lines of a lesson are made of the same parts. Where an entry is not finite the project's own code, which
knows removable zeros and strongly false brackets, is asked for the whole.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from symdiff.errors import UnknownNameError
from symdiff.expr import build
from symdiff.expr.node import CALL, CONST, DELTA, DIM, NAME, NUM, OPAQUE, POW, PROD, RESHAPE, SUM, UNIT, VAR, make
from symdiff.expr.walk import topological
from symdiff.numeric import compile, evaluate


class Values:
    """Values of nodes where letters have these values; sizes of dimensions that have a name are read off, or given by name."""

    def __init__(self, values, nodes=()):
        self.values, self.known = dict(values), {}
        self.sizes = {name: int(x) for name, x in values.items() if np.ndim(x) == 0 and not callable(x) and float(x).is_integer()}
        for n in topological(list(nodes)):
            if n.op == VAR and n.name in values:
                self.sizes.update({d: size for d, size in zip(n.shape, np.shape(values[n.name]), strict=False) if isinstance(d, str)})

    def of(self, e):
        for n in topological([e], self.known):
            if n not in self.known:
                self.known[n] = self.step(n, [self.known[a] for a in n.args])
        return self.known[e]

    def more(self, values=()):
        """The same with further letters."""
        found = Values({})
        found.values, found.sizes, found.known = self.values | dict(values), self.sizes, dict(self.known)
        return found

    def size(self, d):
        if isinstance(d, int):
            return d
        if d in self.sizes:
            return self.sizes[d]
        if isinstance(d, tuple) and all(isinstance(p, int) or p in self.sizes for p in d):
            return int(np.prod([self.size(p) for p in d]))
        return int(evaluate(make(DIM, (), d, ()), self.sizes_for() | self.values))

    def step(self, n, args):
        with np.errstate(all="ignore"):
            found = self.plain(n, args)
        if np.isfinite(found).all():
            return found
        return np.asarray(evaluate(n, self.sizes_for() | self.values), dtype=float)

    def plain(self, n, args):
        match n.op:
            case op if op == VAR:
                value = np.asarray(self.values[n.name], dtype=float)
                if not n.shape and value.ndim:  # the x of an opaque phi(x), which may be anything
                    return value
                return value.reshape([self.size(d) for d in n.shape])
            case op if op == NUM:
                return np.asarray(float(n.data))
            case op if op == CONST:
                return np.asarray(np.pi)
            case op if op == DIM:
                return np.asarray(float(self.size(n.data)))
            case op if op == DELTA:
                return np.eye(self.size(n.shape[0]))
            case op if op == UNIT:
                return np.eye(self.size(n.shape[0]))[n.data - 1]
            case op if op == NAME:
                return args[0]
            case op if op == SUM:
                return sum(float(c) * a for c, a in zip(n.data, args, strict=True))
            case op if op == PROD:
                return self.product(n, args)
            case op if op == POW:
                return np.power(args[0], args[1])
            case op if op == RESHAPE:
                return np.reshape(args[0], [self.size(d) for d in n.shape])
        if n.op == OPAQUE or n.op != CALL:
            return np.asarray(evaluate(n, self.sizes_for() | self.values), dtype=float)
        letters = tuple([build.var(f"x{k}", a.shape) for k, a in enumerate(n.args)])
        given = {f"x{k}": a for k, a in enumerate(args)}
        try:
            return np.asarray(called(make(CALL, letters, n.data, n.shape))(self.sizes_for() | given), dtype=float)
        except UnknownNameError:  # sizes such as cols(A), which only the letters themselves have
            return np.asarray(evaluate(n, self.sizes_for() | self.values), dtype=float)

    def sizes_for(self):
        return {d: size for d, size in self.sizes.items() if isinstance(d, str) and d.isidentifier()}

    def product(self, n, args):
        labels, out = n.data
        known = {label for ls in labels for label in ls}
        ones = [np.ones(self.size(d)) for label, d in zip(out, n.shape, strict=True) if label not in known]
        new = [(label,) for label in out if label not in known]
        operands = []
        for a, ls in [*zip(args, labels, strict=True), *zip(ones, new, strict=True)]:
            operands += [a, list(ls)]
        return np.asarray(np.einsum(*operands, list(out)))


@lru_cache(maxsize=2000)
def called(pattern):
    return compile([pattern])
