"""Factors that cancel: `A*inv(A)`, chains and their inverses, functions of one matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from symdiff.expr import build
from symdiff.expr.node import CALL, NUM, OPAQUE, POW, PROD, VAR, Expr
from symdiff.expr.patterns import is_call, is_call_of, is_declared
from symdiff.simplify.graph import Factor, Labels, ProductGraph
from symdiff.table import TABLE

# Functions of eigenvalues and the functions of the matrix that they make.
SPECTRAL = {"exp": "expm", "log": "logm"}

MAX_CHAIN = 5  # factors of an inverted product up to which they are looked for beside it

MAX_LOOKED_AT = 200  # nodes of a factor, to be asked whether it exists everywhere


class Cancelling(ProductGraph):
    """Inverses beside what they are inverses of, functions of a matrix beside each other."""

    __slots__ = ()

    def inverses(self) -> bool:
        """inv(M)*M and Q'*Q are identities."""
        candidates = [k for k in self.entries if len(k[1]) == 2 and self.entries[k] == 1 and self.invertible(k[0])]
        if not candidates:
            return False
        degree = self.degree()
        for key in candidates:
            base, labels = key
            for axis in (0, 1):
                label = labels[axis]
                if label not in self.summed or degree[label] != 2:
                    continue
                for other, others in list(self.entries):
                    if (other, others) == key or label not in others or len(others) != 2 or self.entries[other, others] != 1:
                        continue
                    at = others.index(label)
                    if self.cancels(base, other, axis, at):
                        del self.entries[key], self.entries[other, others]
                        self.summed.discard(label)
                        self.entries[build.eye(base.shape[0]), (labels[1 - axis], others[1 - at])] = 1
                        return True
                if is_call(base, "inv") and base.args[0].op == PROD and self.cancels_chain(base, labels, axis):
                    return True
        return False

    def spectral(self) -> bool:
        """Q*diag(s)*Q' of the eigenvectors and eigenvalues of A is its symmetric part, so that it has derivatives where eigenvalues meet."""
        for (base, (k,)), exponent in [(key, e) for key, e in self.entries.items() if len(key[1]) == 1 and key[1][0] in self.summed]:
            of = base.args[0] if is_call_of(base, SPECTRAL) else base
            if (
                not is_call(of, "eigvalsh")
                or not (isinstance(exponent, int) and 0 < abs(exponent) <= (MAX_CHAIN if of is base else 1))
                or (of is not base and exponent != 1)
            ):
                continue
            vectors = [key for key in self.entries if k in key[1] and key != (base, (k,))]
            if len(vectors) != 2 or any(
                not is_call(f, "eigvecsh") or f.args != of.args or ls[1] != k or ls[0] == k or self.entries[f, ls] != 1 for f, ls in vectors
            ):
                continue
            (a,) = of.args
            half = Fraction(1, 2)
            part = a if self.home.symmetric(a) else self.home.sum([(half, a), (half, self.home.transposed(a))], a.shape)
            i, j = (ls[0] for _, ls in vectors)
            for key in ((base, (k,)), *vectors):
                del self.entries[key]
            name = SPECTRAL[base.data] if of is not base else "inv" if exponent < 0 else ""
            factor = self.home.call(name, (part,), part.shape) if name else part
            self.summed.discard(k)
            ends = [i, *[self.fresh(a.shape[0]) for _ in range(abs(exponent) - 1)], j]
            self.load([(factor, (low, high)) for low, high in pairwise(ends)])
            return True
        return False

    def cancels_chain(self, base: Expr, labels: Labels, axis: int) -> bool:
        """inv(X'*X)*X'*X is an identity: the factors of what is inverted stand in this product, joined in the same way."""
        inner = base.args[0]
        own, out = inner.data
        if not 1 < len(own) <= MAX_CHAIN or not all(own):
            return False
        inside = Counter(i for ls in own for i in ls)
        degree = self.degree()
        for start in (0, 1) if self.home.symmetric(inner) else (1 - axis,):
            joint, end = labels[axis], out[1 - start]
            if degree[joint] != 1 + inside[out[start]]:
                continue
            for place, used in self.embeddings(list(zip(inner.args, own, strict=True)), {out[start]: joint}, (base, labels)):
                if all(place[i] in self.summed and degree[place[i]] == n for i, n in inside.items() if i not in out):
                    for key in ((base, labels), *used):
                        del self.entries[key]
                    self.summed -= {place[i] for i in inside if i != end}
                    self.entries[build.eye(base.shape[0]), (labels[1 - axis], place[end])] = 1
                    return True
        return False

    def embeddings(self, parts: list[Factor], place: dict[int, int], without: Factor) -> Iterator[tuple[dict[int, int], list[Factor]]]:
        """The ways to find these factors among the entries: where their labels go (each to another label), and the entries."""
        todo: list[tuple[list[Factor], dict[int, int], list[Factor]]] = [(parts, place, [])]
        while todo:
            rest, place, used = todo.pop()
            if not rest:
                yield place, used
                continue
            n = next((n for n, (_, ls) in enumerate(rest) if any(i in place for i in ls)), 0)
            f, ls = rest[n]
            wanted, exponent = (f.args[0], f.args[1]) if f.op == POW else (f, build.ONE)
            for key, power in self.entries.items():
                if (
                    key[0] is not wanted
                    or key in used
                    or key == without
                    or (power if isinstance(power, Expr) else build.num(power)) is not exponent
                ):
                    continue
                for at in (key[1], key[1][::-1]) if len(ls) == 2 and self.home.symmetric(wanted) else (key[1],):
                    more = dict(place)
                    if all(more.setdefault(i, j) == j for i, j in zip(ls, at, strict=True)) and len(set(more.values())) == len(more):
                        todo.append(([*rest[:n], *rest[n + 1 :]], more, [*used, key]))

    @staticmethod
    def invertible(base: Expr) -> bool:
        return is_call(base, "inv", "eigvecsh") or is_declared(base, "orthogonal")

    def cancels(self, base: Expr, other: Expr, axis: int, at: int) -> bool:
        if base.op == VAR or base.data == "eigvecsh":
            return other is base and axis == at
        inner = base.args[0]
        return other is inner and (axis != at or self.home.symmetric(inner))


def defined_everywhere(x: Expr) -> bool:
    """Whether the entries of a value exist at all points; a number that all of them contain may be undefined, as 1/s in exp(-x/s)."""
    stack, seen = [x], set[Expr]()
    while stack:
        e = stack.pop()
        if e in seen or not e.shape:
            continue
        seen.add(e)
        if len(seen) > MAX_LOOKED_AT or e.op == OPAQUE:
            return False
        if e.op == POW and (e.args[1].op != NUM or e.args[1].data != int(e.args[1].data) or e.args[1].data < 0):
            return False
        if e.op == CALL and TABLE.names[e.data].where:
            return False
        stack.extend(e.args)
    return True
